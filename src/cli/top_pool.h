/* top_pool.h - the pool in sums, by supplier: from the columns of /v1/pool-map.  Pure. */
#pragma once

#include "base/doc.h"

#include <stddef.h>
#include <stdint.h>

#define FG_TOP_SUPPLIERS_MAX 32

struct fg_top_sums {
    const char *name; /* of the supplier; borrowed of the document; "" this machine */
    int64_t nodes, nodes_up;
    int64_t devices, out_of_service;
    int64_t used_milli;
    int64_t busy_milli, busy_len; /* over those whose reading is known */
    int64_t power_mw, power_len;
};

struct fg_top_pool {
    struct fg_top_sums all;
    struct fg_top_sums by[FG_TOP_SUPPLIERS_MAX]; /* in the order of the answer */
    size_t by_len;
};

/* What a document that is not of that shape lacks counts as nothing. */
void fg_top_pool_sum(const struct fg_doc *map, struct fg_top_pool *out);
