/* reading.h - what a device or a machine says of itself at one moment: see reading.def.
 *
 *     struct fg_device_sample sample = {.device = 0, .time_us = now, .value = FG_READINGS_UNKNOWN};
 *     sample.value[FG_READING_POWER] = 250000;
 */
#pragma once

#include "model/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum fg_reading {
#define X(id, name, unit, kind, dcgm, meaning) FG_READING_##id,
#include "model/reading.def"
#undef X
    FG_READINGS_LEN
};

/* -1 for each. */
#define FG_READINGS_ALL 0 ... FG_READINGS_LEN - 1
#define FG_READINGS_UNKNOWN                                                                    \
    {                                                                                          \
        [FG_READINGS_ALL] = -1                                                                 \
    }

struct fg_reading_kind {
    const char *name, *unit;
    const char *dcgm; /* name of DCGM's exporter; "" it has none */
    const char *meaning;
    bool counts; /* only grows */
};
extern const struct fg_reading_kind fg_reading_kinds[FG_READINGS_LEN];

/* The reading of that name; FG_READINGS_LEN: there is none. */
enum fg_reading fg_reading_find(const char *name);

#define FG_DEVICE_CPU UINT32_MAX

struct fg_device_sample {
    char node[FG_NAME_MAX]; /* name in the pool; "" the machine of the engine itself */
    uint32_t device;        /* index in the node's devices; FG_DEVICE_CPU: the machine */
    int64_t time_us;
    int64_t value[FG_READINGS_LEN]; /* -1 unknown */
};
