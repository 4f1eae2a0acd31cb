/* lp_clp.c - the one file that knows CLP.  See lp_inner.h
 *
 * The barrier is never used: without crossover CLP's barrier has called an objective ten times too small optimal.
 */
#include "solver/lp_inner.h"

#include <Clp_C_Interface.h>
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static void *need(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (!memory)
        abort();
    return memory;
}

/* Cells in the order of a column, or of a row, as the solver takes them. */
struct packed {
    CoinBigIndex *starts;
    int *index;
    double *values;
};

static void packed_free(struct packed *packed)
{
    free(packed->starts);
    free(packed->index);
    free(packed->values);
}

/* Of the cells from `from` on: those of the columns from `first` on and rows below `rows_end`, packed by column; or
 * with `by_row` the other way round.  A counting sort. */
struct wanted {
    bool by_row;
    uint32_t first, end; /* of the lines that are packed */
    uint32_t other_end;  /* of the numbers in them */
};

static bool line_of(const struct wanted *wanted, const struct lp_cell *cell, uint32_t *line)
{
    *line = wanted->by_row ? cell->row : cell->col;
    uint32_t other = wanted->by_row ? cell->col : cell->row;
    return *line >= wanted->first && *line < wanted->end && other < wanted->other_end;
}

static struct packed pack(const struct fg_lp *lp, const struct wanted *wanted)
{
    uint32_t lines = wanted->end - wanted->first, line;
    struct packed out = {.starts = need((size_t)lines + 1, sizeof(CoinBigIndex))};
    for (uint32_t k = lp->clp_cells; k < lp->cells_len; k++)
        if (line_of(wanted, &lp->cells[k], &line))
            out.starts[line - wanted->first + 1]++;
    for (uint32_t i = 0; i < lines; i++)
        out.starts[i + 1] += out.starts[i];
    out.index = need((size_t)out.starts[lines], sizeof(int));
    out.values = need((size_t)out.starts[lines], sizeof(double));
    CoinBigIndex *next = need(lines, sizeof(CoinBigIndex));
    memcpy(next, out.starts, lines * sizeof(*next));
    for (uint32_t k = lp->clp_cells; k < lp->cells_len; k++) {
        const struct lp_cell *cell = &lp->cells[k];
        if (!line_of(wanted, cell, &line))
            continue;
        CoinBigIndex at = next[line - wanted->first]++;
        out.index[at] = (int)(wanted->by_row ? cell->col : cell->row);
        out.values[at] = cell->value;
    }
    free(next);
    return out;
}

static void load_all(struct fg_lp *lp)
{
    struct wanted wanted = {.end = lp->cols.len, .other_end = lp->rows.len};
    struct packed packed = pack(lp, &wanted);
    Clp_loadProblem(lp->clp, (int)lp->cols.len, (int)lp->rows.len, packed.starts, packed.index,
                    packed.values, lp->cols.lower, lp->cols.upper, lp->cost, lp->rows.lower,
                    lp->rows.upper);
    packed_free(&packed);
}

/* New columns with their cells in the rows that are known, then new rows with all of theirs. */
static void load_new(struct fg_lp *lp)
{
    if (lp->clp_cols < lp->cols.len) {
        struct wanted wanted = {
            .first = lp->clp_cols, .end = lp->cols.len, .other_end = lp->clp_rows};
        struct packed packed = pack(lp, &wanted);
        uint32_t at = lp->clp_cols;
        Clp_addColumns(lp->clp, (int)(lp->cols.len - at), lp->cols.lower + at,
                       lp->cols.upper + at, lp->cost + at, packed.starts, packed.index,
                       packed.values);
        packed_free(&packed);
    }
    if (lp->clp_rows < lp->rows.len) {
        struct wanted wanted = {.by_row = true,
                                .first = lp->clp_rows,
                                .end = lp->rows.len,
                                .other_end = lp->cols.len};
        struct packed packed = pack(lp, &wanted);
        uint32_t at = lp->clp_rows;
        Clp_addRows(lp->clp, (int)(lp->rows.len - at), lp->rows.lower + at, lp->rows.upper + at,
                    packed.starts, packed.index, packed.values);
        packed_free(&packed);
    }
}

static void bring_up_to_date(struct fg_lp *lp)
{
    load_new(lp);
    if (lp->costs_changed)
        Clp_chgObjCoefficients(lp->clp, lp->cost);
    if (lp->bounds_changed) {
        Clp_chgRowLower(lp->clp, lp->rows.lower);
        Clp_chgRowUpper(lp->clp, lp->rows.upper);
        Clp_chgColumnLower(lp->clp, lp->cols.lower);
        Clp_chgColumnUpper(lp->clp, lp->cols.upper);
    }
}

enum { IS_FREE, IS_BASIC, AT_UPPER, AT_LOWER }; /* as CLP counts them */

static int at_bound(const struct lp_side *side, uint32_t i)
{
    if (isfinite(side->lower[i]))
        return AT_LOWER;
    return isfinite(side->upper[i]) ? AT_UPPER : IS_FREE;
}

static void set_start(struct fg_lp *lp)
{
    for (uint32_t i = 0; i < lp->rows.len; i++)
        Clp_setRowStatus(lp->clp, (int)i, IS_BASIC);
    for (uint32_t j = 0; j < lp->cols.len; j++)
        Clp_setColumnStatus(lp->clp, (int)j, at_bound(&lp->cols, j));
    for (size_t k = 0; k < lp->start_len; k++) {
        uint32_t row = lp->start_rows[k];
        Clp_setColumnStatus(lp->clp, (int)lp->start_cols[k], IS_BASIC);
        Clp_setRowStatus(lp->clp, (int)row, at_bound(&lp->rows, row));
    }
}

static void set_limits(struct fg_lp *lp, const struct fg_lp_limits *limits)
{
    Clp_setMaximumIterations(lp->clp,
                             limits && limits->iterations > 0 ? limits->iterations : INT_MAX);
    Clp_setMaximumSeconds(lp->clp, limits && limits->seconds > 0 ? limits->seconds : -1);
}

static enum fg_lp_status status_of(Clp_Simplex *clp)
{
    switch (Clp_status(clp)) {
    case 0:
        return FG_LP_OPTIMAL;
    case 1:
        return FG_LP_INFEASIBLE;
    case 2:
        return FG_LP_UNBOUNDED;
    default:
        return FG_LP_STOPPED;
    }
}

enum fg_lp_status fg_lp_clp_solve(struct fg_lp *lp,
                                  const struct fg_lp_limits *limits,
                                  enum lp_way way,
                                  int *out_iterations)
{
    bool is_first = !lp->clp;
    if (way != LP_FROM_LAST)
        fg_lp_clp_free(lp);
    /* New costs leave the last answer feasible, which the primal simplex starts from; new bounds and rows leave
     * its prices feasible, for the dual simplex. */
    bool dual = lp->bounds_changed || lp->rows.len > lp->clp_rows;
    if (!lp->clp) {
        lp->clp = Clp_newModel();
        Clp_setLogLevel(lp->clp, 0);
        load_all(lp);
    } else {
        bring_up_to_date(lp);
    }
    lp->clp_rows = lp->rows.len;
    lp->clp_cols = lp->cols.len;
    lp->clp_cells = lp->cells_len;
    lp->costs_changed = lp->bounds_changed = false;

    set_limits(lp, limits);
    bool is_guess = way == LP_FROM_LAST && is_first && lp->start_len;
    if (is_guess)
        set_start(lp);
    if (way == LP_FROM_LAST && is_first && !is_guess)
        Clp_initialSolve(lp->clp);
    else if (way == LP_DUAL_ANEW || (way == LP_FROM_LAST && dual && !is_guess))
        Clp_dual(lp->clp, 0);
    else
        Clp_primal(lp->clp, 0);
    *out_iterations = Clp_numberIterations(lp->clp);
    /* Optimal as it was scaled, but not as it is: go on from there without scaling, from now on. */
    if (Clp_status(lp->clp) == 0 && Clp_secondaryStatus(lp->clp) != 0) {
        Clp_scaling(lp->clp, 0);
        Clp_primal(lp->clp, 0);
        *out_iterations += Clp_numberIterations(lp->clp);
    }
    memcpy(lp->values, Clp_primalColumnSolution(lp->clp), lp->cols.len * sizeof(double));
    memcpy(lp->duals, Clp_dualRowSolution(lp->clp), lp->rows.len * sizeof(double));
    return status_of(lp->clp);
}

void fg_lp_clp_free(struct fg_lp *lp)
{
    if (lp->clp)
        Clp_deleteModel(lp->clp);
    lp->clp = NULL;
    lp->clp_rows = lp->clp_cols = lp->clp_cells = 0;
}

void fg_lp_clp_cell(struct fg_lp *lp, uint32_t row, uint32_t col, double value)
{
    Clp_modifyCoefficient(lp->clp, (int)row, (int)col, value, true);
}
