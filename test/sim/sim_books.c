/* sim_books.c - see sim_books.h */
#include "test/sim/sim_books.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int sim_books_supplier_put(struct sim_books *books, const char *name, const char *json)
{
    size_t at = 0;
    while (at < SIM_SUPPLIERS_MAX && strcmp(books->suppliers[at].name, name) != 0)
        at++;
    for (size_t i = 0; at == SIM_SUPPLIERS_MAX && i < SIM_SUPPLIERS_MAX; i++)
        if (!books->suppliers[i].name[0])
            at = i;
    assert(at < SIM_SUPPLIERS_MAX);
    snprintf(books->suppliers[at].name, FG_NAME_MAX, "%s", json ? name : "");
    snprintf(books->suppliers[at].json, sizeof(books->suppliers[at].json), "%s",
             json ? json : "");
    return 0;
}

/* Only along the arrows of the table, and what was agreed does not change; one step may go several arrows. */
static void check_change(const struct fg_order *from, const struct fg_order *to)
{
    assert(strcmp(from->key, to->key) == 0 && from->count == to->count);
    assert(!fg_order_state_is_final(from->state) || from->state == to->state);
    assert(to->state >= from->state);
    assert(to->state < FG_ORDER_ORDERED || to->state == FG_ORDER_CANCELLED
           || to->approved_by[0]);
    assert(to->offer.price_uusd_per_hour <= to->max_uusd_per_hour);
}

int sim_books_scale_put(struct sim_books *books, const char *name, const char *json)
{
    snprintf(books->scale.name, FG_NAME_MAX, "%s", json ? name : "");
    snprintf(books->scale.json, sizeof(books->scale.json), "%s", json ? json : "");
    return 0;
}

int sim_books_order_put(struct sim_books *books, const struct fg_order *order)
{
    assert(order->id > 0 && order->id < SIM_ORDERS_MAX);
    struct sim_order *row = &books->orders[order->id];
    if (row->order.id)
        check_change(&row->order, order);
    row->order = *order;
    if (order->id >= books->next_id)
        books->next_id = order->id + 1;
    return 0;
}

int sim_books_instance_put(struct sim_books *books,
                           fg_order_id order,
                           uint32_t slot,
                           const struct fg_order_instance *instance)
{
    assert(order < SIM_ORDERS_MAX && slot < SIM_INSTANCES_MAX);
    books->orders[order].instances[slot] = *instance;
    return 0;
}

int sim_books_cost_add(struct sim_books *books, const struct fg_order_cost *cost)
{
    assert(cost->order < SIM_ORDERS_MAX && books->orders[cost->order].order.id);
    if (cost->user) {
        assert(cost->uusd > 0 && cost->project > 0);
        books->orders[cost->order].used_uusd += cost->uusd;
    } else {
        books->orders[cost->order].idle_uusd += cost->uusd;
    }
    return 0;
}

int sim_books_cash_add(struct sim_books *books, fg_order_id order, int64_t day, int64_t uusd)
{
    assert(order < SIM_ORDERS_MAX && day >= SIM_FIRST_DAY
           && day < SIM_FIRST_DAY + SIM_BOOK_DAYS);
    books->orders[order].cash_uusd[day - SIM_FIRST_DAY] += uusd;
    return 0;
}

int64_t sim_books_cash_sum(const struct sim_books *books,
                           const char *supplier,
                           int64_t from_day)
{
    int64_t sum = 0;
    for (fg_order_id id = 1; id < SIM_ORDERS_MAX; id++)
        for (int64_t day = 0; day < SIM_BOOK_DAYS; day++)
            if (day + SIM_FIRST_DAY >= from_day
                && strcmp(books->orders[id].order.offer.supplier, supplier) == 0)
                sum += books->orders[id].cash_uusd[day];
    return sum;
}

int sim_books_find(const struct sim_books *books,
                   fg_order_id id,
                   const char *key,
                   struct fg_order *out,
                   struct fg_err *err)
{
    for (fg_order_id at = 1; at < SIM_ORDERS_MAX; at++) {
        const struct fg_order *order = &books->orders[at].order;
        if (order->id && (key ? strcmp(order->key, key) == 0 : at == id)) {
            *out = *order;
            return 0;
        }
    }
    return fg_fail(err, FG_ENOENT, "no such order");
}

int sim_books_load(const struct sim_books *books, struct fg_store_sink *sink)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < SIM_SUPPLIERS_MAX; i++)
        if (books->suppliers[i].name[0])
            rc = sink->supplier(sink->self, books->suppliers[i].name, books->suppliers[i].json);
    if (rc == 0 && books->scale.name[0])
        rc = sink->scale(sink->self, books->scale.name, books->scale.json);
    for (fg_order_id id = 1; rc == 0 && id < SIM_ORDERS_MAX; id++) {
        const struct sim_order *row = &books->orders[id];
        if (!row->order.id || row->order.ended_us)
            continue;
        rc = sink->order(sink->self, &row->order);
        for (uint32_t slot = 0; rc == 0 && slot < row->order.delivered; slot++)
            rc = sink->order_instance(sink->self, id, slot, &row->instances[slot]);
    }
    sink->next_order_id = books->next_id ? books->next_id : 1;
    return rc;
}
