/* interior_test.c - max-min shares from the inside against the linear program's optimum */
#include "allocate/interior.h"
#include "solver/lp.h"
#include "test/tap.h"

#include <math.h>

#define CLASSES 6
#define KINDS   3

static uint32_t seed = 11;

static double draw(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % n;
}

/* The same program for the simplex. */
static double optimum(const struct fg_interior_problem *problem)
{
    FG_AUTO(fg_lp) struct fg_lp *lp = fg_lp_new(FG_LP_MAX);
    uint32_t level = fg_lp_col(lp, 1, -FG_LP_INF, FG_LP_INF), kinds[KINDS] = {};
    for (uint32_t k = 0; k < problem->kinds_len; k++)
        kinds[k] = fg_lp_row(lp, -FG_LP_INF, problem->capacity[k]);
    for (size_t i = 0; i < problem->classes_len; i++) {
        const struct fg_interior_class *class = &problem->classes[i];
        uint32_t time = fg_lp_row(lp, -FG_LP_INF, 1), owed = fg_lp_row(lp, 0, FG_LP_INF);
        fg_lp_put(lp, owed, level, -1);
        for (uint32_t k = 0; k < problem->kinds_len; k++) {
            uint32_t share = fg_lp_col(lp, 0, 0, FG_LP_INF);
            fg_lp_put(lp, time, share, 1);
            fg_lp_put(lp, owed, share, class->rate[k]);
            fg_lp_put(lp, kinds[k], share, class->count * class->devices);
        }
    }
    struct fg_lp_answer answer;
    struct fg_err err = {};
    return fg_lp_solve(lp, NULL, &answer, &err) == 0 ? answer.objective : NAN;
}

static bool is_feasible(const struct fg_interior_problem *problem,
                        const double (*shares)[FG_INTERIOR_KINDS_MAX],
                        double level)
{
    double used[KINDS] = {};
    bool good = true;
    for (size_t i = 0; i < problem->classes_len; i++) {
        const struct fg_interior_class *class = &problem->classes[i];
        double sum = 0, rate = 0;
        for (uint32_t k = 0; k < problem->kinds_len; k++) {
            good &= shares[i][k] >= 0;
            sum += shares[i][k];
            rate += shares[i][k] * class->rate[k];
            used[k] += shares[i][k] * class->count * class->devices;
        }
        good &= sum <= 1 + 1e-6 && rate >= level * (1 - 1e-6);
    }
    for (uint32_t k = 0; k < problem->kinds_len; k++)
        good &= used[k] <= problem->capacity[k] * (1 + 1e-6);
    return good;
}

static void as_good_as_the_simplex(void)
{
    for (int turn = 0; turn < 60; turn++) {
        struct fg_interior_class classes[CLASSES] = {};
        struct fg_interior_problem problem = {.kinds_len = 1 + (uint32_t)draw(KINDS),
                                              .classes = classes,
                                              .classes_len = 1 + (size_t)draw(CLASSES)};
        double shares[CLASSES][FG_INTERIOR_KINDS_MAX];
        struct fg_interior_best found = {};
        for (uint32_t k = 0; k < problem.kinds_len; k++)
            problem.capacity[k] = 1 + draw(40);
        for (size_t i = 0; i < problem.classes_len; i++) {
            classes[i] =
                (struct fg_interior_class){.count = 1 + draw(30), .devices = 1 + draw(8)};
            for (uint32_t k = 0; k < problem.kinds_len; k++)
                classes[i].rate[k] = draw(4) > 0 ? 0.1 + draw(100) : 0;
            classes[i].rate[(size_t)draw(problem.kinds_len)] = 1 + draw(9);
        }
        struct fg_err err = {};
        if (!EQ(fg_interior_solve(&problem, shares, &found, &err), 0))
            printf("# %s\n", err.text);
        double best = optimum(&problem);
        if (!OK(fabs(found.level - best) <= 1e-5 * best))
            printf("# %g, %g\n", found.level, best);
        OK(is_feasible(&problem, shares, found.level));
    }
}

/* Two jobs alike on two kinds alike: a simplex gives each its own kind, the middle is half and half. */
static void in_the_middle(void)
{
    const struct fg_interior_class classes[2] = {{1, 1, {1, 1}}, {1, 1, {1, 1}}};
    const struct fg_interior_problem problem = {2, {1, 1}, classes, 2};
    double shares[2][FG_INTERIOR_KINDS_MAX];
    EQ(fg_interior_solve(&problem, shares, NULL, NULL), 0);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            OK(fabs(shares[i][k] - 0.5) < 1e-6);
}

static void bad_problems(void)
{
    struct fg_interior_class class = {1, 1, {1}};
    struct fg_interior_problem problem = {1, {1}, &class, 1};
    double shares[1][FG_INTERIOR_KINDS_MAX];
    EQ(fg_interior_solve(&problem, shares, NULL, NULL), 0);
    class.rate[0] = 0;
    EQ(fg_interior_solve(&problem, shares, NULL, NULL), FG_EINVAL);
    class.rate[0] = NAN;
    EQ(fg_interior_solve(&problem, shares, NULL, NULL), FG_EINVAL);
    class = (struct fg_interior_class){0, 1, {1}};
    EQ(fg_interior_solve(&problem, shares, NULL, NULL), FG_EINVAL);
    class.count = 1;
    problem.capacity[0] = 0;
    EQ(fg_interior_solve(&problem, shares, NULL, NULL), FG_EINVAL);
    problem.classes_len = 0;
    EQ(fg_interior_solve(&problem, shares, NULL, NULL), FG_EINVAL);
}

int main(void)
{
    RUN(as_good_as_the_simplex);
    RUN(in_the_middle);
    RUN(bad_problems);
    return tap_done();
}
