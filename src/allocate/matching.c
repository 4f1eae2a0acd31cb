/* matching.c - see matching.h */
#include "allocate/matching.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define NONE UINT32_MAX

/* Prices of rows and columns: cost - row - col is 0 or more everywhere, and 0 where matched. */
struct matching {
    const double *costs;
    size_t rows, cols;
    double *row_price, *col_price;
    uint32_t *owner;  /* row of each column, or NONE */
    double *slack;    /* of each column on the shortest path search */
    uint32_t *before; /* column before it on its path, or NONE: the new row itself */
    bool *is_final;
};

/* The column at the end of the shortest path from `row` to a column without an owner.  Prices move so that the path is tight. */
static uint32_t find_path(struct matching *match, uint32_t row)
{
    uint32_t at = NONE, from = row;
    for (size_t col = 0; col < match->cols; col++) {
        match->slack[col] = HUGE_VAL;
        match->is_final[col] = false;
        match->before[col] = NONE;
    }
    for (;;) {
        const double *costs = &match->costs[(size_t)from * match->cols];
        uint32_t next = NONE;
        for (uint32_t col = 0; col < match->cols; col++) {
            if (match->is_final[col])
                continue;
            double slack = costs[col] - match->row_price[from] - match->col_price[col];
            if (slack < match->slack[col]) {
                match->slack[col] = slack;
                match->before[col] = at;
            }
            if (next == NONE || match->slack[col] < match->slack[next])
                next = col;
        }
        double step = match->slack[next];
        match->row_price[row] += step;
        for (uint32_t col = 0; col < match->cols; col++) {
            if (match->is_final[col]) {
                match->row_price[match->owner[col]] += step;
                match->col_price[col] -= step;
            } else {
                match->slack[col] -= step;
            }
        }
        match->is_final[next] = true;
        at = next;
        if (match->owner[at] == NONE)
            return at;
        from = match->owner[at];
    }
}

static void take_path(struct matching *match, uint32_t row, uint32_t at)
{
    for (uint32_t before; (before = match->before[at]) != NONE; at = before)
        match->owner[at] = match->owner[before];
    match->owner[at] = row;
}

static bool make_room(struct matching *match)
{
    match->row_price = calloc(match->rows + 1, sizeof(double));
    match->col_price = calloc(match->cols + 1, sizeof(double));
    match->slack = calloc(match->cols + 1, sizeof(double));
    match->owner = calloc(match->cols + 1, sizeof(uint32_t));
    match->before = calloc(match->cols + 1, sizeof(uint32_t));
    match->is_final = calloc(match->cols + 1, sizeof(bool));
    return match->row_price && match->col_price && match->slack && match->owner && match->before
           && match->is_final;
}

static void drop(struct matching *match)
{
    free(match->row_price);
    free(match->col_price);
    free(match->slack);
    free(match->owner);
    free(match->before);
    free(match->is_final);
}

static double read_out(const struct matching *match, uint32_t *out_cols)
{
    double sum = 0;
    for (uint32_t col = 0; col < match->cols; col++)
        if (match->owner[col] != NONE) {
            out_cols[match->owner[col]] = col;
            sum += match->costs[(size_t)match->owner[col] * match->cols + col];
        }
    return sum;
}

int fg_matching_solve(const double *costs,
                      size_t rows,
                      size_t cols,
                      uint32_t *out_cols,
                      double *out_cost,
                      struct fg_err *err)
{
    if (rows > cols || cols >= NONE)
        return fg_fail(err, FG_EINVAL, "%zu rows for %zu columns, expected as many or fewer",
                       rows, cols);
    for (size_t i = 0; i < rows * cols; i++)
        if (!isfinite(costs[i]))
            return fg_fail(err, FG_EINVAL, "row %zu, column %zu: %g, expected a number",
                           i / cols, i % cols, costs[i]);
    struct matching match = {.costs = costs, .rows = rows, .cols = cols};
    bool has_room = make_room(&match);
    for (size_t col = 0; has_room && col < cols; col++)
        match.owner[col] = NONE;
    for (uint32_t row = 0; has_room && row < rows; row++)
        take_path(&match, row, find_path(&match, row));
    double sum = has_room ? read_out(&match, out_cols) : 0;
    drop(&match);
    if (!has_room)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu rows and %zu columns", rows, cols);
    if (out_cost)
        *out_cost = sum;
    return 0;
}
