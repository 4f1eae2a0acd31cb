/* task_lock.h - the file `lock` of a task: who may run it, once and for all, and how it ended.
 *
 * It gets its name when it is already flocked, so that whoever sees it sees it held; the one that made it
 * runs the task, for as long as it lives.  A lock file that nobody holds is a fence: the task ended,
 * died, or may never start.
 *
 * Its text: "supervisor <pid>\n", once the program runs "program <pid> <time_us>\n", and at the end the
 * exit record (exit_record.h).  All in one file, because its first block is there from the beginning: on
 * a full disk the end of a task can still be written.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

#define FG_TASK_LOCK "lock"
#define FG_TASK_LOCK_SPARE                                                                     \
    "lock.spare" /* one that lies ready in a folder that is used again: spare.h */

enum fg_task_lock_state { FG_LOCK_ABSENT, FG_LOCK_FREE, FG_LOCK_HELD };

struct fg_task_lock_text {
    pid_t supervisor;   /* 0: a fence */
    pid_t program;      /* 0: not yet */
    int64_t started_us; /* UTC */
};

/* Take it in the current folder.  A descriptor to be kept open, -EEXIST: it is there, or -errno. */
int fg_task_lock_take(void);
/* Add the line of the program. */
int fg_task_lock_started(int lock, pid_t program, int64_t time_us);
/* Add the exit record, or nothing at all.  0, or -errno. */
int fg_task_lock_ended(int lock, const char *record, size_t len);
/* Where the exit record begins in the bytes of a lock file; NULL: nowhere. */
const char *fg_task_lock_record(const char *bytes, size_t len);

/* How it stands now in that folder.  -errno if it cannot be told. */
int fg_task_lock_probe(const char *task_dir, struct fg_task_lock_text *out);

/* Make a fence there if there is no lock; folders are made as needed.
 * 1: it is fenced now; 0: a lock was there; -errno. */
int fg_task_lock_fence(const char *task_dir);
