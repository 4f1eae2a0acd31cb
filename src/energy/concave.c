/* concave.c - see concave.h */
#include "energy/concave.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define N         CONCAVE_POINTS_MAX
#define ROUNDS    (8 * N)
#define TOLERANCE 1e-10

/* Column 0 is the constant and free; column j is min(x, x_j). */
struct problem {
    double x[N], y[N], weight[N];
    size_t len;
    bool used[N];
    double coef[N];
};

static double cell(const struct problem *p, size_t row, size_t col)
{
    return col == 0 ? 1 : fmin(p->x[row], p->x[col]);
}

/* a * out = b by elimination with pivots; a column without one is left at 0. */
static void eliminate(double a[N][N + 1], size_t len, double *out)
{
    for (size_t k = 0; k < len; k++) {
        size_t pivot = k;
        for (size_t i = k + 1; i < len; i++)
            if (fabs(a[i][k]) > fabs(a[pivot][k]))
                pivot = i;
        double row[N + 1];
        memcpy(row, a[k], sizeof(row));
        memcpy(a[k], a[pivot], sizeof(row));
        memcpy(a[pivot], row, sizeof(row));
        for (size_t i = k + 1; i < len && fabs(a[k][k]) > 1e-14; i++) {
            double times = a[i][k] / a[k][k];
            for (size_t j = k; j <= len; j++)
                a[i][j] -= times * a[k][j];
        }
    }
    for (size_t k = len; k-- > 0;) {
        double sum = a[k][len];
        for (size_t j = k + 1; j < len; j++)
            sum -= a[k][j] * out[j];
        out[k] = fabs(a[k][k]) > 1e-14 ? sum / a[k][k] : 0;
    }
}

/* Least squares over the columns in use, signs aside. */
static void solve_used(const struct problem *p, double *coef)
{
    double a[N][N + 1] = {}, part[N] = {};
    size_t cols[N], len = 0;
    for (size_t j = 0; j < p->len; j++)
        if (p->used[j])
            cols[len++] = j;
    for (size_t i = 0; i < len; i++)
        for (size_t r = 0; r < p->len; r++) {
            double left = p->weight[r] * cell(p, r, cols[i]);
            for (size_t j = 0; j < len; j++)
                a[i][j] += left * cell(p, r, cols[j]);
            a[i][len] += left * p->y[r];
        }
    eliminate(a, len, part);
    memset(coef, 0, N * sizeof(*coef));
    for (size_t i = 0; i < len; i++)
        coef[cols[i]] = part[i];
}

static double value(const struct problem *p, const double *coef, size_t row)
{
    double sum = 0;
    for (size_t j = 0; j < p->len; j++)
        sum += coef[j] * cell(p, row, j);
    return sum;
}

/* The unused column that would lower the error most by growing; 0: none would. */
static size_t best_column(const struct problem *p)
{
    size_t best = 0;
    double most = TOLERANCE;
    for (size_t j = 1; j < p->len; j++) {
        double gain = 0;
        for (size_t r = 0; r < p->len && !p->used[j]; r++)
            gain += p->weight[r] * cell(p, r, j) * (p->y[r] - value(p, p->coef, r));
        if (gain > most) {
            most = gain;
            best = j;
        }
    }
    return best;
}

/* Go towards `next` until the first coefficient is 0, and take that out of use; false: it could go all the way. */
static bool step_back(struct problem *p, const double *next)
{
    double reach = 1;
    for (size_t j = 1; j < p->len; j++)
        if (p->used[j] && next[j] <= 0)
            reach = fmin(reach, p->coef[j] / (p->coef[j] - next[j]));
    bool stopped = false;
    for (size_t j = 1; j < p->len; j++) {
        bool falls = p->used[j] && next[j] <= 0;
        p->coef[j] += reach * (next[j] - p->coef[j]);
        if (falls && p->coef[j] <= TOLERANCE) {
            p->coef[j] = 0;
            p->used[j] = false;
            stopped = true;
        }
    }
    p->coef[0] += reach * (next[0] - p->coef[0]);
    return stopped;
}

void fg_concave_fit(
    const double *x, const double *y, const double *weight, size_t len, double *out_fit)
{
    assert(len >= 1 && len <= N);
    struct problem p = {.len = len, .used = {true}};
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += weight[i];
    for (size_t i = 0; i < len; i++) {
        p.x[i] = x[i] / x[len - 1];
        p.y[i] = y[i];
        p.weight[i] = weight[i] / sum;
    }
    solve_used(&p, p.coef);
    for (size_t round = 0, col; round < ROUNDS && (col = best_column(&p)) > 0; round++) {
        double next[N];
        p.used[col] = true;
        do
            solve_used(&p, next);
        while (step_back(&p, next));
    }
    for (size_t i = 0; i < len; i++)
        out_fit[i] = value(&p, p.coef, i);
}
