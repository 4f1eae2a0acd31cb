/* vendor.c - suppliers whose nodes are in the pool: told to the engine, heard of, trusted or not; see node_inner.h
 *
 * A supplier that does not answer, or that gave work back without having begun it, gets no new work: what waits goes to
 * others.  It is tried again when it answers, the first time at once and then later each time.
 */
#include "control/node_inner.h"

#include "base/grow.h"

#include "control/order_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STALL_FIRST_US INT64_C(30000000)
#define STALL_MAX_US   INT64_C(3600000000)
#define HOLD_MAX_US    INT64_C(60000000) /* who answers again is not held back for longer */

struct vendor *fg_vendor_get(const struct fg_control *control, const char *name)
{
    for (size_t i = 0; i < control->vendors_len; i++)
        if (strcmp(control->vendors[i].name, name) == 0)
            return &control->vendors[i];
    return NULL;
}

bool fg_vendor_is_used(const struct fg_control *control, const char *name)
{
    for (size_t i = 0; i < control->lives_len; i++)
        for (uint32_t task = 0; task < control->lives[i].tasks; task++)
            if (strcmp(
                    fg_pool_spec(control->pool, control->lives[i].grants[task].node)->supplier,
                    name)
                == 0)
                return true;
    return false;
}

bool fg_vendor_is_blocked(const struct vendor *vendor, int64_t now_us, char out[FG_TEXT_MAX])
{
    out[0] = '\0';
    if (!vendor)
        snprintf(out, FG_TEXT_MAX, "its supplier was removed");
    else if (vendor->trouble[0])
        snprintf(out, FG_TEXT_MAX, "supplier %s: %.180s", vendor->name, vendor->trouble);
    else if (vendor->is_paused)
        snprintf(out, FG_TEXT_MAX, "supplier %s is paused", vendor->name);
    else if (!vendor->is_up)
        snprintf(out, FG_TEXT_MAX, "supplier %s does not answer%s%.150s", vendor->name,
                 vendor->news.reason[0] ? ": " : "", vendor->news.reason);
    else if (fg_health_is_held(&vendor->health, now_us))
        snprintf(out, FG_TEXT_MAX, "supplier %s is held back for %lld s more: %.130s",
                 vendor->name,
                 (long long)((vendor->health.hold_us - now_us + 999999) / 1000000),
                 vendor->health.why);
    return out[0] != '\0';
}

void fg_vendor_settle(struct fg_control *control, struct vendor *vendor)
{
    struct fg_supplier_state state = {.wait_us =
                                          vendor->news.time_us ? vendor->news.wait_us : -1,
                                      .others_wait = vendor->news.others_wait,
                                      .since_us = vendor->since_us};
    state.up = !fg_vendor_is_blocked(vendor, control->now_us, state.reason);
    if (vendor->health.hold_us > control->now_us && vendor->health.hold_us < control->nodes_us)
        control->nodes_us = vendor->health.hold_us;
    control->pass_wanted |= state.up && !vendor->may_work;
    vendor->may_work = state.up;
    if (fg_pool_set_supplier(control->pool, vendor->name, &state, NULL) < 0)
        snprintf(vendor->trouble, sizeof(vendor->trouble),
                 "the pool has nodes of too many suppliers");
}

/* -- told to the engine ---------------------------------------------------------------------------------- */

void fg_vendors_mark(struct fg_control *control, const struct fg_supplier *supplier)
{
    struct vendor *vendor = fg_vendor_get(control, supplier->name);
    control->vendors_due |= vendor || supplier->kind == FG_SUPPLIER_SLURM;
    if (vendor)
        vendor->is_due = true;
}

static struct vendor *add_vendor(struct fg_control *control, const char *name)
{
    control->vendors = fg_grow(control->vendors, control->vendors_len, &control->vendors_room,
                               sizeof(struct vendor));
    struct vendor *vendor = &control->vendors[control->vendors_len++];
    *vendor = (struct vendor){.is_due = true, .since_us = control->now_us};
    snprintf(vendor->name, sizeof(vendor->name), "%s", name);
    return vendor;
}

static void put(struct fg_control *control, const struct fg_supplier *supplier)
{
    const struct fg_engine_ops *ops = control->options.engine_ops;
    struct vendor *vendor = fg_vendor_get(control, supplier->name);
    struct fg_err err = {};
    if (!vendor)
        vendor = add_vendor(control, supplier->name);
    if (!vendor->is_due)
        return;
    vendor->is_due = false;
    vendor->is_paused = supplier->paused;
    int rc = ops->put_supplier
                 ? ops->put_supplier(control->options.engine, supplier, &err)
                 : fg_fail(&err, FG_ESTATE, "this service has no engine that reaches clusters");
    snprintf(vendor->trouble, sizeof(vendor->trouble), "%.*s", FG_TEXT_MAX - 1,
             rc < 0 ? err.text : "");
    fg_vendor_settle(control, vendor);
}

/* The nodes of who is no supplier any more go as well. */
static void drop(struct fg_control *control, size_t at)
{
    char name[FG_NAME_MAX];
    memcpy(name, control->vendors[at].name, sizeof(name));
    if (control->options.engine_ops->drop_supplier)
        control->options.engine_ops->drop_supplier(control->options.engine, name);
    control->vendors[at] = control->vendors[--control->vendors_len];
    for (fg_node_id id = 1; id <= control->nodes_len; id++)
        if (strcmp(fg_pool_spec(control->pool, id)->supplier, name) == 0) {
            fg_node_known(control, id)->is_gone = true;
            fg_node_settle(control, id);
            control->nodes_us = control->now_us;
        }
}

static bool is_cluster(const struct fg_control *control, const char *name)
{
    const struct fg_supplier *supplier = fg_supplier_get(control, name);
    return supplier && supplier->kind == FG_SUPPLIER_SLURM;
}

void fg_vendors_tell(struct fg_control *control)
{
    if (!control->vendors_due)
        return;
    control->vendors_due = false;
    for (size_t at = control->vendors_len; at-- > 0;)
        if (!is_cluster(control, control->vendors[at].name))
            drop(control, at);
    for (size_t i = 0; i < control->suppliers_len; i++)
        if (control->suppliers[i].kind == FG_SUPPLIER_SLURM)
            put(control, &control->suppliers[i]);
}

/* -- heard ------------------------------------------------------------------------------------------------ */

static void tell(struct fg_control *control, const struct vendor *vendor, const char *kind)
{
    if (fg_control_begin(control))
        fg_control_tell(control, kind, NULL, "\"supplier\":\"%s\"", vendor->name);
}

static void changed(struct fg_control *control, struct vendor *vendor, bool is_up)
{
    char why[FG_TEXT_MAX];
    bool was_heard = vendor->is_heard;
    vendor->is_up = is_up;
    vendor->since_us = control->now_us;
    vendor->is_heard = was_heard || is_up;
    if (!is_up && was_heard) {
        (void)fg_vendor_is_blocked(vendor, control->now_us, why);
        fg_health_fault(&vendor->health, control->config, FG_FAULT_FALL, 0, why,
                        control->now_us);
        tell(control, vendor, "supplier.silent");
    } else if (is_up && was_heard) {
        fg_health_rose(&vendor->health, control->config, 1, control->now_us);
        if (vendor->health.hold_us > control->now_us + HOLD_MAX_US)
            vendor->health.hold_us = control->now_us + HOLD_MAX_US;
        tell(control, vendor, "supplier.back");
    }
    fg_vendor_settle(control, vendor);
}

void fg_vendor_news(struct fg_control *control, const struct fg_engine_news *news)
{
    struct vendor *vendor = fg_vendor_get(control, news->supplier);
    if (!vendor)
        return;
    bool is_first = vendor->news.time_us == 0;
    vendor->news = *news;
    vendor->news.spec = NULL;
    if (news->up != vendor->is_up || is_first)
        changed(control, vendor, news->up);
    else
        fg_vendor_settle(control, vendor);
}

void fg_vendor_began(struct fg_control *control, struct vendor *vendor)
{
    bool was_held = vendor->stalls > 0 && fg_health_is_held(&vendor->health, control->now_us);
    vendor->stalls = 0;
    if (!was_held)
        return;
    vendor->health.hold_us = 0;
    fg_vendor_settle(control, vendor);
}

void fg_vendor_stalled(struct fg_control *control, struct vendor *vendor, const char *why)
{
    int64_t pause_us = STALL_FIRST_US;
    for (uint32_t i = 0; i < vendor->stalls && pause_us < STALL_MAX_US; i++)
        pause_us *= 2;
    if (fg_health_is_held(&vendor->health, control->now_us))
        return; /* one stall, told by many tasks */
    vendor->stalls++;
    snprintf(vendor->health.why, sizeof(vendor->health.why), "%s",
             why[0] ? why : "it did not begin the work that it was given");
    vendor->health.why_us = control->now_us;
    fg_health_hold(&vendor->health,
                   control->now_us + (pause_us < STALL_MAX_US ? pause_us : STALL_MAX_US));
    fg_vendor_settle(control, vendor);
}
