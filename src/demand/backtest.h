/* backtest.h - every model tried on the past, and how they are combined.  Inside of demand/ only. */
#pragma once

#include "demand/model.h"

#define FG_BACKTEST_ORIGINS_MAX 24

struct fg_backtest {
    size_t models_len;
    const struct fg_model *models[FG_FORECAST_MODELS_MAX];
    double memory[FG_FORECAST_MODELS_MAX][FG_MODEL_MEMORY];

    size_t origins_len;                      /* 0: the series is too short */
    size_t origins[FG_BACKTEST_ORIGINS_MAX]; /* ascending: how many values were known */
    size_t len;                              /* steps forecast from each; at most the horizon */
    double *forecasts;                       /* [origin][model][step] */
    const double *y, *actual; /* the series as the models see it, and as it was, gaps as NAN */
};

/* Choose the models that suit `y` (n values, no gaps) and let each forecast from each origin. `actual` are the values to
 * hold them against. All lies in `scratch`. */
void fg_backtest_run(struct fg_backtest *out_backtest,
                     const struct fg_forecast_task *task,
                     const double *y,
                     const double *actual,
                     size_t n,
                     struct fg_arena *scratch);

/* All models from the end of the series: `out` is [model][step], the whole horizon. */
void fg_backtest_forecast(struct fg_backtest *backtest,
                          const struct fg_forecast_task *task,
                          const double *y,
                          size_t n,
                          struct fg_arena *scratch,
                          double *out);

/* Mean absolute error of a model (by its place in `models`), over all origins but `without` (-1: over all), all steps.
 * NAN if there is nothing to compare. */
double fg_backtest_error(const struct fg_backtest *backtest, size_t model, int without);

/* Weights of the models, summing to 1, from all origins but `without`. */
void fg_backtest_weights(const struct fg_backtest *backtest, int without, double *out_weights);

/* How far to go from "as now" to the combination, 0 to 1, by what it said ([origin][step]) at all origins but
 * `without`: the way that would have been best, less the less sure that is. 1 without a backtest. */
double fg_backtest_trust(const struct fg_backtest *backtest,
                         const double *combined,
                         int without);

/* Combine forecasts [model][len] by weights into `out` (len). */
void fg_backtest_combine(
    const double *forecasts, size_t models, size_t len, const double *weights, double *out);
