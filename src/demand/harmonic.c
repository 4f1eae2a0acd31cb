/* harmonic.c - sines of the seasons and a slope by least squares, AR on what is left */
#include "demand/model.h"
#include "demand/numeric.h"

#include <math.h>
#include <string.h>

#define TERMS_MAX 64

struct terms {
    size_t len;
    double omega[TERMS_MAX / 2]; /* one sine and one cosine each */
};

/* Harmonics of a longer season that a shorter one has already are left out. */
static void choose_terms(const struct fg_past *past, struct terms *terms)
{
    for (size_t k = 0; k < past->seasons_len; k++) {
        size_t season = past->seasons[k], most = k ? 14 : 8;
        for (size_t harmonic = 1; harmonic <= most && 2 * harmonic < season; harmonic++) {
            bool had = terms->len + 3 > TERMS_MAX / 2;
            double omega = 2 * M_PI * (double)harmonic / (double)season;
            for (size_t i = 0; i < terms->len && !had; i++)
                had = fabs(terms->omega[i] - omega) < 1e-9;
            if (!had)
                terms->omega[terms->len++] = omega;
        }
    }
}

/* One row: 1, the time (-1 to 1 in the history), sines and cosines. */
static void fill_row(const struct terms *terms, size_t n, size_t t, double *row)
{
    row[0] = 1;
    row[1] = n > 1 ? 2 * (double)t / (double)(n - 1) - 1 : 0;
    for (size_t i = 0; i < terms->len; i++)
        sincos(terms->omega[i] * (double)t, row + 2 + 2 * i, row + 3 + 2 * i);
}

static void fit(struct fg_past *past, const struct terms *terms, double *x, double *beta)
{
    size_t n = past->n, cols = 2 + 2 * terms->len;
    double *row = FG_NEW(past->arena, double, cols),
           *gram = FG_NEW(past->arena, double, cols *cols);
    for (size_t t = 0; t < n; t++) {
        fill_row(terms, n, t, row);
        for (size_t j = 0; j < cols; j++)
            x[j * n + t] = row[j];
    }
    for (size_t i = 0; i < cols; i++) {
        for (size_t j = 0; j <= i; j++)
            gram[i * cols + j] = fg_dot(x + i * n, x + j * n, n);
        beta[i] = fg_dot(x + i * n, past->y, n);
    }
    fg_cholesky_solve(gram, beta, cols, 1e-3 * (double)n);
}

void fg_model_harmonic(struct fg_past *past, int, double *, double *out)
{
    struct terms terms = {};
    choose_terms(past, &terms);
    size_t n = past->n, cols = 2 + 2 * terms.len;
    double *x = FG_NEW(past->arena, double, n *cols), *beta = FG_NEW(past->arena, double, cols);
    double *left = FG_NEW(past->arena, double, n), *row = FG_NEW(past->arena, double, cols);
    fit(past, &terms, x, beta);
    memcpy(left, past->y, n * sizeof(*left));
    for (size_t j = 0; j < cols; j++)
        for (size_t t = 0; t < n; t++)
            left[t] -= beta[j] * x[j * n + t];
    fg_ar(past, left, 30, out);
    for (size_t h = 0; h < past->horizon; h++) {
        fill_row(&terms, n, n + h, row);
        row[1] = 1; /* the slope does not go on */
        out[h] += fg_dot(row, beta, cols);
    }
}
