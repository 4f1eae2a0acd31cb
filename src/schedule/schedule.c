/* schedule.c - one pass; see schedule.h
 *
 * What keeps a pass over 100,000 waiting jobs short: jobs of one request class are alike, so once a class (with
 * so many tasks) did not fit, no other job of it is looked at until something is given back that it could take
 * (misfit.h); and the queue leaves out whole lanes of such jobs.
 */
#include "schedule/elastic.h"
#include "schedule/expect.h"
#include "schedule/kinds.h"
#include "schedule/quota.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HAZARDS_US 3'600'000'000LL /* how often nodes are looked at again for what they lose */

struct fg_schedule *fg_schedule_new(const struct fg_config *config)
{
    struct fg_schedule *schedule = calloc(1, sizeof(*schedule));
    if (!schedule)
        return NULL;
    schedule->config = config;
    schedule->place = fg_place_policy_default();
    schedule->expect = fg_expect_new();
    fg_runners_init(&schedule->runners);
    return schedule;
}

void fg_schedule_place(struct fg_schedule *schedule,
                       const struct fg_place_policy *policy,
                       uint64_t seed)
{
    fg_placer_free(schedule->placer);
    schedule->placer = NULL;
    schedule->place = policy;
    schedule->place_seed = seed;
}

int fg_schedule_allocate(struct fg_schedule *schedule, const char *policy)
{
    fg_kinds_free(schedule->kinds);
    schedule->kinds = NULL;
    if (!policy || strcmp(policy, "off") == 0)
        return 0;
    int found = fg_allocate_policy_find(policy);
    if (found < 0)
        return FG_EINVAL;
    schedule->kinds =
        fg_kinds_new(schedule->config, (enum fg_allocate_policy)found, schedule->rates);
    return schedule->kinds ? 0 : FG_ENOMEM;
}

bool fg_schedule_owed(const struct fg_schedule *schedule,
                      const struct fg_queue *queue,
                      const struct fg_job *job,
                      size_t alternative,
                      struct fg_owed *out)
{
    return schedule->kinds && fg_kinds_owed(schedule->kinds, queue, job, alternative, out);
}

void fg_schedule_rates(struct fg_schedule *schedule, const struct fg_rates *rates)
{
    schedule->rates = rates;
    fg_expect_rates(schedule->expect, rates);
}

void fg_schedule_optimise(struct fg_schedule *schedule, bool optimise)
{
    schedule->optimises = optimise;
}

struct fg_arranged fg_schedule_arranged(const struct fg_schedule *schedule)
{
    return schedule->arranged;
}

static const char *const backfill_names[] = {"easy", "conservative", "off"};

int fg_backfill_find(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(backfill_names[i], name) == 0)
            return i;
    return -1;
}

const char *fg_backfill_name(enum fg_backfill backfill)
{
    return backfill_names[backfill];
}

void fg_schedule_set_backfill(struct fg_schedule *schedule, enum fg_backfill backfill)
{
    schedule->backfill = backfill;
}

int64_t fg_schedule_promised_us(const struct fg_schedule *schedule, fg_job_id job)
{
    if (schedule->reservation.job == job)
        return schedule->reservation.at_us;
    return fg_planner_promised_us(&schedule->planner, job);
}

void fg_schedule_rank(struct fg_schedule *schedule, const struct fg_ranking *ranking)
{
    schedule->ranking = ranking;
}

void fg_schedule_free(struct fg_schedule *schedule)
{
    if (!schedule)
        return;
    free(schedule->decisions);
    free(schedule->grants);
    free(schedule->misfits);
    free(schedule->hints);
    free(schedule->hint_grants);
    fg_planner_fini(&schedule->planner);
    fg_reserved_fini(&schedule->reserved);
    fg_runners_fini(&schedule->runners);
    fg_forecast_fini(&schedule->forecast);
    fg_refusal_fini(&schedule->refusal);
    fg_pool_free(schedule->what_if);
    fg_pool_free(schedule->trial);
    fg_pool_free(schedule->trial_beside);
    free(schedule->head_grants);
    fg_placer_free(schedule->placer);
    fg_kinds_free(schedule->kinds);
    fg_expect_free(schedule->expect);
    free(schedule);
}

const struct fg_grant *fg_schedule_grants(const struct fg_schedule *schedule)
{
    return schedule->grants;
}

size_t fg_schedule_looked(const struct fg_schedule *schedule)
{
    return schedule->looked;
}

bool fg_schedule_may_act(const struct fg_schedule *schedule)
{
    return schedule->runners.growable > 0 || schedule->spot_riders > 0;
}

struct fg_reservation fg_schedule_reservation(const struct fg_schedule *schedule)
{
    return schedule->reservation;
}

struct fg_amount fg_schedule_amount(const struct fg_pool *pool,
                                    const struct fg_project *project,
                                    const struct fg_grant *grants,
                                    size_t grants_len)
{
    struct fg_amount sum = {};
    for (size_t i = 0; i < grants_len; i++) {
        const struct fg_grant *grant = &grants[i];
        sum.cpu_milli += grant->cpu_milli;
        sum.mem_mib += (int64_t)grant->mem_mib;
        for (uint32_t mask = grant->devices; mask; mask &= mask - 1) {
            sum.gpu_milli += grant->gpu_milli;
            uint32_t kind = fg_pool_node(pool, grant->node)->kind[__builtin_ctz(mask)];
            int row = fg_quota_row(project, fg_pool_kind_name(pool, kind));
            if (row >= 0)
                sum.kinds[row] += grant->gpu_milli;
        }
    }
    return sum;
}

/* -- growth of the pass's own lists ------------------------------------------------------------ */

void *fg_schedule_room(void *items, size_t len, size_t *room, size_t size)
{
    if (len <= *room)
        return items;
    size_t next = len + len / 2 + 64;
    void *grown = reallocarray(items, next, size);
    if (!grown)
        abort();
    *room = next;
    return grown;
}

struct fg_decision *fg_schedule_decide(struct fg_schedule *schedule)
{
    schedule->decisions =
        fg_schedule_room(schedule->decisions, schedule->decisions_len + 1,
                         &schedule->decisions_room, sizeof(schedule->decisions[0]));
    return &schedule->decisions[schedule->decisions_len++];
}

struct fg_grant *fg_schedule_grants_room(struct fg_schedule *schedule, uint32_t tasks)
{
    schedule->grants = fg_schedule_room(schedule->grants, schedule->grants_len + tasks,
                                        &schedule->grants_room, sizeof(schedule->grants[0]));
    return &schedule->grants[schedule->grants_len];
}

/* -- one job ------------------------------------------------------------------------------------- */

bool fg_schedule_needs_shadow(const struct fg_schedule *schedule,
                              const struct fg_pass *pass,
                              const struct fg_job *job)
{
    return schedule->reservation.job
           && pass->now_us + fg_schedule_duration(schedule, job) > schedule->reservation.at_us;
}

/* What is to be known of a job that this pass started. */
static struct fg_running running_of(const struct fg_schedule *schedule,
                                    const struct fg_pass *pass,
                                    const struct fg_job *job,
                                    const struct fg_decision *start)
{
    return (struct fg_running){
        .job = job->id,
        .end_us = pass->now_us + fg_schedule_duration(schedule, job),
        .grants = &schedule->grants[start->grants_at],
        .grants_len = start->grants_len,
    };
}

void fg_schedule_note_start(struct fg_schedule *schedule,
                            const struct fg_pass *pass,
                            const struct fg_job *job,
                            const struct fg_decision *start)
{
    struct fg_running running = running_of(schedule, pass, job, start);
    fg_schedule_runs(schedule, pass->queue, &running);
}

static void note_start(struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct fg_job *job,
                       bool beside)
{
    const struct fg_decision *start = &schedule->decisions[schedule->decisions_len - 1];
    struct fg_running running = running_of(schedule, pass, job, start);
    struct runner *runner = fg_runners_add(&schedule->runners, &running, job->preemptible);
    fg_runners_size(&schedule->runners, runner, job);
    fg_refusal_began(&schedule->refusal, runner);
    if (beside && schedule->beside == schedule->forecast.pool)
        fg_forecast_started_beside(schedule);
    else
        fg_forecast_claim(schedule, runner);
}

void fg_schedule_start(struct fg_schedule *schedule,
                       struct fg_pass *pass,
                       const struct fg_job *job,
                       uint32_t alternative,
                       uint32_t tasks,
                       bool beside)
{
    const struct fg_grant *grants = &schedule->grants[schedule->grants_len];
    const struct fg_project *project = fg_queue_project(pass->queue, job->project);
    struct fg_held *held = fg_queue_held(pass->queue, job->project);
    struct fg_amount amount = fg_schedule_amount(pass->pool, project, grants, tasks);
    assert(fg_quota_allows(project, held, &amount, NULL) == 0);
    assert((!project->parent && !fg_queue_limits_users(pass->queue))
           || fg_quota_allows_grants(pass->queue, pass->pool, job, grants, tasks, NULL) == 0);
    fg_held_add(held, &amount);
    fg_quota_add(pass->queue, pass->pool, job, grants, tasks);
    *fg_schedule_decide(schedule) = (struct fg_decision){
        .kind = FG_DECIDE_START,
        .job = job->id,
        .alternative = alternative,
        .grants_at = schedule->grants_len,
        .grants_len = tasks,
    };
    schedule->grants_len += tasks > fg_job_tasks_max(job) ? tasks : fg_job_tasks_max(job);
    note_start(schedule, pass, job, beside);
    schedule->spot_riders +=
        schedule->config->spot_deadlines && fg_schedule_rides_spot(pass, job, grants, tasks);
    if (schedule->kinds)
        fg_kinds_started(schedule->kinds, pass, job, grants);
}

bool fg_schedule_try_start(struct fg_schedule *schedule,
                           struct fg_pass *pass,
                           const struct fg_job *job,
                           const struct fg_gang *gang,
                           bool beside)
{
    struct fg_grant *grants = fg_schedule_grants_room(schedule, fg_job_tasks_max(job));
    struct fg_pool *also = beside ? schedule->beside : NULL;
    int alternative = fg_gang_place(pass->pool, also, schedule->placer, gang, grants);
    if (alternative < 0)
        return false;
    fg_schedule_start(schedule, pass, job, (uint32_t)alternative, job->tasks, beside);
    return true;
}

/* -- which jobs ------------------------------------------------------------------------------------------ */

struct walk {
    struct fg_schedule *schedule;
    const struct fg_pass *pass;
};

/* Before there is a head: who could be it. */
static int64_t longest_before(const void *self, const struct fg_queue_lane *lane)
{
    const struct walk *walk = self;
    return fg_misfit_is_hopeless(walk->schedule, lane)
                   || fg_misfit_is_over_quota(walk->schedule, lane)
                   || fg_queue_class_reservation(walk->pass->queue, lane->request)
               ? -1
               : INT64_MAX;
}

/* Behind the head: who might fit on what is not reserved, and end in time. */
static int64_t longest_fitting(const struct walk *walk, const struct fg_queue_lane *lane)
{
    struct fg_schedule *schedule = walk->schedule;
    if (fg_misfit_is_known(schedule, walk->pass, lane, false))
        return -1;
    int64_t at_us = schedule->reservation.at_us;
    if (at_us == INT64_MAX || !fg_misfit_is_known(schedule, walk->pass, lane, true))
        return INT64_MAX;
    int64_t longest_us = at_us - walk->pass->now_us;
    return fg_schedule_longest_us(schedule, lane, longest_us);
}

static int64_t longest_behind(const void *self, const struct fg_queue_lane *lane)
{
    const struct walk *walk = self;
    if (longest_before(self, lane) < 0)
        return -1;
    int64_t fitting_us = longest_fitting(walk, lane);
    int64_t lent_us = fg_reserved_longest_us(walk->schedule, walk->pass, lane);
    return fitting_us > lent_us ? fitting_us : lent_us;
}

/* Start it, or learn from it. */
static bool look_at(struct fg_schedule *schedule,
                    struct fg_pass *pass,
                    const struct fg_job *job)
{
    const struct fg_queue_lane shape = {.project = job->project,
                                        .request = job->request,
                                        .tasks = job->tasks,
                                        .user = fg_queue_lane_user(pass->queue, job)};
    struct fg_gang gang = fg_schedule_gang(schedule, pass, pass->pool, job);
    bool beside = fg_schedule_needs_shadow(schedule, pass, job);
    if (schedule->kinds)
        fg_kinds_order(schedule->kinds, pass->queue, job, &gang);
    if (fg_reserved_lend(schedule, pass, job, &gang, false))
        return true;
    bool is_known = fg_misfit_is_known(schedule, pass, &shape, beside);
    if (gang.is_possible && !is_known
        && fg_schedule_try_start(schedule, pass, job, &gang, beside))
        return true;
    if (fg_reserved_lend(schedule, pass, job, &gang, true))
        return true;
    if (gang.is_limited && !gang.may_not_borrow && (!gang.is_possible || !beside))
        fg_misfit_note_quota(schedule, &shape);
    if (!gang.is_limited && !is_known)
        fg_misfit_note(schedule, pass, job, &gang, beside);
    /* The first that has to wait for devices is the head.  One that could not run even on an empty pool holds
     * up nobody, nor does one that waits for its own project. */
    if (!schedule->reservation.job && !fg_misfit_is_unforeseen(schedule, job)
        && fg_misfit_fits_empty(schedule, pass, job, &gang))
        fg_schedule_reserve(schedule, pass, job, &gang);
    return false;
}

/* By this pass, before the walk. */
static bool was_started(const struct fg_schedule *schedule, const struct fg_job *job)
{
    return fg_schedule_was_hinted(schedule, job->id)
           || fg_schedule_was_guaranteed(schedule, job->id);
}

/* Those behind the head, arranged.  Returns how many started. */
static size_t arrange(struct fg_schedule *schedule, struct fg_pass *pass, int64_t starts_left)
{
    struct batch *batch = fg_batch_new(schedule, pass, starts_left);
    const struct fg_job *job;
    size_t started = 0, at = 0;
    while (batch && !fg_batch_is_full(batch) && (job = fg_queue_next(pass->queue))) {
        schedule->looked++;
        if (!was_started(schedule, job) && !fg_batch_add(batch, job))
            started += look_at(schedule, pass, job); /* learn from it */
    }
    started += batch ? fg_batch_start(batch) : 0;
    while (batch && (job = fg_batch_waits(batch, &at)))
        started += look_at(schedule, pass, job);
    fg_batch_free(batch);
    return started;
}

static void walk_queue(struct fg_schedule *schedule, struct fg_pass *pass)
{
    const struct walk walk = {schedule, pass};
    int64_t starts_left =
        schedule->backfill == FG_BACKFILL_OFF ? 0 : schedule->config->backfill_depth;
    bool had_head = schedule->reservation.job != 0;
    const struct fg_job *job;
    fg_queue_walk(pass->queue);
    fg_queue_filter(pass->queue, had_head ? longest_behind : longest_before, &walk);
    if (had_head)
        starts_left -= (int64_t)arrange(schedule, pass, starts_left);
    while ((!schedule->reservation.job || starts_left > 0)
           && (job = fg_queue_next(pass->queue))) {
        schedule->looked++;
        if (was_started(schedule, job))
            continue;
        starts_left -= look_at(schedule, pass, job) && had_head;
        if (schedule->reservation.job && !had_head) {
            fg_queue_filter(pass->queue, longest_behind, &walk);
            starts_left -= (int64_t)arrange(schedule, pass, starts_left);
        }
        had_head = schedule->reservation.job != 0;
    }
}

/* -- the pass ------------------------------------------------------------------------------------------------ */

/* May time alone let somebody be stopped? */
static bool may_stop_somebody(const struct fg_schedule *schedule, const struct fg_pass *pass)
{
    if (schedule->runners.preemptible == 0)
        return false;
    return schedule->runners.elastic > 0 || fg_queue_has_guarantees(pass->queue)
           || schedule->steady_until_us <= pass->now_us;
}

/* All is as it was that matters, so nothing will be decided.  Time alone starts nobody: with it the head's turn only
 * comes nearer. */
static bool is_as_before(const struct fg_schedule *schedule, const struct fg_pass *pass)
{
    if (!schedule->is_settled || schedule->hints_len > 0 || schedule->spot_riders > 0
        || fg_queue_has_standing(pass->queue) || may_stop_somebody(schedule, pass)
        || !fg_reserved_is_as_before(&schedule->reserved, pass))
        return false;
    if (fg_pool_generation(pass->pool) != schedule->nodes_generation
        || fg_pool_changes(pass->pool) != schedule->forecast.expected
        || fg_queue_changes(pass->queue) != schedule->queue_changes
        || schedule->runners.changes != schedule->runner_changes)
        return false;
    if (schedule->backfill == FG_BACKFILL_CONSERVATIVE)
        return !schedule->reservation.job || schedule->reservation.at_us > pass->now_us;
    return !schedule->reservation.job || fg_forecast_stands(schedule, pass->now_us);
}

static void ready_placer(struct fg_schedule *schedule,
                         const struct fg_pool *pool,
                         const struct fg_queue *queue)
{
    if (!schedule->placer) {
        schedule->placer = fg_placer_new(pool, schedule->place, schedule->place_seed);
        schedule->pool = pool;
        const struct fg_config *config = schedule->config;
        fg_placer_weights(schedule->placer, &(struct fg_place_weights){
#define X(name, text) .name = (int32_t)config->place_##name,
                                                FG_SCORERS(X)
#undef X
                                            });
        schedule->typical = (struct fg_typical){};
    }
    assert(schedule->pool == pool);
    fg_typical_update(&schedule->typical, pool, queue, schedule->placer);
}

void fg_schedule_account(struct fg_schedule *schedule,
                         const struct fg_pool *pool,
                         const struct fg_queue *queue,
                         const struct fg_need *need,
                         fg_node_id node,
                         struct fg_place_account *out)
{
    ready_placer(schedule, pool, queue);
    fg_placer_account(schedule->placer, need, node, out);
}

/* What was learned fades while nothing is learned: who is avoided for what he did gets work again. */
static void look_at_hazards(struct fg_schedule *schedule, struct fg_pass *pass)
{
    const struct fg_rates *rates = schedule->rates;
    if (!rates || !rates->excess || pass->now_us - schedule->hazards_us < HAZARDS_US)
        return;
    schedule->hazards_us = pass->now_us;
    fg_expect_look_again(schedule->expect);
    for (fg_node_id id = 1; id <= fg_pool_len(pass->pool); id++)
        fg_pool_set_hazard(pass->pool, id,
                           rates->excess(rates->self, fg_pool_spec(pass->pool, id)));
}

static void begin(struct fg_schedule *schedule, struct fg_pass *pass)
{
    if (fg_pool_changes(pass->pool) != schedule->forecast.expected) {
        schedule->forecast.is_valid = false;
        fg_refusal_forget(&schedule->refusal);
    }
    if (schedule->beside != schedule->forecast.pool)
        schedule->beside_number++;
    schedule->beside = schedule->forecast.pool;
    schedule->reservation = (struct fg_reservation){.at_us = INT64_MAX};
    schedule->steady_until_us = INT64_MAX;
    ready_placer(schedule, pass->pool, pass->queue);
    look_at_hazards(schedule, pass);
    if (schedule->kinds)
        fg_kinds_update(schedule->kinds, pass, &schedule->runners);
    fg_misfits_begin(schedule, pass);
}

size_t fg_schedule_go_on(struct fg_schedule *schedule,
                         struct fg_pool *pool,
                         struct fg_queue *queue,
                         int64_t now_us,
                         const struct fg_decision **out_decisions)
{
    struct fg_pass pass = {.pool = pool, .queue = queue, .now_us = now_us};
    schedule->decisions_len = 0;
    schedule->grants_len = 0;
    schedule->looked = 0;
    *out_decisions = schedule->decisions;
    fg_schedule_outrun(schedule, &pass);
    if (is_as_before(schedule, &pass)) {
        if (schedule->reservation.at_us <= now_us)
            schedule->reservation.at_us = now_us + 1;
        return 0;
    }
    begin(schedule, &pass);
    fg_reserved_begin(schedule, &pass);
    fg_reserved_clear(schedule, &pass);
    fg_schedule_leave_spot(schedule, &pass);
    fg_reserved_walk(schedule, &pass);
    fg_schedule_follow_hints(schedule, &pass);
    fg_schedule_guarantees(schedule, &pass);
    /* While places are kept for a migration, or for guarantees, only these are. */
    if (schedule->backfill == FG_BACKFILL_CONSERVATIVE && !schedule->reservation.job)
        fg_schedule_walk_conservative(schedule, &pass);
    else
        walk_queue(schedule, &pass);
    /* What is promised is no more theirs than what the head waits for. */
    if (schedule->planner.len == 0)
        fg_elastic_fill(schedule, &pass);
    if (!schedule->reservation.job && schedule->decisions_len == 0)
        fg_elastic_grow(schedule, &pass);
    fg_reserved_end(schedule, &pass);
    fg_forecast_settle(schedule, pool);
    schedule->queue_changes = fg_queue_changes(queue);
    schedule->runner_changes = schedule->runners.changes;
    schedule->is_settled = schedule->decisions_len == 0;
    *out_decisions = schedule->decisions;
    return schedule->decisions_len;
}

size_t fg_schedule_pass(struct fg_schedule *schedule,
                        struct fg_pool *pool,
                        struct fg_queue *queue,
                        const struct fg_running *running,
                        size_t running_len,
                        int64_t now_us,
                        const struct fg_decision **out_decisions)
{
    fg_schedule_run_these(schedule, queue, running, running_len);
    return fg_schedule_go_on(schedule, pool, queue, now_us, out_decisions);
}
