/* merge.c - classes that a policy cannot tell apart become one, and its answer that of each.  See merge.h
 *
 * Exact: if an optimum treats two of them differently, so does the one with the two exchanged, and the mean of both is
 * an optimum too, as the program is convex.
 */
#include "allocate/merge.h"

#include <stdlib.h>
#include <string.h>

struct sorting {
    const struct fg_allocate_problem *problem;
    enum fg_allocate_uses uses;
};

static int compare_numbers(const double *a, const double *b, size_t len)
{
    for (size_t k = 0; k < len; k++)
        if (a[k] != b[k])
            return a[k] < b[k] ? -1 : 1;
    return 0;
}

static void key_of(const struct fg_allocate_class *class,
                   enum fg_allocate_uses uses,
                   double out[8])
{
    memset(out, 0, 8 * sizeof(*out));
    out[0] = class->devices;
    if (uses & FG_USES_WEIGHT)
        out[1] = class->weight;
    if (uses & FG_USES_PROJECT)
        out[2] = class->project;
    if (uses & FG_USES_STEPS)
        out[3] = class->steps_left;
    if (uses & FG_USES_TIMES)
        out[4] = class->elapsed_s, out[5] = class->isolated_s;
    if (uses & FG_USES_DEADLINE)
        out[6] = class->deadline_s;
    if (uses & FG_USES_RANK)
        out[7] = class->rank;
}

static int compare(const struct sorting *sorting, size_t a, size_t b)
{
    const struct fg_allocate_problem *problem = sorting->problem;
    size_t kinds = problem->kinds_len;
    double a_key[8], b_key[8];
    key_of(&problem->classes[a], sorting->uses, a_key);
    key_of(&problem->classes[b], sorting->uses, b_key);
    int order = compare_numbers(a_key, b_key, 8);
    if (order)
        return order;
    return compare_numbers(problem->throughput + a * kinds, problem->throughput + b * kinds,
                           kinds);
}

static int compare_stable(const void *x, const void *y, void *sorting)
{
    size_t a = *(const size_t *)x, b = *(const size_t *)y;
    int order = compare(sorting, a, b);
    return order ? order : (a > b) - (a < b);
}

struct fg_merged fg_merge(const struct fg_allocate_problem *problem,
                          enum fg_allocate_uses uses,
                          struct fg_arena *arena)
{
    size_t len = problem->classes_len, kinds = problem->kinds_len;
    struct sorting sorting = {problem, uses};
    size_t *order = FG_NEW(arena, size_t, len);
    struct fg_merged merged = {.problem = *problem,
                               .ids = FG_NEW(arena, size_t, len),
                               .group = FG_NEW(arena, size_t, len)};
    struct fg_allocate_class *classes = FG_NEW(arena, struct fg_allocate_class, len);
    double *throughput = FG_NEW(arena, double, len *kinds);
    for (size_t i = 0; i < len; i++)
        order[i] = i;
    /* Pairs name two classes, and which may share with which is more than a vector of numbers. */
    if (!problem->pairs_len)
        qsort_r(order, len, sizeof(*order), compare_stable, &sorting);
    size_t groups = 0;
    for (size_t k = 0; k < len; k++) {
        bool same = k && !problem->pairs_len && compare(&sorting, order[k - 1], order[k]) == 0;
        if (same) {
            classes[groups - 1].count += problem->classes[order[k]].count;
        } else {
            merged.ids[groups] = order[k];
            classes[groups] = problem->classes[order[k]];
            memcpy(throughput + groups++ * kinds, problem->throughput + order[k] * kinds,
                   kinds * sizeof(double));
        }
        merged.group[order[k]] = groups - 1;
    }
    merged.problem.classes = classes;
    merged.problem.classes_len = groups;
    merged.problem.throughput = throughput;
    return merged;
}
