/* check.c - see check.h; the second stage is checked in check_second.c */
#include "plan/check.h"
#include "plan/check_inner.h"

#include <math.h>
#include <string.h>

#define HOUR_US 3600000000

/* Rounded to the nearest, as the documentation of costs says. */
static int64_t of(int64_t amount, int64_t part, int64_t whole)
{
    return (int64_t)(((__int128)2 * amount * part + whole) / ((__int128)2 * whole));
}

bool fg_ck_near(double a, double b)
{
    return fabs(a - b) <= 1 + 1e-6 * (fabs(a) + fabs(b));
}

/* -- orders --------------------------------------------------------------------------------------------------- */

static bool binds(const struct fg_procure_problem *problem, const struct fg_offer *offer)
{
    if (offer->contract == FG_CONTRACT_RESERVED || offer->contract == FG_CONTRACT_OWNED)
        return true;
    return offer->upfront_uusd > 0 || offer->min_count > 1
           || offer->min_term_us > problem->period_us
           || offer->lead_time_us >= problem->period_us;
}

static int64_t term_of(const struct fg_procure_problem *problem, const struct fg_offer *offer)
{
    int64_t term_us =
        offer->contract == FG_CONTRACT_RESERVED || offer->contract == FG_CONTRACT_OWNED
            ? offer->term_us
            : problem->period_us;
    bool longer = offer->contract != FG_CONTRACT_OWNED && offer->min_term_us > term_us;
    return longer ? offer->min_term_us : term_us;
}

static int64_t hour_price(const struct fg_procure_problem *problem,
                          const struct fg_offer *offer)
{
    if (offer->contract == FG_CONTRACT_SPOT)
        return of(offer->price_uusd_per_hour, 1000 - offer->away_milli, 1000);
    if (offer->contract == FG_CONTRACT_OWNED)
        return offer->price_uusd_per_hour
               + of(problem->prices.power_uusd_per_kwh, offer->watts, 1000);
    return offer->price_uusd_per_hour;
}

/* One instance: cost in the horizon, all cash, cash in the horizon. */
static void bill(const struct checking *checking,
                 const struct fg_procure_order *order,
                 int64_t out[3])
{
    const struct fg_procure_problem *problem = checking->problem;
    const struct fg_offer *offer = &problem->offers[order->offer];
    int64_t term_us = term_of(problem, offer), price = hour_price(problem, offer);
    int64_t rest_us = problem->period_us * (problem->periods - order->start);
    int64_t used_us = term_us < rest_us ? term_us : rest_us;
    int64_t running = of(price, used_us, HOUR_US);
    out[2] = offer->upfront_uusd + running;
    if (offer->contract == FG_CONTRACT_OWNED) {
        int64_t book = of(offer->upfront_uusd, term_us - used_us, term_us);
        out[1] = out[2];
        out[0] = out[2] - of(book, problem->prices.residual_milli, 1000);
        return;
    }
    out[1] = offer->upfront_uusd + of(price, term_us, HOUR_US);
    int64_t used = running + of(offer->upfront_uusd, used_us, term_us);
    out[0] = used + of(out[1] - used, problem->prices.tail_milli, 1000);
}

static int check_order(struct checking *checking,
                       const struct fg_procure_order *order,
                       struct fg_err *err)
{
    const struct fg_procure_problem *problem = checking->problem;
    if (order->offer >= problem->offers_len || order->start >= problem->periods)
        return fg_fail(err, FG_EBACKEND, "an order names offer %u, period %u", order->offer,
                       order->start);
    const struct fg_offer *offer = &problem->offers[order->offer];
    int64_t start_us = problem->period_us * order->start, bills[3];
    if (!binds(problem, offer))
        return fg_fail(err, FG_EBACKEND, "%s %s is ordered, and can be had at any time",
                       offer->supplier, offer->instance);
    if (offer->lead_time_us > start_us || order->order_us != start_us - offer->lead_time_us)
        return fg_fail(err, FG_EBACKEND, "%s %s starts in period %u, before it can be there",
                       offer->supplier, offer->instance, order->start);
    if (order->count < 1 || order->count < offer->min_count)
        return fg_fail(err, FG_EBACKEND, "%s %s: %u ordered, expected at least %u",
                       offer->supplier, offer->instance, order->count, offer->min_count);
    int64_t end_us = start_us + term_of(problem, offer);
    int64_t end = (end_us + problem->period_us - 1) / problem->period_us;
    if (order->end != (end < problem->periods ? end : problem->periods))
        return fg_fail(err, FG_EBACKEND, "%s %s ends in period %u", offer->supplier,
                       offer->instance, order->end);
    bill(checking, order, bills);
    if (order->cost_uusd != bills[0] * order->count
        || order->cash_uusd != bills[1] * order->count)
        return fg_fail(err, FG_EBACKEND, "%s %s: cost is %lld micro-USD, expected %lld",
                       offer->supplier, offer->instance, (long long)order->cost_uusd,
                       (long long)(bills[0] * order->count));
    checking->cost_uusd += order->cost_uusd;
    checking->horizon_uusd += bills[2] * order->count;
    return 0;
}

/* -- capacity, budgets, cap ---------------------------------------------------------------------------------------- */

static int check_capacity(struct checking *checking,
                          const struct fg_procure_order *order,
                          struct fg_err *err)
{
    const struct fg_procure_problem *problem = checking->problem;
    const struct fg_offer *offer = &problem->offers[order->offer];
    uint64_t alive = 0;
    if (!offer->capacity)
        return 0;
    for (size_t i = 0; i < problem->contracts_len; i++)
        if (fg_offer_same(&problem->contracts[i].offer, offer))
            alive += problem->contracts[i].count;
    for (size_t i = 0; i < checking->plan->orders_len; i++) {
        const struct fg_procure_order *other = &checking->plan->orders[i];
        if (other->offer == order->offer && other->start <= order->start
            && order->start < other->end)
            alive += other->count;
    }
    if (alive > offer->capacity)
        return fg_fail(err, FG_EBACKEND, "%s %s: %llu at one time, %u are there",
                       offer->supplier, offer->instance, (unsigned long long)alive,
                       offer->capacity);
    return 0;
}

/* Money of the orders in each period: hours by the time held, fees when they are ordered. */
static void spread(struct checking *checking, const struct fg_procure_order *order)
{
    const struct fg_procure_problem *problem = checking->problem;
    const struct fg_offer *offer = &problem->offers[order->offer];
    int64_t begin_us = problem->period_us * order->start,
            end_us = begin_us + term_of(problem, offer);
    int64_t ordered = begin_us > offer->lead_time_us
                          ? (begin_us - offer->lead_time_us) / problem->period_us
                          : 0;
    checking->spent[ordered] += (double)offer->upfront_uusd * order->count;
    for (uint32_t t = order->start; t < order->end; t++) {
        int64_t from_us = problem->period_us * t, until_us = from_us + problem->period_us;
        double hours = (double)((until_us < end_us ? until_us : end_us) - from_us) / HOUR_US;
        checking->spent[t] += (double)hour_price(problem, offer) * hours * order->count;
    }
}

static int check_budgets(struct checking *checking, struct fg_err *err)
{
    const struct fg_procure_problem *problem = checking->problem;
    const struct fg_procure_limits *limits = &problem->limits;
    double allowed = (double)checking->horizon_uusd;
    for (size_t i = 0; i < checking->plan->orders_len; i++)
        spread(checking, &checking->plan->orders[i]);
    for (uint32_t t = 0; t < problem->periods; t++) {
        double own = checking->spent[t], allowance = checking->plan->periods[t].allowance_uusd;
        allowed += allowance;
        if (!fg_ck_near(own, checking->plan->periods[t].committed_uusd))
            return fg_fail(err, FG_EBACKEND,
                           "period %u: %.0f micro-USD committed, expected %.0f", t,
                           checking->plan->periods[t].committed_uusd, own);
        if (limits->budgets_uusd && limits->budgets_uusd[t] != INT64_MAX
            && own + allowance > (double)limits->budgets_uusd[t] * (1 + 1e-6) + 1000)
            return fg_fail(err, FG_EBACKEND,
                           "period %u: %.0f micro-USD committed and allowed, above its budget",
                           t, own + allowance);
    }
    if (limits->budget_uusd != INT64_MAX
        && allowed > (double)limits->budget_uusd * (1 + 1e-6) + 1000)
        return fg_fail(err, FG_EBACKEND,
                       "%.0f micro-USD committed and allowed, above the budget", allowed);
    return 0;
}

static int check_cap(const struct checking *checking, struct fg_err *err)
{
    const struct fg_procure_problem *problem = checking->problem;
    uint32_t cap = problem->limits.supplier_share_milli;
    for (size_t i = 0; i < checking->plan->orders_len && cap && cap < 1000; i++) {
        const char *name = problem->offers[checking->plan->orders[i].offer].supplier;
        int64_t spent = 0;
        for (size_t j = 0; j < checking->plan->orders_len; j++)
            if (strcmp(problem->offers[checking->plan->orders[j].offer].supplier, name) == 0)
                spent += checking->plan->orders[j].cost_uusd;
        if ((__int128)spent * 1000 > (__int128)checking->cost_uusd * cap)
            return fg_fail(err, FG_EBACKEND, "%s has %lld of %lld micro-USD, above its share",
                           name, (long long)spent, (long long)checking->cost_uusd);
    }
    return 0;
}

static int check_orders(struct checking *checking, struct fg_err *err)
{
    for (size_t i = 0; i < checking->plan->orders_len; i++) {
        int rc = check_order(checking, &checking->plan->orders[i], err);
        if (rc == 0)
            rc = check_capacity(checking, &checking->plan->orders[i], err);
        if (rc < 0)
            return rc;
    }
    int rc = check_budgets(checking, err);
    return rc < 0 ? rc : check_cap(checking, err);
}

/* -- the sums ----------------------------------------------------------------------------------------------------------- */

static int off(const char *what, double got, double want, struct fg_err *err)
{
    return fg_fail(err, FG_EBACKEND, "%s is %.0f micro-USD, expected %.0f", what, got, want);
}

/* Mean of the worst 1 - alpha of the scenarios: the least over all levels v of v + E[cost - v]+ / (1 - alpha). */
static double cvar(const struct checking *checking)
{
    const struct fg_procure_problem *problem = checking->problem;
    double rest = 1 - problem->limits.cvar_alpha_milli / 1000.0, least = HUGE_VAL;
    for (uint32_t v = 0; v < problem->scenarios; v++) {
        double level = checking->scenario_uusd[v], sum = 0;
        for (uint32_t s = 0; s < problem->scenarios; s++)
            sum += checking->weights[s] * fmax(0, checking->scenario_uusd[s] - level);
        least = fmin(least, level + sum / rest);
    }
    return least;
}

static int check_sums(const struct checking *checking, struct fg_err *err)
{
    const struct fg_procure_plan *plan = checking->plan;
    const struct fg_procure_limits *limits = &checking->problem->limits;
    double objective = 0;
    for (uint32_t s = 0; s < checking->problem->scenarios; s++) {
        objective += checking->weights[s] * checking->scenario_uusd[s];
        if (!fg_ck_near(checking->scenario_uusd[s], plan->scenario_uusd[s]))
            return off("a scenario's cost", plan->scenario_uusd[s], checking->scenario_uusd[s],
                       err);
    }
    if (limits->cvar_alpha_milli) {
        double tail = cvar(checking);
        if (!fg_ck_near(tail, plan->cvar_uusd))
            return off("CVaR", plan->cvar_uusd, tail, err);
        objective += tail * limits->cvar_weight_milli / 1000.0;
        if (limits->cvar_bound_uusd != INT64_MAX)
            objective += 10 * fmax(0, tail - (double)limits->cvar_bound_uusd);
    }
    if (!fg_ck_near(plan->committed_uusd, (double)checking->cost_uusd))
        return off("committed cost", plan->committed_uusd, (double)checking->cost_uusd, err);
    if (!fg_ck_near(plan->recourse_uusd, checking->recourse_uusd))
        return off("recourse", plan->recourse_uusd, checking->recourse_uusd, err);
    if (!fg_ck_near(plan->unmet_uusd, checking->unmet_uusd))
        return off("unmet demand", plan->unmet_uusd, checking->unmet_uusd, err);
    if (!fg_ck_near(plan->over_uusd, checking->over_uusd))
        return off("recourse over budget", plan->over_uusd, checking->over_uusd, err);
    if (!fg_ck_near(plan->waiting_uusd, checking->waiting_uusd))
        return off("waiting", plan->waiting_uusd, checking->waiting_uusd, err);
    if (!fg_ck_near(plan->upper_bound_uusd, objective))
        return off("the objective", plan->upper_bound_uusd, objective, err);
    if (!(plan->lower_bound_uusd <= plan->upper_bound_uusd + 1))
        return off("the lower bound", plan->lower_bound_uusd, plan->upper_bound_uusd, err);
    return 0;
}

int fg_procure_check(const struct fg_procure_problem *problem,
                     const struct fg_procure_plan *plan,
                     struct fg_arena *scratch,
                     struct fg_err *err)
{
    struct checking checking = {.problem = problem, .plan = plan, .scratch = scratch};
    checking.spent = FG_NEW(scratch, double, problem->periods);
    checking.scenario_uusd = FG_NEW(scratch, double, problem->scenarios);
    checking.weights = FG_NEW(scratch, double, problem->scenarios);
    double sum = 0;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        sum += problem->weights ? problem->weights[s] : 1;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        checking.weights[s] = (problem->weights ? problem->weights[s] : 1) / sum;
    int rc = check_orders(&checking, err);
    if (rc == 0)
        rc = fg_ck_waits(&checking, err);
    if (rc == 0)
        rc = fg_ck_second(&checking, err);
    if (rc == 0)
        rc = check_sums(&checking, err);
    return rc;
}
