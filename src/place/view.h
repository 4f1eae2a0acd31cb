/* view.h - what the scorers see of the nodes: a cache line each, brought up to date from the pool's log.
 * Inside of place/ only.
 */
#pragma once

#include "place/scorers.h"
#include "place/tables.h"
#include "pool/pool.h"

#define FG_VIEW_PARTIALS_MAX 10

/* A node that is up.  One that is not takes nothing: all its `left` are 0. */
struct fg_view_node {
    uint32_t cpu_left, cpu;  /* milli */
    uint32_t mem_left_mib;   /* UINT32_MAX: that or more */
    uint32_t mem_mib;        /* the same */
    uint32_t device_mem_mib; /* of each */
    struct fg_node_terms terms;
    int32_t frag, dead;     /* its measures as it is, see tables.h */
    uint16_t gpu_left, gpu; /* milli, sums over the devices */
    uint8_t kind;           /* of all its devices */
    uint8_t untouched;      /* devices */
    uint8_t partials_len;   /* devices of which a part is left */
    bool is_up : 1, is_used : 1;
    bool
        is_mixed : 1; /* devices of several kinds or sizes, or too many partials: look at the pool's node */
    uint16_t partials
        [FG_VIEW_PARTIALS_MAX]; /* what is left of these, milli, falling order not kept */
};

/* What the scorers want to know of a node, in thousandths of the scales. */
struct fg_view_traits {
    int32_t price, away, hazard;
    int32_t wake_watts, span_watts; /* from asleep to idle, from idle to busy */
    uint8_t site;                   /* number */
};

struct fg_view {
    const struct fg_pool *pool;
    const struct fg_place_tables *tables; /* borrowed */
    struct fg_view_node *nodes;           /* [id - 1] */
    size_t nodes_len;
    uint64_t seen;                          /* changes of the pool that are in here */
    uint32_t cpu_max, gpu_max;              /* of the largest node so far, milli; at least 1 */
    const struct fg_place_weights *weights; /* borrowed; NULL: only the policy counts */
    struct fg_view_traits *traits;          /* [id - 1], with weights only */
    bool has_hazards; /* some node is known for more interruptions than its twins */
    bool has_islands; /* some node's devices are of several */
    int64_t frag;     /* sum over the nodes, in FG_FRAG_ONE of milli-devices */
};

void fg_view_init(struct fg_view *view, const struct fg_pool *pool);
void fg_view_fini(struct fg_view *view);

/* Everything from new: the tables or the nodes are others. */
void fg_view_rebuild(struct fg_view *view, const struct fg_place_tables *tables);
/* Look at what the scorers want to know of the nodes. */
void fg_view_weigh(struct fg_view *view);
/* Look at one node again. */
void fg_view_refresh(struct fg_view *view, fg_node_id id);

/* The measures of a node of any shape. */
struct fg_place_cell fg_view_measure(const struct fg_view *view,
                                     const struct fg_pool_node *node);
