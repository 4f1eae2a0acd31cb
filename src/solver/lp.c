/* lp.c - see lp.h: building a program, changing it, and what a solve comes to */
#include "solver/lp_inner.h"

#include <assert.h>
#include <stdlib.h>

static void *grown(void *array, size_t count, size_t size)
{
    void *next = realloc(array, (count ? count : 1) * size);
    if (!next)
        abort();
    return next;
}

struct fg_lp *fg_lp_new(enum fg_lp_sense sense)
{
    struct fg_lp *lp = calloc(1, sizeof(*lp));
    if (!lp)
        abort();
    lp->sign = sense == FG_LP_MAX ? -1 : 1;
    return lp;
}

void fg_lp_free(struct fg_lp *lp)
{
    if (!lp)
        return;
    fg_lp_clp_free(lp);
    free(lp->rows.lower);
    free(lp->rows.upper);
    free(lp->cols.lower);
    free(lp->cols.upper);
    free(lp->cost);
    free(lp->row_first);
    free(lp->cells);
    free(lp->start_cols);
    free(lp->start_rows);
    free(lp->values);
    free(lp->reduced);
    free(lp->activity);
    free(lp->duals);
    free(lp);
}

/* True: the room changed, and arrays beside the bounds must follow. */
static bool add_bounds(struct lp_side *side, double lower, double upper)
{
    bool full = side->len == side->room;
    if (full) {
        side->room = side->room ? side->room * 2 : 64;
        side->lower = grown(side->lower, side->room, sizeof(double));
        side->upper = grown(side->upper, side->room, sizeof(double));
    }
    side->lower[side->len] = lower;
    side->upper[side->len++] = upper;
    return full;
}

uint32_t fg_lp_col(struct fg_lp *lp, double cost, double lower, double upper)
{
    if (add_bounds(&lp->cols, lower, upper))
        lp->cost = grown(lp->cost, lp->cols.room, sizeof(double));
    lp->cost[lp->cols.len - 1] = lp->sign * cost;
    return lp->cols.len - 1;
}

uint32_t fg_lp_row(struct fg_lp *lp, double lower, double upper)
{
    if (add_bounds(&lp->rows, lower, upper))
        lp->row_first = grown(lp->row_first, lp->rows.room, sizeof(uint32_t));
    lp->row_first[lp->rows.len - 1] = LP_NO_CELL;
    return lp->rows.len - 1;
}

static void add_cell(struct fg_lp *lp, uint32_t row, uint32_t col, double value)
{
    if (lp->cells_len == lp->cells_room) {
        lp->cells_room = lp->cells_room ? lp->cells_room * 2 : 256;
        lp->cells = grown(lp->cells, lp->cells_room, sizeof(struct lp_cell));
    }
    lp->cells[lp->cells_len] = (struct lp_cell){row, col, value, lp->row_first[row]};
    lp->row_first[row] = lp->cells_len++;
}

void fg_lp_put(struct fg_lp *lp, uint32_t row, uint32_t col, double value)
{
    assert(row < lp->rows.len);
    assert(col < lp->cols.len);
    if (value == 0)
        return;
    if (row < lp->clp_rows && col < lp->clp_cols)
        fg_lp_set_cell(lp, row, col, value);
    else
        add_cell(lp, row, col, value);
}

void fg_lp_set_cell(struct fg_lp *lp, uint32_t row, uint32_t col, double value)
{
    assert(row < lp->rows.len);
    assert(col < lp->cols.len);
    uint32_t at = lp->row_first[row];
    while (at != LP_NO_CELL && lp->cells[at].col != col)
        at = lp->cells[at].next;
    if (at == LP_NO_CELL)
        add_cell(lp, row, col, value);
    else
        lp->cells[at].value = value;
    if (row < lp->clp_rows && col < lp->clp_cols)
        fg_lp_clp_cell(lp, row, col, value);
}

uint32_t fg_lp_cols_len(const struct fg_lp *lp)
{
    return lp->cols.len;
}

uint32_t fg_lp_rows_len(const struct fg_lp *lp)
{
    return lp->rows.len;
}

void fg_lp_start(struct fg_lp *lp, const uint32_t *cols, const uint32_t *rows, size_t len)
{
    lp->start_cols = grown(lp->start_cols, len, sizeof(uint32_t));
    lp->start_rows = grown(lp->start_rows, len, sizeof(uint32_t));
    lp->start_len = len;
    for (size_t k = 0; k < len; k++) {
        assert(cols[k] < lp->cols.len);
        assert(rows[k] < lp->rows.len);
        lp->start_cols[k] = cols[k];
        lp->start_rows[k] = rows[k];
    }
}

void fg_lp_set_cost(struct fg_lp *lp, uint32_t col, double cost)
{
    assert(col < lp->cols.len);
    lp->cost[col] = lp->sign * cost;
    lp->costs_changed = true;
}

void fg_lp_set_col(struct fg_lp *lp, uint32_t col, double lower, double upper)
{
    assert(col < lp->cols.len);
    lp->cols.lower[col] = lower;
    lp->cols.upper[col] = upper;
    lp->bounds_changed = true;
}

void fg_lp_set_row(struct fg_lp *lp, uint32_t row, double lower, double upper)
{
    assert(row < lp->rows.len);
    lp->rows.lower[row] = lower;
    lp->rows.upper[row] = upper;
    lp->bounds_changed = true;
}

/* -- solving ----------------------------------------------------------------------------------------- */

static int side_is_sane(const struct lp_side *side, const char *what, struct fg_err *err)
{
    for (uint32_t i = 0; i < side->len; i++)
        if (!(side->lower[i] <= side->upper[i]) || side->lower[i] == FG_LP_INF
            || side->upper[i] == -FG_LP_INF)
            return fg_fail(
                err, FG_EINVAL,
                "linear program: %s %u: bounds %g to %g, a lower below an upper expected", what,
                i, side->lower[i], side->upper[i]);
    return 0;
}

static int is_sane(const struct fg_lp *lp, struct fg_err *err)
{
    int rc = side_is_sane(&lp->cols, "column", err);
    if (rc == 0)
        rc = side_is_sane(&lp->rows, "row", err);
    if (rc < 0)
        return rc;
    for (uint32_t j = 0; j < lp->cols.len; j++)
        if (!isfinite(lp->cost[j]))
            return fg_fail(err, FG_EINVAL, "linear program: column %u: cost %g is no number", j,
                           lp->cost[j]);
    for (uint32_t i = 0; i < lp->cells_len; i++)
        if (!isfinite(lp->cells[i].value))
            return fg_fail(err, FG_EINVAL, "linear program: row %u, column %u: %g is no number",
                           lp->cells[i].row, lp->cells[i].col, lp->cells[i].value);
    return 0;
}

static void make_room(struct fg_lp *lp)
{
    lp->values = grown(lp->values, lp->cols.len, sizeof(double));
    lp->reduced = grown(lp->reduced, lp->cols.len, sizeof(double));
    lp->activity = grown(lp->activity, lp->rows.len, sizeof(double));
    lp->duals = grown(lp->duals, lp->rows.len, sizeof(double));
}

/* Without a row each column goes to the bound that its cost likes best; without a column the rows are 0. */
static enum fg_lp_status solve_trivial(struct fg_lp *lp)
{
    for (uint32_t i = 0; i < lp->rows.len; i++) {
        lp->duals[i] = 0;
        if (lp->rows.lower[i] > 0 || lp->rows.upper[i] < 0)
            return FG_LP_INFEASIBLE;
    }
    for (uint32_t j = 0; j < lp->cols.len; j++) {
        double lower = lp->cols.lower[j], upper = lp->cols.upper[j];
        double best = lp->cost[j] > 0   ? lower
                      : lp->cost[j] < 0 ? upper
                                        : fmax(lower, fmin(upper, 0));
        if (isinf(best))
            return FG_LP_UNBOUNDED;
        lp->values[j] = best;
    }
    return FG_LP_OPTIMAL;
}

static void turn_signs(double *values, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        values[i] = -values[i];
}

static int solve_and_check(struct fg_lp *lp,
                           const struct fg_lp_limits *limits,
                           enum lp_way way,
                           struct fg_lp_answer *out,
                           struct fg_err *err)
{
    if (!lp->rows.len || !lp->cols.len)
        out->status = solve_trivial(lp);
    else
        out->status = fg_lp_clp_solve(lp, limits, way, &out->iterations);
    return out->status == FG_LP_OPTIMAL ? fg_lp_check(lp, &out->objective, err) : 0;
}

/* What a basis of before led to, or presolve said, is asked again without either. */
static bool is_sure(enum fg_lp_status status, bool is_fresh, const struct fg_lp_limits *limits)
{
    switch (status) {
    case FG_LP_OPTIMAL:
        return true; /* it was checked */
    case FG_LP_STOPPED:
        return limits != NULL;
    default:
        return is_fresh;
    }
}

int fg_lp_solve(struct fg_lp *lp,
                const struct fg_lp_limits *limits,
                struct fg_lp_answer *out_answer,
                struct fg_err *err)
{
    int rc = is_sane(lp, err);
    if (rc < 0)
        return rc;
    make_room(lp);
    struct fg_lp_answer answer = {};
    bool sure = false;
    for (enum lp_way way = LP_FROM_LAST; way < LP_WAYS && !sure; way++) {
        bool is_fresh = way != LP_FROM_LAST || !lp->rows.len || !lp->cols.len;
        rc = solve_and_check(lp, limits, way, &answer, err);
        sure = rc == 0 && is_sure(answer.status, is_fresh, limits);
    }
    if (rc == 0 && answer.status == FG_LP_STOPPED && !limits)
        rc = fg_fail(err, FG_EBACKEND, "linear program: the solver gave up");
    if (rc < 0)
        return rc;
    if (lp->sign < 0) {
        answer.objective = -answer.objective;
        turn_signs(lp->duals, lp->rows.len);
        turn_signs(lp->reduced, lp->cols.len);
    }
    answer.values = lp->values;
    answer.activity = lp->activity;
    answer.duals = lp->duals;
    answer.reduced = lp->reduced;
    *out_answer = answer;
    return 0;
}
