/* node_past.h - when each node of a service was there, from what it has now and from events, newest first.
 *
 *     /v1/nodes, /v1/events?kind=node.* --NODE_PAST--> of each node what it is, and when it was away
 *
 * A node is away from node.down to node.up, before node.joined and after node.gone; of one that is no more node.joined tells
 * what it was.
 */
#pragma once

#include "cli/verb.h"

#include "base/auto.h"
#include "model/limits.h"
#include "sim/cluster.h"

struct fg_node_past {
    char name[FG_NAME_MAX], kind[FG_KIND_MAX];
    char supplier[FG_NAME_MAX], site[FG_NAME_MAX], region[FG_NAME_MAX];
    uint32_t gpus, cpu_milli;
    uint64_t mem_mib;
    int64_t uusd_per_hour;
    size_t group;  /* in the replay, from 1 on; 0 none: set by who makes one of it */
    bool is_known; /* what it is */
    bool is_there; /* in the pool now, up or not */
    struct fg_sim_absence *absences; /* owned; moments UTC, the newest first */
    size_t absences_len, absences_room;
    int64_t away_until_us; /* while events are read: it is away up to then; -1 it is there */
};

struct fg_pool_past {
    int64_t now_us;
    struct fg_node_past *nodes; /* owned */
    size_t nodes_len, nodes_room;
};
void fg_pool_past_free(struct fg_pool_past *past); /* back to zero */
static inline void fg_pool_past_drop(struct fg_pool_past *past)
{
    fg_pool_past_free(past);
}

/* NULL: none of that name. */
const struct fg_node_past *fg_pool_past_find(const struct fg_pool_past *past, const char *name);
/* An item of either list; events the newest first, after all nodes. */
void fg_pool_past_node(struct fg_pool_past *past, const struct fg_doc *item);
void fg_pool_past_event(struct fg_pool_past *past, const struct fg_doc *item);
/* After both: who is away now was so since `since_us`, at least. */
void fg_pool_past_end(struct fg_pool_past *past, int64_t since_us);
/* Both lists, of what happened since then.  `past->now_us` is set. */
[[nodiscard]] int fg_pool_past_read(struct fg_cli *cli,
                                    int64_t since_us,
                                    struct fg_pool_past *past,
                                    struct fg_err *err);
/* Away all the time? */
bool fg_node_past_is_never(const struct fg_node_past *node, int64_t since_us, int64_t now_us);
