/* lp_inner.h - what the files of solver/ share about a program.  Inside of solver/ only.
 *
 * Everything is kept here in the sense of minimising (`sign` * the caller's cost); the copy inside of CLP is brought
 * up to date just before a solve.
 */
#pragma once

#include "solver/lp.h"

#include <stdbool.h>
#include <stddef.h>

#define LP_NO_CELL UINT32_MAX

struct lp_cell {
    uint32_t row, col;
    double value;
    uint32_t next; /* of the same row, or LP_NO_CELL */
};

/* Bounds of rows or of columns: as arrays, because that is how CLP takes them. */
struct lp_side {
    double *lower, *upper;
    uint32_t len, room;
};

struct fg_lp {
    double sign; /* 1: minimise, -1: maximise */
    struct lp_side rows, cols;
    double *cost;          /* by column, times sign */
    uint32_t *row_first;   /* by row: its newest cell */
    struct lp_cell *cells; /* in the order they were put */
    uint32_t cells_len, cells_room;

    /* The copy in CLP: the first so many of each, and what changed since. */
    void *clp;
    uint32_t clp_rows, clp_cols, clp_cells;
    bool costs_changed, bounds_changed;

    /* Basic columns and tight rows of the first solve: `start_len` of each. */
    uint32_t *start_cols, *start_rows;
    size_t start_len;

    /* The last answer. */
    double *values, *reduced, *activity, *duals;
    uint32_t answer_cols, answer_rows;
};

enum lp_way { LP_FROM_LAST, LP_PRIMAL_ANEW, LP_DUAL_ANEW, LP_WAYS };

/* lp_clp.c: solve with CLP, raw outcome; values, duals as CLP gives them, in the sense of minimising. */
enum fg_lp_status fg_lp_clp_solve(struct fg_lp *lp,
                                  const struct fg_lp_limits *limits,
                                  enum lp_way way,
                                  int *out_iterations);
void fg_lp_clp_free(struct fg_lp *lp);
/* A cell that CLP knows has changed. */
void fg_lp_clp_cell(struct fg_lp *lp, uint32_t row, uint32_t col, double value);

/* lp_check.c: fill activity and reduced from values and duals, and hold the answer against every bound and the bound
 * of weak duality.  Returns 0, or FG_EBACKEND with what is off. */
int fg_lp_check(struct fg_lp *lp, double *out_objective, struct fg_err *err);
