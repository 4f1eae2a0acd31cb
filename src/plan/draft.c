/* draft.c - see draft.h */
#include "plan/draft.h"

#include "model/offer_json.h"
#include "plan/what_if.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US 3600000000

/* -- demand --------------------------------------------------------------------------------------------------- */

static double mean_of(const double *path,
                      const struct fg_draft_horizon *horizon,
                      uint32_t period)
{
    size_t hours = (size_t)(horizon->period_us / HOUR_US);
    double sum = 0;
    for (size_t i = 0; i < hours; i++)
        sum += path[period * hours + i];
    return sum / (double)hours;
}

void fg_draft_demand(const struct fg_draft_class *classes,
                     size_t len,
                     const struct fg_draft_horizon *horizon,
                     struct fg_buf *out)
{
    size_t hours = horizon->periods * (size_t)(horizon->period_us / HOUR_US);
    double *path = calloc(hours + FG_FORECAST_HORIZON_MAX, sizeof(double));
    if (!path)
        abort();
    fg_buf_printf(out, "period,class,devices,scenario\n");
    for (size_t i = 0; i < len; i++)
        for (uint64_t number = 0; number < FG_DRAFT_SCENARIOS; number++) {
            fg_forecast_scenario(classes[i].forecast, horizon->seed, number, path);
            for (uint32_t t = 0; t < horizon->periods; t++)
                fg_buf_printf(out, "%u,%s,%.4f,%" PRIu64 "\n", t, classes[i].name,
                              mean_of(path, horizon, t), number);
        }
    free(path);
}

/* -- the document ---------------------------------------------------------------------------------------------- */

struct drafting {
    const struct fg_draft_ask *ask;
    struct fg_arena *arena;
    struct fg_case wanted;
    struct fg_procure_problem problem;
    struct fg_procure_plan plan;
    struct fg_procure_why why;
    struct fg_plan_what_if what_ifs[FG_PLAN_WHAT_IFS_MAX];
    size_t what_ifs_len;
};

static void set_prices(struct drafting *d)
{
    struct fg_procure_prices *prices = &d->wanted.prices;
    if (prices->power_uusd_per_kwh == 0)
        prices->power_uusd_per_kwh = d->ask->power_uusd_per_kwh;
    if (prices->carbon_uusd_per_tonne == 0)
        prices->carbon_uusd_per_tonne = d->ask->carbon_uusd_per_tonne;
}

/* Work that may wait, as it was seen, where the options say nothing of the class. */
static void set_waits(struct drafting *d)
{
    for (uint32_t c = 0; c < d->wanted.classes_len; c++) {
        struct fg_case_class *class = &d->wanted.classes[c];
        bool told = class->waits_len > 0;
        for (size_t i = 0; i < d->ask->waits_len && !told; i++) {
            const struct fg_draft_wait *wait = &d->ask->waits[i];
            if (strcmp(wait->class, class->class.name) == 0
                && class->waits_len < FG_CASE_WAITS_MAX)
                class->waits[class->waits_len++] =
                    (struct fg_case_wait){wait->slack_us, wait->share_milli};
        }
    }
}

static int prepare(struct drafting *d, struct fg_err *err)
{
    const struct fg_draft_ask *ask = d->ask;
    int rc = fg_case_read_options(ask->options, strlen(ask->options), "options", d->arena,
                                  &d->wanted, err);
    if (rc == 0 && d->wanted.period_us == 0)
        d->wanted.period_us = ask->horizon.period_us;
    if (rc == 0)
        rc = fg_case_read_demand(ask->demand, strlen(ask->demand), "demand", d->arena,
                                 &d->wanted, err);
    if (rc < 0)
        return rc;
    if (!d->wanted.is_dated) { /* periods are counted from where the plan begins */
        d->wanted.is_dated = true;
        d->wanted.begin_us = ask->horizon.begin_us;
    }
    set_prices(d);
    set_waits(d);
    const struct fg_case_supply supply = {ask->offers, ask->offers_len, ask->contracts,
                                          ask->contracts_len};
    return fg_case_problem(&d->wanted, &supply, d->arena, &d->problem, err);
}

/* A contract that is not over when the plan ends goes on to its own end. */
static int64_t until_us(const struct drafting *d, const struct fg_procure_order *order)
{
    const struct fg_offer *offer = &d->problem.offers[order->offer];
    int64_t start_us = d->wanted.begin_us + order->start * d->problem.period_us;
    if (offer->contract == FG_CONTRACT_OWNED)
        return 0;
    if (offer->contract == FG_CONTRACT_RESERVED)
        return start_us + offer->term_us;
    return d->wanted.begin_us + order->end * d->problem.period_us;
}

/* Of one that comes later than its seller says the order is made sooner. */
static int64_t wanted_us(const struct drafting *d,
                         const struct fg_procure_order *order,
                         const struct fg_offer *sold)
{
    int64_t start_us = d->wanted.begin_us + order->start * d->problem.period_us,
            late_us = d->problem.offers[order->offer].lead_time_us - sold->lead_time_us;
    return late_us > 0 ? start_us - late_us : start_us;
}

static void write_asks(const struct drafting *d, struct fg_json *json)
{
    char key[FG_NAME_MAX];
    fg_json_key(json, "asks");
    fg_json_array(json);
    for (size_t i = 0; i < d->plan.orders_len; i++) {
        const struct fg_procure_order *order = &d->plan.orders[i];
        const struct fg_offer *sold =
            d->ask->sold ? &d->ask->sold[order->offer] : &d->problem.offers[order->offer];
        int64_t until = until_us(d, order);
        d->ask->make_key(key);
        fg_json_object(json);
        fg_json_kv(json, "key", key);
        fg_json_key(json, "offer");
        fg_offer_json_write(json, sold);
        fg_json_kv_int(json, "count", order->count);
        if (order->start > 0) {
            fg_json_key(json, "wanted");
            fg_json_time(json, wanted_us(d, order, sold));
        }
        if (until > 0) {
            fg_json_key(json, "until");
            fg_json_time(json, until);
        }
        fg_json_end(json);
    }
    fg_json_end(json);
}

/* Mean and 80 % band of what is asked in each period, by class, over the scenarios. */
static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void write_band(const struct drafting *d, struct fg_json *json, uint32_t class)
{
    const struct fg_procure_problem *problem = &d->problem;
    double *sorted = FG_NEW(d->arena, double, problem->scenarios);
    fg_json_key(json, "periods");
    fg_json_array(json);
    for (uint32_t t = 0; t < problem->periods; t++) {
        double sum = 0;
        for (uint32_t s = 0; s < problem->scenarios; s++)
            sum += sorted[s] =
                problem
                    ->demand[((size_t)s * problem->periods + t) * problem->classes_len + class];
        qsort(sorted, problem->scenarios, sizeof(double), by_size);
        fg_json_array(json);
        fg_json_double(json, round(1000 * sum / problem->scenarios) / 1000);
        fg_json_double(json, sorted[(size_t)(0.1 * (problem->scenarios - 1) + 0.5)]);
        fg_json_double(json, sorted[(size_t)(0.9 * (problem->scenarios - 1) + 0.5)]);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void write_forecasts(const struct drafting *d, struct fg_json *json)
{
    fg_json_key(json, "forecasts");
    fg_json_array(json);
    for (uint32_t class = 0; class < d->problem.classes_len; class ++) {
        fg_json_object(json);
        fg_json_kv(json, "class", d->problem.classes[class].name);
        write_band(d, json, class);
        fg_json_end(json);
    }
    fg_json_end(json);
}

/* Devices of a contract of one sort that are there in a period; `planned`: those that this plan orders. */
static double devices(const struct drafting *d,
                      enum fg_contract contract,
                      uint32_t period,
                      bool planned)
{
    double sum = 0;
    int64_t at_us = period * d->problem.period_us;
    for (size_t i = 0; planned && i < d->plan.orders_len; i++) {
        const struct fg_procure_order *order = &d->plan.orders[i];
        const struct fg_offer *offer = &d->problem.offers[order->offer];
        if (offer->contract == contract && order->start <= period && period < order->end)
            sum += (double)order->count * offer->accelerators;
    }
    for (size_t i = 0; !planned && i < d->problem.contracts_len; i++) {
        const struct fg_procure_contract *held = &d->problem.contracts[i];
        if (held->offer.contract == contract && held->from_us <= at_us
            && at_us < held->until_us)
            sum += (double)held->count * held->offer.accelerators;
    }
    return sum;
}

/* Expected devices that are rented as needed. */
static double rented(const struct drafting *d, enum fg_contract contract, uint32_t period)
{
    double sum = 0;
    for (size_t i = 0; i < d->plan.uses_len; i++) {
        const struct fg_procure_use *use = &d->plan.uses[i];
        const struct fg_offer *offer = &d->problem.offers[use->offer];
        if (use->period == period && offer->contract == contract)
            sum += use->instances * offer->accelerators / d->problem.scenarios;
    }
    return sum;
}

static void write_supply(const struct drafting *d, struct fg_json *json)
{
    fg_json_key(json, "supply");
    fg_json_array(json);
    for (int kind = 0; kind < 3 * FG_CONTRACTS; kind++) {
        static const char *const sources[] = {"held", "ordered", "as_needed"};
        enum fg_contract contract = (enum fg_contract)(kind % FG_CONTRACTS);
        int source = kind / FG_CONTRACTS;
        double total = 0;
        double *values = FG_NEW(d->arena, double, d->problem.periods);
        for (uint32_t t = 0; t < d->problem.periods; t++)
            total += values[t] =
                source == 2 ? rented(d, contract, t) : devices(d, contract, t, source == 1);
        if (total <= 0)
            continue;
        fg_json_object(json);
        fg_json_kv(json, "source", sources[source]);
        fg_json_kv(json, "contract", fg_contract_name(contract));
        fg_json_key(json, "devices");
        fg_json_array(json);
        for (uint32_t t = 0; t < d->problem.periods; t++)
            fg_json_double(json, round(values[t] * 1000) / 1000);
        fg_json_end(json);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void write_flexible(const struct fg_draft_ask *ask, struct fg_json *json)
{
    if (ask->waits_len == 0)
        return;
    fg_json_key(json, "flexible");
    fg_json_array(json);
    for (size_t i = 0; i < ask->waits_len; i++) {
        fg_json_object(json);
        fg_json_kv(json, "class", ask->waits[i].class);
        fg_json_key(json, "share");
        fg_json_double(json, ask->waits[i].share_milli / 1000.0);
        fg_json_key(json, "wait_hours");
        fg_json_double(json, round((double)ask->waits[i].slack_us / HOUR_US * 100) / 100);
        fg_json_kv_int(json, "jobs", ask->waits[i].jobs);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static struct fg_plan_answer answer_of(const struct drafting *d)
{
    return (struct fg_plan_answer){.wanted = &d->wanted,
                                   .problem = &d->problem,
                                   .plan = &d->plan,
                                   .why = &d->why,
                                   .what_ifs = d->what_ifs,
                                   .what_ifs_len = d->what_ifs_len};
}

static void write_all(const struct drafting *d, struct fg_json *json)
{
    struct fg_plan_answer answer = answer_of(d);
    fg_json_key(json, "begin");
    fg_json_time(json, d->wanted.begin_us);
    fg_json_key(json, "period_hours");
    fg_json_double(json, (double)d->problem.period_us / HOUR_US);
    fg_plan_answer_json(json, &answer);
    write_forecasts(d, json);
    write_flexible(d->ask, json);
    write_supply(d, json);
    write_asks(d, json);
}

/* The plan, why it is so, and what if; all in `room`. */
static int solve(struct drafting *d, struct fg_arena *room, struct fg_err *err)
{
    FG_AUTO(fg_procure) struct fg_procure *procure = NULL;
    struct fg_procure_effort effort = {.gap = d->wanted.gap, .polish_s = d->wanted.seconds};
    int rc = fg_procure_new(&d->problem, &procure, err);
    if (rc == 0)
        rc = fg_procure_solve(procure, &effort, room, &d->plan, err);
    if (rc < 0)
        return rc;
    fg_procure_why(procure, &d->plan, room, &d->why);
    struct fg_plan_answer answer = answer_of(d);
    rc = d->ask->what_if ? fg_plan_what_ifs(procure, &answer, &effort, d->what_ifs, err) : 0;
    d->what_ifs_len = rc > 0 ? (size_t)rc : 0;
    return rc < 0 ? rc : 0;
}

int fg_draft_make(const struct fg_draft_ask *ask,
                  struct fg_json *json,
                  struct fg_plan_record *out,
                  struct fg_err *err)
{
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(
        fg_case_room(strlen(ask->options), strlen(ask->demand)) + ((size_t)64 << 20));
    struct drafting d = {.ask = ask, .arena = arena};
    int rc = prepare(&d, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_arena) struct fg_arena *room = fg_arena_new(fg_procure_room(&d.problem));
    rc = solve(&d, room, err);
    if (rc < 0)
        return rc;
    write_all(&d, json);
    out->horizon_us = d.problem.period_us * d.problem.periods;
    out->cost_uusd = (int64_t)(d.plan.committed_uusd + d.plan.recourse_uusd);
    out->orders = (uint32_t)d.plan.orders_len;
    return 0;
}
