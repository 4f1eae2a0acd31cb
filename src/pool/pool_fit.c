/* pool_fit.c - does it fit, and where best?
 *
 * Best fit keeps big holes whole for big jobs: a whole-device request goes to the node with the fewest
 * untouched devices that suffice, a share to the fullest device that still has room, a CPU job to a node
 * without accelerators first and then to the one with the fewest cores left.
 */
#include "pool/pool_inner.h"

#include <assert.h>

struct fg_need fg_pool_need(const struct fg_pool *pool, const struct fg_request *request)
{
    return (struct fg_need){
        .kinds = request->count ? fg_pool_kinds(pool, request->kind) : 0,
        .count = request->count,
        .gpu_milli = request->gpu_milli,
        .gpu_mem_mib = request->gpu_mem_mib,
        .cpu_milli = request->cpu_milli,
        .mem_mib = request->mem_mib,
    };
}

/* Memory of the share that the job would get, at least what it asks. */
static bool memory_suffices(const struct fg_pool_node *node,
                            uint32_t device,
                            const struct fg_need *need)
{
    if (need->gpu_mem_mib == 0)
        return true;
    uint64_t share = (uint64_t)node->device_mem_mib[device] * need->gpu_milli / 1000;
    return share >= need->gpu_mem_mib;
}

struct choice {
    uint32_t devices;
    uint32_t found;
    uint32_t left; /* of the fullest device chosen, for a share */
};

/* Pick devices of one kind: untouched ones from the lowest index; for a share the fullest that fits. */
static struct choice choose(const struct fg_pool_node *node,
                            const struct fg_pool_node *also,
                            uint32_t kind,
                            const struct fg_need *need,
                            bool empty)
{
    struct choice choice = {.left = UINT32_MAX};
    for (uint32_t i = 0; i < node->devices_len; i++) {
        if (node->kind[i] != kind || !memory_suffices(node, i, need))
            continue;
        uint32_t left = empty ? 1000 : node->left_milli[i];
        if (also && also->left_milli[i] < left)
            left = also->left_milli[i];
        if (left < need->gpu_milli)
            continue;
        if (need->gpu_milli == 1000) {
            choice.devices |= 1U << i;
            if (++choice.found == need->count)
                return choice;
        } else if (left < choice.left) {
            choice = (struct choice){.devices = 1U << i, .found = 1, .left = left};
        }
    }
    return choice;
}

bool fg_pool_fit(const struct fg_pool *pool,
                 const struct fg_pool *also,
                 fg_node_id id,
                 const struct fg_need *need,
                 bool empty,
                 struct fg_grant *out_grant)
{
    const struct fg_pool_node *node = &pool->nodes[id - 1];
    const struct fg_pool_node *second = also ? &also->nodes[id - 1] : NULL;
    uint32_t cpu = empty ? node->cpu_milli : node->cpu_milli_left;
    uint64_t mem = empty ? node->mem_mib : node->mem_mib_left;
    if (need->cpu_milli > cpu || need->mem_mib > mem)
        return false;
    if (second
        && (need->cpu_milli > second->cpu_milli_left || need->mem_mib > second->mem_mib_left))
        return false;

    uint32_t devices = 0;
    for (uint64_t kinds = need->kinds & node->kinds; need->count && kinds; kinds &= kinds - 1) {
        struct choice choice =
            choose(node, second, (uint32_t)__builtin_ctzll(kinds), need, empty);
        if (choice.found == need->count) {
            devices = choice.devices;
            break;
        }
    }
    if (need->count && !devices)
        return false;
    *out_grant = (struct fg_grant){
        .node = id,
        .devices = devices,
        .gpu_milli = need->count ? need->gpu_milli : 0,
        .cpu_milli = need->cpu_milli,
        .mem_mib = need->mem_mib,
    };
    return true;
}

/* The first node of the set that takes it. */
static bool first_in(const struct fg_pool *pool,
                     const struct fg_pool *also,
                     const uint64_t *set,
                     const struct fg_need *need,
                     struct fg_grant *out_grant)
{
    size_t words = (pool->nodes_len + 63) / 64;
    for (size_t word = 0; word < words; word++)
        for (uint64_t bits = set[word]; bits; bits &= bits - 1) {
            fg_node_id id = (fg_node_id)(word * 64 + (size_t)__builtin_ctzll(bits) + 1);
            if (fg_pool_fit(pool, also, id, need, false, out_grant))
                return true;
        }
    return false;
}

static bool best_whole(const struct fg_pool *pool,
                       const struct fg_pool *also,
                       const struct fg_need *need,
                       struct fg_grant *out_grant)
{
    for (uint32_t n = need->count; n <= FG_NODE_DEVICES_MAX; n++)
        for (uint64_t kinds = need->kinds; kinds; kinds &= kinds - 1)
            if (first_in(pool, also,
                         fg_index_whole(&pool->index, (uint32_t)__builtin_ctzll(kinds), n),
                         need, out_grant))
                return true;
    return false;
}

/* Shared devices first, the fullest first; only then is an untouched device opened. */
static bool best_share(const struct fg_pool *pool,
                       const struct fg_pool *also,
                       const struct fg_need *need,
                       struct fg_grant *out_grant)
{
    for (uint32_t bucket = need->gpu_milli / 50; bucket < FG_SHARE_BUCKETS; bucket++)
        for (uint64_t kinds = need->kinds; kinds; kinds &= kinds - 1)
            if (first_in(pool, also,
                         fg_index_share(&pool->index, (uint32_t)__builtin_ctzll(kinds), bucket),
                         need, out_grant))
                return true;
    return best_whole(pool, also, need, out_grant);
}

static bool best_cpu(const struct fg_pool *pool,
                     const struct fg_pool *also,
                     const struct fg_need *need,
                     struct fg_grant *out_grant)
{
    struct fg_grant second = {};
    for (uint32_t bucket = fg_index_cpu_bucket(need->cpu_milli); bucket < FG_CPU_BUCKETS;
         bucket++) {
        if (!first_in(pool, also, fg_index_cpu(&pool->index, bucket), need, out_grant))
            continue;
        if (pool->nodes[out_grant->node - 1].devices_len == 0)
            return true;
        if (!second.node)
            second =
                *out_grant; /* has accelerators: keep looking for a node that wastes none */
    }
    *out_grant = second;
    return second.node != 0;
}

bool fg_pool_best_fit(const struct fg_pool *pool,
                      const struct fg_pool *also,
                      const struct fg_need *need,
                      struct fg_grant *out_grant)
{
    assert(!also || also->nodes_len == pool->nodes_len);
    if (need->count == 0)
        return best_cpu(pool, also, need, out_grant);
    if (need->gpu_milli < 1000)
        return best_share(pool, also, need, out_grant);
    return best_whole(pool, also, need, out_grant);
}

bool fg_pool_check(const struct fg_pool *pool)
{
    for (size_t at = 0; at < pool->nodes_len; at++) {
        const struct fg_pool_node *node = &pool->nodes[at];
        size_t word = at / 64;
        uint64_t bit = 1ULL << (at % 64);
        bool up = node->state == FG_NODE_UP;
        for (uint32_t bucket = 0; bucket < FG_CPU_BUCKETS; bucket++) {
            bool want = up && bucket == fg_index_cpu_bucket(node->cpu_milli_left);
            if (!!(fg_index_cpu(&pool->index, bucket)[word] & bit) != want)
                return false;
        }
        for (uint32_t kind = 0; kind < pool->kinds_len; kind++) {
            bool has = up && (node->kinds >> kind & 1);
            struct fg_index_place place = fg_index_place(node, kind);
            for (uint32_t n = 0; n <= FG_NODE_DEVICES_MAX; n++)
                if (!!(fg_index_whole(&pool->index, kind, n)[word] & bit)
                    != (has && n == place.whole))
                    return false;
            for (uint32_t b = 0; b < FG_SHARE_BUCKETS; b++)
                if (!!(fg_index_share(&pool->index, kind, b)[word] & bit)
                    != (has && (int32_t)b == place.share))
                    return false;
        }
    }
    return true;
}
