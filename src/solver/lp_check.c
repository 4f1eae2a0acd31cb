/* lp_check.c - is it an answer, and is it the best one?  See lp_inner.h
 *
 * For a minimum, any y gives a lower bound (weak duality):
 *     with d = c - A'y:   bound = sum_i y_i * (lower_i if y_i > 0 else upper_i) + sum_j d_j * (lower_j or upper_j)
 * so values that keep every row and reach the bound are optimal, whoever found them.
 */
#include "solver/lp_inner.h"

#include <stdlib.h>

#define TOLERANCE 1e-6 /* of the size of the numbers that were added up */

/* Values and activities within bounds; `sizes` is how large the terms were that made each. */
static int check_side(const struct lp_side *side,
                      const double *values,
                      const double *sizes,
                      const char *what,
                      struct fg_err *err)
{
    for (uint32_t i = 0; i < side->len; i++) {
        double slack = TOLERANCE * (1 + sizes[i]);
        if (!(values[i] >= side->lower[i] - slack && values[i] <= side->upper[i] + slack))
            return fg_fail(err, FG_EBACKEND,
                           "linear program: the solver's %s %u is %g, outside of %g to %g",
                           what, i, values[i], side->lower[i], side->upper[i]);
    }
    return 0;
}

/* What prices `prices` on one side add to the bound; a price too small to tell from 0 adds nothing. */
static double side_bound(const struct lp_side *side,
                         const double *prices,
                         const double *sizes,
                         double *size)
{
    double sum = 0;
    for (uint32_t i = 0; i < side->len; i++) {
        if (fabs(prices[i]) <= TOLERANCE * (1 + sizes[i]))
            continue;
        double term = prices[i] * (prices[i] > 0 ? side->lower[i] : side->upper[i]);
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static int check(struct fg_lp *lp, double *col_sizes, double *row_sizes, struct fg_err *err)
{
    for (uint32_t i = 0; i < lp->rows.len; i++)
        lp->activity[i] = row_sizes[i] = 0;
    for (uint32_t j = 0; j < lp->cols.len; j++) {
        lp->reduced[j] = lp->cost[j];
        col_sizes[j] = fabs(lp->values[j]);
    }
    for (uint32_t k = 0; k < lp->cells_len; k++) {
        const struct lp_cell *cell = &lp->cells[k];
        double term = cell->value * lp->values[cell->col];
        lp->activity[cell->row] += term;
        row_sizes[cell->row] += fabs(term);
    }
    int rc = check_side(&lp->cols, lp->values, col_sizes, "column", err);
    if (rc == 0)
        rc = check_side(&lp->rows, lp->activity, row_sizes, "row", err);
    if (rc < 0)
        return rc;
    for (uint32_t j = 0; j < lp->cols.len; j++)
        col_sizes[j] = fabs(lp->cost[j]);
    for (uint32_t k = 0; k < lp->cells_len; k++) {
        const struct lp_cell *cell = &lp->cells[k];
        double term = cell->value * lp->duals[cell->row];
        lp->reduced[cell->col] -= term;
        col_sizes[cell->col] += fabs(term);
    }
    return 0;
}

int fg_lp_check(struct fg_lp *lp, double *out_objective, struct fg_err *err)
{
    double *sizes = calloc((size_t)lp->cols.len + lp->rows.len + 1, sizeof(double));
    if (!sizes)
        abort();
    double *row_sizes = sizes + lp->cols.len;
    int rc = check(lp, sizes, row_sizes, err);
    if (rc == 0) {
        double objective = 0, size = 0;
        for (uint32_t j = 0; j < lp->cols.len; j++) {
            objective += lp->cost[j] * lp->values[j];
            size += fabs(lp->cost[j] * lp->values[j]);
        }
        for (uint32_t i = 0; i < lp->rows.len; i++)
            row_sizes[i] = 0;
        double bound = side_bound(&lp->cols, lp->reduced, sizes, &size);
        bound += side_bound(&lp->rows, lp->duals, row_sizes, &size);
        *out_objective = objective;
        if (!isfinite(size) || !(objective - bound <= 10 * TOLERANCE * (1 + size)))
            rc = fg_fail(err, FG_EBACKEND,
                         "linear program: the solver's answer is %g, its prices prove %g only",
                         objective, bound);
    }
    free(sizes);
    return rc;
}
