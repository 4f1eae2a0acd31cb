/* procure_move.c - a candidate made better: orders added, dropped and exchanged while that pays
 *
 * The second stage is convex, so its slopes bound from above what a change can gain: only changes that may gain are tried.
 */
#include "plan/procure_inner.h"

#include <math.h>
#include <stdlib.h>

#define ADDS_MAX  4000
#define PAIRS_MAX 3000
#define TOP       60 /* adds and drops that take part in pairs */

struct move {
    uint32_t item, start;
    int32_t by;
    double gain; /* at most */
};

static int by_gain(const void *a, const void *b)
{
    const struct move *left = a, *right = b;
    if (left->gain != right->gain)
        return left->gain > right->gain ? -1 : 1;
    if (left->item != right->item)
        return left->item < right->item ? -1 : 1;
    return left->start < right->start ? -1 : left->start > right->start;
}

static int64_t changed(const struct pc_search *search, const struct move *move)
{
    return (int64_t)fg_pc_candidate_count(&search->now, move->item, move->start) + move->by;
}

static double gain_now(const struct pc_search *search, const struct move *move)
{
    return move->by * fg_pc_search_gain(search, move->item, move->start);
}

/* All adds that may gain more than `least`. */
static uint32_t list_adds(const struct pc_search *search,
                          double least,
                          struct move *out,
                          uint32_t room)
{
    const struct fg_procure *procure = search->procure;
    uint32_t len = 0;
    for (uint32_t i = 0; i < procure->prepared.items_len; i++) {
        const struct pc_item *item = &procure->prepared.items[i];
        for (uint32_t t = item->lead; t < procure->problem.periods && !item->out; t++) {
            struct move move = {i, t, 1, fg_pc_search_gain(search, i, t)};
            if (fg_pc_candidate_count(&search->now, i, t) == 0 && item->least > 1) {
                move.by = (int32_t)item->least;
                move.gain *= item->least;
            }
            if (move.gain <= least)
                continue;
            if (len == room) {
                qsort(out, len, sizeof(*out), by_gain);
                len /= 2;
            }
            out[len++] = move;
        }
    }
    qsort(out, len, sizeof(*out), by_gain);
    return len;
}

static uint32_t list_drops(const struct pc_search *search,
                           double least,
                           struct move *out,
                           uint32_t room)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < search->now.picks_len && len < room; i++) {
        const struct pc_pick *pick = &search->now.picks[i];
        uint32_t lowest = search->procure->prepared.items[pick->item].least;
        struct move move = {pick->item, pick->start, -1, 0};
        if (pick->count <= lowest)
            move.by = -(int32_t)pick->count;
        move.gain = gain_now(search, &move);
        if (move.gain > least)
            out[len++] = move;
    }
    qsort(out, len, sizeof(*out), by_gain);
    return len;
}

static int try_moves(struct pc_search *search,
                     const struct move *moves,
                     uint32_t len,
                     struct fg_err *err)
{
    struct pc_pick changes[2];
    for (uint32_t i = 0; i < len; i++) {
        int64_t count = changed(search, &moves[i]);
        if (count < 0 || count > FG_ORDER_COUNT_MAX)
            return 0;
        changes[i] = (struct pc_pick){moves[i].item, moves[i].start, (uint32_t)count};
    }
    return fg_pc_search_try(search, changes, len, err);
}

/* Good enough, or tired. */
static bool is_over(const struct pc_search *search)
{
    return search->now.objective <= search->enough || search->effort > search->effort_max;
}

static double least_gain(const struct pc_search *search)
{
    return 1e-7 * (1 + fabs(search->now.objective));
}

/* One by one; a move that gained is made again while it does.  Returns how many were made. */
static int singles(struct pc_search *search,
                   struct move *moves,
                   uint32_t len,
                   struct fg_err *err)
{
    int made = 0;
    for (uint32_t i = 0; i < len && !is_over(search); i++) {
        int rc = 1;
        while (rc == 1 && gain_now(search, &moves[i]) > least_gain(search)) {
            rc = try_moves(search, &moves[i], 1, err);
            if (rc < 0)
                return rc;
            made += rc;
        }
    }
    return made;
}

/* Pairs of two different lists or of one, best sum first as far as the lists' order shows it. */
static int pairs(struct pc_search *search,
                 const struct move *a,
                 uint32_t a_len,
                 const struct move *b,
                 uint32_t b_len,
                 struct fg_err *err)
{
    int made = 0, tried = 0;
    for (uint32_t sum = 0; sum < a_len + b_len && tried < PAIRS_MAX; sum++)
        for (uint32_t i = 0; i <= sum && i < a_len && !is_over(search); i++) {
            uint32_t j = sum - i;
            if (j >= b_len || (a[i].item == b[j].item && a[i].start == b[j].start))
                continue;
            struct move two[2] = {a[i], b[j]};
            if (gain_now(search, &a[i]) + gain_now(search, &b[j]) <= least_gain(search))
                continue;
            int rc = try_moves(search, two, 2, err);
            if (rc < 0)
                return rc;
            made += rc;
            tried++;
        }
    return made;
}

static uint32_t few(uint32_t len)
{
    return len < TOP ? len : TOP;
}

int fg_pc_improve(struct pc_search *search, struct fg_err *err)
{
    struct fg_arena *arena = search->procure->run;
    struct move *adds = FG_NEW(arena, struct move, ADDS_MAX),
                *drops = FG_NEW(arena, struct move, ADDS_MAX);
    int made = 1;
    while (made > 0 && !is_over(search)) {
        uint32_t len = list_adds(search, least_gain(search), adds, ADDS_MAX);
        made = singles(search, adds, len, err);
        if (made < 0)
            return made;
        len = list_drops(search, least_gain(search), drops, ADDS_MAX);
        int rc = singles(search, drops, len, err);
        if (rc < 0)
            return rc;
        made += rc;
        if (made)
            continue;
        double loss = -0.01 * (1 + fabs(search->now.objective));
        uint32_t adds_len = few(list_adds(search, loss, adds, ADDS_MAX));
        uint32_t drops_len = few(list_drops(search, loss, drops, ADDS_MAX));
        made = pairs(search, drops, drops_len, adds, adds_len, err);
        if (made == 0)
            made = pairs(search, adds, adds_len, adds, adds_len, err);
        if (made < 0)
            return made;
    }
    return 0;
}
