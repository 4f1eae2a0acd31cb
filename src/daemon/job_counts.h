/* job_counts.h - what the devices of a job count, counted for the job: joules, and bytes through NVLink.
 *
 *     counters of devices, since their drivers were loaded --growth while a job holds them--> counters of jobs, since they began
 *
 * Counters of jobs begin at 0 with the service again, as those of devices do with their drivers: who asks for rates does not notice.
 * Threads: one.
 */
#pragma once

#include "model/job.h"
#include "model/reading.h"

#include <stddef.h>

#define FG_JOB_COUNTS_LEN 3
extern const enum fg_reading fg_job_counted[FG_JOB_COUNTS_LEN];

struct fg_job_counts;

struct fg_job_counts *fg_job_counts_new(void);
void fg_job_counts_free(struct fg_job_counts *counts);

/* A reading of a device; `device` is a number that no other one has.  Returns by how much each of fg_job_counted grew since the
 * reading before in `out`; -1: not known. */
void fg_job_counts_grown(struct fg_job_counts *counts,
                         uint64_t device,
                         const int64_t value[FG_READINGS_LEN],
                         int64_t out[FG_JOB_COUNTS_LEN]);
/* Add to what the job has counted, and get the sums; -1: nothing was known yet. */
void fg_job_counts_add(struct fg_job_counts *counts,
                       fg_job_id job,
                       const int64_t grown[FG_JOB_COUNTS_LEN],
                       int64_t out[FG_JOB_COUNTS_LEN]);
