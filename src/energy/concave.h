/* concave.h - least squares by a curve that never falls and bends down only.
 *
 * With corners at the points themselves such curves are a + sum_j b_j min(x, x_j), b_j >= 0: non-negative least squares, solved
 * by the active-set method of Lawson and Hanson (1974, ch. 23).  Inside of energy/. */
#pragma once

#include <stddef.h>

#define CONCAVE_POINTS_MAX 17

/* x rising, weights above 0, 1 <= len <= CONCAVE_POINTS_MAX. */
void fg_concave_fit(
    const double *x, const double *y, const double *weight, size_t len, double *out_fit);
