/* pool_fit.c - does it fit, and where best?
 *
 * Best fit keeps big holes whole for big jobs: a whole-device request goes to the node with the fewest
 * untouched devices that suffice; a share to the fullest device that still has room (to within 50 milli);
 * a CPU job to a node without accelerators first, and there to one with few cores left (to within a
 * factor of two).  Of equals the lowest node and device.
 */
#include "pool/pool_inner.h"

#include <assert.h>

struct fg_need fg_pool_need(const struct fg_pool *pool, const struct fg_request *request)
{
    uint8_t data_site = fg_wan_find(&pool->links, request->data_site);
    return (struct fg_need){
        .kinds = request->count ? fg_pool_kinds(pool, request->kind) : 0,
        .count = request->count,
        .gpu_milli = request->gpu_milli,
        .gpu_mem_mib = request->gpu_mem_mib,
        .cpu_milli = request->cpu_milli,
        .mem_mib = request->mem_learned_mib ? request->mem_learned_mib : request->mem_mib,
        .data_mib = data_site ? request->data_mib : 0,
        .data_site = data_site,
        .max_price_uusd = request->max_price_uusd < UINT32_MAX
                              ? (uint32_t)request->max_price_uusd
                              : UINT32_MAX,
        .not_suppliers =
            fg_suppliers_left_out(&pool->suppliers, request->suppliers) | pool->suppliers.down,
        .not_regions = fg_suppliers_regions_left_out(&pool->suppliers, request->regions),
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

/* Pick devices of one kind: untouched ones of as few islands as can be; for a share the fullest that fits.  0: none. */
static uint32_t choose(const struct fg_pool_node *node,
                       const struct fg_pool_node *also,
                       uint32_t kind,
                       const struct fg_need *need,
                       bool empty)
{
    uint32_t free = 0, fullest = 0, fullest_left = UINT32_MAX;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        if (node->kind[i] != kind || !memory_suffices(node, i, need))
            continue;
        uint32_t left = empty ? 1000 : node->left_milli[i];
        if (also && also->left_milli[i] < left)
            left = also->left_milli[i];
        if (left < need->gpu_milli)
            continue;
        free |= 1U << i;
        if (left < fullest_left) {
            fullest = 1U << i;
            fullest_left = left;
        }
    }
    return need->gpu_milli < 1000 ? fullest : fg_pool_node_pick(node, free, need->count);
}

bool fg_pool_fit(const struct fg_pool *pool,
                 const struct fg_pool *also,
                 fg_node_id id,
                 const struct fg_need *need,
                 bool empty,
                 struct fg_grant *out_grant)
{
    if (!fg_pool_node_fit(&pool->nodes[id - 1], also ? &also->nodes[id - 1] : NULL, need, empty,
                          out_grant))
        return false;
    out_grant->node = id;
    return true;
}

bool fg_pool_node_fit(const struct fg_pool_node *node,
                      const struct fg_pool_node *second,
                      const struct fg_need *need,
                      bool empty,
                      struct fg_grant *out_grant)
{
    uint32_t cpu = empty ? node->cpu_milli : node->cpu_milli_left;
    uint64_t mem = empty ? node->mem_mib : node->mem_mib_left;
    if (need->cpu_milli > cpu || need->mem_mib > mem || !fg_need_suits(need, &node->terms))
        return false;
    if (second
        && (need->cpu_milli > second->cpu_milli_left || need->mem_mib > second->mem_mib_left))
        return false;

    uint32_t devices = 0;
    uint64_t kinds = need->count ? need->kinds & node->kinds : 0;
    for (; kinds && !devices; kinds &= kinds - 1)
        devices = choose(node, second, (uint32_t)__builtin_ctzll(kinds), need, empty);
    if (need->count && !devices)
        return false;
    *out_grant = (struct fg_grant){
        .devices = devices,
        .gpu_milli = need->count ? need->gpu_milli : 0,
        .cpu_milli = need->cpu_milli,
        .mem_mib = need->mem_mib,
    };
    return true;
}

/* -- how many ----------------------------------------------------------------------------------- */

/* Tasks that the devices of one kind take, if each device counts for itself. */
static uint64_t room_of_kind(const struct fg_pool_node *node,
                             uint32_t kind,
                             const struct fg_need *need,
                             bool empty)
{
    uint64_t devices = 0, shares = 0;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        if (node->kind[i] != kind || !memory_suffices(node, i, need))
            continue;
        uint32_t left = empty ? 1000 : node->left_milli[i];
        devices += left >= need->gpu_milli;
        shares += left / need->gpu_milli;
    }
    return need->gpu_milli < 1000 && need->count == 1 ? shares : devices / need->count;
}

uint32_t fg_pool_room(const struct fg_pool *pool,
                      fg_node_id id,
                      const struct fg_need *need,
                      bool empty)
{
    return fg_pool_node_room(fg_pool_node(pool, id), need, empty);
}

uint32_t fg_pool_node_room(const struct fg_pool_node *node,
                           const struct fg_need *need,
                           bool empty)
{
    assert(need->count == 0 || need->gpu_milli > 0);
    uint64_t most = UINT32_MAX, by_device = 0;
    if (!fg_need_suits(need, &node->terms))
        return 0;
    if (need->count) {
        for (uint64_t kinds = need->kinds & node->kinds; kinds; kinds &= kinds - 1)
            by_device += room_of_kind(node, (uint32_t)__builtin_ctzll(kinds), need, empty);
        most = by_device;
    }
    uint32_t cpu = empty ? node->cpu_milli : node->cpu_milli_left;
    uint64_t mem = empty ? node->mem_mib : node->mem_mib_left;
    if (need->cpu_milli && cpu / need->cpu_milli < most)
        most = cpu / need->cpu_milli;
    if (need->mem_mib && mem / need->mem_mib < most)
        most = mem / need->mem_mib;
    return (uint32_t)most;
}

/* -- the best -------------------------------------------------------------------------------------- */

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

static struct fg_need of_one_kind(const struct fg_need *need, uint32_t kind)
{
    struct fg_need one = *need;
    one.kinds = 1ULL << kind;
    return one;
}

static bool best_whole(const struct fg_pool *pool,
                       const struct fg_pool *also,
                       const struct fg_need *need,
                       struct fg_grant *out_grant)
{
    for (uint32_t n = need->count; n <= FG_NODE_DEVICES_MAX; n++)
        for (uint64_t kinds = need->kinds; kinds; kinds &= kinds - 1) {
            uint32_t kind = (uint32_t)__builtin_ctzll(kinds);
            struct fg_need one = of_one_kind(need, kind);
            if (first_in(pool, also, fg_index_whole(&pool->index, kind, n), &one, out_grant))
                return true;
        }
    return false;
}

/* The first node that gives the share from a device of this bucket.  (A node may be in the set for a device with
 * a little too little left, and would give from another: that one's bucket comes later.) */
static bool first_share(const struct fg_pool *pool,
                        const struct fg_pool *also,
                        uint32_t bucket,
                        const struct fg_need *one,
                        struct fg_grant *out_grant)
{
    uint32_t kind = (uint32_t)__builtin_ctzll(one->kinds);
    const uint64_t *set = fg_index_share(&pool->index, kind, bucket);
    size_t words = (pool->nodes_len + 63) / 64;
    for (size_t word = 0; word < words; word++)
        for (uint64_t bits = set[word]; bits; bits &= bits - 1) {
            fg_node_id id = (fg_node_id)(word * 64 + (size_t)__builtin_ctzll(bits) + 1);
            if (!fg_pool_fit(pool, also, id, one, false, out_grant))
                continue;
            uint32_t device = (uint32_t)__builtin_ctz(out_grant->devices);
            if (pool->nodes[id - 1].left_milli[device] / FG_SHARE_STEP_MILLI == bucket)
                return true;
        }
    return false;
}

/* Shared devices first, the fullest first; only then is an untouched device opened. */
static bool best_share(const struct fg_pool *pool,
                       const struct fg_pool *also,
                       const struct fg_need *need,
                       struct fg_grant *out_grant)
{
    for (uint32_t b = need->gpu_milli / FG_SHARE_STEP_MILLI; b < FG_SHARE_BUCKETS; b++)
        for (uint64_t kinds = need->kinds; kinds; kinds &= kinds - 1) {
            struct fg_need one = of_one_kind(need, (uint32_t)__builtin_ctzll(kinds));
            if (first_share(pool, also, b, &one, out_grant))
                return true;
        }
    return best_whole(pool, also, need, out_grant);
}

static bool best_cpu(const struct fg_pool *pool,
                     const struct fg_pool *also,
                     const struct fg_need *need,
                     struct fg_grant *out_grant)
{
    uint32_t least = fg_index_cpu_bucket(need->cpu_milli);
    for (int has_devices = 0; has_devices <= 1; has_devices++)
        for (uint32_t bucket = least; bucket < FG_CPU_BUCKETS; bucket++)
            if (first_in(pool, also, fg_index_cpu(&pool->index, has_devices, bucket), need,
                         out_grant))
                return true;
    return false;
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
