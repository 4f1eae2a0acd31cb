/* small.c - see small.h
 *
 * The tableau holds B^-1 [A, -I] with a surplus column for each row, so B^-1 itself is in it, with its sign turned.
 */
#include "solver/small.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FEASIBLE     1e-9 /* of a value, relative to the right-hand side */
#define PIVOT_LEAST  1e-9
#define PROOF        1e-7 /* of the objective against what its prices prove */
#define PIVOTS_FRESH 400  /* after so many the tableau is computed anew */

struct fg_small {
    uint32_t rows, cols, all;  /* all: cols and a surplus column a row */
    double *a;                 /* [row * cols + col] */
    double *cost, *upper;      /* [all] */
    double *tableau;           /* [row * all + col] */
    double *reduced;           /* [all] */
    double *basic_value;       /* [rows] */
    double *values;            /* [all] */
    uint32_t *basic;           /* [rows]: column */
    bool *is_basic, *at_upper; /* [all] */
    uint32_t pivots;           /* since the tableau was computed from scratch */
    bool fresh;                /* the program changed */
};

static void *need(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (!memory)
        abort();
    return memory;
}

struct fg_small *fg_small_new(uint32_t rows, uint32_t cols)
{
    assert(rows <= FG_SMALL_ROWS_MAX);
    struct fg_small *small = need(1, sizeof(*small));
    uint32_t all = rows + cols;
    *small = (struct fg_small){.rows = rows, .cols = cols, .all = all, .fresh = true};
    small->a = need((size_t)rows * cols, sizeof(double));
    small->cost = need(all, sizeof(double));
    small->upper = need(all, sizeof(double));
    small->tableau = need((size_t)rows * all, sizeof(double));
    small->reduced = need(all, sizeof(double));
    small->basic_value = need(rows, sizeof(double));
    small->values = need(all, sizeof(double));
    small->basic = need(rows, sizeof(uint32_t));
    small->is_basic = need(all, sizeof(bool));
    small->at_upper = need(all, sizeof(bool));
    for (uint32_t j = 0; j < all; j++)
        small->upper[j] = HUGE_VAL;
    return small;
}

void fg_small_free(struct fg_small *small)
{
    if (!small)
        return;
    free(small->a);
    free(small->cost);
    free(small->upper);
    free(small->tableau);
    free(small->reduced);
    free(small->basic_value);
    free(small->values);
    free(small->basic);
    free(small->is_basic);
    free(small->at_upper);
    free(small);
}

void fg_small_col(struct fg_small *small, uint32_t col, double cost, double upper)
{
    assert(col < small->cols);
    assert(cost >= 0);
    small->cost[col] = cost;
    small->upper[col] = upper;
    small->fresh = true;
}

void fg_small_put(struct fg_small *small, uint32_t row, uint32_t col, double value)
{
    assert(row < small->rows);
    assert(col < small->cols);
    small->a[(size_t)row * small->cols + col] = value;
    small->fresh = true;
}

/* -- the tableau --------------------------------------------------------------------------------------------- */

static void eliminate(double *line, const double *pivot_line, double factor, uint32_t len)
{
    if (factor == 0)
        return;
    for (uint32_t j = 0; j < len; j++)
        line[j] -= factor * pivot_line[j];
}

/* Make `col` basic in `row`. */
static void pivot(struct fg_small *small, uint32_t row, uint32_t col)
{
    double *line = small->tableau + (size_t)row * small->all;
    double by = 1 / line[col];
    for (uint32_t j = 0; j < small->all; j++)
        line[j] *= by;
    line[col] = 1;
    for (uint32_t i = 0; i < small->rows; i++) {
        double *other = small->tableau + (size_t)i * small->all;
        if (i == row)
            continue;
        eliminate(other, line, other[col], small->all);
        other[col] = 0;
    }
    eliminate(small->reduced, line, small->reduced[col], small->all);
    small->reduced[col] = 0;
    small->is_basic[small->basic[row]] = false;
    small->basic[row] = col;
    small->is_basic[col] = true;
    small->at_upper[col] = false;
    small->pivots++;
}

/* The tableau of the surplus basis: rows turned, so that the surplus columns are +I. */
static void fill_surplus(struct fg_small *small)
{
    for (uint32_t i = 0; i < small->rows; i++) {
        double *line = small->tableau + (size_t)i * small->all;
        for (uint32_t j = 0; j < small->cols; j++)
            line[j] = -small->a[(size_t)i * small->cols + j];
        for (uint32_t j = small->cols; j < small->all; j++)
            line[j] = 0;
        line[small->cols + i] = 1;
        small->basic[i] = small->cols + i;
    }
    memcpy(small->reduced, small->cost, small->all * sizeof(double));
    memset(small->is_basic, 0, small->all * sizeof(bool));
    for (uint32_t j = small->cols; j < small->all; j++)
        small->is_basic[j] = true;
}

/* Nothing is known: all at their lower bounds, which costs of 0 or more make dual feasible. */
static void begin(struct fg_small *small)
{
    memset(small->at_upper, 0, small->all * sizeof(bool));
    fill_surplus(small);
    small->fresh = false;
    small->pivots = 0;
}

/* The row where `col` can best be pivoted in, among those that still hold a surplus to be put out. */
static uint32_t best_row(const struct fg_small *small, uint32_t col, const bool *wanted)
{
    uint32_t best = small->rows;
    double size = PIVOT_LEAST;
    for (uint32_t i = 0; i < small->rows; i++) {
        double value = fabs(small->tableau[(size_t)i * small->all + col]);
        if (!wanted[small->basic[i]] && value > size) {
            best = i;
            size = value;
        }
    }
    return best;
}

/* The same basis, computed from the program itself.  False: it is singular by now. */
static bool refresh(struct fg_small *small)
{
    bool *wanted = need(small->all, sizeof(bool)), *upper = need(small->all, sizeof(bool));
    memcpy(wanted, small->is_basic, small->all * sizeof(bool));
    memcpy(upper, small->at_upper, small->all * sizeof(bool));
    fill_surplus(small);
    bool whole = true;
    for (uint32_t j = 0; j < small->all && whole; j++) {
        if (!wanted[j] || small->is_basic[j])
            continue;
        uint32_t row = best_row(small, j, wanted);
        whole = row < small->rows;
        if (whole)
            pivot(small, row, j);
    }
    memcpy(small->at_upper, upper, small->all * sizeof(bool));
    small->pivots = 0;
    free(wanted);
    free(upper);
    return whole;
}

/* -- dual simplex -------------------------------------------------------------------------------------------- */

/* x_B = B^-1 b - what stands at its upper bound.  The surplus columns are B^-1 with the sign turned. */
static void place_basics(struct fg_small *small, const double *b)
{
    for (uint32_t i = 0; i < small->rows; i++) {
        const double *line = small->tableau + (size_t)i * small->all;
        double value = 0;
        for (uint32_t k = 0; k < small->rows; k++)
            value -= line[small->cols + k] * b[k];
        small->basic_value[i] = value;
    }
    for (uint32_t j = 0; j < small->cols; j++) {
        if (!small->at_upper[j] || small->is_basic[j])
            continue;
        for (uint32_t i = 0; i < small->rows; i++)
            small->basic_value[i] -=
                small->tableau[(size_t)i * small->all + j] * small->upper[j];
    }
}

/* The row most out of its bounds (with `first`: the first one, by Bland, who never cycles); `above`: over its upper. */
static uint32_t leaving(const struct fg_small *small, double tolerance, bool first, bool *above)
{
    uint32_t row = small->rows;
    double worst = tolerance;
    for (uint32_t i = 0; i < small->rows; i++) {
        double value = small->basic_value[i], over = value - small->upper[small->basic[i]];
        double off = fmax(-value, over);
        bool take = first ? off > tolerance
                                && (row == small->rows || small->basic[i] < small->basic[row])
                          : off > worst;
        if (!take)
            continue;
        row = i;
        worst = off;
        *above = over > -value;
    }
    return row;
}

/* The column that keeps all reduced costs right; `all`: none, the row cannot be put right. */
static uint32_t entering(const struct fg_small *small, uint32_t row, bool above, bool first)
{
    const double *line = small->tableau + (size_t)row * small->all;
    uint32_t best = small->all;
    double least = HUGE_VAL;
    for (uint32_t j = 0; j < small->all; j++) {
        if (small->is_basic[j] || small->upper[j] <= 0)
            continue;
        double slope = above ? -line[j] : line[j];
        if (small->at_upper[j])
            slope = -slope;
        if (slope >= -PIVOT_LEAST)
            continue;
        double ratio = fabs(small->reduced[j]) / -slope;
        bool tie = best < small->all && fabs(ratio - least) <= 1e-12 * (1 + least);
        if (tie ? !first && fabs(line[j]) > fabs(line[best]) : ratio < least) {
            best = j;
            least = fmin(least, ratio);
        }
    }
    return best;
}

static double size_of(const double *b, uint32_t rows)
{
    double size = 1;
    for (uint32_t i = 0; i < rows; i++)
        size = fmax(size, fabs(b[i]));
    return size;
}

/* Move the column that enters until the basic one of `row` is at its bound. */
static void step_to(struct fg_small *small, uint32_t row, uint32_t col, bool above)
{
    double target = above ? small->upper[small->basic[row]] : 0;
    double by =
        (small->basic_value[row] - target) / small->tableau[(size_t)row * small->all + col];
    for (uint32_t i = 0; i < small->rows; i++)
        small->basic_value[i] -= by * small->tableau[(size_t)i * small->all + col];
    small->basic_value[row] = by + (small->at_upper[col] ? small->upper[col] : 0);
}

/* 0, FG_ENOCAP (no x), FG_EBACKEND (no end). */
static int improve(struct fg_small *small, const double *b)
{
    double tolerance = FEASIBLE * size_of(b, small->rows);
    uint32_t patience = 20 * small->all + 200;
    place_basics(small, b);
    for (uint32_t step = 0; step < 2 * patience; step++) {
        bool above = false, first = step > patience / 4;
        uint32_t row = leaving(small, tolerance, first, &above);
        if (row == small->rows)
            return 0;
        uint32_t col = entering(small, row, above, first);
        if (col == small->all)
            return FG_ENOCAP;
        uint32_t gone = small->basic[row];
        step_to(small, row, col, above);
        pivot(small, row, col);
        small->at_upper[gone] = above;
        if (small->pivots <= PIVOTS_FRESH)
            continue;
        if (!refresh(small))
            return FG_EBACKEND;
        place_basics(small, b);
    }
    return FG_EBACKEND;
}

/* -- answer ----------------------------------------------------------------------------------------------------- */

/* Fill the answer; true: rows, bounds and prices hold by the numbers of the program itself. */
static bool is_proven(struct fg_small *small, const double *b, struct fg_small_answer *out)
{
    for (uint32_t j = 0; j < small->all; j++)
        small->values[j] = small->at_upper[j] && !small->is_basic[j] ? small->upper[j] : 0;
    for (uint32_t i = 0; i < small->rows; i++)
        small->values[small->basic[i]] =
            fmin(fmax(small->basic_value[i], 0), small->upper[small->basic[i]]);
    double *duals = small->reduced + small->cols;
    double objective = 0, fixed = 0, proven = 0, tolerance = 1e-7 * size_of(b, small->rows);
    for (uint32_t i = 0; i < small->rows; i++) {
        duals[i] = fmax(duals[i], 0);
        proven += duals[i] * b[i];
        double activity = 0;
        for (uint32_t j = 0; j < small->cols; j++)
            activity += small->a[(size_t)i * small->cols + j] * small->values[j];
        if (!(activity >= b[i] - tolerance))
            return false;
    }
    for (uint32_t j = 0; j < small->cols; j++) {
        objective += small->cost[j] * small->values[j];
        double reduced = small->cost[j];
        for (uint32_t i = 0; i < small->rows; i++)
            reduced -= duals[i] * small->a[(size_t)i * small->cols + j];
        if (reduced < 0 && isinf(small->upper[j]) && reduced < -1e-9 * (1 + small->cost[j]))
            return false;
        if (reduced < 0 && isfinite(small->upper[j]))
            fixed += reduced * small->upper[j];
    }
    *out = (struct fg_small_answer){objective, small->values, duals, fixed};
    return fabs(objective - proven - fixed) <= PROOF * (1 + fabs(objective));
}

int fg_small_solve(struct fg_small *small,
                   const double *b,
                   struct fg_small_answer *out,
                   struct fg_err *err)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        if (small->fresh || attempt == 2)
            begin(small);
        else if (attempt == 1 && !refresh(small))
            begin(small);
        int rc = improve(small, b);
        if (rc == FG_ENOCAP && attempt == 2)
            return fg_fail(err, rc, "small linear program: no answer keeps every row");
        if (rc == 0 && is_proven(small, b, out))
            return 0;
    }
    small->fresh = true;
    return fg_fail(err, FG_EBACKEND, "small linear program: the arithmetic does not hold");
}
