/* procure_risk.c - expectation and conditional value at risk (Rockafellar, Uryasev, "Optimization of conditional
 * value-at-risk", Journal of Risk, 2000) of what the scenarios cost */
#include "plan/procure_inner.h"

#include <math.h>

#define BOUND_TIMES 10 /* price of a dollar of CVaR above its bound */

/* The probabilities under which the mean is the CVaR: all of the worst, as much of each as fits into 1 - alpha. */
static double worst_mix(const struct fg_procure *procure,
                        const double *totals,
                        double *out_share)
{
    uint32_t len = procure->problem.scenarios;
    double left = 1 - procure->problem.limits.cvar_alpha_milli / 1000.0, mean = 0, all = left;
    bool taken[FG_PROCURE_SCENARIOS_MAX] = {};
    for (uint32_t s = 0; s < len; s++)
        out_share[s] = 0;
    for (uint32_t turn = 0; turn < len && left > 0; turn++) {
        uint32_t worst = len;
        for (uint32_t s = 0; s < len; s++)
            if (!taken[s] && (worst == len || totals[s] > totals[worst]))
                worst = s;
        double part = fmin(left, procure->weights[worst]);
        taken[worst] = true;
        left -= part;
        out_share[worst] = part / all;
        mean += totals[worst] * part / all;
    }
    return mean;
}

double fg_pc_cvar(const struct fg_procure *procure, const double *totals)
{
    double share[FG_PROCURE_SCENARIOS_MAX];
    return procure->problem.limits.cvar_alpha_milli ? worst_mix(procure, totals, share) : 0;
}

double fg_pc_objective(const struct fg_procure *procure, double committed, const double *totals)
{
    const struct fg_procure_limits *limits = &procure->problem.limits;
    double mean = committed;
    for (uint32_t s = 0; s < procure->problem.scenarios; s++)
        mean += procure->weights[s] * totals[s];
    if (!limits->cvar_alpha_milli)
        return mean;
    double cvar = committed + fg_pc_cvar(procure, totals);
    if (limits->cvar_bound_uusd != INT64_MAX)
        mean += BOUND_TIMES * fmax(0, cvar - (double)limits->cvar_bound_uusd / 1e6);
    return mean + limits->cvar_weight_milli / 1000.0 * cvar;
}

double fg_pc_prices(const struct fg_procure *procure,
                    double committed,
                    const double *totals,
                    double *out_prices)
{
    const struct fg_procure_limits *limits = &procure->problem.limits;
    double share[FG_PROCURE_SCENARIOS_MAX] = {}, risk = 0;
    if (limits->cvar_alpha_milli) {
        double cvar = committed + worst_mix(procure, totals, share);
        risk = limits->cvar_weight_milli / 1000.0;
        if (limits->cvar_bound_uusd != INT64_MAX
            && cvar > (double)limits->cvar_bound_uusd / 1e6)
            risk += BOUND_TIMES;
    }
    for (uint32_t s = 0; s < procure->problem.scenarios; s++)
        out_prices[s] = procure->weights[s] + (risk > 0 ? risk * share[s] : 0);
    return 1 + risk;
}
