/* gang.c - see gang.h
 *
 * That a gang fits exactly when the sum over the nodes is enough rests on its tasks being alike: what one takes
 * on a node is lost to no other kind of task, and nodes do not matter to each other.
 */
#include "schedule/gang.h"

#include "schedule/quota.h"

#include <assert.h>
#include <string.h>

/* -- what it asks, within the quota ------------------------------------------------------------- */

/* The kinds of which the quota allows all tasks; no kind falls under no row. */
static uint64_t allowed_kinds(const struct fg_pool *pool,
                              struct fg_queue *queue,
                              const struct fg_job *job,
                              const struct fg_amount *amount,
                              uint64_t kinds)
{
    uint64_t allowed = 0;
    for (uint64_t left = kinds; left; left &= left - 1) {
        uint32_t kind = (uint32_t)__builtin_ctzll(left);
        if (fg_quota_allows_kind(queue, pool, job, *amount, kind, NULL) == 0)
            allowed |= 1ULL << kind;
    }
    return allowed;
}

/* Suppliers whose nodes may take such tasks, in the pool as it is. */
static uint32_t suppliers_of(const struct fg_pool *pool, const struct fg_need *need)
{
    const struct fg_suppliers *suppliers = fg_pool_suppliers(pool);
    uint32_t set = 0;
    for (size_t i = 0; i <= suppliers->len; i++) {
        const struct fg_pool_supplier *item = &suppliers->items[i];
        bool has = need->count ? (item->kinds & need->kinds) != 0 : item->has_nodes;
        set |= (uint32_t)has << i;
    }
    return set & ~need->not_suppliers;
}

/* Tasks of a gang talk to each other: they stay with one supplier unless their owner says that they need not. */
static void list_ways(const struct fg_pool *pool,
                      const struct fg_request *any_of,
                      struct fg_gang *gang)
{
    gang->has_choice = fg_pool_suppliers(pool)->len > 0;
    for (size_t i = 0; i < gang->needs_len; i++) {
        uint8_t number = (uint8_t)i;
        if (!gang->has_choice || (any_of[i].may_split && gang->tasks > 1)) {
            gang->ways[gang->ways_len++] = (struct fg_way){number, FG_WAY_ANYWHERE};
            continue;
        }
        for (uint32_t left = suppliers_of(pool, &gang->needs[i]); left; left &= left - 1)
            gang->ways[gang->ways_len++] =
                (struct fg_way){number, (uint8_t)__builtin_ctz(left)};
    }
    for (size_t i = 0; i < gang->ways_len; i++)
        gang->order[i] = (uint8_t)i;
}

struct fg_gang fg_gang_of(const struct fg_pool *pool,
                          struct fg_queue *queue,
                          const struct fg_job *job)
{
    struct fg_gang gang = {.tasks = job->tasks};
    const struct fg_request *any_of = fg_queue_class_at(queue, job->request, &gang.needs_len);
    gang.may_not_borrow = !job->preemptible && fg_quota_borrows_back(queue, job->project);
    for (size_t i = 0; i < gang.needs_len; i++) {
        struct fg_need *need = &gang.needs[i];
        *need = fg_pool_need(pool, &any_of[i]);
        int64_t tasks = job->tasks;
        struct fg_amount amount = {.gpu_milli = tasks * need->count * need->gpu_milli,
                                   .cpu_milli = tasks * need->cpu_milli,
                                   .mem_mib = tasks * (int64_t)need->mem_mib};
        uint64_t kinds = allowed_kinds(pool, queue, job, &amount, need->kinds);
        if (gang.may_not_borrow)
            kinds = fg_quota_guaranteed(queue, pool, job->project, 0, amount.gpu_milli, kinds);
        gang.allowed[i] =
            need->kinds ? kinds != 0
                        : fg_quota_allows_kind(queue, pool, job, amount, FG_NO_KIND, NULL) == 0;
        gang.is_limited = gang.is_limited || kinds != need->kinds || !gang.allowed[i];
        gang.is_possible = gang.is_possible || gang.allowed[i];
        need->kinds = kinds;
    }
    list_ways(pool, any_of, &gang);
    return gang;
}

bool fg_gang_is_alike(const struct fg_gang *a, const struct fg_gang *b)
{
    if (a->needs_len != b->needs_len || a->ways_len != b->ways_len
        || memcmp(a->ways, b->ways, a->ways_len * sizeof(a->ways[0])) != 0)
        return false;
    for (size_t i = 0; i < a->needs_len; i++) {
        const struct fg_need *x = &a->needs[i], *y = &b->needs[i];
        if (a->allowed[i] != b->allowed[i] || x->kinds != y->kinds || x->count != y->count
            || x->gpu_milli != y->gpu_milli || x->gpu_mem_mib != y->gpu_mem_mib
            || x->cpu_milli != y->cpu_milli || x->mem_mib != y->mem_mib
            || !fg_need_terms_same(x, y))
            return false;
    }
    return true;
}

/* -- placing ---------------------------------------------------------------------------------------- */

static void give_back(struct fg_pool *pool,
                      struct fg_pool *also,
                      const struct fg_grant *grants,
                      uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) {
        fg_pool_release(pool, &grants[i]);
        if (also)
            fg_pool_release(also, &grants[i]);
    }
}

static bool choose(const struct fg_pool *pool,
                   const struct fg_pool *also,
                   struct fg_placer *placer,
                   const struct fg_need *need,
                   fg_node_id beside,
                   struct fg_grant *out_grant)
{
    if (!placer)
        return fg_pool_best_fit(pool, also, need, out_grant);
    return beside ? fg_placer_choose_beside(placer, also, need, beside, out_grant)
                  : fg_placer_choose(placer, also, need, out_grant);
}

static bool place_alternative(struct fg_pool *pool,
                              struct fg_pool *also,
                              struct fg_placer *placer,
                              const struct fg_gang *gang,
                              const struct fg_need *need,
                              struct fg_grant *out_grants)
{
    for (uint32_t task = 0; task < gang->tasks; task++) {
        fg_node_id beside = task ? out_grants[task - 1].node : 0;
        if (!choose(pool, also, placer, need, beside, &out_grants[task])) {
            give_back(pool, also, out_grants, task);
            return false;
        }
        int rc = fg_pool_claim(pool, &out_grants[task], NULL);
        assert(rc == 0);
        if (also)
            rc = fg_pool_claim(also, &out_grants[task], NULL);
        assert(rc == 0);
        (void)rc;
    }
    return true;
}

/* As the rule for spot prefers; then anywhere. */
static bool place_by_rule(struct fg_pool *pool,
                          struct fg_pool *also,
                          struct fg_placer *placer,
                          const struct fg_gang *gang,
                          struct fg_need need,
                          struct fg_grant *out_grants)
{
    bool prefers = need.spot == FG_SPOT_FIRST || need.spot == FG_SPOT_LAST;
    if (prefers) {
        need.spot = need.spot == FG_SPOT_FIRST ? FG_SPOT_ONLY : FG_SPOT_NEVER;
        if (place_alternative(pool, also, placer, gang, &need, out_grants))
            return true;
        need.spot = FG_SPOT_ANY;
    }
    return place_alternative(pool, also, placer, gang, &need, out_grants);
}

/* On the kinds that are for it, then on any. */
static bool place_way(struct fg_pool *pool,
                      struct fg_pool *also,
                      struct fg_placer *placer,
                      const struct fg_gang *gang,
                      size_t way,
                      struct fg_grant *out_grants)
{
    struct fg_need need;
    if (!fg_gang_need(gang, way, &need))
        return false;
    struct fg_need first = need;
    first.kinds &= gang->first_kinds[gang->ways[way].alternative];
    if (first.kinds && first.kinds != need.kinds
        && place_by_rule(pool, also, placer, gang, first, out_grants))
        return true;
    return place_by_rule(pool, also, placer, gang, need, out_grants);
}

static int place_ways(struct fg_pool *pool,
                      struct fg_pool *also,
                      struct fg_placer *placer,
                      const struct fg_gang *gang,
                      struct fg_grant *out_grants)
{
    for (size_t k = 0; k < gang->ways_len; k++)
        if (place_way(pool, also, placer, gang, gang->order[k], out_grants))
            return gang->ways[gang->order[k]].alternative;
    return -1;
}

/* Nodes that sleep are for who finds no other. */
int fg_gang_place(struct fg_pool *pool,
                  struct fg_pool *also,
                  struct fg_placer *placer,
                  const struct fg_gang *gang,
                  struct fg_grant *out_grants)
{
    int found = -1;
    if (fg_pool_has_sleepers(pool)) {
        struct fg_gang awake = *gang;
        awake.awake_only = true;
        found = place_ways(pool, also, placer, &awake, out_grants);
    }
    return found >= 0 ? found : place_ways(pool, also, placer, gang, out_grants);
}

/* -- counting ----------------------------------------------------------------------------------------- */

/* Tasks that the node takes, no more of them than there are: so that sums do not overflow. */
static uint32_t room_on(const struct fg_pool *pool,
                        fg_node_id id,
                        const struct fg_gang *gang,
                        size_t way,
                        bool empty)
{
    const struct fg_pool_node *node = fg_pool_node(pool, id);
    struct fg_way at = gang->ways[way];
    if (node->state != FG_NODE_UP
        || (at.supplier != FG_WAY_ANYWHERE && at.supplier != node->terms.supplier)
        || !gang->allowed[at.alternative])
        return 0;
    uint32_t room = fg_pool_room(pool, id, &gang->needs[at.alternative], empty);
    return room < gang->tasks ? room : gang->tasks;
}

bool fg_gang_fits_empty(const struct fg_pool *pool, const struct fg_gang *gang)
{
    for (size_t i = 0; i < gang->ways_len; i++) {
        uint64_t tasks = 0;
        for (fg_node_id id = 1; id <= fg_pool_len(pool) && tasks < gang->tasks; id++)
            tasks += room_on(pool, id, gang, i, true);
        if (tasks >= gang->tasks)
            return true;
    }
    return false;
}

struct fg_gang_room fg_gang_room(const struct fg_pool *pool, const struct fg_gang *gang)
{
    struct fg_gang_room room = {};
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++)
        for (size_t i = 0; i < gang->ways_len; i++)
            room.tasks[i] += room_on(pool, id, gang, i, false);
    return room;
}

void fg_gang_release(struct fg_pool *pool,
                     const struct fg_gang *gang,
                     const struct fg_grant *grant,
                     struct fg_gang_room *room)
{
    for (size_t i = 0; i < gang->ways_len; i++)
        room->tasks[i] -= room_on(pool, grant->node, gang, i, false);
    fg_pool_release(pool, grant);
    for (size_t i = 0; i < gang->ways_len; i++)
        room->tasks[i] += room_on(pool, grant->node, gang, i, false);
}

bool fg_gang_has_room(const struct fg_gang *gang, const struct fg_gang_room *room)
{
    for (size_t i = 0; i < gang->ways_len; i++)
        if (room->tasks[i] >= gang->tasks)
            return true;
    return false;
}
