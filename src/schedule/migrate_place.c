/* migrate_place.c - one set of moves: does everything find a place?
 *
 * First best fit, the gang before the moved jobs and these by size; then the moved jobs first.  On a small pool,
 * where that fails, every way to put tasks on nodes is tried (depth first, tasks that are alike in the order of the
 * nodes), up to a limit.
 */
#include "schedule/migrate_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX    4000 /* of the exhaustive try */
#define STEPS_PLACES 64   /* tasks times nodes, beyond which it is not begun */

/* One task that needs a place. */
struct item {
    struct fg_need need;
    size_t at;     /* its grant in `grants` */
    uint32_t size; /* the greater is placed first */
    bool is_gang;
};

struct fg_placing {
    struct fg_pool *pool;
    const struct fg_gang *gang;
    const struct fg_movable *movable;
    struct item *items;
    size_t items_len;
    struct fg_grant *grants; /* of the gang's tasks, then of the jobs in their order */
    size_t grants_room;
    size_t steps;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct fg_placing *fg_placing_new(struct fg_pool *pool,
                                  const struct fg_gang *gang,
                                  const struct fg_movable *movable,
                                  size_t movable_len)
{
    size_t most = 0;
    for (size_t i = 0; i < movable_len; i++)
        most = movable[i].grants_len > most ? movable[i].grants_len : most;
    struct fg_placing *placing = must(calloc(1, sizeof(*placing)));
    placing->pool = pool;
    placing->gang = gang;
    placing->movable = movable;
    placing->grants_room = gang->tasks + FG_MOVES_MAX * most;
    placing->items = must(calloc(placing->grants_room, sizeof(placing->items[0])));
    placing->grants = must(calloc(placing->grants_room, sizeof(placing->grants[0])));
    return placing;
}

void fg_placing_free(struct fg_placing *placing)
{
    free(placing->items);
    free(placing->grants);
    free(placing);
}

/* -- what needs a place ---------------------------------------------------------------------------- */

/* What a task needs to be as well off as with this grant: with the same supplier, in the same region, and no dearer. */
static struct fg_need need_of(const struct fg_pool *pool, const struct fg_grant *grant)
{
    const struct fg_pool_node *node = fg_pool_node(pool, grant->node);
    struct fg_need need = {.count = (uint32_t)__builtin_popcount(grant->devices),
                           .gpu_milli = grant->gpu_milli,
                           .cpu_milli = grant->cpu_milli,
                           .mem_mib = grant->mem_mib,
                           .not_suppliers = ~(1U << node->terms.supplier),
                           .not_regions = ~(1ULL << node->terms.region),
                           .max_price_uusd = node->terms.price_uusd};
    if (!need.count)
        return need;
    uint32_t first = (uint32_t)__builtin_ctz(grant->devices);
    need.kinds = 1ULL << node->kind[first];
    need.gpu_mem_mib =
        (uint32_t)((uint64_t)node->device_mem_mib[first] * grant->gpu_milli / 1000);
    return need;
}

static uint32_t size_of(const struct fg_need *need)
{
    return need->count * need->gpu_milli * 1000 + need->cpu_milli / 1000;
}

static void add_item(struct fg_placing *placing, const struct fg_need *need, bool is_gang)
{
    size_t at = placing->items_len++;
    assert(at < placing->grants_room);
    placing->items[at] =
        (struct item){.need = *need, .at = at, .size = size_of(need), .is_gang = is_gang};
}

static void list_items(struct fg_placing *placing,
                       const struct fg_need *need,
                       const uint32_t *jobs,
                       size_t len)
{
    placing->items_len = 0;
    for (uint32_t task = 0; task < placing->gang->tasks; task++)
        add_item(placing, need, true);
    for (size_t i = 0; i < len; i++) {
        const struct fg_movable *movable = &placing->movable[jobs[i]];
        for (size_t task = 0; task < movable->grants_len; task++) {
            struct fg_need as_now = need_of(placing->pool, &movable->grants[task]);
            add_item(placing, &as_now, false);
        }
    }
}

static int gang_first(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->is_gang != y->is_gang)
        return x->is_gang ? -1 : 1;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static int gang_last(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->is_gang != y->is_gang)
        return x->is_gang ? 1 : -1;
    return gang_first(a, b);
}

/* -- placing ------------------------------------------------------------------------------------------ */

static bool claim(struct fg_placing *placing, const struct fg_grant *grant)
{
    return fg_pool_claim(placing->pool, grant, NULL) == 0;
}

static bool by_best_fit(struct fg_placing *placing)
{
    size_t placed = 0;
    for (; placed < placing->items_len; placed++) {
        const struct item *item = &placing->items[placed];
        struct fg_grant *grant = &placing->grants[item->at];
        if (!fg_pool_best_fit(placing->pool, NULL, &item->need, grant)
            || !claim(placing, grant))
            break;
    }
    bool all = placed == placing->items_len;
    while (placed-- > 0)
        fg_pool_release(placing->pool, &placing->grants[placing->items[placed].at]);
    return all;
}

static bool is_alike(const struct item *a, const struct item *b)
{
    return a->need.kinds == b->need.kinds && a->need.count == b->need.count
           && a->need.gpu_milli == b->need.gpu_milli
           && a->need.gpu_mem_mib == b->need.gpu_mem_mib
           && a->need.cpu_milli == b->need.cpu_milli && a->need.mem_mib == b->need.mem_mib
           && fg_need_terms_same(&a->need, &b->need);
}

/* The items from `at` on, in every way. */
static bool in_every_way(struct fg_placing *placing, size_t at)
{
    if (at == placing->items_len)
        return true;
    const struct item *item = &placing->items[at];
    struct fg_grant *grant = &placing->grants[item->at];
    fg_node_id id = 1;
    if (at > 0 && is_alike(item, item - 1))
        id = placing->grants[item[-1].at].node;
    for (; id <= fg_pool_len(placing->pool); id++) {
        if (placing->steps == 0)
            return false;
        placing->steps--;
        if (fg_pool_node(placing->pool, id)->state != FG_NODE_UP
            || !fg_pool_fit(placing->pool, NULL, id, &item->need, false, grant)
            || !claim(placing, grant))
            continue;
        struct fg_grant mine = *grant;
        bool all = in_every_way(placing, at + 1);
        fg_pool_release(placing->pool, &mine);
        if (all)
            return true;
    }
    return false;
}

static bool place_all(struct fg_placing *placing)
{
    qsort(placing->items, placing->items_len, sizeof(placing->items[0]), gang_first);
    if (by_best_fit(placing))
        return true;
    bool has_moves = placing->items_len > placing->gang->tasks;
    if (!has_moves)
        return false;
    placing->steps = STEPS_MAX;
    if (placing->items_len * fg_pool_len(placing->pool) <= STEPS_PLACES)
        return in_every_way(placing, 0);
    qsort(placing->items, placing->items_len, sizeof(placing->items[0]), gang_last);
    return by_best_fit(placing);
}

int fg_placing_try(struct fg_placing *placing,
                   const struct fg_gang_room *room,
                   const uint32_t *jobs,
                   size_t len)
{
    const struct fg_gang *gang = placing->gang;
    for (size_t k = 0; k < gang->ways_len; k++) {
        size_t way = gang->order[k];
        struct fg_need need;
        if (room->tasks[way] < gang->tasks || !fg_gang_need(gang, way, &need))
            continue;
        list_items(placing, &need, jobs, len);
        if (place_all(placing))
            return gang->ways[way].alternative;
    }
    return -1;
}

/* -- the result ------------------------------------------------------------------------------------------ */

static bool stays(const struct fg_movable *movable, const struct fg_grant *grants)
{
    for (size_t i = 0; i < movable->grants_len; i++)
        if (movable->grants[i].node != grants[i].node
            || movable->grants[i].devices != grants[i].devices)
            return false;
    return true;
}

struct fg_migration *fg_placing_result(const struct fg_placing *placing,
                                       const uint32_t *jobs,
                                       size_t len,
                                       int alternative)
{
    struct fg_migration *out = must(calloc(1, sizeof(*out)));
    out->room = must(calloc(placing->items_len, sizeof(out->room[0])));
    memcpy(out->room, placing->grants, placing->items_len * sizeof(out->room[0]));
    out->alternative = alternative;
    out->grants = out->room;
    const struct fg_grant *grants = out->room + placing->gang->tasks;
    for (size_t i = 0; i < len; i++) {
        const struct fg_movable *movable = &placing->movable[jobs[i]];
        if (!stays(movable, grants)) {
            out->moves[out->moves_len++] = (struct fg_move){.at = jobs[i], .grants = grants};
            out->cost_us += movable->cost_us;
        }
        grants += movable->grants_len;
    }
    return out;
}

/* -- without any move ------------------------------------------------------------------------------------- */

static int ends_first(const void *a, const void *b)
{
    const struct fg_running *x = *(const struct fg_running *const *)a;
    const struct fg_running *y = *(const struct fg_running *const *)b;
    if (x->end_us != y->end_us)
        return x->end_us < y->end_us ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

int64_t fg_migrate_wait_us(struct fg_pool *pool,
                           const struct fg_gang *gang,
                           const struct fg_running *running,
                           size_t running_len)
{
    const struct fg_running **ends =
        must(calloc(running_len + 1, sizeof(const struct fg_running *)));
    for (size_t i = 0; i < running_len; i++)
        ends[i] = &running[i];
    qsort(ends, running_len, sizeof(const struct fg_running *), ends_first);
    struct fg_gang_room room = fg_gang_room(pool, gang);
    size_t gone = 0;
    while (gone < running_len && !fg_gang_has_room(gang, &room)) {
        for (size_t task = 0; task < ends[gone]->grants_len; task++)
            fg_gang_release(pool, gang, &ends[gone]->grants[task], &room);
        gone++;
    }
    int64_t at_us = fg_gang_has_room(gang, &room) && gone ? ends[gone - 1]->end_us : INT64_MAX;
    while (gone-- > 0)
        for (size_t task = 0; task < ends[gone]->grants_len; task++)
            (void)!fg_pool_claim(pool, &ends[gone]->grants[task], NULL);
    free(ends);
    return at_us;
}
