/* migrate.h - which running jobs to move so that one that waits fits now.
 *
 *     pool, jobs that may move, a gang that waits --> MIGRATE --> the cheapest set of moves found
 *
 * A move is: stop at a checkpoint, free the devices, start again elsewhere (or on other devices of the same node).
 * Moved jobs keep the kinds of device that they have, so neither their speed nor their project's quota changes.
 *
 * The search (see migrate.c) first looks at each node apart, which finds good sets on pools of any size, and then
 * walks all sets in order of their cost, which proves the best one on small pools.  Both stop at `looks_max`.
 *
 * Pure: no clock, no I/O; same input, same answer.
 */
#pragma once

#include "schedule/gang.h"
#include "schedule/schedule.h"

/* A running job that may be moved. */
struct fg_movable {
    fg_job_id job;
    const struct fg_grant *grants;
    size_t grants_len;
    int64_t cost_us; /* device-microseconds that a move loses; at least 1 */
};

#define FG_MOVES_MAX 8 /* of one migration */

struct fg_move {
    size_t at;                     /* in the list of jobs that may move */
    const struct fg_grant *grants; /* where its tasks go, in the order of its grants */
};

struct fg_migration {
    int alternative;               /* of the gang */
    const struct fg_grant *grants; /* of the gang: one a task */
    struct fg_move moves[FG_MOVES_MAX];
    size_t moves_len;
    int64_t cost_us;       /* sum of the moves */
    bool is_best;          /* every cheaper set of up to FG_MOVES_MAX moves was tried */
    struct fg_grant *room; /* owned: all of the grants above */
};

/* When the gang would fit if nothing is moved and nothing else starts: at the end of one of `running`, or INT64_MAX.
 * `pool` is changed while it looks, and is as it was in the end. */
int64_t fg_migrate_wait_us(struct fg_pool *pool,
                           const struct fg_gang *gang,
                           const struct fg_running *running,
                           size_t running_len);

/* NULL: none found.  Free with fg_migration_free().
 * `pool` is changed while it searches, and is as it was in the end.  `looks_max` bounds the work: sets of moves
 * that are tried, each at the cost of placing them.  With no move at all (it fits now) the set is empty. */
struct fg_migration *fg_migrate_find(struct fg_pool *pool,
                                     const struct fg_gang *gang,
                                     const struct fg_movable *movable,
                                     size_t movable_len,
                                     size_t looks_max);
void fg_migration_free(struct fg_migration *migration); /* NULL is allowed */
FG_AUTO_DEFINE(fg_migration)
