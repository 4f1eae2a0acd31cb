/* power.c - power of nodes: caps, asked of the courier that has the device; on and off, asked of Slurm.
 *
 * Which courier that is its readings tell.  A cap holds at the courier for a minute, so it is said again: whoever is cut off, or
 * outlives the service, goes back to what the device had.
 */
#include "slurm/inner.h"

#include <string.h>

#define ASK_US   2000000  /* between two questions for limits */
#define AGAIN_US 20000000 /* a cap is said again so often */
#define FRESH_US 10000000 /* who has not read a device for so long has it no more */

void fg_slurm_power_read(struct fg_slurm_node_at *node,
                         uint32_t device,
                         const struct fg_link_courier *courier)
{
    if (!node->power)
        node->power = fg_slurm_zeroed(FG_NODE_DEVICES_MAX * sizeof(*node->power));
    struct fg_slurm_power *power = &node->power[device];
    bool is_same = power->courier.number == courier->number
                   && strcmp(power->courier.allocation, courier->allocation) == 0;
    if (!is_same)
        *power = (struct fg_slurm_power){.courier = *courier};
    power->read_us = fg_slurm_now_us();
}

void fg_slurm_power_told(struct fg_engine *engine, const struct fg_link_event *event)
{
    const struct fg_room *room = fg_room_find(engine, event->courier.allocation);
    if (!room || !room->site || event->courier.number >= room->couriers_len)
        return;
    struct fg_slurm_node_at *node =
        fg_site_node(room->site, room->couriers[event->courier.number].node);
    struct fg_slurm_power *power = node && node->power ? &node->power[event->device] : NULL;
    if (!power || strcmp(power->courier.allocation, event->courier.allocation) != 0)
        return;
    power->is_told = true;
    power->limits = event->limits;
}

void fg_slurm_set_node_power(struct fg_engine *engine, const struct fg_node_spec *node, bool on)
{
    const struct fg_site *site = fg_site_find(engine, node->supplier);
    const struct fg_slurm_node_at *at = site ? fg_site_pool_node(site, node->name) : NULL;
    if (at)
        fg_cluster_power(site->cluster, at->name, on);
}

/* NULL: no courier has it now. */
static struct fg_slurm_power *find(const struct fg_engine *engine,
                                   const struct fg_node_spec *node,
                                   uint32_t device)
{
    const struct fg_site *site =
        fg_site_find((struct fg_engine *)(uintptr_t)engine, node->supplier);
    const struct fg_slurm_node_at *at = site ? fg_site_pool_node(site, node->name) : NULL;
    struct fg_slurm_power *power =
        at && at->power && device < FG_NODE_DEVICES_MAX ? &at->power[device] : NULL;
    bool is_read = power && power->read_us && fg_slurm_now_us() - power->read_us < FRESH_US;
    return is_read ? power : NULL;
}

static void say(struct fg_engine *engine,
                struct fg_slurm_power *power,
                uint32_t device,
                int64_t cap_mw)
{
    power->cap_mw = cap_mw;
    power->said_us = fg_slurm_now_us();
    fg_link_cap(engine->link, &power->courier, device, cap_mw);
}

int fg_slurm_power_limits(struct fg_engine *engine,
                          const struct fg_node_spec *node,
                          uint32_t device,
                          struct fg_power_limits *out,
                          struct fg_err *err)
{
    struct fg_slurm_power *power = find(engine, node, device);
    *out = (struct fg_power_limits){};
    if (!power)
        return fg_fail(err, FG_ESTATE, "node %s, device %u: no courier has it now", node->name,
                       device);
    if (!power->is_told) {
        if (fg_slurm_now_us() - power->said_us > ASK_US)
            say(engine, power, device, 0);
        return fg_fail(err, FG_EBUSY, "node %s, device %u: its courier was not heard yet",
                       node->name, device);
    }
    *out = power->limits;
    return out->max_mw > 0 ? 0
                           : fg_fail(err, FG_ESTATE, "node %s, device %u: no cap can be set",
                                     node->name, device);
}

void fg_slurm_set_power_cap(struct fg_engine *engine,
                            const struct fg_node_spec *node,
                            uint32_t device,
                            int64_t cap_mw)
{
    struct fg_slurm_power *power = find(engine, node, device);
    if (!power || !power->is_told || power->limits.max_mw == 0)
        return;
    int64_t wanted_mw = cap_mw >= power->limits.max_mw ? 0 : cap_mw;
    bool is_old = wanted_mw > 0 && fg_slurm_now_us() - power->said_us > AGAIN_US;
    if (wanted_mw != power->cap_mw || is_old)
        say(engine, power, device, wanted_mw);
}
