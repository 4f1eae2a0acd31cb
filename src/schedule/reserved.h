/* reserved.h - what is reserved in advance, node by node, during a pass.  Inside of schedule/ only.
 *
 * In a pass the scheduler itself holds, in the pool, what is reserved and free; so nobody else finds it.  Who may use
 * it is placed by fg_reserved_place() on views of these nodes.  In the forecast, and among the promises, what is reserved is
 * taken for good.
 */
#pragma once

#include "schedule/gang.h"
#include "schedule/reservation.h"

struct fg_pass;
struct runner;

/* A reservation, at the time that is under way or next. */
struct window {
    const struct fg_advance *advance;
    uint64_t key;
    int64_t start_us, end_us;
    bool is_full; /* in this pass one did not fit that goes before all others */
};

/* What is reserved of one node, by any that counts. */
struct region {
    fg_node_id node;
    uint32_t devices;
    bool is_whole;
    uint32_t cpu_milli,
        used_cpu_milli; /* all that is reserved; what is used by jobs on reserved devices */
    uint64_t mem_mib, used_mem_mib;
    /* Held now. */
    uint16_t free_milli[FG_NODE_DEVICES_MAX];
    uint32_t free_cpu_milli;
    uint64_t free_mem_mib;
};

struct reserved {
    struct fg_advance *advances; /* owned, with their places */
    size_t len;
    struct window *windows; /* those that count: within the horizon, not over */
    size_t windows_len;
    struct region *regions; /* by node */
    size_t regions_len;
    uint32_t
        *region_of; /* by node - 1: its number in regions + 1; 0: nothing of it is reserved */
    size_t nodes;
    bool is_unclear;     /* somebody has to stop who does not run yet */
    bool is_stale;       /* regions are to be made anew */
    int64_t made_us;     /* windows are as of then, and hold ... */
    int64_t until_us;    /* ... until then */
    uint64_t generation; /* of the pool's nodes */
};

void fg_reserved_fini(struct reserved *reserved);

static inline bool fg_reserved_is_any(const struct reserved *reserved)
{
    return reserved->regions_len > 0;
}

/* A pass begins, or ends: hold what is free, or let it go. */
void fg_reserved_begin(struct fg_schedule *schedule, const struct fg_pass *pass);
void fg_reserved_end(struct fg_schedule *schedule, const struct fg_pass *pass);

/* Has no time come, and nothing changed? */
bool fg_reserved_is_as_before(const struct reserved *reserved, const struct fg_pass *pass);

/* Is the grant, or any of the runner's, on what is reserved? */
bool fg_reserved_has_grant(const struct reserved *reserved, const struct fg_grant *grant);
bool fg_reserved_has(const struct reserved *reserved, const struct runner *runner);
/* All of them? */
bool fg_reserved_has_all(const struct reserved *reserved, const struct runner *runner);
/* All that is reserved of a node, as one grant. */
struct fg_grant fg_reserved_all_of(const struct region *region);

/* Ask preemptible jobs to stop that are where they may not be soon. */
void fg_reserved_clear(struct fg_schedule *schedule, struct fg_pass *pass);
/* Start jobs of the reservations that are under way. */
void fg_reserved_walk(struct fg_schedule *schedule, struct fg_pass *pass);
/* Start the job on what is lent, if it ends in time; or, with `may_be_stopped`, as it is preemptible. */
bool fg_reserved_lend(struct fg_schedule *schedule,
                      struct fg_pass *pass,
                      const struct fg_job *job,
                      const struct fg_gang *gang,
                      bool may_be_stopped);
/* The longest time limit with which a job of the lane may find something lent; INT64_MAX: one without a limit may, too; -1: none. */
int64_t fg_reserved_longest_us(const struct fg_schedule *schedule,
                               const struct fg_pass *pass,
                               const struct fg_queue_lane *lane);

/* Let go of what is held of one node, and hold what is free again. */
void fg_reserved_let_go(struct region *region, struct fg_pool *pool);
void fg_reserved_hold(struct region *region, struct fg_pool *pool);
