/* schedule.c - one pass; see schedule.h
 *
 * What keeps a pass over 100,000 waiting jobs short: jobs of one request class are alike, so once a class (with
 * so many tasks) did not fit, no other job of it is tried in this pass: claims only ever take.
 */
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>

struct fg_schedule *fg_schedule_new(const struct fg_config *config)
{
    struct fg_schedule *schedule = calloc(1, sizeof(*schedule));
    if (schedule) {
        schedule->config = config;
        schedule->place = fg_place_policy_default();
    }
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
    free(schedule->by_end);
    free(schedule->hints);
    free(schedule->hint_grants);
    fg_pool_free(schedule->shadow);
    fg_placer_free(schedule->placer);
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

static void *room_for(void *items, size_t len, size_t *room, size_t size)
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
    schedule->decisions = room_for(schedule->decisions, schedule->decisions_len + 1,
                                   &schedule->decisions_room, sizeof(schedule->decisions[0]));
    return &schedule->decisions[schedule->decisions_len++];
}

struct fg_grant *fg_schedule_grants_room(struct fg_schedule *schedule, uint32_t tasks)
{
    schedule->grants = room_for(schedule->grants, schedule->grants_len + tasks,
                                &schedule->grants_room, sizeof(schedule->grants[0]));
    return &schedule->grants[schedule->grants_len];
}

/* -- "this class did not fit" -------------------------------------------------------------------
 * Kept twice: for jobs that end before the head's reservation, and for those that would still run then (which need
 * room beside the head as well, so what fails for the short ones fails for these too).  And for the last project whose
 * quota stood in the way: a pass only adds to what a project holds. */

static void forget_failures(struct fg_schedule *schedule, const struct fg_queue *queue)
{
    size_t len = fg_queue_classes_len(queue);
    schedule->misfits =
        room_for(schedule->misfits, len, &schedule->misfits_room, sizeof(schedule->misfits[0]));
    for (size_t i = 0; i < len; i++)
        schedule->misfits[i] = (struct misfit){.tasks = {UINT32_MAX, UINT32_MAX}};
}

static bool needs_shadow(const struct fg_schedule *schedule,
                         const struct fg_pass *pass,
                         const struct fg_job *job)
{
    return schedule->reservation.job
           && pass->now_us + fg_schedule_duration(schedule, job) > schedule->reservation.at_us;
}

static bool failed_before(const struct fg_schedule *schedule,
                          const struct fg_job *job,
                          bool beside)
{
    const struct misfit *misfit = &schedule->misfits[job->request];
    return job->tasks >= misfit->tasks[beside]
           || (job->project == misfit->project && job->tasks >= misfit->project_tasks);
}

/* Returns how many ready jobs are known now not to fit, that were not before. */
static size_t note_failure(struct fg_schedule *schedule,
                           const struct fg_queue *queue,
                           const struct fg_job *job,
                           bool beside)
{
    struct misfit *misfit = &schedule->misfits[job->request];
    if (job->tasks < misfit->tasks[1])
        misfit->tasks[1] = job->tasks;
    if (beside || job->tasks >= misfit->tasks[0])
        return 0;
    misfit->tasks[0] = job->tasks;
    return job->tasks == 1 ? fg_queue_class_ready(queue, job->request) - misfit->started : 0;
}

static void note_quota(struct fg_schedule *schedule, const struct fg_job *job)
{
    struct misfit *misfit = &schedule->misfits[job->request];
    misfit->project = job->project;
    misfit->project_tasks = job->tasks;
}

/* -- one job ------------------------------------------------------------------------------------- */

void fg_schedule_start(struct fg_schedule *schedule,
                       struct fg_pass *pass,
                       const struct fg_job *job,
                       uint32_t alternative)
{
    const struct fg_grant *grants = &schedule->grants[schedule->grants_len];
    const struct fg_project *project = fg_queue_project(pass->queue, job->project);
    struct fg_held *held = fg_queue_held(pass->queue, job->project);
    struct fg_amount amount = fg_schedule_amount(pass->pool, project, grants, job->tasks);
    assert(fg_quota_allows(project, held, &amount, NULL) == 0);
    fg_held_add(held, &amount);
    *fg_schedule_decide(schedule) = (struct fg_decision){
        .kind = FG_DECIDE_START,
        .job = job->id,
        .alternative = alternative,
        .grants_at = schedule->grants_len,
        .grants_len = job->tasks,
    };
    schedule->grants_len += job->tasks;
    schedule->misfits[job->request].started++;
}

/* Place it; with `beside`, only where it leaves the head's reservation alone. */
static bool try_start(struct fg_schedule *schedule,
                      struct fg_pass *pass,
                      const struct fg_job *job,
                      const struct fg_gang *gang,
                      bool beside)
{
    struct fg_grant *grants = fg_schedule_grants_room(schedule, job->tasks);
    int alternative = fg_gang_place(pass->pool, beside ? schedule->shadow : NULL,
                                    schedule->placer, gang, grants);
    if (alternative < 0)
        return false;
    fg_schedule_start(schedule, pass, job, (uint32_t)alternative);
    return true;
}

/* Start it, or learn from it.  Returns how many jobs are settled by that: started, or known not to fit. */
static size_t look_at(struct fg_schedule *schedule,
                      struct fg_pass *pass,
                      const struct fg_job *job,
                      bool beside)
{
    struct fg_gang gang = fg_gang_of(pass->pool, pass->queue, job);
    if (gang.is_possible && try_start(schedule, pass, job, &gang, beside))
        return 1;
    size_t hopeless = 0;
    if (!gang.is_limited)
        hopeless = note_failure(schedule, pass->queue, job, beside);
    else if (!gang.is_possible || !beside)
        note_quota(schedule, job);
    /* The first that has to wait for devices is the head.  One that could not run even on an empty pool holds
     * up nobody, nor does one that waits for its own project. */
    if (!schedule->reservation.job && fg_gang_fits_empty(pass->pool, &gang))
        fg_schedule_reserve(schedule, pass, job, &gang);
    return hopeless;
}

static void ready_placer(struct fg_schedule *schedule,
                         const struct fg_pool *pool,
                         const struct fg_queue *queue)
{
    if (!schedule->placer) {
        schedule->placer = fg_placer_new(pool, schedule->place, schedule->place_seed);
        schedule->placer_pool = pool;
        const struct fg_config *config = schedule->config;
        fg_placer_weights(schedule->placer, &(struct fg_place_weights){
#define X(name, text) .name = (int32_t)config->place_##name,
                                                FG_SCORERS(X)
#undef X
                                            });
        schedule->typical = (struct fg_typical){};
    }
    assert(schedule->placer_pool == pool);
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

size_t fg_schedule_pass(struct fg_schedule *schedule,
                        struct fg_pool *pool,
                        struct fg_queue *queue,
                        const struct fg_running *running,
                        size_t running_len,
                        int64_t now_us,
                        const struct fg_decision **out_decisions)
{
    struct fg_pass pass = {.pool = pool,
                           .queue = queue,
                           .running = running,
                           .running_len = running_len,
                           .now_us = now_us};
    schedule->decisions_len = 0;
    schedule->grants_len = 0;
    schedule->reservation = (struct fg_reservation){.at_us = INT64_MAX};
    forget_failures(schedule, queue);
    ready_placer(schedule, pool, queue);
    size_t settled = fg_schedule_follow_hints(schedule, &pass);
    fg_queue_walk(queue);

    int64_t looks = schedule->config->backfill_depth;
    size_t ready = fg_queue_ready(queue);
    schedule->looked = 0;
    /* Once all are settled, every job that is left is of a class that does not fit. */
    const struct fg_job *job;
    while (settled < ready && (job = fg_queue_next(queue))) {
        schedule->looked++;
        if (fg_schedule_was_hinted(schedule, job->id))
            continue;
        bool beside = needs_shadow(schedule, &pass, job);
        if (failed_before(schedule, job, beside))
            continue;
        if (schedule->reservation.job && looks-- <= 0)
            break;
        settled += look_at(schedule, &pass, job, beside);
    }
    *out_decisions = schedule->decisions;
    return schedule->decisions_len;
}
