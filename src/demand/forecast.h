/* forecast.h - what comes after the end of a series: a median, bands around it, and how good that would have been.
 *
 *     history --one series--> FORECAST --median, bands, paths--> plan, fastgpu forecast
 *
 * A pool of models (model.def) is tried on the past of the series itself: from several origins the last
 * steps are forecast with only what was known before. What did well there gets weight, what did badly none, and the
 * naive forecasts are always in the pool. The bands are conformal: quantiles of the errors that the combination made
 * in that same backtest, by distance, widened or narrowed as they missed.
 *
 * Pure:    no clock, no threads, no random source, no I/O; the same task gives the same bytes.
 * Cost:    bounded: of a long series only the last FG_FORECAST_WINDOW_MAX values are looked at by the models.
 * Promise: where the history is never negative the forecast is not; bands contain the median and never cross.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_FORECAST_HORIZON_MAX 8784 /* a leap year of hours */
#define FG_FORECAST_SEASONS_MAX 4
#define FG_FORECAST_LEVELS_MAX  8
#define FG_FORECAST_EVENTS_MAX  32
#define FG_FORECAST_MODELS_MAX  32
#define FG_FORECAST_SHAPE       17
#define FG_FORECAST_WINDOW_MAX  2688 /* sixteen weeks of hours */

/* Something known beforehand that moves demand: a holiday, a deadline, a course. What it does is learned from the
 * times it was there before; one that was never there before does nothing. */
struct fg_forecast_event {
    const size_t *
        steps; /* when: 0 is the first value of the series, from `values_len` on it is the future */
    size_t steps_len;
};

struct fg_forecast_task {
    const double *values; /* one a step, oldest first; NAN is a gap; borrowed */
    size_t values_len;
    uint32_t horizon; /* steps to forecast: 1 to FG_FORECAST_HORIZON_MAX */
    /* Lengths of the seasons in steps, ascending, each at least 2: {24, 168} for hours. None is allowed. One that the
     * series is too short for (fewer than two of it) is left out by itself. */
    uint32_t seasons[FG_FORECAST_SEASONS_MAX];
    size_t seasons_len;
    /* Bands: each holds so many of 100 outcomes, above 0 and below 100, ascending: {80, 95}. */
    double levels[FG_FORECAST_LEVELS_MAX];
    size_t levels_len;
    const struct fg_forecast_event *events; /* borrowed; may be NULL */
    size_t events_len;
};

struct fg_forecast_model {
    const char *name; /* "seasonal-naive-24"; static, or in the arena */
    double weight;    /* share in the combination, 0 to 1; the weights sum to 1 */
    double
        wape; /* sum of absolute errors over sum of absolute values, in the backtest; NAN: none was possible */
};

struct fg_forecast_band {
    double level;    /* as asked */
    double *lo, *hi; /* `horizon` values each */
    double
        coverage; /* share of backtest steps that lay inside, each judged by errors of the other origins; or NAN */
};

struct fg_forecast {
    uint32_t horizon;
    double *median; /* `horizon` values */
    struct fg_forecast_band bands[FG_FORECAST_LEVELS_MAX];
    size_t bands_len;

    const char
        *model; /* in words: "naive", or "combination of ridge-ar 0.31, mstl-ar 0.22, 5 more" */
    struct fg_forecast_model models[FG_FORECAST_MODELS_MAX]; /* by falling weight */
    size_t models_len;

    /* The backtest. NAN, and 0 origins, where the series was too short for any. */
    uint32_t origins;
    double wape;       /* of the combination */
    double naive_wape; /* of "as now", same steps */
    double
        mase; /* mean absolute error over that of the shortest season's naive (or "as now") within the history */

    size_t gaps;     /* values that were missing and had to be guessed */
    size_t outliers; /* values that were so far off that the models saw a tamer one */
    size_t
        shift_at; /* step from which the level is lastingly another one, the newest such; 0: none */
    size_t window_at; /* step of the first value that the models looked at */

    /* What the combination missed in the backtest, actual minus forecast: paths_len paths of `horizon` steps, path by
     * path, scaled to be as wide as the bands. For fg_forecast_scenario; steps unknown are as wide as known ones. */
    double *paths;
    size_t paths_len;
    double *scale; /* `horizon` values: how far off is usual at that distance */
    struct fg_forecast_shape {
        double share; /* of outcomes below median + reach * scale */
        double reach;
    } shape[FG_FORECAST_SHAPE]; /* ascending; for fg_forecast_quantile */
    bool floor_at_zero;         /* the history is never negative */
};

/* Forecast one series. `out_forecast` and all it points to lie in `arena`; `scratch` is reset (twice: at the begin and
 * the end) and must be another one: 64 MiB suffice for it, and 64 KiB + 1 KiB a step of horizon for each forecast in
 * `arena`. FG_EINVAL: no value at all, a value that is infinite, a horizon, season, level or event out of bounds. */
[[nodiscard]] int fg_forecast(const struct fg_forecast_task *task,
                              struct fg_arena *scratch,
                              struct fg_arena *arena,
                              struct fg_forecast *out_forecast,
                              struct fg_err *err);

/* One possible future: the median plus blocks of the errors of the past, so that what goes wrong together in time stays
 * together (a residual block bootstrap). The same `seed` and `number` draw the same blocks of the same origins for
 * every series that was forecast with the same horizon and length: what went wrong together in several series does so
 * here too. Fills `horizon` values of `out_path`. */
void fg_forecast_scenario(const struct fg_forecast *forecast,
                          uint64_t seed,
                          uint64_t number,
                          double *out_path);

/* The value that step `step` (from 0) stays under with chance `share` (0 to 1), whatever bands were asked for; outside of
 * 0.5 % and 99.5 % it is that of those. */
double fg_forecast_quantile(const struct fg_forecast *forecast, uint32_t step, double share);
