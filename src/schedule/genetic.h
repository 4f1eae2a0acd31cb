/* genetic.h - a seeded genetic search over orders, and over how each thing of the order is done.
 *
 *     first plans, value of a plan --> GENETIC --> the best plan found
 *
 * A plan is a permutation and, for each thing, one of a few choices.  Permutation coding with order crossover (Davis 1985),
 * tournaments of three, two survivors a generation; choices go with the thing, not with its place.  What a plan
 * is worth is asked of the caller, who builds a schedule from it (batch.c): the search knows no pool.
 *
 * Pure: the same seed, first plans and values give the same answer, unless `go_on` ends it by a clock of the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_PLAN_MAX 64 /* things */

struct fg_plan {
    uint16_t order[FG_PLAN_MAX];  /* [place] = thing */
    uint16_t choice[FG_PLAN_MAX]; /* [thing] = 0 .. choices - 1 */
};

struct fg_genetic {
    size_t len;       /* things, 1 .. FG_PLAN_MAX */
    size_t fixed;     /* the first so many places are not changed */
    uint16_t choices; /* at least 1 */
    uint64_t seed;
    size_t tries_max; /* values asked at most, the first plans among them */
    int64_t enough;   /* no plan is worth more: stop there; INT64_MAX if not known */
    int64_t (*value)(void *self, const struct fg_plan *plan);
    bool (*go_on)(void *self); /* asked before each generation; NULL: always */
    void *self;
};

/* The plan in which things stay where they are, with choice 0. */
void fg_plan_plain(struct fg_plan *plan, size_t len);

/* The best plan found goes to `out`; of equals, the one found first.  Returns its value: that of the best of the first plans, or more.
 * `first` (1 or more) are permutations that agree in the fixed places. */
int64_t fg_genetic_search(const struct fg_genetic *genetic,
                          const struct fg_plan *first,
                          size_t first_len,
                          struct fg_plan *out);
