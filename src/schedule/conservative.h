/* conservative.h - conservative backfill: not only the head, every waiting job up to a depth has a reservation (Feitelson and
 * Weil, IPPS'98).  Inside of schedule/ only.
 *
 * A promise is a moment and devices.  It is kept from pass to pass, and only ever exchanged for a sooner one, with all
 * other promises in place: so nobody starts later than he was promised, as long as jobs end by their limits, nodes
 * stay, and nobody comes who goes before him in the order.  Who does come and go before is planned as if those behind him
 * had no promises; those that this breaks are planned anew in their turn.  Behind the depth a job starts if it delays no
 * promise.
 */
#pragma once

#include "base/map.h"
#include "schedule/profile.h"

struct fg_schedule;
struct fg_pass;

#define FG_RANK_LATER UINT32_MAX
#define FG_GAINED_MAX 64

struct promise {
    fg_job_id job;
    int64_t at_us;
    uint32_t request, rank; /* rank in the walk; FG_RANK_LATER: its turn has not come */
    uint32_t tasks;
    struct fg_grant *grants; /* owned */
};

/* All promises; zeroed at first. */
struct planner {
    struct fg_profile *profile; /* NULL: never used so far */
    struct promise *promises;
    size_t len, room;
    struct fg_map *by_job;
    struct fg_grant *grants; /* of a search */
    size_t grants_room;
    /* Nodes on which something became free, or will sooner, since promises were last looked at. */
    fg_node_id gained[FG_GAINED_MAX];
    size_t gained_len, gained_seen; /* the first of them are of before this pass */
    bool gained_all;
    uint64_t generation; /* of the pool's nodes */
};

void fg_planner_fini(struct planner *planner);
/* The node has more, or will have it sooner. */
void fg_planner_gained(struct planner *planner, fg_node_id node);
/* When the job was promised to start; INT64_MAX: it has no promise. */
int64_t fg_planner_promised_us(const struct planner *planner, fg_job_id job);
/* The walk of a pass, in place of EASY's. */
void fg_schedule_walk_conservative(struct fg_schedule *schedule, struct fg_pass *pass);
