/* prices.c - what the pool asks for an hour of each kind of device, by how busy it is: see plan/price.h.
 *
 * What an hour costs us is the price of the order that a node came with, else the setting for this machine.
 */
#include "control/control_inner.h"

#include "base/json_write.h"
#include "plan/price.h"

#include <math.h>
#include <stdio.h>

#define KINDS FG_POOL_KINDS_MAX

/* All devices of one kind, or the cores. */
struct held {
    const char *kind;
    int64_t all_milli, used_milli;
    __int128 uusd_milli; /* sum of cost * capacity */
};

static int64_t cost_of_device(const struct fg_control *control, fg_node_id id)
{
    const struct fg_order *order = fg_order_of_node(control, id);
    return order ? fg_offer_uusd_per_device_hour(&order->offer)
                 : control->config->gpu_price_uusd_per_hour;
}

static void add_node(const struct fg_control *control,
                     fg_node_id id,
                     struct held kinds[KINDS],
                     struct held *cores)
{
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    if (node->state == FG_NODE_DOWN)
        return;
    cores->all_milli += node->cpu_milli;
    cores->used_milli += node->cpu_milli - node->cpu_milli_left;
    cores->uusd_milli +=
        (__int128)control->config->cpu_price_uusd_per_core_hour * node->cpu_milli;
    for (uint32_t at = 0; at < node->devices_len; at++) {
        struct held *held = &kinds[node->kind[at]];
        held->kind = fg_pool_spec(control->pool, id)->devices[at].kind;
        held->all_milli += FG_WHOLE_MILLI;
        held->used_milli += FG_WHOLE_MILLI - node->left_milli[at];
        held->uusd_milli += (__int128)cost_of_device(control, id) * FG_WHOLE_MILLI;
    }
}

static struct fg_price_rule rule_of(const struct fg_config *config)
{
    return (struct fg_price_rule){
        .floor_milli = (uint32_t)config->price_floor_percent * 10,
        .cap_milli = (uint32_t)config->price_cap_percent * 10,
        .target_milli = (uint32_t)config->price_target_percent * 10,
        .steepness = (uint32_t)config->price_steepness,
    };
}

static void write_price(struct fg_json *json,
                        const struct fg_price_rule *rule,
                        const struct held *held)
{
    struct fg_price price;
    struct fg_price_class class = {.cost_uusd = (int64_t)(held->uusd_milli / held->all_milli),
                                   .utilisation =
                                       (double)held->used_milli / (double)held->all_milli,
                                   .previous_uusd = -1};
    fg_price_class_price(rule, &class, &price);
    fg_json_object(json);
    fg_json_kv(json, "kind", held->kind);
    fg_json_kv_int(json, "milli", held->all_milli);
    fg_json_kv_int(json, "used_milli", held->used_milli);
    fg_json_kv_int(json, "cost_uusd", class.cost_uusd);
    fg_json_kv_int(json, "floor_uusd", price.floor_uusd);
    fg_json_kv_int(json, "cap_uusd", price.cap_uusd);
    fg_json_kv_int(json, "price_uusd", price.price_uusd);
    fg_json_end(json);
}

void fg_command_prices(struct fg_control *control, struct fg_command *command)
{
    struct held kinds[KINDS] = {}, cores = {.kind = "cpu"};
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    struct fg_price_rule rule = rule_of(control->config);
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++)
        add_node(control, id, kinds, &cores);
    fg_json_array(&json);
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].all_milli > 0)
            write_price(&json, &rule, &kinds[i]);
    if (cores.all_milli > 0)
        write_price(&json, &rule, &cores);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}
