/* pool_inner.h - the pool itself, shared by the files of pool/ only. */
#pragma once

#include "pool/pool_index.h"

struct fg_pool {
    size_t nodes_max, nodes_len;
    struct fg_pool_node *nodes;
    struct fg_node_spec **specs; /* owned, unless this pool is a copy */
    bool borrowed_specs;
    char kinds[FG_POOL_KINDS_MAX][FG_KIND_MAX];
    size_t kinds_len;
    uint64_t generation;
    struct fg_pool_index index;
};
