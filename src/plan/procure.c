/* procure.c - see procure.h: the problem is checked and copied, solved, and the answer checked */
#include "plan/procure.h"
#include "plan/check.h"
#include "plan/procure_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_US 60000000
#define RUN_ROOM  ((size_t)4 << 30) /* address space */

void fg_procure_defaults(struct fg_procure_problem *problem)
{
    problem->limits = (struct fg_procure_limits){.budget_uusd = INT64_MAX,
                                                 .over_budget_milli = 1000,
                                                 .supplier_share_milli = FG_WHOLE_MILLI,
                                                 .spot_share_milli = FG_WHOLE_MILLI,
                                                 .cvar_bound_uusd = INT64_MAX};
    problem->prices = (struct fg_procure_prices){.reclaim_us = 10 * (int64_t)MINUTE_US,
                                                 .residual_milli = FG_WHOLE_MILLI,
                                                 .tail_milli = FG_WHOLE_MILLI};
}

/* -- is it a problem? ------------------------------------------------------------------------------------------ */

static int check_sizes(const struct fg_procure_problem *problem, struct fg_err *err)
{
    if (problem->period_us < MINUTE_US
        || problem->period_us > (int64_t)FG_DURATION_DAYS_MAX * 1440 * MINUTE_US)
        return fg_fail(err, FG_EINVAL, "period is %lld us, expected a minute to %d days",
                       (long long)problem->period_us, FG_DURATION_DAYS_MAX);
    if (problem->periods < 1 || problem->periods > FG_PROCURE_PERIODS_MAX)
        return fg_fail(err, FG_EINVAL, "horizon is %u periods, expected 1 to %d",
                       problem->periods, FG_PROCURE_PERIODS_MAX);
    if (problem->scenarios < 1 || problem->scenarios > FG_PROCURE_SCENARIOS_MAX)
        return fg_fail(err, FG_EINVAL, "%u scenarios, expected 1 to %d", problem->scenarios,
                       FG_PROCURE_SCENARIOS_MAX);
    if (problem->classes_len < 1 || problem->classes_len > FG_PROCURE_CLASSES_MAX)
        return fg_fail(err, FG_EINVAL, "%u classes of demand, expected 1 to %d",
                       problem->classes_len, FG_PROCURE_CLASSES_MAX);
    if (problem->serves_len > FG_PROCURE_SERVES_MAX || problem->offers_len > FG_OFFERS_MAX)
        return fg_fail(err, FG_ETOOBIG,
                       "%u kinds that serve classes, %zu offers: expected at most %d and %d",
                       problem->serves_len, problem->offers_len, FG_PROCURE_SERVES_MAX,
                       FG_OFFERS_MAX);
    uint64_t cells = (uint64_t)problem->scenarios * problem->periods * problem->classes_len;
    if (cells > FG_PROCURE_CELLS_MAX
        || (uint64_t)problem->offers_len * problem->periods > 20'000'000)
        return fg_fail(err, FG_ETOOBIG,
                       "%llu cells of demand, %zu offers x %u periods: too large",
                       (unsigned long long)cells, problem->offers_len, problem->periods);
    return 0;
}

static int check_classes(const struct fg_procure_problem *problem, struct fg_err *err)
{
    for (uint32_t c = 0; c < problem->classes_len; c++)
        if (problem->classes[c].at_once > FG_NODE_DEVICES_MAX
            || problem->classes[c].unmet_uusd_per_hour < 0)
            return fg_fail(err, FG_EINVAL,
                           "class %s: %u devices at once, expected at most %d in one instance",
                           problem->classes[c].name, problem->classes[c].at_once,
                           FG_NODE_DEVICES_MAX);
    for (uint32_t i = 0; i < problem->serves_len; i++) {
        const struct fg_procure_serves *serves = &problem->serves[i];
        if (serves->class >= problem->classes_len || serves->rate_milli < 1
            || serves->rate_milli > FG_RATE_MILLI_MAX)
            return fg_fail(err, FG_EINVAL, "%s: serves class %u at rate %u thousandths",
                           serves->accelerator, serves->class, serves->rate_milli);
        for (uint32_t j = 0; j < i; j++)
            if (problem->serves[j].class == serves->class
                && strcmp(problem->serves[j].accelerator, serves->accelerator) == 0)
                return fg_fail(err, FG_EINVAL, "class %s: %s serves it twice",
                               problem->classes[serves->class].name, serves->accelerator);
    }
    return 0;
}

static int check_demand(const struct fg_procure_problem *problem, struct fg_err *err)
{
    size_t cells = (size_t)problem->scenarios * problem->periods * problem->classes_len;
    for (size_t i = 0; i < cells; i++)
        if (!(problem->demand[i] >= 0 && problem->demand[i] <= 1e9))
            return fg_fail(err, FG_EINVAL, "demand is %g, expected 0 to 1e9",
                           problem->demand[i]);
    for (uint32_t s = 0; problem->weights && s < problem->scenarios; s++)
        if (!(problem->weights[s] > 0 && problem->weights[s] <= 1e9))
            return fg_fail(err, FG_EINVAL, "weight of scenario %u is %g, expected above 0", s,
                           problem->weights[s]);
    return 0;
}

static int check_limits(const struct fg_procure_problem *problem, struct fg_err *err)
{
    const struct fg_procure_limits *limits = &problem->limits;
    const struct fg_procure_prices *prices = &problem->prices;
    bool shares =
        limits->supplier_share_milli <= FG_WHOLE_MILLI
        && limits->spot_share_milli <= FG_WHOLE_MILLI
        && limits->served_quantile_milli <= FG_WHOLE_MILLI
        && limits->cvar_alpha_milli < FG_WHOLE_MILLI && limits->cvar_weight_milli <= 1000000
        && limits->over_budget_milli <= 1000000 && prices->residual_milli <= FG_WHOLE_MILLI
        && prices->tail_milli <= FG_WHOLE_MILLI;
    if (!shares)
        return fg_fail(
            err, FG_EINVAL,
            "a share in the limits is above the whole, or alpha of CVaR not below it");
    bool amounts = limits->budget_uusd >= 0 && limits->cvar_bound_uusd >= 0
                   && prices->reclaim_us >= 0 && prices->carbon_uusd_per_tonne >= 0
                   && prices->carbon_uusd_per_tonne <= FG_UPFRONT_UUSD_MAX
                   && prices->power_uusd_per_kwh >= 0
                   && prices->power_uusd_per_kwh <= FG_PRICE_UUSD_MAX;
    for (uint32_t t = 0; limits->budgets_uusd && t < problem->periods; t++)
        amounts = amounts && limits->budgets_uusd[t] >= 0;
    return amounts ? 0
                   : fg_fail(err, FG_EINVAL,
                             "a budget or price in the limits is negative or too large");
}

static int check_flexes(const struct fg_procure_problem *problem, struct fg_err *err)
{
    uint32_t shares[FG_PROCURE_CLASSES_MAX] = {};
    if (problem->flexes_len > FG_PROCURE_FLEXES_MAX
        || (uint64_t)problem->flexes_len * problem->periods > FG_PROCURE_FLEX_CELLS)
        return fg_fail(err, FG_ETOOBIG,
                       "%u kinds of work that may wait x %u periods, expected at most %d and "
                       "%d in all",
                       problem->flexes_len, problem->periods, FG_PROCURE_FLEXES_MAX,
                       FG_PROCURE_FLEX_CELLS);
    for (uint32_t i = 0; i < problem->flexes_len; i++) {
        const struct fg_procure_flex *flex = &problem->flexes[i];
        if (flex->class >= problem->classes_len || flex->wait < 1
            || flex->share_milli > FG_WHOLE_MILLI || flex->wait_uusd_per_hour < 0
            || flex->wait_uusd_per_hour > FG_PRICE_UUSD_MAX
            || (shares[flex->class] += flex->share_milli) > FG_WHOLE_MILLI)
            return fg_fail(err, FG_EINVAL,
                           "work that may wait: class %u, %u thousandths, %u periods; expected "
                           "a class, shares of the whole at most, and a period at least",
                           flex->class, flex->share_milli, flex->wait);
    }
    return 0;
}

static int check_offers(const struct fg_procure_problem *problem, struct fg_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < problem->offers_len && rc == 0; i++) {
        rc = fg_offer_check(&problem->offers[i], err);
        if (rc < 0)
            fg_wrap(err, rc, "offer %zu", i + 1);
    }
    for (size_t i = 0; i < problem->contracts_len && rc == 0; i++) {
        rc = fg_offer_check(&problem->contracts[i].offer, err);
        if (rc < 0)
            fg_wrap(err, rc, "contract %zu", i + 1);
    }
    return rc;
}

/* -- copy --------------------------------------------------------------------------------------------------------- */

static void *copy(struct fg_arena *arena, const void *from, size_t count, size_t size)
{
    void *to = fg_arena_alloc(arena, count + 1, size);
    if (count)
        memcpy(to, from, count * size);
    return to;
}

static void copy_problem(struct fg_procure *procure, const struct fg_procure_problem *problem)
{
    struct fg_arena *keep = procure->keep;
    struct fg_procure_problem *own = &procure->problem;
    size_t cells = (size_t)problem->scenarios * problem->periods * problem->classes_len;
    *own = *problem;
    own->offers = procure->offers =
        copy(keep, problem->offers, problem->offers_len, sizeof(*problem->offers));
    own->classes =
        copy(keep, problem->classes, problem->classes_len, sizeof(*problem->classes));
    own->serves = copy(keep, problem->serves, problem->serves_len, sizeof(*problem->serves));
    own->demand = copy(keep, problem->demand, cells, sizeof(double));
    own->contracts =
        copy(keep, problem->contracts, problem->contracts_len, sizeof(*problem->contracts));
    own->flexes = copy(keep, problem->flexes, problem->flexes_len, sizeof(*problem->flexes));
    if (problem->limits.budgets_uusd)
        own->limits.budgets_uusd =
            copy(keep, problem->limits.budgets_uusd, problem->periods, sizeof(int64_t));
    procure->banned = FG_NEW(keep, bool, problem->offers_len + 1);
    procure->weights = FG_NEW(keep, double, problem->scenarios);
    double sum = 0;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        sum += problem->weights ? problem->weights[s] : 1;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        procure->weights[s] = (problem->weights ? problem->weights[s] : 1) / sum;
    own->weights = procure->weights;
    procure->period_hours = (double)problem->period_us / (60.0 * MINUTE_US);
}

static size_t copy_room(const struct fg_procure_problem *problem)
{
    size_t cells = (size_t)problem->scenarios * problem->periods * problem->classes_len;
    return problem->offers_len * (sizeof(struct fg_offer) + 16) + cells * sizeof(double)
           + problem->contracts_len * sizeof(struct fg_procure_contract)
           + problem->classes_len * sizeof(struct fg_procure_class)
           + problem->serves_len * sizeof(struct fg_procure_serves) + problem->periods * 16
           + problem->flexes_len
                 * (sizeof(struct fg_procure_flex) + problem->periods * 2 * sizeof(double))
           + 65536;
}

int fg_procure_new(const struct fg_procure_problem *problem,
                   struct fg_procure **out,
                   struct fg_err *err)
{
    int rc = check_sizes(problem, err);
    if (rc == 0)
        rc = check_classes(problem, err);
    if (rc == 0)
        rc = check_demand(problem, err);
    if (rc == 0)
        rc = check_limits(problem, err);
    if (rc == 0)
        rc = check_flexes(problem, err);
    if (rc == 0)
        rc = check_offers(problem, err);
    if (rc < 0)
        return rc;
    struct fg_procure *procure = calloc(1, sizeof(*procure));
    if (!procure)
        return fg_fail(err, FG_ENOMEM, "procurement: no memory");
    procure->keep = fg_arena_new(copy_room(problem));
    procure->stale = true;
    copy_problem(procure, problem);
    procure->best.allowance = FG_NEW(procure->keep, double, problem->periods);
    if (problem->flexes_len)
        procure->best.waits = FG_NEW(procure->keep, double, fg_pc_waits_len(procure));
    *out = procure;
    return 0;
}

void fg_procure_free(struct fg_procure *procure)
{
    if (!procure)
        return;
    procure->best.allowance = procure->best.waits = NULL; /* lie in `keep` */
    fg_pc_candidate_free(&procure->best);
    fg_pc_master_free(procure->master);
    fg_pc_prepared_free(procure);
    fg_arena_free(procure->run);
    fg_arena_free(procure->keep);
    free(procure);
}

/* -- changes -------------------------------------------------------------------------------------------------------- */

void fg_procure_set_price(struct fg_procure *procure,
                          uint32_t offer,
                          int64_t price_uusd_per_hour,
                          int64_t upfront_uusd)
{
    struct fg_offer *own = &procure->offers[offer];
    bool was_recourse = fg_pc_is_recourse(&procure->problem, own);
    bool cheaper = price_uusd_per_hour < own->price_uusd_per_hour;
    own->price_uusd_per_hour = price_uusd_per_hour;
    own->upfront_uusd = upfront_uusd;
    procure->stale = true;
    procure->cuts_invalid = procure->cuts_invalid || (was_recourse && cheaper);
    if (was_recourse != fg_pc_is_recourse(&procure->problem, own)) {
        fg_pc_master_free(procure->master); /* items have other numbers */
        procure->master = NULL;
        procure->best.picks_len = 0;
        procure->cuts_invalid = true;
    }
}

void fg_procure_ban(struct fg_procure *procure, uint32_t offer, bool banned)
{
    if (procure->banned[offer] == banned)
        return;
    procure->banned[offer] = banned;
    procure->stale = true;
    if (!banned && fg_pc_is_recourse(&procure->problem, &procure->offers[offer]))
        procure->cuts_invalid = true;
}

void fg_procure_let_wait(struct fg_procure *procure, bool may_wait)
{
    procure->none_waits = !may_wait;
    procure->stale = true;
    if (procure->none_waits)
        memset(procure->best.waits, 0, fg_pc_waits_len(procure) * sizeof(double));
}

/* -- solve ------------------------------------------------------------------------------------------------------------ */

static void make_ready(struct fg_procure *procure)
{
    fg_arena_free(procure->run);
    procure->run = fg_arena_new(RUN_ROOM);
    if (!procure->stale)
        return;
    fg_pc_prepare(procure);
    fg_pc_master_renew(procure, !procure->cuts_invalid);
    procure->cuts_invalid = false;
}

double fg_pc_enough(const struct fg_procure_effort *effort, double lower)
{
    double gap = effort->gap > 0 ? effort->gap : 0.001;
    return lower / (1 - gap) + 1e-9;
}

static bool close_enough(const struct fg_procure *procure,
                         const struct fg_procure_effort *effort,
                         double lower)
{
    return procure->best.objective <= fg_pc_enough(effort, lower);
}

static bool watched(const struct fg_procure *procure,
                    const struct fg_procure_effort *effort,
                    enum fg_procure_stage stage,
                    double lower)
{
    return effort->watch && effort->watch(effort->ctx, stage, lower, procure->best.objective);
}

/* What waits, as suits the orders that were found: nothing that saves nothing. */
static int suit_waits(struct fg_procure *procure,
                      const struct fg_procure_effort *effort,
                      struct pc_bound *bound,
                      struct fg_err *err)
{
    if (!procure->problem.flexes_len)
        return 0;
    int rc = fg_pc_flex_again(procure, fg_pc_enough(effort, bound->lower), err);
    bound->lower = fmax(bound->lower, procure->master->lower);
    return rc;
}

static int solve(struct fg_procure *procure,
                 const struct fg_procure_effort *effort,
                 struct pc_bound *bound,
                 struct fg_err *err)
{
    int rc = fg_pc_bound(procure, effort, bound, err);
    if (rc == 0)
        rc = fg_pc_round(procure, fg_pc_enough(effort, bound->lower), err);
    if (rc < 0)
        return rc;
    bool stop = watched(procure, effort, FG_PROCURE_ROUND, bound->lower);
    if (!stop && !close_enough(procure, effort, bound->lower))
        rc = suit_waits(procure, effort, bound, err);
    if (rc == 0 && !stop && !close_enough(procure, effort, bound->lower)) {
        rc = fg_pc_dive(procure, fg_pc_enough(effort, bound->lower), err);
        stop = rc < 0 || watched(procure, effort, FG_PROCURE_ROUND, bound->lower);
    }
    if (rc == 0 && !stop && !close_enough(procure, effort, bound->lower)
        && effort->polish_s > 0)
        rc = fg_pc_polish(procure, effort, &bound->lower, err);
    return rc < 0 ? rc : suit_waits(procure, effort, bound, err);
}

int fg_procure_solve(struct fg_procure *procure,
                     const struct fg_procure_effort *effort,
                     struct fg_arena *arena,
                     struct fg_procure_plan *out,
                     struct fg_err *err)
{
    struct pc_bound bound = {};
    make_ready(procure);
    int rc = solve(procure, effort, &bound, err);
    if (rc == 0)
        rc = fg_pc_answer(procure, &bound, arena, out, err);
    if (rc < 0)
        return rc;
    out->proven = close_enough(procure, effort, bound.lower);
    rc = fg_procure_check(&procure->problem, out, arena, err);
    return rc < 0 ? fg_wrap(err, FG_EBACKEND, "procurement: the plan did not pass its check")
                  : 0;
}
