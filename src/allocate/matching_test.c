/* matching_test.c - assignments against the enumeration of all */
#include "allocate/matching.h"
#include "test/tap.h"

#include <math.h>

#define ROWS_MAX 5
#define COLS_MAX 6

static uint32_t seed = 17;

static double draw(void)
{
    seed = seed * 1664525 + 1013904223;
    return (double)(int)((seed >> 16) % 41) - 10;
}

static double least(const double *costs, size_t rows, size_t cols, size_t row, unsigned taken)
{
    double best = HUGE_VAL;
    if (row == rows)
        return 0;
    for (size_t col = 0; col < cols; col++)
        if (!(taken & 1U << col))
            best = fmin(best, costs[row * cols + col]
                                  + least(costs, rows, cols, row + 1, taken | 1U << col));
    return best;
}

static void against_all(void)
{
    for (int turn = 0; turn < 200; turn++) {
        double costs[ROWS_MAX * COLS_MAX], cost = 0;
        size_t rows = (size_t)(turn % (ROWS_MAX + 1));
        size_t cols = rows + (size_t)(turn / 7 % (COLS_MAX - ROWS_MAX + 1));
        uint32_t chosen[ROWS_MAX] = {};
        unsigned taken = 0;
        bool apart = true;
        double sum = 0;
        for (size_t i = 0; i < rows * cols; i++)
            costs[i] = draw();
        EQ(fg_matching_solve(costs, rows, cols, chosen, &cost, NULL), 0);
        for (size_t row = 0; row < rows; row++) {
            apart &= chosen[row] < cols && !(taken & 1U << chosen[row]);
            taken |= 1U << chosen[row];
            sum += costs[row * cols + chosen[row]];
        }
        OK(apart);
        OK(fabs(cost - sum) < 1e-9);
        OK(fabs(cost - least(costs, rows, cols, 0, 0)) < 1e-9);
    }
}

static void refusals(void)
{
    uint32_t chosen[2];
    EQ(fg_matching_solve((double[]){1, 2}, 2, 1, chosen, NULL, NULL), FG_EINVAL);
    EQ(fg_matching_solve((double[]){1, NAN}, 1, 2, chosen, NULL, NULL), FG_EINVAL);
    EQ(fg_matching_solve((double[]){1, HUGE_VAL}, 1, 2, chosen, NULL, NULL), FG_EINVAL);
}

int main(void)
{
    RUN(against_all);
    RUN(refusals);
    return tap_done();
}
