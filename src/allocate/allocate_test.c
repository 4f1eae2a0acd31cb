/* allocate_test.c - allocation policies against the enumeration of all vertices, and what they promise */
#include "allocate/allocate.h"
#include "allocate/brute.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KINDS 2

/* -- small problems, and the policies as one would write them down ----------------------------------------------- */

struct small {
    struct fg_allocate_kind kinds[KINDS];
    struct fg_allocate_class classes[3];
    double throughput[3 * KINDS], weights[2];
    double pair_a[KINDS], pair_b[KINDS];
    struct fg_allocate_pair pair;
    struct fg_allocate_problem problem;
};

static void fill_small(struct small *small, size_t classes, bool pairs)
{
    *small = (struct small){.weights = {1, 2}};
    for (size_t j = 0; j < KINDS; j++) {
        small->kinds[j] = (struct fg_allocate_kind){draw(1, 6), draw(1, 9)};
        small->pair_a[j] = draw(0, 4) / 2;
        small->pair_b[j] = draw(0, 4) / 2;
    }
    for (size_t i = 0; i < classes; i++) {
        small->classes[i] = (struct fg_allocate_class){.count = draw(1, 4),
                                                       .devices = pairs ? 1 : draw(1, 2),
                                                       .weight = draw(1, 3),
                                                       .project = i % 2,
                                                       .steps_left = draw(1, 20),
                                                       .elapsed_s = draw(0, 10),
                                                       .isolated_s = draw(0, 5),
                                                       .deadline_s = draw(0, 40),
                                                       .rank = draw(0, 2)};
        for (size_t j = 0; j < KINDS; j++)
            small->throughput[i * KINDS + j] = draw(0, 5);
    }
    small->pair = (struct fg_allocate_pair){0, draw(0, 1) > 0 && classes > 1, small->pair_a,
                                            small->pair_b};
    small->problem = (struct fg_allocate_problem){.kinds = small->kinds,
                                                  .kinds_len = KINDS,
                                                  .classes = small->classes,
                                                  .classes_len = classes,
                                                  .throughput = small->throughput,
                                                  .pairs = &small->pair,
                                                  .pairs_len = pairs,
                                                  .project_weights = small->weights,
                                                  .projects_len = 2};
}

static bool may(const struct small *small, size_t class, size_t kind)
{
    return small->throughput[class * KINDS + kind] > 0
           && small->classes[class].devices <= small->kinds[kind].capacity;
}

static bool fits_anywhere(const struct small *small, size_t class)
{
    return may(small, class, 0) || may(small, class, 1);
}

static bool may_pair(const struct small *small, size_t kind)
{
    const struct fg_allocate_pair *pair = &small->pair;
    return small->problem.pairs_len && small->pair_a[kind] > 0 && small->pair_b[kind] > 0
           && (pair->a != pair->b || small->classes[pair->a].count >= 2)
           && fits_anywhere(small, pair->a) && fits_anywhere(small, pair->b);
}

/* Columns: x_ij, then y_j of the pair if there is one, then t if `with_t`. */
static struct dense dense_of(const struct small *small, bool with_t)
{
    size_t classes = small->problem.classes_len, pairs = small->problem.pairs_len * KINDS;
    struct dense dense = {.cols = classes * KINDS + pairs + with_t};
    for (size_t i = 0; i < classes; i++) {
        double time[COLS] = {};
        for (size_t j = 0; j < KINDS; j++)
            time[i * KINDS + j] = 1;
        for (size_t j = 0; j < pairs; j++)
            time[classes * KINDS + j] =
                ((small->pair.a == i) + (small->pair.b == i)) / small->classes[i].count;
        add_row(&dense, time, 1);
    }
    for (size_t j = 0; j < KINDS; j++) {
        double use[COLS] = {};
        for (size_t i = 0; i < classes; i++)
            use[i * KINDS + j] = small->classes[i].count * small->classes[i].devices;
        if (pairs)
            use[classes * KINDS + j] = small->classes[small->pair.a].devices;
        add_row(&dense, use, small->kinds[j].capacity);
    }
    for (size_t at = 0; at < classes * KINDS + pairs; at++) {
        double none[COLS] = {};
        none[at] = 1;
        bool can = at < classes * KINDS ? may(small, at / KINDS, at % KINDS)
                                        : may_pair(small, at - classes * KINDS);
        if (!can)
            add_row(&dense, none, 0);
    }
    return dense;
}

/* The rate of one job of the class as a row over the columns. */
static void rate_row(const struct small *small, size_t class, double *out)
{
    size_t classes = small->problem.classes_len;
    memset(out, 0, COLS * sizeof(*out));
    for (size_t j = 0; j < KINDS; j++) {
        if (may(small, class, j))
            out[class * KINDS + j] = small->throughput[class * KINDS + j];
        if (may_pair(small, j))
            out[classes * KINDS + j] = ((small->pair.a == class) * small->pair_a[j]
                                        + (small->pair.b == class) * small->pair_b[j])
                                       / small->classes[class].count;
    }
}

static double brute_sum(const struct small *small,
                        const double *by_class,
                        const double *by_kind)
{
    struct dense dense = dense_of(small, false);
    for (size_t i = 0; i < small->problem.classes_len; i++) {
        double rate[COLS];
        rate_row(small, i, rate);
        for (size_t at = 0; at < dense.cols; at++)
            dense.c[at] +=
                by_class[i] * small->classes[i].count * rate[at] * by_kind[at % KINDS];
    }
    return brute(&dense);
}

/* max t with rate_i >= need_i t; need 0: left out. */
static double brute_least(const struct small *small, const double *need)
{
    struct dense dense = dense_of(small, true);
    dense.c[dense.cols - 1] = 1;
    bool any = false;
    for (size_t i = 0; i < small->problem.classes_len; i++) {
        double rate[COLS];
        if (need[i] <= 0 || !fits_anywhere(small, i))
            continue;
        any = true;
        rate_row(small, i, rate);
        for (size_t at = 0; at < dense.cols; at++)
            rate[at] = -rate[at];
        rate[dense.cols - 1] = need[i];
        add_row(&dense, rate, 0);
    }
    return any ? brute(&dense) : 0;
}

static void equal_rates(const struct small *small, bool capped, double *out)
{
    double jobs = 0;
    for (size_t i = 0; i < small->problem.classes_len; i++)
        jobs += small->classes[i].count;
    for (size_t i = 0; i < small->problem.classes_len; i++) {
        double time = 0;
        out[i] = 0;
        for (size_t j = 0; j < KINDS; j++) {
            double share = small->kinds[j].capacity / jobs / small->classes[i].devices;
            time += may(small, i, j) ? share : 0;
            out[i] += may(small, i, j) ? share * small->throughput[i * KINDS + j] : 0;
        }
        if (capped && time > 1)
            out[i] /= time;
    }
}

static struct fg_allocation solved(const struct fg_allocate_problem *problem,
                                   enum fg_allocate_policy policy,
                                   struct fg_arena *arena)
{
    struct fg_allocate_options options = {.policy = policy};
    struct fg_allocation out = {};
    struct fg_err err;
    int rc = fg_allocate(problem, &options, arena, &out, &err);
    if (rc < 0)
        printf("# %s: %s\n", fg_allocate_policy_name(policy), err.text);
    OK(rc == 0);
    return out;
}

static bool least_is_brute(const struct small *small, struct fg_arena *arena)
{
    double need[3];
    equal_rates(small, false, need);
    for (size_t i = 0; i < small->problem.classes_len; i++)
        need[i] *= small->classes[i].weight;
    bool good = near(solved(&small->problem, FG_ALLOCATE_MAX_MIN, arena).objective,
                     brute_least(small, need), 1e-5);
    for (size_t i = 0; i < small->problem.classes_len; i++)
        need[i] = small->classes[i].steps_left;
    double t = brute_least(small, need);
    return near(solved(&small->problem, FG_ALLOCATE_MAKESPAN, arena).objective,
                t > 0 ? 1 / t : 0, 1e-5)
           && good;
}

static bool sums_are_brute(const struct small *small, struct fg_arena *arena)
{
    static const double one[] = {1, 1, 1};
    double weight[3], place[3] = {}, price[KINDS];
    for (size_t j = 0; j < KINDS; j++)
        price[j] = 1 / small->kinds[j].usd_per_hour;
    for (size_t i = 0; i < small->problem.classes_len; i++) {
        weight[i] = small->classes[i].weight;
        for (size_t k = 0; k < small->problem.classes_len; k++)
            if (small->classes[k].rank >= small->classes[i].rank)
                place[i] += small->classes[k].count;
        double best = fmax(small->throughput[i * KINDS], small->throughput[i * KINDS + 1]);
        place[i] = best > 0 ? place[i] / best : 0;
    }
    const struct fg_allocate_problem *problem = &small->problem;
    bool good = near(solved(problem, FG_ALLOCATE_TOTAL, arena).objective,
                     brute_sum(small, weight, one), 1e-5);
    good &= near(solved(problem, FG_ALLOCATE_COST, arena).objective,
                 brute_sum(small, weight, price), 1e-5);
    return near(solved(problem, FG_ALLOCATE_FIFO, arena).objective,
                brute_sum(small, place, one), 1e-5)
           && good;
}

/* At the rho found every class can have what it needs, at one a little smaller not. */
static bool ftf_is_brute(const struct small *small, struct fg_arena *arena)
{
    double rho = solved(&small->problem, FG_ALLOCATE_FTF, arena).objective, equal[3];
    equal_rates(small, true, equal);
    for (int side = 0; side < 2; side++) {
        double at = rho * (side ? 1 + 1e-4 : 1 - 1e-4), need[3] = {};
        bool any = false, below = false;
        for (size_t i = 0; i < small->problem.classes_len; i++) {
            const struct fg_allocate_class *class = &small->classes[i];
            if (equal[i] <= 0)
                continue;
            double whole = class->isolated_s + class->steps_left / equal[i];
            any = true;
            below |= at * whole <= class->elapsed_s;
            need[i] = class->steps_left / (at * whole - class->elapsed_s);
        }
        if (any && (!below && brute_least(small, need) >= 1) != side)
            return false;
    }
    return true;
}

static double brute_min_cost(const struct small *small)
{
    struct dense dense = dense_of(small, false);
    for (size_t at = 0; at < dense.cols; at++)
        dense.c[at] = -small->kinds[at % KINDS].usd_per_hour;
    for (size_t at = 0; at < small->problem.classes_len * KINDS; at++)
        dense.c[at] *= small->classes[at / KINDS].count * small->classes[at / KINDS].devices;
    for (size_t i = 0; i < small->problem.classes_len; i++) {
        double rate[COLS];
        const struct fg_allocate_class *class = &small->classes[i];
        if (class->deadline_s <= 0)
            continue;
        rate_row(small, i, rate);
        for (size_t at = 0; at < COLS; at++)
            rate[at] = -rate[at];
        add_row(&dense, rate, -class->steps_left / class->deadline_s);
    }
    return -brute(&dense);
}

static bool min_cost_is_brute(const struct small *small, struct fg_arena *arena)
{
    struct fg_allocate_options options = {.policy = FG_ALLOCATE_MIN_COST};
    struct fg_allocation out;
    struct fg_err err;
    int rc = fg_allocate(&small->problem, &options, arena, &out, &err);
    double want = brute_min_cost(small);
    return isinf(want) ? rc == FG_ENOCAP : rc == 0 && near(out.objective, want, 1e-5);
}

static void policies_reach_the_best_vertex(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    bool least = true, sums = true, ftf = true, min_cost = true;
    for (int round = 0; round < 40; round++) {
        struct small small;
        fill_small(&small, round % 4 == 3 ? 2 : (size_t)draw(1, 3), round % 4 == 3);
        least &= least_is_brute(&small, arena);
        sums &= sums_are_brute(&small, arena);
        ftf &= ftf_is_brute(&small, arena);
        min_cost &= min_cost_is_brute(&small, arena);
        fg_arena_reset(arena);
    }
    OK(least);
    OK(sums);
    OK(ftf);
    OK(min_cost);
}

/* -- larger problems ---------------------------------------------------------------------------------------------- */

#define MANY       40
#define MANY_KINDS 5

struct large {
    struct fg_allocate_kind kinds[MANY_KINDS];
    struct fg_allocate_class classes[MANY];
    double throughput[MANY * MANY_KINDS], weights[3], none[MANY_KINDS];
    struct fg_allocate_pair no_pair;
    struct fg_allocate_problem problem;
};

/* Classes come in `like` that are alike, each of a few jobs. */
static void fill_large(struct large *large, size_t like)
{
    *large = (struct large){.weights = {1, 2, 4}};
    for (size_t j = 0; j < MANY_KINDS; j++)
        large->kinds[j] = (struct fg_allocate_kind){draw(0, 30), draw(1, 9)};
    for (size_t i = 0; i < MANY; i++) {
        size_t group = i / like;
        large->classes[i] = (struct fg_allocate_class){.count = draw(1, 4),
                                                       .devices = group % 5 ? 1 : 4,
                                                       .weight = 1 + (double)(group % 2),
                                                       .project = (uint32_t)(group % 3),
                                                       .steps_left = 1 + (double)(group % 7),
                                                       .elapsed_s = (double)(group % 6),
                                                       .isolated_s = (double)(group % 4),
                                                       .deadline_s = 100,
                                                       .rank = (double)group};
        for (size_t j = 0; j < MANY_KINDS; j++)
            large->throughput[i * MANY_KINDS + j] =
                i % like ? large->throughput[(i - 1) * MANY_KINDS + j] : draw(0, 90) / 10;
    }
    large->no_pair = (struct fg_allocate_pair){0, 0, large->none, large->none};
    large->problem = (struct fg_allocate_problem){.kinds = large->kinds,
                                                  .kinds_len = MANY_KINDS,
                                                  .classes = large->classes,
                                                  .classes_len = MANY,
                                                  .throughput = large->throughput,
                                                  .project_weights = large->weights,
                                                  .projects_len = 3};
}

/* fg_allocate() checks its own answers; this looks at them in another way. */
static bool is_feasible(const struct fg_allocate_problem *problem,
                        const struct fg_allocation *out)
{
    bool good = true;
    for (size_t j = 0; j < problem->kinds_len; j++) {
        double use = 0;
        for (size_t i = 0; i < problem->classes_len; i++) {
            double share = out->share[i * problem->kinds_len + j];
            bool can = problem->throughput[i * problem->kinds_len + j] > 0
                       && problem->classes[i].devices <= problem->kinds[j].capacity;
            good &= share >= 0 && (can || share == 0);
            use += share * problem->classes[i].count * problem->classes[i].devices;
        }
        good &= use <= problem->kinds[j].capacity + 1e-5 && fabs(use - out->use[j]) < 1e-5;
    }
    for (size_t i = 0; i < problem->classes_len; i++) {
        double time = 0, rate = 0;
        for (size_t j = 0; j < problem->kinds_len; j++) {
            time += out->share[i * problem->kinds_len + j];
            rate += out->share[i * problem->kinds_len + j]
                    * problem->throughput[i * problem->kinds_len + j];
        }
        good &= time <= 1 + 1e-5 && fabs(rate - out->rate[i]) < 1e-5;
    }
    return good;
}

static void answers_are_feasible(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    bool good = true;
    struct fg_err err;
    for (int round = 0; round < 54; round++) {
        struct large large;
        fill_large(&large, 1 + (size_t)round % 3);
        struct fg_allocate_options options = {
            .policy = (enum fg_allocate_policy)(round % FG_ALLOCATE_POLICIES),
            .fill = round / 9 % 2,
            .parts = round / 18 % 3 == 2 ? 3 : 0};
        struct fg_allocation out;
        int rc = fg_allocate(&large.problem, &options, arena, &out, &err);
        if (rc == FG_ENOCAP && options.policy == FG_ALLOCATE_MIN_COST)
            continue;
        if (rc < 0)
            printf("# %s\n", err.text);
        good &= rc == 0 && is_feasible(&large.problem, &out);
        fg_arena_reset(arena);
    }
    OK(good);
}

/* A pair that can never be keeps classes from being merged. */
static void classes_that_are_alike_are_one(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    for (int policy = 0; policy < FG_ALLOCATE_MIN_COST; policy++) {
        struct large large;
        fill_large(&large, 4);
        struct fg_allocation merged =
            solved(&large.problem, (enum fg_allocate_policy)policy, arena);
        large.problem.pairs = &large.no_pair;
        large.problem.pairs_len = 1;
        struct fg_allocation alone =
            solved(&large.problem, (enum fg_allocate_policy)policy, arena);
        OK(near(merged.objective, alone.objective, 1e-5));
        bool same = true;
        for (size_t i = 0; i < MANY; i++)
            same &= near(merged.rate[i], merged.rate[i / 4 * 4], 1e-9);
        OK(same);
    }
}

static void parts_come_close(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    double whole_sum = 0, parts_sum = 0;
    for (int round = 0; round < 10; round++) {
        struct large large;
        fill_large(&large, 1);
        for (size_t j = 0; j < MANY_KINDS; j++)
            large.kinds[j].capacity += 5;
        struct fg_allocation whole = solved(&large.problem, FG_ALLOCATE_TOTAL, arena), parts;
        struct fg_allocate_options options = {.policy = FG_ALLOCATE_TOTAL, .parts = 4};
        struct fg_err err;
        EQ(fg_allocate(&large.problem, &options, arena, &parts, &err), 0);
        OK(parts.objective <= whole.objective * (1 + 1e-6));
        whole_sum += whole.objective;
        parts_sum += parts.objective;
    }
    printf("# four parts reach %.1f %%\n", 100 * parts_sum / whole_sum);
    OK(parts_sum > 0.9 * whole_sum);
}

/* Of so many classes the interior-point method is asked; a pair that can never be brings the simplex method back. */
static void many_classes_have_the_same_optimum(void)
{
    enum { LEN = 2001 };
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 26);
    struct fg_allocate_kind kinds[3] = {{LEN / 2.0, 1}, {0, 1}, {LEN / 4.0, 1}};
    struct fg_allocate_class *classes = FG_NEW(arena, struct fg_allocate_class, LEN);
    double *throughput = FG_NEW(arena, double, LEN * 3), none[3] = {};
    for (size_t i = 0; i < LEN; i++) {
        classes[i] = (struct fg_allocate_class){.count = 1,
                                                .devices = i % 5 ? 1 : 4,
                                                .weight = draw(1, 3),
                                                .steps_left = draw(1, 99)};
        for (size_t j = 0; j < 3; j++)
            throughput[i * 3 + j] = draw(0, 9) > 1 ? draw(1, 1000) : 0;
    }
    struct fg_allocate_pair pair = {0, 0, none, none};
    struct fg_allocate_problem problem = {.kinds = kinds,
                                          .kinds_len = 3,
                                          .classes = classes,
                                          .classes_len = LEN,
                                          .throughput = throughput,
                                          .pairs = &pair};
    static const enum fg_allocate_policy policies[] = {FG_ALLOCATE_MAX_MIN,
                                                       FG_ALLOCATE_MAKESPAN};
    for (size_t k = 0; k < 2; k++) {
        problem.pairs_len = 0;
        struct fg_allocation inside = solved(&problem, policies[k], arena);
        OK(is_feasible(&problem, &inside));
        problem.pairs_len = 1;
        struct fg_allocation corner = solved(&problem, policies[k], arena);
        OK(near(inside.objective, corner.objective, 1e-5));
        for (size_t j = 0; j < 3; j++)
            OK(near(inside.price[j], corner.price[j], 1e-3));
    }
}

static void prices_are_what_a_device_is_worth(void)
{
    static const enum fg_allocate_policy policies[] = {
        FG_ALLOCATE_MAX_MIN, FG_ALLOCATE_MAKESPAN, FG_ALLOCATE_FTF, FG_ALLOCATE_TOTAL};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    struct fg_allocate_kind kinds[] = {{4, 1}, {6, 1}};
    struct fg_allocate_class classes[] = {
        {.count = 7, .devices = 1, .weight = 1, .steps_left = 9},
        {.count = 5, .devices = 1, .weight = 2, .steps_left = 7}};
    const double throughput[] = {4, 1, 3, 2};
    struct fg_allocate_problem problem = {.kinds = kinds,
                                          .kinds_len = 2,
                                          .classes = classes,
                                          .classes_len = 2,
                                          .throughput = throughput};
    for (size_t k = 0; k < sizeof(policies) / sizeof(policies[0]); k++) {
        kinds[0].capacity = 4;
        struct fg_allocation at = solved(&problem, policies[k], arena);
        /* The yardstick of max-min and ftf moves with the pool, which the price leaves out. */
        if (policies[k] != FG_ALLOCATE_TOTAL && policies[k] != FG_ALLOCATE_MAKESPAN) {
            OK(at.price[0] > at.price[1] && at.price[1] > 0);
            continue;
        }
        kinds[0].capacity = 4 + 1e-3;
        struct fg_allocation more = solved(&problem, policies[k], arena);
        OK(near(fabs(more.objective - at.objective) / 1e-3, at.price[0], 1e-2));
    }
}

/* Ten devices and three classes, one of which can use only the two that are fast. */
static void filling_raises_those_that_can_be(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    const struct fg_allocate_kind kinds[] = {{2, 1}, {8, 1}};
    const struct fg_allocate_class classes[] = {{.count = 8, .devices = 1, .weight = 1},
                                                {.count = 4, .devices = 1, .weight = 1}};
    const double throughput[] = {1, 0, 0, 1};
    struct fg_allocate_problem problem = {.kinds = kinds,
                                          .kinds_len = 2,
                                          .classes = classes,
                                          .classes_len = 2,
                                          .throughput = throughput};
    struct fg_allocate_options options = {.policy = FG_ALLOCATE_MAX_MIN, .fill = true};
    struct fg_allocation out;
    struct fg_err err;
    EQ(fg_allocate(&problem, &options, arena, &out, &err), 0);
    OK(near(out.rate[0], 0.25, 1e-6));
    OK(near(out.rate[1], 1, 1e-6));
}

/* Two projects, weights 1 and 2; what one job of the second cannot use goes to the others of its project. */
static void projects_share_by_weight(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    const struct fg_allocate_kind kinds[] = {{6, 1}};
    struct fg_allocate_class classes[] = {
        {.count = 8, .devices = 1, .weight = 1, .project = 0},
        {.count = 8, .devices = 1, .weight = 1, .project = 1},
        {.count = 1, .devices = 1, .weight = 3, .project = 1}};
    const double throughput[] = {1, 1, 1}, weights[] = {1, 2};
    struct fg_allocate_problem problem = {.kinds = kinds,
                                          .kinds_len = 1,
                                          .classes = classes,
                                          .classes_len = 2,
                                          .throughput = throughput,
                                          .project_weights = weights,
                                          .projects_len = 2};
    struct fg_allocation out = solved(&problem, FG_ALLOCATE_HIERARCHICAL, arena);
    OK(near(out.rate[0], 2.0 / 8, 1e-6));
    OK(near(out.rate[1], 4.0 / 8, 1e-6));
    /* Of the second's 4 devices a job of weight 3 among 8 of weight 1 is owed 12/11: more than all its time. */
    problem.classes_len = 3;
    out = solved(&problem, FG_ALLOCATE_HIERARCHICAL, arena);
    OK(near(out.rate[2], 1, 1e-6));
    OK(near(out.rate[1], 3.0 / 8, 1e-5));
    OK(near(out.rate[0], 2.0 / 8, 1e-5));
}

static void two_share_a_device(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    const struct fg_allocate_kind kinds[] = {{1, 1}};
    const struct fg_allocate_class classes[] = {{.count = 1, .devices = 1, .weight = 1},
                                                {.count = 1, .devices = 1, .weight = 1}};
    const double throughput[] = {1, 1}, together[] = {0.8};
    const struct fg_allocate_pair pair = {0, 1, together, together};
    struct fg_allocate_problem problem = {.kinds = kinds,
                                          .kinds_len = 1,
                                          .classes = classes,
                                          .classes_len = 2,
                                          .throughput = throughput,
                                          .pairs = &pair,
                                          .pairs_len = 1};
    struct fg_allocation out = solved(&problem, FG_ALLOCATE_MAX_MIN, arena);
    OK(near(out.rate[0], 0.8, 1e-6));
    OK(near(out.rate[1], 0.8, 1e-6));
    OK(near(out.together[0], 1, 1e-6));
    OK(near(out.use[0], 1, 1e-6));
    out = solved(&problem, FG_ALLOCATE_AGNOSTIC, arena);
    OK(near(out.rate[0], 0.5, 1e-6));
    OK(out.together[0] == 0);
}

static void who_does_not_look_gets_some_of_each(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    const struct fg_allocate_kind kinds[] = {{1, 1}, {3, 1}};
    const struct fg_allocate_class classes[] = {{.count = 4, .devices = 1, .weight = 1},
                                                {.count = 4, .devices = 1, .weight = 1}};
    const double throughput[] = {8, 4, 2, 1};
    struct fg_allocate_problem problem = {.kinds = kinds,
                                          .kinds_len = 2,
                                          .classes = classes,
                                          .classes_len = 2,
                                          .throughput = throughput};
    struct fg_allocation out = solved(&problem, FG_ALLOCATE_AGNOSTIC, arena);
    for (size_t i = 0; i < 2; i++) {
        OK(near(out.share[2 * i], 0.125, 1e-6));
        OK(near(out.share[2 * i + 1], 0.375, 1e-6));
    }
    OK(near(out.rate[0], 2.5, 1e-6));
}

static void nothing_to_share_or_to_share_it_with(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    struct fg_allocate_kind kind = {0, 1};
    struct fg_allocate_class class = {.count = 3, .devices = 2, .weight = 1, .steps_left = 5};
    double throughput = 1, weight = 1;
    struct fg_allocate_problem problem = {.kinds = &kind,
                                          .classes = &class,
                                          .throughput = &throughput,
                                          .project_weights = &weight,
                                          .projects_len = 1};
    for (int policy = 0; policy < FG_ALLOCATE_POLICIES; policy++) {
        enum fg_allocate_policy which = (enum fg_allocate_policy)policy;
        OK(fg_allocate_policy_find(fg_allocate_policy_name(which)) == policy);
        OK(strlen(fg_allocate_policy_text(which)) > 10);
        problem.kinds_len = problem.classes_len = 0;
        OK(solved(&problem, which, arena).objective == 0);
        problem.kinds_len = 1;
        OK(solved(&problem, which, arena).objective == 0);
        problem.classes_len = 1;
        kind.capacity = 0;
        OK(solved(&problem, which, arena).objective == 0);
        kind.capacity = 1; /* less than one job needs */
        OK(solved(&problem, which, arena).rate[0] == 0);
        kind.capacity = 8;
        throughput = 0;
        OK(solved(&problem, which, arena).rate[0] == 0);
        throughput = 1;
        OK(near(solved(&problem, which, arena).rate[0], policy != FG_ALLOCATE_MIN_COST, 1e-6));
    }
    OK(fg_allocate_policy_find("no such") == -1);
}

static void what_is_no_problem_is_refused(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 24);
    struct fg_allocate_kind kind = {4, 0};
    struct fg_allocate_class class = {.count = 3, .devices = 1, .weight = 1, .project = 7};
    double throughput = 1;
    struct fg_allocate_problem problem = {.kinds = &kind,
                                          .kinds_len = 1,
                                          .classes = &class,
                                          .classes_len = 1,
                                          .throughput = &throughput};
    struct fg_allocate_options options = {.policy = FG_ALLOCATE_COST};
    struct fg_allocation out;
    struct fg_err err;
    EQ(fg_allocate(&problem, &options, arena, &out, &err), FG_EINVAL);
    OK(strstr(err.text, "kind 0: price 0"));
    options.policy = FG_ALLOCATE_HIERARCHICAL;
    EQ(fg_allocate(&problem, &options, arena, &out, &err), FG_EINVAL);
    options.policy = FG_ALLOCATE_MAX_MIN;
    throughput = NAN;
    EQ(fg_allocate(&problem, &options, arena, &out, &err), FG_EINVAL);
    throughput = 1;
    class.count = -1;
    EQ(fg_allocate(&problem, &options, arena, &out, &err), FG_EINVAL);
    OK(strstr(err.text, "class 0: count -1"));
}

int main(void)
{
    RUN(policies_reach_the_best_vertex);
    RUN(answers_are_feasible);
    RUN(classes_that_are_alike_are_one);
    RUN(parts_come_close);
    RUN(many_classes_have_the_same_optimum);
    RUN(prices_are_what_a_device_is_worth);
    RUN(filling_raises_those_that_can_be);
    RUN(projects_share_by_weight);
    RUN(two_share_a_device);
    RUN(who_does_not_look_gets_some_of_each);
    RUN(nothing_to_share_or_to_share_it_with);
    RUN(what_is_no_problem_is_refused);
    return tap_done();
}
