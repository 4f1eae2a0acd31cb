/* power.h - the caps of devices, here and on nodes of clusters: what the governor decides, to the engine. */
#pragma once

#include "base/config.h"
#include "base/map.h"
#include "daemon/sampling.h"
#include "energy/governor.h"

/* The newest reading of a device. */
struct fg_power_reading {
    uint64_t id; /* of the device: made of the node's name and its number */
    struct fg_device_sample sample;
};

struct fg_power_keeper {
    struct fg_governor *governor; /* NULL: nothing is wanted */
    struct fg_power_reading *readings;
    size_t readings_len, readings_room;
    struct fg_map *reading_of; /* id -> index; NULL: nothing was read */
};

/* As fg_sampling_sources.read: `keeper` is a struct fg_power_keeper. */
void fg_power_read(void *keeper,
                   const struct fg_node_spec *node,
                   const struct fg_device_sample *sample);

/* After readings were taken.  What a device does is told by its clock and how busy it is: a job's own progress would be better,
 * but not every job tells it; for work that waits for memory the clock promises too little, so caps stay milder than they could be.
 * What caps saved is noted with `control`.  Devices of which nothing was read for a minute are forgotten. */
void fg_power_keep(struct fg_power_keeper *keeper,
                   const struct fg_sampling_sources *sources,
                   struct fg_control *control,
                   const struct fg_config *config,
                   int64_t now_us);
void fg_power_keeper_fini(struct fg_power_keeper *keeper);
