/* read.h - traces of many formats into one (trace.h).
 *
 *     bytes, format --READ--> trace, or "jobs.csv:17: duration: -3, expected 0 to 315360000 s"
 *
 * Input is hostile: every number is checked against its bounds, nothing is believed.  Files that are packed are
 * unpacked by the caller.  Pure: bytes in, values out.
 *
 * | format  | what it is |
 * |---|---|
 * | native  | our own CSV with a header; docs/simulator.md |
 * | philly  | timestamp,duration,num_gpus,gpu_time,cluster: the list made of Microsoft's Philly traces |
 * | swf     | Standard Workload Format 2.2 of the Parallel Workloads Archive; processors become devices |
 * | sacct   | `sacct --parsable2` of Slurm, with its header line |
 * | history | our own history: `fastgpu ps --all --json` |
 */
#pragma once

#include "sim/trace.h"

/* Told about each bad row when they are to be skipped. */
typedef void fg_sim_bad_row_fn(void *self, const struct fg_err *err);

struct fg_sim_reading {
    const char *format;      /* "philly" */
    const char *file_name;   /* for messages */
    uint32_t per_node;       /* devices of a node: larger jobs become gangs; 1 .. 32 */
    uint32_t cores_per_node; /* the same for jobs without devices; 0: never parted */
    const char *kind;        /* device kind of formats that name none; "any" */
    bool preemptible; /* of formats that do not say: may jobs be stopped and go on later? */
    int64_t checkpoint_us, restart_us; /* of jobs that do not say */
    bool
        cpu_as_gpu; /* swf, sacct without devices: processors are devices; else they are cores */
    bool
        reservations; /* history: jobs name the one that they ran in, which the cluster then has to have */
    fg_sim_bad_row_fn *bad_row; /* NULL: the first bad row fails the whole file */
    void *bad_row_self;
};

/* Read the whole file into `*trace` (zeroed by the caller), sorted.  Returns 0, or FG_EINVAL: an unknown format or a bad
 * row, with its line number; FG_ETOOBIG: past a bound; the trace is empty then. */
[[nodiscard]] int fg_sim_read(const struct fg_sim_reading *reading,
                              const char *bytes,
                              size_t len,
                              struct fg_sim_trace *trace,
                              struct fg_err *err);
extern const char *const fg_sim_formats[]; /* their names, NULL at the end */
