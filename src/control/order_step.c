/* order_step.c - orders within a step: what suppliers said, whose time is over, what is due to be booked; and after the commit,
 * who is to be asked what. */
#include "control/order_inner.h"

#include <string.h>

#define S_US          1000000LL
#define NEVER         INT64_MAX
#define BUSY_US       S_US
#define JOIN_US       S_US
#define EVENT_MAX     1000 /* of one step */
#define FAILURES_TOLD 3
#define PATIENCE      5 /* calls of a cluster that does not answer: half a minute */

void fg_orders_begin(struct fg_control *control)
{
    control->orders_us = 0;
    fg_order_back_nodes(control);
}

/* -- time ----------------------------------------------------------------------------------------------------------- */

/* The contract ends. */
static void expire(struct fg_control *control, struct purchase *purchase)
{
    struct fg_order *order = &purchase->order;
    if (order->leaving || !fg_control_begin(control))
        return;
    fg_order_because(control, purchase, "its time is over");
    if (order->state == FG_ORDER_PLANNED || order->state == FG_ORDER_APPROVED) {
        order->cause = FG_CAUSE_EXPIRED;
        fg_order_end(control, purchase, FG_ORDER_CANCELLED, control->now_us);
        fg_order_tell(control, purchase, "cancelled", "", "its time is over");
        return;
    }
    fg_order_leave(control, purchase, FG_CAUSE_EXPIRED);
    fg_order_tell(control, purchase, "leaving", "", "its time is over");
}

static int64_t book_us(const struct fg_control *control, const struct fg_order *order)
{
    return order->delivered_us ? order->booked_us + control->config->order_book_s * S_US
                               : NEVER;
}

static void pass_time(struct fg_control *control, struct purchase *purchase)
{
    struct fg_order *order = &purchase->order;
    if (order->until_us && control->now_us >= order->until_us)
        expire(control, purchase);
    if (fg_order_join_us(control, order) != NEVER)
        fg_order_join(control, purchase);
    fg_order_empty(control, purchase);
    fg_order_leave_early(control, purchase);
    if (!fg_order_state_is_final(order->state) && control->now_us >= book_us(control, order))
        fg_order_book(control, purchase, control->now_us);
}

/* -- calls ---------------------------------------------------------------------------------------------------------- */

/* What its supplier is to be asked next; FG_PROVISION_OPS: nothing. */
static enum fg_provision_op op_of(const struct fg_control *control,
                                  const struct purchase *purchase)
{
    const struct fg_order *order = &purchase->order;
    const struct fg_supplier *supplier = fg_supplier_get(control, order->offer.supplier);
    if (!supplier || order->state == FG_ORDER_PLANNED)
        return FG_PROVISION_OPS;
    if (order->state == FG_ORDER_APPROVED)
        return supplier->paused ? FG_PROVISION_OPS : FG_PROVISION_QUOTE;
    if (order->leaving)
        return fg_order_may_go(control, purchase) ? FG_PROVISION_RELEASE : FG_PROVISION_OPS;
    if (order->state == FG_ORDER_ORDERED)
        return purchase->may_buy ? FG_PROVISION_PROVISION : FG_PROVISION_STATUS;
    return order->state == FG_ORDER_DELIVERED ? FG_PROVISION_INSPECT : FG_PROVISION_STATUS;
}

static int64_t ask_us(const struct fg_control *control, const struct purchase *purchase)
{
    const struct fg_order *order = &purchase->order;
    if (purchase->tag || op_of(control, purchase) == FG_PROVISION_OPS)
        return NEVER;
    int64_t begin_us = order->state == FG_ORDER_APPROVED && order->wanted_us
                           ? order->wanted_us - order->offer.lead_time_us
                           : 0;
    return begin_us > purchase->due_us ? begin_us : purchase->due_us;
}

static void ask(struct fg_control *control, struct purchase *purchase)
{
    struct fg_err err = {};
    const char *cluster = fg_order_cluster(control, &purchase->order);
    const struct fg_provision_call call = {
        .op = op_of(control, purchase),
        .cluster = fg_order_joins(control, &purchase->order) ? fg_supplier_get(control, cluster)
                                                             : NULL,
        .now = fg_order_is_urgent(control, &purchase->order),
        .forgets = purchase->failures >= PATIENCE,
        .tag = ++control->next_tag,
        .supplier = fg_supplier_get(control, purchase->order.offer.supplier),
        .order = &purchase->order,
        .burn_in_s = (uint32_t)control->config->order_burn_in_s,
    };
    int rc = control->options.provision_ops->call(control->options.provision, &call, &err);
    if (rc < 0) {
        purchase->due_us = control->now_us + BUSY_US;
        return;
    }
    purchase->tag = call.tag;
    if (call.op == FG_PROVISION_PROVISION)
        purchase->may_buy = false; /* from now on it may have been */
}

/* When its own time is up next. */
static int64_t time_us(const struct fg_control *control, const struct purchase *purchase)
{
    const struct fg_order *order = &purchase->order;
    int64_t at_us = book_us(control, order), join_us = fg_order_join_us(control, order);
    if (order->until_us && !order->leaving && order->until_us < at_us)
        at_us = order->until_us;
    if (join_us != NEVER && order->state == FG_ORDER_INSPECTED)
        join_us = control->now_us + JOIN_US; /* they may come at any moment */
    if (join_us < at_us)
        at_us = join_us;
    if (order->leaving && purchase->empty_us > control->now_us && purchase->empty_us < at_us)
        at_us = purchase->empty_us;
    return at_us;
}

void fg_orders_call(struct fg_control *control)
{
    if (control->now_us < control->orders_us)
        return;
    int64_t next_us = NEVER;
    for (size_t i = 0; i < control->purchases_len; i++) {
        struct purchase *purchase = &control->purchases[i];
        if (control->options.provision_ops && ask_us(control, purchase) <= control->now_us)
            ask(control, purchase);
        int64_t due_us = control->options.provision_ops ? ask_us(control, purchase) : NEVER;
        if (time_us(control, purchase) < due_us)
            due_us = time_us(control, purchase);
        next_us = due_us < next_us ? due_us : next_us;
    }
    control->orders_us = next_us;
}

/* -- a step ------------------------------------------------------------------------------------------------------------ */

static void take_event(struct fg_control *control, const struct fg_provision_event *event)
{
    if (event->op != FG_PROVISION_OFFERS)
        fg_order_event(control, event);
    else if (control->options.offers)
        control->options.offers(control->options.self, event);
}

void fg_orders_tick(struct fg_control *control)
{
    struct fg_provision_event event;
    if (control->orders_generation != fg_pool_generation(control->pool)
        && control->purchases_len > 0) {
        fg_order_back_nodes(control); /* nodes came, went or changed */
        control->orders_us = 0;
    }
    for (int i = 0;
         control->options.provision_ops && i < EVENT_MAX
         && control->options.provision_ops->next_event(control->options.provision, &event) == 1;
         i++)
        take_event(control, &event);
    if (control->now_us < control->orders_us)
        return;
    for (size_t i = 0; i < control->purchases_len && control->batch_rc == 0; i++)
        if (!fg_order_state_is_final(control->purchases[i].order.state))
            pass_time(control, &control->purchases[i]);
    fg_order_sweep(control);
}

void fg_orders_notice(const struct fg_control *control, struct fg_json *json)
{
    size_t waiting = 0, failing = 0;
    char text[FG_TEXT_MAX];
    for (size_t i = 0; i < control->purchases_len; i++) {
        waiting += control->purchases[i].order.state == FG_ORDER_PLANNED;
        failing += control->purchases[i].failures >= FAILURES_TOLD;
    }
    snprintf(text, sizeof(text), "%zu order%s for approval: fastgpu order list --state planned",
             waiting, waiting == 1 ? " waits" : "s wait");
    if (waiting > 0)
        fg_json_string(json, text);
    snprintf(text, sizeof(text),
             "the suppliers of %zu order%s do not answer as they should: fastgpu order list",
             failing, failing == 1 ? "" : "s");
    if (failing > 0)
        fg_json_string(json, text);
}
