/* node_watts.c - what a node draws that does not say so: placement (place_energy) and sleep weigh it. */
#include "control/node_inner.h"

#include "supply/accelerator.h"

/* A server without its devices, as in sim/energy_model.yaml; assumed. */
#define ASLEEP_W         15
#define IDLE_W           300
#define BUSY_W           500
#define IDLE_DEVICE_W    30
#define UNKNOWN_DEVICE_W 300 /* not in the catalogue */

static uint32_t busy_device_watts(const struct fg_device_spec *device)
{
    struct fg_accelerator_match match =
        fg_accelerator_match(device->kind, NULL, device->mem_mib);
    return match.accelerator && match.accelerator->tdp_watts ? match.accelerator->tdp_watts
                                                             : UNKNOWN_DEVICE_W;
}

void fg_node_assume_watts(struct fg_node_spec *spec, bool sleeps)
{
    if (spec->busy_watts)
        return;
    spec->is_watts_assumed = true;
    spec->idle_watts = IDLE_W + IDLE_DEVICE_W * spec->devices_len;
    spec->asleep_watts = sleeps ? ASLEEP_W : spec->idle_watts;
    spec->busy_watts = BUSY_W;
    for (uint32_t i = 0; i < spec->devices_len; i++)
        spec->busy_watts += busy_device_watts(&spec->devices[i]);
}
