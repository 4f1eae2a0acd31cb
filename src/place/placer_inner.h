/* placer_inner.h - the placer itself, for the files placer*.c only. */
#pragma once

#include "place/placer.h"
#include "place/scene.h"
#include "place/tree.h"

#define FG_PLACE_SCORES_MAX  (32U << 20) /* numbers, over all classes */
#define FG_PLACE_CLASSES_MAX 512
#define FG_PLACE_SLOTS       2048 /* of the hash of classes, a power of two */

/* Requests that ask for the same. */
struct fg_place_class {
    struct fg_ask ask;
    uint64_t seen;                  /* changes of the placer's log that are in the scores */
    uint64_t asked;                 /* when, counted in questions */
    int32_t *scores;                /* a tree, numbers by rank */
    uint32_t next;                  /* class of the same slot, + 1 */
    int16_t data[FG_SITES_MAX + 1]; /* what its ask borrows, if it has data */
};

struct fg_placer {
    const struct fg_place_policy *policy;
    struct fg_mix *mix;
    struct fg_place_tables *tables;
    struct fg_view view;
    struct fg_place_weights weights;
    bool is_stale;                          /* all is to be scored anew */
    size_t kinds_len, sites_len, links_len; /* of the pool, when that was done last */
    uint64_t links_changes;

    uint32_t *log; /* ring of log_len, a power of two: nodes (id - 1) as they change */
    size_t log_len;
    uint64_t changes; /* so many, ever */
    uint64_t *last;   /* by node: its last change */

    const uint32_t *rank; /* borrowed; NULL: as they come */
    size_t rank_len;
    uint32_t *at_rank; /* node (id - 1) of each rank */

    struct fg_tree_shape shape;
    struct fg_place_class *classes;
    size_t classes_len, classes_max;
    uint32_t slots[FG_PLACE_SLOTS]; /* class + 1; 0 none */
    uint64_t questions;
    uint32_t *refused; /* ranks taken out while a question lasts */
    uint64_t random;
};

/* Learn what has changed in the pool. */
void fg_placer_keep_up(struct fg_placer *placer);

/* The devices on one node (id - 1), if the task fits there, into `also` (may be NULL) too. */
bool fg_placer_choose_on(struct fg_placer *placer,
                         const struct fg_pool *also,
                         const struct fg_ask *ask,
                         uint32_t node,
                         struct fg_grant *out_grant);

/* The need with all that the scorers look at; `data` is lent to it. */
struct fg_ask fg_placer_ask(const struct fg_placer *placer,
                            const struct fg_need *need,
                            int16_t data[FG_SITES_MAX + 1]);

/* placer_random.c */
bool fg_placer_choose_random(struct fg_placer *placer,
                             const struct fg_pool *also,
                             const struct fg_need *need,
                             struct fg_grant *out_grant);
