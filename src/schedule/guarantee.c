/* guarantee.c - what is guaranteed to a project is had: first in the walk, and by reclaim from who has borrowed.
 *
 *     jobs within a guarantee, best first --> fits: starts
 *                                         --> fits once who is stopping has let go, or borrowers do: planned, they are asked
 *                                         --> neither: waits; the first such job is the head
 *
 * Guarantees of the deepest projects first: what is had by one of a higher project may still be taken back by one of a project
 * within it, and must not take its place.
 *
 * The plan is made in the shadow pool: there all who stop have let go, and all who are planned have their places, so that
 * nobody else gets them meanwhile.  While it is made, projects are charged with it; so is what comes of it later:
 * a project takes back no more than is guaranteed to it, and loses no more than it has borrowed (quota.h).
 */
#include "schedule/kinds.h"
#include "schedule/quota.h"
#include "schedule/schedule_inner.h"
#include "schedule/stop.h"

#include <assert.h>
#include <stdlib.h>

#define PLANNED_MAX 1024 /* jobs that wait for borrowers at one time */
#define FAILED_MAX  8    /* jobs that cannot be helped, before no more is tried */

struct borrower {
    const struct runner *runner;
    const struct fg_job *job;
    int64_t standing, cost_us;
    bool ends; /* before a stop could make room: it is not asked */
    bool gone; /* it lets go in the plan */
};

/* A charge of the plan, undone at its end. */
struct charge {
    const struct fg_job *job;
    struct fg_grant *grants; /* owned */
    size_t len;
    struct borrower *borrower; /* who gives it back; NULL: it is planned for a job */
};

struct plan {
    struct fg_schedule *schedule;
    struct fg_pass *pass;
    uint32_t level; /* of projects: guarantees at it and below are looked at */
    bool is_made;   /* the shadow pool is the plan's */
    struct borrower *borrowers;
    size_t borrowers_len;
    bool are_listed;
    struct charge *charges;
    size_t charges_len, charges_room;
    size_t planned, failed;
    fg_job_id first, blocked;
    struct fg_map *jobs; /* those planned; NULL: none so far */
};

/* -- who is within a guarantee ------------------------------------------------------------------------ */

/* Of each alternative only the kinds within a guarantee.  false: none is. */
static bool narrow(const struct plan *plan, const struct fg_job *job, struct fg_gang *gang)
{
    const struct fg_pass *pass = plan->pass;
    fg_project_id top = fg_quota_above_level(pass->queue, job->project, plan->level);
    gang->is_possible = false;
    for (size_t i = 0; i < gang->needs_len; i++) {
        struct fg_need *need = &gang->needs[i];
        if (!gang->allowed[i])
            continue;
        need->kinds = fg_quota_guaranteed(pass->queue, pass->pool, job->project, top,
                                          (int64_t)job->tasks * need->count * need->gpu_milli,
                                          need->kinds);
        gang->allowed[i] = need->kinds != 0;
        gang->is_possible |= gang->allowed[i];
    }
    gang->is_limited = true;
    return gang->is_possible;
}

static int64_t longest_guaranteed(const void *self, const struct fg_queue_lane *lane)
{
    const struct plan *plan = self;
    struct fg_pass *pass = plan->pass;
    if (fg_queue_class_reservation(pass->queue, lane->request))
        return -1;
    fg_project_id top = fg_quota_above_level(pass->queue, lane->project, plan->level);
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(pass->queue, lane->request, &len);
    for (size_t i = 0; i < len; i++) {
        if (any_of[i].count == 0)
            continue;
        struct fg_need need = fg_pool_need(pass->pool, &any_of[i]);
        if (fg_quota_guaranteed(pass->queue, pass->pool, lane->project, top,
                                (int64_t)lane->tasks * need.count * need.gpu_milli, need.kinds))
            return INT64_MAX;
    }
    return -1;
}

/* -- who has borrowed ----------------------------------------------------------------------------------- */

/* Who goes first: those that end anyway, then the lowest, of equals who loses least, then the youngest. */
static int goes_first(const void *a, const void *b)
{
    const struct borrower *x = a, *y = b;
    if (x->ends != y->ends)
        return x->ends ? -1 : 1;
    if (x->standing != y->standing)
        return x->standing < y->standing ? -1 : 1;
    if (x->cost_us != y->cost_us)
        return x->cost_us < y->cost_us ? -1 : 1;
    if (x->job->started_us != y->job->started_us)
        return x->job->started_us > y->job->started_us ? -1 : 1;
    return x->job->id > y->job->id ? -1 : 1;
}

static void list_borrowers(struct plan *plan)
{
    const struct fg_schedule *schedule = plan->schedule;
    plan->are_listed = true;
    plan->borrowers = calloc(schedule->runners.preemptible + 1, sizeof(*plan->borrowers));
    if (!plan->borrowers)
        abort();
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        if (!runner->job || !runner->preemptible || runner->stopping
            || fg_reserved_has(&schedule->reserved, runner))
            continue;
        const struct fg_job *job = fg_queue_get(plan->pass->queue, runner->job);
        if (!job || job->state != FG_JOB_RUNNING)
            continue;
        int64_t standing = schedule->ranking
                               ? fg_ranking_standing(schedule->ranking, plan->pass->queue, job)
                               : 0;
        plan->borrowers[plan->borrowers_len++] = (struct borrower){
            .runner = runner,
            .job = job,
            .standing = standing,
            .cost_us = fg_stop_cost_us(schedule->config, job, fg_runner_grants(runner),
                                       runner->grants_len, plan->pass->now_us),
            .ends = fg_schedule_ends_anyway(schedule, plan->pass, runner, job)};
    }
    if (plan->borrowers_len > 1)
        qsort(plan->borrowers, plan->borrowers_len, sizeof(*plan->borrowers), goes_first);
}

static bool may_reclaim(const struct plan *plan,
                        const struct fg_job *job,
                        const struct fg_gang *gang,
                        const struct borrower *borrower)
{
    const struct fg_pass *pass = plan->pass;
    const struct runner *runner = borrower->runner;
    uint64_t held = fg_quota_kinds_of(pass->pool, fg_runner_grants(runner), runner->grants_len);
    for (size_t i = 0; i < gang->needs_len; i++)
        if (gang->allowed[i]
            && fg_quota_may_reclaim(pass->queue, pass->pool, job->project,
                                    (int64_t)job->tasks * gang->needs[i].count
                                        * gang->needs[i].gpu_milli,
                                    gang->needs[i].kinds, borrower->job->project, held))
            return true;
    return false;
}

/* -- charging ------------------------------------------------------------------------------------------- */

static void book(const struct plan *plan, const struct charge *charge, bool give_back)
{
    struct fg_queue *queue = plan->pass->queue;
    const struct fg_pool *pool = plan->pass->pool;
    fg_project_id project = charge->job->project;
    struct fg_amount amount =
        fg_schedule_amount(pool, fg_queue_project(queue, project), charge->grants, charge->len);
    struct fg_held *held = fg_queue_held(queue, project);
    if (give_back) {
        fg_held_take(held, &amount);
        fg_quota_take(queue, pool, charge->job, charge->grants, charge->len);
    } else {
        fg_held_add(held, &amount);
        fg_quota_add(queue, pool, charge->job, charge->grants, charge->len);
    }
}

static void charge(struct plan *plan,
                   const struct fg_job *job,
                   const struct fg_grant *grants,
                   size_t len,
                   struct borrower *borrower)
{
    plan->charges = fg_schedule_room(plan->charges, plan->charges_len + 1, &plan->charges_room,
                                     sizeof(plan->charges[0]));
    struct charge *new = &plan->charges[plan->charges_len++];
    *new = (struct charge){job, calloc(len + 1, sizeof(*grants)), len, borrower};
    if (!new->grants)
        abort();
    for (size_t i = 0; i < len; i++)
        new->grants[i] = grants[i];
    book(plan, new, borrower != NULL);
}

static void undo_last(struct plan *plan)
{
    struct charge *last = &plan->charges[--plan->charges_len];
    book(plan, last, last->borrower == NULL);
    free(last->grants);
}

/* -- the plan --------------------------------------------------------------------------------------------- */

static void make(struct plan *plan)
{
    const struct runners *runners = &plan->schedule->runners;
    fg_schedule_what_if(plan->schedule, plan->pass->pool);
    plan->is_made = true;
    for (size_t i = 0; i < runners->len; i++) {
        const struct runner *runner = &runners->slots[i];
        if (fg_reserved_has(&plan->schedule->reserved, runner))
            continue;
        for (size_t at = 0; runner->job && runner->stopping && at < runner->grants_len; at++)
            fg_pool_release(plan->schedule->what_if, &fg_runner_grants(runner)[at]);
    }
}

static bool claim_again(struct fg_pool *pool, const struct runner *runner)
{
    return fg_pool_claim_all(pool, fg_runner_grants(runner), runner->grants_len, NULL) == 0;
}

/* Let borrowers go until the gang has room.  false: there are not enough, and all is as it was. */
static bool reclaim(struct plan *plan, const struct fg_job *job, const struct fg_gang *gang)
{
    struct fg_pool *pool = plan->schedule->what_if;
    struct fg_gang_room room = fg_gang_room(pool, gang);
    size_t had = plan->charges_len;
    if (!plan->are_listed && !fg_gang_has_room(gang, &room))
        list_borrowers(plan);
    for (size_t at = 0; at < plan->borrowers_len && !fg_gang_has_room(gang, &room); at++) {
        struct borrower *borrower = &plan->borrowers[at];
        const struct runner *runner = borrower->runner;
        if (borrower->gone || !may_reclaim(plan, job, gang, borrower))
            continue;
        borrower->gone = true;
        for (size_t i = 0; i < runner->grants_len; i++)
            fg_gang_release(pool, gang, &fg_runner_grants(runner)[i], &room);
        charge(plan, borrower->job, fg_runner_grants(runner), runner->grants_len, borrower);
    }
    if (fg_gang_has_room(gang, &room))
        return true;
    while (plan->charges_len > had) {
        struct borrower *borrower = plan->charges[plan->charges_len - 1].borrower;
        bool claimed = claim_again(pool, borrower->runner); /* nobody took its place so far */
        assert(claimed);
        borrower->gone = !claimed;
        undo_last(plan);
    }
    return false;
}

static bool plan_for(struct plan *plan, const struct fg_job *job, const struct fg_gang *gang)
{
    if (!plan->is_made)
        make(plan);
    if (!reclaim(plan, job, gang))
        return false;
    struct fg_grant *grants = calloc(gang->tasks, sizeof(*grants));
    if (!grants)
        abort();
    bool placed = fg_gang_place(plan->schedule->what_if, NULL, NULL, gang, grants) >= 0;
    assert(placed);
    if (placed)
        charge(plan, job, grants, gang->tasks, NULL);
    free(grants);
    return placed;
}

/* Who went, and would have its place still, stays. */
static void decide(struct plan *plan)
{
    for (size_t i = plan->borrowers_len; i-- > 0;) {
        const struct borrower *borrower = &plan->borrowers[i];
        if (borrower->gone && !borrower->ends
            && !claim_again(plan->schedule->what_if, borrower->runner))
            *fg_schedule_decide(plan->schedule) = (struct fg_decision){
                .kind = FG_DECIDE_PREEMPT, .job = borrower->job->id, .for_job = plan->first};
    }
    plan->schedule->reservation =
        (struct fg_reservation){.job = plan->first, .at_us = plan->pass->now_us + 1};
}

static void look_at(struct plan *plan, const struct fg_job *job)
{
    struct fg_gang gang = fg_schedule_gang(plan->schedule, plan->pass, plan->pass->pool, job);
    if (plan->schedule->kinds)
        fg_kinds_order(plan->schedule->kinds, plan->pass->queue, job, &gang);
    if (!gang.is_possible || !narrow(plan, job, &gang))
        return;
    if (fg_schedule_try_start(plan->schedule, plan->pass, job, &gang, plan->is_made)) {
        plan->schedule->guaranteed++;
        return;
    }
    if (plan_for(plan, job, &gang)) {
        plan->first = plan->first ? plan->first : job->id;
        plan->planned++;
        if (!plan->jobs && !(plan->jobs = fg_map_new(64)))
            abort();
        fg_map_put(plan->jobs, job->id, 0);
    } else if (fg_gang_fits_empty(plan->pass->pool, &gang)) {
        plan->blocked = plan->blocked ? plan->blocked : job->id;
        plan->failed++;
    } else {
        plan->failed++;
    }
}

static bool is_settled(const struct plan *plan, fg_job_id job)
{
    return fg_schedule_was_hinted(plan->schedule, job)
           || fg_schedule_was_guaranteed(plan->schedule, job)
           || (plan->jobs && fg_map_get(plan->jobs, job, NULL));
}

static void walk(struct plan *plan)
{
    const struct fg_job *job;
    fg_queue_walk(plan->pass->queue);
    fg_queue_filter(plan->pass->queue, longest_guaranteed, plan);
    while (plan->planned < PLANNED_MAX && plan->failed < FAILED_MAX
           && (job = fg_queue_next(plan->pass->queue))) {
        plan->schedule->looked++;
        if (!is_settled(plan, job->id))
            look_at(plan, job);
    }
}

static void reserve_blocked(struct plan *plan)
{
    const struct fg_job *job = fg_queue_get(plan->pass->queue, plan->blocked);
    struct fg_gang gang = fg_schedule_gang(plan->schedule, plan->pass, plan->pass->pool, job);
    if (gang.is_possible && narrow(plan, job, &gang))
        fg_schedule_reserve(plan->schedule, plan->pass, job, &gang);
}

bool fg_schedule_was_guaranteed(const struct fg_schedule *schedule, fg_job_id job)
{
    /* Who holds devices and still waits was started just now. */
    return schedule->guaranteed > 0 && fg_runners_get(&schedule->runners, job);
}

void fg_schedule_guarantees(struct fg_schedule *schedule, struct fg_pass *pass)
{
    schedule->guaranteed = 0;
    if (!fg_queue_has_guarantees(pass->queue) || schedule->reservation.job)
        return; /* what a migration has promised comes first */
    struct plan plan = {.schedule = schedule, .pass = pass};
    for (plan.level = fg_quota_levels(pass->queue); plan.level > 0; plan.level--)
        walk(&plan);
    plan.level = 1;
    if (plan.planned > 0)
        decide(&plan);
    while (plan.charges_len > 0)
        undo_last(&plan);
    fg_map_free(plan.jobs);
    free(plan.charges);
    free(plan.borrowers);
    if (plan.planned == 0 && plan.is_made) {
        schedule->beside = schedule->forecast.pool;
        schedule->beside_number++;
    }
    if (plan.planned == 0 && plan.blocked && !schedule->reservation.job)
        reserve_blocked(&plan);
}
