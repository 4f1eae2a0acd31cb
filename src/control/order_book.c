/* order_book.c - the orders that are not over, in memory and in the store. */
#include "control/order_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct purchase *fg_order_get(const struct fg_control *control, fg_order_id id)
{
    size_t low = 0, high = control->purchases_len; /* by id */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (control->purchases[middle].order.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < control->purchases_len && control->purchases[low].order.id == id
               ? &control->purchases[low]
               : NULL;
}

struct purchase *fg_order_add(struct fg_control *control, const struct fg_order *order)
{
    control->purchases = fg_grow(control->purchases, control->purchases_len,
                                 &control->purchases_room, sizeof(struct purchase));
    struct purchase *purchase = &control->purchases[control->purchases_len++];
    *purchase = (struct purchase){.order = *order};
    control->orders_us = 0;
    return purchase;
}

static void drop(struct purchase *purchase)
{
    free(purchase->instances);
    free(purchase->nodes);
    free(purchase->leaves_us);
}

void fg_order_sweep(struct fg_control *control)
{
    size_t kept = 0;
    for (size_t i = 0; i < control->purchases_len; i++) {
        if (fg_order_state_is_final(control->purchases[i].order.state))
            drop(&control->purchases[i]);
        else
            control->purchases[kept++] = control->purchases[i];
    }
    control->purchases_len = kept;
}

void fg_control_drop_orders(struct fg_control *control)
{
    for (size_t i = 0; i < control->purchases_len; i++)
        drop(&control->purchases[i]);
    free(control->purchases);
    free(control->suppliers);
    free(control->node_orders);
    free(control->node_joins);
    control->node_joins = NULL;
    control->purchases = NULL;
    control->suppliers = NULL;
    control->node_orders = NULL;
    control->purchases_len = control->purchases_room = 0;
    control->suppliers_len = control->suppliers_room = 0;
}

int fg_control_load_order(void *self, const struct fg_order *order)
{
    struct fg_control *control = self;
    const struct fg_supplier *supplier = fg_supplier_get(control, order->offer.supplier);
    struct purchase *purchase = fg_order_add(control, order);
    purchase->unsure_until_us = control->now_us + (supplier ? supplier->timeout_us : 0) + 1;
    purchase->busy_us = control->now_us;
    return 0;
}

static void make_room(struct purchase *purchase, uint32_t len)
{
    purchase->instances =
        reallocarray(purchase->instances, len + 1UL, sizeof(*purchase->instances));
    purchase->nodes = reallocarray(purchase->nodes, len + 1UL, sizeof(*purchase->nodes));
    purchase->leaves_us =
        reallocarray(purchase->leaves_us, len + 1UL, sizeof(*purchase->leaves_us));
    if (!purchase->instances || !purchase->nodes || !purchase->leaves_us)
        abort();
    memset(purchase->leaves_us, 0, (len + 1UL) * sizeof(*purchase->leaves_us));
    memset(purchase->instances, 0, (len + 1UL) * sizeof(*purchase->instances));
    memset(purchase->nodes, 0, (len + 1UL) * sizeof(*purchase->nodes));
}

int fg_control_load_instance(void *self,
                             fg_order_id order,
                             uint32_t slot,
                             const struct fg_order_instance *instance)
{
    struct purchase *purchase = fg_order_get(self, order);
    if (!purchase || slot >= purchase->order.delivered)
        return 0;
    if (!purchase->instances)
        make_room(purchase, purchase->order.delivered);
    purchase->instances[slot] = *instance;
    return 0;
}

void fg_order_take_instances(struct fg_control *control,
                             struct purchase *purchase,
                             const struct fg_order_instance *instances,
                             uint32_t len)
{
    make_room(purchase, len);
    if (len)
        memcpy(purchase->instances, instances, len * sizeof(*instances));
    purchase->order.delivered = len;
    for (uint32_t slot = 0; slot < len; slot++)
        fg_order_write_instance(control, purchase, slot, "");
}

/* -- written ------------------------------------------------------------------------------------------- */

void fg_order_write(struct fg_control *control, const struct purchase *purchase)
{
    struct fg_err err = {};
    if (fg_control_begin(control))
        fg_control_wrote(control,
                         control->options.store_ops->order_put(control->options.store,
                                                               &purchase->order, &err),
                         &err);
    control->orders_us = 0;
}

void fg_order_write_instance(struct fg_control *control,
                             const struct purchase *purchase,
                             uint32_t slot,
                             const char *report)
{
    struct fg_err err = {};
    if (fg_control_begin(control))
        fg_control_wrote(control,
                         control->options.store_ops->order_instance_put(
                             control->options.store, purchase->order.id, slot,
                             &purchase->instances[slot], report, &err),
                         &err);
}

void fg_order_tell(struct fg_control *control,
                   const struct purchase *purchase,
                   const char *kind,
                   const char *actor,
                   const char *fmt,
                   ...)
{
    const struct fg_order *order = &purchase->order;
    char text[2 * FG_TEXT_MAX], name[32];
    struct fg_err err = {};
    if (!fg_control_begin(control))
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    const struct fg_order_note note = {control->now_us, kind, actor, text};
    fg_control_wrote(control,
                     control->options.store_ops->order_note_add(control->options.store,
                                                                order->id, &note, &err),
                     &err);
    snprintf(name, sizeof(name), "order.%s", kind);
    fg_control_tell(control, name, &(struct fg_job){.project = order->project},
                    "\"order\":\"%" PRIu64 "\",\"supplier\":\"%s\",\"state\":\"%s\"", order->id,
                    order->offer.supplier, fg_order_state_name(order->state));
}

void fg_order_go(struct purchase *purchase, enum fg_order_state to)
{
    int rc = fg_order_move(&purchase->order.state, to, NULL);
    assert(rc == 0);
    (void)rc;
    purchase->due_us = 0;
    purchase->failures = 0;
}

void fg_order_because(struct fg_control *control,
                      struct purchase *purchase,
                      const char *fmt,
                      ...)
{
    char text[FG_TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (strcmp(text, purchase->order.reason) == 0)
        return;
    memcpy(purchase->order.reason, text, sizeof(text));
    fg_order_write(control, purchase);
}

static bool agrees(const struct fg_control *control, size_t at)
{
    const struct fg_order *order = &control->purchases[at].order;
    bool is_booked = order->cost_uusd == fg_meter_cost_uusd(order, order->booked_us)
                     && order->cash_uusd == fg_meter_cash_uusd(order, order->booked_us);
    bool is_sorted = at == 0 || control->purchases[at - 1].order.id < order->id;
    bool is_approved = order->state == FG_ORDER_PLANNED || order->approved_by[0];
    return is_sorted && is_approved && order->id < control->next_order_id
           && !fg_order_state_is_final(order->state) && order->lost <= order->delivered
           && order->idle_uusd <= order->cost_uusd
           && (!order->delivered_us || order->delivered_us > order->booked_us || is_booked);
}

bool fg_orders_check(const struct fg_control *control)
{
    for (size_t i = 0; i < control->purchases_len; i++)
        if (!agrees(control, i))
            return false;
    for (size_t node = 0; control->node_orders && node <= control->options.nodes_max; node++) {
        const struct purchase *purchase = fg_order_get(control, control->node_orders[node]);
        if (control->node_orders[node]
            && (!purchase || purchase->order.state != FG_ORDER_ACTIVE))
            return false;
    }
    return true;
}
