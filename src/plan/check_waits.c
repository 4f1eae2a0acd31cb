/* check_waits.c - the work that a plan puts off: is it there in every scenario, and done in time?  See check.h */
#include "plan/check_inner.h"

#include <math.h>

#define HOUR_US 3600000000

static double deferrable(const struct fg_procure_problem *problem,
                         const struct fg_procure_flex *flex,
                         uint32_t period)
{
    double least = HUGE_VAL;
    for (uint32_t s = 0; s < problem->scenarios; s++) {
        size_t cell =
            ((size_t)s * problem->periods + period) * problem->classes_len + flex->class;
        least = fmin(least, problem->demand[cell]);
    }
    return least * flex->share_milli / 1000;
}

static int late(const struct fg_procure_problem *problem,
                const struct fg_procure_flex *flex,
                uint32_t period,
                double units,
                struct fg_err *err)
{
    return fg_fail(err, FG_EBACKEND,
                   "period %u: %g of class %s still wait, expected at most %u periods", period,
                   units, problem->classes[flex->class].name, flex->wait);
}

/* Who was put off first is done first; what is left of each period is counted down. */
static int check_flex(struct checking *checking, uint32_t i, struct fg_err *err)
{
    const struct fg_procure_problem *problem = checking->problem;
    const struct fg_procure_flex *flex = &problem->flexes[i];
    uint32_t periods = problem->periods, oldest = 0;
    const double *off = checking->plan->put_off + (size_t)i * periods,
                 *in = checking->plan->caught_up + (size_t)i * periods;
    double *left = FG_NEW(checking->scratch, double, periods), waiting = 0;
    double hours = (double)problem->period_us / HOUR_US;
    for (uint32_t t = 0; t < periods; t++) {
        double most = deferrable(problem, flex, t), tolerance = 1e-6 * (1 + most);
        double done = in[t];
        if (!(off[t] >= -tolerance && off[t] <= most + tolerance) || !(done >= -tolerance))
            return fg_fail(
                err, FG_EBACKEND,
                "period %u: %g of class %s put off, %g caught up, expected at most %g", t,
                off[t], problem->classes[flex->class].name, done, most);
        left[t] = off[t];
        waiting += off[t] - done;
        for (; oldest <= t && done >= left[oldest] - tolerance; oldest++)
            done -= left[oldest];
        if (oldest <= t)
            left[oldest] -= done;
        else if (done > tolerance)
            return fg_fail(err, FG_EBACKEND, "period %u: %g of class %s were never put off", t,
                           done, problem->classes[flex->class].name);
        if (oldest <= t && (oldest + flex->wait <= t || t + 1 == periods))
            return late(problem, flex, t, left[oldest], err);
        checking->shift[(size_t)flex->class * periods + t] += in[t] - off[t];
        checking->waiting_uusd += fmax(0, waiting) * hours * (double)flex->wait_uusd_per_hour;
    }
    return 0;
}

int fg_ck_waits(struct checking *checking, struct fg_err *err)
{
    const struct fg_procure_problem *problem = checking->problem;
    size_t cells = (size_t)problem->classes_len * problem->periods;
    checking->shift = FG_NEW(checking->scratch, double, cells);
    for (uint32_t i = 0; i < problem->flexes_len; i++) {
        int rc = check_flex(checking, i, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
