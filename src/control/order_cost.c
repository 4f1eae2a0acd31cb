/* order_cost.c - what orders cost: booked by the day, to those who used what was ordered, and what nobody used to the order's
 * own project.
 *
 * What it cost up to a moment is supply/meter.h's to say; booked is what that is more than was booked before.  So the bookings
 * of an order sum to its cost, to the micro-dollar, however often it is booked, and a part that is booked twice does not exist:
 * the sum so far stands in the order's own row, in the same transaction.
 *
 * A job's part is its share of the devices' time.  Between two bookings all who used a node are still there at the second one:
 * it is booked whenever an attempt on it ends, in the transaction that says so.  So nothing of use is kept beside the store.
 */
#include "control/node_inner.h"
#include "control/order_inner.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOUR_US 3600000000LL

/* -- which node is whose ------------------------------------------------------------------------------------ */

/* The node of the pool that is reached by that address: by its name, by its name in some domain, or this machine by itself. */
static fg_node_id node_at(const struct fg_control *control, const char *address)
{
    static const char *const here[] = {"localhost", "127.0.0.1", "::1"};
    char name[FG_NAME_MAX];
    fg_node_id node = fg_pool_find(control->pool, address);
    if (node || !address[0])
        return node;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(address, "."), address);
    node = strspn(address, "0123456789.") < strlen(address) ? fg_pool_find(control->pool, name)
                                                            : 0;
    for (size_t i = 0; !node && i < 3 && fg_pool_len(control->pool) == 1; i++)
        if (strcasecmp(address, here[i]) == 0)
            node = 1;
    return node;
}

static void back(struct fg_control *control, struct purchase *purchase)
{
    const char *cluster = fg_order_cluster(control, &purchase->order);
    for (uint32_t slot = 0; slot < purchase->order.delivered; slot++) {
        const struct fg_order_instance *instance = &purchase->instances[slot];
        fg_node_id node = instance->gone_us ? 0
                          : cluster[0] ? fg_order_node_in(control, &purchase->order, instance)
                                       : node_at(control, instance->address);
        purchase->nodes[slot] = 0;
        if (!node || control->node_orders[node])
            continue;
        purchase->nodes[slot] = node;
        control->node_orders[node] = purchase->order.id;
    }
}

static void make_room(struct fg_control *control)
{
    size_t room = control->options.nodes_max + 1;
    if (!control->node_orders) {
        control->node_orders = calloc(room, sizeof(*control->node_orders));
        control->node_joins = calloc(room, sizeof(*control->node_joins));
    }
    if (!control->node_orders || !control->node_joins)
        abort();
    memset(control->node_orders, 0, room * sizeof(*control->node_orders));
    memset(control->node_joins, 0, room * sizeof(*control->node_joins));
}

void fg_order_back_nodes(struct fg_control *control)
{
    make_room(control);
    for (size_t i = 0; i < control->purchases_len; i++) {
        struct purchase *purchase = &control->purchases[i];
        fg_order_find_joining(control, purchase);
        if (purchase->order.state == FG_ORDER_ACTIVE && purchase->instances)
            back(control, purchase);
    }
    fg_node_settle_all(control);
    control->orders_generation = fg_pool_generation(control->pool);
    control->pass_wanted = true;
}

const struct fg_order *fg_order_of_node(const struct fg_control *control, fg_node_id node)
{
    fg_order_id id = control->node_orders ? control->node_orders[node] : 0;
    const struct purchase *purchase = id ? fg_order_get(control, id) : NULL;
    return purchase ? &purchase->order : NULL;
}

/* -- booking ---------------------------------------------------------------------------------------------------- */

struct span {
    int64_t from_us, to_us, day;
    int64_t uusd; /* what it cost in it */
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The share of the node that the grant is, as parts of *out_all. */
static int64_t share_of(const struct fg_control *control,
                        const struct fg_grant *grant,
                        int64_t *out_all)
{
    const struct fg_pool_node *node = fg_pool_node(control->pool, grant->node);
    *out_all = node->devices_len ? node->devices_len * 1000LL : node->cpu_milli;
    return node->devices_len ? __builtin_popcount(grant->devices) * (int64_t)grant->gpu_milli
                             : (int64_t)grant->cpu_milli;
}

/* What one attempt used of the order in the span. */
static int64_t part_of(const struct fg_control *control,
                       const struct purchase *purchase,
                       const struct live *live,
                       const struct span *span)
{
    int64_t used_us = span->to_us - later(span->from_us, live->started_us), sum = 0;
    uint32_t there = purchase->order.delivered - purchase->order.lost;
    if (!live->started_us || !live->claimed || used_us <= 0)
        return 0;
    for (uint32_t task = 0; task < live->tasks; task++) {
        int64_t all, share = share_of(control, &live->grants[task], &all);
        if (control->node_orders[live->grants[task].node] != purchase->order.id || all <= 0)
            continue;
        __int128 whole = (__int128)(span->to_us - span->from_us) * all * there;
        sum += (int64_t)((__int128)span->uusd * used_us * share / whole);
    }
    return sum;
}

static void add_cost(struct fg_control *control,
                     const struct purchase *purchase,
                     const struct span *span,
                     fg_project_id project,
                     uint32_t user,
                     int64_t uusd)
{
    struct fg_err err = {};
    const struct fg_order_cost cost = {purchase->order.id, project, user, span->day, uusd};
    if (uusd != 0)
        fg_control_wrote(
            control,
            control->options.store_ops->order_cost_add(control->options.store, &cost, &err),
            &err);
}

static void split(struct fg_control *control,
                  struct purchase *purchase,
                  const struct span *span)
{
    struct fg_order *order = &purchase->order;
    int64_t idle_uusd = span->uusd;
    bool is_used = span->uusd > 0 && order->active_us && span->to_us > span->from_us;
    for (size_t i = 0; is_used && control->node_orders && i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        int64_t part = part_of(control, purchase, live, span);
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        if (part == 0)
            continue;
        add_cost(control, purchase, span, job->project, job->user, part);
        idle_uusd -= part;
    }
    add_cost(control, purchase, span, order->project, 0, idle_uusd);
    order->idle_uusd += idle_uusd;
    order->cost_uusd += span->uusd;
}

static void book_cash(struct fg_control *control,
                      struct purchase *purchase,
                      const struct span *span)
{
    struct fg_order *order = &purchase->order;
    struct fg_err err = {};
    int64_t uusd = fg_meter_cash_uusd(order, span->to_us) - order->cash_uusd;
    if (uusd == 0)
        return;
    fg_control_wrote(control,
                     control->options.store_ops->order_cash_add(control->options.store, order,
                                                                span->day, uusd, &err),
                     &err);
    order->cash_uusd += uusd;
}

static void book_span(struct fg_control *control, struct purchase *purchase, struct span *span)
{
    struct fg_order *order = &purchase->order;
    span->uusd = fg_meter_cost_uusd(order, span->to_us) - order->cost_uusd;
    split(control, purchase, span);
    book_cash(control, purchase, span);
    if (order->booked_us < span->to_us)
        order->booked_us = span->to_us;
}

void fg_order_book(struct fg_control *control, struct purchase *purchase, int64_t until_us)
{
    struct fg_order *order = &purchase->order;
    if (!fg_control_begin(control))
        return;
    int64_t begin_us = order->delivered_us ? order->delivered_us : until_us;
    struct span span = {.from_us = order->booked_us ? order->booked_us : begin_us};
    if (span.from_us > until_us)
        span.from_us = until_us;
    do {
        int64_t midnight_us = (span.from_us / FG_DAY_US + 1) * FG_DAY_US;
        span.day = span.from_us / FG_DAY_US;
        span.to_us = midnight_us < until_us ? midnight_us : until_us;
        book_span(control, purchase, &span);
        span.from_us = span.to_us;
    } while (span.from_us < until_us);
    fg_order_write(control, purchase);
}

void fg_order_end(struct fg_control *control,
                  struct purchase *purchase,
                  enum fg_order_state state,
                  int64_t ended_us)
{
    struct fg_order *order = &purchase->order;
    if (order->delivered_us)
        fg_order_book(control, purchase, ended_us);
    fg_order_go(purchase, state);
    order->ended_us = ended_us;
    order->leaving = false;
    if (state == FG_ORDER_REJECTED)
        fg_scale_refused(control, order);
    /* What its end adds: the rest of a least time, of an upfront part; or what is not due after all. */
    fg_order_book(control, purchase, ended_us);
    if (order->active_us)
        fg_order_back_nodes(control);
}

void fg_orders_book_live(struct fg_control *control, const struct live *live)
{
    if (!control->node_orders)
        return;
    for (uint32_t task = 0; task < live->tasks; task++) {
        struct purchase *purchase =
            fg_order_get(control, control->node_orders[live->grants[task].node]);
        if (purchase) {
            purchase->busy_us = control->now_us;
            control->orders_us = 0; /* one that is leaving may wait for this end */
        }
        if (purchase && purchase->order.booked_us < control->now_us)
            fg_order_book(control, purchase, control->now_us);
    }
}

/* -- prices ------------------------------------------------------------------------------------------------------ */

int64_t fg_order_price(const struct fg_control *control, const struct fg_grant *grant)
{
    const struct fg_order *order = fg_order_of_node(control, grant->node);
    int64_t all, share = share_of(control, grant, &all);
    if (!order || all <= 0)
        return -1;
    int64_t hourly = fg_offer_uusd_per_device_hour(&order->offer) * order->offer.accelerators;
    return (int64_t)((__int128)hourly * share / all);
}
