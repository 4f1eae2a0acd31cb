/* sampling.h - readings of the engine into the curves that the page shows. */
#pragma once

#include "control/control.h"
#include "daemon/job_counts.h"
#include "probe/exporter.h"
#include "telemetry/series.h"

/* Where readings come from. */
struct fg_sampling_sources {
    const struct fg_engine_ops *ops;
    struct fg_engine *engine;
    struct fg_exporters *exporters; /* NULL: none */
    struct fg_job_counts *counts;   /* stays from turn to turn */
    /* Told of each reading of a device that is known; NULL: nobody is. */
    void (*read)(void *self,
                 const struct fg_node_spec *node,
                 const struct fg_device_sample *sample);
    void *self;
};

/* Move all fresh readings over; what they say of devices' health is told to `control`. */
void fg_sampling_take(const struct fg_sampling_sources *sources,
                      struct fg_control *control,
                      struct fg_series *series,
                      int64_t now_us);
