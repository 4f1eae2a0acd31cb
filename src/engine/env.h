/* env.h - the environment of a task: little of ours, what the job says, what distributed training
 * expects, and the granted devices and no others.
 */
#pragma once

#include "base/arena.h"
#include "engine/engine.h"
#include "engine/plan.h"

struct fg_env_paths {
    const char *home, *user; /* of whom the program runs as */
    const char *work;        /* where the program runs */
    const char *tmp, *checkpoint;
    const char *mps_pipe; /* "" unless the device is shared by MPS */
    /* Value of FASTGPU_RUN: what belongs to this attempt, unique on the machine. */
    const char *run_mark;
};

/* The list in `arena`, ended by NULL.  What the job sets itself wins, except for what says which devices
 * it was granted. */
void fg_env_build(struct fg_plan_list *out,
                  struct fg_arena *arena,
                  const struct fg_task_start *start,
                  const struct fg_env_paths *paths);
