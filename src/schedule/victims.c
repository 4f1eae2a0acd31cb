/* victims.c - preemption for the head: who is asked to stop.
 *
 * What if the first of those who may be pushed aside let go, and the next, until the head has room?  Then the head takes
 * its place, and who still has his own beside it is spared.
 */
#include "schedule/quota.h"
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>

struct victim {
    const struct runner *runner;
    int64_t standing;
    int64_t lost; /* what a stop may lose: devices x time of this attempt */
};

static int64_t may_lose(const struct fg_pass *pass,
                        const struct runner *runner,
                        const struct fg_job *job)
{
    const struct fg_grant *grants = fg_runner_grants(runner);
    int64_t milli = 0, ran_s = (pass->now_us - job->started_us) / 1000000;
    for (size_t i = 0; i < runner->grants_len; i++)
        milli += __builtin_popcount(grants[i].devices) * (int64_t)grants[i].gpu_milli;
    return ran_s > 0 ? ran_s * milli : 0;
}

/* Who goes first: the lowest, of equals who loses least, then the one with the longest way to go. */
static int goes_first(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;
    if (x->standing != y->standing)
        return x->standing < y->standing ? -1 : 1;
    if (x->lost != y->lost)
        return x->lost < y->lost ? -1 : 1;
    if (x->runner->end_us != y->runner->end_us)
        return x->runner->end_us > y->runner->end_us ? -1 : 1;
    return x->runner->job > y->runner->job ? -1 : 1;
}

/* What is guaranteed to its project it holds against all others. */
static bool is_guaranteed(const struct fg_pass *pass,
                          const struct runner *runner,
                          const struct fg_job *job,
                          const struct fg_job *head)
{
    if (!fg_queue_has_guarantees(pass->queue))
        return false;
    uint64_t kinds =
        fg_quota_kinds_of(pass->pool, fg_runner_grants(runner), runner->grants_len);
    return fg_quota_protects(pass->queue, pass->pool, job->project, kinds, head->project);
}

static bool is_victim(const struct fg_schedule *schedule,
                      const struct fg_pass *pass,
                      const struct runner *runner,
                      const struct fg_job *head)
{
    if (!runner->job || !runner->preemptible || runner->stopping)
        return false;
    const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
    return job && job->preemptible && job->state == FG_JOB_RUNNING
           && fg_ranking_may_push(schedule->ranking, pass->queue, head, job)
           && !is_guaranteed(pass, runner, job, head);
}

static size_t list_victims(struct fg_schedule *schedule,
                           const struct fg_pass *pass,
                           const struct fg_job *head,
                           struct victim *out)
{
    size_t victims = 0;
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        if (!is_victim(schedule, pass, runner, head))
            continue;
        const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
        out[victims++] =
            (struct victim){runner, fg_ranking_standing(schedule->ranking, pass->queue, job),
                            may_lose(pass, runner, job)};
    }
    if (victims > 1)
        qsort(out, victims, sizeof(*out), goes_first);
    return victims;
}

/* -- what if they let go ----------------------------------------------------------------------------- */

void fg_schedule_what_if(struct fg_schedule *schedule, const struct fg_pool *pool)
{
    size_t nodes_max = fg_pool_max(pool);
    if (schedule->what_if && schedule->what_if_nodes_max != nodes_max) {
        fg_pool_free(schedule->what_if);
        schedule->what_if = NULL;
    }
    if (!schedule->what_if)
        schedule->what_if = fg_pool_new(nodes_max);
    if (!schedule->what_if)
        abort();
    schedule->what_if_nodes_max = nodes_max;
    fg_pool_copy(schedule->what_if, pool);
    schedule->beside = schedule->what_if;
    schedule->beside_number++;
}

static void let_go(struct fg_schedule *schedule,
                   const struct fg_gang *gang,
                   const struct runner *runner,
                   struct fg_gang_room *room)
{
    for (size_t i = 0; i < runner->grants_len; i++)
        fg_gang_release(schedule->what_if, gang, &fg_runner_grants(runner)[i], room);
}

/* Does it have its place still, now that the head is there? */
static bool is_spared(struct fg_pool *pool, const struct runner *runner)
{
    const struct fg_grant *grants = fg_runner_grants(runner);
    for (size_t i = 0; i < runner->grants_len; i++) {
        if (fg_pool_claim(pool, &grants[i], NULL) == 0)
            continue;
        while (i-- > 0)
            fg_pool_release(pool, &grants[i]);
        return false;
    }
    return true;
}

static void place_head(struct fg_schedule *schedule, const struct fg_gang *gang)
{
    schedule->head_grants = fg_schedule_room(schedule->head_grants, gang->tasks,
                                             &schedule->head_room, sizeof(struct fg_grant));
    int alternative = fg_gang_place(schedule->what_if, NULL, NULL, gang, schedule->head_grants);
    assert(alternative >= 0);
    (void)alternative;
}

/* Let victims go until the head has room, then stop those that are in its way. */
static bool push_aside(struct fg_schedule *schedule,
                       const struct fg_job *head,
                       const struct fg_gang *gang,
                       const struct victim *victims,
                       size_t len)
{
    struct fg_gang_room room = fg_gang_room(schedule->what_if, gang);
    for (size_t i = 0; i < schedule->runners.len; i++)
        if (schedule->runners.slots[i].stopping)
            let_go(schedule, gang, &schedule->runners.slots[i], &room);
    size_t gone = 0;
    while (gone < len && !fg_gang_has_room(gang, &room))
        let_go(schedule, gang, victims[gone++].runner, &room);
    if (!fg_gang_has_room(gang, &room))
        return false;
    place_head(schedule, gang);
    while (gone-- > 0)
        if (!is_spared(schedule->what_if, victims[gone].runner))
            *fg_schedule_decide(schedule) =
                (struct fg_decision){.kind = FG_DECIDE_PREEMPT,
                                     .job = victims[gone].runner->job,
                                     .for_job = head->id};
    return true;
}

/* Jobs that are stopping already count as gone. */
bool fg_schedule_preempt(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang)
{
    size_t most = schedule->runners.preemptible;
    if (!schedule->ranking || most == 0 || !fg_ranking_may_push_any(schedule->ranking, head))
        return false;
    struct victim *victims = calloc(most, sizeof(*victims));
    if (!victims)
        abort();
    size_t len = list_victims(schedule, pass, head, victims);
    bool done = false;
    if (len > 0) {
        fg_schedule_what_if(schedule, pass->pool);
        done = push_aside(schedule, head, gang, victims, len);
    }
    free(victims);
    if (!done)
        return false;
    schedule->reservation.at_us = pass->now_us + 1;
    return true;
}
