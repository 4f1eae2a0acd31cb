/* numeric.c - see numeric.h */
#include "demand/numeric.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Four sums at once: the additions do not wait for each other. */
double fg_dot(const double *a, const double *b, size_t len)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 4 <= len; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < len; i++)
        s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

double fg_mean(const double *values, size_t len)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += values[i];
    return len ? sum / (double)len : 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double fg_quantile(const double *values, size_t len, double share, double *scratch)
{
    if (!len)
        return NAN;
    memcpy(scratch, values, len * sizeof(*values));
    qsort(scratch, len, sizeof(*scratch), by_value);
    double at = share * (double)(len - 1);
    size_t below = at > 0 ? (size_t)at : 0;
    if (below + 1 >= len)
        return scratch[len - 1];
    return scratch[below] + (at - (double)below) * (scratch[below + 1] - scratch[below]);
}

double fg_median(const double *values, size_t len, double *scratch)
{
    return fg_quantile(values, len, 0.5, scratch);
}

double fg_mad(const double *values, size_t len, double *scratch)
{
    double middle = fg_median(values, len, scratch);
    for (size_t i = 0; i < len; i++)
        scratch[i] = fabs(values[i] - middle);
    qsort(scratch, len, sizeof(*scratch), by_value);
    return len ? 1.4826 * scratch[len / 2] : 0;
}

/* A few dozen at most: insertion. */
static void sort_pairs(double *values, double *weights, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        double value = values[i], weight = weights[i];
        size_t j = i;
        for (; j > 0 && values[j - 1] > value; j--) {
            values[j] = values[j - 1];
            weights[j] = weights[j - 1];
        }
        values[j] = value;
        weights[j] = weight;
    }
}

double fg_weighted_median(double *values, double *weights, size_t len)
{
    assert(len);
    sort_pairs(values, weights, len);
    double total = 0, below = 0;
    for (size_t i = 0; i < len; i++)
        total += weights[i];
    /* Straight lines between the middles of the shares: no jump where a weight passes a half. */
    double before = -1;
    for (size_t i = 0; i < len; i++) {
        double middle = (below + weights[i] / 2) / total;
        if (middle >= 0.5)
            return before < 0 || middle - before <= 0
                       ? values[i]
                       : values[i - 1]
                             + (values[i] - values[i - 1]) * (0.5 - before) / (middle - before);
        below += weights[i];
        before = middle;
    }
    return values[len - 1];
}

/* -- linear algebra --------------------------------------------------------------------------------------- */

/* Rows of the factor lie one after another, so each step is a dot product of two rows. */
static void factor(double *gram, size_t len, double ridge)
{
    for (size_t i = 0; i < len; i++) {
        double *row = gram + i * len;
        double before = row[i] + ridge;
        for (size_t j = 0; j < i; j++) {
            const double *other = gram + j * len;
            row[j] = other[j] > 0 ? (row[j] - fg_dot(row, other, j)) / other[j] : 0;
        }
        double pivot = before - fg_dot(row, row, i);
        row[i] = pivot > 1e-12 * before && pivot > 0 ? sqrt(pivot) : 0;
    }
}

void fg_cholesky_solve(double *gram, double *rhs, size_t len, double ridge)
{
    factor(gram, len, ridge);
    for (size_t i = 0; i < len; i++) {
        const double *row = gram + i * len;
        rhs[i] = row[i] > 0 ? (rhs[i] - fg_dot(row, rhs, i)) / row[i] : 0;
    }
    for (size_t i = len; i-- > 0;) {
        const double *row = gram + i * len;
        rhs[i] = row[i] > 0 ? rhs[i] / row[i] : 0;
        for (size_t j = 0; j < i; j++)
            rhs[j] -= row[j] * rhs[i];
    }
}

void fg_autocovariance(
    const double *values, size_t len, double mean, size_t lags, double *out_covariance)
{
    for (size_t lag = 0; lag <= lags; lag++) {
        double sum = 0;
        if (lag < len) {
            sum = fg_dot(values, values + lag, len - lag);
            /* (a - m)(b - m) = ab - m(a + b) + mm, without a copy. */
            double ends = 0;
            for (size_t i = 0; i < len - lag; i++)
                ends += values[i] + values[i + lag];
            sum += mean * mean * (double)(len - lag) - mean * ends;
        }
        out_covariance[lag] = sum / (double)len;
    }
}

size_t fg_levinson(
    const double *covariance, size_t order_max, size_t len, double *out_phi, double *scratch)
{
    double *phi = scratch, *last = scratch + order_max;
    double variance = covariance[0], best = INFINITY;
    size_t best_order = 0;
    memset(out_phi, 0, order_max * sizeof(*out_phi));
    for (size_t order = 0;; order++) {
        double aic = variance > 0 ? (double)len * log(variance) + 2 * (double)order : -INFINITY;
        if (aic < best) {
            best = aic;
            best_order = order;
            memcpy(out_phi, phi, order * sizeof(*phi));
        }
        if (order == order_max || !(variance > 1e-10 * covariance[0]))
            break;
        double reflection = covariance[order + 1];
        for (size_t i = 0; i < order; i++)
            reflection -= phi[i] * covariance[order - i];
        reflection /= variance;
        memcpy(last, phi, order * sizeof(*phi));
        for (size_t i = 0; i < order; i++)
            phi[i] -= reflection * last[order - 1 - i];
        phi[order] = reflection;
        variance *= 1 - reflection * reflection;
    }
    memset(out_phi + best_order, 0, (order_max - best_order) * sizeof(*out_phi));
    return best_order;
}

/* -- Nelder and Mead -------------------------------------------------------------------------------------- */

struct simplex {
    const struct fg_function *function;
    size_t evaluations;
    double at[FG_MINIMISE_MAX + 1][FG_MINIMISE_MAX];
    double value[FG_MINIMISE_MAX + 1];
};

static double evaluate(struct simplex *simplex, double *x)
{
    const struct fg_function *f = simplex->function;
    for (size_t i = 0; i < f->len; i++)
        x[i] = fmin(fmax(x[i], f->lower[i]), f->upper[i]);
    simplex->evaluations--;
    double value = f->value(x, f->context);
    return isnan(value) ? INFINITY : value;
}

static void begin(struct simplex *simplex, const double *x, double step)
{
    const struct fg_function *f = simplex->function;
    for (size_t corner = 0; corner <= f->len; corner++) {
        memcpy(simplex->at[corner], x, f->len * sizeof(*x));
        if (corner > 0) {
            double *moved = &simplex->at[corner][corner - 1];
            double move = step * (f->upper[corner - 1] - f->lower[corner - 1]);
            *moved += *moved + move <= f->upper[corner - 1] ? move : -move;
        }
        simplex->value[corner] = evaluate(simplex, simplex->at[corner]);
    }
}

/* Best first. */
static void order(struct simplex *simplex)
{
    for (size_t i = 1; i <= simplex->function->len; i++)
        for (size_t j = i; j > 0 && simplex->value[j] < simplex->value[j - 1]; j--) {
            double value = simplex->value[j], at[FG_MINIMISE_MAX];
            memcpy(at, simplex->at[j], sizeof(at));
            simplex->value[j] = simplex->value[j - 1];
            memcpy(simplex->at[j], simplex->at[j - 1], sizeof(at));
            simplex->value[j - 1] = value;
            memcpy(simplex->at[j - 1], at, sizeof(at));
        }
}

/* The point `by` times the way from the worst corner through the middle of the others. */
static double try_along(struct simplex *simplex, double by, double *out_x)
{
    size_t len = simplex->function->len;
    for (size_t i = 0; i < len; i++) {
        double middle = 0;
        for (size_t corner = 0; corner < len; corner++)
            middle += simplex->at[corner][i] / (double)len;
        out_x[i] = middle + by * (middle - simplex->at[len][i]);
    }
    return evaluate(simplex, out_x);
}

static void replace_worst(struct simplex *simplex, const double *x, double value)
{
    size_t worst = simplex->function->len;
    memcpy(simplex->at[worst], x, worst * sizeof(*x));
    simplex->value[worst] = value;
}

static void shrink(struct simplex *simplex)
{
    size_t len = simplex->function->len;
    for (size_t corner = 1; corner <= len && simplex->evaluations; corner++) {
        for (size_t i = 0; i < len; i++)
            simplex->at[corner][i] = (simplex->at[corner][i] + simplex->at[0][i]) / 2;
        simplex->value[corner] = evaluate(simplex, simplex->at[corner]);
    }
}

static void step_once(struct simplex *simplex)
{
    size_t len = simplex->function->len;
    double x[FG_MINIMISE_MAX], further[FG_MINIMISE_MAX];
    double value = try_along(simplex, 1, x);
    if (value < simplex->value[0] && simplex->evaluations) {
        double more = try_along(simplex, 2, further);
        replace_worst(simplex, more < value ? further : x, fmin(more, value));
    } else if (value < simplex->value[len - 1]) {
        replace_worst(simplex, x, value);
    } else if (simplex->evaluations) {
        value = try_along(simplex, value < simplex->value[len] ? 0.5 : -0.5, x);
        if (value < simplex->value[len])
            replace_worst(simplex, x, value);
        else
            shrink(simplex);
    }
}

double fg_minimise(const struct fg_function *function,
                   double *x,
                   double step,
                   size_t evaluations)
{
    assert(function->len && function->len <= FG_MINIMISE_MAX && evaluations > function->len);
    struct simplex simplex = {.function = function, .evaluations = evaluations};
    begin(&simplex, x, step);
    order(&simplex);
    while (simplex.evaluations) {
        double spread = simplex.value[function->len] - simplex.value[0];
        if (!(spread > 1e-6 * fabs(simplex.value[0])))
            break;
        step_once(&simplex);
        order(&simplex);
    }
    memcpy(x, simplex.at[0], function->len * sizeof(*x));
    return simplex.value[0];
}
