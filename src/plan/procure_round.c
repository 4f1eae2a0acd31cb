/* procure_round.c - from fractions to whole instances
 *
 * Carry-forward: pool by pool, in time order, what rounding takes away or gives in devices is carried to the next order.
 */
#include "plan/procure_inner.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EFFORT 400'000 /* small programs */

struct share {
    uint32_t item, start, pool;
    double value;
};

static int by_pool_and_start(const void *a, const void *b)
{
    const struct share *left = a, *right = b;
    if (left->pool != right->pool)
        return left->pool < right->pool ? -1 : 1;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return left->item < right->item ? -1 : left->item > right->item;
}

static uint32_t list_shares(struct fg_procure *procure, struct share *out)
{
    const struct pc_master *master = procure->master;
    uint32_t len = 0;
    for (uint32_t i = 0; i < master->columns_len; i++) {
        const struct pc_column *column = &master->columns[i];
        double value = master->answer.values[column->col];
        if (value > 1e-7)
            out[len++] = (struct share){column->item, column->start,
                                        procure->prepared.items[column->item].pool, value};
    }
    qsort(out, len, sizeof(*out), by_pool_and_start);
    return len;
}

static uint32_t whole_of(const struct pc_item *item, double wanted)
{
    if (wanted < item->least)
        return wanted >= item->least / 2.0 ? item->least : 0;
    return (uint32_t)fmin(floor(wanted + 0.5), FG_ORDER_COUNT_MAX);
}

/* As many as fit, at most `count`. */
static uint32_t set_what_fits(struct fg_procure *procure,
                              struct pc_candidate *candidate,
                              const struct share *share,
                              uint32_t count)
{
    const struct pc_item *item = &procure->prepared.items[share->item];
    uint32_t had = fg_pc_candidate_count(candidate, share->item, share->start);
    for (; count > had; count--) {
        fg_pc_candidate_set(candidate, share->item, share->start, count);
        if (count >= item->least && fg_pc_candidate_fits(procure, candidate))
            return count;
    }
    fg_pc_candidate_set(candidate, share->item, share->start, had);
    return had;
}

static void carry_forward(struct fg_procure *procure, struct pc_candidate *candidate)
{
    struct share *shares = FG_NEW(procure->run, struct share, procure->master->columns_len);
    uint32_t len = list_shares(procure, shares), pool = PC_NONE;
    double carry = 0; /* devices */
    for (uint32_t i = 0; i < len; i++) {
        const struct pc_item *item = &procure->prepared.items[shares[i].item];
        if (shares[i].pool != pool)
            carry = 0;
        pool = shares[i].pool;
        double wanted = fmax(0, shares[i].value + carry / item->devices);
        uint32_t got = set_what_fits(procure, candidate, &shares[i], whole_of(item, wanted));
        carry += (shares[i].value - got) * item->devices;
    }
}

/* Take from the supplier furthest above its cap what gains least, until all keep it. */
static void repair_caps(struct pc_search *search)
{
    struct fg_procure *procure = search->procure;
    uint32_t supplier;
    while ((supplier = fg_pc_candidate_over_cap(procure, &search->now)) != PC_NONE) {
        const struct pc_pick *worst = NULL;
        double least = HUGE_VAL;
        for (uint32_t i = 0; i < search->now.picks_len; i++) {
            const struct pc_pick *pick = &search->now.picks[i];
            if (procure->prepared.items[pick->item].supplier != supplier)
                continue;
            double gain = fg_pc_search_gain(search, pick->item, pick->start);
            if (gain < least) {
                worst = pick;
                least = gain;
            }
        }
        assert(worst); /* who is above a cap has orders */
        uint32_t lowest = procure->prepared.items[worst->item].least;
        fg_pc_candidate_set(&search->now, worst->item, worst->start,
                            worst->count > lowest ? worst->count - 1 : 0);
    }
}

static int begin_repaired(struct fg_procure *procure,
                          struct pc_search *search,
                          struct fg_err *err)
{
    int rc = fg_pc_search_begin(procure, search, err);
    if (rc == 0 && fg_pc_candidate_over_cap(procure, &search->now) != PC_NONE) {
        repair_caps(search);
        rc = fg_pc_search_begin(procure, search, err);
    }
    return rc;
}

/* The plan of before, or none, if it still fits: a plan is never worse than that. */
static int compare_with_best(struct fg_procure *procure,
                             struct pc_search *search,
                             struct fg_err *err)
{
    struct pc_candidate none = fg_pc_candidate_none(procure);
    bool fits = fg_pc_candidate_fits(procure, &procure->best)
                && fg_pc_candidate_over_cap(procure, &procure->best) == PC_NONE;
    struct pc_search other = {.effort_max = EFFORT, .enough = search->enough};
    fg_pc_candidate_copy(procure, &other.now, fits ? &procure->best : &none);
    int rc = fg_pc_search_begin(procure, &other, err);
    if (rc == 0 && other.now.objective < search->now.objective) {
        struct pc_search old = *search;
        *search = other;
        other = old;
    }
    fg_pc_candidate_free(&other.now);
    return rc;
}

int fg_pc_round(struct fg_procure *procure, double enough, struct fg_err *err)
{
    struct pc_search search = {.effort_max = EFFORT, .enough = enough};
    struct pc_candidate none = fg_pc_candidate_none(procure);
    fg_pc_candidate_copy(procure, &search.now, &none);
    carry_forward(procure, &search.now);
    int rc = begin_repaired(procure, &search, err);
    if (rc == 0)
        rc = compare_with_best(procure, &search, err);
    if (rc == 0)
        rc = fg_pc_improve(&search, err);
    if (rc == 0)
        fg_pc_candidate_copy(procure, &procure->best, &search.now);
    fg_pc_candidate_free(&search.now);
    return rc;
}
