/* energy_model.h - what machines draw in a simulation, and what a power cap does to the work of a job.
 *
 *     YAML --fg_energy_model_read--> MODEL --> sim (watts, speed, sleep)
 *
 * The model that comes with the program (energy_model.yaml: V100, A40, RTX 6000, P100) has its sources beside its numbers.  A device
 * of another kind draws and works as that of the first row; your own numbers go into a file (docs/energy.md).
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "energy/curve.h"
#include "model/limits.h"

#include <stddef.h>
#include <stdint.h>

#define FG_ENERGY_DEVICES_MAX 16
#define FG_ENERGY_CLASSES_MAX 16
#define FG_ENERGY_CAPS_MAX    32

/* A sort of work on one kind of device, at each cap of its range. */
struct fg_energy_class {
    char name[FG_KIND_MAX];
    double share[FG_ENERGY_CAPS_MAX]; /* of the work without a cap, above 0, at most 1 */
    double watts[FG_ENERGY_CAPS_MAX];
};

struct fg_energy_device {
    char kind[FG_KIND_MAX];
    struct fg_cap_range range;
    int64_t idle_mw;
    size_t caps_len;
    struct fg_energy_class classes[FG_ENERGY_CLASSES_MAX];
    size_t classes_len;
};

struct fg_energy_model {
    struct {
        int64_t idle_mw, busy_mw, asleep_mw; /* of the machine without its devices */
        int64_t down_us, wake_us;
    } node;
    uint32_t g_per_kwh;
    int64_t price_uusd_per_kwh;
    int64_t g_by_hour[24],
        uusd_by_hour[24]; /* of each day; as the two above if the file says no hours */
    bool has_hours;
    struct fg_energy_device devices[FG_ENERGY_DEVICES_MAX];
    size_t devices_len;
};

/* Read a model file.  FG_EINVAL: "model.yaml:3: devices[0].idle: ...". */
[[nodiscard]] int fg_energy_model_read(const char *bytes,
                                       size_t len,
                                       const char *file_name,
                                       struct fg_energy_model *out,
                                       struct fg_err *err);
/* The one that comes with the program. */
[[nodiscard]] int fg_energy_model_bundled(struct fg_energy_model *out, struct fg_err *err);

/* The row of that kind of device, the first one for a kind that is not there. */
const struct fg_energy_device *fg_energy_device_of(const struct fg_energy_model *model,
                                                   const char *kind);
/* The place of a cap in its range. */
size_t fg_energy_cap_at(const struct fg_energy_device *device, int64_t cap_mw);
