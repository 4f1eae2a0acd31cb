/* series.h - recent readings in memory: per running job and per device, the last hour at full rate.
 *
 * Threads: the control thread adds, API threads read; a lock inside is held for copies only.
 * Bounded: a fixed number of points per series; jobs over for longer than an hour are dropped.
 */
#pragma once

#include "model/job.h"

struct fg_series;

struct fg_job_point {
    int64_t time_us, cpu_milli, mem_mib, gpu_milli,
        gpu_mem_mib; /* summed over tasks; -1 unknown */
};
struct fg_device_point {
    int64_t time_us, busy_milli, mem_mib, power_mw, temp_c; /* -1 unknown */
};

struct fg_series *fg_series_new(void);
void fg_series_free(struct fg_series *series);

void fg_series_add_job(struct fg_series *series,
                       fg_job_id job,
                       const struct fg_job_point *point);
/* `device` "cpu" is the machine's CPU and memory. */
void fg_series_add_device(struct fg_series *series,
                          const char *node,
                          const char *device,
                          const struct fg_device_point *point);
/* The job is over: keep its curve for an hour. */
void fg_series_end_job(struct fg_series *series, fg_job_id job, int64_t now_us);

/* Copy the newest `max` points, oldest first; returns how many. */
size_t fg_series_job(struct fg_series *series,
                     fg_job_id job,
                     struct fg_job_point *out,
                     size_t max);
size_t fg_series_device(struct fg_series *series,
                        const char *node,
                        const char *device,
                        struct fg_device_point *out,
                        size_t max);
