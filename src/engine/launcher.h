/* launcher.h - the small process that starts supervisors.
 *
 *     engine --socket: START, STOP--> LAUNCHER --fork--> supervisors ; engine <--notes pipe-- all of them
 *
 * It is forked from the daemon before the daemon has threads, has one thread, executes nothing and knows
 * a fixed set of messages: the part that would keep privileges if the daemon gave them up.  When the
 * daemon is gone it ends; supervisors go on.  If the daemon left power caps a child of it
 * puts them back (caps.h), which is all that is ever done with a driver here.
 */
#pragma once

#include "engine/cgroup.h"

enum fg_launch_kind { FG_LAUNCH_START, FG_LAUNCH_STOP };

/* What goes through the socket: this, then `len` bytes of a plan for START. */
struct fg_launch_message {
    uint32_t kind; /* enum fg_launch_kind */
    uint32_t len;
    struct fg_task_key key;
    int64_t grace_us; /* STOP */
};
#define FG_LAUNCH_BYTES_MAX (4U * 1024 * 1024)

struct fg_launcher_site {
    const char *data_dir;
    const struct fg_cgroup_site *cgroups;
    int socket;      /* its end */
    int notes;       /* write end */
    int engine_lock; /* see local.c */
};

/* The life of the launcher: returns when the daemon is gone.  Called in a fresh child process. */
void fg_launcher_run(const struct fg_launcher_site *site);
