/* report.h - what a result amounts to, in figures.
 *
 *     fg_sim_result --fg_sim_summarise--> summary --> JSON, table, page
 *
 * JCT is the time from submission to end.  Waiting is the part of it in which the job held no devices, before its first
 * start and between attempts.  Jobs that never ended are counted, and are in no average.
 */
#pragma once

#include "base/json_write.h"
#include "sim/result.h"

/* Of microseconds, or of ratios.  Percentiles are of the nearest rank. */
struct fg_sim_spread {
    double mean, p50, p90, p95, p99, most;
};

/* Jobs of one size, or of one project. */
struct fg_sim_part {
    char name[FG_NAME_MAX]; /* "2-4", "vision" */
    size_t jobs;
    double jct_mean_us, jct_p50_us, wait_mean_us, wait_p95_us;
    double gpu_hours;
    double rho_mean;
};

#define FG_SIM_SIZES 6

struct fg_sim_summary {
    size_t first, end; /* the window: jobs first .. end - 1 in the order of submission */
    size_t jobs, done, timed_out, never;
    size_t deadlines,
        deadlines_missed; /* jobs with a deadline; those that were not done by then */
    struct fg_sim_spread jct_us, wait_us,
        start_us;                  /* start: from submission to the first start */
    struct fg_sim_spread slowdown; /* JCT over the time it takes alone, at least 10 s */
    /* Finish-time fairness (Themis, NSDI 2020): JCT, over what it would have been had the project a part of the cluster of
     * its weight to itself, first come first served; in rounds, had the job had an equal share of the pool among the jobs
     * that were there.  1 and less is fair. */
    struct fg_sim_spread rho;
    double
        jain_projects; /* Jain's index of the projects' progress: device-time needed over device-time in the system */
    int64_t makespan_us;
    double utilisation; /* granted devices over devices that were up */
    double stranded;    /* idle devices on nodes in use, over devices that were up */
    double waiting_mean;
    struct fg_sim_part sizes[FG_SIM_SIZES]; /* by devices: 0, 1, 2-4, 5-8, 9-16, 17 and more */
    struct fg_sim_part *projects;           /* owned; as in the result */
    size_t projects_len;
};

/* Jobs `first` to `end` - 1 by submission (0, SIZE_MAX: all) count for the figures of jobs; sums are of the whole run. */
void fg_sim_summarise(const struct fg_sim_result *result,
                      size_t first,
                      size_t end,
                      struct fg_sim_summary *out);
void fg_sim_summary_free(struct fg_sim_summary *summary); /* what it owns */

/* Its members and the result's sums, into an object that is open: seconds, USD, kWh, ratios. */
void fg_sim_report_json(struct fg_json *json,
                        const struct fg_sim_result *result,
                        const struct fg_sim_summary *summary);
/* The samples: a list for each quantity. */
void fg_sim_series_json(struct fg_json *json, const struct fg_sim_result *result);
