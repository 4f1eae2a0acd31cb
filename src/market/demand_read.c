/* demand_read.c - tables of jobs and of series into demand by hour, traces of spot into hours; see world_read.h */
#include "base/rows.h"
#include "demand/read.h"
#include "market/spot_trace.h"
#include "market/world_read.h"

#include <fnmatch.h>
#include <math.h>

#define HOURS_MAX (24 * 3660)
static const int64_t hour_us = 3'600'000'000;

static int read_names(struct fg_rows *rows, struct fg_row *out, struct fg_err *err)
{
    struct fg_field line;
    if (!fg_rows_next(rows, &line))
        return fg_fail(err, FG_EINVAL, "the file is empty, expected a line of column names");
    return fg_row_split(line, ',', 0, out, err);
}

static size_t find_column(const struct fg_row *names, const char *name)
{
    size_t i = 0;
    while (i < names->len && !fg_field_is(names->fields[i], name))
        i++;
    return i;
}

/* The next line that is not empty, in fields; *out_more false at the end. */
static int next_row(struct fg_rows *rows,
                    size_t columns,
                    struct fg_row *out,
                    bool *out_more,
                    struct fg_err *err)
{
    struct fg_field line;
    do {
        *out_more = fg_rows_next(rows, &line);
    } while (*out_more && line.len == 0);
    return *out_more ? fg_row_split(line, ',', columns, out, err) : 0;
}

/* -- jobs ------------------------------------------------------------------------------------------------ */

struct job {
    int64_t start_us, duration_us, devices;
};

struct jobs {
    struct fg_rows rows;
    struct fg_row names;
    size_t start, duration, devices; /* columns */
};

static int begin_jobs(struct jobs *jobs, const char *bytes, size_t len, struct fg_err *err)
{
    jobs->rows = (struct fg_rows){.bytes = bytes, .len = len};
    int rc = read_names(&jobs->rows, &jobs->names, err);
    if (rc < 0)
        return rc;
    jobs->start = find_column(&jobs->names, "timestamp");
    jobs->duration = find_column(&jobs->names, "duration");
    jobs->devices = find_column(&jobs->names, "num_gpus");
    if (jobs->start == jobs->names.len || jobs->duration == jobs->names.len
        || jobs->devices == jobs->names.len)
        return fg_fail(err, FG_EINVAL,
                       "line 1: expected columns timestamp, duration and num_gpus");
    return 0;
}

static int next_job(struct jobs *jobs, struct job *out, bool *out_more, struct fg_err *err)
{
    struct fg_row row;
    int rc = next_row(&jobs->rows, jobs->names.len, &row, out_more, err);
    if (rc == 0 && !*out_more)
        return 0;
    if (rc == 0)
        rc = fg_field_moment(row.fields[jobs->start], "timestamp", &out->start_us, err);
    if (rc == 0)
        rc = fg_field_seconds(row.fields[jobs->duration], "duration", &out->duration_us, err);
    if (rc == 0)
        rc = fg_field_int_in(row.fields[jobs->devices], "num_gpus", 0, 1'000'000, &out->devices,
                             err);
    return rc < 0 ? fg_wrap(err, rc, "line %zu", jobs->rows.line) : 0;
}

/* Device-hours of one job to the hours that it runs in. */
static void add_job(const struct job *job, int64_t first_us, double *hours, size_t len)
{
    int64_t at = job->start_us - first_us, end = at + job->duration_us;
    for (size_t hour = (size_t)(at / hour_us); hour < len && at < end; hour++) {
        int64_t until = (int64_t)(hour + 1) * hour_us;
        int64_t here = (until < end ? until : end) - at;
        hours[hour] += (double)job->devices * (double)here / (double)hour_us;
        at = until;
    }
}

int fg_market_read_jobs(struct fg_arena *arena,
                        const char *bytes,
                        size_t len,
                        const double **out,
                        size_t *out_len,
                        struct fg_err *err)
{
    struct jobs jobs;
    struct job job = {};
    bool more = true;
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    int rc = begin_jobs(&jobs, bytes, len, err);
    while (rc == 0 && (rc = next_job(&jobs, &job, &more, err)) == 0 && more) {
        first_us = job.start_us < first_us ? job.start_us : first_us;
        last_us = job.start_us > last_us ? job.start_us : last_us;
    }
    if (rc < 0)
        return rc;
    if (first_us > last_us)
        return fg_fail(err, FG_EINVAL, "no jobs");
    if (last_us - first_us > HOURS_MAX * hour_us)
        return fg_fail(err, FG_EINVAL, "jobs of more than ten years");
    *out_len = (size_t)((last_us - first_us) / hour_us) + 1;
    double *hours = FG_NEW(arena, double, *out_len);
    rc = begin_jobs(&jobs, bytes, len, err);
    while (rc == 0 && (rc = next_job(&jobs, &job, &more, err)) == 0 && more)
        add_job(&job, first_us, hours, *out_len);
    *out = hours;
    return rc;
}

/* -- series ---------------------------------------------------------------------------------------------- */

/* Sum what was asked for; gaps count as nothing. */
static int add_series(const struct fg_demand_set *set,
                      const struct fg_market_series *which,
                      double *hours,
                      int64_t first_us,
                      struct fg_err *err)
{
    size_t added = 0;
    for (size_t i = 0; i < set->len; i++) {
        const struct fg_demand_series *series = &set->series[i];
        if (which->series && fnmatch(which->series, series->name, 0) != 0)
            continue;
        size_t at = (size_t)((series->time.first - first_us) / hour_us);
        for (size_t k = 0; k < series->len; k++)
            hours[at + k] += isnan(series->values[k]) ? 0 : fmax(0, series->values[k]);
        added++;
    }
    return added ? 0 : fg_fail(err, FG_EINVAL, "no series of that name");
}

static int bounds(const struct fg_demand_set *set,
                  const struct fg_market_series *which,
                  int64_t *out_first_us,
                  size_t *out_len,
                  struct fg_err *err)
{
    int64_t first = INT64_MAX, end = INT64_MIN;
    for (size_t i = 0; i < set->len; i++) {
        const struct fg_demand_time *time = &set->series[i].time;
        if (which->series && fnmatch(which->series, set->series[i].name, 0) != 0)
            continue;
        if (time->is_index || time->step != hour_us)
            return fg_fail(err, FG_EINVAL, "times are not of hours");
        int64_t last = time->first + (int64_t)set->series[i].len * hour_us;
        first = time->first < first ? time->first : first;
        end = last > end ? last : end;
    }
    if (first >= end)
        return fg_fail(err, FG_EINVAL, "no values of such a series");
    if (end - first > HOURS_MAX * hour_us)
        return fg_fail(err, FG_EINVAL, "values of more than ten years");
    *out_first_us = first;
    *out_len = (size_t)((end - first) / hour_us);
    return 0;
}

int fg_market_read_series(struct fg_arena *arena,
                          const struct fg_market_series *which,
                          const char *bytes,
                          size_t len,
                          const double **out,
                          size_t *out_len,
                          struct fg_err *err)
{
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    struct fg_demand_reading reading = {.file_name = which->file_name,
                                        .time_column = which->time_column,
                                        .value_column = which->column,
                                        .step = hour_us};
    int64_t first_us = 0;
    int rc = fg_demand_read_csv(&reading, bytes, len, &set, err);
    if (rc == 0)
        rc = bounds(&set, which, &first_us, out_len, err);
    if (rc < 0)
        return rc;
    double *hours = FG_NEW(arena, double, *out_len);
    rc = add_series(&set, which, hours, first_us, err);
    *out = hours;
    return rc;
}

/* -- spot ------------------------------------------------------------------------------------------------ */

int fg_market_read_spot(struct fg_arena *arena,
                        const char *bytes,
                        size_t len,
                        struct fg_market_trace *out,
                        struct fg_err *err)
{
    struct fg_spot_trace trace;
    int rc = fg_spot_trace_read(bytes, len, "trace", arena, &trace, err);
    if (rc < 0)
        return rc;
    if ((__int128)trace.len * trace.gap_us > (__int128)HOURS_MAX * hour_us)
        return fg_fail(err, FG_EINVAL, "a trace of more than ten years");
    out->len = (size_t)(((__int128)trace.len * trace.gap_us + hour_us - 1) / hour_us);
    uint8_t *there = FG_NEW(arena, uint8_t, out->len);
    for (size_t hour = 0; hour < out->len; hour++)
        there[hour] =
            fg_spot_trace_has(&trace, (size_t)((int64_t)hour * hour_us / trace.gap_us), 1);
    out->there = there;
    return 0;
}
