/* interior.h - max-min shares from the inside of all that are best, as an interior-point solver finds them.
 *
 *     max t   where   sum_j rate_ij x_ij >= t,   sum_j x_ij <= 1,   sum_i count_i devices_i x_ij <= capacity_j,   x >= 0
 *
 * The worst-off class decides t; what the others get is then mostly open.  A simplex solver answers with a corner: alike
 * jobs get unlike kinds.  Time slicing wants the inside, where every class has a little of every kind that is open to
 * it, and published results depend on where inside the solver stops.
 *
 * Method: Mehrotra's predictor-corrector on the homogeneous self-dual embedding (Mehrotra, SIAM J. Optimization 2(4), 1992;
 * Vandenberghe, "The CVXOPT linear and quadratic cone program solvers", 2010), begun and scaled as in Domahidi, Chu and
 * Boyd, "ECOS: An SOCP solver for embedded systems", ECC 2013: Gavel solved its programs with that one, and the shares
 * here are the same to five digits.  All jobs of a class move alike, so that a step costs classes x kinds^2.
 *
 * Pure: no clock, no I/O; same problem, same answer.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FG_INTERIOR_KINDS_MAX 8

struct fg_interior_class {
    double count;                       /* alike jobs, above 0 */
    double devices;                     /* each takes at once, above 0 */
    double rate[FG_INTERIOR_KINDS_MAX]; /* by kind, 0 or more, one of them above 0 */
};

struct fg_interior_problem {
    uint32_t kinds_len;                     /* 1 .. FG_INTERIOR_KINDS_MAX */
    double capacity[FG_INTERIOR_KINDS_MAX]; /* devices, above 0 */
    const struct fg_interior_class *classes;
    size_t classes_len;
};

struct fg_interior_best {
    double level;                        /* t */
    double price[FG_INTERIOR_KINDS_MAX]; /* by kind: what t gains by one device more */
};

/* Shares into `shares` [class][FG_INTERIOR_KINDS_MAX], what they come to into `*out_best` (may be NULL).  t is within 1e-7 of the best, relative.
 * Returns 0, or FG_EINVAL: a number is out of its bounds; FG_EBACKEND: no progress, which no valid problem is known to do. */
[[nodiscard]] int fg_interior_solve(const struct fg_interior_problem *problem,
                                    double (*shares)[FG_INTERIOR_KINDS_MAX],
                                    struct fg_interior_best *out_best,
                                    struct fg_err *err);
