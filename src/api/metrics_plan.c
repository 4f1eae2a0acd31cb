/* metrics_plan.c - what is ordered, planned, forecast and proposed, for /metrics. */
#include "api/metrics.h"

#include "base/clock.h"
#include "model/proposal.h"

#include <string.h>

#define SUPPLIERS_MAX 100
#define PROPOSALS_MAX 1000
#define HOUR_US       3600000000LL

struct order_sums {
    int64_t states[FG_ORDER_STATES];
    struct {
        char supplier[FG_NAME_MAX];
        int64_t cost_uusd, idle_uusd;
    } suppliers[SUPPLIERS_MAX]; /* what is beyond counts as the last one */
    size_t len;
};

static int add_order(void *self, const struct fg_order *order)
{
    struct order_sums *sums = self;
    size_t at = 0;
    while (at < sums->len && strcmp(sums->suppliers[at].supplier, order->offer.supplier) != 0)
        at++;
    if (at == sums->len && at == SUPPLIERS_MAX)
        at--;
    else if (at == sums->len)
        snprintf(sums->suppliers[sums->len++].supplier, FG_NAME_MAX, "%s",
                 order->offer.supplier);
    sums->states[order->state]++;
    sums->suppliers[at].cost_uusd += order->cost_uusd;
    sums->suppliers[at].idle_uusd += order->idle_uusd;
    return 0;
}

static void write_costs(struct fg_metric_text *to, const struct order_sums *sums, bool idle)
{
    for (size_t i = 0; i < sums->len; i++) {
        fg_export_sample(to, "");
        fg_export_label(to, "supplier", sums->suppliers[i].supplier);
        fg_export_value(
            to,
            (double)(idle ? sums->suppliers[i].idle_uusd : sums->suppliers[i].cost_uusd) / 1e6);
    }
}

int fg_metrics_orders(const struct fg_metrics_ask *ask,
                      struct fg_metric_text *to,
                      struct fg_err *err)
{
    struct fg_order_filter filter = {.project = ask->call->actor.project};
    struct order_sums *sums = FG_NEW(ask->arena, struct order_sums, 1);
    int rc = fg_reader_orders(ask->reader, &filter, add_order, sums, err);
    if (rc < 0)
        return rc;
    fg_export_family(to, "fastgpu_orders", FG_METRIC_GAUGE, "", "Orders by state.");
    for (int state = 0; state < FG_ORDER_STATES; state++) {
        fg_export_sample(to, "");
        fg_export_label(to, "state", fg_order_state_name((enum fg_order_state)state));
        fg_export_value(to, (double)sums->states[state]);
    }
    fg_export_family(to, "fastgpu_orders_cost_usd", FG_METRIC_COUNTER, "usd",
                     "Booked for what was ordered.");
    write_costs(to, sums, false);
    fg_export_family(to, "fastgpu_orders_idle_usd", FG_METRIC_COUNTER, "usd",
                     "Of it, for what nobody used.");
    write_costs(to, sums, true);
    return 0;
}

/* -- the newest plan ---------------------------------------------------------------------------------------- */

struct newest {
    struct fg_arena *arena;
    struct fg_plan_record plan;
    const struct fg_doc *doc; /* what it says */
};

static int take_plan(void *self, const struct fg_plan_record *plan)
{
    struct newest *newest = self;
    newest->plan = *plan;
    return plan->json
               ? fg_doc_json(plan->json, strlen(plan->json), newest->arena, &newest->doc, NULL)
               : 0;
}

static double number(const struct fg_doc *doc)
{
    return doc && doc->kind == FG_DOC_INT    ? (double)doc->integer
           : doc && doc->kind == FG_DOC_REAL ? doc->real
                                             : 0;
}

static const struct fg_doc *item(const struct fg_doc *list, int64_t at)
{
    const struct fg_doc *doc = list ? list->first : NULL;
    while (doc && at-- > 0)
        doc = doc->next;
    return doc;
}

/* Which of its periods it is; -1: it is over, or has not begun. */
static int64_t period_of(const struct fg_doc *doc, int64_t now_us)
{
    int64_t begin_us = 0;
    double hours = number(fg_doc_get(doc, "period_hours"));
    if (hours <= 0 || fg_time_parse(fg_metrics_text(doc, "begin"), &begin_us) < 0
        || now_us < begin_us)
        return -1;
    return (int64_t)((double)(now_us - begin_us) / HOUR_US / hours);
}

/* Of each class the mean and the ends of the 80 % band. */
static void write_demand(struct fg_metric_text *to, const struct fg_doc *doc, int64_t period)
{
    static const char *const bands[] = {"mean", "p10", "p90"};
    const struct fg_doc *classes = fg_doc_get(doc, "forecasts");
    fg_export_family(to, "fastgpu_plan_demand_devices", FG_METRIC_GAUGE, "",
                     "Devices that the newest plan expects to be asked for now.");
    for (const struct fg_doc *at = classes ? classes->first : NULL; at; at = at->next) {
        const struct fg_doc *values = item(fg_doc_get(at, "periods"), period);
        for (size_t i = 0; values && i < sizeof(bands) / sizeof(bands[0]); i++) {
            fg_export_sample(to, "");
            fg_export_label(to, "class", fg_metrics_text(at, "class"));
            fg_export_label(to, "band", bands[i]);
            fg_export_value(to, number(item(values, (int64_t)i)));
        }
    }
}

static void write_supply(struct fg_metric_text *to, const struct fg_doc *doc, int64_t period)
{
    const struct fg_doc *lines = fg_doc_get(doc, "supply");
    fg_export_family(
        to, "fastgpu_plan_supply_devices", FG_METRIC_GAUGE, "",
        "Devices that the newest plan has for now: held, ordered, rented as needed.");
    for (const struct fg_doc *at = lines ? lines->first : NULL; at; at = at->next) {
        const struct fg_doc *value = item(fg_doc_get(at, "devices"), period);
        if (!value)
            continue;
        fg_export_sample(to, "");
        fg_export_label(to, "source", fg_metrics_text(at, "source"));
        fg_export_label(to, "contract", fg_metrics_text(at, "contract"));
        fg_export_value(to, number(value));
    }
}

int fg_metrics_plan(const struct fg_metrics_ask *ask,
                    struct fg_metric_text *to,
                    struct fg_err *err)
{
    struct newest newest = {.arena = ask->arena};
    int rc = fg_reader_plans(ask->reader, 0, 1, take_plan, &newest, err);
    if (rc == 0 && newest.plan.id)
        rc = fg_reader_plan(ask->reader, newest.plan.id, take_plan, &newest, err);
    if (rc < 0 || newest.plan.id == 0)
        return rc;
    const struct fg_plan_record *plan = &newest.plan;
    fg_export_family(to, "fastgpu_plan", FG_METRIC_INFO, "", "State of the newest plan.");
    fg_export_sample(to, "");
    fg_export_label(to, "state", fg_plan_state_name(plan->state));
    fg_export_value(to, 1);
    fg_export_one(to, "fastgpu_plan_time_seconds", FG_METRIC_GAUGE, "seconds",
                  "When it was made, since 1970.", (double)plan->created_us / 1e6);
    fg_export_one(to, "fastgpu_plan_horizon_seconds", FG_METRIC_GAUGE, "seconds",
                  "How far it looks ahead.", (double)plan->horizon_us / 1e6);
    fg_export_one(to, "fastgpu_plan_cost_usd", FG_METRIC_GAUGE, "usd",
                  "What it expects to spend.", (double)plan->cost_uusd / 1e6);
    fg_export_one(to, "fastgpu_plan_orders", FG_METRIC_GAUGE, "", "Orders it makes.",
                  plan->orders);
    int64_t period = newest.doc ? period_of(newest.doc, fg_api_now_us(ask->call->api)) : -1;
    if (period >= 0) {
        write_demand(to, newest.doc, period);
        write_supply(to, newest.doc, period);
    }
    return 0;
}

/* -- proposals of other policies ---------------------------------------------------------------------------- */

static int count_proposal(void *self, const struct fg_proposal *proposal)
{
    ((int64_t *)self)[proposal->state]++;
    return 0;
}

int fg_metrics_proposals(const struct fg_metrics_ask *ask,
                         struct fg_metric_text *to,
                         struct fg_err *err)
{
    int64_t counts[FG_PROPOSAL_STATES] = {};
    int rc = fg_reader_proposals(ask->reader, 0, PROPOSALS_MAX, count_proposal, counts, err);
    if (rc < 0)
        return rc;
    fg_export_family(to, "fastgpu_policy_proposals", FG_METRIC_GAUGE, "",
                     "Other policies that were proposed, by state.");
    for (int state = 0; state < FG_PROPOSAL_STATES; state++) {
        fg_export_sample(to, "");
        fg_export_label(to, "state", fg_proposal_state_name((enum fg_proposal_state)state));
        fg_export_value(to, (double)counts[state]);
    }
    return 0;
}
