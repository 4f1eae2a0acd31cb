/* gang.h - place all tasks of a job, or none.  Inside of schedule/ only. */
#pragma once

#include "place/placer.h"
#include "pool/pool.h"
#include "queue/queue.h"

/* A way to run a gang: one of its alternatives, all tasks on nodes of one supplier. */
struct fg_way {
    uint8_t alternative;
    uint8_t supplier; /* FG_WAY_ANYWHERE: on nodes of any */
};
#define FG_WAY_ANYWHERE UINT8_MAX
#define FG_WAYS_MAX     (FG_ANY_OF_MAX * FG_POOL_SUPPLIERS_MAX)

/* What a job asks, made ready: its alternatives with their kinds resolved, less what its project's quota rules
 * out; and the ways to run it.  Holds for one pass. */
struct fg_gang {
    uint32_t tasks;
    struct fg_need needs[FG_ANY_OF_MAX]; /* by alternative */
    bool allowed[FG_ANY_OF_MAX];
    uint64_t first_kinds
        [FG_ANY_OF_MAX]; /* of an alternative, to be tried before its others; 0: all alike */
    size_t needs_len;
    struct fg_way
        ways[FG_WAYS_MAX];      /* where only this machine has nodes: an alternative each */
    uint8_t order[FG_WAYS_MAX]; /* in which they are tried */
    size_t ways_len;
    bool has_choice;     /* of suppliers */
    bool is_possible;    /* the quota allows at least one alternative */
    bool is_limited;     /* the quota took away an alternative, or kinds of one */
    bool awake_only;     /* none of its tasks on a node that sleeps */
    bool may_not_borrow; /* as it is not preemptible: others of its lane may be */
};

/* What a task asks in this way.  false: the quota does not allow it. */
static inline bool fg_gang_need(const struct fg_gang *gang, size_t way, struct fg_need *out)
{
    struct fg_way at = gang->ways[way];
    if (!gang->allowed[at.alternative])
        return false;
    *out = gang->needs[at.alternative];
    out->awake_only = gang->awake_only;
    if (at.supplier != FG_WAY_ANYWHERE)
        out->not_suppliers = ~(1U << at.supplier);
    return true;
}

/* Of an "any" gang the quota leaves the kinds of which it allows all tasks, so that whatever is placed is
 * within it. */
struct fg_gang fg_gang_of(const struct fg_pool *pool,
                          struct fg_queue *queue,
                          const struct fg_job *job);

/* Try the ways in the order of the gang; the placer (of this pool) says where; NULL: best fit.  Claims in `pool` (and in `also`,
 * if given).  Returns the index of the
 * alternative, with one grant per task in `out_grants` (room for job->tasks), or -1 with nothing
 * claimed. */
int fg_gang_place(struct fg_pool *pool,
                  struct fg_pool *also,
                  struct fg_placer *placer,
                  const struct fg_gang *gang,
                  struct fg_grant *out_grants);

/* Do both ask the same for a task, in the same ways?  However many tasks, and in whatever order they are tried. */
bool fg_gang_is_alike(const struct fg_gang *a, const struct fg_gang *b);

/* Would it fit if nothing ran at all on the nodes that are up? */
bool fg_gang_fits_empty(const struct fg_pool *pool, const struct fg_gang *gang);

/* How many tasks a pool takes in each way: kept up to date while things are released in it, it tells at the
 * cost of a node, and not of a search, whether the gang fits. */
struct fg_gang_room {
    uint32_t tasks[FG_WAYS_MAX]; /* by way, no more than gang.tasks of a node */
};

struct fg_gang_room fg_gang_room(const struct fg_pool *pool, const struct fg_gang *gang);
void fg_gang_release(struct fg_pool *pool,
                     const struct fg_gang *gang,
                     const struct fg_grant *grant,
                     struct fg_gang_room *room);
bool fg_gang_has_room(const struct fg_gang *gang, const struct fg_gang_room *room);
