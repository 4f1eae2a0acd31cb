/* report_orders.c - see report.h */
#include "api/report.h"

#include "api/worker.h"
#include "model/plan_record.h"
#include "store/offer_store.h"
#include "supply/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLANS_MAX  1000 /* the newest */
#define SCORED_MAX 200  /* suppliers that are scored together */

struct plan_line {
    uint64_t id; /* 0: ordered without a plan */
    struct fg_review_plan plan;
    struct fg_review_orders orders;
};

struct supplier_line {
    char name[FG_NAME_MAX];
    struct fg_review_orders orders;
    double score, score_before; /* NAN: it sells nothing now */
};

struct fg_report_orders {
    int64_t from_us, to_us;
    struct plan_line plans[PLANS_MAX + 1]; /* the newest first; then what had no plan */
    size_t plans_len;
    struct supplier_line suppliers[FG_SUPPLIERS_MAX];
    struct fg_supplier_records now, before; /* at the end of the period, at its begin */
    size_t suppliers_len;
    struct fg_offer *offers; /* owned */
    size_t offers_len, offers_room;
};

struct fg_report_orders *fg_report_orders_new(int64_t from_us,
                                              int64_t to_us,
                                              int64_t half_life_us)
{
    struct fg_report_orders *orders = calloc(1, sizeof(*orders));
    if (!orders)
        abort();
    orders->from_us = from_us;
    orders->to_us = to_us;
    orders->before.clock = (struct fg_supplier_clock){from_us, half_life_us};
    orders->now.clock = (struct fg_supplier_clock){to_us, half_life_us};
    return orders;
}

void fg_report_orders_free(struct fg_report_orders *orders)
{
    if (!orders)
        return;
    fg_supplier_records_fini(&orders->now);
    fg_supplier_records_fini(&orders->before);
    free(orders->offers);
    free(orders);
}

/* -- read ---------------------------------------------------------------------------------------------------- */

static int add_plan(void *self, const struct fg_plan_record *plan)
{
    struct fg_report_orders *orders = self;
    if (plan->state != FG_PLAN_APPLIED)
        return 0;
    orders->plans[orders->plans_len++] =
        (struct plan_line){.id = plan->id,
                           .plan = {.applied_us = plan->applied_us,
                                    .horizon_us = plan->horizon_us,
                                    .cost_uusd = plan->cost_uusd}};
    return 0;
}

/* A plan holds until the next one was applied, which need not be the next that was made. */
static void end_plans(struct fg_report_orders *orders)
{
    for (size_t i = 0; i < orders->plans_len; i++) {
        struct fg_review_plan *plan = &orders->plans[i].plan;
        for (size_t j = 0; j < orders->plans_len; j++) {
            int64_t other_us = orders->plans[j].plan.applied_us;
            if (other_us > plan->applied_us && (!plan->next_us || other_us < plan->next_us))
                plan->next_us = other_us;
        }
    }
}

static struct plan_line *plan_of(struct fg_report_orders *orders, uint64_t id)
{
    size_t i = 0;
    while (i + 1 < orders->plans_len && orders->plans[i].id != id)
        i++;
    return &orders->plans[i]; /* the last one is of those without */
}

static size_t supplier_of(struct fg_report_orders *orders, const char *name)
{
    size_t i = 0;
    while (i < orders->suppliers_len && strcmp(orders->suppliers[i].name, name) != 0)
        i++;
    if (i < orders->suppliers_len || i == FG_SUPPLIERS_MAX)
        return i;
    orders->suppliers_len++;
    orders->suppliers[i].score = orders->suppliers[i].score_before = NAN;
    snprintf(orders->suppliers[i].name, FG_NAME_MAX, "%s", name);
    return i;
}

static int add_order(void *self, const struct fg_order *order)
{
    struct fg_report_orders *orders = self;
    size_t supplier = supplier_of(orders, order->offer.supplier);
    struct fg_order then;
    fg_review_order_add(&plan_of(orders, order->plan)->orders, order, orders->from_us,
                        orders->to_us);
    if (supplier == FG_SUPPLIERS_MAX)
        return 0;
    fg_review_order_add(&orders->suppliers[supplier].orders, order, orders->from_us,
                        orders->to_us);
    if (fg_review_order_at(order, orders->from_us, &then))
        fg_supplier_records_add(&orders->before, &then);
    if (fg_review_order_at(order, orders->to_us, &then))
        fg_supplier_records_add(&orders->now, &then);
    return 0;
}

static int add_offer(void *self, const struct fg_offer_entry *entry)
{
    struct fg_report_orders *orders = self;
    if (orders->offers_len == orders->offers_room) {
        orders->offers_room = orders->offers_room ? orders->offers_room * 2 : 256;
        orders->offers =
            reallocarray(orders->offers, orders->offers_room, sizeof(*orders->offers));
        if (!orders->offers)
            abort();
    }
    orders->offers[orders->offers_len++] = entry->offer;
    return 0;
}

/* -- scored ---------------------------------------------------------------------------------------------------- */

static int score(struct fg_report_orders *orders,
                 const struct fg_supplier_records *records,
                 bool is_before,
                 struct fg_err *err)
{
    struct fg_score_options options = {.method = FG_SCORE_TOPSIS};
    struct fg_score_candidate *candidates;
    struct fg_score_sheet sheet;
    size_t len;
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(orders->offers_len * 128 + fg_score_room(SCORED_MAX));
    fg_rank_candidates(orders->offers, orders->offers_len, records, arena, &candidates, &len);
    if (len == 0 || len > SCORED_MAX)
        return 0;
    int rc = fg_score_weights_read(NULL, options.weights, err);
    if (rc == 0)
        rc = fg_score(candidates, len, &options, arena, &sheet, err);
    for (size_t i = 0; rc == 0 && i < sheet.len; i++)
        for (size_t j = 0; j < orders->suppliers_len; j++)
            if (strcmp(orders->suppliers[j].name, sheet.scores[i].name) == 0)
                *(is_before ? &orders->suppliers[j].score_before
                            : &orders->suppliers[j].score) = sheet.scores[i].score;
    return rc;
}

static int score_all(struct fg_report_orders *orders,
                     struct fg_offer_store *store,
                     struct fg_err *err)
{
    if (!store || orders->suppliers_len == 0)
        return 0;
    int rc = fg_offer_store_list(store, &(struct fg_offer_filter){.supplier = ""}, add_offer,
                                 orders, err);
    if (rc == 0)
        rc = score(orders, &orders->now, false, err);
    return rc == 0 ? score(orders, &orders->before, true, err) : rc;
}

int fg_report_orders_read(struct fg_report_orders *orders,
                          struct fg_call *call,
                          struct fg_err *err)
{
    struct fg_order_filter all = {.project = 0};
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    if (!reader)
        return FG_EIO;
    int rc = fg_reader_plans(reader, 0, PLANS_MAX, add_plan, orders, err);
    if (rc < 0)
        return rc;
    end_plans(orders);
    orders->plans_len++; /* of those without */
    rc = fg_reader_orders(reader, &all, add_order, orders, err);
    return rc == 0 ? score_all(orders, call->api->options.offers, err) : rc;
}

/* -- written --------------------------------------------------------------------------------------------------- */

static bool is_empty(const struct fg_review_orders *sum)
{
    return !sum->asked && !sum->delivered && !sum->late && !sum->refused && !sum->rejected
           && !sum->reclaimed && !sum->approved_uusd && !sum->cost_uusd;
}

static void write_sum(struct fg_json *json, const struct fg_review_orders *sum)
{
    fg_json_kv_int(json, "orders", sum->asked);
    fg_json_kv_int(json, "delivered", sum->delivered);
    fg_json_kv_int(json, "late", sum->late);
    fg_json_kv_int(json, "refused", sum->refused);
    fg_json_kv_int(json, "rejected", sum->rejected);
    fg_json_kv_int(json, "reclaimed", sum->reclaimed);
    fg_json_kv_int(json, "approved_uusd", sum->approved_uusd);
    fg_json_kv_int(json, "cost_uusd", sum->cost_uusd);
}

static void write_plan(struct fg_json *json,
                       const struct plan_line *line,
                       int64_t from_us,
                       int64_t to_us)
{
    char id[24];
    int64_t planned_uusd = fg_review_plan_uusd(&line->plan, from_us, to_us);
    if (planned_uusd == 0 && is_empty(&line->orders))
        return;
    snprintf(id, sizeof(id), "%llu", (unsigned long long)line->id);
    fg_json_object(json);
    fg_json_kv(json, "plan", line->id ? id : NULL);
    fg_json_key(json, "applied");
    fg_json_time(json, line->plan.applied_us);
    fg_json_key(json, "planned_uusd");
    if (line->id)
        fg_json_int(json, planned_uusd);
    else
        fg_json_null(json);
    write_sum(json, &line->orders);
    fg_json_end(json);
}

static void write_mean(struct fg_json *json, const char *key, int64_t sum_us, uint32_t of)
{
    fg_json_key(json, key);
    fg_json_double(json, of ? round((double)sum_us / of / 1e3) / 1e3 : NAN);
}

static void write_supplier(struct fg_json *json, const struct supplier_line *line)
{
    const struct fg_review_orders *sum = &line->orders;
    if (is_empty(sum))
        return;
    fg_json_object(json);
    fg_json_kv(json, "supplier", line->name);
    write_sum(json, sum);
    write_mean(json, "promised_lead_s", sum->promised_lead_us, sum->leads);
    write_mean(json, "lead_s", sum->lead_us, sum->leads);
    fg_json_key(json, "score");
    fg_json_double(json, round(line->score * 1e6) / 1e6);
    fg_json_key(json, "score_before");
    fg_json_double(json, round(line->score_before * 1e6) / 1e6);
    fg_json_end(json);
}

void fg_report_orders_write(const struct fg_report_orders *orders, struct fg_json *json)
{
    fg_json_key(json, "from");
    fg_json_time(json, orders->from_us);
    fg_json_key(json, "to");
    fg_json_time(json, orders->to_us);
    fg_json_key(json, "plans");
    fg_json_array(json);
    for (size_t i = 0; i < orders->plans_len; i++)
        write_plan(json, &orders->plans[i], orders->from_us, orders->to_us);
    fg_json_end(json);
    fg_json_key(json, "suppliers");
    fg_json_array(json);
    for (size_t i = 0; i < orders->suppliers_len; i++)
        write_supplier(json, &orders->suppliers[i]);
    fg_json_end(json);
}
