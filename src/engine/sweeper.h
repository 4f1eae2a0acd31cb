/* sweeper.h - what takes long: a thread that removes files of collected tasks and buries lost ones. */
#pragma once

#include "engine/cgroup.h"
#include "engine/spare.h"

struct fg_sweeper;

/* `notes` gets FG_NOTE_BURIED.  Both are borrowed until fg_sweeper_free(), which finishes the queue. */
struct fg_sweeper *fg_sweeper_new(const char *data_dir,
                                  const struct fg_cgroup_site *cgroups,
                                  struct fg_spare *spare,
                                  int notes);
void fg_sweeper_free(struct fg_sweeper *sweeper);

struct fg_sweep {
    bool keep_lock; /* it is a fence */
    bool single;    /* the only task of the first attempt: the whole job's folder may go */
    bool reuse;     /* and nobody touches it any more, so it may become a spare one */
};

/* Remove what only the running task needed; its logs stay. */
void fg_sweeper_collect(struct fg_sweeper *sweeper,
                        struct fg_task_key key,
                        struct fg_sweep how);
/* Kill what is left of a task without supervisor, then say so. */
void fg_sweeper_bury(struct fg_sweeper *sweeper, struct fg_task_key key);
