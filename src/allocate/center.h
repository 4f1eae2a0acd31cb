/* center.h - max-min shares in the middle of all that are best, as an interior-point solver finds them.
 *
 *     max t   where   sum_j rate_ij x_ij >= t,   sum_j x_ij <= 1,   sum_i count_i devices_i x_ij <= capacity_j,   x >= 0
 *
 * The worst-off class decides t; what the others get is then mostly open.  A simplex solver answers with a corner: some
 * classes get all they can, alike jobs on other kinds nothing.  Time slicing wants the middle: every class has a little
 * of every kind that is open to it, and published results of max-min policies (solved by interior-point methods)
 * depend on that.  This follows the central path (Boyd and Vandenberghe, Convex Optimization, chapter 11):
 * Newton steps on  -tau t - sum of logarithms of all slacks, tau growing.  Each class is a diagonal plus two rank-one
 * terms, so that a step costs classes x kinds^2.
 *
 * Pure: no clock, no I/O; same problem, same answer.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FG_CENTER_KINDS_MAX 8

struct fg_center_class {
    double count;                     /* alike jobs, above 0 */
    double devices;                   /* each takes at once, above 0 */
    double rate[FG_CENTER_KINDS_MAX]; /* by kind, 0 or more, one of them above 0 */
};

struct fg_center_problem {
    uint32_t kinds_len;                   /* 1 .. FG_CENTER_KINDS_MAX */
    double capacity[FG_CENTER_KINDS_MAX]; /* devices, above 0 */
    const struct fg_center_class *classes;
    size_t classes_len;
};

/* Shares into `shares` [class][FG_CENTER_KINDS_MAX], t to `*out_level` (may be NULL).  t is within 1e-6 of the best, relative.
 * Returns 0, or FG_EINVAL: a number is out of its bounds; FG_EBACKEND: no progress, which no valid problem is known to do. */
[[nodiscard]] int fg_center_solve(const struct fg_center_problem *problem,
                                  double (*shares)[FG_CENTER_KINDS_MAX],
                                  double *out_level,
                                  struct fg_err *err);
