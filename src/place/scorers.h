/* scorers.h - what else counts when a node is chosen, each with its own weight.
 *
 * A scorer gives a node from 0 (nothing against it) to 1000 (the worst in the pool); its weight says how many
 * milli-devices the worst is worth.  They are taken off the points of the policy, in which one device is 1000, so that
 * "fragmentation against energy" is a trade in devices: with an energy weight of 500, waking the hungriest node costs as
 * much as losing half a device.
 *
 *   load           used parts of CPU, devices and memory after the task has come (1000: all full)
 *   energy         watts that the task adds: from asleep to idle if it wakes the node, and its share of busy less idle
 *   data           time to bring the task's data there, T of pool/wan.h; 1000: an hour or more
 *   price          of a device-hour there (without devices: of a core-hour), against the dearest
 *   reliability    how much of the time the node is not there
 *   faults         interruptions to expect beyond those of the node's twins while the task is exposed; 1000: one
 *   interference   what neighbours hold: of the device for a share, of the node's cores else
 *   topology       125: the task's devices are of several islands (NVLink, PCIe switch, NUMA); and for tasks of a gang
 *                  250 if the task before is in the same rack, 500 same site, 1000 elsewhere
 */
#pragma once

#include "model/resources.h"
#include "pool/pool.h"

/* X(name, text): one row a scorer. */
#define FG_SCORERS(X)                                                                          \
    X(load, "used parts of CPU, devices and memory")                                           \
    X(energy, "watts that the task adds")                                                      \
    X(data, "time to bring the data there")                                                    \
    X(price, "price of a device-hour")                                                         \
    X(reliability, "time that the node is not there")                                          \
    X(faults, "interruptions beyond those of its twins")                                       \
    X(interference, "what neighbours hold of the device, or of the cores")                     \
    X(topology, "distance between the devices, and to the gang's task before")

/* In milli-devices for the worst; 0: it does not count. */
struct fg_place_weights {
#define X(name, text) int32_t name;
    FG_SCORERS(X)
#undef X
};

/* What each gives, 0..1000. */
struct fg_place_penalties {
#define X(name, text) int32_t name;
    FG_SCORERS(X)
#undef X
};

#define FG_PLACE_WEIGHT_MAX 10000
#define FG_PLACE_ISLANDS    125 /* topology: several islands of one node */

struct fg_scene;
/* All of one request before one node, but of topology what needs to know the task before. */
struct fg_place_penalties fg_scene_penalties(const struct fg_scene *scene, uint32_t left);

/* What bringing the need's data to each site costs, by the site's number. */
void fg_place_data_penalties(const struct fg_wan *links,
                             const struct fg_need *need,
                             int16_t out[FG_SITES_MAX + 1]);

/* The scales of a pool: what 1000 means. */
struct fg_place_scales {
    uint32_t watts_max;
    int64_t price_max; /* micro-USD an hour, of a device or core */
};

/* Price of one device, or of one core where there are none. */
int64_t fg_place_unit_price(const struct fg_node_spec *spec);
struct fg_place_scales fg_place_scales_of(const struct fg_pool *pool);

/* Sum of weight x penalty, in milli-devices. */
int32_t fg_place_weigh(const struct fg_place_weights *weights,
                       const struct fg_place_penalties *penalties);

/* How far two nodes are from each other, as topology says. */
int32_t fg_place_distance(const struct fg_node_spec *a, const struct fg_node_spec *b);
