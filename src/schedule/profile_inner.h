/* profile_inner.h - the profile's own state, shared by profile.c and profile_node.c only. */
#pragma once

#include "schedule/profile.h"

#define NO_SPAN UINT32_MAX

struct span {
    fg_job_id job;
    int64_t from_us, to_us;
    struct fg_grant grant;
    uint32_t rank, next; /* of the same node */
};

/* Something begins or ends on a node. */
struct moment {
    int64_t time_us;
    fg_node_id node;
};

struct moments {
    struct moment *items;
    size_t len, room;
    bool sorted;
};

/* What is left of a node from a moment on, until the next. */
struct step {
    int64_t from_us;
    bool begins; /* a span does: less may be left */
    bool ends;   /* a span does: more may be left */
    uint32_t cpu_milli;
    uint64_t mem_mib;
    uint16_t left_milli[FG_NODE_DEVICES_MAX];
};

/* All steps of a node, with all spans in place. */
struct timeline {
    struct step *steps; /* owned; the first is from INT64_MIN */
    size_t len, room;
    size_t spans; /* AT_ONCE: too many, not all are in */
    uint64_t
        clear; /* made after so many clears; 0: not made, or something was added or taken since */
};

struct fg_profile {
    const struct fg_pool *pool;
    struct span *spans;
    size_t spans_len, spans_room;
    uint32_t *first; /* by node */
    uint32_t *rooms; /* of a search: [way][node - 1] */
    size_t rooms_room;
    size_t nodes_room;
    struct moments begins, ends;
    struct fg_node_order *by_room;
    struct timeline *timelines; /* by node */
    uint64_t clears;
};

/* Spans of one node that count, and overlap the window. */
#define AT_ONCE 2048

struct overlap {
    const struct span *spans[AT_ONCE];
    size_t len;
};

/* What is left at that moment, in `out`, which is of that node. */
void fg_profile_left_at(const struct overlap *overlap,
                        int64_t time_us,
                        struct fg_pool_node *out);
