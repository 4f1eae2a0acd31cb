/* cgroup.h - groups of processes that the kernel limits, accounts and kills for us.
 *
 *     site (one per engine: what is possible here) --make--> group (one per attempt of a task)
 *
 * Three cases in the field: cgroup v2 delegated to us; v1 controllers with an empty v2 beside them
 * (hybrid); none.  A group that was killed is never used again, so each attempt has its own.
 * Names are made from the data folder and the key: after a crash a group is found again by name.
 */
#pragma once

#include "engine/plan.h"

#include <sys/types.h>

#define FG_CGROUP_PATH_MAX 512

enum fg_cgroup_v1 { FG_V1_MEMORY, FG_V1_CPU, FG_V1_PIDS, FG_V1_DEVICES, FG_V1_LEN };

struct fg_cgroup_site {
    char v2[FG_CGROUP_PATH_MAX];            /* folder of our groups; "": no v2 */
    bool v2_memory, v2_cpu, v2_pids;        /* controllers that work in there */
    char v1[FG_V1_LEN][FG_CGROUP_PATH_MAX]; /* "": not there or not ours */
    char mark[FG_NAME_MAX];                 /* "fastgpu-1a2b3c4d", of the data folder */
    char text[FG_TEXT_MAX];                 /* for people */
};

/* Look what is possible and make the parent folders.  Never fails: the text says what there is. */
void fg_cgroup_site_probe(struct fg_cgroup_site *site, const char *data_dir);
/* Remove empty groups that supervisors left when they were killed. */
void fg_cgroup_site_tidy(const struct fg_cgroup_site *site, const char *data_dir);
/* Remove the parent folders if no group is left in them. */
void fg_cgroup_site_leave(const struct fg_cgroup_site *site);

struct fg_cgroup {
    const struct fg_cgroup_site *site;
    char name[FG_NAME_MAX]; /* "12.1.0" */
    int v2_fd;              /* the group's folder, for clone3; -1: no v2 */
    bool v1[FG_V1_LEN];     /* made there */
};

/* Make the group of this plan with its limits.  Returns 0, or FG_EBACKEND if a limit that was asked for
 * cannot be set; a group that is only for convenience may be missing. */
[[nodiscard]] int fg_cgroup_make(struct fg_cgroup *group,
                                 const struct fg_cgroup_site *site,
                                 const struct fg_plan *plan,
                                 struct fg_err *err);

/* In the new child, before it gives up its rights: join the v1 groups.  0, or -errno. */
int fg_cgroup_enter(const struct fg_cgroup *group);

/* v1 has a folder per controller, and joining each costs as much as starting a process.  So the groups
 * that only matter for tasks of some length (cpu, pids) are joined FG_CGROUP_LATE_US after the start:
 * this moves the processes below `supervisor` into them. */
#define FG_CGROUP_LATE_US 200000
void fg_cgroup_enter_late(struct fg_cgroup *group,
                          const struct fg_plan *plan,
                          pid_t supervisor);
bool fg_cgroup_has_late(const struct fg_cgroup *group);

/* KILL all that is inside.  False: there is no v2 group to do that with. */
bool fg_cgroup_kill(const struct fg_cgroup *group);

/* Did the kernel kill one of ours for memory? */
bool fg_cgroup_out_of_memory(const struct fg_cgroup *group);

/* Remove the empty group; waits a short while for the last process to leave. */
void fg_cgroup_remove(struct fg_cgroup *group);

/* Kill and remove what is left of an attempt whose supervisor is gone.
 * True: nothing is left (or there was no group). */
bool fg_cgroup_bury(const struct fg_cgroup_site *site, struct fg_task_key key);
