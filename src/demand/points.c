/* points.c - see points.h */
#include "demand/points.h"

#include "base/clock.h"
#include "base/grow.h"
#include "demand/names.h"

#include <math.h>
#include <stdlib.h>

#define DAY          86'400'000'000LL
#define MONTH_LEAST  (28 * DAY)
#define SPARSE_LEN   10'000 /* a series may always be so long ... */
#define SPARSE_RATIO 100    /* ... or so many times its points */

struct point {
    int64_t time;
    double value;
    uint32_t series;
    uint32_t line; /* cut off beyond four thousand million */
};

struct fg_points {
    struct point *points;
    size_t len, room;
    struct fg_names *names;
    bool is_index;
    size_t values_len; /* that the series made so far have */
};

struct fg_points *fg_points_new(bool is_index)
{
    struct fg_points *points = calloc(1, sizeof(*points));
    if (!points)
        abort();
    points->names = fg_names_new();
    points->is_index = is_index;
    return points;
}

void fg_points_free(struct fg_points *points)
{
    if (!points)
        return;
    fg_names_free(points->names);
    free(points->points);
    free(points);
}

size_t fg_points_len(const struct fg_points *points)
{
    return points->len;
}

int fg_points_add(struct fg_points *points,
                  const char *name,
                  size_t name_len,
                  int64_t time,
                  double value,
                  size_t line,
                  struct fg_err *err)
{
    if (points->len == FG_DEMAND_POINTS_MAX)
        return fg_fail(err, FG_ETOOBIG, "more than %d values", FG_DEMAND_POINTS_MAX);
    points->points = fg_grow(points->points, points->len, &points->room, sizeof(struct point));
    uint32_t series = fg_names_put(points->names, name, name_len);
    if (series >= FG_DEMAND_SERIES_MAX)
        return fg_fail(err, FG_ETOOBIG, "more than %d series", FG_DEMAND_SERIES_MAX);
    points->points[points->len++] =
        (struct point){.time = time, .value = value, .series = series, .line = (uint32_t)line};
    return 0;
}

/* -- order ------------------------------------------------------------------------------------------- */

static int by_series_time_line(const void *a, const void *b)
{
    const struct point *one = a, *two = b;
    if (one->series != two->series)
        return one->series < two->series ? -1 : 1;
    if (one->time != two->time)
        return one->time < two->time ? -1 : 1;
    return (one->line > two->line) - (one->line < two->line);
}

static void sort(struct fg_points *points)
{
    size_t i = 1;
    while (i < points->len
           && by_series_time_line(&points->points[i - 1], &points->points[i]) <= 0)
        i++;
    if (i < points->len) /* most files are in order */
        qsort(points->points, points->len, sizeof(struct point), by_series_time_line);
}

/* -- one series -------------------------------------------------------------------------------------- */

/* The points of one series, by time. */
struct run {
    const struct point *at;
    size_t len;
    const char *name;
    bool is_index;
};

static void time_text(const struct run *run, int64_t time, char out[FG_TIME_TEXT_MAX])
{
    if (run->is_index)
        snprintf(out, FG_TIME_TEXT_MAX, "%lld", (long long)time);
    else
        fg_time_format(time, out);
}

static int refuse_doubles(const struct run *run, struct fg_err *err)
{
    char text[FG_TIME_TEXT_MAX];
    for (size_t i = 1; i < run->len; i++) {
        if (run->at[i].time != run->at[i - 1].time)
            continue;
        time_text(run, run->at[i].time, text);
        return fg_fail(err, FG_EINVAL,
                       "line %u: series %.60s has a value for %s already, on line %u",
                       run->at[i].line, run->name, text, run->at[i - 1].line);
    }
    return 0;
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The day of the month on which all points lie, the last one where a month is shorter.  false: there is none. */
static bool find_months(const struct run *run, struct fg_demand_time *out)
{
    int64_t rest_us, first = fg_time_month(run->at[0].time, &rest_us), step = 0;
    struct fg_demand_time time = {.months = 1, .rest_us = rest_us};
    for (size_t i = 1; i < run->len; i++) {
        if (run->at[i].time - run->at[i - 1].time < MONTH_LEAST)
            return false;
        step = gcd(fg_time_month(run->at[i].time, &rest_us) - first, step);
        time.rest_us = rest_us > time.rest_us ? rest_us : time.rest_us;
    }
    for (size_t i = 0; i < run->len; i++) {
        time.first = fg_time_month(run->at[i].time, &rest_us);
        if (fg_demand_time_at(&time, 0) != run->at[i].time)
            return false;
    }
    *out = (struct fg_demand_time){.first = first, .months = step, .rest_us = time.rest_us};
    return step > 0;
}

static int by_size(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;
    return (one > two) - (one < two);
}

/* The distance that occurs most often, the shortest of several, and how often. */
static int64_t usual_step(const struct run *run, size_t *out_times)
{
    int64_t *steps = calloc(run->len, sizeof(steps[0])), usual = 0;
    size_t most = 0;
    if (!steps)
        abort();
    for (size_t i = 1; i < run->len; i++)
        steps[i - 1] = run->at[i].time - run->at[i - 1].time;
    qsort(steps, run->len - 1, sizeof(steps[0]), by_size);
    for (size_t i = 0, times = 0; i + 1 < run->len; i++) {
        times = i && steps[i] == steps[i - 1] ? times + 1 : 1;
        if (times > most) {
            most = times;
            usual = steps[i];
        }
    }
    free(steps);
    *out_times = most;
    return usual;
}

static int no_step(const struct run *run, int64_t step, struct fg_err *err)
{
    char text[FG_TIME_TEXT_MAX], step_text[FG_TIME_TEXT_MAX];
    if (run->is_index)
        snprintf(step_text, sizeof(step_text), "%lld", (long long)step);
    else
        fg_duration_format(step, step_text);
    for (size_t i = 0; i < run->len; i++) {
        if ((run->at[i].time - run->at[0].time) % step == 0)
            continue;
        time_text(run, run->at[i].time, text);
        return fg_fail(err, FG_EINVAL,
                       "line %u: series %.60s, %s: not a multiple of the usual step %s after "
                       "the first value",
                       run->at[i].line, run->name, text, step_text);
    }
    return 0;
}

static int too_sparse(const struct run *run, size_t len, struct fg_err *err)
{
    return fg_fail(
        err, FG_EINVAL,
        "line %u: series %.60s has %zu values in %zu steps, expected at least one in "
        "%d",
        run->at[run->len - 1].line, run->name, run->len, len, SPARSE_RATIO);
}

/* How many values a series has whose last point is at `last`. */
static size_t len_until(const struct fg_demand_time *time, int64_t last)
{
    int64_t rest_us;
    if (time->months)
        return (size_t)((fg_time_month(last, &rest_us) - time->first) / time->months + 1);
    return (size_t)((last - time->first) / time->step + 1);
}

static int find_step(const struct run *run, struct fg_demand_time *out, struct fg_err *err)
{
    struct fg_demand_time time = {.is_index = run->is_index, .first = run->at[0].time};
    if (!run->is_index && find_months(run, out))
        return 0;
    for (size_t i = 1; i < run->len; i++)
        time.step = gcd(run->at[i].time - run->at[i - 1].time, time.step);
    *out = time;
    if (run->len == 1)
        return 0;
    size_t len = len_until(&time, run->at[run->len - 1].time), times;
    if (len == run->len)
        return 0;
    /* A divisor of all distances that hardly one of them is: a point that lies off, or a file full of holes? */
    int64_t usual = usual_step(run, &times);
    bool is_off = usual != time.step && (times * 2 >= run->len || len / 4 > run->len);
    return is_off ? no_step(run, usual, err) : 0;
}

/* -- values ------------------------------------------------------------------------------------------ */

static int take_room(struct fg_points *points,
                     const struct run *run,
                     struct fg_demand_series *series,
                     struct fg_err *err)
{
    size_t len = len_until(&series->time, run->at[run->len - 1].time);
    if (len > SPARSE_LEN && len / SPARSE_RATIO > run->len)
        return too_sparse(run, len, err);
    series->len = len;
    if (series->len > FG_DEMAND_VALUES_MAX
        || points->values_len + series->len > FG_DEMAND_VALUES_MAX)
        return fg_fail(err, FG_ETOOBIG,
                       "series %.60s: more than %d steps from the first to the last value",
                       run->name, FG_DEMAND_VALUES_MAX);
    points->values_len += series->len;
    series->values = calloc(series->len, sizeof(series->values[0]));
    if (!series->values)
        abort();
    return 0;
}

/* Each step is the mean of the points in it that are known; a series on a step has one in each. */
static void fill(const struct run *run, struct fg_demand_series *series)
{
    for (size_t next = 0, i = 0; i < series->len; i++) {
        double sum = 0;
        size_t count = 0;
        for (; next < run->len && len_until(&series->time, run->at[next].time) == i + 1; next++)
            if (!isnan(run->at[next].value)) {
                sum += run->at[next].value;
                count++;
            }
        series->values[i] = count ? sum / (double)count : NAN;
        series->gaps += count == 0;
    }
}

/* The begin of the step that holds `time`, as steps are counted from 0. */
static int64_t step_begin(int64_t time, int64_t step)
{
    int64_t rest = time % step;
    return time - (rest < 0 ? rest + step : rest);
}

static int make_series(struct fg_points *points,
                       const struct run *run,
                       int64_t step,
                       struct fg_demand_set *set,
                       struct fg_err *err)
{
    struct fg_demand_time time = {.is_index = run->is_index, .step = step};
    int rc = refuse_doubles(run, err);
    if (rc == 0 && step)
        time.first = step_begin(run->at[0].time, step);
    else if (rc == 0)
        rc = find_step(run, &time, err);
    if (rc < 0)
        return rc;
    struct fg_demand_series *series = fg_demand_set_add(set, run->name);
    series->time = time;
    if (series->time.step == 0 && series->time.months == 0)
        series->time.step = 1; /* of one point: lone_steps() knows better */
    rc = take_room(points, run, series, err);
    if (rc == 0)
        fill(run, series);
    return rc;
}

/* A series of one value gets the step of the others: the first that has one; else an hour. */
static void lone_steps(struct fg_demand_set *set, bool is_index)
{
    const struct fg_demand_series *model = NULL;
    for (size_t i = 0; i < set->len && !model; i++)
        if (set->series[i].len > 1)
            model = &set->series[i];
    for (size_t i = 0; i < set->len; i++) {
        struct fg_demand_time *time = &set->series[i].time;
        if (set->series[i].len > 1 || time->step != 1)
            continue;
        if (model && model->time.months) {
            time->first = fg_time_month(time->first, &time->rest_us);
            time->months = model->time.months;
            time->step = 0;
        } else if (!is_index) {
            time->step = model ? model->time.step : DAY / 24;
        }
    }
}

int fg_points_to_set(struct fg_points *points,
                     int64_t step,
                     struct fg_demand_set *set,
                     struct fg_err *err)
{
    int rc = 0;
    sort(points);
    for (size_t first = 0, end; rc == 0 && first < points->len; first = end) {
        uint32_t series = points->points[first].series;
        for (end = first; end < points->len && points->points[end].series == series;)
            end++;
        struct run run = {.at = points->points + first,
                          .len = end - first,
                          .name = fg_names_at(points->names, series),
                          .is_index = points->is_index};
        rc = make_series(points, &run, step, set, err);
    }
    if (rc < 0)
        fg_demand_set_free(set);
    else if (!step)
        lone_steps(set, points->is_index);
    return rc;
}
