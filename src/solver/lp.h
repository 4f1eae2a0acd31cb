/* lp.h - a linear program: build it sparse, solve it, change it, solve it again.
 *
 *     min or max  sum_j cost_j x_j   where   lower_i <= sum_j a_ij x_j <= upper_i,   lower_j <= x_j <= upper_j
 *
 * Owner:   one program, one owner, one thread; several programs may be solved in parallel.
 * Answer:  solved by COIN-OR CLP (simplex), then checked here against every bound and every row, and against
 *          the bound that its duals prove (weak duality): what is given back as optimal is optimal.
 * Changes: costs, bounds, coefficients, more columns and more rows after an answer start the next solve from
 *          the basis of the last one.
 * Output:  nothing is ever printed.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define FG_LP_INF HUGE_VAL

struct fg_lp;

enum fg_lp_sense { FG_LP_MIN, FG_LP_MAX };

enum fg_lp_status {
    FG_LP_OPTIMAL,
    FG_LP_INFEASIBLE, /* no x keeps every row */
    FG_LP_UNBOUNDED,  /* the objective has no limit */
    FG_LP_STOPPED     /* a limit of fg_lp_limits came first: no answer */
};

/* 0: no limit.  A limit in seconds makes the outcome depend on the machine; one in iterations does not. */
struct fg_lp_limits {
    double seconds;
    int iterations;
};

/* Valid until the program is changed, solved again or freed. */
struct fg_lp_answer {
    enum fg_lp_status status;
    int iterations;
    /* The rest holds only when OPTIMAL. */
    double objective;
    const double *values;   /* by column */
    const double *activity; /* by row: sum_j a_ij x_j */
    const double
        *duals; /* by row: what the objective gains as the bound that binds goes up by one */
    const double *reduced; /* by column: the same for its bound */
};

/* An empty program.  Running out of memory ends the process (see arena.h). */
struct fg_lp *fg_lp_new(enum fg_lp_sense sense);
void fg_lp_free(struct fg_lp *lp); /* NULL is allowed */
FG_AUTO_DEFINE(fg_lp)

/* Add a column or a row, the bounds may be -FG_LP_INF and FG_LP_INF; returns its number, from 0. */
uint32_t fg_lp_col(struct fg_lp *lp, double cost, double lower, double upper);
uint32_t fg_lp_row(struct fg_lp *lp, double lower, double upper);
/* The coefficient of a cell that was not put before.  0 is allowed and kept out. */
void fg_lp_put(struct fg_lp *lp, uint32_t row, uint32_t col, double value);
uint32_t fg_lp_cols_len(const struct fg_lp *lp);
uint32_t fg_lp_rows_len(const struct fg_lp *lp);

/* Start the first solve where these columns are in the basis and these rows are tight, as many of each; all other
 * columns are at a bound and all other rows loose.  A good guess saves most of the work; a bad one costs time only. */
void fg_lp_start(struct fg_lp *lp, const uint32_t *cols, const uint32_t *rows, size_t len);

void fg_lp_set_cost(struct fg_lp *lp, uint32_t col, double cost);
void fg_lp_set_col(struct fg_lp *lp, uint32_t col, double lower, double upper);
void fg_lp_set_row(struct fg_lp *lp, uint32_t row, double lower, double upper);
/* Change the coefficient of a cell, put before or not; looks through the row's cells. */
void fg_lp_set_cell(struct fg_lp *lp, uint32_t row, uint32_t col, double value);

/* Solve.  Returns 0 and an answer of any status, or FG_EINVAL: a number is NaN, a cost or coefficient infinite,
 * a lower bound above its upper bound; FG_EBACKEND: the solver gave up, or its answer did not
 * pass the check.  `limits` NULL: none. */
[[nodiscard]] int fg_lp_solve(struct fg_lp *lp,
                              const struct fg_lp_limits *limits,
                              struct fg_lp_answer *out_answer,
                              struct fg_err *err);
