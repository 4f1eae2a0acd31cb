/* robust.h - statistics that a few wild values do not move. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The median of `len` > 0 values, which are put in order. */
double fg_robust_middle(double *values, size_t len);

/* The median absolute deviation from `median`, times 1.4826 (the standard deviation, of a normal distribution).  The values
 * are lost. */
double fg_robust_spread(double *values, size_t len, double median);

/* The slope of `y` over `x` after Theil and Sen: the median of the slopes of all pairs; `low` and `high` are their quartiles.
 * FG_TREND_MAX points at most.  false: fewer than 4 points, or all at one x. */
#define FG_TREND_MAX 32
struct fg_robust_trend {
    double low, middle, high;
};
bool fg_robust_trend(const double *x, const double *y, size_t len, struct fg_robust_trend *out);
