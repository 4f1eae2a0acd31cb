/* schedule_inner.h - the pass's own state, shared by the files of schedule/ only. */
#pragma once

#include "schedule/gang.h"
#include "schedule/schedule.h"
#include "schedule/typical.h"

/* What a pass has learned of a request class. */
struct misfit {
    uint32_t tasks[2]; /* so many, or more, did not fit; [1]: beside the head's reservation */
    uint32_t started;  /* jobs started in this pass, still ready in the queue's eyes */
    fg_project_id project;  /* of this project, for its quota, ... */
    uint32_t project_tasks; /* ... so many or more did not fit; the last such project only */
};

struct fg_schedule {
    const struct fg_config *config;
    const struct fg_ranking *ranking; /* NULL: nobody pushes anybody aside */
    const struct fg_place_policy *place;
    uint64_t place_seed;
    struct fg_placer *placer; /* of the pool of the last pass */
    const struct fg_pool *placer_pool;
    struct fg_typical typical;
    struct fg_decision *decisions;
    size_t decisions_len, decisions_room;
    struct fg_grant *grants;
    size_t grants_len, grants_room;
    struct misfit *misfits; /* by class */
    size_t misfits_room;
    size_t looked;
    struct fg_reservation reservation;
    struct fg_pool *shadow; /* the pool at reservation.at_us with the head on it */
    size_t shadow_nodes_max;
    struct fg_running *by_end; /* all that holds devices; see backfill.c */
    size_t by_end_len, by_end_room;
};

/* What one pass works on. */
struct fg_pass {
    struct fg_pool *pool;
    struct fg_queue *queue;
    const struct fg_running *running;
    size_t running_len;
    int64_t now_us;
};

struct fg_decision *fg_schedule_decide(struct fg_schedule *schedule);

/* backfill.c: make `head` the head: find when its gang will fit, and build the shadow pool of that moment.  May
 * decide to preempt for it. */
void fg_schedule_reserve(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang);
