/* sampling.h - readings of the engine into the curves that the page shows. */
#pragma once

#include "control/control.h"
#include "probe/exporter.h"
#include "telemetry/series.h"

/* Where readings come from. */
struct fg_sampling_sources {
    const struct fg_engine_ops *ops;
    struct fg_engine *engine;
    struct fg_exporters *exporters; /* NULL: none */
    struct fg_device_sample
        *here; /* the newest of each of this machine's devices goes here; NULL: nowhere */
};

/* Move all fresh readings over; what they say of devices' health is told to `control`. */
void fg_sampling_take(const struct fg_sampling_sources *sources,
                      struct fg_control *control,
                      struct fg_series *series,
                      int64_t now_us);
