/* victim_set.c - the cheapest victims; see victims.h */
#include "schedule/victims.h"

#include <assert.h>
#include <stdlib.h>

#define EXACT_MAX                                                                              \
    12 /* victims on a node of which every set is looked at, if it could be the cheapest */
#define NODES_MAX 256 /* nodes that are looked at so closely */

/* A victim on one of its nodes. */
struct holder {
    fg_node_id node;
    uint32_t victim;
    int64_t milli; /* devices that it holds there */
};

/* A node, and the least that room for one task on it may cost. */
struct candidate {
    int64_t bound_us;
    size_t first, len; /* of the holders */
    fg_node_id node;
};

struct choice {
    struct fg_pool *pool;
    const struct fg_gang *gang;
    struct fg_victim *victims;
    size_t len;
    struct holder *holders;
    size_t holders_len;
    struct candidate *candidates;
    size_t candidates_len;
    uint32_t best[EXACT_MAX]; /* the cheapest set on one node so far */
    size_t best_len;
    int64_t best_us;
};

/* -- letting go, and taking back ------------------------------------------------------------------------------ */

static void let_go(const struct choice *choice,
                   const struct fg_victim *victim,
                   struct fg_gang_room *room)
{
    const struct fg_grant *grants = fg_runner_grants(victim->runner);
    for (size_t i = 0; i < victim->runner->grants_len; i++)
        fg_gang_release(choice->pool, choice->gang, &grants[i], room);
}

/* false: somebody has its place, and it holds nothing. */
static bool take_back(struct fg_pool *pool, const struct runner *runner)
{
    return fg_pool_claim_all(pool, fg_runner_grants(runner), runner->grants_len, NULL) == 0;
}

bool fg_victims_is_in_the_way(struct fg_pool *pool, const struct runner *runner)
{
    if (!take_back(pool, runner))
        return true;
    const struct fg_grant *grants = fg_runner_grants(runner);
    for (size_t i = 0; i < runner->grants_len; i++)
        fg_pool_release(pool, &grants[i]);
    return false;
}

static void must_take_back(struct fg_pool *pool, const struct runner *runner)
{
    bool taken = take_back(pool, runner);
    assert(taken); /* nobody else claims in this pool */
    (void)taken;
}

/* How many have to let go, the first first; 0: all of them are not enough. */
static size_t go_in_order(struct choice *choice)
{
    struct fg_gang_room room = fg_gang_room(choice->pool, choice->gang);
    size_t gone = 0;
    while (gone < choice->len && !fg_gang_has_room(choice->gang, &room))
        let_go(choice, &choice->victims[gone++], &room);
    bool enough = fg_gang_has_room(choice->gang, &room);
    for (size_t i = gone; i-- > 0;)
        must_take_back(choice->pool, choice->victims[i].runner);
    return enough ? gone : 0;
}

/* -- a set, as it would be carried out ------------------------------------------------------------------------- */

static int dearest_first(const void *a, const void *b)
{
    const struct fg_victim *const *x = a, *const *y = b;
    if ((*x)->cost_us != (*y)->cost_us)
        return (*x)->cost_us > (*y)->cost_us ? -1 : 1;
    return (*x)->runner->job > (*y)->runner->job ? -1 : 1;
}

/* Those that are chosen let go, the gang takes its place, and who has his own beside it is spared, the dearest first.
 * Returns what the others cost. */
static int64_t carry_out(struct choice *choice, struct fg_grant *grants)
{
    struct fg_gang_room room = fg_gang_room(choice->pool, choice->gang);
    size_t len = 0;
    struct fg_victim **gone = calloc(choice->len, sizeof(struct fg_victim *));
    if (!gone)
        abort();
    for (size_t i = 0; i < choice->len; i++)
        if (choice->victims[i].chosen) {
            let_go(choice, &choice->victims[i], &room);
            gone[len++] = &choice->victims[i];
        }
    int alternative = fg_gang_place(choice->pool, NULL, NULL, choice->gang, grants);
    assert(alternative >= 0);
    (void)alternative;
    qsort(gone, len, sizeof(struct fg_victim *), dearest_first);
    __int128 cost = 0;
    for (size_t i = 0; i < len; i++) {
        gone[i]->chosen = !take_back(choice->pool, gone[i]->runner);
        cost += gone[i]->chosen ? gone[i]->cost_us : 0;
    }
    free(gone);
    return cost > INT64_MAX ? INT64_MAX : (int64_t)cost;
}

static void undo(struct choice *choice, const struct fg_grant *grants)
{
    for (uint32_t task = 0; task < choice->gang->tasks; task++)
        fg_pool_release(choice->pool, &grants[task]);
    for (size_t i = 0; i < choice->len; i++)
        if (choice->victims[i].chosen)
            must_take_back(choice->pool, choice->victims[i].runner);
}

/* -- node by node ------------------------------------------------------------------------------------------------ */

/* By node, there by what a device of them costs. */
static int compare_holders(const void *a, const void *b, void *victims)
{
    const struct holder *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    const struct fg_victim *of = victims;
    __int128 dear = (__int128)of[x->victim].cost_us * y->milli,
             cheap = (__int128)of[y->victim].cost_us * x->milli;
    if (dear != cheap)
        return dear < cheap ? -1 : 1;
    return x->victim < y->victim ? -1 : x->victim > y->victim;
}

static void list_holders(struct choice *choice)
{
    size_t room = 0;
    for (size_t i = 0; i < choice->len; i++)
        room += choice->victims[i].runner->grants_len;
    choice->holders = calloc(room + 1, sizeof(*choice->holders));
    if (!choice->holders)
        abort();
    for (size_t i = 0; i < choice->len; i++) {
        const struct runner *runner = choice->victims[i].runner;
        const struct fg_grant *grants = fg_runner_grants(runner);
        for (size_t k = 0; k < runner->grants_len; k++) {
            struct holder *last =
                choice->holders_len ? &choice->holders[choice->holders_len - 1] : NULL;
            bool again = last && last->victim == i && last->node == grants[k].node;
            struct holder *holder = again ? last : &choice->holders[choice->holders_len++];
            int64_t milli = again ? holder->milli : 0;
            milli += __builtin_popcount(grants[k].devices) * (int64_t)grants[k].gpu_milli;
            *holder = (struct holder){grants[k].node, (uint32_t)i, milli};
        }
    }
    qsort_r(choice->holders, choice->holders_len, sizeof(*choice->holders), compare_holders,
            choice->victims);
}

/* The devices that are missing cost at least what the cheapest of that many cost, in parts; and somebody has to go. */
static int64_t bound_of(const struct choice *choice,
                        const struct candidate *at,
                        const struct fg_need *need)
{
    const struct fg_pool_node *node = fg_pool_node(choice->pool, at->node);
    int64_t missing = (int64_t)need->count * need->gpu_milli, least = INT64_MAX;
    for (uint32_t i = 0; i < node->devices_len; i++)
        missing -= node->left_milli[i];
    __int128 cost = 0;
    for (size_t i = at->first; i < at->first + at->len; i++) {
        const struct holder *holder = &choice->holders[i];
        int64_t its = choice->victims[holder->victim].cost_us;
        least = its < least ? its : least;
        if (missing <= 0 || holder->milli == 0)
            continue;
        cost += holder->milli <= missing ? its : (__int128)its * missing / holder->milli;
        missing -= holder->milli;
    }
    if (missing > 0)
        return INT64_MAX;
    return cost > least ? (cost > INT64_MAX ? INT64_MAX : (int64_t)cost) : least;
}

static int cheapest_first(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->bound_us != y->bound_us)
        return x->bound_us < y->bound_us ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* Nodes where somebody could go, the cheapest for one task of the alternative first. */
static void list_candidates(struct choice *choice, const struct fg_need *need)
{
    if (!choice->candidates)
        choice->candidates = calloc(choice->holders_len + 1, sizeof(*choice->candidates));
    if (!choice->candidates)
        abort();
    choice->candidates_len = 0;
    for (size_t i = 0; i < choice->holders_len;) {
        struct candidate at = {.first = i, .node = choice->holders[i].node};
        while (i < choice->holders_len && choice->holders[i].node == at.node)
            i++;
        at.len = i - at.first;
        at.bound_us = bound_of(choice, &at, need);
        const struct fg_pool_node *node = fg_pool_node(choice->pool, at.node);
        if (at.bound_us < INT64_MAX && node->state == FG_NODE_UP
            && fg_need_suits(need, &node->terms))
            choice->candidates[choice->candidates_len++] = at;
    }
    qsort(choice->candidates, choice->candidates_len, sizeof(*choice->candidates),
          cheapest_first);
}

/* What the victim holds on this node only. */
static void on_node(const struct choice *choice, const struct holder *holder, bool release)
{
    const struct runner *runner = choice->victims[holder->victim].runner;
    const struct fg_grant *grants = fg_runner_grants(runner);
    int rc = 0;
    for (size_t i = 0; i < runner->grants_len; i++) {
        if (grants[i].node != holder->node)
            continue;
        if (release)
            fg_pool_release(choice->pool, &grants[i]);
        else if (rc == 0)
            rc = fg_pool_claim(choice->pool, &grants[i], NULL);
    }
    assert(rc == 0);
}

/* One node, and the set that is being tried on it. */
struct trial {
    const struct candidate *at;
    const struct fg_need *need;
    uint32_t chosen[EXACT_MAX];
    size_t chosen_len;
};

/* Every set of those from `next` on, but those that cannot be cheaper: as deep as there are victims on the node. */
static void try_sets(struct choice *choice, struct trial *trial, size_t next, int64_t cost_us)
{
    if (cost_us >= choice->best_us)
        return;
    if (fg_pool_room(choice->pool, trial->at->node, trial->need, false) > 0) {
        choice->best_us = cost_us;
        choice->best_len = trial->chosen_len;
        for (size_t i = 0; i < trial->chosen_len; i++)
            choice->best[i] = trial->chosen[i];
        return;
    }
    if (next == trial->at->len)
        return;
    const struct holder *holder = &choice->holders[trial->at->first + next];
    int64_t with_us = cost_us + choice->victims[holder->victim].cost_us;
    on_node(choice, holder, true);
    trial->chosen[trial->chosen_len++] = holder->victim;
    try_sets(choice, trial, next + 1, with_us);
    trial->chosen_len--;
    on_node(choice, holder, false);
    try_sets(choice, trial, next + 1, cost_us);
}

/* For a gang of one task. */
static void choose_for_one(struct choice *choice)
{
    const struct fg_gang *gang = choice->gang;
    for (size_t way = 0; way < gang->ways_len; way++) {
        struct fg_need need;
        if (!fg_gang_need(gang, way, &need))
            continue;
        list_candidates(choice, &need);
        for (size_t i = 0; i < choice->candidates_len && i < NODES_MAX; i++) {
            struct trial trial = {.at = &choice->candidates[i], .need = &need};
            if (trial.at->bound_us >= choice->best_us)
                break;
            if (trial.at->len <= EXACT_MAX)
                try_sets(choice, &trial, 0, 0);
        }
    }
    for (size_t i = 0; i < choice->best_len; i++)
        choice->victims[choice->best[i]].chosen = true;
}

/* For more tasks: all on the cheapest node, then the next, until there is room. */
static void choose_for_many(struct choice *choice, const struct fg_need *need)
{
    struct fg_gang_room room = fg_gang_room(choice->pool, choice->gang);
    list_candidates(choice, need);
    for (size_t i = 0; i < choice->candidates_len; i++) {
        const struct candidate *at = &choice->candidates[i];
        for (size_t k = at->first;
             k < at->first + at->len && !fg_gang_has_room(choice->gang, &room); k++) {
            struct fg_victim *victim = &choice->victims[choice->holders[k].victim];
            if (victim->chosen)
                continue;
            victim->chosen = true;
            let_go(choice, victim, &room);
        }
    }
    for (size_t i = 0; i < choice->len; i++)
        if (choice->victims[i].chosen)
            must_take_back(choice->pool, choice->victims[i].runner);
    if (fg_gang_has_room(choice->gang, &room))
        return;
    for (size_t i = 0; i < choice->len; i++)
        choice->victims[i].chosen = false;
}

static bool any_chosen(const struct choice *choice)
{
    for (size_t i = 0; i < choice->len; i++)
        if (choice->victims[i].chosen)
            return true;
    return false;
}

static void choose_by_node(struct choice *choice)
{
    list_holders(choice);
    if (choice->gang->tasks == 1) {
        choose_for_one(choice);
        return;
    }
    for (size_t k = 0; k < choice->gang->ways_len; k++) {
        struct fg_need need;
        if (!fg_gang_need(choice->gang, choice->gang->order[k], &need))
            continue;
        choose_for_many(choice, &need);
        if (!choice->gang->has_choice || any_chosen(choice))
            return;
    }
}

/* -- the choice --------------------------------------------------------------------------------------------------- */

static void choose_in_order(struct choice *choice, size_t gone)
{
    for (size_t i = 0; i < choice->len; i++)
        choice->victims[i].chosen = i < gone;
}

bool fg_victims_choose(struct fg_pool *pool,
                       const struct fg_gang *gang,
                       struct fg_victim *victims,
                       size_t len,
                       struct fg_grant *out_grants)
{
    struct choice choice = {.pool = pool, .gang = gang, .victims = victims, .len = len};
    size_t gone = go_in_order(&choice);
    if (gone == 0)
        return false;
    choice.len = gone;
    while (choice.len < len && victims[choice.len].standing == victims[gone - 1].standing)
        choice.len++;
    choose_in_order(&choice, gone);
    int64_t in_order_us = carry_out(&choice, out_grants);
    undo(&choice, out_grants);
    choice.best_us = in_order_us;
    choose_in_order(&choice, 0);
    choose_by_node(&choice);
    int64_t by_node_us = INT64_MAX;
    if (any_chosen(&choice))
        by_node_us = carry_out(&choice, out_grants);
    if (by_node_us >= in_order_us) {
        if (by_node_us < INT64_MAX)
            undo(&choice, out_grants);
        choose_in_order(&choice, gone);
        (void)carry_out(&choice, out_grants);
    }
    free(choice.holders);
    free(choice.candidates);
    return true;
}
