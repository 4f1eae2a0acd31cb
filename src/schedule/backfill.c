/* backfill.c - the head's reservation (EASY backfill), and preemption for it.
 *
 * The shadow pool is the pool as it will be when the head starts: jobs that will have ended are released, the head
 * is claimed.  A later job that would still run then must find its devices free in the shadow pool as
 * well; so the head is never delayed by it, given that jobs end by their limits.
 */
#include "schedule/gang.h"
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int64_t fg_schedule_duration(const struct fg_schedule *schedule, const struct fg_job *job)
{
    return job->time_limit_us > 0 ? job->time_limit_us
                                  : schedule->config->backfill_default_limit_s * 1000000;
}

static int ends_before(const void *a, const void *b)
{
    const struct fg_running *x = a, *y = b;
    if (x->end_us != y->end_us)
        return x->end_us < y->end_us ? -1 : 1;
    return (x->job > y->job) - (x->job < y->job);
}

static void *grow(void *items, size_t len, size_t *room, size_t size)
{
    if (len <= *room)
        return items;
    void *grown = reallocarray(items, len + len / 2 + 16, size);
    if (!grown)
        abort();
    *room = len + len / 2 + 16;
    return grown;
}

/* All that holds devices: what ran before the pass, and what this pass has started. */
static size_t collect_by_end(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    size_t most = pass->running_len + schedule->decisions_len;
    schedule->by_end =
        grow(schedule->by_end, most, &schedule->by_end_room, sizeof(schedule->by_end[0]));
    size_t len = 0;
    for (size_t i = 0; i < pass->running_len; i++) {
        schedule->by_end[len] = pass->running[i];
        if (pass->running[i].stopping || pass->running[i].end_us < pass->now_us)
            schedule->by_end[len].end_us = pass->now_us + 1;
        len++;
    }
    for (size_t i = 0; i < schedule->decisions_len; i++) {
        const struct fg_decision *decision = &schedule->decisions[i];
        if (decision->kind != FG_DECIDE_START)
            continue;
        schedule->by_end[len++] = (struct fg_running){
            .job = decision->job,
            .end_us =
                pass->now_us
                + fg_schedule_duration(schedule, fg_queue_get(pass->queue, decision->job)),
            .grants = &schedule->grants[decision->grants_at],
            .grants_len = decision->grants_len,
        };
    }
    qsort(schedule->by_end, len, sizeof(schedule->by_end[0]), ends_before);
    return len;
}

static void release_all(struct fg_pool *pool, const struct fg_running *running)
{
    for (size_t i = 0; i < running->grants_len; i++)
        fg_pool_release(pool, &running->grants[i]);
}

static void shadow_from(struct fg_schedule *schedule, const struct fg_pool *pool)
{
    size_t nodes_max = fg_pool_max(pool);
    if (schedule->shadow && schedule->shadow_nodes_max != nodes_max) {
        fg_pool_free(schedule->shadow);
        schedule->shadow = NULL;
    }
    if (!schedule->shadow)
        schedule->shadow = fg_pool_new(nodes_max);
    if (!schedule->shadow)
        abort();
    schedule->shadow_nodes_max = nodes_max;
    fg_pool_copy(schedule->shadow, pool);
}

/* May the head push this one aside?  Only a preemptible job of lower priority that is not on its way out. */
static bool is_victim(const struct fg_pass *pass,
                      const struct fg_running *running,
                      const struct fg_job *head)
{
    const struct fg_job *job = fg_queue_get(pass->queue, running->job);
    return job && job->preemptible && !running->stopping && !head->preemptible
           && job->state == FG_JOB_RUNNING && job->priority_milli < head->priority_milli;
}

static bool holds_node(const struct fg_running *running,
                       const struct fg_grant *grants,
                       size_t len)
{
    for (size_t i = 0; i < running->grants_len; i++)
        for (size_t j = 0; j < len; j++)
            if (running->grants[i].node == grants[j].node)
                return true;
    return false;
}

/* Release victims, the latest to end first, until the head fits; of these, stop the ones on the nodes that it would
 * take.  Jobs that are stopping already count as gone. */
static bool preempt_for(struct fg_schedule *schedule,
                        struct fg_pass *pass,
                        const struct fg_job *head,
                        size_t len,
                        struct fg_grant *grants)
{
    shadow_from(schedule, pass->pool);
    for (size_t i = 0; i < len; i++)
        if (schedule->by_end[i].stopping)
            release_all(schedule->shadow, &schedule->by_end[i]);
    if (fg_gang_place(schedule->shadow, NULL, pass->queue, head, grants) >= 0) {
        schedule->reservation.at_us = pass->now_us + 1;
        return true;
    }
    size_t at = len;
    while (at-- > 0) {
        if (!is_victim(pass, &schedule->by_end[at], head))
            continue;
        release_all(schedule->shadow, &schedule->by_end[at]);
        if (fg_gang_place(schedule->shadow, NULL, pass->queue, head, grants) < 0)
            continue;
        for (size_t i = len; i-- > at;) {
            const struct fg_running *victim = &schedule->by_end[i];
            if (is_victim(pass, victim, head) && holds_node(victim, grants, head->tasks))
                *fg_schedule_decide(schedule) = (struct fg_decision){
                    .kind = FG_DECIDE_PREEMPT, .job = victim->job, .for_job = head->id};
        }
        schedule->reservation.at_us = pass->now_us + 1;
        return true;
    }
    return false;
}

static bool wait_for(struct fg_schedule *schedule,
                     struct fg_pass *pass,
                     const struct fg_job *head,
                     size_t len,
                     struct fg_grant *grants)
{
    shadow_from(schedule, pass->pool);
    for (size_t i = 0; i < len; i++) {
        release_all(schedule->shadow, &schedule->by_end[i]);
        bool more_now =
            i + 1 < len && schedule->by_end[i + 1].end_us == schedule->by_end[i].end_us;
        if (more_now || fg_gang_place(schedule->shadow, NULL, pass->queue, head, grants) < 0)
            continue;
        schedule->reservation.at_us = schedule->by_end[i].end_us;
        /* What runs on after that moment holds its devices in the shadow pool already. */
        return true;
    }
    return false;
}

void fg_schedule_reserve(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head)
{
    assert(schedule->reservation.job == 0);
    struct fg_grant *grants = calloc(head->tasks, sizeof(*grants));
    if (!grants)
        abort();
    size_t len = collect_by_end(schedule, pass);
    schedule->reservation = (struct fg_reservation){.job = head->id, .at_us = INT64_MAX};
    if (!preempt_for(schedule, pass, head, len, grants)
        && !wait_for(schedule, pass, head, len, grants))
        shadow_from(schedule, pass->pool);
    free(grants);
}
