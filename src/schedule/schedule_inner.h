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

/* A hint as it is kept; its grants are in hint_grants. */
struct hinted {
    fg_job_id job;
    uint32_t alternative, tasks;
    size_t grants_at;
    bool started; /* by this pass */
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
    struct hinted *hints; /* see hint.c */
    size_t hints_len;
    struct fg_grant *hint_grants;
    int64_t hints_until_us;
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
/* Room for the grants of one more job; they count once it is started. */
struct fg_grant *fg_schedule_grants_room(struct fg_schedule *schedule, uint32_t tasks);
/* Start it on the grants in that room, which are claimed: the decision, and what its project holds. */
void fg_schedule_start(struct fg_schedule *schedule,
                       struct fg_pass *pass,
                       const struct fg_job *job,
                       uint32_t alternative);

/* backfill.c: make `head` the head: find when its gang will fit, and build the shadow pool of that moment.  May
 * decide to preempt for it. */
void fg_schedule_reserve(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang);
/* Make the shadow pool a copy of this one. */
void fg_schedule_shadow(struct fg_schedule *schedule, const struct fg_pool *pool);

/* hint.c: start whom a migration has promised a place, if it is free; keep the places of the others in the shadow
 * pool.  Returns how many were started. */
size_t fg_schedule_follow_hints(struct fg_schedule *schedule, struct fg_pass *pass);
/* Was it started by that, in this pass? */
bool fg_schedule_was_hinted(const struct fg_schedule *schedule, fg_job_id job);
