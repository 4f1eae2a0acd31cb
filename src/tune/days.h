/* days.h - what a replay amounts to, day by day: the pairs that policies are compared by.
 *
 *     fg_sim_result, first day, number of days --DAYS--> a figure of each metric for each day
 *
 * Figures of jobs belong to the day of submission, those of the pool to the day itself.  A day without a job has the figures
 * of jobs at 0, under every policy alike.
 */
#pragma once

#include "sim/result.h"

#define FG_TUNE_DAY_US   86'400'000'000LL
#define FG_TUNE_DAYS_MAX 400

enum fg_metric {
#define X(name, share, text) FG_METRIC_##name,
#include "tune/metric.def"
#undef X
    FG_METRICS
};

const char *fg_metric_name(enum fg_metric metric); /* "jct_mean_s" */
bool fg_metric_is_share(enum fg_metric metric);    /* 0 to 1 */
int fg_metric_find(const char *name);              /* -1: none */

/* [day][metric]. */
struct fg_tune_days {
    double (*of)[FG_METRICS]; /* owned */
    size_t len;
};

/* Days from `from_us` of the simulation on.  Out of memory ends the process. */
void fg_tune_days_make(const struct fg_sim_result *result,
                       int64_t from_us,
                       size_t days,
                       struct fg_tune_days *out);
void fg_tune_days_free(struct fg_tune_days *days); /* back to zero */
