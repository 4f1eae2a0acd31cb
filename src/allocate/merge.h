/* merge.h - fewer classes with the same optimum, and parts of a problem.  Inside of allocate/ only. */
#pragma once

#include "allocate/program.h"

/* What a policy reads of a class or a kind beside devices, throughput and capacity. */
enum fg_allocate_uses {
    FG_USES_WEIGHT = 1,
    FG_USES_PROJECT = 2,
    FG_USES_STEPS = 4,
    FG_USES_TIMES = 8,
    FG_USES_DEADLINE = 16,
    FG_USES_RANK = 32,
    FG_USES_PRICE = 64
};

/* problem.c: can these numbers be a problem?  Returns 0, or FG_EINVAL with what is wrong. */
int fg_problem_check(const struct fg_allocate_problem *problem,
                     enum fg_allocate_uses uses,
                     struct fg_err *err);

/* ids: by merged class, one of those that it stands for; group: by class of before, its merged class. */
struct fg_merged {
    struct fg_allocate_problem problem;
    size_t *ids, *group;
};
struct fg_merged fg_merge(const struct fg_allocate_problem *problem,
                          enum fg_allocate_uses uses,
                          struct fg_arena *arena);

/* POP: each class goes whole to one part, the largest demand first, each to the part with the least; a part gets of the
 * pool what it has of the demand.  Pairs whose classes are in two parts are given up.  class_ids[part], pair_ids[part]:
 * the number in `problem` of each of its classes and pairs; what else is in a part is the caller's to fill. */
struct fg_split {
    struct fg_part *parts;
    size_t **class_ids;
    size_t **pair_ids;
};
struct fg_split fg_split(const struct fg_allocate_problem *problem,
                         uint32_t parts,
                         struct fg_arena *arena);
