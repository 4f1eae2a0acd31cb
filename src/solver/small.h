/* small.h - one small linear program solved for thousands of right-hand sides.
 *
 *     min c x   where   A x >= b,  0 <= x <= upper,   c >= 0
 *
 * Only b changes from solve to solve, so the basis of the last answer is dual feasible for the next: bounded dual simplex
 * on a dense tableau (Chvatal, "Linear Programming", 1983, chapters 8 and 10), some tens of rows, a few microseconds a solve.
 * Each answer is held against the bound that its own prices prove; what drifts is computed anew.
 *
 * Owner: one program, one owner, one thread.  Deterministic: the same calls give the same answers.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <stdint.h>

#define FG_SMALL_ROWS_MAX 1024

struct fg_small;

/* Valid until the next solve. */
struct fg_small_answer {
    double objective;
    const double *values; /* by column */
    const double *duals;  /* by row, 0 or more: what the objective gains as b goes up by one */
    double
        fixed; /* objective = fixed + sum of duals x b: what bounds of columns take part in it */
};

/* A program of so many rows and columns, all coefficients and costs 0, no upper bounds. */
struct fg_small *fg_small_new(uint32_t rows, uint32_t cols);
void fg_small_free(struct fg_small *small); /* NULL is allowed */
FG_AUTO_DEFINE(fg_small)

/* Any of these makes the next solve start afresh. */
void fg_small_col(struct fg_small *small,
                  uint32_t col,
                  double cost,
                  double upper); /* cost >= 0 */
void fg_small_put(struct fg_small *small, uint32_t row, uint32_t col, double value);

/* FG_ENOCAP: no x keeps every row; FG_EBACKEND: the arithmetic did not hold. */
[[nodiscard]] int fg_small_solve(struct fg_small *small,
                                 const double *b,
                                 struct fg_small_answer *out,
                                 struct fg_err *err);
