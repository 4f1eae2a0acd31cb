/* split.c - a series as level plus seasons, several of them
 *
 * After MSTL (Bandara, Hyndman, Bergmeir 2021), with the loess smoothers of STL replaced by what costs one pass each:
 * the trend is a moving average over one season, a season changes slowly from cycle to cycle by exponential smoothing
 * in both directions. Twice around, so that seasons settle what belongs to whom.
 */
#include "demand/past.h"

#include "demand/numeric.h"

#include <math.h>
#include <string.h>

#define ROUNDS 2

struct fg_past fg_past_make(const struct fg_forecast_task *task,
                            const double *y,
                            size_t n,
                            struct fg_arena *arena)
{
    struct fg_past past = {.y = y, .n = n, .horizon = task->horizon, .arena = arena};
    for (size_t i = 0; i < task->seasons_len; i++)
        if (2 * (size_t)task->seasons[i] <= n)
            past.seasons[past.seasons_len++] = task->seasons[i];
    return past;
}

struct fg_past fg_past_with(const struct fg_past *past, const double *y)
{
    struct fg_past other = *past;
    other.y = y;
    other.split = NULL;
    return other;
}

/* Centered moving average over one season, its two ends halved if that is even; beyond where it reaches it goes on
 * straight, as steeply as over the last season. */
static void moving_average(const double *z, size_t n, size_t season, double *out)
{
    size_t half = season / 2;
    double sum = 0;
    for (size_t i = 0; i < season; i++)
        sum += z[i];
    if (season % 2)
        for (size_t t = half; t + half < n; t++) {
            out[t] = sum / (double)season;
            if (t + half + 1 < n)
                sum += z[t + half + 1] - z[t - half];
        }
    else
        for (size_t t = half; t + half < n; t++) {
            out[t] = (sum + (z[t + half] - z[t - half]) / 2) / (double)season;
            sum += z[t + half] - z[t - half];
        }
    size_t first = half, last = n - half - 1;
    size_t over = last - first < season ? last - first : season;
    double early = over ? (out[first + over] - out[first]) / (double)over : 0;
    double late = over ? (out[last] - out[last - over]) / (double)over : 0;
    for (size_t t = 0; t < first; t++)
        out[t] = out[first] - early * (double)(first - t);
    for (size_t t = last + 1; t < n; t++)
        out[t] = out[last] + late * (double)(t - last);
}

/* Each phase of the season smoothed along its cycles: weights keep^distance on both sides. */
static void smooth_cycles(const double *d, size_t n, size_t season, double keep, double *out)
{
    for (size_t phase = 0; phase < season && phase < n; phase++) {
        double sum = 0, weight = 0;
        for (size_t t = phase; t < n; t += season) {
            sum = d[t] + keep * sum;
            out[t] = sum;
        }
        sum = 0;
        size_t cycles = (n - phase + season - 1) / season;
        for (size_t back = 0; back < cycles; back++) {
            size_t t = phase + (cycles - 1 - back) * season;
            double before = 1 - pow(keep, (double)(cycles - back)),
                   after = 1 - pow(keep, (double)(back + 1));
            weight = (before + after) / (1 - keep) - 1;
            sum = d[t] + keep * sum;
            out[t] = (out[t] + sum - d[t]) / weight;
        }
    }
}

/* The season of `z` by now, its mean over each cycle near 0. */
static void find_season(const double *z, size_t n, size_t season, double *out, double *trend)
{
    moving_average(z, n, season, trend);
    for (size_t t = 0; t < n; t++)
        trend[t] = z[t] - trend[t];
    /* Seasons of days forget within a week or two, those of weeks within a month or two. */
    double cycles = (double)n / (double)season;
    smooth_cycles(trend, n, season, exp(-1 / fmin(fmax(cycles / 4, 1.5), 7)), out);
    for (size_t from = 0; from < n; from += season) {
        size_t start = from + season <= n ? from : n - season;
        double mean = fg_mean(out + start, season);
        size_t until = from + season <= n ? from + season : n;
        for (size_t t = from; t < until; t++)
            out[t] -= mean;
    }
}

const struct fg_split *fg_past_split(struct fg_past *past)
{
    if (past->split)
        return past->split;
    size_t n = past->n, bytes = n * sizeof(double);
    struct fg_split *split = FG_NEW(past->arena, struct fg_split, 1);
    split->adjusted = FG_NEW(past->arena, double, n);
    split->season = FG_NEW(past->arena, double, n);
    split->ahead = FG_NEW(past->arena, double, past->horizon);
    double *seasonal[FG_FORECAST_SEASONS_MAX], *scratch = FG_NEW(past->arena, double, n);
    memcpy(split->adjusted, past->y, bytes);
    for (size_t k = 0; k < past->seasons_len; k++)
        seasonal[k] = FG_NEW(past->arena, double, n);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < past->seasons_len; k++) {
            for (size_t t = 0; t < n; t++)
                split->adjusted[t] += seasonal[k][t];
            find_season(split->adjusted, n, past->seasons[k], seasonal[k], scratch);
            for (size_t t = 0; t < n; t++)
                split->adjusted[t] -= seasonal[k][t];
        }
    for (size_t t = 0; t < n; t++)
        split->season[t] = past->y[t] - split->adjusted[t];
    for (size_t k = 0; k < past->seasons_len; k++)
        for (size_t h = 0; h < past->horizon; h++)
            split->ahead[h] += seasonal[k][n - past->seasons[k] + h % past->seasons[k]];
    past->split = split;
    return split;
}
