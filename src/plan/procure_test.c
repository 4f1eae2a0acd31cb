/* procure_test.c - plans against every plan there is, on small problems */
#include "plan/check.h"
#include "plan/procure.h"
#include "solver/lp.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US    3600000000
#define COUNT      3 /* instances of an order, in plans that are enumerated */
#define SOURCES    24
#define ORDERS_MAX 6

static uint64_t state = 7;

static double draw(double most)
{
    uint64_t z = state += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0 * most;
}

static uint32_t pick(uint32_t choices)
{
    return (uint32_t)draw(choices);
}

/* -- a small problem --------------------------------------------------------------------------------------------- */

struct small_world {
    struct fg_procure_problem problem;
    struct fg_offer offers[8];
    struct fg_procure_class classes[2];
    struct fg_procure_serves serves[4];
    struct fg_procure_contract contracts[1];
    double demand[3 * 3 * 2], weights[3];
    int64_t budgets[3];
};

static struct fg_offer offer_of(enum fg_contract contract, uint32_t number)
{
    struct fg_offer offer = {.contract = contract, .accelerators = 1u << pick(3)};
    snprintf(offer.supplier, sizeof(offer.supplier), "s%u", pick(3));
    snprintf(offer.instance, sizeof(offer.instance), "i%u", number);
    snprintf(offer.accelerator, sizeof(offer.accelerator), "%s", pick(2) ? "a100" : "h100");
    offer.price_uusd_per_hour = (int64_t)(500000 + draw(2000000)) * offer.accelerators;
    if (contract == FG_CONTRACT_RESERVED || contract == FG_CONTRACT_OWNED) {
        offer.price_uusd_per_hour /= 3;
        offer.term_us = (1 + pick(4)) * HOUR_US * 4 + pick(2) * 2 * HOUR_US;
        offer.lead_time_us = pick(3) * 3 * HOUR_US;
        offer.min_count = pick(3) == 0 ? 2 : 0;
        offer.capacity = 1 + pick(3);
        offer.upfront_uusd =
            contract == FG_CONTRACT_OWNED || pick(3) == 0 ? (int64_t)draw(6000000) : 0;
    } else {
        offer.capacity = pick(2) ? 1 + pick(4) : 0;
    }
    offer.away_milli = pick(4) == 0 ? pick(300) : 0;
    if (contract == FG_CONTRACT_SPOT)
        offer.reclaims_per_khour = pick(400);
    offer.watts = 500 * offer.accelerators;
    offer.carbon_g_per_kwh = 100 + pick(400);
    return offer;
}

static void fill_offers(struct small_world *world)
{
    struct fg_procure_problem *problem = &world->problem;
    uint32_t commits = 1 + pick(2), taps = pick(4);
    for (uint32_t i = 0; i < commits + taps; i++) {
        enum fg_contract contract = i < commits
                                        ? (pick(3) ? FG_CONTRACT_RESERVED : FG_CONTRACT_OWNED)
                                        : (pick(2) ? FG_CONTRACT_ON_DEMAND : FG_CONTRACT_SPOT);
        world->offers[i] = offer_of(contract, i);
    }
    problem->offers = world->offers;
    problem->offers_len = commits + taps;
}

static void fill_limits(struct small_world *world)
{
    struct fg_procure_limits *limits = &world->problem.limits;
    if (pick(4) == 0)
        limits->supplier_share_milli = 350 + pick(500);
    if (pick(4) == 0)
        limits->spot_share_milli = pick(1000);
    if (pick(4) == 0)
        limits->served_quantile_milli = 300 + pick(700);
    if (pick(4) == 0) {
        limits->cvar_alpha_milli = 500 + pick(450);
        limits->cvar_weight_milli = pick(2000);
        if (pick(2))
            limits->cvar_bound_uusd = (int64_t)draw(40000000);
    }
    if (pick(4) == 0) {
        for (uint32_t t = 0; t < 3; t++)
            world->budgets[t] = pick(4) ? (int64_t)draw(20000000) : INT64_MAX;
        limits->budgets_uusd = world->budgets;
        limits->over_budget_milli = pick(3000);
    }
    if (pick(3) == 0)
        world->problem.prices.carbon_uusd_per_tonne = (int64_t)draw(300) * 1000000;
    world->problem.prices.residual_milli = pick(1001);
    world->problem.prices.tail_milli = pick(1001);
    world->problem.prices.power_uusd_per_kwh = pick(2) * 150000;
}

static void fill(struct small_world *world)
{
    *world = (struct small_world){};
    struct fg_procure_problem *problem = &world->problem;
    fg_procure_defaults(problem);
    problem->period_us = 4 * HOUR_US;
    problem->periods = 2 + pick(2);
    problem->scenarios = 1 + pick(3);
    problem->classes = world->classes;
    problem->classes_len = 1 + pick(2);
    problem->serves = world->serves;
    for (uint32_t c = 0; c < problem->classes_len; c++) {
        world->classes[c] = (struct fg_procure_class){.at_once = pick(3) == 0 ? 2 : 0};
        snprintf(world->classes[c].name, FG_NAME_MAX, "c%u", c);
        world->classes[c].unmet_uusd_per_hour = pick(3) ? (int64_t)draw(9000000) + 1 : 0;
        for (int kind = 0; kind < 2; kind++) {
            if (kind != (int)c % 2 && pick(2))
                continue;
            struct fg_procure_serves *serves = &world->serves[problem->serves_len++];
            *serves = (struct fg_procure_serves){.class = c, .rate_milli = 300 + pick(1000)};
            snprintf(serves->accelerator, FG_KIND_MAX, "%s", kind ? "a100" : "h100");
        }
    }
    double scale = pick(5) == 0 ? 0 : pick(4) == 0 ? 0.4 : 4;
    for (size_t i = 0; i < 18; i++)
        world->demand[i] = pick(4) == 0 ? 0 : draw(scale);
    for (size_t s = 0; s < 3; s++)
        world->weights[s] = 1 + pick(3);
    problem->demand = world->demand;
    problem->weights = world->weights;
    fill_offers(world);
    fill_limits(world);
    if (pick(3) == 0) {
        world->contracts[0] = (struct fg_procure_contract){offer_of(FG_CONTRACT_RESERVED, 9), 1,
                                                           0, (1 + pick(12)) * HOUR_US};
        problem->contracts = world->contracts;
        problem->contracts_len = 1;
    }
}

/* -- what a set of orders costs, without anything of the planner's ----------------------------------------------- */

struct source {
    const struct fg_offer *offer;
    double devices; /* there anyway; or, at a price, of one instance */
    double usd;     /* of an instance for a period, below 0: it is there anyway */
    double carbon_usd, most;
};

static double hours(int64_t us)
{
    return (double)us / HOUR_US;
}

static double overlap_us(int64_t from, int64_t until, int64_t a, int64_t b)
{
    int64_t first = from > a ? from : a, last = until < b ? until : b;
    return last > first ? (double)(last - first) : 0;
}

static double carbon_usd(const struct small_world *world,
                         const struct fg_offer *offer,
                         double h)
{
    return offer->watts / 1e3 * h * offer->carbon_g_per_kwh / 1e6
           * (double)world->problem.prices.carbon_uusd_per_tonne / 1e6;
}

static double kept(const struct small_world *world, const struct fg_offer *offer)
{
    return offer->contract == FG_CONTRACT_SPOT
               ? 1
                     - offer->reclaims_per_khour / 1000.0
                           * hours(world->problem.prices.reclaim_us)
               : 1;
}

struct order {
    uint32_t offer, start, count;
};

static uint32_t list_sources(const struct small_world *world,
                             const struct order *orders,
                             uint32_t len,
                             uint32_t t,
                             struct source *out)
{
    const struct fg_procure_problem *problem = &world->problem;
    int64_t begin = t * problem->period_us, end = begin + problem->period_us;
    uint32_t count = 0;
    for (uint32_t i = 0; i < len; i++) {
        const struct fg_offer *offer = &problem->offers[orders[i].offer];
        int64_t start = orders[i].start * problem->period_us;
        double part =
            overlap_us(start, start + offer->term_us, begin, end) / (double)problem->period_us;
        out[count++] = (struct source){
            offer, orders[i].count * part * offer->accelerators * (1 - offer->away_milli / 1e3),
            -1, 0, 0};
    }
    for (uint32_t i = 0; i < problem->contracts_len; i++) {
        const struct fg_procure_contract *contract = &problem->contracts[i];
        double part = overlap_us(contract->from_us, contract->until_us, begin, end)
                      / (double)problem->period_us;
        out[count++] = (struct source){&contract->offer,
                                       contract->count * part * contract->offer.accelerators
                                           * (1 - contract->offer.away_milli / 1e3),
                                       -1, 0, 0};
    }
    for (uint32_t i = 0; i < problem->offers_len; i++) {
        const struct fg_offer *offer = &problem->offers[i];
        if (offer->contract != FG_CONTRACT_ON_DEMAND && offer->contract != FG_CONTRACT_SPOT)
            continue;
        out[count++] = (struct source){
            offer, offer->accelerators * kept(world, offer),
            (double)offer->price_uusd_per_hour / 1e6 * hours(problem->period_us),
            carbon_usd(world, offer, hours(problem->period_us)),
            offer->capacity ? offer->capacity * (1 - offer->away_milli / 1e3) : FG_LP_INF};
    }
    return count;
}

static double unmet_usd(const struct small_world *world, uint32_t c)
{
    const struct fg_procure_problem *problem = &world->problem;
    double dearest = 0;
    for (uint32_t j = 0; j < problem->serves_len; j++)
        for (uint32_t i = 0; i < problem->offers_len; i++)
            if (problem->serves[j].class == c
                && strcmp(problem->serves[j].accelerator, problem->offers[i].accelerator) == 0)
                dearest =
                    fmax(dearest, (double)fg_offer_uusd_per_device_hour(&problem->offers[i])
                                      * 1000 / problem->serves[j].rate_milli);
    double uusd = dearest > 0 ? round(dearest * 10) : 1e6;
    if (problem->classes[c].unmet_uusd_per_hour)
        uusd = (double)problem->classes[c].unmet_uusd_per_hour;
    return uusd / 1e6 * hours(problem->period_us);
}

static double demand_of(const struct small_world *world, uint32_t s, uint32_t t, uint32_t c)
{
    const struct fg_procure_problem *problem = &world->problem;
    return problem->demand[(s * problem->periods + t) * problem->classes_len + c];
}

/* The least level that the quantile of the scenarios does not exceed. */
static double guarded(const struct small_world *world, uint32_t t, uint32_t c)
{
    const struct fg_procure_problem *problem = &world->problem;
    double all = 0, best = HUGE_VAL;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        all += world->weights[s];
    for (uint32_t s = 0; s < problem->scenarios; s++) {
        double below = 0, level = demand_of(world, s, t, c);
        for (uint32_t r = 0; r < problem->scenarios; r++)
            below += demand_of(world, r, t, c) <= level ? world->weights[r] : 0;
        if (below / all >= problem->limits.served_quantile_milli / 1e3 - 1e-9)
            best = fmin(best, level);
    }
    return best;
}

static void put_class(struct fg_lp *lp,
                      const struct small_world *world,
                      uint32_t c,
                      uint32_t s,
                      uint32_t t,
                      uint32_t row,
                      uint32_t spot_row)
{
    const struct fg_procure_limits *limits = &world->problem.limits;
    double demand = demand_of(world, s, t, c), price = unmet_usd(world, c);
    fg_lp_set_row(lp, row, demand, FG_LP_INF);
    fg_lp_set_row(lp, spot_row, -FG_LP_INF, limits->spot_share_milli / 1e3 * demand);
    double plain =
        limits->served_quantile_milli ? fmax(0, demand - guarded(world, t, c)) : FG_LP_INF;
    fg_lp_put(lp, row, fg_lp_col(lp, price, 0, plain), 1);
    fg_lp_put(lp, row, fg_lp_col(lp, 100 * price, 0, FG_LP_INF), 1);
}

/* The second stage of a period and scenario, source by source. */
static double second(const struct small_world *world,
                     const struct source *sources,
                     uint32_t len,
                     uint32_t s,
                     uint32_t t,
                     double allowance)
{
    const struct fg_procure_problem *problem = &world->problem;
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MIN);
    uint32_t classes = problem->classes_len, over_milli = problem->limits.over_budget_milli;
    for (uint32_t c = 0; c < 2 * classes; c++)
        fg_lp_row(lp, 0, 0);
    uint32_t budget = fg_lp_row(lp, -FG_LP_INF, allowance);
    fg_lp_put(lp, budget, fg_lp_col(lp, (over_milli ? over_milli : 1000) / 1e3, 0, FG_LP_INF),
              -1);
    for (uint32_t c = 0; c < classes; c++)
        put_class(lp, world, c, s, t, c, classes + c);
    for (uint32_t i = 0; i < len; i++) {
        uint32_t row = fg_lp_row(lp, -FG_LP_INF, sources[i].usd < 0 ? sources[i].devices : 0);
        if (sources[i].usd >= 0) {
            uint32_t col =
                fg_lp_col(lp, sources[i].usd + sources[i].carbon_usd, 0, sources[i].most);
            fg_lp_put(lp, row, col, -sources[i].devices);
            fg_lp_put(lp, budget, col, sources[i].usd);
        }
        for (uint32_t j = 0; j < problem->serves_len; j++) {
            const struct fg_procure_serves *serves = &problem->serves[j];
            if (strcmp(serves->accelerator, sources[i].offer->accelerator) != 0
                || problem->classes[serves->class].at_once > sources[i].offer->accelerators)
                continue;
            uint32_t col = fg_lp_col(lp, 0, 0, FG_LP_INF);
            fg_lp_put(lp, row, col, 1);
            fg_lp_put(lp, serves->class, col, serves->rate_milli / 1e3);
            if (sources[i].usd >= 0 && sources[i].offer->contract == FG_CONTRACT_SPOT)
                fg_lp_put(lp, classes + serves->class, col, serves->rate_milli / 1e3);
        }
    }
    struct fg_lp_answer answer;
    return fg_lp_solve(lp, NULL, &answer, NULL) == 0 && answer.status == FG_LP_OPTIMAL
               ? answer.objective
               : NAN;
}

/* Dollars of an order: in the objective; adds what it takes of each period's budget. */
static double order_usd(const struct small_world *world,
                        const struct order *order,
                        double *spent)
{
    const struct fg_procure_problem *problem = &world->problem;
    const struct fg_offer *offer = &problem->offers[order->offer];
    int64_t start = order->start * problem->period_us,
            horizon = problem->periods * problem->period_us;
    bool owned = offer->contract == FG_CONTRACT_OWNED;
    double hourly = (double)offer->price_uusd_per_hour / 1e6,
           fee = (double)offer->upfront_uusd / 1e6;
    hourly += owned ? offer->watts / 1e3 * (double)problem->prices.power_uusd_per_kwh / 1e6 : 0;
    double term = hours(offer->term_us), held = fmin(term, hours(horizon - start));
    double tail = problem->prices.tail_milli / 1e3, inside = hourly * held + fee * held / term;
    double cost = owned
                      ? hourly * held + fee
                            - problem->prices.residual_milli / 1e3 * fee * (term - held) / term
                      : inside + tail * (hourly * term + fee - inside);
    int64_t ordered =
        start > offer->lead_time_us ? (start - offer->lead_time_us) / problem->period_us : 0;
    spent[ordered] += order->count * fee;
    for (uint32_t t = 0; t < problem->periods; t++)
        spent[t] += order->count * hourly
                    * overlap_us(start, start + offer->term_us, t * problem->period_us,
                                 (t + 1) * problem->period_us)
                    / HOUR_US;
    return order->count * (cost + carbon_usd(world, offer, held));
}

static bool within_caps(const struct small_world *world,
                        const struct order *orders,
                        uint32_t len)
{
    double by_supplier[3] = {}, all = 0, unused[3] = {};
    uint32_t cap = world->problem.limits.supplier_share_milli;
    struct small_world plain = *world;
    plain.problem.prices.carbon_uusd_per_tonne = 0;
    for (uint32_t i = 0; i < len; i++) {
        double usd = order_usd(&plain, &orders[i], unused);
        by_supplier[world->problem.offers[orders[i].offer].supplier[1] - '0'] += usd;
        all += usd;
    }
    for (int s = 0; s < 3; s++)
        if (by_supplier[s] > all * cap / 1e3 + 1e-9)
            return false;
    return true;
}

static bool within_capacity(const struct small_world *world,
                            const struct order *orders,
                            uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        const struct fg_offer *offer = &world->problem.offers[orders[i].offer];
        int64_t at = orders[i].start * world->problem.period_us, alive = 0;
        if (orders[i].count && orders[i].count < offer->min_count)
            return false;
        for (uint32_t j = 0; j < len; j++) {
            int64_t start = orders[j].start * world->problem.period_us;
            int64_t end = start + offer->term_us + world->problem.period_us - 1;
            end -= end % world->problem.period_us;
            if (orders[j].offer == orders[i].offer && start <= at && at < end)
                alive += orders[j].count;
        }
        if (alive > offer->capacity)
            return false;
    }
    return true;
}

static double risk_of(const struct small_world *world, const double *totals)
{
    const struct fg_procure_limits *limits = &world->problem.limits;
    double all = 0, mean = 0, tail = HUGE_VAL;
    for (uint32_t s = 0; s < world->problem.scenarios; s++)
        all += world->weights[s];
    for (uint32_t s = 0; s < world->problem.scenarios; s++) {
        double above = 0;
        mean += world->weights[s] / all * totals[s];
        for (uint32_t r = 0; r < world->problem.scenarios; r++)
            above += world->weights[r] / all * fmax(0, totals[r] - totals[s]);
        tail = fmin(tail, totals[s] + above / (1 - limits->cvar_alpha_milli / 1e3));
    }
    if (!limits->cvar_alpha_milli)
        return mean;
    double excess =
        limits->cvar_bound_uusd == INT64_MAX ? 0 : tail - (double)limits->cvar_bound_uusd / 1e6;
    return mean + limits->cvar_weight_milli / 1e3 * tail + 10 * fmax(0, excess);
}

/* The objective of these orders, HUGE_VAL if they are not allowed. */
static double cost_of(const struct small_world *world, const struct order *orders, uint32_t len)
{
    const struct fg_procure_problem *problem = &world->problem;
    double spent[3] = {}, committed = 0, totals[3] = {};
    if (!within_capacity(world, orders, len) || !within_caps(world, orders, len))
        return HUGE_VAL;
    for (uint32_t i = 0; i < len; i++)
        committed += order_usd(world, &orders[i], spent);
    for (uint32_t t = 0; t < problem->periods; t++) {
        const int64_t *budgets = problem->limits.budgets_uusd;
        double budget =
            budgets && budgets[t] != INT64_MAX ? (double)budgets[t] / 1e6 : FG_LP_INF;
        if (spent[t] > budget)
            return HUGE_VAL;
        struct source sources[SOURCES];
        uint32_t sources_len = list_sources(world, orders, len, t, sources);
        for (uint32_t s = 0; s < problem->scenarios; s++)
            totals[s] += second(world, sources, sources_len, s, t, budget - spent[t]);
    }
    for (uint32_t s = 0; s < problem->scenarios; s++)
        totals[s] += committed;
    return risk_of(world, totals);
}

/* What serves nobody is not bought, though it might make room for others under a cap of suppliers. */
static bool serves_anybody(const struct small_world *world, const struct fg_offer *offer)
{
    for (uint32_t j = 0; j < world->problem.serves_len; j++)
        if (strcmp(world->serves[j].accelerator, offer->accelerator) == 0
            && world->classes[world->serves[j].class].at_once <= offer->accelerators)
            return true;
    return false;
}

/* Every plan: each order from none to all that there are. */
static double best_of_all(const struct small_world *world)
{
    struct order orders[ORDERS_MAX] = {};
    uint32_t len = 0;
    for (uint32_t i = 0; i < world->problem.offers_len; i++)
        for (uint32_t t = 0; t < world->problem.periods; t++)
            if (world->offers[i].term_us && serves_anybody(world, &world->offers[i])
                && t * world->problem.period_us >= world->offers[i].lead_time_us)
                orders[len++] = (struct order){i, t, 0};
    double best = cost_of(world, orders, len);
    for (uint32_t at = 0; at < len;) {
        if (orders[at].count < COUNT) {
            orders[at].count++;
            at = 0;
            best = fmin(best, cost_of(world, orders, len));
        } else {
            orders[at++].count = 0;
        }
    }
    return best;
}

static const struct fg_procure_effort exact = {.gap = 1e-7, .polish_s = 20};

static void plans_are_the_best_there_are(void)
{
    int bad = 0, loose = 0;
    for (int world_number = 0; world_number < 150; world_number++) {
        struct small_world world;
        fill(&world);
        FG_AUTO(fg_arena)
        struct fg_arena *arena = fg_arena_new(fg_procure_room(&world.problem));
        FG_AUTO(fg_procure) struct fg_procure *procure = NULL;
        struct fg_procure_plan plan = {};
        struct fg_err err = {};
        int rc = fg_procure_new(&world.problem, &procure, &err);
        if (rc == 0)
            rc = fg_procure_solve(procure, &exact, arena, &plan, &err);
        double best = rc == 0 ? best_of_all(&world) : 0;
        bool same = rc == 0 && fabs(plan.upper_bound_uusd / 1e6 - best) < 1e-4 * (1 + best)
                    && plan.lower_bound_uusd / 1e6 < best + 1e-4 * (1 + best);
        if (!same)
            printf("# world %d: %s, plan %.6f (at least %.6f), best %.6f\n", world_number,
                   err.text, plan.upper_bound_uusd / 1e6, plan.lower_bound_uusd / 1e6, best);
        bad += !same;
        loose += rc == 0 && !plan.proven;
    }
    EQ(bad, 0);
    OK(loose < 5);
}

int main(void)
{
    RUN(plans_are_the_best_there_are);
    return tap_done();
}
