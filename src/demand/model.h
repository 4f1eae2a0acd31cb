/* model.h - the models of the pool.  Inside of demand/ only.
 *
 * A model fills `out` with past->horizon values. `memory` is its own from origin to origin of one series (oldest
 * first), zero at the first: where a search begins that ended near there last time. Every model does something
 * sensible with a single value and with a constant series.
 */
#pragma once

#include "demand/past.h"

#include <stdbool.h>

#define FG_MODEL_MEMORY 8

typedef void fg_model_run(struct fg_past *past, int variant, double *memory, double *out);

enum fg_model_needs { FG_MODEL_NONE, FG_MODEL_SEASON, FG_MODEL_SEASONS, FG_MODEL_ZEROS };

struct fg_model {
    const char *name;
    fg_model_run *run;
    int variant;
    bool log;
    enum fg_model_needs needs;
};

extern const struct fg_model fg_models[];
extern const size_t fg_models_len;

/* naive.c: the last value; that of a season ago (variant 0: the shortest, 1: the longest); the median of the last
 * cycles at that phase; the line from the first to the last value of a recent stretch, which is an honest drift; the
 * median of the recent past. */
fg_model_run fg_model_naive, fg_model_seasonal_naive, fg_model_seasonal_median, fg_model_drift,
    fg_model_recent_median, fg_model_seasonal_walk, fg_model_revert;
/* ets.c: exponential smoothing, the form (no trend or a damped one; no season, added or multiplied: the shortest)
 * with the least AICc (Hyndman et al. 2002). */
fg_model_run fg_model_ets;
/* seasonal.c: the theta method (Assimakopoulos & Nikolopoulos 2000) as SES with half the slope (Hyndman & Billah 2003),
 * on the series less its seasons. */
fg_model_run fg_model_theta;
/* The seasons of split.c go on; what is left is forecast by a damped line, or by AR. */
fg_model_run fg_model_split_holt, fg_model_split_ar;
/* autoregress.c: AR by Yule-Walker and AIC, long enough to see the seasons; and by ridge regression on lags that were
 * chosen with the seasons in mind (variant 0: few, 1: many). */
fg_model_run fg_model_ar, fg_model_ridge, fg_model_ridge_changes;
/* harmonic.c: sines of the seasons and a slope by least squares, AR on what is left. */
fg_model_run fg_model_harmonic;
/* double_season.c: Taylor's exponential smoothing for two seasons with AR(1) errors (2003). */
fg_model_run fg_model_double_season;
/* intermittent.c: Croston (1972) with Syntetos and Boylan's correction (2005); Teunter, Syntetos and Babai (2011). */
fg_model_run fg_model_croston, fg_model_tsb;

/* Used by several. Damped Holt by least squares of one step ahead, of past->n values `y`: fills out[0..horizon). */
void fg_holt(struct fg_past *past, const double *y, double *memory, double *out);
/* AR of at most `order_max` by AIC around the mean: fills out[0..horizon). */
void fg_ar(struct fg_past *past, const double *y, size_t order_max, double *out);
