/* procure_second.c - what the second stage costs in a state: one small program for each scenario; see procure_part.c */
#include "plan/procure_inner.h"

#include <math.h>

static size_t cell_of(const struct fg_procure *procure,
                      uint32_t scenario,
                      uint32_t period,
                      uint32_t class)
{
    const struct fg_procure_problem *problem = &procure->problem;
    return ((size_t)scenario * problem->periods + period) * problem->classes_len + class;
}

static void put_state(struct fg_procure *procure,
                      const struct pc_part *part,
                      uint32_t period,
                      const struct pc_state *state)
{
    for (uint32_t k = 0; k < part->pools_len; k++)
        part->b[part->row_pools + k] =
            -state->fleet[(size_t)part->pools[k] * procure->problem.periods + period];
    if (part->row_budget != PC_NONE)
        part->b[part->row_budget] = -state->allowance[period];
}

static double shift_of(const struct fg_procure *procure,
                       const struct pc_state *state,
                       uint32_t class,
                       uint32_t period)
{
    return state->shift ? state->shift[(size_t) class * procure->problem.periods + period] : 0;
}

static void put_demand(struct fg_procure *procure,
                       const struct pc_part *part,
                       uint32_t period,
                       uint32_t scenario,
                       const struct pc_state *state)
{
    double share = procure->problem.limits.spot_share_milli / 1000.0;
    for (uint32_t c = 0; c < part->classes_len; c++) {
        double asked =
            procure->problem.demand[cell_of(procure, scenario, period, part->classes[c])];
        double demand = asked + shift_of(procure, state, part->classes[c], period);
        part->b[part->row_classes + c] = demand;
        if (part->row_spot_classes != PC_NONE)
            part->b[part->row_spot_classes + c] = -share * demand;
        if (part->row_protected == PC_NONE)
            continue;
        size_t cell = (size_t)period * procure->problem.classes_len + part->classes[c];
        double protected = procure->prepared.demand_protected[cell];
        part->b[part->row_protected + c] = -fmax(0, asked - protected);
    }
}

int fg_pc_second_one(struct fg_procure *procure,
                     uint32_t g,
                     uint32_t period,
                     uint32_t scenario,
                     const struct pc_state *state,
                     struct fg_small_answer *out,
                     struct fg_err *err)
{
    const struct pc_part *part = &procure->prepared.parts[g];
    put_state(procure, part, period, state);
    put_demand(procure, part, period, scenario, state);
    int rc = fg_small_solve(part->small, part->b, out, err);
    return rc < 0 ? fg_wrap(err, FG_EBACKEND, "procurement: period %u, scenario %u", period,
                            scenario)
                  : 0;
}

/* One unit more: more demand, and more of it that may be on spot. */
static void put_shift_slopes(const struct fg_procure *procure,
                             const struct pc_part *part,
                             const struct fg_small_answer *answer,
                             double *slope)
{
    double share = procure->problem.limits.spot_share_milli / 1000.0;
    for (uint32_t at = part->pools_len + 1; at < part->slopes_len; at++) {
        uint32_t c = at - part->pools_len - 1;
        slope[at] = answer->duals[part->row_classes + c];
        if (part->row_spot_classes != PC_NONE)
            slope[at] -= share * answer->duals[part->row_spot_classes + c];
    }
}

int fg_pc_second(struct fg_procure *procure,
                 uint32_t g,
                 uint32_t period,
                 const struct pc_state *state,
                 struct pc_second *out,
                 struct fg_err *err)
{
    const struct pc_part *part = &procure->prepared.parts[g];
    for (uint32_t s = 0; s < procure->problem.scenarios; s++) {
        struct fg_small_answer answer;
        int rc = fg_pc_second_one(procure, g, period, s, state, &answer, err);
        if (rc < 0)
            return rc;
        double *slope = out->slope + (size_t)s * part->slopes_len;
        out->cost[s] = answer.objective;
        for (uint32_t k = 0; k < part->pools_len; k++)
            slope[k] = -answer.duals[part->row_pools + k];
        slope[part->pools_len] =
            part->row_budget == PC_NONE ? 0 : -answer.duals[part->row_budget];
        put_shift_slopes(procure, part, &answer, slope);
    }
    return 0;
}

struct pc_second fg_pc_second_new(const struct fg_procure *procure,
                                  const struct pc_part *part,
                                  struct fg_arena *arena)
{
    size_t scenarios = procure->problem.scenarios;
    return (struct pc_second){.cost = FG_NEW(arena, double, scenarios),
                              .slope = FG_NEW(arena, double, scenarios * part->slopes_len)};
}

struct pc_state fg_pc_state_new(const struct fg_procure *procure, struct fg_arena *arena)
{
    const struct fg_procure_problem *problem = &procure->problem;
    size_t periods = problem->periods, waits = fg_pc_waits_len(procure);
    return (struct pc_state){
        .waits = waits ? FG_NEW(arena, double, waits) : NULL,
        .shift = waits ? FG_NEW(arena, double, problem->classes_len *periods) : NULL,
        .fleet = FG_NEW(arena, double, procure->prepared.pools_len *periods),
        .allowance = procure->prepared.has_budget ? FG_NEW(arena, double, periods) : NULL};
}
