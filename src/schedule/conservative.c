/* conservative.c - see conservative.h */
#include "schedule/kinds.h"
#include "schedule/schedule_inner.h"
#include "schedule/stop.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct plan {
    struct fg_schedule *schedule;
    struct fg_pass *pass;
    struct planner *planner;
    uint32_t rank; /* of the job whose turn it is, from 1 */
    size_t kept;   /* promises of jobs whose turn has come */
    int64_t starts_left;
    bool all_gained; /* any node may have more than when promises were last looked at */
};

#define RESERVED UINT64_MAX /* stands for a job in the profile */
#define FOR_EVER                                                                               \
    (INT64_MAX / 4) /* so far from the end of numbers that durations can be added */

/* -- promises --------------------------------------------------------------------------------------------- */

void fg_planner_fini(struct planner *planner)
{
    for (size_t i = 0; i < planner->len; i++)
        free(planner->promises[i].grants);
    free(planner->promises);
    free(planner->grants);
    fg_map_free(planner->by_job);
    fg_profile_free(planner->profile);
}

static struct promise *promise_of(const struct planner *planner, fg_job_id job)
{
    uint32_t at;
    return planner->by_job && fg_map_get(planner->by_job, job, &at) ? &planner->promises[at]
                                                                    : NULL;
}

int64_t fg_planner_promised_us(const struct planner *planner, fg_job_id job)
{
    const struct promise *promise = promise_of(planner, job);
    return promise ? promise->at_us : INT64_MAX;
}

void fg_planner_gained(struct planner *planner, fg_node_id node)
{
    if (planner->gained_all
        || (planner->gained_len && planner->gained[planner->gained_len - 1] == node))
        return;
    if (planner->gained_len == FG_GAINED_MAX)
        planner->gained_all = true;
    else
        planner->gained[planner->gained_len++] = node;
}

static void take_out(struct planner *planner, const struct promise *promise)
{
    for (uint32_t i = 0; i < promise->tasks; i++)
        fg_profile_del(planner->profile, promise->job, &promise->grants[i]);
}

static void put_in(struct plan *plan, const struct promise *promise, int64_t lasts_us)
{
    for (uint32_t i = 0; i < promise->tasks; i++)
        fg_profile_add(plan->planner->profile, promise->job, promise->rank, &promise->grants[i],
                       promise->at_us, promise->at_us + lasts_us);
}

static void drop(struct planner *planner, struct promise *promise)
{
    take_out(planner, promise);
    for (uint32_t i = 0; i < promise->tasks; i++)
        fg_planner_gained(planner, promise->grants[i].node);
    free(promise->grants);
    fg_map_del(planner->by_job, promise->job);
    struct promise *last = &planner->promises[--planner->len];
    if (promise == last)
        return;
    *promise = *last;
    fg_map_put(planner->by_job, promise->job, (uint32_t)(promise - planner->promises));
}

/* The grants are those that the search left in planner->grants. */
static void promise_new(struct plan *plan, const struct fg_job *job, int64_t at_us)
{
    struct planner *planner = plan->planner;
    planner->promises = fg_schedule_room(planner->promises, planner->len + 1, &planner->room,
                                         sizeof(planner->promises[0]));
    struct promise *promise = &planner->promises[planner->len];
    size_t size = job->tasks * sizeof(planner->grants[0]);
    *promise = (struct promise){.job = job->id,
                                .at_us = at_us,
                                .request = job->request,
                                .rank = plan->rank,
                                .tasks = job->tasks,
                                .grants = malloc(size)};
    if (!promise->grants)
        abort();
    memcpy(promise->grants, planner->grants, size);
    fg_map_put(planner->by_job, job->id, (uint32_t)planner->len++);
    put_in(plan, promise, fg_schedule_duration(plan->schedule, job));
    plan->kept++;
}

/* -- the profile of this pass -------------------------------------------------------------------------------- */

static bool waits_still(const struct plan *plan, const struct promise *promise)
{
    const struct fg_job *job = fg_queue_get(plan->pass->queue, promise->job);
    return job && !fg_runners_get(&plan->schedule->runners, promise->job)
           && job->state == FG_JOB_QUEUED && !job->waits_for && !job->cancel_asked
           && job->tasks == promise->tasks && job->request == promise->request;
}

/* What is reserved in advance: nothing is promised of it. */
static void add_reserved(struct plan *plan)
{
    const struct reserved *reserved = &plan->schedule->reserved;
    for (size_t i = 0; i < reserved->regions_len; i++) {
        struct fg_grant all = fg_reserved_all_of(&reserved->regions[i]);
        fg_profile_add(plan->planner->profile, RESERVED, 0, &all, INT64_MIN, FOR_EVER);
    }
}

static void build(struct plan *plan)
{
    struct planner *planner = plan->planner;
    const struct runners *runners = &plan->schedule->runners;
    int64_t now_us = plan->pass->now_us;
    if (!planner->profile) {
        planner->profile = fg_profile_new();
        planner->by_job = fg_map_new(64);
    }
    fg_profile_clear(planner->profile, plan->pass->pool);
    plan->all_gained =
        planner->gained_all || planner->generation != fg_pool_generation(plan->pass->pool);
    planner->generation = fg_pool_generation(plan->pass->pool);
    planner->gained_all = false;
    if (plan->all_gained)
        planner->gained_len = 0;
    planner->gained_seen = planner->gained_len;
    for (size_t i = 0; i < runners->len; i++) {
        const struct runner *runner = &runners->slots[i];
        int64_t to_us = runner->end_us > now_us ? runner->end_us : now_us + 1;
        for (uint32_t task = 0; runner->job && task < runner->grants_len; task++)
            if (!fg_reserved_has_grant(&plan->schedule->reserved,
                                       &fg_runner_grants(runner)[task]))
                fg_profile_add(planner->profile, runner->job, 0,
                               &fg_runner_grants(runner)[task], INT64_MIN, to_us);
    }
    add_reserved(plan);
    for (size_t i = planner->len; i-- > 0;)
        if (!waits_still(plan, &planner->promises[i]))
            drop(planner, &planner->promises[i]);
    for (size_t i = 0; i < planner->len; i++) {
        struct promise *promise = &planner->promises[i];
        const struct fg_job *job = fg_queue_get(plan->pass->queue, promise->job);
        promise->rank = FG_RANK_LATER;
        if (promise->at_us < now_us)
            promise->at_us = now_us;
        put_in(plan, promise, fg_schedule_duration(plan->schedule, job));
    }
}

/* Are its devices free for it, as far as those before it are concerned? */
static bool is_kept(const struct plan *plan, const struct promise *promise, int64_t lasts_us)
{
    const struct fg_profile_pick before = {.rank_max = FG_RANK_LATER - 1};
    struct fg_pool_node view = {};
    fg_node_id last = 0;
    for (uint32_t i = 0; i < promise->tasks; i++) {
        const struct fg_grant *grant = &promise->grants[i];
        if (grant->node > fg_pool_len(plan->pass->pool)
            || !fg_pool_is_open(plan->pass->pool, grant->node))
            return false;
        /* Grants of one node stand together. */
        if (grant->node != last)
            fg_profile_view(plan->planner->profile, grant->node, promise->at_us,
                            promise->at_us + lasts_us, before, &view);
        last = grant->node;
        if (!fg_profile_take(&view, grant))
            return false;
    }
    return true;
}

/* -- one job ----------------------------------------------------------------------------------------------------- */

/* What nodes have less now, for so long, because of promises, taken from a copy of the pool. */
static void claim_promised(struct plan *plan, fg_job_id except, int64_t lasts_us)
{
    struct fg_schedule *schedule = plan->schedule;
    int64_t now_us = plan->pass->now_us, to_us = now_us + lasts_us;
    fg_schedule_what_if(schedule, plan->pass->pool);
    for (fg_node_id id = 1; id <= fg_pool_len(plan->pass->pool); id++) {
        const struct fg_pool_node *node = fg_pool_node(plan->pass->pool, id);
        struct fg_pool_node view;
        if (node->state != FG_NODE_UP)
            continue;
        fg_profile_view(plan->planner->profile, id, now_us, to_us,
                        (struct fg_profile_pick){FG_RANK_LATER, except}, &view);
        struct fg_grant less = {.node = id};
        if (view.cpu_milli_left < node->cpu_milli_left)
            less.cpu_milli = node->cpu_milli_left - view.cpu_milli_left;
        if (view.mem_mib_left < node->mem_mib_left)
            less.mem_mib = node->mem_mib_left - view.mem_mib_left;
        int rc = fg_pool_claim(schedule->what_if, &less, NULL);
        for (uint32_t i = 0; i < node->devices_len && rc == 0; i++)
            if (view.left_milli[i] < node->left_milli[i])
                rc = fg_pool_claim(
                    schedule->what_if,
                    &(struct fg_grant){
                        .node = id,
                        .devices = 1U << i,
                        .gpu_milli = (uint32_t)(node->left_milli[i] - view.left_milli[i])},
                    NULL);
        assert(rc == 0);
    }
}

/* It fits now, and delays no promise: the placer says where. */
static bool start_now(struct plan *plan, const struct fg_job *job, const struct fg_gang *gang)
{
    struct fg_schedule *schedule = plan->schedule;
    int64_t lasts_us = fg_schedule_duration(schedule, job);
    struct fg_pool *beside = NULL;
    if (plan->planner->len > 0) {
        claim_promised(plan, job->id, lasts_us);
        beside = schedule->what_if;
    }
    struct fg_grant *grants = fg_schedule_grants_room(schedule, fg_job_tasks_max(job));
    int alternative = fg_gang_place(plan->pass->pool, beside, schedule->placer, gang, grants);
    if (alternative < 0)
        return false;
    struct promise *promise = promise_of(plan->planner, job->id);
    if (promise)
        drop(plan->planner, promise);
    int64_t now_us = plan->pass->now_us;
    for (uint32_t i = 0; i < job->tasks; i++)
        fg_profile_add(plan->planner->profile, job->id, 0, &grants[i], INT64_MIN,
                       now_us + lasts_us);
    fg_schedule_start(schedule, plan->pass, job, (uint32_t)alternative, job->tasks, false);
    return true;
}

static struct fg_profile_ask ask_for(const struct plan *plan,
                                     const struct fg_job *job,
                                     const struct fg_gang *gang,
                                     uint32_t rank_max,
                                     int64_t before_us)
{
    return (struct fg_profile_ask){.gang = gang,
                                   .from_now = true,
                                   .now_us = plan->pass->now_us,
                                   .lasts_us = fg_schedule_duration(plan->schedule, job),
                                   .before_us = before_us < FOR_EVER ? before_us : FOR_EVER,
                                   .pick = {rank_max, job->id}};
}

/* The grants are left in planner->grants. */
static int64_t search(struct planner *planner, const struct fg_profile_ask *ask)
{
    int alternative;
    planner->grants = fg_schedule_room(planner->grants, ask->gang->tasks, &planner->grants_room,
                                       sizeof(planner->grants[0]));
    return fg_profile_soonest(planner->profile, ask, &alternative, planner->grants);
}

/* Who is pushed aside is gone soon. */
static void cut_short(struct plan *plan, const struct runner *runner)
{
    const struct fg_job *job = fg_queue_get(plan->pass->queue, runner->job);
    int64_t gone_us = plan->pass->now_us + fg_stop_grace_us(plan->schedule->config, job);
    for (uint32_t task = 0; task < runner->grants_len; task++)
        fg_profile_del(plan->planner->profile, runner->job, &fg_runner_grants(runner)[task]);
    for (uint32_t task = 0; task < runner->grants_len; task++)
        fg_profile_add(plan->planner->profile, runner->job, 0, &fg_runner_grants(runner)[task],
                       INT64_MIN, gone_us);
}

static int compare_nodes(const void *a, const void *b)
{
    const struct fg_grant *x = a, *y = b;
    return x->node < y->node ? -1 : x->node > y->node;
}

static void move_promise(struct plan *plan,
                         struct promise *promise,
                         int64_t at_us,
                         const struct fg_grant *grants)
{
    const struct fg_job *job = fg_queue_get(plan->pass->queue, promise->job);
    take_out(plan->planner, promise);
    for (uint32_t i = 0; i < promise->tasks; i++)
        fg_planner_gained(plan->planner, promise->grants[i].node);
    memcpy(promise->grants, grants, promise->tasks * sizeof(*grants));
    qsort(promise->grants, promise->tasks, sizeof(*grants), compare_nodes);
    promise->at_us = at_us;
    promise->rank = plan->rank;
    put_in(plan, promise, fg_schedule_duration(plan->schedule, job));
}

/* The first that has to wait may push aside others, and then has its promise where they are now. */
static void note_head(struct plan *plan,
                      const struct fg_job *job,
                      const struct fg_gang *gang,
                      struct promise *promise)
{
    struct fg_schedule *schedule = plan->schedule;
    if (schedule->reservation.job)
        return;
    schedule->reservation = (struct fg_reservation){job->id, promise->at_us};
    if (!fg_schedule_preempt(schedule, plan->pass, job, gang))
        return;
    for (size_t i = 0; i < schedule->decisions_len; i++)
        if (schedule->decisions[i].kind == FG_DECIDE_PREEMPT)
            cut_short(plan, fg_runners_get(&schedule->runners, schedule->decisions[i].job));
    move_promise(plan, promise, schedule->reservation.at_us, schedule->head_grants);
}

/* Could its promise be sooner?  Only with a node that gained: of the others it was the soonest.  The grants are left in
 * planner->grants. */
static int64_t sooner(struct plan *plan,
                      const struct fg_job *job,
                      const struct fg_gang *gang,
                      const struct promise *promise)
{
    struct planner *planner = plan->planner;
    struct fg_profile_ask ask = ask_for(plan, job, gang, FG_RANK_LATER, promise->at_us);
    if (plan->all_gained || planner->gained_all)
        return search(planner, &ask);
    struct fg_grant grant, best = {};
    int64_t best_us = INT64_MAX;
    for (size_t i = 0; i < planner->gained_len; i++) {
        int64_t at_us =
            fg_profile_soonest_on(planner->profile, &ask, planner->gained[i], &grant);
        if (at_us == INT64_MAX)
            continue;
        best = grant;
        best_us = ask.before_us = at_us;
    }
    if (best_us == INT64_MAX)
        return best_us;
    ask.now_us = best_us;
    ask.from_now = best_us == plan->pass->now_us;
    ask.before_us = promise->at_us;
    if (job->tasks > 1)
        return search(planner, &ask);
    planner->grants =
        fg_schedule_room(planner->grants, 1, &planner->grants_room, sizeof(planner->grants[0]));
    planner->grants[0] = best;
    return best_us;
}

/* It has a promise that stands: is there a sooner moment, with all other promises in place? */
static void look_for_sooner(struct plan *plan,
                            const struct fg_job *job,
                            const struct fg_gang *gang,
                            struct promise *promise)
{
    int64_t now_us = plan->pass->now_us, was_us = promise->at_us;
    int64_t at_us = was_us > now_us ? sooner(plan, job, gang, promise) : INT64_MAX;
    if ((was_us <= now_us || at_us <= now_us) && start_now(plan, job, gang))
        return;
    if (at_us < was_us && at_us > now_us) {
        move_promise(plan, promise, at_us, plan->planner->grants);
    } else {
        promise->rank = plan->rank;
        for (uint32_t i = 0; i < promise->tasks; i++)
            fg_profile_rank(plan->planner->profile, job->id, &promise->grants[i], plan->rank);
    }
    plan->kept++;
    note_head(plan, job, gang, promise);
}

/* It has no promise. */
static void plan_anew(struct plan *plan, const struct fg_job *job, const struct fg_gang *gang)
{
    int64_t now_us = plan->pass->now_us;
    struct fg_profile_ask ask = ask_for(plan, job, gang, FG_RANK_LATER - 1, INT64_MAX);
    int64_t at_us = search(plan->planner, &ask);
    if (at_us == INT64_MAX)
        return;
    if (at_us <= now_us) {
        /* Promises that this breaks are planned anew in their turn; now they must not stand in the way. */
        for (size_t i = plan->planner->len; i-- > 0;) {
            struct promise *promise = &plan->planner->promises[i];
            if (promise->rank == FG_RANK_LATER)
                take_out(plan->planner, promise);
        }
        bool started = start_now(plan, job, gang);
        for (size_t i = 0; i < plan->planner->len; i++) {
            const struct promise *promise = &plan->planner->promises[i];
            if (promise->rank == FG_RANK_LATER)
                put_in(plan, promise,
                       fg_schedule_duration(plan->schedule,
                                            fg_queue_get(plan->pass->queue, promise->job)));
        }
        if (started)
            return;
    }
    promise_new(plan, job, at_us > now_us ? at_us : now_us + 1);
    note_head(plan, job, gang, promise_of(plan->planner, job->id));
}

/* Is there room for it, whatever is promised? */
static bool has_room(struct plan *plan, const struct fg_job *job, const struct fg_gang *gang)
{
    const struct fg_queue_lane shape = {.request = job->request, .tasks = job->tasks};
    if (fg_misfit_is_known(plan->schedule, plan->pass, &shape, false))
        return false;
    struct fg_gang_room room = fg_gang_room(plan->pass->pool, gang);
    if (fg_gang_has_room(gang, &room))
        return true;
    if (!gang->is_limited)
        fg_misfit_note(plan->schedule, plan->pass, job, gang, false);
    return false;
}

/* Behind the depth: now, or in a later pass. */
static void try_now(struct plan *plan, const struct fg_job *job, const struct fg_gang *gang)
{
    if (!has_room(plan, job, gang))
        return;
    int64_t now_us = plan->pass->now_us;
    struct fg_profile_ask ask = ask_for(plan, job, gang, FG_RANK_LATER, now_us + 1);
    if (search(plan->planner, &ask) <= now_us && start_now(plan, job, gang))
        plan->starts_left--;
    else if (!gang->is_limited)
        fg_misfit_note_plan(plan->schedule, job, fg_schedule_duration(plan->schedule, job));
}

static bool has_depth_left(const struct plan *plan)
{
    return plan->kept < (size_t)plan->schedule->config->backfill_promises;
}

static void look_at(struct plan *plan, const struct fg_job *job)
{
    struct fg_gang gang = fg_schedule_gang(plan->schedule, plan->pass, plan->pass->pool, job);
    struct promise *promise = promise_of(plan->planner, job->id);
    if (plan->schedule->kinds)
        fg_kinds_order(plan->schedule->kinds, plan->pass->queue, job, &gang);
    plan->rank++;
    if (promise
        && (!gang.is_possible
            || !is_kept(plan, promise, fg_schedule_duration(plan->schedule, job)))) {
        drop(plan->planner, promise);
        promise = NULL;
    }
    if (!gang.is_possible) {
        if (!gang.may_not_borrow)
            fg_misfit_note_quota(
                plan->schedule,
                &(struct fg_queue_lane){.project = job->project,
                                        .request = job->request,
                                        .tasks = job->tasks,
                                        .user = fg_queue_lane_user(plan->pass->queue, job)});
        return;
    }
    if (!fg_misfit_fits_empty(plan->schedule, plan->pass, job, &gang))
        return;
    if (fg_reserved_lend(plan->schedule, plan->pass, job, &gang, job->preemptible)) {
        if (promise)
            drop(plan->planner, promise);
        return;
    }
    if (promise)
        look_for_sooner(plan, job, &gang, promise);
    else if (has_depth_left(plan))
        plan_anew(plan, job, &gang);
    else
        try_now(plan, job, &gang);
}

/* -- the walk ------------------------------------------------------------------------------------------------------ */

static int64_t longest_planned(const void *self, const struct fg_queue_lane *lane)
{
    const struct plan *plan = self;
    return fg_misfit_is_hopeless(plan->schedule, lane)
                   || fg_misfit_is_over_quota(plan->schedule, lane)
                   || fg_queue_class_reservation(plan->pass->queue, lane->request)
               ? -1
               : INT64_MAX;
}

static int64_t longest_fitting(const struct plan *plan, const struct fg_queue_lane *lane)
{
    if (fg_misfit_is_known(plan->schedule, plan->pass, lane, false))
        return -1;
    int64_t longest_us = fg_misfit_longest_us(plan->schedule, lane);
    return fg_schedule_longest_us(plan->schedule, lane, longest_us);
}

/* Behind the depth; who has a promise from better days finds it again in the next pass. */
static int64_t longest_unplanned(const void *self, const struct fg_queue_lane *lane)
{
    const struct plan *plan = self;
    if (longest_planned(self, lane) < 0)
        return -1;
    int64_t fitting_us = longest_fitting(plan, lane);
    int64_t lent_us = fg_reserved_longest_us(plan->schedule, plan->pass, lane);
    return fitting_us > lent_us ? fitting_us : lent_us;
}

/* Their turn did not come; what they were promised may be gone, or due. */
static void check_the_rest(struct plan *plan)
{
    for (size_t i = plan->planner->len; i-- > 0;) {
        struct promise *promise = &plan->planner->promises[i];
        const struct fg_job *job = fg_queue_get(plan->pass->queue, promise->job);
        if (promise->rank != FG_RANK_LATER)
            continue;
        struct fg_gang gang =
            fg_schedule_gang(plan->schedule, plan->pass, plan->pass->pool, job);
        if (!gang.is_possible
            || !is_kept(plan, promise, fg_schedule_duration(plan->schedule, job))) {
            drop(plan->planner, promise);
            continue;
        }
        if (promise->at_us <= plan->pass->now_us && start_now(plan, job, &gang))
            continue;
        promise->rank = ++plan->rank;
        for (uint32_t task = 0; task < promise->tasks; task++)
            fg_profile_rank(plan->planner->profile, job->id, &promise->grants[task],
                            promise->rank);
    }
}

/* What all have looked at is forgotten; what this pass set free is for the next one. */
static void forget_gains(struct planner *planner)
{
    if (planner->gained_all)
        planner->gained_len = planner->gained_seen = 0;
    planner->gained_len -= planner->gained_seen;
    memmove(planner->gained, &planner->gained[planner->gained_seen],
            planner->gained_len * sizeof(planner->gained[0]));
}

void fg_schedule_walk_conservative(struct fg_schedule *schedule, struct fg_pass *pass)
{
    struct plan plan = {.schedule = schedule,
                        .pass = pass,
                        .planner = &schedule->planner,
                        .starts_left = schedule->config->backfill_depth};
    const struct fg_job *job;
    bool had_depth = true;
    build(&plan);
    fg_queue_walk(pass->queue);
    fg_queue_filter(pass->queue, longest_planned, &plan);
    while (plan.starts_left > 0 && (job = fg_queue_next(pass->queue))) {
        schedule->looked++;
        if (fg_runners_get(&schedule->runners, job->id))
            continue; /* this pass started it before the walk */
        look_at(&plan, job);
        if (had_depth && !has_depth_left(&plan))
            fg_queue_filter(pass->queue, longest_unplanned, &plan);
        had_depth = has_depth_left(&plan);
    }
    check_the_rest(&plan);
    forget_gains(&schedule->planner);
}
