/* check_inner.h - what the files of the checker share.  Inside of plan/check*.c only. */
#pragma once

#include "plan/procure.h"

struct checking {
    const struct fg_procure_problem *problem;
    const struct fg_procure_plan *plan;
    struct fg_arena *scratch;
    double *spent;         /* by period: of the orders, micro-dollars */
    double *weights;       /* by scenario, sum 1 */
    double *scenario_uusd; /* as computed here */
    double *shift;         /* [class * periods + period]: units more than asked */
    double waiting_uusd;
    int64_t cost_uusd, horizon_uusd;
    double recourse_uusd, unmet_uusd, over_uusd;
};

/* Equal but for a micro-dollar and one part in a million. */
bool fg_ck_near(double a, double b);
/* What is put off and caught up; fills shift and what waiting costs. */
[[nodiscard]] int fg_ck_waits(struct checking *checking, struct fg_err *err);
/* Every period of every scenario; fills the sums that are of it. */
[[nodiscard]] int fg_ck_second(struct checking *checking, struct fg_err *err);
