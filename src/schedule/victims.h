/* victims.h - which of those that may be pushed aside are asked to stop.  Inside of schedule/ only.
 *
 * Of all sets whose stop makes room for the gang, first those whose highest standing is lowest, of these the one that costs
 * least (stop.h).  For a gang of one task the cheapest set is found: node by node, by a bound on what the node would
 * cost.  For larger gangs, two sets are tried and the cheaper one is taken: the lowest in order, and the cheapest nodes first.
 */
#pragma once

#include "schedule/schedule_inner.h"

struct fg_victim {
    const struct runner *runner;
    const struct fg_job *job;
    int64_t standing, cost_us, grace_us;
    bool chosen;
};

/* `victims` are in the order in which they would go: standing, then cost.  The pool is without those that let go anyway, and
 * the gang has no room in it.  false: no set makes room, and the pool is as it was.  Else `chosen` says who stops, who has let
 * go in the pool, and the gang is placed in it, on `out_grants` (one per task). */
bool fg_victims_choose(struct fg_pool *pool,
                       const struct fg_gang *gang,
                       struct fg_victim *victims,
                       size_t len,
                       struct fg_grant *out_grants);

/* Would the runner's devices be free for it, with the head in the pool?  The pool is as before. */
bool fg_victims_is_in_the_way(struct fg_pool *pool, const struct runner *runner);
