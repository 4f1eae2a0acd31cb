/* procure_candidate.c - orders in whole instances, and what they may not exceed; see procure_inner.h */
#include "plan/procure_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct pc_pick *find(const struct pc_candidate *candidate, uint32_t item, uint32_t start)
{
    for (uint32_t i = 0; i < candidate->picks_len; i++)
        if (candidate->picks[i].item == item && candidate->picks[i].start == start)
            return &candidate->picks[i];
    return NULL;
}

uint32_t fg_pc_candidate_count(const struct pc_candidate *candidate,
                               uint32_t item,
                               uint32_t start)
{
    const struct pc_pick *pick = find(candidate, item, start);
    return pick ? pick->count : 0;
}

void fg_pc_candidate_set(struct pc_candidate *candidate,
                         uint32_t item,
                         uint32_t start,
                         uint32_t count)
{
    struct pc_pick *pick = find(candidate, item, start);
    if (!pick && count) {
        candidate->picks = fg_pc_more(candidate->picks, candidate->picks_len,
                                      &candidate->picks_room, sizeof(*candidate->picks));
        candidate->picks[candidate->picks_len++] = (struct pc_pick){item, start, count};
    } else if (pick && count) {
        pick->count = count;
    } else if (pick) {
        *pick = candidate->picks[--candidate->picks_len];
    }
}

void fg_pc_candidate_copy(const struct fg_procure *procure,
                          struct pc_candidate *to,
                          const struct pc_candidate *from)
{
    to->picks_len = 0;
    for (uint32_t i = 0; i < from->picks_len; i++) {
        to->picks = fg_pc_more(to->picks, to->picks_len, &to->picks_room, sizeof(*to->picks));
        to->picks[to->picks_len++] = from->picks[i];
    }
    size_t periods = procure->problem.periods;
    if (!to->allowance && !(to->allowance = calloc(periods + 1, sizeof(double))))
        abort();
    if (from->allowance)
        memcpy(to->allowance, from->allowance, periods * sizeof(double));
    size_t waits = fg_pc_waits_len(procure);
    if (waits && !to->waits && !(to->waits = calloc(waits, sizeof(double))))
        abort();
    if (waits && from->waits)
        memcpy(to->waits, from->waits, waits * sizeof(double));
    to->objective = from->objective;
}

void fg_pc_candidate_free(struct pc_candidate *candidate)
{
    free(candidate->picks);
    free(candidate->allowance);
    free(candidate->waits);
    *candidate = (struct pc_candidate){};
}

struct pc_candidate fg_pc_candidate_none(const struct fg_procure *procure)
{
    return (struct pc_candidate){.allowance = procure->best.allowance,
                                 .waits = procure->best.waits};
}

/* -- money ---------------------------------------------------------------------------------------------------- */

static struct pc_money money_of(const struct fg_procure *procure, const struct pc_pick *pick)
{
    return fg_pc_money(&procure->problem,
                       &procure->offers[procure->prepared.items[pick->item].offer],
                       pick->start);
}

/* Dollars that the orders take in each period; returns their sum. */
static double spend(const struct fg_procure *procure,
                    const struct pc_candidate *candidate,
                    double *out)
{
    uint32_t periods = procure->problem.periods;
    double sum = 0;
    for (uint32_t t = 0; t < periods; t++)
        out[t] = 0;
    for (uint32_t i = 0; i < candidate->picks_len; i++) {
        const struct pc_pick *pick = &candidate->picks[i];
        const struct pc_item *item = &procure->prepared.items[pick->item];
        out[fg_pc_ordered(procure, item, pick->start)] += pick->count * item->upfront_usd;
        for (uint32_t t = pick->start; t < periods && fg_pc_serves(item, t - pick->start) > 0;
             t++)
            out[t] += pick->count * item->period_usd * fg_pc_serves(item, t - pick->start);
    }
    for (uint32_t t = 0; t < periods; t++)
        sum += out[t];
    return sum;
}

static double budget_of(const struct fg_procure *procure, uint32_t t)
{
    const int64_t *budgets = procure->problem.limits.budgets_uusd;
    return budgets && budgets[t] != INT64_MAX ? (double)budgets[t] / 1e6 : HUGE_VAL;
}

/* What the orders leave of the budget of each period; of the whole budget, each its share by the hint, and what one
 * cannot take goes to the others. */
static void share_out(const struct fg_procure *procure,
                      const double *hint,
                      double *spent,
                      double left,
                      double *out)
{
    uint32_t periods = procure->problem.periods;
    double *room = spent, most = procure->prepared.allowance_most;
    for (uint32_t t = 0; t < periods; t++) {
        room[t] = fmin(most, fmax(0, budget_of(procure, t) - spent[t]));
        out[t] = 0;
    }
    for (int turn = 0; turn < 3 && left > 0; turn++) {
        double sum = 0, given = 0;
        for (uint32_t t = 0; t < periods; t++)
            sum += turn || !hint ? room[t] - out[t] : hint[t];
        for (uint32_t t = 0; t < periods && sum > 0; t++) {
            double wish = turn || !hint ? room[t] - out[t] : hint[t];
            double part =
                isinf(left) ? room[t] - out[t] : fmin(room[t] - out[t], left * wish / sum);
            out[t] += part;
            given += part;
        }
        left -= given;
    }
}

void fg_pc_candidate_state(const struct fg_procure *procure,
                           const struct pc_candidate *candidate,
                           struct pc_state *out)
{
    const struct pc_prepared *made = &procure->prepared;
    uint32_t periods = procure->problem.periods;
    memcpy(out->fleet, made->running, (size_t)made->pools_len * periods * sizeof(double));
    if (out->waits)
        memcpy(out->waits, candidate->waits, fg_pc_waits_len(procure) * sizeof(double));
    out->committed = fg_pc_flex_shift(procure, out);
    for (uint32_t i = 0; i < candidate->picks_len; i++) {
        const struct pc_pick *pick = &candidate->picks[i];
        const struct pc_item *item = &made->items[pick->item];
        struct pc_money money = money_of(procure, pick);
        out->committed += pick->count * fg_pc_objective_usd(&procure->problem, &money);
        double *fleet = out->fleet + (size_t)item->pool * periods;
        for (uint32_t t = pick->start; t < periods && fg_pc_serves(item, t - pick->start) > 0;
             t++)
            fleet[t] += pick->count * item->devices * fg_pc_serves(item, t - pick->start);
    }
    if (!out->allowance)
        return;
    double *spent = calloc(periods + 1, sizeof(double));
    if (!spent)
        abort();
    int64_t budget = procure->problem.limits.budget_uusd;
    double sum = spend(procure, candidate, spent);
    share_out(procure, candidate->allowance, spent,
              budget == INT64_MAX ? HUGE_VAL : (double)budget / 1e6 - sum, out->allowance);
    free(spent);
}

/* -- limits ------------------------------------------------------------------------------------------------------ */

static bool fits_capacity(const struct fg_procure *procure,
                          const struct pc_candidate *candidate,
                          const struct pc_pick *at)
{
    const struct pc_item *item = &procure->prepared.items[at->item];
    if (item->capacity == UINT32_MAX)
        return true;
    /* It is greatest at the start of one of them. */
    uint64_t alive = 0;
    for (uint32_t i = 0; i < candidate->picks_len; i++) {
        const struct pc_pick *pick = &candidate->picks[i];
        if (pick->item == at->item && pick->start <= at->start
            && at->start < pick->start + fg_pc_alive(item))
            alive += pick->count;
    }
    return alive <= item->capacity;
}

static bool fits_budgets(const struct fg_procure *procure, const struct pc_candidate *candidate)
{
    if (!procure->prepared.has_budget)
        return true;
    uint32_t periods = procure->problem.periods;
    double *spent = calloc(periods + 1, sizeof(double));
    if (!spent)
        abort();
    int64_t budget = procure->problem.limits.budget_uusd;
    double sum = spend(procure, candidate, spent);
    bool fits = budget == INT64_MAX || sum <= (double)budget / 1e6;
    for (uint32_t t = 0; t < periods && fits; t++)
        fits = spent[t] <= budget_of(procure, t);
    free(spent);
    return fits;
}

uint32_t fg_pc_candidate_over_cap(const struct fg_procure *procure,
                                  const struct pc_candidate *candidate)
{
    uint32_t cap = procure->problem.limits.supplier_share_milli, worst = PC_NONE;
    if (!cap || cap >= FG_WHOLE_MILLI)
        return PC_NONE;
    int64_t *spent = calloc(procure->prepared.suppliers_len + 1, sizeof(int64_t)), total = 0,
            most = 0;
    if (!spent)
        abort();
    for (uint32_t i = 0; i < candidate->picks_len; i++) {
        const struct pc_pick *pick = &candidate->picks[i];
        int64_t cost = money_of(procure, pick).cost_uusd * pick->count;
        spent[procure->prepared.items[pick->item].supplier] += cost;
        total += cost;
    }
    for (uint32_t s = 0; s < procure->prepared.suppliers_len; s++)
        if ((__int128)spent[s] * FG_WHOLE_MILLI > (__int128)total * cap && spent[s] > most) {
            worst = s;
            most = spent[s];
        }
    free(spent);
    return worst;
}

bool fg_pc_candidate_fits(const struct fg_procure *procure,
                          const struct pc_candidate *candidate)
{
    for (uint32_t i = 0; i < candidate->picks_len; i++) {
        const struct pc_pick *pick = &candidate->picks[i];
        const struct pc_item *item = &procure->prepared.items[pick->item];
        if (procure->banned[item->offer] || pick->count < item->least
            || !fits_capacity(procure, candidate, pick))
            return false;
    }
    return fits_budgets(procure, candidate);
}
