/* naive.c - forecasts that assume as little as can be */
#include "demand/model.h"
#include "demand/numeric.h"

#include <math.h>

#define CYCLES_MAX 8

void fg_model_naive(struct fg_past *past, int, double *, double *out)
{
    for (size_t h = 0; h < past->horizon; h++)
        out[h] = past->y[past->n - 1];
}

void fg_model_seasonal_naive(struct fg_past *past, int variant, double *, double *out)
{
    size_t season = past->seasons[variant ? past->seasons_len - 1 : 0];
    for (size_t h = 0; h < past->horizon; h++)
        out[h] = past->y[past->n - season + h % season];
}

void fg_model_seasonal_median(struct fg_past *past, int variant, double *, double *out)
{
    size_t season = past->seasons[variant ? past->seasons_len - 1 : 0];
    for (size_t h = 0; h < past->horizon; h++) {
        double same[CYCLES_MAX], scratch[CYCLES_MAX];
        size_t len = 0;
        for (size_t back = season - h % season; back <= past->n && len < CYCLES_MAX;
             back += season)
            same[len++] = past->y[past->n - back];
        out[h] = fg_median(same, len, scratch);
    }
}

/* Over the longest season and twice the horizon: older history says little of today's slope. */
void fg_model_drift(struct fg_past *past, int, double *, double *out)
{
    size_t over = 2 * (size_t)past->horizon;
    if (past->seasons_len && over < past->seasons[past->seasons_len - 1])
        over = past->seasons[past->seasons_len - 1];
    if (over >= past->n)
        over = past->n - 1;
    double last = past->y[past->n - 1];
    double slope = over ? (last - past->y[past->n - 1 - over]) / (double)over : 0;
    for (size_t h = 0; h < past->horizon; h++)
        out[h] = last + slope * (double)(h + 1);
}

void fg_model_recent_median(struct fg_past *past, int, double *, double *out)
{
    size_t over = past->seasons_len ? past->seasons[0] : past->horizon;
    if (over > past->n)
        over = past->n;
    double median =
        fg_median(past->y + past->n - over, over, FG_NEW(past->arena, double, over));
    for (size_t h = 0; h < past->horizon; h++)
        out[h] = median;
}

#define WALKS_MAX 28

/* From the last value, as it mostly went from this phase of the season on. */
void fg_model_seasonal_walk(struct fg_past *past, int variant, double *, double *out)
{
    size_t season = past->seasons[variant ? past->seasons_len - 1 : 0], n = past->n;
    for (size_t h = 0; h < past->horizon; h++) {
        double went[WALKS_MAX], scratch[WALKS_MAX];
        size_t len = 0, first = (h + season) / season;
        for (size_t back = first * season; back < n && len < WALKS_MAX; back += season)
            went[len++] = past->y[n + h - back] - past->y[n - 1 - back];
        out[h] = past->y[n - 1] + (len ? fg_median(went, len, scratch) : 0);
    }
}

/* From the last value back to the mean of the longest season (or of all), a part of the way in each step: the part
 * by which values that far off came back within the horizon before. */
void fg_model_revert(struct fg_past *past, int, double *, double *out)
{
    size_t n = past->n, over = past->seasons_len ? past->seasons[past->seasons_len - 1] : n;
    if (over < 2 * (size_t)past->horizon)
        over = 2 * (size_t)past->horizon;
    if (over > n)
        over = n;
    double mean = fg_mean(past->y + n - over, over), all = fg_mean(past->y, n);
    double with = 0, squares = 0;
    for (size_t t = 1; t < n; t++) {
        with += (past->y[t] - all) * (past->y[t - 1] - all);
        squares += (past->y[t - 1] - all) * (past->y[t - 1] - all);
    }
    double keep = squares > 0 ? fmin(fmax(with / squares, 0), 1) : 1,
           off = past->y[n - 1] - mean;
    for (size_t h = 0; h < past->horizon; h++) {
        off *= keep;
        out[h] = mean + off;
    }
}
