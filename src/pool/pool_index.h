/* pool_index.h - sets of nodes by what they have left.  Inside of pool/ only.
 *
 *     whole[kind][n]  nodes with exactly n untouched devices of that kind
 *     share[kind][b]  nodes with a shared device of that kind that has b*50 .. b*50+49 milli left, but not 0
 *     cpu[has][b]     nodes without (0) or with (1) accelerators, and 2^b-1 .. 2^(b+1)-2 whole cores left
 *
 * Only nodes that are `up` are in it.  A set is a bit per node, so the lowest node id wins ties and
 * the answer never depends on history.
 */
#pragma once

#include "pool/pool.h"

#define FG_SHARE_STEP_MILLI 50
#define FG_SHARE_BUCKETS    20
#define FG_CPU_BUCKETS      24

struct fg_pool_index {
    size_t words; /* 64-bit words of one set */
    size_t
        used; /* of these, words that may have a bit: those of nodes that there are, or were */
    size_t kinds_room;
    uint64_t *cpu;   /* [2][FG_CPU_BUCKETS][words] */
    uint64_t *whole; /* [kind][FG_NODE_DEVICES_MAX + 1][words] */
    uint64_t *share; /* [kind][FG_SHARE_BUCKETS][words] */
};

/* Where a node stands for one kind. */
struct fg_index_place {
    uint32_t whole;  /* untouched devices */
    uint32_t shares; /* set of the buckets of its open devices that have something left */
};

struct fg_index_place fg_index_place(const struct fg_pool_node *node, uint32_t kind);
uint32_t fg_index_cpu_bucket(uint32_t cpu_milli_left);

/* 0, or FG_ENOMEM. */
int fg_index_init(struct fg_pool_index *index, size_t nodes_max);
void fg_index_fini(struct fg_pool_index *index);
int fg_index_add_kind(struct fg_pool_index *index, size_t kinds_len);
/* Put the node in, or take it out; call take before a change and put after it. */
void fg_index_put(struct fg_pool_index *index, size_t at, const struct fg_pool_node *node);
void fg_index_take(struct fg_pool_index *index, size_t at, const struct fg_pool_node *node);
void fg_index_copy(struct fg_pool_index *to, const struct fg_pool_index *from);

static inline uint64_t *fg_index_cpu(const struct fg_pool_index *index,
                                     bool has_devices,
                                     uint32_t bucket)
{
    return index->cpu + ((size_t)has_devices * FG_CPU_BUCKETS + bucket) * index->words;
}
static inline uint64_t *fg_index_whole(const struct fg_pool_index *index,
                                       uint32_t kind,
                                       uint32_t n)
{
    return index->whole + (kind * (FG_NODE_DEVICES_MAX + 1UL) + n) * index->words;
}
static inline uint64_t *fg_index_share(const struct fg_pool_index *index,
                                       uint32_t kind,
                                       uint32_t bucket)
{
    return index->share + (kind * (size_t)FG_SHARE_BUCKETS + bucket) * index->words;
}
