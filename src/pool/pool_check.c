/* pool_check.c - the index, recomputed node by node and compared. */
#include "pool/pool_inner.h"

static bool has(const uint64_t *set, size_t at)
{
    return set[at / 64] >> (at % 64) & 1;
}

static bool is_within(const struct fg_pool_node *node)
{
    bool within =
        node->cpu_milli_left <= node->cpu_milli && node->mem_mib_left <= node->mem_mib;
    for (uint32_t i = 0; i < node->devices_len; i++)
        within = within && node->left_milli[i] <= 1000;
    return within;
}

static bool kind_is_indexed(const struct fg_pool *pool, size_t at, uint32_t kind)
{
    const struct fg_pool_node *node = &pool->nodes[at];
    bool in = node->state == FG_NODE_UP && (node->kinds >> kind & 1);
    struct fg_index_place place = fg_index_place(node, kind);
    for (uint32_t n = 0; n <= FG_NODE_DEVICES_MAX; n++)
        if (has(fg_index_whole(&pool->index, kind, n), at) != (in && n == place.whole))
            return false;
    for (uint32_t b = 0; b < FG_SHARE_BUCKETS; b++)
        if (has(fg_index_share(&pool->index, kind, b), at) != (in && (place.shares >> b & 1)))
            return false;
    return true;
}

static bool cpu_is_indexed(const struct fg_pool *pool, size_t at)
{
    const struct fg_pool_node *node = &pool->nodes[at];
    for (uint32_t set = 0; set < 2 * FG_CPU_BUCKETS; set++) {
        uint32_t bucket = set % FG_CPU_BUCKETS;
        bool devices = set >= FG_CPU_BUCKETS;
        bool want = node->state == FG_NODE_UP && devices == (node->devices_len > 0)
                    && bucket == fg_index_cpu_bucket(node->cpu_milli_left);
        if (has(fg_index_cpu(&pool->index, devices, bucket), at) != want)
            return false;
    }
    return true;
}

bool fg_pool_check(const struct fg_pool *pool)
{
    for (size_t at = 0; at < pool->nodes_len; at++) {
        if (!is_within(&pool->nodes[at]) || !cpu_is_indexed(pool, at))
            return false;
        for (uint32_t kind = 0; kind < pool->kinds_len; kind++)
            if (!kind_is_indexed(pool, at, kind))
                return false;
    }
    return true;
}
