/* write_order.c - suppliers, orders, and what they cost. */
#include "store/store_impl.h"

#include "model/offer_json.h"

#include <assert.h>
#include <inttypes.h>

int fg_store_supplier_put(struct fg_store *store,
                          const char *name,
                          const char *json,
                          struct fg_err *err)
{
    return fg_store_named_put(store, json ? FG_SQL_supplier_put : FG_SQL_supplier_drop, name,
                              json, err);
}

int fg_store_scale_put(struct fg_store *store,
                       const char *name,
                       const char *json,
                       struct fg_err *err)
{
    return fg_store_named_put(store, json ? FG_SQL_scale_put : FG_SQL_scale_drop, name, json,
                              err);
}

/* In the order of FG_ORDER_COLUMNS, up to the offer. */
static void bind_order(struct fg_query *query, const struct fg_order *order)
{
    const int64_t before[] = {(int64_t)order->state, (int64_t)order->cause,
                              order->leaving,        order->project,
                              (int64_t)order->plan,  order->count,
                              order->delivered,      order->lost,
                              order->lost_held_us,   order->max_uusd_per_hour};
    const int64_t after[] = {order->created_us,   order->approved_us, order->ordered_us,
                             order->delivered_us, order->active_us,   order->ended_us,
                             order->promised_us,  order->wanted_us,   order->until_us,
                             order->booked_us,    order->cost_uusd,   order->idle_uusd,
                             order->cash_uusd};
    fg_query_int(query, (int64_t)order->id);
    fg_query_text(query, order->key);
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
        fg_query_int(query, before[i]);
    fg_query_text(query, order->reference);
    fg_query_text(query, order->reason);
    fg_query_text(query, order->approved_by);
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++)
        fg_query_int(query, after[i]);
}

int fg_store_order_put(struct fg_store *store, const struct fg_order *order, struct fg_err *err)
{
    assert(store->in_batch && order->id != 0);
    FG_AUTO(fg_query) struct fg_query query = {};
    FG_AUTO(fg_buf) struct fg_buf offer = {};
    struct fg_json json = {.buf = &offer};
    fg_offer_json_write(&json, &order->offer);
    int rc = fg_query_begin(&query, &store->db, FG_SQL_order_put, err);
    if (rc < 0)
        return rc;
    bind_order(&query, order);
    fg_query_text(&query, offer.text);
    fg_query_text(&query, order->node);
    fg_query_text(&query, order->offer.supplier);
    rc = fg_query_run(&query, err);
    return rc < 0 ? fg_wrap(err, rc, "order %" PRIu64, order->id) : 0;
}

int fg_store_order_instance_put(struct fg_store *store,
                                fg_order_id order,
                                uint32_t slot,
                                const struct fg_order_instance *instance,
                                const char *report,
                                struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_order_instance_put, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)order);
    fg_query_int(&query, slot);
    fg_query_text(&query, instance->id);
    fg_query_text(&query, instance->address);
    fg_query_int(&query, instance->gone_us);
    fg_query_text(&query, instance->verdict);
    fg_query_text(&query, report);
    return fg_query_run(&query, err);
}

int fg_store_order_note_add(struct fg_store *store,
                            fg_order_id order,
                            const struct fg_order_note *note,
                            struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_order_note_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)order);
    fg_query_int(&query, note->time_us);
    fg_query_text(&query, note->kind);
    fg_query_text(&query, note->actor);
    fg_query_text(&query, note->text);
    return fg_query_run(&query, err);
}

int fg_store_order_cost_add(struct fg_store *store,
                            const struct fg_order_cost *cost,
                            struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_order_cost_add, err);
    if (rc < 0)
        return rc;
    fg_query_int(&query, (int64_t)cost->order);
    fg_query_int(&query, cost->day);
    fg_query_int(&query, cost->project);
    fg_query_int(&query, cost->user);
    fg_query_int(&query, cost->uusd);
    return fg_query_run(&query, err);
}

int fg_store_order_cash_add(struct fg_store *store,
                            const struct fg_order *order,
                            int64_t day,
                            int64_t uusd,
                            struct fg_err *err)
{
    assert(store->in_batch);
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, &store->db, FG_SQL_order_cash_add, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, order->offer.supplier);
    fg_query_int(&query, day);
    fg_query_int(&query, (int64_t)order->id);
    fg_query_int(&query, uusd);
    return fg_query_run(&query, err);
}
