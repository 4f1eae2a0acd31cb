/* pool_inner.h - the pool itself, shared by the files of pool/ only. */
#pragma once

#include "base/map.h"
#include "pool/pool_index.h"

struct fg_pool {
    size_t nodes_max, nodes_len;
    struct fg_pool_node *nodes;
    struct fg_node_spec **specs; /* owned, unless this pool is a copy */
    bool borrowed_specs;
    char kinds[FG_POOL_KINDS_MAX][FG_KIND_MAX];
    size_t kinds_len;
    uint64_t generation;
    struct fg_wan links;
    struct fg_suppliers suppliers;
    struct fg_pool_index index;
    bool has_spot, has_sleepers;
    bool has_hazards;
    struct fg_map *names; /* hash of a name -> id of the first node that has it */
    uint64_t changes;     /* so many, ever */
    uint64_t log_forgot;  /* up to this one they were of any node */
    fg_node_id *log;      /* ring of log_len, a power of two: the node of each change */
    size_t log_len;
    uint64_t *changed; /* by node: its last change */
};

/* From what is known of its devices: their islands, else their NUMA nodes. */
void fg_pool_node_learn_islands(struct fg_pool_node *node, const struct fg_node_spec *spec);

/* 0, or FG_ENOMEM. */
int fg_pool_log_init(struct fg_pool *pool);
void fg_pool_log_fini(struct fg_pool *pool);
/* Any node may have changed. */
void fg_pool_log_all(struct fg_pool *pool);

static inline void fg_pool_log(struct fg_pool *pool, fg_node_id node)
{
    uint64_t number = ++pool->changes;
    pool->log[number & (pool->log_len - 1)] = node;
    pool->changed[node - 1] = number;
}
