/* schedule_inner.h - the pass's own state, shared by the files of schedule/ only. */
#pragma once

#include "schedule/conservative.h"
#include "schedule/forecast.h"
#include "schedule/gang.h"
#include "schedule/genetic.h"
#include "schedule/misfit.h"
#include "schedule/ranking.h"
#include "schedule/refusal.h"
#include "schedule/reserved.h"
#include "schedule/runners.h"
#include "schedule/schedule.h"
#include "schedule/typical.h"

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
    struct fg_placer *placer;
    const struct fg_pool *pool; /* the placer's, and that of all passes */
    struct fg_typical typical;
    struct fg_expect *expect;
    const struct fg_rates *rates; /* borrowed; NULL: nobody knows */
    int64_t hazards_us;           /* when nodes were last told what they are expected to lose */
    struct fg_kinds *kinds;       /* NULL: alternatives are tried as they were written */
    struct fg_decision *decisions;
    size_t decisions_len, decisions_room;
    struct fg_grant *grants;
    size_t grants_len, grants_room;
    size_t looked;
    size_t guaranteed;  /* jobs that this pass started within guarantees */
    size_t spot_riders; /* jobs that may have to leave spot in time, as of the last pass */
    struct fg_reservation reservation;
    enum fg_backfill backfill;
    struct reserved reserved;
    struct planner planner; /* of conservative backfill */
    struct runners runners;
    struct forecast forecast;
    /* The pool at reservation.at_us with the head on it: the forecast's, or what_if; NULL: none is needed. */
    struct fg_pool *beside;
    uint64_t beside_number; /* rises whenever `beside` is not what it was, moved on */
    struct fg_pool *what_if;
    size_t what_if_nodes_max;
    bool optimises;
    struct fg_arranged arranged; /* see batch.c */
    struct fg_pool *trial, *trial_beside;
    struct fg_grant
        *head_grants; /* where the head will be once those pushed aside have stopped */
    size_t head_room;
    struct hinted *hints; /* see hint.c */
    size_t hints_len;
    struct fg_grant *hint_grants;
    int64_t hints_until_us;
    struct misfit *misfits; /* by class */
    size_t misfits_len, misfits_room;
    uint64_t nodes_generation, class_generation; /* that misfits are about */
    uint64_t passes;
    /* What the last pass saw: the same again would decide nothing. */
    uint64_t queue_changes, runner_changes;
    struct refusal refusal;
    int64_t preempted_us; /* when those asked last, and those waited for, have let go */
    int64_t
        steady_until_us; /* until then time alone lets nobody push aside who could not then */
    bool is_settled;
};

/* What one pass works on. */
struct fg_pass {
    struct fg_pool *pool;
    struct fg_queue *queue;
    int64_t now_us;
};

/* Room for `len` items, of which there are fewer so far. */
void *fg_schedule_room(void *items, size_t len, size_t *room, size_t size);
struct fg_decision *fg_schedule_decide(struct fg_schedule *schedule);
/* Room for the grants of one more job; they count once it is started. */
struct fg_grant *fg_schedule_grants_room(struct fg_schedule *schedule, uint32_t tasks);
/* Start it on the `tasks` grants in that room, which are claimed, `beside` in the shadow pool too: the decision, and what its
 * project holds. */
void fg_schedule_start(struct fg_schedule *schedule,
                       struct fg_pass *pass,
                       const struct fg_job *job,
                       uint32_t alternative,
                       uint32_t tasks,
                       bool beside);
/* Would it still run at the moment of the head's reservation? */
/* With `learn_backfill`: who has no time limit and outran what it was taken for is taken to need twice as long, and twice again
 * (Tsafrir, Etsion and Feitelson 2007). */
void fg_schedule_outrun(struct fg_schedule *schedule, const struct fg_pass *pass);
/* What a filter of the queue says of a lane whose jobs have so much time. */
int64_t fg_schedule_longest_us(const struct fg_schedule *schedule,
                               const struct fg_queue_lane *lane,
                               int64_t room_us);
bool fg_schedule_needs_shadow(const struct fg_schedule *schedule,
                              const struct fg_pass *pass,
                              const struct fg_job *job);
/* It holds what the decision says now: its runner is set anew. */
void fg_schedule_note_start(struct fg_schedule *schedule,
                            const struct fg_pass *pass,
                            const struct fg_job *job,
                            const struct fg_decision *start);
/* Place it and start it; with `beside`, only where it leaves the shadow pool alone. */
bool fg_schedule_try_start(struct fg_schedule *schedule,
                           struct fg_pass *pass,
                           const struct fg_job *job,
                           const struct fg_gang *gang,
                           bool beside);
/* spot.c: what the job asks, within its quota and as its deadline allows. */
struct fg_gang fg_schedule_gang(const struct fg_schedule *schedule,
                                const struct fg_pass *pass,
                                const struct fg_pool *pool,
                                const struct fg_job *job);
/* spot.c: is one of these on spot, and the job one that may have to leave it in time? */
bool fg_schedule_rides_spot(const struct fg_pass *pass,
                            const struct fg_job *job,
                            const struct fg_grant *grants,
                            size_t len);
/* spot.c: ask those to stop whose deadline spot has become a danger to, if they fit elsewhere now. */
void fg_schedule_leave_spot(struct fg_schedule *schedule, struct fg_pass *pass);
/* guarantee.c: jobs within what is guaranteed to their projects start, or the shadow pool is of the moment at which who has
 * borrowed has let go for them; the first of them is the head then. */
void fg_schedule_guarantees(struct fg_schedule *schedule, struct fg_pass *pass);
/* Was it started by that, in this pass? */
bool fg_schedule_was_guaranteed(const struct fg_schedule *schedule, fg_job_id job);
/* hint.c: start whom a migration has promised a place, if it is free; keep the places of the others in the shadow
 * pool. */
void fg_schedule_follow_hints(struct fg_schedule *schedule, struct fg_pass *pass);
/* Was it started by that, in this pass? */
bool fg_schedule_was_hinted(const struct fg_schedule *schedule, fg_job_id job);

/* backfill.c: make `head` the head: find when its gang will fit, and the shadow pool of that moment.  May
 * decide to preempt for it. */
void fg_schedule_reserve(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang);

/* batch.c: jobs behind the head, in their order, of which the pass may start the best set. */
struct batch;
/* At most so many start.  NULL: they are not to be arranged. */
struct batch *fg_batch_new(struct fg_schedule *schedule,
                           struct fg_pass *pass,
                           int64_t starts_left);
/* The next; false: it would not fit even alone, and is left out. */
bool fg_batch_add(struct batch *batch, const struct fg_job *job);
bool fg_batch_is_full(const struct batch *batch);
/* Start those that the best plan starts; how many. */
size_t fg_batch_start(struct batch *batch);
/* The next that did not, from `at` on, which moves behind it; NULL: no more. */
const struct fg_job *fg_batch_waits(const struct batch *batch, size_t *at);
void fg_batch_free(struct batch *batch);

/* victims.c: the shadow pool is a copy of this one from here on. */
void fg_schedule_what_if(struct fg_schedule *schedule, const struct fg_pool *pool);
/* victims.c: what is guaranteed to its project a job holds against jobs of all others. */
bool fg_schedule_is_guaranteed(const struct fg_pass *pass,
                               const struct runner *runner,
                               const struct fg_job *job,
                               const struct fg_job *head);
/* victims.c: is it expected to end before it could have stopped?  Then nothing is won by asking. */
bool fg_schedule_ends_anyway(const struct fg_schedule *schedule,
                             const struct fg_pass *pass,
                             const struct runner *runner,
                             const struct fg_job *job);
/* victims.c: what the head gains, in device-microseconds, by starting at `at_us` on these grants, instead of when it would
 * without that.  INT64_MAX: that cannot be foreseen. */
int64_t fg_schedule_gain_us(struct fg_schedule *schedule,
                            struct fg_pass *pass,
                            const struct fg_gang *gang,
                            const struct fg_grant *grants,
                            int64_t at_us);
/* victims.c: push aside whom the head may push aside, if that makes room.  The shadow pool is of the moment at which they
 * have stopped then. */
bool fg_schedule_preempt(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang);
