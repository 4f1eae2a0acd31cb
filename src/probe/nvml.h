/* nvml.h - one look at how NVIDIA's boards are; readings: probe.h.
 *
 * FASTGPU_NVML_LIBRARY in the environment names another library than the driver's (tests use a fake one).
 */
#pragma once

#include "model/resources.h"

#include <stddef.h>

#define FG_NVML_LIBRARY "libnvidia-ml.so.1"

/* How a board is, as the driver's counters say; -1 unknown. */
struct fg_nvml_health {
    char product[96]; /* "NVIDIA H100 80GB HBM3" */
    char id[96];      /* UUID */
    uint32_t mem_mib;
    int32_t ecc_on; /* 0 or 1 */
    int64_t ecc_uncorrected, rows_remapped;
    int32_t remap_pending, remap_failed;
    int64_t temp_c, power_mw, slowdown;
};

/* Look at all boards (not the instances they are cut into) once, in this thread: it may hang, so it is for a process of its
 * own.  Writes at most `max`, and the driver's version ("" unknown).  How many; -1: there is no library, or it does not work. */
int fg_nvml_look(struct fg_nvml_health *out, size_t max, char driver[80]);
