/* order_event.c - what a supplier answered, and what it makes of the order.
 *
 * An answer is about one key.  What it says is believed as far as it costs us nothing: a price above what was approved, a machine
 * that is not what was ordered, are given back; that something is gone ends the meter; that something was never bought is
 * believed before it is bought again, with the same key.
 */
#include "control/order_inner.h"

#include "supply/inspect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define S_US          1000000LL
#define EMPTY_US      (2 * S_US)
#define SPOT_WATCH_US (20 * S_US) /* of two minutes' notice most is left */

typedef void event_fn(struct fg_control *control,
                      struct purchase *purchase,
                      const struct fg_provision_event *event);

void fg_order_leave(struct fg_control *control,
                    struct purchase *purchase,
                    enum fg_order_cause cause)
{
    fg_order_book(control, purchase, control->now_us);
    purchase->order.leaving = true;
    purchase->order.cause = cause;
    purchase->due_us = 0;
    purchase->failures = 0;
    fg_order_book(control, purchase,
                  control->now_us); /* what is not due after all; and writes */
    fg_order_refresh_nodes(control, purchase);
    fg_order_empty(control, purchase);
}

/* -- when to ask again ------------------------------------------------------------------------------------------ */

/* Doubling from a second. */
static void retry(struct fg_control *control, struct purchase *purchase)
{
    int64_t most_us = control->config->order_retry_s * S_US,
            pause_us = S_US << (purchase->failures < 30 ? purchase->failures : 30);
    purchase->failures++;
    purchase->due_us = control->now_us + (pause_us < most_us ? pause_us : most_us);
}

/* It is on its way, or being given back: a tenth of the time that it is, but often enough to see it come. */
static void wait(struct fg_control *control, struct purchase *purchase)
{
    int64_t most_us = control->config->order_poll_s * S_US,
            pause_us = (control->now_us - purchase->order.ordered_us) / 10;
    purchase->failures = 0;
    if (pause_us < S_US)
        pause_us = S_US;
    purchase->due_us = control->now_us + (pause_us < most_us ? pause_us : most_us);
}

static void failed(struct fg_control *control,
                   struct purchase *purchase,
                   const struct fg_provision_event *event)
{
    bool boots = event->op == FG_PROVISION_INSPECT && fg_order_joins(control, &purchase->order);
    retry(control, purchase);
    if (boots && purchase->due_us > control->now_us + control->config->order_poll_s * S_US)
        purchase->due_us = control->now_us + control->config->order_poll_s * S_US;
    fg_order_because(control, purchase,
                     "%s of supplier %.60s failed, and is tried again: %.120s",
                     fg_provision_op_name(event->op), event->supplier,
                     event->reason[0] ? event->reason : fg_code_text(event->rc));
}

/* -- ends --------------------------------------------------------------------------------------------------------- */

static void end(struct fg_control *control,
                struct purchase *purchase,
                enum fg_order_state state,
                enum fg_order_cause cause,
                int64_t ended_us)
{
    struct fg_order *order = &purchase->order;
    if (order->cause == FG_CAUSE_NONE)
        order->cause = cause;
    fg_order_end(control, purchase, state, ended_us);
    fg_order_tell(control, purchase, fg_order_state_name(state), "", "%s%s%s",
                  fg_order_cause_name(order->cause), order->reason[0] ? ": " : "",
                  order->reason);
}

static void reject(struct fg_control *control,
                   struct purchase *purchase,
                   enum fg_order_cause cause)
{
    end(control, purchase, FG_ORDER_REJECTED, cause, control->now_us);
}

/* A moment that the supplier told, if it can be true. */
static int64_t told_us(int64_t told, int64_t from_us, int64_t now_us)
{
    return told >= from_us && told <= now_us ? told : now_us;
}

static void deliver(struct fg_control *control, struct purchase *purchase, int64_t ready_us)
{
    struct fg_order *order = &purchase->order;
    fg_order_book(control, purchase, control->now_us);
    fg_order_go(purchase, FG_ORDER_DELIVERED);
    order->delivered_us = told_us(ready_us, order->ordered_us, control->now_us);
}

/* The supplier says that nothing is there any more. */
static void gone(struct fg_control *control,
                 struct purchase *purchase,
                 const struct fg_provision_event *event)
{
    struct fg_order *order = &purchase->order;
    bool was_left = order->leaving;
    int64_t over_us = event->gone_us ? event->gone_us : control->now_us;
    if (order->state == FG_ORDER_ORDERED && event->ready_us && event->ready_us <= over_us
        && event->ready_us <= control->now_us) {
        order->delivered = order->count; /* it came and went, and nobody saw it */
        deliver(control, purchase, event->ready_us);
    }
    int64_t from_us = order->delivered_us ? order->delivered_us : order->ordered_us;
    int64_t ended_us = told_us(event->gone_us, from_us, control->now_us);
    bool was_bad = fg_order_cause_is_bad(order->cause) || order->cause == FG_CAUSE_PRICE
                   || order->cause == FG_CAUSE_REFUSED;
    if (order->state == FG_ORDER_ORDERED)
        end(control, purchase, was_left && !was_bad ? FG_ORDER_CANCELLED : FG_ORDER_REJECTED,
            FG_CAUSE_REFUSED, ended_us);
    else
        end(control, purchase,
            was_bad && order->state != FG_ORDER_ACTIVE ? FG_ORDER_REJECTED : FG_ORDER_RELEASED,
            FG_CAUSE_RECLAIMED, ended_us);
}

/* -- on the way ------------------------------------------------------------------------------------------------- */

static void quoted(struct fg_control *control,
                   struct purchase *purchase,
                   const struct fg_provision_event *event)
{
    struct fg_order *order = &purchase->order;
    int64_t price = event->price_uusd_per_hour, upfront = event->upfront_uusd;
    if (order->state != FG_ORDER_APPROVED)
        return;
    if (event->delivery == FG_DELIVERY_REFUSED) {
        fg_order_because(control, purchase, "the supplier refused: %.200s", event->reason);
        reject(control, purchase, FG_CAUSE_REFUSED);
        return;
    }
    if (event->delivery != FG_DELIVERY_PENDING) {
        retry(control, purchase);
        return;
    }
    if (price > order->max_uusd_per_hour || upfront > order->offer.upfront_uusd) {
        fg_order_because(
            control, purchase,
            "the supplier wants %.6f USD an hour and %.2f at once for an instance, "
            "approved were %.6f and %.2f",
            (double)price / 1e6, (double)(upfront > 0 ? upfront : 0) / 1e6,
            (double)order->max_uusd_per_hour / 1e6, (double)order->offer.upfront_uusd / 1e6);
        reject(control, purchase, FG_CAUSE_PRICE);
        return;
    }
    if (price > 0)
        order->offer.price_uusd_per_hour = price;
    if (upfront >= 0)
        order->offer.upfront_uusd = upfront;
    fg_order_go(purchase, FG_ORDER_ORDERED);
    order->ordered_us = control->now_us;
    order->promised_us = event->promised_us;
    order->reason[0] = 0;
    purchase->may_buy = true;
    fg_order_book(control, purchase,
                  control->now_us); /* what is due at the order; and writes it */
    fg_order_tell(control, purchase, "ordered", "", "%u x %s at %.6f USD an hour", order->count,
                  order->offer.instance, (double)order->offer.price_uusd_per_hour / 1e6);
}

static void came(struct fg_control *control,
                 struct purchase *purchase,
                 const struct fg_provision_event *event)
{
    struct fg_order *order = &purchase->order;
    uint32_t ready = 0, len = event->instances_len;
    struct fg_order_instance *instances = calloc(len + 1UL, sizeof(*instances));
    if (!instances)
        abort();
    for (uint32_t i = 0; i < len; i++) {
        if (event->instances[i].state != FG_INSTANCE_READY)
            continue;
        memcpy(instances[ready].id, event->instances[i].id, FG_NAME_MAX);
        memcpy(instances[ready].address, event->instances[i].address, FG_NAME_MAX);
        ready++;
    }
    deliver(control, purchase, event->ready_us);
    fg_order_take_instances(control, purchase, instances, ready);
    free(instances);
    fg_order_back_nodes(control); /* some may have joined already: they wait */
    order->reason[0] = 0;
    fg_order_book(control, purchase, control->now_us); /* since it is there; and writes */
    fg_order_tell(control, purchase, "delivered", "",
                  "%u of %u instances, %.1f s after the order", ready, order->count,
                  (double)(order->delivered_us - order->ordered_us) / 1e6);
    if (ready != order->count && !order->leaving) {
        fg_order_leave(control, purchase, FG_CAUSE_INSPECTION);
        fg_order_because(control, purchase, "%u instances were delivered, %u were ordered",
                         ready, order->count);
    }
}

/* What it says beside where the order is.  False: it wants more than was approved. */
static bool take_terms(struct fg_control *control,
                       struct purchase *purchase,
                       const struct fg_provision_event *event)
{
    struct fg_order *order = &purchase->order;
    bool differs = strcmp(order->reference, event->reference) != 0 && event->reference[0];
    if (differs)
        memcpy(order->reference, event->reference, sizeof(order->reference));
    if (event->promised_us && !order->promised_us)
        order->promised_us = event->promised_us;
    if (event->price_uusd_per_hour <= order->max_uusd_per_hour
        && event->upfront_uusd <= order->offer.upfront_uusd) {
        if (differs)
            fg_order_write(control, purchase);
        return true;
    }
    fg_order_leave(control, purchase, FG_CAUSE_PRICE);
    fg_order_because(control, purchase,
                     "the supplier bought at %.6f USD an hour, approved were %.6f: it is given "
                     "back",
                     (double)event->price_uusd_per_hour / 1e6,
                     (double)order->max_uusd_per_hour / 1e6);
    fg_order_tell(control, purchase, "refused", "", "%s", order->reason);
    return false;
}

/* PROVISION or STATUS of what is not yet there. */
static void on_the_way(struct fg_control *control,
                       struct purchase *purchase,
                       const struct fg_provision_event *event)
{
    struct fg_order *order = &purchase->order;
    switch (event->delivery) {
    case FG_DELIVERY_UNKNOWN:
        purchase->may_buy = true;
        retry(control, purchase); /* one that forgets at once is not asked at once */
        break;
    case FG_DELIVERY_REFUSED:
        fg_order_because(control, purchase, "the supplier refused: %.200s", event->reason);
        if (purchase
                ->unsure_until_us) /* an earlier call may have bought it all the same: it is undone */
            fg_order_leave(control, purchase, FG_CAUSE_REFUSED);
        else
            reject(control, purchase, FG_CAUSE_REFUSED);
        break;
    case FG_DELIVERY_READY:
        if (take_terms(control, purchase, event))
            came(control, purchase, event);
        break;
    case FG_DELIVERY_GONE:
        gone(control, purchase, event);
        break;
    default:
        if (take_terms(control, purchase, event)) {
            wait(control, purchase);
            if (order->reason[0])
                fg_order_because(control, purchase, "%s", "");
        }
    }
}

/* -- inspection ------------------------------------------------------------------------------------------------- */

static const struct fg_provision_instance *machine(const struct fg_provision_event *event,
                                                   const char *id)
{
    for (uint32_t i = 0; i < event->instances_len; i++)
        if (strcmp(event->instances[i].id, id) == 0)
            return &event->instances[i];
    return NULL;
}

/* Is instance `slot` what was ordered?  The verdict is written with the report. */
static bool judge(struct fg_control *control,
                  struct purchase *purchase,
                  uint32_t slot,
                  const struct fg_provision_event *event)
{
    struct fg_order_instance *instance = &purchase->instances[slot];
    const struct fg_provision_instance *seen = machine(event, instance->id);
    const struct fg_inspect_rules rules = {.wants_burn_in =
                                               control->config->order_burn_in_s > 0};
    FG_AUTO(fg_buf) struct fg_buf report = {};
    struct fg_err err = {};
    int rc = 0;
    if (seen && seen->report) {
        fg_inspect_write(&report, seen->report);
        rc = fg_inspect_judge(seen->report, &purchase->order.offer, &rules, &err);
    } else {
        rc = fg_fail(&err, FG_EBACKEND, "it could not be inspected%s%.160s",
                     seen && seen->reason[0] ? ": " : "", seen ? seen->reason : "");
    }
    snprintf(instance->verdict, sizeof(instance->verdict), "%.255s",
             rc == 0 ? "accepted" : err.text);
    fg_order_write_instance(control, purchase, slot, report.text ? report.text : "");
    return rc == 0;
}

/* The pause between looks at what is there; what may be taken back with little notice is looked at more often. */
static int64_t watch_us(const struct fg_control *control, const struct purchase *purchase)
{
    int64_t pause_us = control->config->order_watch_s * S_US;
    bool is_spot = purchase->order.offer.contract == FG_CONTRACT_SPOT;
    return is_spot && pause_us > SPOT_WATCH_US ? SPOT_WATCH_US : pause_us;
}

/* How many of its instances are nodes of the pool; the others are said to wait. */
static uint32_t say_backed(struct fg_control *control, struct purchase *purchase)
{
    struct fg_order *order = &purchase->order;
    uint32_t backed = 0, there = order->delivered - order->lost;
    for (uint32_t slot = 0; slot < order->delivered; slot++)
        backed += purchase->nodes[slot] != 0;
    if (backed < there)
        fg_order_because(control, purchase,
                         "%u of its %u instances are no nodes of this pool: nothing is "
                         "scheduled on them yet",
                         there - backed, there);
    else
        fg_order_because(control, purchase, "%s", "");
    return backed;
}

void fg_order_activate(struct fg_control *control, struct purchase *purchase)
{
    struct fg_order *order = &purchase->order;
    fg_order_book(control, purchase, control->now_us); /* nobody could use it before */
    fg_order_go(purchase, FG_ORDER_ACTIVE);
    order->active_us = control->now_us;
    purchase->due_us = control->now_us + watch_us(control, purchase);
    fg_order_back_nodes(control);
    fg_order_tell(control, purchase, "active", "", "%u instances, %u nodes of the pool",
                  order->delivered, say_backed(control, purchase));
    fg_order_write(control, purchase);
}

static void accept(struct fg_control *control, struct purchase *purchase)
{
    struct fg_order *order = &purchase->order;
    bool joins = fg_order_joins(control, order);
    fg_order_go(purchase, FG_ORDER_INSPECTED);
    fg_order_tell(control, purchase, "inspected", "",
                  "all %u instances are what was ordered%s%s", order->delivered,
                  joins ? "; they join cluster " : "",
                  joins ? fg_order_cluster(control, order) : "");
    if (!joins) {
        fg_order_activate(control, purchase);
        return;
    }
    purchase->due_us = control->now_us + watch_us(control, purchase);
    fg_order_write(control, purchase);
    fg_order_join(control, purchase);
}

static void inspected(struct fg_control *control,
                      struct purchase *purchase,
                      const struct fg_provision_event *event)
{
    struct fg_order *order = &purchase->order;
    uint32_t bad = 0, first = 0;
    if (order->state != FG_ORDER_DELIVERED || order->leaving)
        return;
    if (event->delivery == FG_DELIVERY_GONE) {
        gone(control, purchase, event);
        return;
    }
    if (event->delivery != FG_DELIVERY_READY) {
        retry(control, purchase);
        fg_order_because(control, purchase, "inspection: the supplier says it is %s",
                         fg_delivery_name(event->delivery));
        return;
    }
    for (uint32_t slot = order->delivered; slot-- > 0;)
        if (!judge(control, purchase, slot, event)) {
            bad++;
            first = slot;
        }
    if (bad == 0) {
        accept(control, purchase);
        return;
    }
    fg_order_leave(control, purchase, FG_CAUSE_INSPECTION);
    fg_order_because(control, purchase, "%u of %u instances rejected, %.40s: %.140s", bad,
                     order->delivered, purchase->instances[first].id,
                     purchase->instances[first].verdict);
    fg_order_tell(control, purchase, "refused", "", "%s", order->reason);
}

/* -- there -------------------------------------------------------------------------------------------------------- */

static void lose(struct fg_control *control,
                 struct purchase *purchase,
                 uint32_t slot,
                 const struct fg_provision_instance *seen)
{
    struct fg_order *order = &purchase->order;
    struct fg_order_instance *instance = &purchase->instances[slot];
    fg_order_book(control, purchase, control->now_us);
    instance->gone_us = control->now_us;
    order->lost++;
    order->lost_held_us += control->now_us - order->delivered_us;
    fg_order_write_instance(control, purchase, slot, "");
    fg_order_tell(control, purchase, "lost", "", "instance %s%s%.160s", instance->id,
                  seen->reason[0] ? ": " : "", seen->reason);
    fg_order_back_nodes(control);
    fg_order_write(control, purchase);
}

static void look_after(struct fg_control *control,
                       struct purchase *purchase,
                       const struct fg_provision_event *event)
{
    struct fg_order *order = &purchase->order;
    if (event->delivery == FG_DELIVERY_GONE) {
        gone(control, purchase, event);
        return;
    }
    if (event->delivery != FG_DELIVERY_READY) {
        retry(control, purchase);
        fg_order_because(control, purchase,
                         "the supplier says that it is %s, and it was never given back",
                         fg_delivery_name(event->delivery));
        return;
    }
    for (uint32_t slot = 0; slot < order->delivered; slot++) {
        const struct fg_provision_instance *seen = machine(event, purchase->instances[slot].id);
        if (seen && seen->state == FG_INSTANCE_LOST && !purchase->instances[slot].gone_us)
            lose(control, purchase, slot, seen);
        else if (seen && seen->leaves_us)
            fg_order_notice(control, purchase, slot, seen->leaves_us);
    }
    purchase->failures = 0;
    purchase->due_us = control->now_us + watch_us(control, purchase);
    if (order->state == FG_ORDER_ACTIVE)
        (void)say_backed(control, purchase);
    if (order->lost == order->delivered)
        fg_order_leave(control, purchase, FG_CAUSE_RECLAIMED); /* nothing is left: it ends */
}

/* A call that was cut off may be on its way still: for as long as a call may take, that nothing is known of the key is no proof
 * that nothing was bought. */
static void be_unsure(const struct fg_control *control, struct purchase *purchase)
{
    const struct fg_supplier *supplier =
        fg_supplier_get(control, purchase->order.offer.supplier);
    purchase->unsure_until_us = control->now_us + (supplier ? supplier->timeout_us : 0) + 1;
}

/* A second is the pause while jobs end: the machine is paid. */
static void release_goes_on(struct fg_control *control,
                            struct purchase *purchase,
                            const struct fg_provision_event *event)
{
    bool waits = event->reason[0] && fg_order_joins(control, &purchase->order);
    wait(control, purchase);
    if (waits && purchase->due_us > control->now_us + EMPTY_US)
        purchase->due_us = control->now_us + EMPTY_US;
    if (waits)
        fg_order_because(control, purchase, "given back: %.220s", event->reason);
}

/* RELEASE, or STATUS of what is being given back. */
static void released(struct fg_control *control,
                     struct purchase *purchase,
                     const struct fg_provision_event *event)
{
    bool is_unproved = purchase->order.state == FG_ORDER_ORDERED
                       && event->delivery == FG_DELIVERY_UNKNOWN
                       && control->now_us < purchase->unsure_until_us;
    if (is_unproved) {
        wait(control, purchase);
        return;
    }
    switch (event->delivery) {
    case FG_DELIVERY_GONE:
    case FG_DELIVERY_UNKNOWN:
    case FG_DELIVERY_REFUSED: /* it was refused before: nothing is there */
        gone(control, purchase, event);
        break;
    case FG_DELIVERY_RELEASING:
        release_goes_on(control, purchase, event);
        break;
    default:
        retry(control, purchase);
        fg_order_because(control, purchase, "to be given back; the supplier says it is %s",
                         fg_delivery_name(event->delivery));
    }
}

static event_fn *handler(const struct fg_order *order, enum fg_provision_op op)
{
    if (op == FG_PROVISION_QUOTE)
        return quoted;
    if (op == FG_PROVISION_INSPECT)
        return inspected;
    if (op == FG_PROVISION_RELEASE)
        return order->leaving ? released : NULL;
    if (order->leaving)
        return NULL; /* an answer from before that was decided */
    return order->state == FG_ORDER_ORDERED                                        ? on_the_way
           : order->state == FG_ORDER_ACTIVE || order->state == FG_ORDER_INSPECTED ? look_after
                                                                                   : NULL;
}

void fg_order_event(struct fg_control *control, const struct fg_provision_event *event)
{
    struct purchase *purchase = fg_order_get(control, event->order);
    if (!purchase || strcmp(purchase->order.key, event->key) != 0)
        return;
    /* Also of a call that is not waited for any more, since the state was read again. */
    if (event->rc < 0 && event->op == FG_PROVISION_PROVISION)
        be_unsure(control, purchase);
    if (purchase->tag != event->tag || !event->tag || !fg_control_begin(control))
        return;
    purchase->tag = 0;
    event_fn *handle = handler(&purchase->order, event->op);
    if (event->rc < 0)
        failed(control, purchase, event);
    else if (handle)
        handle(control, purchase, event);
    control->orders_us = 0;
}
