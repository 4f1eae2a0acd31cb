/* bands.c - see bands.h
 *
 * Split conformal prediction with a scale (Lei et al. 2018) on rolling origins: what was missed at one origin is
 * divided by how far off the others were at that distance, and the quantiles of these scores, which know nothing of
 * normal distributions, are the reach of the bands.
 */
#include "demand/bands.h"

#include "demand/numeric.h"

#include <math.h>
#include <string.h>

#define NARROW    2    /* steps on either side that are near by */
#define WIDE      4    /* part of the steps that is a wider stretch */
#define FROM_WIDE 0.45 /* its say in the scale; the rest is that of the steps near by */
#define FROM_ALL  0.1  /* and that of all steps */
#define SIDED     0.5  /* say of what is missed on the same side; the rest is that of both */
#define WIDER     1.15 /* what comes is less like the backtest than its parts are like each other */
#define KNOWN     24.0 /* so many steps of one origin are worth another origin */

#define NORMAL_MEAN_DISTANCE 0.79788 /* of a standard normal from 0 */

/* -- what was missed -------------------------------------------------------------------------------------- */

/* Of each origin, by a combination in whose weights it has no say. */
static void combine_without(const struct fg_backtest *b, size_t origin, double *out)
{
    double weights[FG_FORECAST_MODELS_MAX];
    fg_backtest_weights(b, b->origins_len > 1 ? (int)origin : -1, weights);
    fg_backtest_combine(b->forecasts + origin * b->models_len * b->len, b->models_len, b->len,
                        weights, out);
}

static void find_missed(const struct fg_backtest *b, struct fg_bands *bands)
{
    size_t len = b->len;
    double *combined = FG_NEW(bands->arena, double, b->origins_len *len);
    for (size_t k = 0; k < b->origins_len; k++)
        combine_without(b, k, combined + k * len);
    bands->trust = fg_backtest_trust(b, combined, -1);
    for (size_t k = 0; k < b->origins_len; k++) {
        double trust =
            b->origins_len > 2 ? fg_backtest_trust(b, combined, (int)k) : bands->trust;
        double as_now = b->y[b->origins[k] - 1];
        for (size_t h = 0; h < len; h++)
            bands->missed[k * len + h] = b->actual[b->origins[k] + h] - as_now
                                         - trust * (combined[k * len + h] - as_now);
    }
}

/* -- how far off is usual --------------------------------------------------------------------------------- */

/* Means of the distances within `reach` steps of each, nearer ones counting more. */
static void smooth(
    const double *sums, const double *counts, size_t len, size_t reach, double *out)
{
    for (size_t h = 0; h < len; h++) {
        double sum = 0, count = 0;
        size_t from = h > reach ? h - reach : 0,
               until = h + reach + 1 < len ? h + reach + 1 : len;
        for (size_t i = from; i < until; i++) {
            double weight = (double)(reach + 1 - (i > h ? i - h : h - i));
            sum += weight * sums[i];
            count += weight * counts[i];
        }
        out[h] = count > 0 ? sum / count : 0;
    }
}

/* By all origins but `without`: half of it from the steps near by, half from a wider stretch. */
static void find_scale(const struct fg_bands *bands, size_t without, double *out)
{
    size_t len = bands->len;
    double *sums = FG_NEW(bands->arena, double, len),
           *counts = FG_NEW(bands->arena, double, len);
    double *wide = FG_NEW(bands->arena, double, len), total = 0, all = 0;
    for (size_t h = 0; h < len; h++) {
        for (size_t k = 0; k < bands->paths_len; k++) {
            double missed = fabs(bands->missed[k * len + h]);
            if (k == without || isnan(missed))
                continue;
            sums[h] += missed;
            counts[h]++;
        }
        total += sums[h];
        all += counts[h];
    }
    smooth(sums, counts, len, len / WIDE, wide);
    smooth(sums, counts, len, NARROW, out);
    double mean = all > 0 ? total / all : 0;
    for (size_t h = 0; h < len; h++)
        out[h] = (1 - FROM_WIDE - FROM_ALL) * out[h] + FROM_WIDE * wide[h] + FROM_ALL * mean;
}

static void score(struct fg_bands *bands)
{
    size_t len = bands->len, mark = fg_arena_used(bands->arena);
    double *scale = FG_NEW(bands->arena, double, len);
    for (size_t k = 0; k < bands->paths_len; k++) {
        find_scale(bands, bands->paths_len > 1 ? k : SIZE_MAX, scale);
        for (size_t h = 0; h < len; h++) {
            /* Where the others missed nothing at all, what all missed. */
            double by = fmax(scale[h], 0.02 * bands->scale[h]),
                   missed = bands->missed[k * len + h];
            bands->scores[k * len + h] = missed == 0 ? 0 : missed / by;
        }
    }
    fg_arena_rewind(bands->arena, mark);
}

/* How far values move in one step, on average: all there is to go on without a backtest. */
static double mean_move(const struct fg_past *past)
{
    double sum = 0;
    for (size_t t = 1; t < past->n; t++)
        sum += fabs(past->y[t] - past->y[t - 1]);
    return past->n > 1 ? sum / (double)(past->n - 1) : fabs(past->y[0]);
}

struct fg_bands fg_bands_make(const struct fg_backtest *backtest,
                              const struct fg_past *past,
                              struct fg_arena *scratch)
{
    struct fg_bands bands = {
        .paths_len = backtest->origins_len, .len = backtest->len, .trust = 1, .arena = scratch};
    size_t cells = bands.paths_len * bands.len;
    bands.missed = FG_NEW(scratch, double, cells);
    bands.scores = FG_NEW(scratch, double, cells);
    bands.scale =
        FG_NEW(scratch, double, past->horizon > bands.len ? past->horizon : bands.len);
    if (!bands.paths_len) {
        for (size_t h = 0; h < past->horizon; h++)
            bands.scale[h] = mean_move(past) * sqrt((double)(h + 1));
        return bands;
    }
    find_missed(backtest, &bands);
    find_scale(&bands, SIZE_MAX, bands.scale);
    score(&bands);
    /* Further out than was tried: as a random walk goes on. */
    double mean = fg_mean(bands.scale, bands.len);
    for (size_t h = bands.len; h < past->horizon; h++)
        bands.scale[h] = mean * sqrt((double)(h + 1) / (double)bands.len);
    return bands;
}

/* -- quantiles of the scores ------------------------------------------------------------------------------ */

/* The standard normal's, by halving. */
static double normal_quantile(double share)
{
    double low = -40, high = 40;
    for (int i = 0; i < 80; i++) {
        double middle = (low + high) / 2;
        if (0.5 * erfc(-middle / M_SQRT2) < share)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static size_t scores_but(const struct fg_bands *bands, int without, double *out)
{
    size_t len = 0;
    for (size_t i = 0; i < bands->paths_len * bands->len; i++)
        if ((int)(i / bands->len) != without && !isnan(bands->scores[i]))
            out[len++] = bands->scores[i];
    return len;
}

double fg_bands_reach(const struct fg_bands *bands, double share, int without)
{
    double normal = normal_quantile(share) / NORMAL_MEAN_DISTANCE;
    size_t mark = fg_arena_used(bands->arena), cells = bands->paths_len * bands->len;
    double *scores = FG_NEW(bands->arena, double, cells + 1);
    double *sorted = FG_NEW(bands->arena, double, cells + 1);
    size_t len = scores_but(bands, without, scores);
    double reach = 0;
    if (len) {
        double off = fabs(2 * share - 1), sided = fg_quantile(scores, len, share, sorted);
        for (size_t i = 0; i < len; i++)
            scores[i] = fabs(scores[i]);
        double both = copysign(fg_quantile(scores, len, off, sorted), share - 0.5);
        reach = SIDED * sided + (1 - SIDED) * both;
    }
    fg_arena_rewind(bands->arena, mark);
    /* Misses of neighbouring steps are much alike: what counts is the origins. */
    double known = (double)len / (double)(bands->len ? bands->len : 1) + (double)len / KNOWN;
    reach = (known * reach + normal) / (known + 1) * WIDER;
    return share < 0.5 ? fmin(reach, 0) : fmax(reach, 0);
}

double fg_bands_coverage(const struct fg_bands *bands, double level)
{
    double inside = 0, steps = 0;
    for (size_t k = 0; k < bands->paths_len && bands->paths_len > 1; k++) {
        double low = fg_bands_reach(bands, 0.5 - level / 200, (int)k);
        double high = fg_bands_reach(bands, 0.5 + level / 200, (int)k);
        for (size_t h = 0; h < bands->len; h++) {
            double score = bands->scores[k * bands->len + h];
            if (isnan(score))
                continue;
            inside += score >= low && score <= high;
            steps++;
        }
    }
    return steps > 0 ? inside / steps : NAN;
}
