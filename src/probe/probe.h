/* probe.h - the accelerators of this machine, whoever made them, and what they say of themselves.
 *
 *     NVML, ROCm SMI, Level Zero (dlopen) --vendor.h--> PROBE --copies--> sampler, discovery, power.h
 *
 * Threads:   one looks for the devices of a vendor, then one a device reads it.  Calls of a driver may hang: what is asked of
 *            here are copies, and nobody waits.  A call that takes longer than it may makes its device's readings
 *            unknown and FG_READING_HANGS grow; the call is then left out for a while, twice as long each time.
 * Bounded:   FG_NODE_DEVICES_MAX devices, one thread each, however often they hang.
 * Time:      readings are taken by the boot clock: a wall clock that is set neither stops nor hurries them.
 */
#pragma once

#include "model/reading.h"
#include "model/resources.h"

#include <stddef.h>
#include <sys/types.h>

#define FG_PROBE_PROCS_MAX   64      /* processes of one device that are remembered */
#define FG_PROBE_DEADLINE_US 1500000 /* that the service gives a call */

struct fg_probe_options {
    int64_t interval_us; /* between two readings of a device */
    int64_t deadline_us; /* of one call */
    bool mps;            /* shares of NVIDIA's devices can be kept by MPS */
};

struct fg_probe;

struct fg_probe_process {
    pid_t pid;
    int64_t mem_mib;    /* -1 unknown, so is the other */
    int64_t busy_milli; /* share of the time in which its work was on the device */
};

struct fg_probe_reading {
    int64_t time_us;                /* UTC; 0: none yet */
    int64_t value[FG_READINGS_LEN]; /* -1 unknown */
    uint32_t procs_len;
    struct fg_probe_process procs[FG_PROBE_PROCS_MAX];
};

/* What watching has cost since fg_probe_new(). */
struct fg_probe_cost {
    int64_t cpu_us;  /* of all threads here */
    int64_t wall_us; /* since the start */
};

/* Load what libraries there are and begin to look; NULL if there is none. */
struct fg_probe *fg_probe_new(const struct fg_probe_options *options);
void fg_probe_free(
    struct fg_probe *probe); /* NULL is allowed; threads that hang are left behind */

/* The devices, instances in place of the device they are cut from; waits at most `wait_us` for a first answer.  Returns how
 * many; -1: a driver did not answer in time (`*out_silent`: whose, may be NULL).  The order never changes. */
int fg_probe_devices(struct fg_probe *probe,
                     struct fg_device_spec *out,
                     size_t max,
                     int64_t wait_us,
                     const char **out_silent);

/* The newest reading of device `index`.  False: no such device. */
bool fg_probe_read(struct fg_probe *probe, size_t index, struct fg_probe_reading *out);

/* The number of /dev/nvidia<N> of the device with that id; -1: none of its own (MIG) or unknown. */
int fg_probe_minor(struct fg_probe *probe, const char *id);

void fg_probe_cost(struct fg_probe *probe, struct fg_probe_cost *out);
