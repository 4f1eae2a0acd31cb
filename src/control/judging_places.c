/* judging_places.c - suppliers that do not answer, nodes that are down, devices with faults: one alert for each cause, so that
 * of a cluster that is away its nodes say nothing, and of a node that is down its devices. */
#include "control/node_inner.h"

#include <stdlib.h>
#include <string.h>

static struct fg_alert about(enum fg_alert_cause cause, const char *node, const char *of)
{
    struct fg_alert alert = {.key = fg_alarm_key(cause, 0, 0, of),
                             .cause = cause,
                             .severity = fg_alert_causes[cause].severity,
                             .cost_uusd = -1,
                             .count = 1};
    snprintf(alert.node, sizeof(alert.node), "%s", node);
    fg_alert_hint(fg_alert_causes[cause].hint, 0, node, alert.hint);
    return alert;
}

/* After the start it takes a while until all were heard of: meanwhile silence says nothing. */
static bool is_young(const struct fg_control *control)
{
    return control->now_us - control->begun_us < control->config->alert_clear_s * 1000000;
}

/* -- devices ------------------------------------------------------------------------------------------------------ */

static enum fg_alert_cause cause_of(enum fg_device_fault fault)
{
    return fault == FG_DEVICE_HOT ? FG_ALERT_HOT : FG_ALERT_DEVICE_FAULT;
}

static void see_device(struct fg_control *control,
                       const struct fg_node_spec *spec,
                       uint32_t device,
                       const struct fg_device_watch *watch)
{
    enum fg_device_state state = fg_device_watch_state(watch, control->now_us);
    enum fg_device_fault fault = watch->fault ? watch->fault : watch->last;
    if (state == FG_DEVICE_FINE || !fault)
        return;
    struct fg_alert alert = about(cause_of(fault), spec->name, spec->name);
    snprintf(alert.device, sizeof(alert.device), "%s-%u", spec->devices[device].kind, device);
    snprintf(alert.text, sizeof(alert.text), "%s of node %s %s", alert.device, spec->name,
             fg_device_fault_words(fault));
    snprintf(alert.hint, sizeof(alert.hint), "%s", fg_device_fault_hint(fault));
    if (state == FG_DEVICE_BROKEN)
        alert.severity = FG_SEVERITY_CRITICAL;
    fg_alarms_see(control->alarms, &alert, watch->fault ? FG_SIGHT_BAD : FG_SIGHT_UNSURE);
}

/* -- nodes ---------------------------------------------------------------------------------------------------------- */

/* Down by itself: not because somebody wants it so, or because it sleeps. */
static bool is_down(const struct fg_control *control, fg_node_id id, char reason[FG_TEXT_MAX])
{
    const struct known_node *known = fg_node_known(control, id);
    return fg_node_shown(control, id, reason) == FG_NODE_DOWN && known->wanted == FG_NODE_UP
           && known->rest == FG_REST_AWAKE && (known->is_heard || !is_young(control));
}

static void see_node(struct fg_control *control, fg_node_id id, bool is_explained)
{
    const struct known_node *known = fg_node_known(control, id);
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, id);
    char reason[FG_TEXT_MAX];
    struct fg_alert down = about(FG_ALERT_NODE_DOWN, spec->name, spec->name);
    if (is_down(control, id, reason)) {
        snprintf(down.text, sizeof(down.text), "node %s with %u device%s is down: %.120s",
                 spec->name, spec->devices_len, spec->devices_len == 1 ? "" : "s", reason);
        fg_alarms_see(control->alarms, &down, is_explained ? FG_SIGHT_UNSURE : FG_SIGHT_BAD);
        return;
    }
    if (!known->is_heard)
        fg_alarms_see(control->alarms, &down, FG_SIGHT_UNSURE);
    for (uint32_t i = 0; i < known->watches_len; i++)
        see_device(control, spec, i, &known->watches[i]);
}

/* -- suppliers ------------------------------------------------------------------------------------------------------ */

struct sums {
    int64_t nodes, down, devices;
    char reason[FG_TEXT_MAX]; /* of the first that is down */
};

static struct sums sums_of(const struct fg_control *control, const char *supplier)
{
    struct sums sums = {};
    char reason[FG_TEXT_MAX];
    for (fg_node_id id = 1; id <= control->nodes_len; id++) {
        const struct fg_node_spec *spec = fg_pool_spec(control->pool, id);
        if (!fg_node_is_listed(control, id) || strcmp(spec->supplier, supplier) != 0)
            continue;
        sums.nodes++;
        sums.devices += spec->devices_len;
        if (!is_down(control, id, reason))
            continue;
        if (sums.down++ == 0)
            memcpy(sums.reason, reason, sizeof(reason));
    }
    return sums;
}

/* Is it away, as far as people are to know?  That explains its nodes. */
static bool see_vendor(struct fg_control *control, const struct vendor *vendor)
{
    struct fg_alert alert = about(FG_ALERT_SUPPLIER_DOWN, "", vendor->name);
    struct sums sums = sums_of(control, vendor->name);
    bool is_silent = !vendor->is_up && !vendor->is_paused && sums.nodes > 0;
    bool is_all_down = sums.nodes > 1 && sums.down == sums.nodes;
    alert.count = sums.nodes;
    if (is_silent)
        snprintf(alert.text, sizeof(alert.text),
                 "supplier %s with %lld nodes and %lld devices does not answer%s%.120s",
                 vendor->name, (long long)sums.nodes, (long long)sums.devices,
                 vendor->news.reason[0] ? ": " : "", vendor->news.reason);
    else if (is_all_down)
        snprintf(alert.text, sizeof(alert.text),
                 "all %lld nodes of supplier %s are down: %.130s", (long long)sums.nodes,
                 vendor->name, sums.reason);
    bool is_unsure = is_silent && !vendor->is_heard && is_young(control);
    if (is_silent || is_all_down)
        fg_alarms_see(control->alarms, &alert, is_unsure ? FG_SIGHT_UNSURE : FG_SIGHT_BAD);
    return is_silent || is_all_down;
}

static bool is_explained(const struct fg_control *control,
                         const bool *is_away,
                         const char *supplier)
{
    for (size_t i = 0; i < control->vendors_len; i++)
        if (is_away[i] && strcmp(control->vendors[i].name, supplier) == 0)
            return true;
    return false;
}

void fg_judging_places(struct fg_control *control)
{
    bool *is_away = calloc(control->vendors_len + 1, sizeof(*is_away));
    if (!is_away)
        abort();
    for (size_t i = 0; i < control->vendors_len; i++)
        is_away[i] = see_vendor(control, &control->vendors[i]);
    for (fg_node_id id = 1; id <= control->nodes_len; id++)
        if (fg_node_is_listed(control, id))
            see_node(control, id,
                     is_explained(control, is_away, fg_pool_spec(control->pool, id)->supplier));
    free(is_away);
}
