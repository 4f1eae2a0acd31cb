/* procure_why.c - see procure_why.h */
#include "plan/procure_why.h"
#include "plan/procure_inner.h"

#include <math.h>
#include <string.h>

#define HOUR_US 3600000000
#define LEAST   0.005 /* dollars: gains below are none */

static const struct pc_item *item_of(const struct fg_procure *procure, uint32_t offer)
{
    for (uint32_t i = 0; i < procure->prepared.items_len; i++)
        if (procure->prepared.items[i].offer == offer)
            return &procure->prepared.items[i];
    return NULL;
}

static bool is_bought(const struct fg_procure_plan *plan, uint32_t offer)
{
    for (size_t i = 0; i < plan->orders_len; i++)
        if (plan->orders[i].offer == offer)
            return true;
    return false;
}

/* Reduced cost by device and hour that the horizon sees of it. */
static double short_by(const struct fg_procure *procure, uint32_t i, uint32_t start)
{
    const struct pc_item *item = &procure->prepared.items[i];
    const struct fg_procure_problem *problem = &procure->problem;
    int64_t term_us = fg_pc_term_us(problem, &procure->offers[item->offer]);
    int64_t left_us = (int64_t)(problem->periods - start) * problem->period_us;
    double hours = (double)(term_us < left_us ? term_us : left_us) / HOUR_US;
    return fg_pc_master_reduced(procure, i, start) / (item->devices * hours);
}

static void find_runner(const struct fg_procure *procure,
                        const struct fg_procure_plan *plan,
                        uint32_t order,
                        struct fg_procure_why *out)
{
    const struct pc_item *bought = item_of(procure, plan->orders[order].offer);
    struct fg_procure_runner best = {.order = order, .offer = UINT32_MAX};
    double least = HUGE_VAL;
    for (uint32_t i = 0; i < procure->prepared.items_len; i++) {
        const struct pc_item *item = &procure->prepared.items[i];
        if (item->pool != bought->pool || item->devices <= 0 || procure->banned[item->offer]
            || is_bought(plan, item->offer))
            continue;
        for (uint32_t t = item->lead; t < procure->problem.periods; t++) {
            double usd = short_by(procure, i, t);
            if (usd >= least)
                continue;
            least = usd;
            best.offer = item->offer;
            best.start = t;
        }
    }
    if (best.offer == UINT32_MAX)
        return;
    best.short_uusd_per_device_hour = llround(fmax(0, least) * 1e6);
    out->runners[out->runners_len++] = best;
}

/* -- what binds ------------------------------------------------------------------------------------------------------ */

static void add(struct fg_procure_why *out,
                enum fg_procure_limit limit,
                uint32_t index,
                double gain_usd)
{
    if (gain_usd > LEAST)
        out->binds[out->binds_len++] = (struct fg_procure_bind){limit, index, gain_usd};
}

static void budgets_that_bind(const struct fg_procure *procure, struct fg_procure_why *out)
{
    const struct pc_master *master = procure->master;
    if (!procure->prepared.has_budget)
        return;
    add(out, FG_PROCURE_BUDGET, 0, -master->duals[master->row_budget]);
    for (uint32_t t = 0; t < procure->problem.periods; t++)
        add(out, FG_PROCURE_BUDGET_PERIOD, t, -master->duals[master->row_budgets + t]);
}

static void suppliers_that_bind(const struct fg_procure *procure,
                                const struct fg_procure_plan *plan,
                                struct fg_procure_why *out)
{
    const struct pc_master *master = procure->master;
    uint32_t share = procure->problem.limits.supplier_share_milli,
             suppliers = procure->prepared.suppliers_len;
    if (!share || share >= FG_WHOLE_MILLI)
        return;
    for (uint32_t i = 0; i < procure->prepared.items_len; i++) {
        const struct pc_item *item = &procure->prepared.items[i];
        bool first = true;
        for (uint32_t j = 0; j < i && first; j++)
            first = procure->prepared.items[j].supplier != item->supplier;
        uint32_t row = master->row_suppliers + suppliers + 1 + item->supplier;
        if (first)
            add(out, FG_PROCURE_SUPPLIER, item->offer,
                -master->duals[row] * plan->committed_uusd / 1e6 / 100);
    }
}

static void capacities_that_bind(const struct fg_procure *procure, struct fg_procure_why *out)
{
    const struct pc_master *master = procure->master;
    for (uint32_t i = 0; i < master->limits_len; i++) {
        double gain = 0;
        bool first = true;
        for (uint32_t j = 0; j < master->limits_len; j++) {
            bool same = master->limits[j].item == master->limits[i].item;
            first = first && !(same && j < i);
            gain -= same ? master->duals[master->limits[j].row] : 0;
        }
        if (first)
            add(out, FG_PROCURE_CAPACITY, procure->prepared.items[master->limits[i].item].offer,
                gain);
    }
}

static void classes_unmet(const struct fg_procure *procure,
                          const struct fg_procure_plan *plan,
                          struct fg_procure_why *out)
{
    const struct fg_procure_problem *problem = &procure->problem;
    for (uint32_t c = 0; c < problem->classes_len; c++) {
        double unmet = 0;
        for (uint32_t s = 0; s < problem->scenarios; s++)
            for (uint32_t t = 0; t < problem->periods; t++)
                unmet +=
                    plan->unmet[((size_t)s * problem->periods + t) * problem->classes_len + c];
        if (unmet > 1e-6)
            out->binds[out->binds_len++] = (struct fg_procure_bind){FG_PROCURE_UNMET, c, 0};
    }
}

/* What a point more of the class's demand, that might wait as long, would save. */
static void waits_that_bind(const struct fg_procure *procure, struct fg_procure_why *out)
{
    const struct pc_master *master = procure->master;
    const struct fg_procure_problem *problem = &procure->problem;
    for (uint32_t i = 0; i < problem->flexes_len; i++) {
        double gain = 0;
        for (uint32_t t = 0; t + 1 < problem->periods; t++)
            gain -= master->duals[master->row_put_off + i * problem->periods + t]
                    * fg_pc_flex_least(problem, t, problem->flexes[i].class) / 100;
        add(out, FG_PROCURE_WAIT, i, gain);
    }
}

void fg_procure_why(const struct fg_procure *procure,
                    const struct fg_procure_plan *plan,
                    struct fg_arena *arena,
                    struct fg_procure_why *out)
{
    size_t most = 1 + procure->problem.periods + procure->prepared.items_len
                  + procure->master->limits_len + procure->problem.classes_len
                  + procure->problem.flexes_len;
    *out = (struct fg_procure_why){};
    out->runners = FG_NEW(arena, struct fg_procure_runner, plan->orders_len + 1);
    out->binds = FG_NEW(arena, struct fg_procure_bind, most);
    for (uint32_t i = 0; i < plan->orders_len; i++) {
        bool first = true;
        for (uint32_t j = 0; j < i && first; j++)
            first = plan->orders[j].offer != plan->orders[i].offer;
        if (first)
            find_runner(procure, plan, i, out);
    }
    budgets_that_bind(procure, out);
    suppliers_that_bind(procure, plan, out);
    capacities_that_bind(procure, out);
    waits_that_bind(procure, out);
    classes_unmet(procure, plan, out);
}
