/* planner.c - the way of the plan: each month the weekly demand of each class is forecast for a year, scenarios of it are
 * drawn, and plan/procure.h says what to reserve now.
 *
 * A scenario is a future of the weekly level (residuals of the forecast in blocks, the same blocks for every class) with, in
 * each month, one hour of the history against the mean of its week: over all scenarios these hours are spread evenly from
 * the quietest to the busiest, so that the program sees within a month what hours are like, not only their mean.
 */
#include "demand/forecast.h"
#include "market/supply.h"
#include "market/ways.h"
#include "plan/procure.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEEK_HOURS 168
#define WEEKS      52
#define PERIODS    12 /* months that are looked ahead */
#define SCENARIOS  60
#define OFFERS_MAX (FG_MARKET_MODELS_MAX * (2 * FG_MARKET_STEPS + FG_MARKET_TERMS_MAX))

static const int64_t hour_us = 3'600'000'000;

struct planning {
    const struct fg_market_scene *scene;
    const struct fg_market_world *world;
    struct fg_arena *arena;
    size_t month, past; /* hours of history */
    struct fg_offer offers[OFFERS_MAX];
    size_t terms[OFFERS_MAX];  /* of reserved ones */
    size_t models[OFFERS_MAX]; /* of all */
    size_t offers_len;
    struct fg_procure_serves serves[FG_MARKET_MODELS_MAX * FG_MARKET_CLASSES_MAX];
    struct fg_procure_class classes[FG_MARKET_CLASSES_MAX];
    double *demand; /* [scenario][period][class] */
};

/* -- scenarios --------------------------------------------------------------------------------------------- */

/* A quarter of what is known, four weeks to thirteen: what a trend would make of a year after two months is no forecast. */
static uint32_t horizon(size_t weeks)
{
    return weeks / 4 < 4 ? 4 : weeks / 4 > 13 ? 13 : (uint32_t)(weeks / 4);
}

static int forecast_weeks(struct planning *p,
                          size_t class,
                          struct fg_arena *scratch,
                          struct fg_forecast *out,
                          struct fg_err *err)
{
    size_t weeks = p->past / WEEK_HOURS, from = p->past - weeks * WEEK_HOURS;
    double *values = FG_NEW(p->arena, double, weeks);
    for (size_t week = 0; week < weeks; week++) {
        for (size_t i = 0; i < WEEK_HOURS; i++)
            values[week] += p->world->classes[class].demand[from + week * WEEK_HOURS + i];
        values[week] /= WEEK_HOURS;
    }
    struct fg_forecast_task task = {
        .values = values,
        .values_len = weeks,
        .horizon = horizon(weeks),
        .levels = {80, 95},
        .levels_len = 2,
    };
    return fg_forecast(&task, scratch, p->arena, out, err);
}

/* An hour of the past: how busy it was against its week. */
struct hour {
    double busy;
    size_t hour;
};

static int by_busy(const void *a, const void *b)
{
    const struct hour *x = a, *y = b;
    return (x->busy > y->busy) - (x->busy < y->busy);
}

static double week_mean(const double *demand, size_t hour, size_t past)
{
    size_t first = hour / WEEK_HOURS * WEEK_HOURS;
    size_t len = past - first < WEEK_HOURS ? past - first : WEEK_HOURS;
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += demand[first + i];
    return sum / (double)len;
}

/* Demand of a class in an hour over its week's mean: 1 is as usual. */
static double against_week(const struct planning *p, size_t class, size_t hour)
{
    const double *demand = p->world->classes[class].demand;
    double mean = week_mean(demand, hour, p->past);
    return mean > 0 ? demand[hour] / mean : 1;
}

/* The hours of the last three months by how busy they were, all classes together. */
static struct hour *sort_hours(const struct planning *p, size_t *out_len)
{
    size_t len = p->past < 13 * WEEK_HOURS ? p->past : 13 * WEEK_HOURS;
    struct hour *hours = FG_NEW(p->arena, struct hour, len);
    for (size_t i = 0; i < len; i++) {
        hours[i].hour = p->past - len + i;
        for (size_t class = 0; class < p->world->classes_len; class ++)
            hours[i].busy += against_week(p, class, hours[i].hour);
    }
    qsort(hours, len, sizeof(hours[0]), by_busy);
    *out_len = len;
    return hours;
}

static double month_level(const double *weeks, size_t period)
{
    double sum = 0, len = 0;
    for (size_t week = period * WEEKS / PERIODS; week < (period + 1) * WEEKS / PERIODS;
         week++) {
        sum += weeks[week];
        len++;
    }
    return sum / len;
}

/* Beyond what was forecast anything may come again that has been: weeks of the past in a row, from where chance says. */
static void dream_on(
    const struct planning *p, size_t class, size_t scenario, size_t from, double *path)
{
    size_t weeks = p->past / WEEK_HOURS;
    assert(weeks > 0); /* a month of history at least */
    size_t at = (scenario * 2654435761u + p->scene->seed * 40503u) % weeks;
    for (size_t week = from; week < WEEKS; week++, at = (at + 1) % weeks)
        path[week] = week_mean(p->world->classes[class].demand, at * WEEK_HOURS, p->past);
}

static int draw_scenarios(struct planning *p, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new((size_t)256 << 20);
    size_t classes = p->world->classes_len, hours_len;
    struct fg_forecast forecasts[FG_MARKET_CLASSES_MAX];
    struct hour *hours = sort_hours(p, &hours_len);
    double path[WEEKS];
    for (size_t class = 0; class < classes; class ++) {
        int rc = forecast_weeks(p, class, scratch, &forecasts[class], err);
        if (rc < 0)
            return rc;
    }
    p->demand = FG_NEW(p->arena, double, SCENARIOS *PERIODS *classes);
    for (size_t s = 0; s < SCENARIOS; s++)
        for (size_t class = 0; class < classes; class ++) {
            fg_forecast_scenario(&forecasts[class], p->scene->seed + p->month, s, path);
            dream_on(p, class, s, forecasts[class].horizon, path);
            for (size_t period = 0; period < PERIODS; period++) {
                /* 7 and SCENARIOS have no common factor: each rank comes once a period */
                size_t rank = (s * 7 + period * 11) % SCENARIOS;
                size_t at = (2 * rank + 1) * hours_len / (2 * SCENARIOS);
                p->demand[(s * PERIODS + period) * classes + class] =
                    month_level(path, period) * against_week(p, class, hours[at].hour);
            }
        }
    return 0;
}

/* -- offers ------------------------------------------------------------------------------------------------ */

static struct fg_offer *add_offer(struct planning *p, size_t model, enum fg_contract contract)
{
    struct fg_offer *offer = &p->offers[p->offers_len];
    p->models[p->offers_len++] = model;
    *offer = (struct fg_offer){.contract = contract, .accelerators = 1};
    snprintf(offer->supplier, sizeof(offer->supplier), "market");
    snprintf(offer->instance, sizeof(offer->instance), "offer-%zu", p->offers_len);
    memcpy(offer->accelerator, p->world->models[model], FG_KIND_MAX);
    return offer;
}

static uint32_t whole(double devices)
{
    return (uint32_t)fmax(1, floor(devices));
}

static void add_rented(struct planning *p, size_t model, size_t day)
{
    struct fg_market_steps steps[FG_MARKET_MODELS_MAX];
    fg_market_on_demand_steps(p->world, day, steps);
    for (int step = 0; step < FG_MARKET_STEPS; step++) {
        if (steps[model].devices[step] <= 0)
            continue;
        struct fg_offer *offer = add_offer(p, model, FG_CONTRACT_ON_DEMAND);
        offer->price_uusd_per_hour = (int64_t)(steps[model].usd[step] * 1e6);
        offer->capacity = whole(steps[model].devices[step]);
    }
}

/* Spot as it was in the last month: what was there on average, at what price, and how much of it was taken back. */
static void add_spot(struct planning *p, size_t model)
{
    struct fg_market_steps sum = {}, steps[FG_MARKET_MODELS_MAX];
    for (size_t hour = p->past - FG_MARKET_MONTH_HOURS; hour < p->past; hour++) {
        fg_market_spot_steps(p->world, hour, steps);
        for (int step = 0; step < FG_MARKET_STEPS; step++) {
            double devices = steps[model].devices[step];
            sum.devices[step] += devices;
            sum.usd[step] += devices * steps[model].usd[step];
            sum.leaving[step] += devices * steps[model].leaving[step];
        }
    }
    for (int step = 0; step < FG_MARKET_STEPS; step++) {
        if (sum.devices[step] < FG_MARKET_MONTH_HOURS)
            continue;
        struct fg_offer *offer = add_offer(p, model, FG_CONTRACT_SPOT);
        offer->price_uusd_per_hour = (int64_t)(sum.usd[step] / sum.devices[step] * 1e6);
        offer->capacity = whole(sum.devices[step] / FG_MARKET_MONTH_HOURS);
        offer->reclaims_per_khour = (uint32_t)(1000 * sum.leaving[step] / sum.devices[step]);
    }
}

static void add_reserved(struct planning *p, size_t model, size_t day)
{
    double usd = fg_market_on_demand_usd(p->world, model, day);
    for (size_t term = 0; term < p->world->terms_len; term++) {
        p->terms[p->offers_len] = term;
        struct fg_offer *offer = add_offer(p, model, FG_CONTRACT_RESERVED);
        offer->price_uusd_per_hour = (int64_t)(usd * p->world->terms[term].price * 1e6);
        offer->term_us = (int64_t)p->world->terms[term].hours * hour_us;
    }
}

static void list_offers(struct planning *p)
{
    size_t day = p->past / 24;
    for (size_t model = 0; model < p->world->models_len; model++) {
        if (isnan(fg_market_on_demand_usd(p->world, model, day)))
            continue;
        add_rented(p, model, day);
        add_spot(p, model);
        add_reserved(p, model, day);
    }
}

/* -- the program ------------------------------------------------------------------------------------------- */

static uint32_t list_serves(struct planning *p)
{
    uint32_t len = 0;
    for (size_t class = 0; class < p->world->classes_len; class ++) {
        memcpy(p->classes[class].name, p->world->classes[class].name, FG_NAME_MAX);
        p->classes[class].unmet_uusd_per_hour = (int64_t)(p->world->unmet_usd * 1e6);
        for (size_t model = 0; model < p->world->models_len; model++) {
            struct fg_procure_serves *serves = &p->serves[len];
            serves->rate_milli = (uint32_t)(1000 * p->world->classes[class].rate[model]);
            if (serves->rate_milli == 0)
                continue;
            serves->class = (uint32_t) class;
            memcpy(serves->accelerator, p->world->models[model], FG_KIND_MAX);
            len++;
        }
    }
    return len;
}

/* What is held already, month by month: contracts that end at different times. */
static struct fg_procure_contract *list_contracts(struct planning *p, size_t *out_len)
{
    const struct fg_market_world *world = p->world;
    struct fg_procure_contract *contracts =
        FG_NEW(p->arena, struct fg_procure_contract, p->month * OFFERS_MAX + 1);
    *out_len = 0;
    size_t per_month = world->models_len * world->terms_len;
    for (size_t cell = 0; cell < p->month * per_month; cell++) {
        size_t month = cell / per_month, model = cell % per_month / world->terms_len;
        int64_t until = (int64_t)(month * FG_MARKET_MONTH_HOURS
                                  + world->terms[cell % world->terms_len].hours)
                        - (int64_t)p->past;
        if (p->scene->book->bought[cell] < 1 || until <= 0)
            continue;
        struct fg_procure_contract *contract = &contracts[(*out_len)++];
        contract->count = (uint32_t)p->scene->book->bought[cell];
        contract->until_us = until * hour_us;
        contract->offer = (struct fg_offer){.contract = FG_CONTRACT_RESERVED,
                                            .accelerators = 1,
                                            .price_uusd_per_hour = 1,
                                            .term_us = until * hour_us};
        snprintf(contract->offer.supplier, FG_NAME_MAX, "market");
        snprintf(contract->offer.instance, FG_NAME_MAX, "held");
        memcpy(contract->offer.accelerator, world->models[model], FG_KIND_MAX);
    }
    return contracts;
}

static double firm_share(const struct fg_market_world *world)
{
    double firm = 0;
    for (size_t i = 0; i < world->classes_len; i++)
        firm = fmax(firm, world->classes[i].firm);
    return firm;
}

static void take_orders(const struct planning *p, const struct fg_procure_plan *plan)
{
    for (size_t i = 0; i < plan->orders_len; i++) {
        const struct fg_procure_order *order = &plan->orders[i];
        if (order->start == 0 && p->offers[order->offer].contract == FG_CONTRACT_RESERVED)
            fg_market_reserve(p->world, p->scene->book, p->month, p->models[order->offer],
                              p->terms[order->offer], order->count);
    }
}

int fg_market_plan_month(const struct fg_market_scene *scene, size_t month, struct fg_err *err)
{
    struct planning *p = FG_NEW(scene->scratch, struct planning, 1);
    *p = (struct planning){
        .scene = scene, .world = scene->world, .arena = scene->scratch, .month = month};
    p->past = month * FG_MARKET_MONTH_HOURS;
    int rc = draw_scenarios(p, err);
    if (rc < 0)
        return rc;
    list_offers(p);
    struct fg_procure_problem problem = {};
    fg_procure_defaults(&problem);
    problem.offers = p->offers;
    problem.offers_len = p->offers_len;
    problem.period_us = FG_MARKET_MONTH_HOURS * hour_us;
    problem.periods = PERIODS;
    problem.serves_len = list_serves(p);
    problem.serves = p->serves;
    problem.classes = p->classes;
    problem.classes_len = (uint32_t)scene->world->classes_len;
    problem.demand = p->demand;
    problem.scenarios = SCENARIOS;
    problem.contracts = list_contracts(p, &problem.contracts_len);
    problem.limits.spot_share_milli = (uint32_t)(1000 * (1 - firm_share(scene->world)));
    problem.prices.tail_milli = 0;
    problem.prices.reclaim_us = (int64_t)(scene->world->rework_hours * 3.6e9);

    FG_AUTO(fg_procure) struct fg_procure *procure = NULL;
    struct fg_procure_plan plan = {};
    rc = fg_procure_new(&problem, &procure, err);
    if (rc == 0)
        rc = fg_procure_solve(procure, &(struct fg_procure_effort){.gap = 0.002}, p->arena,
                              &plan, err);
    if (rc < 0)
        return fg_wrap(err, rc, "plan of month %zu", month);
    take_orders(p, &plan);
    return 0;
}
