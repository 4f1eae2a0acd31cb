/* procure_cut.c - what is known of the second stage, as rows of the first (Van Slyke, Wets, "L-shaped linear programs",
 * 1969): aggregated by part and period; under CVaR also by scenario over the whole horizon */
#include "plan/procure_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *zeros(size_t count)
{
    double *array = calloc(count + 1, sizeof(double));
    if (!array)
        abort();
    return array;
}

static size_t fleet_len(const struct fg_procure *procure)
{
    return (size_t)procure->prepared.pools_len * procure->problem.periods;
}

static size_t shift_len(const struct fg_procure *procure)
{
    return procure->problem.flexes_len
               ? (size_t)procure->problem.classes_len * procure->problem.periods
               : 0;
}

/* -- of a period ------------------------------------------------------------------------------------------- */

static struct pc_cut period_cut(const struct fg_procure *procure,
                                uint32_t g,
                                uint32_t t,
                                const struct pc_state *at,
                                const struct pc_second *second)
{
    const struct pc_part *part = &procure->prepared.parts[g];
    uint32_t len = part->slopes_len, periods = procure->problem.periods;
    struct pc_cut cut = {.part = g, .period = t, .scenario = PC_NONE, .slopes = zeros(len)};
    for (uint32_t s = 0; s < procure->problem.scenarios; s++) {
        cut.at += procure->weights[s] * second->cost[s];
        for (uint32_t k = 0; k < len; k++)
            cut.slopes[k] += procure->weights[s] * second->slope[(size_t)s * len + k];
    }
    for (uint32_t k = 0; k < part->pools_len; k++)
        cut.at -= cut.slopes[k] * at->fleet[part->pools[k] * periods + t];
    if (at->allowance)
        cut.at -= cut.slopes[part->pools_len] * at->allowance[t];
    for (uint32_t k = part->pools_len + 1; k < len; k++)
        cut.at -=
            cut.slopes[k] * at->shift[part->classes[k - part->pools_len - 1] * periods + t];
    return cut;
}

/* The column of what is shifted there, by the slot of a class among the slopes. */
static uint32_t shift_col(const struct fg_procure *procure,
                          const struct pc_part *part,
                          uint32_t slot,
                          uint32_t period)
{
    uint32_t class = part->classes[slot - part->pools_len - 1];
    return procure->master->col_shift + class * procure->problem.periods + period;
}

static double period_cut_value(const struct fg_procure *procure,
                               const struct pc_cut *cut,
                               const double *values)
{
    const struct pc_master *master = procure->master;
    const struct pc_part *part = &procure->prepared.parts[cut->part];
    double sum = cut->at;
    for (uint32_t k = 0; k < part->pools_len; k++)
        sum += cut->slopes[k]
               * values[master->col_fleet + part->pools[k] * procure->problem.periods
                        + cut->period];
    if (procure->prepared.has_budget)
        sum += cut->slopes[part->pools_len] * values[master->col_allowance + cut->period];
    for (uint32_t k = part->pools_len + 1; k < part->slopes_len; k++)
        sum += cut->slopes[k] * values[shift_col(procure, part, k, cut->period)];
    return sum;
}

static uint32_t theta_of(const struct fg_procure *procure, const struct pc_cut *cut)
{
    const struct pc_master *master = procure->master;
    if (cut->period == PC_NONE)
        return master->col_theta_scenario + cut->scenario;
    return master->col_theta + cut->part * procure->problem.periods + cut->period;
}

/* -- of a scenario -------------------------------------------------------------------------------------------- */

static struct pc_cut scenario_cut(const struct fg_procure *procure,
                                  uint32_t s,
                                  const struct pc_state *at,
                                  const struct pc_second *seconds)
{
    uint32_t periods = procure->problem.periods;
    size_t len = fleet_len(procure);
    struct pc_cut cut = {
        .period = PC_NONE, .scenario = s, .slopes = zeros(len + periods + shift_len(procure))};
    for (uint32_t g = 0; g < procure->prepared.parts_len; g++) {
        const struct pc_part *part = &procure->prepared.parts[g];
        for (uint32_t t = 0; t < periods; t++) {
            const struct pc_second *second = &seconds[g * periods + t];
            const double *slope = second->slope + (size_t)s * part->slopes_len;
            cut.at += second->cost[s];
            for (uint32_t k = 0; k < part->pools_len; k++) {
                size_t cell = (size_t)part->pools[k] * periods + t;
                cut.slopes[cell] += slope[k];
                cut.at -= slope[k] * at->fleet[cell];
            }
            for (uint32_t k = part->pools_len + 1; k < part->slopes_len; k++) {
                size_t cell = (size_t)part->classes[k - part->pools_len - 1] * periods + t;
                cut.slopes[len + periods + cell] += slope[k];
                cut.at -= slope[k] * at->shift[cell];
            }
            if (!at->allowance)
                continue;
            cut.slopes[len + t] += slope[part->pools_len];
            cut.at -= slope[part->pools_len] * at->allowance[t];
        }
    }
    return cut;
}

static double scenario_cut_value(const struct fg_procure *procure,
                                 const struct pc_cut *cut,
                                 const double *values)
{
    const struct pc_master *master = procure->master;
    size_t len = fleet_len(procure);
    double sum = cut->at;
    for (uint32_t i = 0; i < len; i++)
        sum += cut->slopes[i] * values[master->col_fleet + i];
    for (uint32_t t = 0; procure->prepared.has_budget && t < procure->problem.periods; t++)
        sum += cut->slopes[len + t] * values[master->col_allowance + t];
    const double *shifted = cut->slopes + len + procure->problem.periods;
    for (size_t i = 0; i < shift_len(procure); i++)
        sum += shifted[i] * values[master->col_shift + i];
    return sum;
}

/* -- rows ------------------------------------------------------------------------------------------------------- */

static void put_period_cut(const struct fg_procure *procure,
                           struct fg_lp *lp,
                           uint32_t row,
                           const struct pc_cut *cut)
{
    const struct pc_master *master = procure->master;
    const struct pc_part *part = &procure->prepared.parts[cut->part];
    for (uint32_t k = 0; k < part->pools_len; k++)
        fg_lp_put(lp, row,
                  master->col_fleet + part->pools[k] * procure->problem.periods + cut->period,
                  -cut->slopes[k]);
    if (procure->prepared.has_budget)
        fg_lp_put(lp, row, master->col_allowance + cut->period, -cut->slopes[part->pools_len]);
    for (uint32_t k = part->pools_len + 1; k < part->slopes_len; k++)
        fg_lp_put(lp, row, shift_col(procure, part, k, cut->period), -cut->slopes[k]);
}

static void put_scenario_cut(const struct fg_procure *procure,
                             struct fg_lp *lp,
                             uint32_t row,
                             const struct pc_cut *cut)
{
    const struct pc_master *master = procure->master;
    size_t len = fleet_len(procure);
    for (uint32_t i = 0; i < len; i++)
        fg_lp_put(lp, row, master->col_fleet + i, -cut->slopes[i]);
    for (uint32_t t = 0; procure->prepared.has_budget && t < procure->problem.periods; t++)
        fg_lp_put(lp, row, master->col_allowance + t, -cut->slopes[len + t]);
    const double *shifted = cut->slopes + len + procure->problem.periods;
    for (uint32_t i = 0; i < shift_len(procure); i++)
        fg_lp_put(lp, row, master->col_shift + i, -shifted[i]);
}

void fg_pc_cut_put(const struct fg_procure *procure, struct fg_lp *lp, const struct pc_cut *cut)
{
    uint32_t row = fg_lp_row(lp, cut->at, FG_LP_INF);
    fg_lp_put(lp, row, theta_of(procure, cut), 1);
    if (cut->period == PC_NONE)
        put_scenario_cut(procure, lp, row, cut);
    else
        put_period_cut(procure, lp, row, cut);
}

/* Keep the cut if it cuts the last answer off, or with `all` in any case. */
static bool keep(struct fg_procure *procure, struct pc_cut cut, bool all)
{
    struct pc_master *master = procure->master;
    bool cuts = all;
    if (master->answer.values) {
        double value = cut.period == PC_NONE
                           ? scenario_cut_value(procure, &cut, master->answer.values)
                           : period_cut_value(procure, &cut, master->answer.values);
        double theta = master->answer.values[theta_of(procure, &cut)];
        cuts = value > theta + 1e-7 * (1 + fabs(value));
    }
    if (!cuts && !all) {
        free(cut.slopes);
        return false;
    }
    master->cuts =
        fg_pc_more(master->cuts, master->cuts_len, &master->cuts_room, sizeof(*master->cuts));
    master->cuts[master->cuts_len++] = cut;
    fg_pc_cut_put(procure, master->lp, &cut);
    return cuts;
}

uint32_t fg_pc_master_cut(struct fg_procure *procure,
                          const struct pc_state *at,
                          const struct pc_second *seconds)
{
    uint32_t periods = procure->problem.periods, cutting = 0;
    bool first = !procure->master->answer.values;
    for (uint32_t g = 0; g < procure->prepared.parts_len; g++)
        for (uint32_t t = 0; t < periods; t++)
            cutting +=
                keep(procure, period_cut(procure, g, t, at, &seconds[g * periods + t]), first);
    for (uint32_t s = 0;
         procure->problem.limits.cvar_alpha_milli && s < procure->problem.scenarios; s++)
        cutting += keep(procure, scenario_cut(procure, s, at, seconds), first);
    return cutting;
}
