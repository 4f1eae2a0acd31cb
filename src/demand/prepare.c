/* prepare.c - see prepare.h */
#include "demand/prepare.h"

#include "demand/numeric.h"

#include <math.h>
#include <string.h>

static int check_bounds(const struct fg_forecast_task *task, struct fg_err *err)
{
    if (task->horizon < 1 || task->horizon > FG_FORECAST_HORIZON_MAX)
        return fg_fail(err, FG_EINVAL, "horizon: %u steps, expected 1 to %d", task->horizon,
                       FG_FORECAST_HORIZON_MAX);
    if (task->seasons_len > FG_FORECAST_SEASONS_MAX)
        return fg_fail(err, FG_EINVAL, "seasons: %zu of them, at most %d", task->seasons_len,
                       FG_FORECAST_SEASONS_MAX);
    if (task->levels_len > FG_FORECAST_LEVELS_MAX)
        return fg_fail(err, FG_EINVAL, "levels: %zu of them, at most %d", task->levels_len,
                       FG_FORECAST_LEVELS_MAX);
    if (task->events_len > FG_FORECAST_EVENTS_MAX)
        return fg_fail(err, FG_EINVAL, "events: %zu of them, at most %d", task->events_len,
                       FG_FORECAST_EVENTS_MAX);
    return 0;
}

static int check_lists(const struct fg_forecast_task *task, struct fg_err *err)
{
    uint32_t season = 1;
    for (size_t i = 0; i < task->seasons_len; i++) {
        if (task->seasons[i] <= season)
            return fg_fail(err, FG_EINVAL,
                           "season: %u steps, expected 2 or more and each above the one before",
                           task->seasons[i]);
        season = task->seasons[i];
    }
    double level = 0;
    for (size_t i = 0; i < task->levels_len; i++) {
        if (!(task->levels[i] > level && task->levels[i] < 100))
            return fg_fail(
                err, FG_EINVAL,
                "level: %g, expected between 0 and 100 and each above the one before",
                task->levels[i]);
        level = task->levels[i];
    }
    return 0;
}

static int check_values(const struct fg_forecast_task *task, struct fg_err *err)
{
    size_t known = 0;
    for (size_t i = 0; i < task->values_len; i++) {
        /* Far below what doubles hold, so that sums of squares stay finite. */
        if (!isnan(task->values[i]) && !(fabs(task->values[i]) <= 1e100))
            return fg_fail(err, FG_EINVAL, "value %zu: %g, expected at most 1e100", i,
                           task->values[i]);
        known += isnan(task->values[i]) ? 0 : 1;
    }
    if (!known)
        return fg_fail(err, FG_EINVAL,
                       "series: none of %zu values is known, expected at least one",
                       task->values_len);
    return 0;
}

int fg_forecast_check(const struct fg_forecast_task *task, struct fg_err *err)
{
    int rc = check_bounds(task, err);
    if (rc == 0)
        rc = check_lists(task, err);
    return rc < 0 ? rc : check_values(task, err);
}

/* -- gaps ------------------------------------------------------------------------------------------------- */

/* The mean of what was a season before and after; false if neither is known. */
static bool guess_by_season(const double *y, size_t n, size_t t, size_t season, double *out)
{
    double sum = 0, count = 0;
    if (t >= season && !isnan(y[t - season])) {
        sum += y[t - season];
        count++;
    }
    if (t + season < n && !isnan(y[t + season])) {
        sum += y[t + season];
        count++;
    }
    *out = count > 0 ? sum / count : 0;
    return count > 0;
}

/* A straight line over [from, until) between the known neighbours, or level with the only one. */
static double on_line(const double *y, size_t n, size_t from, size_t until, size_t t)
{
    if (from == 0)
        return y[until];
    if (until == n)
        return y[from - 1];
    double share = (double)(t - from + 1) / (double)(until - from + 1);
    return y[from - 1] + share * (y[until] - y[from - 1]);
}

#define SHORT_GAP 3

static void fill_gaps(const struct fg_forecast_task *task, struct fg_prepared *p)
{
    const double *known = p->actual;
    for (size_t t = 0; t < p->n;) {
        if (!isnan(known[t])) {
            t++;
            continue;
        }
        size_t from = t, until = t;
        while (until < p->n && isnan(known[until]))
            until++;
        for (; t < until; t++) {
            bool guessed = false;
            for (size_t k = task->seasons_len; k-- > 0 && !guessed && until - from > SHORT_GAP;)
                guessed = guess_by_season(known, p->n, t, task->seasons[k], &p->y[t]);
            if (!guessed)
                p->y[t] = on_line(known, p->n, from, until, t);
        }
        p->gaps += until - from;
    }
}

/* -- outliers --------------------------------------------------------------------------------------------- */

#define NEAR 5 /* steps on either side */
#define FAR  12.0

/* What stands alone: far from the steps around it and from the same phase of the cycles around it, by many times
 * the usual distance. It is moved to the middle of its neighbours; where it was true, the bands still know of it. */
static void tame_outliers(const struct fg_forecast_task *task,
                          struct fg_prepared *p,
                          struct fg_arena *scratch)
{
    size_t n = p->n;
    if (n < 4 * NEAR)
        return;
    double *off = FG_NEW(scratch, double, n), *middle = FG_NEW(scratch, double, n);
    double *sorted = FG_NEW(scratch, double, n);
    for (size_t t = 0; t < n; t++) {
        size_t from = t > NEAR ? t - NEAR : 0;
        size_t until = t + NEAR + 1 < n ? t + NEAR + 1 : n;
        middle[t] = fg_median(p->y + from, until - from, sorted);
        off[t] = fabs(p->y[t] - middle[t]);
    }
    double usual = fg_quantile(off, n, 0.9, sorted);
    for (size_t t = 0; usual > 0 && t < n; t++) {
        bool alone = off[t] > FAR * usual;
        for (size_t k = 0; k < task->seasons_len && alone; k++) {
            double there;
            if (guess_by_season(p->y, n, t, task->seasons[k], &there))
                alone = fabs(p->y[t] - there) > FAR * usual;
        }
        if (alone && !isnan(p->actual[t])) {
            p->outliers++;
            p->y[t] = middle[t];
        }
    }
}

/* -- shifts ----------------------------------------------------------------------------------------------- */

#define SHIFT_LEN  16  /* steps on either side, or the shortest season if that is longer */
#define SHIFT_SURE 4.0 /* a straight slope comes to 3.5 */

struct totals {
    double *sums, *squares; /* of the first i values, less the mean */
};

/* How far the means of `len` values before and after `t` are apart, in standard deviations within them, whose square is
 * taken to be at least `least`: what rounding leaves is no variance. */
static double apart(const struct totals *totals, size_t t, size_t len, double least)
{
    double mean[2], within = 0;
    for (size_t side = 0; side < 2; side++) {
        size_t from = side ? t : t - len;
        double squares = totals->squares[from + len] - totals->squares[from];
        mean[side] = (totals->sums[from + len] - totals->sums[from]) / (double)len;
        within += fmax(squares / (double)len - mean[side] * mean[side], 0) / 2;
    }
    within = fmax(within, least);
    return within > 0 ? fabs(mean[1] - mean[0]) / sqrt(within) : 0;
}

/* The newest moment where the level before and after is not the same by far; the models are told nothing: those that
 * look at the newest values only have done better since, and have their weight. */
static void find_shift(const struct fg_forecast_task *task,
                       struct fg_prepared *p,
                       struct fg_arena *scratch)
{
    size_t len =
        task->seasons_len && task->seasons[0] > SHIFT_LEN ? task->seasons[0] : SHIFT_LEN;
    if (p->n < 2 * len)
        return;
    struct totals totals = {FG_NEW(scratch, double, p->n + 1),
                            FG_NEW(scratch, double, p->n + 1)};
    double mean = fg_mean(p->y, p->n), best = SHIFT_SURE;
    for (size_t t = 0; t < p->n; t++) {
        double off = p->y[t] - mean;
        totals.sums[t + 1] = totals.sums[t] + off;
        totals.squares[t + 1] = totals.squares[t] + off * off;
    }
    double all = totals.squares[p->n] / (double)p->n;
    for (size_t t = p->n - len; t >= len; t--) {
        double sure = apart(&totals, t, len, 1e-9 * all);
        if (sure > best) {
            best = sure;
            p->shift_at = p->from + t;
        }
        /* Past the newest one: its top was within a window's length. */
        if (p->shift_at && p->shift_at > p->from + t + len)
            return;
    }
}

/* -- events ----------------------------------------------------------------------------------------------- */

/* Which of the values had any event. */
static bool *mark_events(const struct fg_forecast_task *task,
                         const struct fg_prepared *p,
                         struct fg_arena *scratch)
{
    bool *marks = FG_NEW(scratch, bool, p->n);
    for (size_t i = 0; i < task->events_len; i++)
        for (size_t j = 0; j < task->events[i].steps_len; j++) {
            size_t step = task->events[i].steps[j];
            if (step >= p->from && step < p->from + p->n)
                marks[step - p->from] = true;
        }
    return marks;
}

#define EFFECT_MIN 0.05

/* What would have been expected at y[t] without the event: the median of the cycles around that had none, or of the
 * steps around. NAN if nothing is known. */
static double without_event(const struct fg_forecast_task *task,
                            const struct fg_prepared *p,
                            const bool *events,
                            size_t t)
{
    double around[16], scratch[16];
    size_t len = 0, season = task->seasons_len ? task->seasons[task->seasons_len - 1] : 1;
    if (2 * season > p->n)
        season = task->seasons_len && 2 * task->seasons[0] <= p->n ? task->seasons[0] : 1;
    for (size_t cycle = 1; cycle <= 8; cycle++) {
        size_t back = cycle * season;
        if (len < 8 && t >= back && !events[t - back] && !isnan(p->actual[t - back]))
            around[len++] = p->actual[t - back];
        if (len < 8 && t + back < p->n && !events[t + back] && !isnan(p->actual[t + back]))
            around[len++] = p->actual[t + back];
    }
    return fg_median(around, len, scratch);
}

/* Times what (or plus what) the event makes of the values; few steps are half believed. */
static double learn_effect(const struct fg_forecast_task *task,
                           const struct fg_prepared *p,
                           const bool *events,
                           const struct fg_forecast_event *event)
{
    double with = 0, without = 0, steps = 0;
    for (size_t j = 0; j < event->steps_len; j++) {
        size_t t = event->steps[j] - p->from;
        if (event->steps[j] < p->from || t >= p->n || isnan(p->actual[t]))
            continue;
        double expected = without_event(task, p, events, t);
        if (isnan(expected))
            continue;
        with += p->actual[t];
        without += expected;
        steps++;
    }
    double believed = steps / (steps + 1);
    if (!p->floor_at_zero)
        return steps > 0 ? believed * (with - without) / steps : 0;
    return without > 0 ? 1 + believed * (with / without - 1) : 1;
}

static void take_events_out(const struct fg_forecast_task *task,
                            struct fg_prepared *p,
                            struct fg_arena *scratch)
{
    if (!task->events_len)
        return;
    const bool *marks = mark_events(task, p, scratch);
    for (size_t i = 0; i < task->events_len; i++)
        p->effects[i] = learn_effect(task, p, marks, &task->events[i]);
    for (size_t i = 0; i < task->events_len; i++)
        for (size_t j = 0; j < task->events[i].steps_len; j++) {
            size_t step = task->events[i].steps[j];
            if (step < p->from || step >= p->from + p->n)
                continue;
            if (p->floor_at_zero)
                p->actual[step - p->from] /= fmax(p->effects[i], EFFECT_MIN);
            else
                p->actual[step - p->from] -= p->effects[i];
        }
}

void fg_prepared_events(const struct fg_prepared *prepared,
                        const struct fg_forecast_task *task,
                        double *values,
                        uint32_t len)
{
    size_t end = task->values_len;
    for (size_t i = 0; i < task->events_len; i++)
        for (size_t j = 0; j < task->events[i].steps_len; j++) {
            size_t step = task->events[i].steps[j];
            if (step < end || step - end >= len)
                continue;
            if (prepared->floor_at_zero)
                values[step - end] *= prepared->effects[i];
            else
                values[step - end] += prepared->effects[i];
        }
}

/* -- all of it -------------------------------------------------------------------------------------------- */

void fg_prepare(const struct fg_forecast_task *task,
                struct fg_arena *scratch,
                struct fg_prepared *out_prepared)
{
    size_t from = task->values_len > FG_FORECAST_WINDOW_MAX
                      ? task->values_len - FG_FORECAST_WINDOW_MAX
                      : 0;
    size_t last = task->values_len - 1;
    while (isnan(task->values[last]))
        last--;
    while (from < last && isnan(task->values[from]))
        from++;
    struct fg_prepared p = {.from = from, .n = task->values_len - from, .floor_at_zero = true};
    p.y = FG_NEW(scratch, double, p.n);
    p.actual = FG_NEW(scratch, double, p.n);
    memcpy(p.actual, task->values + from, p.n * sizeof(double));
    if (last < from) /* nothing but a gap in sight: all there is to go on is older */
        p.actual[0] = task->values[last];
    for (size_t i = 0; i < task->values_len; i++)
        p.floor_at_zero &= !(task->values[i] < 0);
    take_events_out(task, &p, scratch);
    memcpy(p.y, p.actual, p.n * sizeof(double));
    fill_gaps(task, &p);
    tame_outliers(task, &p, scratch);
    find_shift(task, &p, scratch);
    *out_prepared = p;
}
