/* query.h - questions to the store: one reading, over a time, in steps, by device, node, supplier, kind, job or project.
 *
 *     from, to, step --level--> blocks and open hours --per track--> buckets --per group and step--> numbers
 *
 * Steps of an hour and more are read from the buckets of an hour, of a minute and more from those of a minute, else from the rows;
 * coarser where only that is kept so long.
 */
#pragma once

#include "telemetry/level.h"
#include "telemetry/series.h"

enum fg_series_agg {
    FG_AGG_AVG, /* of all values of the group */
    FG_AGG_MIN,
    FG_AGG_MAX,
    FG_AGG_SUM,      /* over the group of the averages of each: watts of a node */
    FG_AGG_LAST,     /* mean over the group of the newest of each */
    FG_AGG_RATE,     /* of a counter: by how much it grows in a second, summed over the group */
    FG_AGG_QUANTILE, /* of all values; beyond a day of the averages of buckets */
    FG_AGGS
};
enum fg_series_by {
    FG_BY_ALL,
    FG_BY_DEVICE,
    FG_BY_NODE,
    FG_BY_SUPPLIER,
    FG_BY_KIND,
    FG_BY_JOB,
    FG_BY_PROJECT,
    FG_BYS
};

const char *fg_series_agg_name(enum fg_series_agg agg);
const char *fg_series_by_name(enum fg_series_by by);

struct fg_series_query {
    unsigned column;
    int64_t from_us, to_us; /* from <= time < to */
    int64_t step_us;        /* 0: one value for all of the time */
    enum fg_series_agg agg;
    double quantile; /* 0 to 1 */
    enum fg_series_by
        by; /* by job and project the readings of jobs are asked, else those of devices */
    const char *node, *device, *supplier,
        *kind;     /* only those; NULL: all, but FG_SERIES_MACHINE only if `device` says so */
    fg_job_id job; /* only that job, or what devices did while it held them; 0: all */
    /* Jobs that whoever asks may see; NULL: all. */
    bool (*sees)(void *self, const struct fg_track *track);
    void *self;
    size_t values_max; /* more is refused */
};

struct fg_series_group {
    struct fg_track label; /* with what it was asked by */
    size_t tracks;
    double *values; /* of each step; NAN: not known */
};
struct fg_series_answer {
    enum fg_level level;
    int64_t from_us,
        step_us; /* as they were taken: from is a multiple of step, step of a bucket */
    size_t steps, len;
    struct fg_series_group *groups; /* by the order of their tracks */
};
void fg_series_answer_free(struct fg_series_answer *answer);
static inline void fg_series_answer_drop(struct fg_series_answer *answer)
{
    fg_series_answer_free(answer);
}

/* FG_EINVAL: the reading and the question do not fit, or it has too many values; FG_EIO: the disk does not give them.
 * Free the answer in any case. */
[[nodiscard]] int fg_series_ask(struct fg_series *series,
                                const struct fg_series_query *query,
                                struct fg_series_answer *out,
                                struct fg_err *err);
