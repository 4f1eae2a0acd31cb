/* procure_answer.c - the best candidate as a plan: orders, what each scenario does with them, money */
#include "plan/procure_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MAX 1.6e10
#define LEAST    1e-9 /* of an instance, of a unit: less is nothing */

struct answering {
    struct fg_procure *procure;
    struct fg_procure_plan *out;
    struct pc_state state;
    double totals[FG_PROCURE_SCENARIOS_MAX];
};

static int by_start(const void *a, const void *b)
{
    const struct fg_procure_order *left = a, *right = b;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return left->offer < right->offer ? -1 : left->offer > right->offer;
}

static struct fg_procure_order order_of(const struct fg_procure *procure,
                                        const struct pc_pick *pick)
{
    const struct pc_item *item = &procure->prepared.items[pick->item];
    const struct fg_offer *offer = &procure->offers[item->offer];
    struct pc_money money = fg_pc_money(&procure->problem, offer, pick->start);
    uint32_t end = pick->start + fg_pc_alive(item), periods = procure->problem.periods;
    int64_t at_us = pick->start * procure->problem.period_us - offer->lead_time_us;
    return (struct fg_procure_order){.offer = item->offer,
                                     .count = pick->count,
                                     .start = pick->start,
                                     .end = end < periods ? end : periods,
                                     .order_us = at_us > 0 ? at_us : 0,
                                     .cost_uusd = money.cost_uusd * pick->count,
                                     .cash_uusd = money.cash_uusd * pick->count};
}

static void fill_orders(struct answering *answering, struct fg_arena *arena)
{
    const struct fg_procure *procure = answering->procure;
    const struct pc_candidate *best = &procure->best;
    struct fg_procure_plan *out = answering->out;
    out->orders = FG_NEW(arena, struct fg_procure_order, best->picks_len + 1);
    out->orders_len = best->picks_len;
    for (uint32_t i = 0; i < best->picks_len; i++) {
        const struct pc_pick *pick = &best->picks[i];
        const struct pc_item *item = &procure->prepared.items[pick->item];
        struct pc_money money =
            fg_pc_money(&procure->problem, &procure->offers[item->offer], pick->start);
        out->orders[i] = order_of(procure, pick);
        out->committed_uusd += (double)out->orders[i].cost_uusd;
        out->carbon_kg += (double)money.carbon_mg * pick->count / 1e6;
        for (uint32_t t = pick->start; t < out->orders[i].end; t++)
            out->periods[t].committed_uusd +=
                1e6 * pick->count * item->period_usd * fg_pc_serves(item, t - pick->start);
        out->periods[fg_pc_ordered(procure, item, pick->start)].committed_uusd +=
            1e6 * pick->count * item->upfront_usd;
    }
    qsort(out->orders, out->orders_len, sizeof(*out->orders), by_start);
    for (uint32_t t = 0; t < procure->problem.periods; t++) {
        if (answering->state.allowance)
            out->periods[t].allowance_uusd = answering->state.allowance[t] * 1e6;
        for (uint32_t k = 0; k < procure->prepared.pools_len; k++)
            out->periods[t].devices +=
                answering->state.fleet[(size_t)k * procure->problem.periods + t];
    }
}

/* Work that waits: what is put off in each period, and what is caught up. */
static void fill_waits(struct answering *answering, struct fg_arena *arena)
{
    const struct fg_procure_problem *problem = &answering->procure->problem;
    struct fg_procure_plan *out = answering->out;
    size_t periods = problem->periods, cells = problem->flexes_len * periods;
    double *waits = answering->state.waits;
    if (!waits)
        return;
    fg_pc_flex_cancel(answering->procure, waits);
    out->put_off = FG_NEW(arena, double, cells);
    out->caught_up = FG_NEW(arena, double, cells);
    for (size_t i = 0; i < cells; i++) {
        bool first = i % periods == 0;
        out->put_off[i] = waits[i] - (first ? 0 : waits[i - 1]);
        out->caught_up[i] = waits[cells + i] - (first ? 0 : waits[cells + i - 1]);
    }
    out->waiting_uusd = fg_pc_flex_shift(answering->procure, &answering->state) * 1e6;
}

/* -- what each scenario does ------------------------------------------------------------------------------------ */

static void take_taps(struct answering *answering,
                      const struct pc_part *part,
                      struct fg_procure_use at,
                      const double *values)
{
    const struct fg_procure *procure = answering->procure;
    struct fg_procure_plan *out = answering->out;
    double weight = procure->weights[at.scenario];
    for (uint32_t i = 0; i < part->taps_len; i++) {
        const struct pc_tap *tap = &procure->prepared.taps[part->taps[i]];
        double instances = values[part->col_taps + i];
        if (instances <= LEAST)
            continue;
        at.offer = tap->offer;
        at.instances = instances;
        out->uses[out->uses_len++] = at;
        out->recourse_uusd += weight * instances * tap->cash_usd * 1e6;
        out->periods[at.period].recourse_uusd += weight * instances * tap->cash_usd * 1e6;
        out->carbon_kg += weight * instances * procure->period_hours
                          * (double)fg_pc_carbon_mg_per_hour(&procure->offers[tap->offer])
                          / 1e6;
    }
}

static void take_work(struct answering *answering,
                      const struct pc_part *part,
                      struct fg_procure_work at,
                      const double *values)
{
    const struct fg_procure *procure = answering->procure;
    struct fg_procure_plan *out = answering->out;
    for (uint32_t i = 0; i < part->links_len; i++) {
        const struct pc_link *link = &procure->prepared.links[part->links[i]];
        double on_spot = part->col_spot_links == PC_NONE ? 0 : values[part->col_spot_links + i];
        at.serves = link->serves;
        at.units = (values[part->col_links + i] + on_spot) * link->rate;
        at.spot_units = on_spot * link->rate;
        if (at.units > LEAST)
            out->work[out->work_len++] = at;
    }
}

static void take_unmet(struct answering *answering,
                       const struct pc_part *part,
                       uint32_t s,
                       uint32_t t,
                       const double *values)
{
    const struct fg_procure *procure = answering->procure;
    const struct fg_procure_problem *problem = &procure->problem;
    struct fg_procure_plan *out = answering->out;
    double weight = procure->weights[s];
    for (uint32_t c = 0; c < part->classes_len; c++) {
        uint32_t class = part->classes[c];
        size_t cell = ((size_t)s * problem->periods + t) * problem->classes_len + class;
        double plain = values[part->col_unmet + c];
        double guarded = part->col_protected == PC_NONE ? 0 : values[part->col_protected + c];
        double usd = procure->prepared.unmet_usd[class] * (plain + 100 * guarded);
        double units = plain + guarded > LEAST ? plain + guarded : 0;
        out->unmet[cell] = units;
        out->unmet_uusd += weight * usd * 1e6;
        out->periods[t].unmet_uusd += weight * usd * 1e6;
        out->periods[t].unmet_units += weight * units;
        out->periods[t].demand_units += weight * problem->demand[cell];
    }
    if (part->col_over != PC_NONE)
        out->over_uusd +=
            weight * values[part->col_over] * 1e6
            * (problem->limits.over_budget_milli ? problem->limits.over_budget_milli : 1000)
            / 1000.0;
}

static int fill_scenario(struct answering *answering, uint32_t s, struct fg_err *err)
{
    struct fg_procure *procure = answering->procure;
    for (uint32_t t = 0; t < procure->problem.periods; t++)
        for (uint32_t g = 0; g < procure->prepared.parts_len; g++) {
            const struct pc_part *part = &procure->prepared.parts[g];
            struct fg_small_answer answer;
            int rc = fg_pc_second_one(procure, g, t, s, &answering->state, &answer, err);
            if (rc < 0)
                return rc;
            answering->totals[s] += answer.objective;
            take_taps(answering, part, (struct fg_procure_use){.scenario = s, .period = t},
                      answer.values);
            take_work(answering, part, (struct fg_procure_work){.scenario = s, .period = t},
                      answer.values);
            take_unmet(answering, part, s, t, answer.values);
        }
    return 0;
}

/* -- money and bounds ---------------------------------------------------------------------------------------------- */

static void sum_up(struct answering *answering,
                   const struct pc_bound *bound,
                   struct fg_arena *arena)
{
    const struct fg_procure *procure = answering->procure;
    const struct fg_procure_problem *problem = &procure->problem;
    struct fg_procure_plan *out = answering->out;
    size_t cells = (size_t)problem->periods * problem->classes_len;
    double objective = fg_pc_objective(procure, answering->state.committed, answering->totals),
           demanded = 0;
    out->scenario_uusd = FG_NEW(arena, double, problem->scenarios);
    for (uint32_t s = 0; s < problem->scenarios; s++) {
        double demand = 0, unmet = 0;
        for (size_t i = s * cells; i < (s + 1) * cells; i++) {
            demand += problem->demand[i];
            unmet += out->unmet[i];
        }
        out->scenario_uusd[s] = (answering->state.committed + answering->totals[s]) * 1e6;
        out->unmet_share += procure->weights[s] * unmet;
        demanded += procure->weights[s] * demand;
        if (demand > 0)
            out->unmet_share_worst = fmax(out->unmet_share_worst, unmet / demand);
    }
    out->unmet_share = demanded > 0 ? out->unmet_share / demanded : 0;
    if (problem->limits.cvar_alpha_milli)
        out->cvar_uusd =
            (answering->state.committed + fg_pc_cvar(procure, answering->totals)) * 1e6;
    out->carbon_uusd = fg_pc_carbon_usd(problem, out->carbon_kg * 1e6) * 1e6;
    out->upper_bound_uusd = objective * 1e6;
    out->lower_bound_uusd = fmin(fmax(bound->lower, 0), objective) * 1e6;
    out->gap = objective > 0 ? 1 - out->lower_bound_uusd / out->upper_bound_uusd : 0;
    out->rounds = bound->rounds;
}

/* Address space for the worst case; what is touched is what the answer needs. */
size_t fg_procure_room(const struct fg_procure_problem *problem)
{
    double cells = (double)problem->scenarios * problem->periods;
    double links = (double)problem->serves_len * problem->serves_len;
    double bytes =
        cells
        * ((double)problem->offers_len * sizeof(struct fg_procure_use)
           + links * sizeof(struct fg_procure_work) + problem->classes_len * sizeof(double));
    bytes += (double)problem->offers_len * problem->periods * sizeof(struct fg_procure_order);
    bytes += problem->periods
                 * (sizeof(struct fg_procure_period) + 16.0 * problem->flexes_len + 1024.0)
             + (1 << 26);
    return (size_t)fmin(bytes, ROOM_MAX);
}

int fg_pc_answer(struct fg_procure *procure,
                 const struct pc_bound *bound,
                 struct fg_arena *arena,
                 struct fg_procure_plan *out,
                 struct fg_err *err)
{
    const struct fg_procure_problem *problem = &procure->problem;
    size_t cells = (size_t)problem->scenarios * problem->periods;
    struct answering answering = {.procure = procure, .out = out};
    *out = (struct fg_procure_plan){};
    out->periods = FG_NEW(arena, struct fg_procure_period, problem->periods);
    out->unmet = FG_NEW(arena, double, cells * problem->classes_len);
    out->uses = FG_NEW(arena, struct fg_procure_use, cells * procure->prepared.taps_len + 1);
    out->work = FG_NEW(arena, struct fg_procure_work, cells * procure->prepared.links_len + 1);
    answering.state = fg_pc_state_new(procure, procure->run);
    fg_pc_candidate_state(procure, &procure->best, &answering.state);
    fill_orders(&answering, arena);
    fill_waits(&answering, arena);
    for (uint32_t s = 0; s < problem->scenarios; s++) {
        int rc = fill_scenario(&answering, s, err);
        if (rc < 0)
            return rc;
    }
    sum_up(&answering, bound, arena);
    return 0;
}
