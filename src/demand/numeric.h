/* numeric.h - the little linear algebra and statistics that the models share.  Inside of demand/ only. */
#pragma once

#include <stddef.h>
#include <stdint.h>

double fg_dot(const double *a, const double *b, size_t len);
double fg_mean(const double *values, size_t len);
/* Of a copy; NAN if there are none. `scratch`: room for `len`. Linear between order statistics (R's type 7). */
double fg_quantile(const double *values, size_t len, double share, double *scratch);
double fg_median(const double *values, size_t len, double *scratch);
/* Of values with weights (not negative, one is positive): half of the weight lies on either side. Sorts both. */
double fg_weighted_median(double *values, double *weights, size_t len);
/* 1.4826 times the median distance from the median: a standard deviation that outliers do not move. */
double fg_mad(const double *values, size_t len, double *scratch);

/* Solve (gram + diag(ridge)) x = rhs in place by Cholesky's way: `gram` (len x len, row by row, its lower half is
 * read) becomes the factor and `rhs` the answer. A pivot that is not above 0 drops its variable (x = 0). */
void fg_cholesky_solve(double *gram, double *rhs, size_t len, double ridge);

/* Autocovariances 0..lags of `values` less their `mean`, divided by len (so that they are positive definite). */
void fg_autocovariance(
    const double *values, size_t len, double mean, size_t lags, double *out_covariance);
/* Levinson and Durbin's recursion on autocovariances 0..order_max; the order with the least AIC for a series of `len`.
 * Fills `out_phi` (order_max), returns the order. `scratch`: room for 2 * order_max. */
size_t fg_levinson(
    const double *covariance, size_t order_max, size_t len, double *out_phi, double *scratch);

/* A function to be made small. */
#define FG_MINIMISE_MAX 6
struct fg_function {
    double (*value)(const double *x, void *context);
    void *context;
    size_t len;                    /* of x: at most FG_MINIMISE_MAX */
    double lower[FG_MINIMISE_MAX]; /* the box that x stays in */
    double upper[FG_MINIMISE_MAX];
};
/* Nelder and Mead's simplex from `x`, first steps `step` of the box wide; at most `evaluations`. Returns the value at
 * the best x, which replaces `x`. */
double fg_minimise(const struct fg_function *function,
                   double *x,
                   double step,
                   size_t evaluations);
