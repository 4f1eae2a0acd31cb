/* child.h - start one program of a task: confined first, then executed. */
#pragma once

#include "engine/cgroup.h"

struct fg_child {
    const struct fg_plan *plan;
    const struct fg_cgroup *group;
    const char *const *argv; /* ended by NULL; argv[0] is looked up in the PATH of `envs` */
    const char *const *envs; /* ended by NULL */
    const char *folder;      /* where it runs */
    int out, err;            /* its output */
};

/* Returns its process id once the program is executed, or a negative code: `err` says which step
 * failed, in words for the one who wrote the job.  The child leads its own session and process group,
 * and dies with the caller. */
[[nodiscard]] pid_t fg_child_start(const struct fg_child *child, struct fg_err *err);
