/* matching.h - the assignment problem: every row gets a column of its own, at the least sum of costs.
 *
 * The Hungarian method by shortest augmenting paths (Jonker and Volgenant, "A shortest augmenting path algorithm for dense
 * and sparse linear assignment problems", Computing 38, 1987): rows^2 x columns steps.  Ties: the first column.
 * Pure: no clock, no I/O; same problem, same answer.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* `costs` [row * cols + col], finite; rows <= cols.  The column of each row goes to `out_cols`, their sum to `*out_cost` (may
 * be NULL).  Returns 0, or FG_EINVAL: more rows than columns, or a cost that is no number. */
[[nodiscard]] int fg_matching_solve(const double *costs,
                                    size_t rows,
                                    size_t cols,
                                    uint32_t *out_cols,
                                    double *out_cost,
                                    struct fg_err *err);
