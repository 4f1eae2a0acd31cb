/* plan_make.c - see plan_make.h */
#include "api/plan_make.h"

#include "api/records.h"
#include "api/report.h"
#include "api/worker.h"

#include "base/grow.h"
#include "base/text.h"
#include "base/uuid.h"
#include "demand/ask.h"
#include "demand/slack.h"
#include "energy/carbon.h"
#include "model/supplier_json.h"
#include "store/offer_store.h"
#include "store/reader_demand.h"
#include "supply/accelerator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US          3'600'000'000LL
#define RESERVE_LEAST_US 60'000'000LL
#define LEARN_US         (28 * 24 * HOUR_US) /* jobs submitted since then say what may wait, */
#define LEARN_JOBS       20'000              /* at most so many of them */
#define WAIT_CELLS_MAX   600                 /* parts x periods: more would make plans slow */

/* -- offers ------------------------------------------------------------------------------------------------ */

struct offers {
    struct fg_offer *list; /* owned */
    size_t len, room;
    char (*names)[FG_NAME_MAX]; /* of suppliers that can be ordered from; in the arena */
    size_t names_len;
    struct fg_arena *arena;
};

static int note_supplier(void *self, const char *name, const char *json)
{
    struct offers *offers = self;
    const struct fg_doc *doc = NULL;
    struct fg_supplier supplier = {};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 20);
    int rc = fg_doc_json(json, strlen(json), arena, &doc, NULL);
    if (rc == 0)
        rc = fg_supplier_json_read(doc, name, arena, &supplier, NULL);
    if (rc < 0 || !fg_supplier_kind_sells(supplier.kind) || supplier.paused)
        return rc;
    memcpy(offers->names[offers->names_len++], supplier.name, FG_NAME_MAX);
    return 0;
}

static bool can_order(const struct offers *offers, const char *supplier)
{
    for (size_t i = 0; i < offers->names_len; i++)
        if (strcmp(offers->names[i], supplier) == 0)
            return true;
    return offers->names_len == 0;
}

/* What the seller does not tell: the cards at full load, and the grid of the place. */
static void fill_in_power(struct fg_offer *offer)
{
    const struct fg_accelerator *accelerator = fg_accelerator_find(offer->accelerator);
    if (offer->watts == 0 && accelerator)
        offer->watts = accelerator->tdp_watts * offer->accelerators;
    if (offer->carbon_g_per_kwh == 0)
        offer->carbon_g_per_kwh = fg_carbon_find(offer->region)->g_per_kwh;
}

static int take_offer(void *self, const struct fg_offer_entry *entry)
{
    struct offers *offers = self;
    if (!can_order(offers, entry->offer.supplier))
        return 0;
    offers->list = fg_grow(offers->list, offers->len, &offers->room, sizeof(offers->list[0]));
    offers->list[offers->len] = entry->offer;
    fill_in_power(&offers->list[offers->len++]);
    return 0;
}

/* What orders have shown goes before what sellers say; they are ordered as they are sold. */
static int correct_offers(struct fg_call *call,
                          struct fg_planning *planning,
                          struct fg_reader *reader,
                          struct fg_err *err)
{
    struct fg_supplier_records records = {.clock = fg_records_clock(call->api)};
    struct fg_offer *offers = (struct fg_offer *)planning->ask.offers;
    size_t len = planning->ask.offers_len, size = len * sizeof(*offers);
    int rc = fg_records_read(reader, &records, err);
    struct fg_offer *sold = malloc(size + 1);
    if (!sold)
        abort();
    if (len)
        memcpy(sold, offers, size);
    planning->ask.sold = sold;
    for (size_t i = 0; rc == 0 && i < len; i++)
        fg_supplier_records_correct(&records, &offers[i]);
    fg_supplier_records_fini(&records);
    return rc;
}

static int gather_offers(struct fg_call *call, struct fg_planning *planning, struct fg_err *err)
{
    struct offers offers = {.arena = call->arena};
    struct fg_offer_store *store = call->api->options.offers;
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    if (!reader)
        return FG_EIO;
    if (!store)
        return fg_fail(err, FG_EIO, "the catalogue of offers could not be opened: see the log");
    offers.names = fg_arena_alloc(call->arena, FG_SUPPLIERS_MAX, FG_NAME_MAX);
    int rc = fg_reader_suppliers(reader, note_supplier, &offers, err);
    if (rc == 0)
        rc = fg_offer_store_list(store, &(struct fg_offer_filter){.supplier = ""}, take_offer,
                                 &offers, err);
    planning->ask.offers = offers.list;
    planning->ask.offers_len = offers.len;
    if (rc == 0)
        rc = correct_offers(call, planning, reader, err);
    if (rc == 0 && offers.len == 0)
        return fg_fail(
            err, FG_ESTATE,
            "there are no offers to plan with: import some (fastgpu supplier import)");
    return rc;
}

/* -- what is held ---------------------------------------------------------------------------------------------- */

static void hold(struct fg_planning *planning, const struct fg_procure_contract *contract)
{
    planning->contracts = fg_grow(planning->contracts, planning->contracts_len,
                                  &planning->contracts_room, sizeof(*contract));
    planning->contracts[planning->contracts_len] = *contract;
    fill_in_power(&planning->contracts[planning->contracts_len++].offer);
}

/* An order that runs, or will: from its delivery until it is given back. */
static int hold_order(void *self, const struct fg_order *order)
{
    struct fg_planning *planning = self;
    int64_t begin_us = planning->ask.horizon.begin_us;
    int64_t from_us = order->delivered_us  ? order->delivered_us
                      : order->promised_us ? order->promised_us
                                           : order->wanted_us;
    uint32_t count = order->delivered_us ? order->delivered : order->count;
    if (order->leaving || count == 0)
        return 0;
    hold(planning, &(struct fg_procure_contract){
                       .offer = order->offer,
                       .count = count,
                       .from_us = from_us > begin_us ? from_us - begin_us : 0,
                       .until_us = order->until_us ? order->until_us - begin_us : INT64_MAX});
    return 0;
}

static int gather_orders(struct fg_call *call, struct fg_planning *planning, struct fg_err *err)
{
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    struct fg_order_filter filter = {
        .supplier = "",
        .states = 1U << FG_ORDER_APPROVED | 1U << FG_ORDER_ORDERED | 1U << FG_ORDER_DELIVERED
                  | 1U << FG_ORDER_INSPECTED | 1U << FG_ORDER_ACTIVE};
    return reader ? fg_reader_orders(reader, &filter, hold_order, planning, err) : FG_EIO;
}

/* One more machine of our own, with so many of a kind; those alike are one contract. */
static void hold_own(struct fg_planning *planning, const char *kind, uint32_t devices)
{
    for (size_t i = 0; i < planning->contracts_len; i++) {
        struct fg_procure_contract *held = &planning->contracts[i];
        if (held->offer.contract == FG_CONTRACT_OWNED && held->offer.accelerators == devices
            && held->until_us == INT64_MAX && strcmp(held->offer.supplier, "pool") == 0
            && strcmp(held->offer.accelerator, kind) == 0) {
            held->count++;
            return;
        }
    }
    struct fg_procure_contract own = {.offer = {.supplier = "pool",
                                                .instance = "own",
                                                .contract = FG_CONTRACT_OWNED,
                                                .accelerators = devices,
                                                .term_us = 1},
                                      .count = 1,
                                      .until_us = INT64_MAX};
    snprintf(own.offer.accelerator, FG_KIND_MAX, "%s", kind);
    hold(planning, &own);
}

static const char *kind_of(const struct fg_doc *device)
{
    const struct fg_doc *kind = fg_doc_get(device, "kind");
    bool is_known = kind && kind->kind == FG_DOC_TEXT && strcmp(kind->text, "cpu") != 0;
    return is_known ? kind->text : "";
}

/* How many devices of its kind the node has, if this is the first of them; else 0. */
static uint32_t count_kind(const struct fg_doc *devices, const struct fg_doc *device)
{
    uint32_t count = 0;
    for (const struct fg_doc *at = devices->first; at; at = at->next) {
        if (strcmp(kind_of(at), kind_of(device)) != 0)
            continue;
        if (count == 0 && at != device)
            return 0;
        count++;
    }
    return count;
}

/* Accelerators of a node that is there, unless they came with an order, which has been counted.  They stay together: work that
 * wants eight in one machine is served by eight of it. */
static void hold_node(struct fg_planning *planning, const struct fg_doc *node)
{
    const struct fg_doc *state = fg_doc_get(node, "state"), *order = fg_doc_get(node, "order"),
                        *devices = fg_doc_get(node, "devices");
    if (!state || strcmp(state->text, "up") != 0 || (order && order->kind != FG_DOC_NULL)
        || !devices)
        return;
    for (const struct fg_doc *at = devices->first; at; at = at->next) {
        uint32_t count = kind_of(at)[0] ? count_kind(devices, at) : 0;
        if (count > 0)
            hold_own(planning, kind_of(at), count);
    }
}

static int hold_pool(struct fg_planning *planning, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(planning->pool_len));
    const struct fg_doc *nodes;
    int rc = fg_doc_json(planning->pool, planning->pool_len, arena, &nodes, err);
    for (const struct fg_doc *at = rc == 0 ? nodes->first : NULL; at; at = at->next)
        hold_node(planning, at);
    return rc;
}

/* -- what may wait ----------------------------------------------------------------------------------------------- */

/* How long it runs: as it did, or at most will; 0: nobody knows. */
static int64_t runs_us(const struct fg_newest_job *at)
{
    const struct fg_job *job = at->job;
    if (at->finished_us > 0)
        return job->started_us > 0 ? at->finished_us - job->started_us : 0;
    return job->duration_us > 0 ? job->duration_us : job->time_limit_us;
}

/* As long before its end as the scheduler would start it at the latest (schedule/flexible.h). */
static int64_t slack_us(const struct fg_job *job, int64_t takes_us)
{
    int64_t most_us = job->time_limit_us > 0 ? job->time_limit_us : takes_us;
    int64_t reserve_us = most_us / 10 > RESERVE_LEAST_US ? most_us / 10 : RESERVE_LEAST_US;
    return job->flexible == FG_FLEXIBLE_NOT
               ? 0
               : job->flexible_until_us - job->submitted_us - most_us - reserve_us;
}

struct learning {
    struct fg_slack *slack;
    int64_t from_us;
};

static int learn_job(void *self, const struct fg_newest_job *at)
{
    struct learning *learning = self;
    const struct fg_request *request = at->request;
    int64_t takes_us = runs_us(at);
    double devices = (double)request->count * request->gpu_milli / 1000 * at->job->tasks;
    if (at->job->submitted_us >= learning->from_us && takes_us > 0)
        fg_slack_add(learning->slack, request->kind[0] ? request->kind : "any",
                     devices * (double)takes_us / HOUR_US, slack_us(at->job, takes_us));
    return 0;
}

/* No more than leaves the plan quick: classes x parts x periods. */
static size_t waits_most(const struct fg_planning *planning)
{
    size_t most = WAIT_CELLS_MAX / planning->ask.horizon.periods;
    return most < FG_PLANNING_WAITS_MAX ? most : FG_PLANNING_WAITS_MAX;
}

static int gather_waits(struct fg_call *call, struct fg_planning *planning, struct fg_err *err)
{
    FG_AUTO(fg_slack) struct fg_slack *slack = fg_slack_new();
    struct learning learning = {slack, planning->ask.horizon.begin_us - LEARN_US};
    struct fg_slack_part parts[FG_PLANNING_WAITS_MAX];
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    int rc =
        reader ? fg_reader_newest_jobs(reader, LEARN_JOBS, learn_job, &learning, err) : FG_EIO;
    size_t len = rc == 0 ? fg_slack_parts(slack, parts, waits_most(planning)) : 0;
    for (size_t i = 0; i < len; i++) {
        planning->waits[i] = (struct fg_draft_wait){.slack_us = parts[i].slack_us,
                                                    .share_milli = parts[i].share_milli,
                                                    .jobs = parts[i].jobs};
        fg_copy(planning->waits[i].class, FG_NAME_MAX, parts[i].class);
    }
    planning->ask.waits = planning->waits;
    planning->ask.waits_len = len;
    return rc;
}

int fg_planning_gather(struct fg_call *call, struct fg_planning *planning, struct fg_err *err)
{
    int rc = gather_offers(call, planning, err);
    if (rc == 0)
        rc = gather_orders(call, planning, err);
    return rc == 0 ? gather_waits(call, planning, err) : rc;
}

/* -- demand ------------------------------------------------------------------------------------------------------ */

static int forecast_all(struct fg_planning *planning, struct fg_buf *demand, struct fg_err *err)
{
    const struct fg_demand_set *set = planning->history;
    const struct fg_draft_horizon *horizon = &planning->ask.horizon;
    struct fg_demand_ask ask = {
        .horizon = (uint32_t)(horizon->periods * (horizon->period_us / HOUR_US))};
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    struct fg_arena *arenas[FG_PROCURE_CLASSES_MAX] = {};
    struct fg_forecast forecasts[FG_PROCURE_CLASSES_MAX];
    struct fg_draft_class classes[FG_PROCURE_CLASSES_MAX];
    struct fg_review_demand review;
    size_t len = 0;
    int rc = fg_demand_ask_levels(&ask, "80,95", err);
    for (size_t i = 0; rc == 0 && i < set->len && len < FG_PROCURE_CLASSES_MAX; i++) {
        const struct fg_demand_series *series = &set->series[i];
        arenas[len] = fg_arena_new(fg_demand_forecast_room(&ask, series));
        rc = fg_review_series(series, FG_REVIEW_LEARN, scratch, &review, err);
        if (rc == 0)
            rc = fg_demand_forecast(&ask, series, scratch, arenas[len], &forecasts[len], err);
        if (rc == 0)
            fg_review_correct(&review.correction, &forecasts[len]);
        planning->corrections[planning->corrections_len++] = review.correction;
        classes[len] = (struct fg_draft_class){series->name, &forecasts[len]};
        len++;
    }
    if (rc == 0)
        fg_draft_demand(classes, len, horizon, demand);
    for (size_t i = 0; i < len; i++)
        fg_arena_free(arenas[i]);
    return rc;
}

static void write_corrections(struct fg_json *json, const struct fg_planning *planning)
{
    fg_json_key(json, "corrections");
    fg_json_array(json);
    for (size_t i = 0; planning->history && i < planning->corrections_len; i++) {
        fg_json_object(json);
        fg_json_kv(json, "class", planning->history->series[i].name);
        fg_report_correction_write(&planning->corrections[i], json);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static int make(struct fg_planning *planning, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf demand = {};
    struct fg_json json = {.buf = &planning->document};
    int rc = hold_pool(planning, err);
    if (rc == 0 && planning->history)
        rc = forecast_all(planning, &demand, err);
    if (rc < 0)
        return rc;
    if (planning->history)
        planning->ask.demand = demand.text;
    planning->ask.contracts = planning->contracts;
    planning->ask.contracts_len = planning->contracts_len;
    planning->ask.make_key = fg_uuid_make;
    fg_json_object(&json);
    fg_json_key(&json, "history_hours");
    fg_json_uint(&json, planning->history && planning->history->len
                            ? planning->history->series[0].len
                            : 0);
    write_corrections(&json, planning);
    rc = fg_draft_make(&planning->ask, &json, &planning->record, err);
    fg_json_end(&json);
    return rc;
}

void fg_planning_make(struct fg_planning *planning)
{
    planning->rc = make(planning, &planning->err);
}

void fg_planning_free(struct fg_planning *planning)
{
    free((void *)planning->ask.offers);
    free((void *)planning->ask.sold);
    free(planning->contracts);
    fg_buf_free(&planning->document);
    if (planning->history)
        fg_demand_set_free(planning->history);
}
