/* class.h - what a job is like: its classes, from all jobs down to the same work of the same user.
 *
 *     job, what it asks, the shape of its name and command --CLASS--> one key a level --> learn
 *
 * A job that is new in a fine class borrows from the coarser ones (learn.h).  The shape of a job is its name and its command
 * without what changes from run to run: numbers, and words that look like hashes.  "train-0042" and "train-0043" are one shape.
 *
 * Pure values; nothing is owned.
 */
#pragma once

#include "model/job.h"

/* From coarse to fine. */
enum fg_class_level {
    FG_CLASS_ALL,
    FG_CLASS_SIZE,         /* the request: kind, devices, memory, tasks */
    FG_CLASS_PROJECT,      /* the project, any request */
    FG_CLASS_PROJECT_SIZE, /* the project with this request */
    FG_CLASS_USER,         /* the user in this project */
    FG_CLASS_USER_SIZE,
    FG_CLASS_SHAPE, /* work of the same shape of this user */
    FG_CLASS_SHAPE_SIZE,
    FG_CLASS_LEVELS
};

/* "user+request" */
const char *fg_class_level_name(enum fg_class_level level);

struct fg_class {
    uint64_t key[FG_CLASS_LEVELS]; /* 0: the job has no class of this level */
    fg_project_id project;
    uint32_t user;
    uint64_t shape;
    struct fg_request request; /* the first of its alternatives */
    uint32_t tasks;
};

#define FG_SHAPE_TEXT_MAX 64

/* What stays of a text: digits become #, and so do words of 7 letters or more that read as hexadecimal numbers; cut to size. */
void fg_shape_text(const char *text, char *out, size_t size);
/* The shape of a job of this name that runs this command: a script, or words; either may be NULL.  Never 0. */
uint64_t fg_shape_of(const char *name,
                     const char *run,
                     const char *const *argv,
                     size_t argv_len);

/* Work of the same shape and user on as many devices of whatever kind: what speeds are compared by; 0 without a shape. */
uint64_t fg_class_work(const struct fg_class *class);
/* The classes of a job that asks for these alternatives (at least one).  A job without shape (0) has none of those levels. */
struct fg_class fg_class_of(const struct fg_job *job,
                            const struct fg_request *any_of,
                            size_t any_of_len);
