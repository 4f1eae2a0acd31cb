/* split.c - parts of a problem, as like as can be (POP).  See merge.h */
#include "allocate/merge.h"

#include <stdlib.h>
#include <string.h>

static int by_demand_down(const void *x, const void *y, void *data)
{
    const double *demand = data;
    size_t a = *(const size_t *)x, b = *(const size_t *)y;
    if (demand[a] != demand[b])
        return demand[a] > demand[b] ? -1 : 1;
    return (a > b) - (a < b);
}

struct dealing {
    const struct fg_allocate_problem *problem;
    uint32_t *part;  /* by class */
    size_t *number;  /* by class: in its part */
    size_t *lens;    /* by part: classes */
    double *demands; /* by part: devices */
    double total;
};

/* Classes of like demand lie side by side, so dealing them to whoever has the least spreads them. */
static void deal(struct dealing *dealing, uint32_t parts, struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = dealing->problem;
    size_t *order = FG_NEW(arena, size_t, problem->classes_len);
    double *demand = FG_NEW(arena, double, problem->classes_len);
    for (size_t i = 0; i < problem->classes_len; i++) {
        order[i] = i;
        demand[i] = problem->classes[i].count * problem->classes[i].devices;
        dealing->total += demand[i];
    }
    qsort_r(order, problem->classes_len, sizeof(*order), by_demand_down, demand);
    for (size_t k = 0; k < problem->classes_len; k++) {
        uint32_t least = 0;
        for (uint32_t p = 1; p < parts; p++)
            if (dealing->demands[p] < dealing->demands[least])
                least = p;
        dealing->part[order[k]] = least;
        dealing->number[order[k]] = dealing->lens[least]++;
        dealing->demands[least] += demand[order[k]];
    }
}

static size_t *fill_part(const struct dealing *dealing,
                         uint32_t number,
                         struct fg_part *part,
                         struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = dealing->problem;
    size_t kinds = problem->kinds_len, len = dealing->lens[number];
    struct fg_allocate_class *classes = FG_NEW(arena, struct fg_allocate_class, len);
    struct fg_allocate_kind *pool = FG_NEW(arena, struct fg_allocate_kind, kinds);
    double *throughput = FG_NEW(arena, double, len *kinds);
    size_t *ids = FG_NEW(arena, size_t, len);
    for (size_t i = 0; i < problem->classes_len; i++) {
        if (dealing->part[i] != number)
            continue;
        size_t to = dealing->number[i];
        ids[to] = i;
        classes[to] = problem->classes[i];
        memcpy(throughput + to * kinds, problem->throughput + i * kinds,
               kinds * sizeof(double));
    }
    for (size_t j = 0; j < kinds; j++) {
        pool[j] = problem->kinds[j];
        pool[j].capacity *= dealing->total > 0 ? dealing->demands[number] / dealing->total : 0;
    }
    part->problem = *problem;
    part->problem.kinds = pool;
    part->problem.classes = classes;
    part->problem.classes_len = len;
    part->problem.throughput = throughput;
    return ids;
}

static size_t *take_pairs(const struct dealing *dealing,
                          uint32_t number,
                          struct fg_part *part,
                          struct fg_arena *arena)
{
    const struct fg_allocate_problem *problem = dealing->problem;
    struct fg_allocate_pair *pairs = FG_NEW(arena, struct fg_allocate_pair, problem->pairs_len);
    size_t *ids = FG_NEW(arena, size_t, problem->pairs_len), len = 0;
    for (size_t k = 0; k < problem->pairs_len; k++) {
        struct fg_allocate_pair pair = problem->pairs[k];
        if (dealing->part[pair.a] != number || dealing->part[pair.b] != number)
            continue;
        pair.a = (uint32_t)dealing->number[pair.a];
        pair.b = (uint32_t)dealing->number[pair.b];
        ids[len] = k;
        pairs[len++] = pair;
    }
    part->problem.pairs = pairs;
    part->problem.pairs_len = len;
    return ids;
}

struct fg_split fg_split(const struct fg_allocate_problem *problem,
                         uint32_t parts,
                         struct fg_arena *arena)
{
    struct dealing dealing = {.problem = problem,
                              .part = FG_NEW(arena, uint32_t, problem->classes_len),
                              .number = FG_NEW(arena, size_t, problem->classes_len),
                              .lens = FG_NEW(arena, size_t, parts),
                              .demands = FG_NEW(arena, double, parts)};
    deal(&dealing, parts, arena);
    struct fg_split split = {.parts = FG_NEW(arena, struct fg_part, parts),
                             .class_ids = FG_NEW(arena, size_t *, parts),
                             .pair_ids = FG_NEW(arena, size_t *, parts)};
    for (uint32_t p = 0; p < parts; p++) {
        split.class_ids[p] = fill_part(&dealing, p, &split.parts[p], arena);
        split.pair_ids[p] = take_pairs(&dealing, p, &split.parts[p], arena);
    }
    return split;
}
