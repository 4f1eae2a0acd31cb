/* stage.h - put into the working folder what the job brings along.
 *
 * The archive and the paths come from users: nothing is written outside the working folder, through no
 * link, and no more than the plan allows.
 */
#pragma once

#include "engine/plan.h"

#define FG_STAGE_SCRIPT "script"
#define FG_STAGE_SETUP  "setup"
#define FG_STAGE_MOVES  "moves" /* see remote.h */

struct fg_stage {
    const char *data_dir;
    const char *task_dir; /* the current folder */
    const struct fg_plan *plan;
    bool (*stopped)(void *self); /* asked now and then: true ends the staging early */
    void *self;
};

/* Make work/ (the program runs there, or in plan->cwd and has it as TMPDIR), unpack the snapshot, copy the inputs.  `folder` (FG_PATH_MAX)
 * becomes the place where the program runs.  0 also when stopped; FG_EBACKEND: `err` says why not. */
[[nodiscard]] int fg_stage(const struct fg_stage *stage, char *folder, struct fg_err *err);

/* Empty the working folder and remove the scripts; called in the task's folder.  At most `budget` files:
 * false if there are more. */
bool fg_stage_clean(const struct fg_plan *plan, int budget);
