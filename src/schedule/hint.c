/* hint.c - places that a migration has promised.
 *
 * While the jobs that move come to their end, nothing stands on the promised devices but they themselves, and
 * nothing new may: the shadow pool of that time has the promised grants on it, as it has the head's otherwise.
 */
#include "schedule/quota.h"
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void fg_schedule_hint(struct fg_schedule *schedule,
                      const struct fg_hint *hints,
                      size_t len,
                      int64_t until_us)
{
    size_t grants = 0;
    for (size_t i = 0; i < len; i++)
        grants += hints[i].grants_len;
    free(schedule->hints);
    free(schedule->hint_grants);
    schedule->hints = calloc(len + 1, sizeof(schedule->hints[0]));
    schedule->hint_grants = calloc(grants + 1, sizeof(schedule->hint_grants[0]));
    if (!schedule->hints || !schedule->hint_grants)
        abort();
    schedule->hints_len = len;
    schedule->hints_until_us = until_us;
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        schedule->hints[i] = (struct hinted){.job = hints[i].job,
                                             .alternative = hints[i].alternative,
                                             .tasks = (uint32_t)hints[i].grants_len,
                                             .grants_at = at};
        memcpy(&schedule->hint_grants[at], hints[i].grants,
               hints[i].grants_len * sizeof(hints[i].grants[0]));
        at += hints[i].grants_len;
    }
}

bool fg_schedule_has_hints(const struct fg_schedule *schedule, int64_t now_us)
{
    return schedule->hints_len > 0 && now_us < schedule->hints_until_us;
}

bool fg_schedule_was_hinted(const struct fg_schedule *schedule, fg_job_id job)
{
    for (size_t i = 0; i < schedule->hints_len; i++)
        if (schedule->hints[i].started && schedule->hints[i].job == job)
            return true;
    return false;
}

/* It has still to stop, or waits. */
static bool is_open(const struct fg_pass *pass, const struct hinted *hint)
{
    const struct fg_job *job = fg_queue_get(pass->queue, hint->job);
    return job && !job->cancel_asked && job->tasks <= hint->tasks
           && hint->tasks <= fg_job_tasks_max(job)
           && (job->state == FG_JOB_QUEUED || job->stop_sent);
}

static void drop_closed(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    size_t len = 0;
    for (size_t i = 0; i < schedule->hints_len && pass->now_us < schedule->hints_until_us; i++)
        if (is_open(pass, &schedule->hints[i]))
            schedule->hints[len++] = schedule->hints[i];
    schedule->hints_len = len;
}

/* All of its grants, or none; on nodes that are up. */
static bool claim(struct fg_pool *pool, const struct fg_grant *grants, uint32_t tasks)
{
    for (uint32_t task = 0; task < tasks; task++)
        if (grants[task].node > fg_pool_len(pool) || !fg_pool_is_open(pool, grants[task].node))
            return false;
    return fg_pool_claim_all(pool, grants, tasks, NULL) == 0;
}

static bool try_start(struct fg_schedule *schedule, struct fg_pass *pass, struct hinted *hint)
{
    const struct fg_job *job = fg_queue_get(pass->queue, hint->job);
    const struct fg_grant *grants = &schedule->hint_grants[hint->grants_at];
    if (job->state != FG_JOB_QUEUED || job->waits_for || job->eligible_us > pass->now_us
        || fg_quota_allows_grants(pass->queue, pass->pool, job, grants, hint->tasks, NULL) < 0
        || !claim(pass->pool, grants, hint->tasks))
        return false;
    memcpy(fg_schedule_grants_room(schedule, fg_job_tasks_max(job)), grants,
           hint->tasks * sizeof(*grants));
    fg_schedule_start(schedule, pass, job, hint->alternative, hint->tasks, false);
    hint->started = true;
    return true;
}

/* The places of those that have not started yet, in the shadow pool of the moment at which all have stopped. */
static void hold_places(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    fg_schedule_what_if(schedule, pass->pool);
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        if (fg_reserved_has(&schedule->reserved, runner))
            continue;
        for (size_t task = 0; runner->stopping && task < runner->grants_len; task++)
            fg_pool_release(schedule->what_if, &fg_runner_grants(runner)[task]);
    }
    for (size_t i = schedule->hints_len; i-- > 0;) {
        const struct hinted *hint = &schedule->hints[i];
        if (!hint->started
            && claim(schedule->what_if, &schedule->hint_grants[hint->grants_at], hint->tasks))
            schedule->reservation =
                (struct fg_reservation){.job = hint->job, .at_us = pass->now_us + 1};
    }
}

void fg_schedule_follow_hints(struct fg_schedule *schedule, struct fg_pass *pass)
{
    size_t started = 0;
    drop_closed(schedule, pass);
    for (size_t i = 0; i < schedule->hints_len; i++)
        started += try_start(schedule, pass, &schedule->hints[i]);
    if (started < schedule->hints_len)
        hold_places(schedule, pass);
}
