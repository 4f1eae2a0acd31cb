/* autoregress.c - the future as a weighted sum of the past */
#include "demand/model.h"
#include "demand/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- AR by Yule-Walker ------------------------------------------------------------------------------------- */

void fg_ar(struct fg_past *past, const double *y, size_t order_max, double *out)
{
    size_t n = past->n;
    if (order_max > n / 3)
        order_max = n / 3;
    double mean = fg_mean(y, n);
    double *covariance = FG_NEW(past->arena, double, order_max + 1);
    double *phi = FG_NEW(past->arena, double, order_max + 1);
    fg_autocovariance(y, n, mean, order_max, covariance);
    size_t order = fg_levinson(covariance, order_max, n, phi,
                               FG_NEW(past->arena, double, 2 * order_max + 1));
    for (size_t h = 0; h < past->horizon; h++) {
        double sum = mean;
        for (size_t i = 0; i < order; i++) {
            double value = h > i ? out[h - 1 - i] : y[n + h - 1 - i];
            sum += phi[i] * (value - mean);
        }
        out[h] = sum;
    }
}

/* Long enough for one whole season, if a month of hours or more is there. */
void fg_model_ar(struct fg_past *past, int, double *, double *out)
{
    size_t order_max = 24;
    for (size_t k = 0; k < past->seasons_len; k++)
        if (past->seasons[k] <= 200)
            order_max = past->seasons[k] + 8;
    fg_ar(past, past->y, order_max, out);
}

/* -- ridge regression on chosen lags ----------------------------------------------------------------------- */

#define RIDGE    3e-4 /* of the mean variance of the lags */
#define LAGS_MAX 96

struct lags {
    size_t lag[LAGS_MAX];
    size_t len;
};

static void add_lag(struct lags *lags, size_t lag, size_t n)
{
    /* At least as many rows as it takes to believe the coefficients. */
    if (lag < 1 || lag > n / 2 || lags->len == LAGS_MAX)
        return;
    for (size_t i = 0; i < lags->len; i++)
        if (lags->lag[i] == lag)
            return;
    lags->lag[lags->len++] = lag;
}

static void choose_lags(const struct fg_past *past, int variant, struct lags *lags)
{
    size_t first = past->seasons[0], near = variant ? first : 3;
    for (size_t lag = 1; lag <= near && lag <= 32; lag++)
        add_lag(lags, lag, past->n);
    for (size_t k = 0; k < past->seasons_len; k++) {
        size_t season = past->seasons[k];
        for (size_t around = season - 1; around <= season + 1; around++)
            add_lag(lags, around, past->n);
        if (variant)
            for (size_t cycle = 2; cycle <= 7; cycle++)
                add_lag(lags, cycle * season, past->n);
        else
            add_lag(lags, 2 * season, past->n);
    }
}

struct regression {
    size_t rows, cols;
    double *x;     /* column by column, centered */
    double *means; /* of the columns, then of y */
    double *beta;
};

/* Rows are the values from the longest lag on, newer ones with more weight. */
static struct regression lag_columns(struct fg_past *past, const struct lags *lags)
{
    size_t longest = 0;
    for (size_t i = 0; i < lags->len; i++)
        longest = lags->lag[i] > longest ? lags->lag[i] : longest;
    struct regression r = {.rows = past->n - longest, .cols = lags->len};
    r.x = FG_NEW(past->arena, double, r.rows *(r.cols + 1));
    r.means = FG_NEW(past->arena, double, r.cols + 1);
    r.beta = FG_NEW(past->arena, double, r.cols + 1);
    for (size_t j = 0; j <= r.cols; j++) {
        const double *from = past->y + longest - (j < r.cols ? lags->lag[j] : 0);
        double *column = r.x + j * r.rows;
        r.means[j] = fg_mean(from, r.rows);
        for (size_t i = 0; i < r.rows; i++)
            column[i] = from[i] - r.means[j];
    }
    return r;
}

static void regress(struct regression *r, double ridge, struct fg_arena *arena)
{
    double *gram = FG_NEW(arena, double, r->cols * r->cols);
    double trace = 0;
    const double *y = r->x + r->cols * r->rows;
    for (size_t i = 0; i < r->cols; i++) {
        for (size_t j = 0; j <= i; j++)
            gram[i * r->cols + j] = fg_dot(r->x + i * r->rows, r->x + j * r->rows, r->rows);
        r->beta[i] = fg_dot(r->x + i * r->rows, y, r->rows);
        trace += gram[i * r->cols + i];
    }
    fg_cholesky_solve(gram, r->beta, r->cols, ridge * trace / (double)r->cols);
}

static void ridge(struct fg_past *past, int many, double *out)
{
    struct lags lags = {};
    choose_lags(past, many, &lags);
    struct regression r = lag_columns(past, &lags);
    regress(&r, RIDGE, past->arena);
    for (size_t h = 0; h < past->horizon; h++) {
        double sum = r.means[r.cols];
        for (size_t j = 0; j < r.cols; j++) {
            size_t lag = lags.lag[j];
            double value = h >= lag ? out[h - lag] : past->y[past->n + h - lag];
            sum += r.beta[j] * (value - r.means[j]);
        }
        out[h] = sum;
    }
}

void fg_model_ridge(struct fg_past *past, int variant, double *, double *out)
{
    ridge(past, variant, out);
}

/* The same on what changed since one step (variant 0) or one season ago: levels that move do not mislead it. */
void fg_model_ridge_changes(struct fg_past *past, int variant, double *, double *out)
{
    size_t over = variant ? past->seasons[variant - 1] : 1;
    double *changes = FG_NEW(past->arena, double, past->n);
    for (size_t t = over; t < past->n; t++)
        changes[t - over] = past->y[t] - past->y[t - over];
    struct fg_past changed = fg_past_with(past, changes);
    changed.n = past->n - over;
    ridge(&changed, 0, out);
    for (size_t h = 0; h < past->horizon; h++)
        out[h] += h >= over ? out[h - over] : past->y[past->n + h - over];
}
