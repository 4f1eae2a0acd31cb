/* small_test.c - small linear programs against the large solver */
#include "solver/lp.h"
#include "solver/small.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>

#define ROWS_MAX 8
#define COLS_MAX 14

static uint64_t state = 1;

static double draw(double most)
{
    uint64_t z = state += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0 * most;
}

struct pair {
    struct fg_small *small;
    struct fg_lp *lp;
    uint32_t rows, cols;
};

static struct pair make(void)
{
    struct pair pair = {.rows = 1 + (uint32_t)draw(ROWS_MAX - 1),
                        .cols = 1 + (uint32_t)draw(COLS_MAX - 1)};
    pair.small = fg_small_new(pair.rows, pair.cols);
    pair.lp = fg_lp_new(FG_LP_MIN);
    for (uint32_t i = 0; i < pair.rows; i++)
        fg_lp_row(pair.lp, 0, FG_LP_INF);
    for (uint32_t j = 0; j < pair.cols; j++) {
        double cost = draw(1) < 0.2 ? 0 : floor(draw(9)),
               upper = draw(1) < 0.5 ? floor(draw(4)) : FG_LP_INF;
        fg_small_col(pair.small, j, cost, upper);
        fg_lp_col(pair.lp, cost, 0, upper);
        for (uint32_t i = 0; i < pair.rows; i++) {
            double value = draw(1) < 0.5 ? 0 : floor(draw(7)) - 2;
            fg_small_put(pair.small, i, j, value);
            fg_lp_put(pair.lp, i, j, value);
        }
    }
    return pair;
}

static bool same(struct pair *pair, const double *b)
{
    struct fg_err err;
    struct fg_lp_answer large = {};
    struct fg_small_answer small = {};
    for (uint32_t i = 0; i < pair->rows; i++)
        fg_lp_set_row(pair->lp, i, b[i], FG_LP_INF);
    int rc_large = fg_lp_solve(pair->lp, NULL, &large, &err);
    int rc_small = fg_small_solve(pair->small, b, &small, &err);
    if (rc_large < 0)
        return false;
    if (large.status == FG_LP_INFEASIBLE)
        return rc_small == FG_ENOCAP;
    double proven = small.fixed;
    for (uint32_t i = 0; rc_small == 0 && i < pair->rows; i++)
        proven += small.duals[i] * b[i];
    return rc_small == 0
           && fabs(small.objective - large.objective) < 1e-6 * (1 + fabs(large.objective))
           && fabs(proven - small.objective) < 1e-6 * (1 + fabs(proven));
}

static void agrees_with_the_large_solver(void)
{
    int bad = 0;
    for (int program = 0; program < 100; program++) {
        struct pair pair = make();
        for (int turn = 0; turn < 20; turn++) {
            double b[ROWS_MAX] = {};
            for (uint32_t i = 0; i < pair.rows; i++)
                b[i] = draw(1) < 0.2 ? 0 : draw(20) - 6;
            bad += !same(&pair, b);
        }
        fg_small_free(pair.small);
        fg_lp_free(pair.lp);
    }
    EQ(bad, 0);
}

static void serves_demand_from_the_cheapest(void)
{
    /* 3 at 1 each, then as many as wanted at 4 each */
    FG_AUTO(fg_small) struct fg_small *small = fg_small_new(1, 2);
    fg_small_col(small, 0, 1, 3);
    fg_small_col(small, 1, 4, HUGE_VAL);
    fg_small_put(small, 0, 0, 1);
    fg_small_put(small, 0, 1, 1);
    struct fg_err err;
    struct fg_small_answer answer;
    OK(fg_small_solve(small, (double[]){2}, &answer, &err) == 0);
    OK(fabs(answer.objective - 2) < 1e-9 && fabs(answer.duals[0] - 1) < 1e-9);
    OK(fg_small_solve(small, (double[]){5}, &answer, &err) == 0);
    OK(fabs(answer.objective - 11) < 1e-9 && fabs(answer.duals[0] - 4) < 1e-9);
    OK(fabs(answer.fixed + 9) < 1e-9); /* 11 = 4 * 5 - 9 */
    OK(fabs(answer.values[0] - 3) < 1e-9 && fabs(answer.values[1] - 2) < 1e-9);
}

static void says_when_there_is_none(void)
{
    FG_AUTO(fg_small) struct fg_small *small = fg_small_new(1, 1);
    fg_small_col(small, 0, 1, 3);
    fg_small_put(small, 0, 0, 1);
    struct fg_err err;
    struct fg_small_answer answer;
    EQ(fg_small_solve(small, (double[]){4}, &answer, &err), FG_ENOCAP);
    EQ(fg_small_solve(small, (double[]){3}, &answer, &err), 0);
}

int main(void)
{
    RUN(serves_demand_from_the_cheapest);
    RUN(says_when_there_is_none);
    RUN(agrees_with_the_large_solver);
    return tap_done();
}
