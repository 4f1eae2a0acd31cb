/* nodes_view.c - suppliers whose nodes are in the pool, each in one line: what it has, what is free, how it does. */
#include "control/node_inner.h"

#include "base/json_write.h"
#include "control/order_inner.h"

#include <string.h>

struct sums {
    int64_t nodes, nodes_up, devices, devices_ours, devices_others, devices_free;
    int64_t cpu_milli, cpu_used_milli;
    int64_t tasks, uusd_per_hour;
    int64_t health_milli; /* the mean of its nodes */
};

static bool is_of(const struct fg_control *control, fg_node_id id, const char *supplier)
{
    return !fg_node_known(control, id)->is_free
           && strcmp(fg_pool_spec(control->pool, id)->supplier, supplier) == 0;
}

uint32_t fg_node_health_milli(const struct fg_control *control, fg_node_id id)
{
    const struct known_node *known = fg_node_known(control, id);
    uint32_t milli = fg_health_milli(&known->health, control->now_us);
    char why[FG_TEXT_MAX];
    uint32_t out = (uint32_t)__builtin_popcount(fg_node_devices_out(control, id, why));
    if (fg_node_check_why(known, control->now_us))
        return 0;
    return out ? milli - milli * out / fg_pool_spec(control->pool, id)->devices_len : milli;
}

static void add_node(const struct fg_control *control, fg_node_id id, struct sums *sums)
{
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    const struct known_node *known = fg_node_known(control, id);
    uint32_t others = known->has_others ? known->others.devices : 0;
    sums->nodes++;
    sums->nodes_up += node->state == FG_NODE_UP;
    sums->health_milli += fg_node_health_milli(control, id);
    sums->cpu_milli += node->cpu_milli;
    sums->cpu_used_milli += node->cpu_milli - node->cpu_milli_left;
    sums->uusd_per_hour += fg_pool_spec(control->pool, id)->price_uusd_per_hour;
    sums->devices += node->devices_len;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        bool is_whole = node->left_milli[i] == FG_WHOLE_MILLI;
        sums->devices_others += others >> i & 1;
        bool is_kept = fg_node_device_kept_milli(control, id, i) == FG_WHOLE_MILLI;
        sums->devices_ours += !is_whole && !is_kept && !(others >> i & 1);
        sums->devices_free += is_whole && node->state == FG_NODE_UP;
    }
}

static struct sums sum_up(const struct fg_control *control, const char *supplier)
{
    struct sums sums = {};
    for (fg_node_id id = 1; id <= control->nodes_len; id++)
        if (is_of(control, id, supplier))
            add_node(control, id, &sums);
    for (size_t i = 0; i < control->lives_len; i++)
        for (uint32_t task = 0; task < control->lives[i].tasks; task++)
            sums.tasks += is_of(control, control->lives[i].grants[task].node, supplier);
    sums.health_milli = sums.nodes ? sums.health_milli / sums.nodes : 1000;
    return sums;
}

static void write_sums(struct fg_json *json, const struct sums *sums)
{
    fg_json_kv_int(json, "nodes", sums->nodes);
    fg_json_kv_int(json, "nodes_up", sums->nodes_up);
    fg_json_kv_int(json, "devices", sums->devices);
    fg_json_kv_int(json, "devices_ours", sums->devices_ours);
    fg_json_kv_int(json, "devices_others", sums->devices_others);
    fg_json_kv_int(json, "devices_free", sums->devices_free);
    fg_json_kv_int(json, "cpu_milli", sums->cpu_milli);
    fg_json_kv_int(json, "cpu_used_milli", sums->cpu_used_milli);
    fg_json_kv_int(json, "tasks", sums->tasks);
    fg_json_kv_int(json, "uusd_per_hour", sums->uusd_per_hour);
    fg_json_kv_int(json, "health_milli", sums->health_milli);
}

/* What it says of itself. */
static void write_news(struct fg_json *json, const struct fg_engine_news *news)
{
    fg_json_kv(json, "version", news && news->version[0] ? news->version : NULL);
    fg_json_key(json, "answered");
    fg_json_time(json, news ? news->answered_us : 0);
    fg_json_kv_int(json, "answer_us", news ? news->answer_time_us : 0);
    fg_json_kv_int(json, "others_run", news ? news->others_run : 0);
    fg_json_kv_int(json, "others_wait", news ? news->others_wait : 0);
    fg_json_kv_int(json, "ours_run", news ? news->ours_run : 0);
    fg_json_kv_int(json, "ours_wait", news ? news->ours_wait : 0);
    fg_json_key(json, "wait_us");
    if (news && news->time_us && news->wait_us >= 0)
        fg_json_int(json, news->wait_us);
    else
        fg_json_null(json);
}

/* "up", "silent" (it was heard once), "unknown" (not yet), "held" (up, and held back), "paused" */
static const char *state_of(const struct vendor *vendor, int64_t now_us)
{
    if (vendor->is_paused)
        return "paused";
    if (!vendor->is_up)
        return vendor->is_heard || vendor->news.time_us ? "silent" : "unknown";
    return fg_health_is_held(&vendor->health, now_us) ? "held" : "up";
}

static void write_vendor(struct fg_json *json,
                         const struct fg_control *control,
                         const struct vendor *vendor)
{
    struct sums sums = sum_up(control, vendor->name);
    const struct fg_supplier *supplier = fg_supplier_get(control, vendor->name);
    char why[FG_TEXT_MAX];
    if (fg_vendor_is_blocked(vendor, control->now_us, why))
        sums.nodes_up = sums.devices_free = 0;
    fg_json_object(json);
    fg_json_kv(json, "name", vendor->name);
    fg_json_kv(json, "kind", "slurm");
    fg_json_kv(json, "state", state_of(vendor, control->now_us));
    fg_json_kv(json, "reason", why);
    fg_json_key(json, "since");
    fg_json_time(json, vendor->since_us);
    fg_json_kv(json, "site", supplier ? supplier->cluster.site : "");
    fg_json_kv(json, "region", supplier ? supplier->cluster.region : "");
    write_sums(json, &sums);
    write_news(json, &vendor->news);
    fg_json_kv_int(json, "trust_milli", fg_health_milli(&vendor->health, control->now_us));
    fg_json_end(json);
}

static void write_here(struct fg_json *json, const struct fg_control *control)
{
    struct sums sums = sum_up(control, "");
    fg_json_object(json);
    fg_json_kv(json, "name", "");
    fg_json_kv(json, "kind", "local");
    fg_json_kv(json, "state", "up");
    fg_json_kv(json, "reason", "");
    fg_json_key(json, "since");
    fg_json_time(json, 0);
    fg_json_kv(json, "site", "");
    fg_json_kv(json, "region", "");
    write_sums(json, &sums);
    write_news(json, NULL);
    fg_json_kv_int(json, "trust_milli", 1000);
    fg_json_end(json);
}

void fg_command_supplier_status(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_array(&json);
    if (!command->name)
        write_here(&json, control);
    for (size_t i = 0; i < control->vendors_len; i++)
        if (!command->name || strcmp(command->name, control->vendors[i].name) == 0)
            write_vendor(&json, control, &control->vendors[i]);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

/* F of the node, how much it is trusted, and what is to be repaired there: the machine before its devices. */
static void write_health(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    const struct known_node *known = fg_node_known(control, id);
    char device[FG_TEXT_MAX];
    const char *fault = fg_node_check_why(known, control->now_us), *hint = NULL;
    int64_t fault_us = known->health.why_us;
    if (!fault && fg_node_devices_out(control, id, device)) {
        const struct fg_device_watch *watch = fg_node_devices_worst(control, id);
        fault = device;
        fault_us = watch->fault_us;
        hint = fg_device_fault_hint(watch->last);
    }
    if (!fault)
        fault = known->is_up ? known->health.why : known->word;
    if (!hint)
        hint = fg_fault_hint(fault);
    fg_json_key(json, "health");
    fg_json_object(json);
    fg_json_kv_int(json, "milli", fg_node_health_milli(control, id));
    fg_json_kv(json, "fault", fault);
    fg_json_kv(json, "hint", hint ? hint : "");
    fg_json_key(json, "fault_at");
    fg_json_time(json, fault_us);
    fg_json_key(json, "held_until");
    fg_json_time(
        json, fg_health_is_held(&known->health, control->now_us) ? known->health.hold_us : 0);
    fg_json_end(json);
}

void fg_node_write(struct fg_json *json, const struct fg_control *control, fg_node_id id)
{
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, id);
    const struct known_node *known = fg_node_known(control, id);
    char reason[FG_TEXT_MAX];
    enum fg_node_state state = fg_node_shown(control, id, reason);
    fg_json_kv(json, "name", spec->name);
    fg_json_kv(json, "state", fg_node_state_name(state));
    fg_json_kv(json, "reason", reason);
    fg_json_kv(json, "supplier", spec->supplier);
    fg_json_kv(json, "site", spec->site);
    fg_json_kv(json, "region", spec->region);
    fg_json_kv_bool(json, "is_spot", spec->is_spot);
    fg_json_kv_int(json, "uusd_per_hour", spec->price_uusd_per_hour);
    fg_json_key(json, "since");
    fg_json_time(json, known->since_us);
    fg_json_key(json, "leaves");
    fg_json_time(json, known->leaves_us);
    write_health(json, control, id);
    fg_json_kv_int(json, "devices_others",
                   known->has_others ? __builtin_popcount(known->others.devices) : 0);
}
