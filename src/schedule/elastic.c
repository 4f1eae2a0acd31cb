/* elastic.c - see elastic.h */
#include "schedule/elastic.h"

#include "schedule/quota.h"
#include "schedule/spot.h"
#include "schedule/stop.h"

#include <assert.h>
#include <stdlib.h>

/* -- at the start --------------------------------------------------------------------------------------- */

/* It holds these grants, or does so no more: so that a quota is asked about all of a size. */
static void count(const struct fg_pass *pass,
                  const struct fg_job *job,
                  const struct fg_grant *grants,
                  size_t len,
                  bool add)
{
    const struct fg_project *project = fg_queue_project(pass->queue, job->project);
    struct fg_held *held = fg_queue_held(pass->queue, job->project);
    struct fg_amount amount = fg_schedule_amount(pass->pool, project, grants, len);
    if (add) {
        fg_held_add(held, &amount);
        fg_quota_add(pass->queue, pass->pool, job, grants, len);
    } else {
        fg_held_take(held, &amount);
        fg_quota_take(pass->queue, pass->pool, job, grants, len);
    }
}

static bool is_in_quota(const struct fg_pass *pass,
                        const struct fg_job *job,
                        const struct fg_grant *grants,
                        uint32_t len)
{
    return fg_quota_allows_grants(pass->queue, pass->pool, job, grants, len, NULL) == 0;
}

/* Behind its grants is room for tasks_max of them. */
static void fill_one(struct fg_schedule *schedule,
                     struct fg_pass *pass,
                     struct fg_decision *decision,
                     const struct fg_job *job)
{
    struct fg_grant *grants = &schedule->grants[decision->grants_at];
    bool beside = fg_schedule_needs_shadow(schedule, pass, job);
    struct fg_pool *also = beside ? schedule->beside : NULL;
    size_t any_of_len;
    const struct fg_request *any_of = fg_queue_class_at(pass->queue, job->request, &any_of_len);
    struct fg_need need = fg_pool_need(pass->pool, &any_of[decision->alternative]);
    struct fg_spot_verdict verdict;
    fg_spot_judge(schedule, pass->pool, pass->queue, job, pass->now_us, &verdict);
    need.spot = (uint8_t)verdict.rule;
    if (!any_of[decision->alternative].may_split)
        need.not_suppliers = ~(1U << fg_pool_node(pass->pool, grants->node)->terms.supplier);
    if (grants->devices) /* all of one kind */
        need.kinds = 1ULL << fg_pool_node(pass->pool, grants->node)
                                 ->kind[__builtin_ctz(grants->devices)];
    uint32_t len = (uint32_t)decision->grants_len, first = len;
    count(pass, job, grants, first, false);
    while (len < fg_job_tasks_max(job)
           && fg_placer_choose_beside(schedule->placer, also, &need, grants[len - 1].node,
                                      &grants[len])
           && is_in_quota(pass, job, grants, len + 1)) {
        int rc = fg_pool_claim(pass->pool, &grants[len], NULL);
        if (rc == 0 && also)
            rc = fg_pool_claim(also, &grants[len], NULL);
        assert(rc == 0);
        (void)rc;
        len++;
    }
    count(pass, job, grants, len, true);
    if (len == first)
        return;
    decision->grants_len = len;
    schedule->forecast.is_valid = false; /* made for its least size */
    fg_schedule_note_start(schedule, pass, job, decision);
}

void fg_elastic_fill(struct fg_schedule *schedule, struct fg_pass *pass)
{
    bool unforeseeable = schedule->reservation.job && schedule->reservation.at_us == INT64_MAX;
    for (size_t i = 0; i < schedule->decisions_len && !unforeseeable; i++) {
        struct fg_decision *decision = &schedule->decisions[i];
        if (decision->kind != FG_DECIDE_START)
            continue;
        const struct fg_job *job = fg_queue_get(pass->queue, decision->job);
        bool may_not_borrow =
            !job->preemptible && fg_quota_borrows_back(pass->queue, job->project);
        bool is_reserved =
            fg_reserved_has_grant(&schedule->reserved, &schedule->grants[decision->grants_at]);
        if (decision->grants_len < fg_job_tasks_max(job) && !may_not_borrow && !is_reserved)
            fill_one(schedule, pass, decision, job);
    }
}

/* -- smaller ---------------------------------------------------------------------------------------------- */

static bool may_change(const struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct runner *runner,
                       const struct fg_job *job)
{
    int64_t hold_us = schedule->config->elastic_hold_s * 1000000;
    return runner->job && runner->preemptible && !runner->stopping && job && job->preemptible
           && job->state == FG_JOB_RUNNING && pass->now_us - job->started_us >= hold_us;
}

static bool may_let_go(const struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct runner *runner,
                       const struct fg_job *head)
{
    if (runner->grants_len < 2 || !runner->preemptible)
        return false; /* most are: no need to look the job up */
    const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
    return may_change(schedule, pass, runner, job) && runner->grants_len > job->tasks
           && !fg_schedule_is_guaranteed(pass, runner, job, head);
}

static bool place_head(struct fg_schedule *schedule, const struct fg_gang *gang)
{
    schedule->head_grants = fg_schedule_room(schedule->head_grants, gang->tasks,
                                             &schedule->head_room, sizeof(struct fg_grant));
    return fg_gang_place(schedule->what_if, NULL, NULL, gang, schedule->head_grants) >= 0;
}

/* The gang, in a pool where nobody else claims; false: no room. */
static bool place_in(struct fg_pool *pool, const struct fg_gang *gang)
{
    struct fg_grant *grants = calloc(gang->tasks, sizeof(*grants));
    if (!grants)
        abort();
    bool placed = fg_gang_place(pool, NULL, NULL, gang, grants) >= 0;
    free(grants);
    return placed;
}

/* A job above its least size, and what its stop would cost. */
struct shrinkable {
    const struct runner *runner;
    const struct fg_job *job;
    int64_t cost_us;
};

static int cheapest_first(const void *a, const void *b)
{
    const struct shrinkable *x = a, *y = b;
    if (x->cost_us != y->cost_us)
        return x->cost_us < y->cost_us ? -1 : 1;
    return x->runner->job > y->runner->job ? -1 : 1;
}

static size_t list_shrinkable(const struct fg_schedule *schedule,
                              const struct fg_pass *pass,
                              const struct fg_job *head,
                              struct shrinkable *out)
{
    size_t len = 0;
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        if (!may_let_go(schedule, pass, runner, head)
            || fg_reserved_has(&schedule->reserved, runner))
            continue;
        const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
        if (fg_schedule_ends_anyway(schedule, pass, runner, job))
            continue;
        const struct fg_grant *grants = fg_runner_grants(runner);
        out[len++] = (struct shrinkable){
            runner, job,
            fg_stop_cost_us(schedule->config, job, grants, runner->grants_len, pass->now_us)};
    }
    qsort(out, len, sizeof(*out), cheapest_first);
    return len;
}

/* Who is stopping has let go; then the cheapest do, until the head has room.  Returns how many went, or 0. */
static size_t let_go(struct fg_schedule *schedule,
                     const struct fg_gang *gang,
                     const struct shrinkable *from,
                     size_t len)
{
    struct fg_gang_room room = fg_gang_room(schedule->what_if, gang);
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        if (!runner->job || !runner->stopping || fg_reserved_has(&schedule->reserved, runner))
            continue;
        for (size_t k = 0; k < runner->grants_len; k++)
            fg_gang_release(schedule->what_if, gang, &fg_runner_grants(runner)[k], &room);
    }
    size_t gone = 0;
    while (gone < len && !fg_gang_has_room(gang, &room)) {
        const struct runner *runner = from[gone++].runner;
        for (size_t k = 0; k < runner->grants_len; k++)
            fg_gang_release(schedule->what_if, gang, &fg_runner_grants(runner)[k], &room);
    }
    return fg_gang_has_room(gang, &room) ? gone : 0;
}

/* Would the head, and then all that let go, find their places? */
static bool all_fit(struct fg_schedule *schedule,
                    const struct fg_pass *pass,
                    const struct fg_gang *head,
                    const struct shrinkable *gone,
                    size_t len)
{
    if (!place_head(schedule, head))
        return false;
    for (size_t i = 0; i < len; i++) {
        struct fg_gang gang = fg_gang_of(schedule->what_if, pass->queue, gone[i].job);
        for (size_t k = 0; k < gang.needs_len; k++)
            gang.allowed[k] = true; /* it holds its quota now */
        if (!place_in(schedule->what_if, &gang))
            return false;
    }
    return true;
}

/* All that stop lose no more than the head gains: they have done it no wrong.  `out_at_us`: when the last has let go. */
static bool is_worth_it(struct fg_schedule *schedule,
                        struct fg_pass *pass,
                        const struct fg_gang *gang,
                        const struct shrinkable *gone,
                        size_t len,
                        int64_t *out_at_us)
{
    __int128 cost = 0;
    int64_t at_us = pass->now_us + 1;
    for (size_t i = 0; i < len; i++) {
        int64_t gone_us = pass->now_us + fg_stop_grace_us(schedule->config, gone[i].job);
        at_us = gone_us > at_us ? gone_us : at_us;
        cost += gone[i].cost_us;
    }
    *out_at_us = at_us;
    return cost <= fg_schedule_gain_us(schedule, pass, gang, schedule->head_grants, at_us);
}

bool fg_elastic_shrink(struct fg_schedule *schedule,
                       struct fg_pass *pass,
                       const struct fg_job *head,
                       const struct fg_gang *gang)
{
    size_t candidates = 0;
    for (size_t i = 0; schedule->runners.elastic > 0 && i < schedule->runners.len; i++)
        candidates += may_let_go(schedule, pass, &schedule->runners.slots[i], head);
    if (candidates == 0)
        return false;
    struct shrinkable *gone = calloc(candidates, sizeof(*gone));
    if (!gone)
        abort();
    fg_schedule_what_if(schedule, pass->pool);
    size_t len = let_go(schedule, gang, gone, list_shrinkable(schedule, pass, head, gone));
    int64_t at_us = INT64_MAX;
    bool done = len > 0 && all_fit(schedule, pass, gang, gone, len)
                && is_worth_it(schedule, pass, gang, gone, len, &at_us);
    for (size_t i = 0; done && i < len; i++)
        *fg_schedule_decide(schedule) = (struct fg_decision){
            .kind = FG_DECIDE_PREEMPT, .job = gone[i].job->id, .for_job = head->id};
    if (done)
        schedule->reservation.at_us = at_us;
    free(gone);
    return done;
}

/* -- larger ------------------------------------------------------------------------------------------------- */

/* Less more is not worth a stop. */
static uint32_t least_worth(const struct runner *runner)
{
    return (uint32_t)((runner->grants_len * 3 + 1) / 2);
}

/* Tasks that fit beside those it has, of the alternative that its devices are of; 0 where the quota has no room for
 * what would be worth it. */
static uint64_t more_of(const struct fg_pass *pass,
                        const struct fg_job *job,
                        const struct runner *runner)
{
    struct fg_job larger = *job;
    larger.tasks = least_worth(runner);
    count(pass, job, fg_runner_grants(runner), runner->grants_len, false);
    struct fg_gang gang = fg_gang_of(pass->pool, pass->queue, &larger);
    count(pass, job, fg_runner_grants(runner), runner->grants_len, true);
    gang.tasks = fg_job_tasks_max(job);
    const struct fg_grant *grant = fg_runner_grants(runner);
    struct fg_gang_room room = fg_gang_room(pass->pool, &gang);
    uint8_t supplier = fg_pool_node(pass->pool, grant->node)->terms.supplier;
    for (size_t i = 0; i < gang.ways_len; i++) {
        struct fg_need need;
        if (fg_gang_need(&gang, i, &need) && need.cpu_milli == grant->cpu_milli
            && need.mem_mib == grant->mem_mib
            && need.count == (uint32_t)__builtin_popcount(grant->devices)
            && !(need.not_suppliers >> supplier & 1))
            return room.tasks[i];
    }
    return 0;
}

void fg_elastic_grow(struct fg_schedule *schedule, struct fg_pass *pass)
{
    for (size_t i = 0; schedule->runners.growable && i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        const struct fg_job *job =
            runner->growable ? fg_queue_get(pass->queue, runner->job) : NULL;
        if (!may_change(schedule, pass, runner, job) || job->reservation
            || fg_reserved_has(&schedule->reserved, runner))
            continue;
        uint64_t could = runner->grants_len + more_of(pass, job, runner);
        if (could > fg_job_tasks_max(job))
            could = fg_job_tasks_max(job);
        if (could < least_worth(runner))
            continue;
        *fg_schedule_decide(schedule) =
            (struct fg_decision){.kind = FG_DECIDE_PREEMPT, .job = job->id, .for_job = job->id};
        return;
    }
}
