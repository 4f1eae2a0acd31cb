/* robust.c - see robust.h */
#include "judge/robust.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int up(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double fg_robust_middle(double *values, size_t len)
{
    assert(len > 0);
    qsort(values, len, sizeof(*values), up);
    return (values[len / 2] + values[(len - 1) / 2]) / 2;
}

double fg_robust_spread(double *values, size_t len, double median)
{
    for (size_t i = 0; i < len; i++)
        values[i] = fabs(values[i] - median);
    return 1.4826 * fg_robust_middle(values, len);
}

bool fg_robust_trend(const double *x, const double *y, size_t len, struct fg_robust_trend *out)
{
    double slopes[FG_TREND_MAX * (FG_TREND_MAX - 1) / 2];
    size_t n = 0;
    assert(len <= FG_TREND_MAX);
    for (size_t i = 0; i < len; i++)
        for (size_t j = i + 1; j < len; j++)
            if (x[j] != x[i])
                slopes[n++] = (y[j] - y[i]) / (x[j] - x[i]);
    if (len < 4 || n == 0)
        return false;
    out->middle = fg_robust_middle(slopes, n);
    out->low = slopes[n / 4];
    out->high = slopes[n - 1 - n / 4];
    return true;
}
