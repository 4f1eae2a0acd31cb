/* answer_json.c - see answer.h: the JSON, and what it shares with tables */
#include "plan/answer.h"

#include "base/json_write.h"

#include <math.h>
#include <stdlib.h>

#define HOUR_US 3600000000

static int by_cost(const void *a, const void *b)
{
    const struct fg_plan_use *left = a, *right = b;
    if (left->usd != right->usd)
        return left->usd > right->usd ? -1 : 1;
    return left->offer < right->offer ? -1 : left->offer > right->offer;
}

size_t fg_plan_uses(const struct fg_plan_answer *answer, struct fg_plan_use *out)
{
    const struct fg_procure_problem *problem = answer->problem;
    double hours = (double)problem->period_us / HOUR_US, weights = 0;
    size_t len = 0;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        weights += problem->weights ? problem->weights[s] : 1;
    for (size_t i = 0; i < problem->offers_len; i++)
        out[i] = (struct fg_plan_use){.offer = (uint32_t)i};
    for (size_t i = 0; i < answer->plan->uses_len; i++) {
        const struct fg_procure_use *use = &answer->plan->uses[i];
        double weight = (problem->weights ? problem->weights[use->scenario] : 1) / weights;
        out[use->offer].instance_hours += weight * use->instances * hours;
    }
    for (size_t i = 0; i < problem->offers_len; i++) {
        if (out[i].instance_hours <= 1e-6)
            continue;
        out[len] = out[i];
        out[len].usd =
            out[len].instance_hours * (double)problem->offers[i].price_uusd_per_hour / 1e6;
        len++;
    }
    qsort(out, len, sizeof(*out), by_cost);
    return len;
}

double fg_plan_put_off(const struct fg_plan_answer *answer, uint32_t flex)
{
    const struct fg_procure_problem *problem = answer->problem;
    double sum = 0;
    for (uint32_t t = 0; t < problem->periods; t++)
        sum += answer->plan->put_off[flex * problem->periods + t];
    return sum * (double)problem->period_us / HOUR_US;
}

static void kv_usd(struct fg_json *json, const char *key, double uusd)
{
    fg_json_key(json, key);
    fg_json_double(json, round(uusd) / 1e6);
}

static void kv_double(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, fabs(value) < 1e-12 ? 0 : value);
}

static void kv_moment(struct fg_json *json,
                      const struct fg_plan_answer *answer,
                      const char *key,
                      int64_t from_begin_us)
{
    if (!answer->wanted->is_dated)
        return;
    fg_json_key(json, key);
    fg_json_time(json, answer->wanted->begin_us + from_begin_us);
}

static void offer_members(struct fg_json *json, const struct fg_offer *offer)
{
    fg_json_kv(json, "supplier", offer->supplier);
    fg_json_kv(json, "instance_type", offer->instance);
    fg_json_kv(json, "accelerator", offer->accelerator);
    fg_json_kv_int(json, "accelerator_count", offer->accelerators);
    fg_json_kv(json, "contract", fg_contract_name(offer->contract));
    if (offer->region[0])
        fg_json_kv(json, "region", offer->region);
    if (offer->zone[0])
        fg_json_kv(json, "zone", offer->zone);
    kv_usd(json, "price_usd_h", (double)offer->price_uusd_per_hour);
}

static void orders_json(struct fg_json *json, const struct fg_plan_answer *answer)
{
    const struct fg_procure_problem *problem = answer->problem;
    fg_json_key(json, "orders");
    fg_json_array(json);
    for (size_t i = 0; i < answer->plan->orders_len; i++) {
        const struct fg_procure_order *order = &answer->plan->orders[i];
        fg_json_object(json);
        offer_members(json, &problem->offers[order->offer]);
        fg_json_kv_int(json, "offer", order->offer);
        fg_json_kv_int(json, "count", order->count);
        kv_double(json, "order_after_hours", (double)order->order_us / HOUR_US);
        fg_json_kv_int(json, "start", order->start);
        fg_json_kv_int(json, "end", order->end);
        kv_moment(json, answer, "order_time", order->order_us);
        kv_moment(json, answer, "start_time", order->start * problem->period_us);
        kv_usd(json, "cost", (double)order->cost_uusd);
        kv_usd(json, "cash", (double)order->cash_uusd);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void uses_json(struct fg_json *json, const struct fg_plan_answer *answer)
{
    struct fg_plan_use *uses = calloc(answer->problem->offers_len + 1, sizeof(*uses));
    if (!uses)
        abort();
    size_t len = fg_plan_uses(answer, uses);
    fg_json_key(json, "recourse_offers");
    fg_json_array(json);
    for (size_t i = 0; i < len; i++) {
        fg_json_object(json);
        offer_members(json, &answer->problem->offers[uses[i].offer]);
        kv_double(json, "instance_hours", uses[i].instance_hours);
        kv_double(json, "cost", uses[i].usd);
        fg_json_end(json);
    }
    fg_json_end(json);
    free(uses);
}

static void periods_json(struct fg_json *json, const struct fg_plan_answer *answer)
{
    fg_json_key(json, "periods");
    fg_json_array(json);
    for (uint32_t t = 0; t < answer->problem->periods; t++) {
        const struct fg_procure_period *period = &answer->plan->periods[t];
        fg_json_object(json);
        kv_moment(json, answer, "time", t * answer->problem->period_us);
        kv_double(json, "demand", period->demand_units);
        kv_double(json, "devices", period->devices);
        kv_double(json, "unmet", period->unmet_units);
        kv_usd(json, "committed", period->committed_uusd);
        kv_usd(json, "recourse", period->recourse_uusd);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void wait_members(struct fg_json *json, const struct fg_plan_answer *answer, uint32_t i)
{
    const struct fg_procure_flex *flex = &answer->problem->flexes[i];
    fg_json_kv(json, "class", answer->problem->classes[flex->class].name);
    kv_double(json, "wait_hours", (double)(flex->wait * answer->problem->period_us) / HOUR_US);
}

static void units_json(struct fg_json *json, const char *key, const double *units, uint32_t len)
{
    fg_json_key(json, key);
    fg_json_array(json);
    for (uint32_t t = 0; t < len; t++)
        fg_json_double(json, round(units[t] * 1000) / 1000);
    fg_json_end(json);
}

/* What may wait, and what of it is put off and caught up in each period. */
static void waits_json(struct fg_json *json, const struct fg_plan_answer *answer)
{
    const struct fg_procure_problem *problem = answer->problem;
    if (!problem->flexes_len)
        return;
    fg_json_key(json, "waits");
    fg_json_array(json);
    for (uint32_t i = 0; i < problem->flexes_len; i++) {
        fg_json_object(json);
        wait_members(json, answer, i);
        kv_double(json, "share", problem->flexes[i].share_milli / 1000.0);
        kv_double(json, "unit_hours_put_off", fg_plan_put_off(answer, i));
        units_json(json, "put_off", answer->plan->put_off + i * problem->periods,
                   problem->periods);
        units_json(json, "caught_up", answer->plan->caught_up + i * problem->periods,
                   problem->periods);
        fg_json_end(json);
    }
    fg_json_end(json);
    kv_usd(json, "waiting_cost", answer->plan->waiting_uusd);
}

static const char *const limit_words[] = {"budget",   "budget_per_period", "supplier_share",
                                          "capacity", "may_wait",          "unmet"};

static void why_json(struct fg_json *json, const struct fg_plan_answer *answer)
{
    const struct fg_procure_problem *problem = answer->problem;
    fg_json_key(json, "runners_up");
    fg_json_array(json);
    for (size_t i = 0; i < answer->why->runners_len; i++) {
        const struct fg_procure_runner *runner = &answer->why->runners[i];
        fg_json_object(json);
        fg_json_kv_int(json, "order", runner->order);
        offer_members(json, &problem->offers[runner->offer]);
        kv_usd(json, "too_dear_by_usd_per_device_hour",
               (double)runner->short_uusd_per_device_hour);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_key(json, "binds");
    fg_json_array(json);
    for (size_t i = 0; i < answer->why->binds_len; i++) {
        const struct fg_procure_bind *bind = &answer->why->binds[i];
        fg_json_object(json);
        fg_json_kv(json, "limit", limit_words[bind->limit]);
        if (bind->limit == FG_PROCURE_SUPPLIER || bind->limit == FG_PROCURE_CAPACITY)
            fg_json_kv(json, "supplier", problem->offers[bind->index].supplier);
        if (bind->limit == FG_PROCURE_CAPACITY)
            fg_json_kv(json, "instance_type", problem->offers[bind->index].instance);
        if (bind->limit == FG_PROCURE_BUDGET_PERIOD)
            fg_json_kv_int(json, "period", bind->index);
        if (bind->limit == FG_PROCURE_WAIT)
            wait_members(json, answer, bind->index);
        if (bind->limit == FG_PROCURE_UNMET)
            fg_json_kv(json, "class", problem->classes[bind->index].name);
        else
            kv_double(json, "gain", bind->gain_usd);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void what_if_json(struct fg_json *json, const struct fg_plan_answer *answer)
{
    fg_json_key(json, "what_if");
    fg_json_array(json);
    for (size_t i = 0; i < answer->what_ifs_len; i++) {
        const struct fg_plan_what_if *what_if = &answer->what_ifs[i];
        fg_json_object(json);
        fg_json_kv(json, "what", what_if->what);
        kv_usd(json, "upper_bound", what_if->upper_bound_uusd);
        kv_double(json, "unmet", what_if->unmet_share);
        fg_json_kv_int(json, "orders", what_if->orders);
        fg_json_end(json);
    }
    fg_json_end(json);
}

void fg_plan_answer_json(struct fg_json *json, const struct fg_plan_answer *answer)
{
    const struct fg_procure_plan *plan = answer->plan;
    orders_json(json, answer);
    kv_usd(json, "cost", plan->committed_uusd + plan->recourse_uusd);
    kv_usd(json, "committed", plan->committed_uusd);
    kv_usd(json, "recourse", plan->recourse_uusd);
    kv_usd(json, "unmet_cost", plan->unmet_uusd);
    kv_usd(json, "over_budget_cost", plan->over_uusd);
    kv_usd(json, "carbon_cost", plan->carbon_uusd);
    kv_double(json, "carbon_kg", plan->carbon_kg);
    if (answer->problem->limits.cvar_alpha_milli)
        kv_usd(json, "cvar", plan->cvar_uusd);
    kv_usd(json, "lower_bound", plan->lower_bound_uusd);
    kv_usd(json, "upper_bound", plan->upper_bound_uusd);
    kv_double(json, "gap", plan->gap);
    fg_json_kv_bool(json, "proven", plan->proven);
    kv_double(json, "unmet", plan->unmet_share);
    kv_double(json, "unmet_worst", plan->unmet_share_worst);
    kv_double(json, "seconds", answer->seconds);
    uses_json(json, answer);
    periods_json(json, answer);
    waits_json(json, answer);
    why_json(json, answer);
    what_if_json(json, answer);
}
