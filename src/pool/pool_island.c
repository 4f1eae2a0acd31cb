/* pool_island.c - which of a node's devices?  Those that talk to each other directly.
 *
 * A task's devices exchange gradients all the time; over NVLink that is an order of magnitude faster than through the
 * host.  Islands are filled like nodes are, by best fit: the fullest that suffices.
 */
#include "pool/pool_inner.h"

static void number_islands(struct fg_pool_node *node, const int32_t *labels)
{
    int32_t seen[FG_NODE_DEVICES_MAX] = {};
    node->islands = 0;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        uint8_t at = 0;
        while (at < node->islands && seen[at] != labels[i])
            at++;
        if (at == node->islands)
            seen[node->islands++] = labels[i];
        node->island[i] = at;
    }
    if (node->islands == 0)
        node->islands = 1;
}

void fg_pool_node_learn_islands(struct fg_pool_node *node, const struct fg_node_spec *spec)
{
    int32_t labels[FG_NODE_DEVICES_MAX] = {};
    bool known = false;
    for (uint32_t i = 0; i < spec->devices_len; i++)
        known |= spec->devices[i].island >= 0;
    for (uint32_t i = 0; i < spec->devices_len; i++)
        labels[i] = known ? spec->devices[i].island : spec->devices[i].numa;
    number_islands(node, labels);
}

static uint32_t lowest(uint32_t set, uint32_t count)
{
    uint32_t rest = set;
    for (; count; count--)
        rest &= rest - 1;
    return set & ~rest;
}

uint32_t fg_pool_node_pick(const struct fg_pool_node *node, uint32_t free, uint32_t count)
{
    if ((uint32_t)__builtin_popcount(free) < count)
        return 0;
    if (node->islands <= 1)
        return lowest(free, count);
    uint32_t of[FG_NODE_DEVICES_MAX] = {}, picked = 0;
    for (uint32_t bits = free; bits; bits &= bits - 1)
        of[node->island[__builtin_ctz(bits)]] |= bits & -bits;
    while (count) {
        uint32_t best = 0, best_len = 0;
        for (uint32_t i = 0; i < node->islands; i++) {
            uint32_t len = (uint32_t)__builtin_popcount(of[i]);
            bool is_better = best_len < count ? len > best_len : len >= count && len < best_len;
            if (is_better) {
                best = i;
                best_len = len;
            }
        }
        uint32_t take = best_len < count ? best_len : count;
        picked |= lowest(of[best], take);
        of[best] = 0;
        count -= take;
    }
    return picked;
}

uint32_t fg_pool_node_islands(const struct fg_pool_node *node, uint32_t devices)
{
    uint32_t seen = 0;
    for (; devices; devices &= devices - 1)
        seen |= 1U << node->island[__builtin_ctz(devices)];
    return (uint32_t)__builtin_popcount(seen);
}
