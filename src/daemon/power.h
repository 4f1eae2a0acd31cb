/* power.h - the caps of this machine's devices: what the governor decides, to the engine. */
#pragma once

#include "base/config.h"
#include "daemon/sampling.h"
#include "energy/governor.h"

struct fg_power_keeper {
    struct fg_governor *governor;                      /* NULL: nothing is wanted */
    struct fg_device_sample here[FG_NODE_DEVICES_MAX]; /* time_us 0: not read yet */
};

/* After readings were taken.  What a device does is told by its clock and how busy it is: a job's own progress would be better,
 * but not every job tells it; for work that waits for memory the clock promises too little, so caps stay milder than they could be. */
void fg_power_keep(struct fg_power_keeper *keeper,
                   const struct fg_sampling_sources *sources,
                   const struct fg_control *control,
                   const struct fg_config *config);
void fg_power_keeper_fini(struct fg_power_keeper *keeper);
