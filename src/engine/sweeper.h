/* sweeper.h - what takes long: a thread that removes files of collected tasks and buries lost ones. */
#pragma once

#include "engine/cgroup.h"

struct fg_sweeper;

/* `notes` gets FG_NOTE_BURIED.  Both are borrowed until fg_sweeper_free(), which finishes the queue. */
struct fg_sweeper *fg_sweeper_new(const char *data_dir, const struct fg_cgroup_site *cgroups, int notes);
void fg_sweeper_free(struct fg_sweeper *sweeper);

/* Remove what only the running task needed; its logs stay.  `keep_lock`: the lock is a fence. */
void fg_sweeper_collect(struct fg_sweeper *sweeper, struct fg_task_key key, bool keep_lock);
/* Kill what is left of a task without supervisor, then say so. */
void fg_sweeper_bury(struct fg_sweeper *sweeper, struct fg_task_key key);
/* Remove all files of a job: its retention is over. */
void fg_sweeper_forget(struct fg_sweeper *sweeper, fg_job_id job);
