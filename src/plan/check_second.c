/* check_second.c - the second stage of a plan, period by period and scenario by scenario; see check.h */
#include "plan/check_inner.h"

#include <math.h>
#include <string.h>

#define HOUR_US 3600000000

/* Devices of one kind in instances of one size. */
struct stock {
    const char *accelerator;
    uint32_t size;
    double devices, spot_devices;
};

struct moment {
    struct checking *checking;
    uint32_t scenario, period;
    const struct fg_procure_use *uses;
    const struct fg_procure_work *work;
    size_t uses_len, work_len;
    struct stock *stocks; /* as many as there are kinds x sizes */
    uint32_t stocks_len;
};

static double tolerance(double size)
{
    return 1e-6 * (1 + size);
}

static void stock_up(struct moment *moment,
                     const struct fg_offer *offer,
                     double devices,
                     bool spot)
{
    struct stock *stock = moment->stocks, *end = stock + moment->stocks_len;
    while (stock < end
           && (stock->size != offer->accelerators
               || strcmp(stock->accelerator, offer->accelerator) != 0))
        stock++;
    if (stock == end) {
        *stock = (struct stock){.accelerator = offer->accelerator, .size = offer->accelerators};
        moment->stocks_len++;
    }
    *(spot ? &stock->spot_devices : &stock->devices) += devices;
}

/* What is left of spot after reclaims. */
static double useful(const struct fg_procure_problem *problem, const struct fg_offer *offer)
{
    if (offer->contract != FG_CONTRACT_SPOT)
        return 1;
    return fmax(
        0,
        1 - offer->reclaims_per_khour * ((double)problem->prices.reclaim_us / HOUR_US) / 1000);
}

static double overlap_of(int64_t from_us, int64_t until_us, int64_t begin_us, int64_t period_us)
{
    int64_t end_us = begin_us + period_us;
    int64_t first = from_us > begin_us ? from_us : begin_us,
            last = until_us < end_us ? until_us : end_us;
    return last > first ? (double)(last - first) / (double)period_us : 0;
}

static int64_t end_of(const struct fg_procure_problem *problem,
                      const struct fg_procure_order *order)
{
    const struct fg_offer *offer = &problem->offers[order->offer];
    int64_t term_us =
        offer->contract == FG_CONTRACT_RESERVED || offer->contract == FG_CONTRACT_OWNED
            ? offer->term_us
            : problem->period_us;
    if (offer->contract != FG_CONTRACT_OWNED && offer->min_term_us > term_us)
        term_us = offer->min_term_us;
    return order->start * problem->period_us + term_us;
}

/* What is there in the period whatever the scenario. */
static void stock_committed(struct moment *moment)
{
    const struct fg_procure_problem *problem = moment->checking->problem;
    const struct fg_procure_plan *plan = moment->checking->plan;
    int64_t begin_us = moment->period * problem->period_us;
    for (size_t i = 0; i < problem->contracts_len + plan->orders_len; i++) {
        bool runs = i < problem->contracts_len;
        const struct fg_procure_order *order =
            runs ? NULL : &plan->orders[i - problem->contracts_len];
        const struct fg_procure_contract *contract = runs ? &problem->contracts[i] : NULL;
        const struct fg_offer *offer = runs ? &contract->offer : &problem->offers[order->offer];
        double part = runs ? overlap_of(contract->from_us, contract->until_us, begin_us,
                                        problem->period_us)
                           : overlap_of(order->start * problem->period_us,
                                        end_of(problem, order), begin_us, problem->period_us);
        double each =
            offer->accelerators * (1 - offer->away_milli / 1000.0) * useful(problem, offer);
        if (part > 0)
            stock_up(moment, offer, part * each * (runs ? contract->count : order->count),
                     false);
    }
}

/* -- uses ---------------------------------------------------------------------------------------------------------- */

static int check_use(struct moment *moment,
                     const struct fg_procure_use *use,
                     struct fg_err *err)
{
    const struct fg_procure_problem *problem = moment->checking->problem;
    if (use->offer >= problem->offers_len || !(use->instances >= 0))
        return fg_fail(err, FG_EBACKEND, "offer %u is used %g times", use->offer,
                       use->instances);
    const struct fg_offer *offer = &problem->offers[use->offer];
    bool at_will =
        (offer->contract == FG_CONTRACT_ON_DEMAND || offer->contract == FG_CONTRACT_SPOT)
        && offer->min_term_us <= problem->period_us && offer->lead_time_us < problem->period_us
        && offer->min_count <= 1 && offer->upfront_uusd == 0;
    if (!at_will)
        return fg_fail(err, FG_EBACKEND, "%s %s is used at will, and binds", offer->supplier,
                       offer->instance);
    double most = offer->capacity;
    for (size_t i = 0; i < problem->contracts_len; i++)
        if (fg_offer_same(&problem->contracts[i].offer, offer))
            most -= problem->contracts[i].count;
    most = fmax(0, most) * (1 - offer->away_milli / 1000.0);
    if (offer->capacity && use->instances > most + tolerance(most))
        return fg_fail(err, FG_EBACKEND, "%s %s: %g used, %g are there", offer->supplier,
                       offer->instance, use->instances, most);
    stock_up(moment, offer, use->instances * offer->accelerators * useful(problem, offer),
             problem->limits.spot_share_milli < 1000 && offer->contract == FG_CONTRACT_SPOT);
    return 0;
}

static double kilowatt_carbon_uusd(const struct fg_procure_problem *problem,
                                   const struct fg_offer *offer)
{
    double tonnes_per_hour = (double)offer->watts / 1000 * offer->carbon_g_per_kwh / 1e6;
    return tonnes_per_hour * (double)problem->prices.carbon_uusd_per_tonne;
}

static void pay_uses(struct moment *moment)
{
    struct checking *checking = moment->checking;
    const struct fg_procure_problem *problem = checking->problem;
    double hours = (double)problem->period_us / HOUR_US, cash = 0, carbon = 0;
    for (size_t i = 0; i < moment->uses_len; i++) {
        const struct fg_offer *offer = &problem->offers[moment->uses[i].offer];
        cash += moment->uses[i].instances * (double)offer->price_uusd_per_hour * hours;
        carbon += moment->uses[i].instances * kilowatt_carbon_uusd(problem, offer) * hours;
    }
    double over = 0, weight = checking->weights[moment->scenario];
    if (problem->limits.budget_uusd != INT64_MAX || problem->limits.budgets_uusd) {
        uint32_t times =
            problem->limits.over_budget_milli ? problem->limits.over_budget_milli : 1000;
        double allowance = checking->plan->periods[moment->period].allowance_uusd;
        over = fmax(0, cash - allowance) * times / 1000;
    }
    checking->recourse_uusd += weight * cash;
    checking->over_uusd += weight * over;
    checking->scenario_uusd[moment->scenario] += cash + carbon + over;
}

/* -- work ---------------------------------------------------------------------------------------------------------- */

static uint32_t at_once(const struct fg_procure_problem *problem,
                        const struct fg_procure_serves *serves)
{
    uint32_t devices = problem->classes[serves->class].at_once;
    return devices ? devices : 1;
}

/* For each size: work that needs instances of that size or larger has no more devices than there are in such. */
static int check_kind(const struct moment *moment,
                      const char *kind,
                      uint32_t size,
                      struct fg_err *err)
{
    const struct fg_procure_problem *problem = moment->checking->problem;
    double busy = 0, busy_spot = 0, devices = 0, spot_devices = 0;
    for (size_t i = 0; i < moment->work_len; i++) {
        const struct fg_procure_serves *serves = &problem->serves[moment->work[i].serves];
        if (strcmp(serves->accelerator, kind) != 0 || at_once(problem, serves) < size)
            continue;
        double rate = serves->rate_milli / 1000.0;
        busy += (moment->work[i].units - moment->work[i].spot_units) / rate;
        busy_spot += moment->work[i].spot_units / rate;
    }
    for (uint32_t i = 0; i < moment->stocks_len; i++)
        if (moment->stocks[i].size >= size
            && strcmp(moment->stocks[i].accelerator, kind) == 0) {
            devices += moment->stocks[i].devices;
            spot_devices += moment->stocks[i].spot_devices;
        }
    if (busy > devices + tolerance(devices)
        || busy_spot > spot_devices + tolerance(spot_devices))
        return fg_fail(err, FG_EBACKEND,
                       "period %u, scenario %u: %g and %g of spot %s work in instances of %u "
                       "or more, %g and %g are there",
                       moment->period, moment->scenario, busy, busy_spot, kind, size, devices,
                       spot_devices);
    return 0;
}

static int check_class(const struct moment *moment, uint32_t class, struct fg_err *err)
{
    const struct fg_procure_problem *problem = moment->checking->problem;
    const struct fg_procure_plan *plan = moment->checking->plan;
    size_t cell =
        ((size_t)moment->scenario * problem->periods + moment->period) * problem->classes_len
        + class;
    double demand =
        problem->demand[cell]
        + moment->checking->shift[(size_t) class * problem->periods + moment->period];
    double done = 0, spot = 0, unmet = plan->unmet[cell];
    for (size_t i = 0; i < moment->work_len; i++)
        if (problem->serves[moment->work[i].serves].class == class) {
            done += moment->work[i].units;
            spot += moment->work[i].spot_units;
        }
    if (!(unmet >= 0) || done + unmet < demand - tolerance(demand))
        return fg_fail(err, FG_EBACKEND,
                       "period %u, scenario %u: class %s has %g of %g and %g unmet",
                       moment->period, moment->scenario, problem->classes[class].name, done,
                       demand, unmet);
    if (spot > demand * problem->limits.spot_share_milli / 1000 + tolerance(demand))
        return fg_fail(err, FG_EBACKEND,
                       "period %u, scenario %u: class %s has %g of %g on spot", moment->period,
                       moment->scenario, problem->classes[class].name, spot, demand);
    return 0;
}

/* -- unmet -------------------------------------------------------------------------------------------------------- */

/* Price of a unit of the class for an hour: what was asked, or ten times the dearest that serves it. */
static double unmet_price(const struct fg_procure_problem *problem, uint32_t class)
{
    double dearest = 0;
    if (problem->classes[class].unmet_uusd_per_hour)
        return (double)problem->classes[class].unmet_uusd_per_hour;
    for (size_t i = 0; i < problem->offers_len; i++)
        for (uint32_t j = 0; j < problem->serves_len; j++)
            if (problem->serves[j].class == class
                && strcmp(problem->serves[j].accelerator, problem->offers[i].accelerator) == 0)
                dearest =
                    fmax(dearest, (double)fg_offer_uusd_per_device_hour(&problem->offers[i])
                                      / (problem->serves[j].rate_milli / 1000.0));
    return dearest > 0 ? round(fmin(dearest, 1e15) * 10) : 1e6;
}

/* The least demand that at least the quantile of the scenarios does not exceed. */
static double quantile(const struct checking *checking, uint32_t period, uint32_t class)
{
    const struct fg_procure_problem *problem = checking->problem;
    double best = HUGE_VAL, highest = 0;
    for (uint32_t s = 0; s < problem->scenarios; s++) {
        double level =
            problem->demand[((size_t)s * problem->periods + period) * problem->classes_len
                            + class];
        double below = 0;
        highest = fmax(highest, level);
        for (uint32_t other = 0; other < problem->scenarios; other++)
            if (problem
                    ->demand[((size_t)other * problem->periods + period) * problem->classes_len
                             + class]
                <= level)
                below += checking->weights[other];
        if (below >= problem->limits.served_quantile_milli / 1000.0 - 1e-9)
            best = fmin(best, level);
    }
    return isfinite(best) ? best : highest;
}

static void pay_unmet(struct moment *moment, const double *prices)
{
    struct checking *checking = moment->checking;
    const struct fg_procure_problem *problem = checking->problem;
    double hours = (double)problem->period_us / HOUR_US;
    for (uint32_t c = 0; c < problem->classes_len; c++) {
        size_t cell = ((size_t)moment->scenario * problem->periods + moment->period)
                          * problem->classes_len
                      + c;
        double unmet = checking->plan->unmet[cell], guarded = 0;
        if (problem->limits.served_quantile_milli && unmet > 0)
            guarded = fmax(
                0,
                unmet - fmax(0, problem->demand[cell] - quantile(checking, moment->period, c)));
        double uusd = prices[c] * hours * (unmet + 99 * guarded);
        checking->unmet_uusd += checking->weights[moment->scenario] * uusd;
        checking->scenario_uusd[moment->scenario] += uusd;
    }
}

/* -- all --------------------------------------------------------------------------------------------------------------- */

/* The uses and the work of the moment are the next in the plan's lists, which are in order. */
static void take_lists(struct moment *moment, size_t *use_at, size_t *work_at)
{
    const struct fg_procure_plan *plan = moment->checking->plan;
    moment->uses = plan->uses + *use_at;
    moment->work = plan->work + *work_at;
    moment->uses_len = moment->work_len = moment->stocks_len = 0;
    while (*use_at < plan->uses_len && plan->uses[*use_at].scenario == moment->scenario
           && plan->uses[*use_at].period == moment->period) {
        (*use_at)++;
        moment->uses_len++;
    }
    while (*work_at < plan->work_len && plan->work[*work_at].scenario == moment->scenario
           && plan->work[*work_at].period == moment->period) {
        (*work_at)++;
        moment->work_len++;
    }
}

static int check_moment(struct moment *moment, const double *prices, struct fg_err *err)
{
    const struct fg_procure_problem *problem = moment->checking->problem;
    int rc = 0;
    for (size_t i = 0; i < moment->work_len; i++)
        if (moment->work[i].serves >= problem->serves_len || !(moment->work[i].units >= 0)
            || !(moment->work[i].spot_units >= 0))
            return fg_fail(err, FG_EBACKEND, "work of %g units by %u", moment->work[i].units,
                           moment->work[i].serves);
    stock_committed(moment);
    for (size_t i = 0; i < moment->uses_len && rc == 0; i++)
        rc = check_use(moment, &moment->uses[i], err);
    for (uint32_t i = 0; i < problem->serves_len && rc == 0; i++)
        rc = check_kind(moment, problem->serves[i].accelerator,
                        at_once(problem, &problem->serves[i]), err);
    for (uint32_t c = 0; c < problem->classes_len && rc == 0; c++)
        rc = check_class(moment, c, err);
    pay_uses(moment);
    pay_unmet(moment, prices);
    return rc;
}

static double committed_with_carbon(const struct checking *checking)
{
    const struct fg_procure_problem *problem = checking->problem;
    double sum = (double)checking->cost_uusd;
    int64_t horizon_us = problem->periods * problem->period_us;
    for (size_t i = 0; i < checking->plan->orders_len; i++) {
        const struct fg_procure_order *order = &checking->plan->orders[i];
        int64_t end_us = end_of(problem, order), from_us = order->start * problem->period_us;
        double hours =
            (double)((end_us < horizon_us ? end_us : horizon_us) - from_us) / HOUR_US;
        sum += order->count * hours
               * kilowatt_carbon_uusd(problem, &problem->offers[order->offer]);
    }
    return sum;
}

int fg_ck_second(struct checking *checking, struct fg_err *err)
{
    const struct fg_procure_problem *problem = checking->problem;
    size_t use_at = 0, work_at = 0,
           sources = problem->contracts_len + checking->plan->orders_len;
    double *prices = FG_NEW(checking->scratch, double, problem->classes_len);
    for (uint32_t c = 0; c < problem->classes_len; c++)
        prices[c] = unmet_price(problem, c);
    size_t room = sources + problem->offers_len + 1;
    struct moment moment = {.checking = checking,
                            .stocks = FG_NEW(checking->scratch, struct stock, room)};
    for (moment.scenario = 0; moment.scenario < problem->scenarios; moment.scenario++) {
        checking->scenario_uusd[moment.scenario] =
            committed_with_carbon(checking) + checking->waiting_uusd;
        for (moment.period = 0; moment.period < problem->periods; moment.period++) {
            take_lists(&moment, &use_at, &work_at);
            int rc = check_moment(&moment, prices, err);
            if (rc < 0)
                return rc;
        }
    }
    if (use_at != checking->plan->uses_len || work_at != checking->plan->work_len)
        return fg_fail(err, FG_EBACKEND, "the plan's lists are not in order");
    return 0;
}
