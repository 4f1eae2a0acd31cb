/* migrate.c - see migrate.h
 *
 * Sets of moves are tried in order of their cost, by a heap (each set gives two dearer ones: one more move, or the
 * last move replaced by the next dearer), so the first that works is the cheapest: best-first branch and bound.  What
 * works is found out by migrate_place.c.  On a large pool the sets of one node come first: they are few, and a bound
 * for the rest.
 */
#include "schedule/migrate_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LOOKS_A_NODE 128 /* sets of one node that are tried before the next one's turn */

/* A set of jobs to move, by their places in a list sorted by cost. */
struct set {
    int64_t cost_us;
    uint32_t len;
    uint32_t members[FG_MOVES_MAX]; /* ascending */
};

struct heap {
    struct set *sets;
    size_t len, room;
};

/* A node, and who moves from it so that it has room for one task more. */
struct site {
    fg_node_id node;
    uint32_t len;
    uint32_t jobs[FG_MOVES_MAX];
    int64_t cost_us;
    uint64_t gain; /* tasks, of the alternative that gains most */
};

struct search {
    struct fg_pool *pool;
    const struct fg_gang *gang;
    const struct fg_movable *movable;
    struct fg_gang_room room; /* as it is without any move */
    uint32_t *by_cost;        /* all that may move, cheapest first */
    size_t len;
    size_t *first, *end; /* by node: its part of on_node */
    uint32_t *on_node;
    size_t looks;
    struct fg_placing *placing;
    struct fg_migration *best; /* NULL: none yet */
};

void fg_migration_free(struct fg_migration *migration)
{
    if (migration)
        free(migration->room);
    free(migration);
}

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* -- sets in order of cost ------------------------------------------------------------------------ */

static bool is_cheaper(const struct set *a, const struct set *b)
{
    if (a->cost_us != b->cost_us)
        return a->cost_us < b->cost_us;
    if (a->len != b->len)
        return a->len < b->len;
    return memcmp(a->members, b->members, sizeof(a->members)) < 0;
}

static void heap_push(struct heap *heap, const struct set *set)
{
    if (heap->len == heap->room) {
        heap->room = heap->room * 2 + 64;
        heap->sets = must(reallocarray(heap->sets, heap->room, sizeof(heap->sets[0])));
    }
    size_t at = heap->len++;
    for (; at > 0 && is_cheaper(set, &heap->sets[(at - 1) / 2]); at = (at - 1) / 2)
        heap->sets[at] = heap->sets[(at - 1) / 2];
    heap->sets[at] = *set;
}

static struct set heap_pop(struct heap *heap)
{
    struct set top = heap->sets[0], moving = heap->sets[--heap->len];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->len; at = child) {
        if (child + 1 < heap->len && is_cheaper(&heap->sets[child + 1], &heap->sets[child]))
            child++;
        if (!is_cheaper(&heap->sets[child], &moving))
            break;
        heap->sets[at] = heap->sets[child];
    }
    heap->sets[at] = moving;
    return top;
}

/* The two sets that come of one: every set of a list is reached exactly once. */
static void push_children(const struct search *search,
                          struct heap *heap,
                          const struct set *set,
                          const uint32_t *jobs,
                          size_t len)
{
    uint32_t last = set->members[set->len - 1];
    if (last + 1 >= len)
        return;
    int64_t next_us = search->movable[jobs[last + 1]].cost_us;
    struct set child = *set;
    if (set->len < FG_MOVES_MAX) {
        child.members[child.len++] = last + 1;
        child.cost_us += next_us;
        heap_push(heap, &child);
        child = *set;
    }
    child.members[set->len - 1] = last + 1;
    child.cost_us += next_us - search->movable[jobs[last]].cost_us;
    heap_push(heap, &child);
}

/* -- one set --------------------------------------------------------------------------------------- */

static void release_all(struct search *search, uint32_t job, struct fg_gang_room *room)
{
    for (size_t task = 0; task < search->movable[job].grants_len; task++)
        fg_gang_release(search->pool, search->gang, &search->movable[job].grants[task], room);
}

static void claim_all(struct search *search, uint32_t job)
{
    for (size_t task = 0; task < search->movable[job].grants_len; task++) {
        int rc = fg_pool_claim(search->pool, &search->movable[job].grants[task], NULL);
        assert(rc == 0);
        (void)rc;
    }
}

static bool is_too_dear(const struct search *search, int64_t cost_us)
{
    return search->best && cost_us >= search->best->cost_us;
}

static void keep(struct search *search, const uint32_t *jobs, size_t len, int alternative)
{
    struct fg_migration *found = fg_placing_result(search->placing, jobs, len, alternative);
    if (is_too_dear(search, found->cost_us)) {
        fg_migration_free(found);
        return;
    }
    fg_migration_free(search->best);
    search->best = found;
}

/* Would it fit with these jobs moved?  The best is kept. */
static bool try_jobs(struct search *search, const uint32_t *jobs, size_t len)
{
    struct fg_gang_room room = search->room;
    for (size_t i = 0; i < len; i++)
        release_all(search, jobs[i], &room);
    int alternative = fg_placing_try(search->placing, &room, jobs, len);
    if (alternative >= 0)
        keep(search, jobs, len, alternative);
    for (size_t i = len; i-- > 0;)
        claim_all(search, jobs[i]);
    return alternative >= 0;
}

/* Try the sets of these jobs (sorted by cost), cheapest first, until one works or costs as much as the best.
 * true: no cheaper set is left untried. */
static bool walk_sets(struct search *search, const uint32_t *jobs, size_t len, size_t looks)
{
    struct heap heap = {};
    if (len)
        heap_push(&heap, &(struct set){.cost_us = search->movable[jobs[0]].cost_us, .len = 1});
    bool done = false;
    while (!done && heap.len && looks > 0 && search->looks > 0) {
        struct set set = heap_pop(&heap);
        if (is_too_dear(search, set.cost_us)) {
            done = true;
            break;
        }
        looks--;
        search->looks--;
        uint32_t chosen[FG_MOVES_MAX];
        for (uint32_t i = 0; i < set.len; i++)
            chosen[i] = jobs[set.members[i]];
        done = try_jobs(search, chosen, set.len);
        push_children(search, &heap, &set, jobs, len);
    }
    done = done || heap.len == 0;
    free(heap.sets);
    return done;
}

/* -- each node apart --------------------------------------------------------------------------------- */

/* Who may move from each node, the cheapest first: jobs[first[node]] .. jobs[first[node + 1] - 1]. */
static void list_by_node(struct search *search)
{
    size_t nodes = fg_pool_len(search->pool), total = 0;
    search->first = must(calloc(nodes + 2, sizeof(search->first[0])));
    for (size_t i = 0; i < search->len; i++)
        total += search->movable[i].grants_len;
    search->on_node = must(calloc(total + 1, sizeof(search->on_node[0])));
    size_t *end = must(calloc(nodes + 2, sizeof(*end)));
    for (size_t i = 0; i < search->len; i++)
        for (size_t task = 0; task < search->movable[i].grants_len; task++)
            search->first[search->movable[i].grants[task].node + 1]++;
    for (size_t id = 1; id <= nodes + 1; id++)
        search->first[id] += search->first[id - 1];
    memcpy(end, search->first, (nodes + 2) * sizeof(*end));
    for (size_t i = 0; i < search->len; i++)
        for (size_t task = 0; task < search->movable[search->by_cost[i]].grants_len; task++) {
            fg_node_id node = search->movable[search->by_cost[i]].grants[task].node;
            if (end[node] == search->first[node]
                || search->on_node[end[node] - 1] != search->by_cost[i])
                search->on_node[end[node]++] = search->by_cost[i];
        }
    search->end = end;
}

static uint64_t gained(const struct search *search, const struct fg_gang_room *room)
{
    uint64_t most = 0;
    for (size_t i = 0; i < search->gang->ways_len; i++)
        if (room->tasks[i] - search->room.tasks[i] > most)
            most = room->tasks[i] - search->room.tasks[i];
    return most;
}

/* Let the cheapest go from a node until it has room for more; what that costs.  false: it never has. */
static bool measure(struct search *search, fg_node_id node, struct site *out)
{
    struct fg_gang_room room = search->room;
    *out = (struct site){.node = node};
    size_t at = search->first[node];
    for (; at < search->end[node] && out->len < FG_MOVES_MAX && out->gain == 0; at++) {
        uint32_t job = search->on_node[at];
        release_all(search, job, &room);
        out->cost_us += search->movable[job].cost_us;
        out->jobs[out->len++] = job;
        out->gain = gained(search, &room);
    }
    for (size_t i = out->len; i-- > 0;)
        claim_all(search, out->jobs[i]);
    return out->gain > 0;
}

static int better_site(const void *a, const void *b)
{
    const struct site *x = a, *y = b;
    int64_t each_x = x->cost_us / (int64_t)x->gain, each_y = y->cost_us / (int64_t)y->gain;
    if (each_x != each_y)
        return each_x < each_y ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* The nodes that moves can give room, the cheapest first. */
static size_t list_sites(struct search *search, struct site *out)
{
    size_t len = 0;
    for (fg_node_id id = 1; id <= fg_pool_len(search->pool); id++)
        if (fg_pool_node(search->pool, id)->state == FG_NODE_UP
            && measure(search, id, &out[len]))
            len++;
    qsort(out, len, sizeof(*out), better_site);
    return len;
}

/* A gang of one goes to some node, so what matters most moves from there. */
static void look_by_node(struct search *search, const struct site *sites, size_t len)
{
    size_t half = search->looks / 2;
    for (size_t i = 0; i < len && search->looks > half; i++) {
        const uint32_t *jobs = &search->on_node[search->first[sites[i].node]];
        size_t jobs_len = search->end[sites[i].node] - search->first[sites[i].node];
        if (!is_too_dear(search, search->movable[jobs[0]].cost_us))
            (void)walk_sets(search, jobs, jobs_len, LOOKS_A_NODE);
    }
}

static bool has(const uint32_t *jobs, size_t len, uint32_t job)
{
    while (len-- > 0)
        if (jobs[len] == job)
            return true;
    return false;
}

/* Several tasks: the cheapest nodes until there is room for all; then keep who turns out not to be in the way. */
static void look_by_sum(struct search *search, const struct site *sites, size_t len)
{
    struct fg_gang_room room = search->room;
    uint32_t jobs[FG_MOVES_MAX];
    size_t chosen = 0;
    for (size_t i = 0; i < len && !fg_gang_has_room(search->gang, &room); i++) {
        if (chosen + sites[i].len > FG_MOVES_MAX)
            continue;
        for (uint32_t n = 0; n < sites[i].len; n++)
            if (!has(jobs, chosen, sites[i].jobs[n])) {
                jobs[chosen++] = sites[i].jobs[n];
                release_all(search, sites[i].jobs[n], &room);
            }
    }
    for (size_t i = chosen; i-- > 0;)
        claim_all(search, jobs[i]);
    if (chosen == 0 || !try_jobs(search, jobs, chosen))
        return;
    for (size_t out = chosen; out-- > 0;) {
        uint32_t fewer[FG_MOVES_MAX];
        memcpy(fewer, jobs, out * sizeof(fewer[0]));
        memcpy(fewer + out, jobs + out + 1, (chosen - out - 1) * sizeof(fewer[0]));
        if (try_jobs(search, fewer, chosen - 1))
            memcpy(jobs, fewer, --chosen * sizeof(jobs[0]));
    }
}

static void look_by_site(struct search *search)
{
    struct site *sites = must(calloc(fg_pool_len(search->pool) + 1, sizeof(*sites)));
    list_by_node(search);
    size_t len = list_sites(search, sites);
    if (search->gang->tasks == 1)
        look_by_node(search, sites, len);
    else
        look_by_sum(search, sites, len);
    free(sites);
    free(search->first);
    free(search->end);
    free(search->on_node);
}

/* -- the search --------------------------------------------------------------------------------------- */

static int cheaper(const void *a, const void *b, void *self)
{
    const struct fg_movable *all = self;
    const struct fg_movable *x = &all[*(const uint32_t *)a], *y = &all[*(const uint32_t *)b];
    if (x->cost_us != y->cost_us)
        return x->cost_us < y->cost_us ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

static void sort_by_cost(struct search *search, size_t len)
{
    search->by_cost = must(calloc(len + 1, sizeof(search->by_cost[0])));
    for (size_t i = 0; i < len; i++) {
        assert(search->movable[i].cost_us > 0);
        search->by_cost[i] = (uint32_t)i;
    }
    search->len = len;
    qsort_r(search->by_cost, len, sizeof(search->by_cost[0]), cheaper, (void *)search->movable);
}

struct fg_migration *fg_migrate_find(struct fg_pool *pool,
                                     const struct fg_gang *gang,
                                     const struct fg_movable *movable,
                                     size_t movable_len,
                                     size_t looks_max)
{
    struct search search = {.pool = pool,
                            .gang = gang,
                            .movable = movable,
                            .room = fg_gang_room(pool, gang),
                            .looks = looks_max};
    if (!gang->is_possible)
        return NULL;
    sort_by_cost(&search, movable_len);
    search.placing = fg_placing_new(pool, gang, movable, movable_len);
    bool is_best = try_jobs(&search, NULL, 0);
    if (!search.best) {
        look_by_site(&search);
        is_best = walk_sets(&search, search.by_cost, search.len, SIZE_MAX);
    }
    if (search.best)
        search.best->is_best = is_best;
    fg_placing_free(search.placing);
    free(search.by_cost);
    return search.best;
}
