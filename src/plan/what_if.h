/* what_if.h - what becomes of a plan if prices move or a supplier sells nothing: solved again, from where the last solve ended. */
#pragma once

#include "plan/answer.h"

#define FG_PLAN_WHAT_IFS_MAX 8

/* On-demand and spot 20 % dearer and cheaper, then without each supplier that the plan depends on, those of orders first.
 * `answer` has the problem and its plan; the handle is as it was afterwards, but solved for something else.  Fills `out`,
 * returns how many, or FG_EBACKEND. */
[[nodiscard]] int fg_plan_what_ifs(struct fg_procure *procure,
                                   const struct fg_plan_answer *answer,
                                   const struct fg_procure_effort *effort,
                                   struct fg_plan_what_if out[FG_PLAN_WHAT_IFS_MAX],
                                   struct fg_err *err);
