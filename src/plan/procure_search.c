/* procure_search.c - a candidate with its second stage, changed an order or two at a time */
#include "plan/procure_inner.h"

#include <math.h>
#include <string.h>

static uint32_t parts_and_periods(const struct fg_procure *procure)
{
    return procure->prepared.parts_len * procure->problem.periods;
}

/* Slopes of all scenarios at their prices, summed up over time. */
static void weigh(struct pc_search *search)
{
    struct fg_procure *procure = search->procure;
    const struct pc_prepared *made = &procure->prepared;
    uint32_t periods = procure->problem.periods, scenarios = procure->problem.scenarios;
    double prices[FG_PROCURE_SCENARIOS_MAX];
    search->committed_price =
        fg_pc_prices(procure, search->state.committed, search->totals, prices);
    for (uint32_t k = 0; k < made->pools_len; k++) {
        double *worth = search->worth + (size_t)k * (periods + 1);
        const struct pc_part *part = &made->parts[made->pools[k].part];
        for (uint32_t t = 0; t < periods; t++) {
            const struct pc_second *second =
                &search->seconds[made->pools[k].part * periods + t];
            double sum = 0;
            for (uint32_t s = 0; s < scenarios; s++)
                sum -= prices[s]
                       * second->slope[(size_t)s * part->slopes_len + made->pools[k].slot];
            worth[t + 1] = worth[t] + sum;
        }
    }
}

double fg_pc_search_gain(const struct pc_search *search, uint32_t i, uint32_t start)
{
    const struct fg_procure *procure = search->procure;
    const struct pc_item *item = &procure->prepared.items[i];
    uint32_t periods = procure->problem.periods, end = start + item->whole;
    const double *worth = search->worth + (size_t)item->pool * (periods + 1);
    uint32_t last = end < periods ? end : periods;
    double saved = worth[last] - worth[start];
    if (end < periods && item->rest > 0)
        saved += item->rest * (worth[end + 1] - worth[end]);
    struct pc_money money =
        fg_pc_money(&procure->problem, &procure->offers[item->offer], start);
    return item->devices * saved
           - search->committed_price * fg_pc_objective_usd(&procure->problem, &money);
}

static void make_room(struct fg_procure *procure, struct pc_search *search)
{
    size_t periods = procure->problem.periods;
    search->procure = procure;
    search->state = fg_pc_state_new(procure, procure->run);
    search->trial_state = fg_pc_state_new(procure, procure->run);
    search->seconds = fg_pc_seconds_new(procure, procure->run);
    search->trials = fg_pc_seconds_new(procure, procure->run);
    search->tried = FG_NEW(procure->run, bool, parts_and_periods(procure));
    search->worth = FG_NEW(procure->run, double, procure->prepared.pools_len *(periods + 1));
}

int fg_pc_search_begin(struct fg_procure *procure, struct pc_search *search, struct fg_err *err)
{
    if (!search->procure)
        make_room(procure, search);
    fg_pc_candidate_state(procure, &search->now, &search->state);
    int rc = fg_pc_seconds(procure, &search->state, search->seconds, search->totals, err);
    if (rc < 0)
        return rc;
    search->now.objective = fg_pc_objective(procure, search->state.committed, search->totals);
    weigh(search);
    return 0;
}

/* More than by the order of a sum. */
static bool apart(double a, double b)
{
    return fabs(a - b) > 1e-9 * (1 + fabs(a));
}

/* Does the state of the part differ in the period? */
static bool differs(const struct pc_search *search, const struct pc_part *part, uint32_t t)
{
    const struct pc_state *a = &search->state, *b = &search->trial_state;
    uint32_t periods = search->procure->problem.periods;
    if (a->allowance && apart(a->allowance[t], b->allowance[t]))
        return true;
    for (uint32_t k = 0; k < part->pools_len; k++)
        if (apart(a->fleet[part->pools[k] * periods + t],
                  b->fleet[part->pools[k] * periods + t]))
            return true;
    return false;
}

static int evaluate_trial(struct pc_search *search, struct fg_err *err)
{
    struct fg_procure *procure = search->procure;
    uint32_t periods = procure->problem.periods, scenarios = procure->problem.scenarios;
    memcpy(search->trial_totals, search->totals, scenarios * sizeof(double));
    for (uint32_t g = 0; g < procure->prepared.parts_len; g++)
        for (uint32_t t = 0; t < periods; t++) {
            uint32_t at = g * periods + t;
            search->tried[at] = differs(search, &procure->prepared.parts[g], t);
            if (!search->tried[at])
                continue;
            int rc =
                fg_pc_second(procure, g, t, &search->trial_state, &search->trials[at], err);
            if (rc < 0)
                return rc;
            search->effort += scenarios;
            for (uint32_t s = 0; s < scenarios; s++)
                search->trial_totals[s] +=
                    search->trials[at].cost[s] - search->seconds[at].cost[s];
        }
    return 0;
}

static void accept(struct pc_search *search, double objective)
{
    struct fg_procure *procure = search->procure;
    for (uint32_t at = 0; at < parts_and_periods(procure); at++)
        if (search->tried[at]) {
            struct pc_second old = search->seconds[at];
            search->seconds[at] = search->trials[at];
            search->trials[at] = old;
        }
    struct pc_state old = search->state;
    search->state = search->trial_state;
    search->trial_state = old;
    memcpy(search->totals, search->trial_totals, sizeof(search->totals));
    search->now.objective = objective;
    weigh(search);
}

int fg_pc_search_try(struct pc_search *search,
                     const struct pc_pick *changes,
                     uint32_t changes_len,
                     struct fg_err *err)
{
    struct fg_procure *procure = search->procure;
    uint32_t before[2] = {};
    for (uint32_t i = 0; i < changes_len; i++) {
        before[i] = fg_pc_candidate_count(&search->now, changes[i].item, changes[i].start);
        fg_pc_candidate_set(&search->now, changes[i].item, changes[i].start, changes[i].count);
    }
    int rc = 0;
    if (fg_pc_candidate_fits(procure, &search->now)
        && fg_pc_candidate_over_cap(procure, &search->now) == PC_NONE) {
        fg_pc_candidate_state(procure, &search->now, &search->trial_state);
        rc = evaluate_trial(search, err);
        double objective =
            fg_pc_objective(procure, search->trial_state.committed, search->trial_totals);
        if (rc == 0
            && objective < search->now.objective - 1e-9 * (1 + fabs(search->now.objective))) {
            accept(search, objective);
            return 1;
        }
    }
    for (uint32_t i = changes_len; i > 0; i--)
        fg_pc_candidate_set(&search->now, changes[i - 1].item, changes[i - 1].start,
                            before[i - 1]);
    return rc;
}
