/* schedule_inner.h - the pass's own state, shared by the files of schedule/ only. */
#pragma once

#include "schedule/schedule.h"

struct fg_schedule {
    const struct fg_config *config;
    struct fg_decision *decisions;
    size_t decisions_len, decisions_room;
    struct fg_grant *grants;
    size_t grants_len, grants_room;
    uint32_t
        *failed; /* by class and by need of the shadow: so many tasks, or more, did not fit */
    size_t failed_room;
    uint32_t
        *started; /* by class: jobs started in this pass, still ready in the queue's eyes */
    size_t started_room;
    size_t looked;
    struct fg_reservation reservation;
    struct fg_pool *shadow; /* the pool at reservation.at_us with the head on it */
    size_t shadow_nodes_max;
    struct fg_running *by_end;
    size_t by_end_room;
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
/* How long the job is taken to run: its time limit, or the configured default. */
int64_t fg_schedule_duration(const struct fg_schedule *schedule, const struct fg_job *job);

/* backfill.c: make `job` the head: find when it will fit, and build the shadow pool of that moment.  May
 * decide to preempt for it. */
void fg_schedule_reserve(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *job);
