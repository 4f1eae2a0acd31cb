/* mip_test.c - whole numbers, against trying all of them */
#include "solver/mip.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>

static uint64_t state = 3;

static double draw(double most)
{
    uint64_t z = state += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0 * most;
}

#define COLS 5
#define MOST 3

/* Cover three needs with whole packs, or pay for what is missing. */
struct packs {
    double cost[COLS], holds[3][COLS], need[3], missing;
};

static double by_trying(const struct packs *packs)
{
    double best = HUGE_VAL;
    for (int code = 0; code < 1024; code++) {
        double cost = 0, got[3] = {};
        for (int j = 0, rest = code; j < COLS; j++, rest /= MOST + 1) {
            cost += rest % (MOST + 1) * packs->cost[j];
            for (int i = 0; i < 3; i++)
                got[i] += rest % (MOST + 1) * packs->holds[i][j];
        }
        for (int i = 0; i < 3; i++)
            cost += packs->missing * fmax(0, packs->need[i] - got[i]);
        best = fmin(best, cost);
    }
    return best;
}

static void finds_the_best_whole_numbers(void)
{
    int bad = 0;
    for (int turn = 0; turn < 40; turn++) {
        struct packs packs = {.missing = 1 + draw(6)};
        FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MIN);
        FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
        uint32_t whole[COLS];
        for (int j = 0; j < COLS; j++)
            whole[j] = fg_lp_col(lp, packs.cost[j] = 1 + draw(9), 0, MOST);
        for (int i = 0; i < 3; i++) {
            uint32_t row = fg_lp_row(lp, packs.need[i] = draw(20), FG_LP_INF);
            fg_lp_put(lp, row, fg_lp_col(lp, packs.missing, 0, FG_LP_INF), 1);
            for (int j = 0; j < COLS; j++)
                fg_lp_put(lp, row, whole[j], packs.holds[i][j] = floor(draw(5)));
        }
        struct fg_mip_limits limits = {10, 1e-9};
        struct fg_mip_answer answer;
        struct fg_err err;
        int rc = fg_mip_solve(lp, whole, COLS, &limits, arena, &answer, &err);
        double best = by_trying(&packs);
        bad += rc < 0 || !answer.found || !answer.finished
               || fabs(answer.objective - best) > 1e-6 * best
               || answer.bound > best * (1 + 1e-6);
    }
    EQ(bad, 0);
}

static void says_when_there_is_none(void)
{
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MIN);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    uint32_t whole = fg_lp_col(lp, 1, 0, 5), row = fg_lp_row(lp, 1, 1);
    fg_lp_put(lp, row, whole, 2);
    struct fg_mip_limits limits = {10, 1e-9};
    struct fg_mip_answer answer;
    struct fg_err err;
    EQ(fg_mip_solve(lp, &whole, 1, &limits, arena, &answer, &err), 0);
    OK(!answer.found);
}

static void only_minimises(void)
{
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    uint32_t whole = fg_lp_col(lp, 1, 0, 5);
    struct fg_mip_limits limits = {10, 1e-9};
    struct fg_mip_answer answer;
    struct fg_err err;
    EQ(fg_mip_solve(lp, &whole, 1, &limits, arena, &answer, &err), FG_EINVAL);
}

int main(void)
{
    RUN(finds_the_best_whole_numbers);
    RUN(says_when_there_is_none);
    RUN(only_minimises);
    return tap_done();
}
