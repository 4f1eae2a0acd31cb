/* node_news.c - what the engine tells of nodes and suppliers, and what changes by itself with time; see node_inner.h */
#include "control/node_inner.h"

#include "control/order_inner.h"

#include <inttypes.h>
#include <string.h>

#define NEWS_A_STEP_MAX 4096
#define SETTLING_US     INT64_C(60000000)

static bool is_from(const struct fg_control *control, const char *supplier)
{
    return supplier[0] && fg_vendor_get(control, supplier);
}

/* -- one piece -------------------------------------------------------------------------------------------- */

static void copy_spec(struct fg_node_spec *to, const struct fg_node_spec *from)
{
    memcpy(to, from,
           offsetof(struct fg_node_spec, devices)
               + from->devices_len * sizeof(from->devices[0]));
}

/* A machine that was ordered costs what its contract says, and is spot if that was ordered. */
static void dress(struct fg_control *control, fg_node_id id)
{
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, id);
    const struct fg_order *order = fg_order_of_node(control, id);
    if (!order || !spec->supplier[0])
        return;
    bool is_spot = order->offer.contract == FG_CONTRACT_SPOT;
    int64_t price = fg_offer_uusd_per_device_hour(&order->offer) * order->offer.accelerators;
    if (spec->is_spot == is_spot && spec->price_uusd_per_hour == price)
        return;
    struct fg_node_spec dressed;
    copy_spec(&dressed, spec);
    dressed.is_spot = is_spot;
    dressed.price_uusd_per_hour = price;
    (void)fg_node_put(control, &dressed, NULL);
}

/* What it is, too: who asks later what the pool was finds it here. */
static void tell_joined(struct fg_control *control, const struct fg_node_spec *spec)
{
    if (!fg_control_begin(control))
        return;
    fg_control_tell(control, "node.joined", NULL,
                    "\"node\":\"%s\",\"supplier\":\"%s\",\"kind\":\"%s\",\"gpus\":%u,"
                    "\"cpu_milli\":%u,\"mem_mib\":%" PRIu64 ",\"uusd_per_hour\":%" PRId64,
                    spec->name, spec->supplier, spec->devices_len ? spec->devices[0].kind : "",
                    spec->devices_len, spec->cpu_milli, spec->mem_mib,
                    spec->price_uusd_per_hour);
}

static void node_told(struct fg_control *control, const struct fg_engine_news *news)
{
    struct vendor *vendor = fg_vendor_get(control, news->spec->supplier);
    struct fg_err err = {};
    if (!vendor)
        return;
    bool is_new = fg_pool_find(control->pool, news->spec->name) == 0;
    fg_node_id id = fg_node_put(control, news->spec, &err);
    if (!id) {
        snprintf(vendor->trouble, sizeof(vendor->trouble), "%.*s", FG_TEXT_MAX - 1, err.text);
        return;
    }
    fg_node_known(control, id)->is_gone = false;
    dress(control, id);
    if (is_new)
        tell_joined(control, fg_pool_spec(control->pool, id));
    fg_node_settle(control, id);
}

/* A controller that was started again does not know its nodes for a while: that is no fault of theirs. */
static bool is_suppliers_fault(const struct fg_control *control, fg_node_id id)
{
    const struct vendor *vendor =
        fg_vendor_get(control, fg_pool_spec(control->pool, id)->supplier);
    return !vendor->is_up || control->now_us - vendor->since_us < SETTLING_US;
}

/* It went up or down.  One that is switched off, as it was asked to be, has no fault. */
static void turned(struct fg_control *control,
                   fg_node_id id,
                   const struct fg_engine_news *news,
                   bool rests)
{
    struct known_node *known = fg_node_known(control, id);
    bool was_heard = known->is_heard;
    known->is_up = news->up;
    known->since_us = control->now_us;
    if (!was_heard || rests || (!news->up && is_suppliers_fault(control, id)))
        return;
    if (news->up) {
        if (known->is_fallen)
            fg_health_rose(&known->health, control->config, 0, control->now_us);
        known->is_fallen = false;
    } else {
        known->is_fallen = true;
        enum fg_fault fault = fg_fault_hint(news->reason) ? FG_FAULT_SICK : FG_FAULT_FALL;
        fg_health_fault(&known->health, control->config, FG_FAULT_FALL, 0, news->reason,
                        control->now_us);
        if (fault == FG_FAULT_SICK)
            fg_health_fault(&known->health, control->config, fault, 0, news->reason,
                            control->now_us);
    }
    if (fg_control_begin(control))
        fg_control_tell(control, news->up ? "node.up" : "node.down", NULL, "\"node\":\"%s\"",
                        known->name);
}

static void state_told(struct fg_control *control, const struct fg_engine_news *news)
{
    fg_node_id id = fg_pool_find(control->pool, news->node);
    if (!id || !is_from(control, fg_pool_spec(control->pool, id)->supplier))
        return;
    struct known_node *known = fg_node_known(control, id);
    bool rests = known->rest != FG_REST_AWAKE;
    fg_node_rest_told(control, id, news);
    if (news->up != known->is_up || !known->is_heard)
        turned(control, id, news, rests && known->rest != FG_REST_AWAKE);
    known->is_heard = true;
    known->is_gone = false;
    snprintf(known->word, sizeof(known->word), "%s", news->reason);
    known->others_told = news->others;
    known->others_told.node = id;
    int64_t leaves_us = news->leaves_us ? news->leaves_us : fg_order_leaves_us(control, id);
    if (leaves_us || known->leaves_us)
        fg_node_leaves(control, id, leaves_us);
    fg_node_settle(control, id);
}

static void gone_told(struct fg_control *control, const struct fg_engine_news *news)
{
    fg_node_id id = fg_pool_find(control->pool, news->node);
    if (!id || !is_from(control, fg_pool_spec(control->pool, id)->supplier))
        return;
    fg_node_known(control, id)->is_gone = true;
    fg_node_settle(control, id);
    control->nodes_us = control->now_us;
}

static void take(struct fg_control *control, const struct fg_engine_news *news)
{
    switch (news->kind) {
    case FG_NEWS_NODE:
        if (news->spec)
            node_told(control, news);
        break;
    case FG_NEWS_NODE_STATE:
        state_told(control, news);
        break;
    case FG_NEWS_NODE_GONE:
        gone_told(control, news);
        break;
    case FG_NEWS_SUPPLIER:
        fg_vendor_news(control, news);
        break;
    }
}

void fg_nodes_news(struct fg_control *control)
{
    const struct fg_engine_ops *ops = control->options.engine_ops;
    struct fg_engine_news news;
    for (int i = 0; ops->next_news && i < NEWS_A_STEP_MAX && control->batch_rc == 0
                    && ops->next_news(control->options.engine, &news) == 1;
         i++)
        take(control, &news);
}

/* -- with time ---------------------------------------------------------------------------------------------- */

void fg_node_freed(struct fg_control *control, fg_node_id node)
{
    const struct known_node *known = fg_node_known(control, node);
    if (known->is_clipped || known->is_gone || known->next || known->watches)
        control->nodes_us = control->now_us;
}

static void tick_one(struct fg_control *control, fg_node_id id)
{
    struct known_node *known = fg_node_known(control, id);
    if (known->is_gone && !fg_node_is_used(control, id)) {
        if (fg_control_begin(control))
            fg_control_tell(control, "node.gone", NULL, "\"node\":\"%s\"", known->name);
        fg_node_drop(control, id);
        return;
    }
    if (known->next && !fg_node_is_used(control, id)) {
        struct fg_node_spec spec;
        copy_spec(&spec, known->next);
        (void)fg_node_put(control, &spec, NULL);
    }
    dress(control, id);
    fg_node_check_tick(control, known);
    fg_node_devices_tick(control, id);
    fg_node_settle(control, id);
}

void fg_nodes_tick(struct fg_control *control)
{
    if (control->now_us < control->nodes_us)
        return;
    control->nodes_us = INT64_MAX;
    for (size_t i = 0; i < control->vendors_len; i++)
        fg_vendor_settle(control, &control->vendors[i]);
    for (fg_node_id id = 1; id <= control->nodes_len; id++)
        if (!control->nodes[id - 1].is_free)
            tick_one(control, id);
}
