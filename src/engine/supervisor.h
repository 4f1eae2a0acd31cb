/* supervisor.h - the process that looks after one task, and outlives the daemon.
 *
 *     lock -> cgroup -> stage -> setup -> run -> kill what is left -> outputs -> exit record -> gone
 *
 * It is the lock's holder, the program's parent and the reaper of all that the program leaves behind:
 * when it has no child left, nothing of the task is left.
 */
#pragma once

#include "engine/cgroup.h"

/* What the launcher hands on by fork. */
struct fg_supervisor_site {
    const char *data_dir;
    const struct fg_cgroup_site *cgroups;
    int notes;       /* write end of the notes pipe */
    pid_t launcher;  /* our parent */
    int engine_lock; /* held until the task's own lock is taken: see local.c */
};

/* Run the task of that plan to its end.  Called in a fresh child process with every signal blocked;
 * the caller ends the process afterwards. */
void fg_supervisor_run(const struct fg_supervisor_site *site, const struct fg_plan *plan);

/* stop(): sent to a supervisor with the grace in milliseconds as its value. */
#define FG_STOP_SIGNAL (SIGRTMIN + 1)
