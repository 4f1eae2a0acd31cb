/* scarcity.h - which kinds of devices are asked for by those that can take no other?  Inside of place/ only.
 *
 * If all that is asked together were as much as all there is, and each type spread what it asks evenly over the devices
 * that can serve it, a kind's pressure would be what is asked of each of its devices.  Where pressure is the least there
 * is room; what a kind has beyond that is its scarcity.  A device serves a type if its kind is one that the type takes and
 * comes in nodes that hold the type: eight devices with 120 cores need the one kind of node that has both.
 */
#pragma once

#include "place/mix.h"

/* What the pool has of a kind. */
struct fg_place_kind {
    uint32_t devices;                      /* all together */
    uint32_t node_devices, node_cpu_milli; /* of the largest node, each */
};

/* By kind. */
void fg_place_kinds(const struct fg_pool *pool, struct fg_place_kind out[FG_POOL_KINDS_MAX]);

/* Who asks, and what there is. */
struct fg_demand {
    const struct fg_mix_type *types; /* borrowed */
    size_t len;
    const struct fg_place_kind *kinds; /* borrowed */
    size_t kinds_len;
    uint64_t reach[FG_MIX_TYPES_MAX]; /* kinds that serve each type */
};
void fg_demand_init(struct fg_demand *out,
                    const struct fg_mix_type *types,
                    size_t len,
                    const struct fg_place_kind *kinds,
                    size_t kinds_len);

/* No type tells the two kinds apart. */
bool fg_demand_is_same(const struct fg_demand *demand, uint32_t a, uint32_t b);

/* Of each kind, 0 or more: so many devices are asked of each beyond those asked of each of the least wanted. */
void fg_demand_scarcity(const struct fg_demand *demand, double out[FG_POOL_KINDS_MAX]);
