/* backfill.c - the head's reservation (EASY backfill), and preemption for it.
 *
 * The shadow pool is the pool as it will be when the head starts: jobs that will have ended are released, the head
 * is claimed.  A later job that would still run then must find its devices free in the shadow pool as
 * well; so the head is never delayed by it, given that jobs end by their limits.
 */

#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>

int64_t fg_schedule_duration(const struct fg_schedule *schedule, const struct fg_job *job)
{
    return job->time_limit_us > 0 ? job->time_limit_us
                                  : schedule->config->backfill_default_limit_s * 1000000;
}

static bool ends_before(const struct fg_running *a, const struct fg_running *b)
{
    return a->end_us != b->end_us ? a->end_us < b->end_us : a->job < b->job;
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
static void collect(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    size_t most = pass->running_len + schedule->decisions_len, len = 0;
    schedule->by_end =
        grow(schedule->by_end, most, &schedule->by_end_room, sizeof(schedule->by_end[0]));
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
        const struct fg_job *job = fg_queue_get(pass->queue, decision->job);
        schedule->by_end[len++] = (struct fg_running){
            .job = decision->job,
            .end_us = pass->now_us + fg_schedule_duration(schedule, job),
            .grants = &schedule->grants[decision->grants_at],
            .grants_len = decision->grants_len,
        };
    }
    schedule->by_end_len = len;
}

/* A heap, the next to end on top: most often the head's turn comes after a few of them. */
static void sift(struct fg_running *heap, size_t len, size_t at)
{
    struct fg_running moving = heap[at];
    for (size_t child; (child = 2 * at + 1) < len; at = child) {
        if (child + 1 < len && ends_before(&heap[child + 1], &heap[child]))
            child++;
        if (!ends_before(&heap[child], &moving))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static struct fg_running next_to_end(struct fg_schedule *schedule)
{
    struct fg_running next = schedule->by_end[0];
    schedule->by_end[0] = schedule->by_end[--schedule->by_end_len];
    if (schedule->by_end_len)
        sift(schedule->by_end, schedule->by_end_len, 0);
    return next;
}

void fg_schedule_shadow(struct fg_schedule *schedule, const struct fg_pool *pool)
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

static void release_all(struct fg_schedule *schedule,
                        const struct fg_gang *gang,
                        const struct fg_running *running,
                        struct fg_gang_room *room)
{
    for (size_t i = 0; i < running->grants_len; i++)
        fg_gang_release(schedule->shadow, gang, &running->grants[i], room);
}

/* The head has room in the shadow pool from `at_us` on: it takes it there. */
static void reserve_at(struct fg_schedule *schedule, const struct fg_gang *gang, int64_t at_us)
{
    struct fg_grant *grants = calloc(gang->tasks, sizeof(*grants));
    if (!grants)
        abort();
    int alternative = fg_gang_place(schedule->shadow, NULL, NULL, gang, grants);
    assert(alternative >= 0);
    (void)alternative;
    free(grants);
    schedule->reservation.at_us = at_us;
}

/* -- preemption --------------------------------------------------------------------------------- */

static bool is_victim(const struct fg_schedule *schedule,
                      const struct fg_pass *pass,
                      const struct fg_running *running,
                      const struct fg_job *head)
{
    const struct fg_job *job = fg_queue_get(pass->queue, running->job);
    return job && job->preemptible && !running->stopping && job->state == FG_JOB_RUNNING
           && fg_ranking_may_push(schedule->ranking, pass->queue, head, job);
}

struct victim {
    const struct fg_running *running;
    int64_t standing;
};

/* Who goes first: the lowest, of equals the one with the longest way to go. */
static int goes_first(const void *a, const void *b)
{
    const struct victim *x = a, *y = b;
    if (x->standing != y->standing)
        return x->standing < y->standing ? -1 : 1;
    return ends_before(y->running, x->running) ? -1 : ends_before(x->running, y->running);
}

static size_t list_victims(struct fg_schedule *schedule,
                           const struct fg_pass *pass,
                           const struct fg_job *head,
                           struct victim *out)
{
    size_t victims = 0;
    for (size_t i = 0; schedule->ranking && i < schedule->by_end_len; i++) {
        const struct fg_running *running = &schedule->by_end[i];
        if (is_victim(schedule, pass, running, head))
            out[victims++] = (struct victim){
                running, fg_ranking_standing(schedule->ranking, pass->queue,
                                             fg_queue_get(pass->queue, running->job))};
    }
    qsort(out, victims, sizeof(*out), goes_first);
    return victims;
}

/* Does it have its place still, now that the head is there? */
static bool is_spared(struct fg_pool *shadow, const struct fg_running *running)
{
    for (size_t i = 0; i < running->grants_len; i++) {
        if (fg_pool_claim(shadow, &running->grants[i], NULL) == 0)
            continue;
        while (i-- > 0)
            fg_pool_release(shadow, &running->grants[i]);
        return false;
    }
    return true;
}

/* Let victims go until the head has room, then stop those that are in its way. */
static bool push_aside(struct fg_schedule *schedule,
                       const struct fg_job *head,
                       const struct fg_gang *gang,
                       const struct victim *victims,
                       size_t len,
                       struct fg_gang_room *room,
                       int64_t now_us)
{
    size_t gone = 0;
    while (gone < len && !fg_gang_has_room(gang, room))
        release_all(schedule, gang, victims[gone++].running, room);
    if (!fg_gang_has_room(gang, room))
        return false;
    reserve_at(schedule, gang, now_us + 1);
    while (gone-- > 0)
        if (!is_spared(schedule->shadow, victims[gone].running))
            *fg_schedule_decide(schedule) =
                (struct fg_decision){.kind = FG_DECIDE_PREEMPT,
                                     .job = victims[gone].running->job,
                                     .for_job = head->id};
    return true;
}

/* Jobs that are stopping already count as gone. */
static bool preempt_for(struct fg_schedule *schedule,
                        struct fg_pass *pass,
                        const struct fg_job *head,
                        const struct fg_gang *gang)
{
    size_t len = schedule->by_end_len, stopping = 0;
    struct victim *victims = calloc(len + 1, sizeof(*victims));
    if (!victims)
        abort();
    size_t victims_len = list_victims(schedule, pass, head, victims);
    for (size_t i = 0; i < len; i++)
        stopping += schedule->by_end[i].stopping;
    bool done = false;
    if (victims_len + stopping > 0) {
        fg_schedule_shadow(schedule, pass->pool);
        struct fg_gang_room room = fg_gang_room(schedule->shadow, gang);
        for (size_t i = 0; i < len; i++)
            if (schedule->by_end[i].stopping)
                release_all(schedule, gang, &schedule->by_end[i], &room);
        done = push_aside(schedule, head, gang, victims, victims_len, &room, pass->now_us);
    }
    free(victims);
    return done;
}

/* -- the reservation ----------------------------------------------------------------------------- */

static bool wait_for(struct fg_schedule *schedule,
                     struct fg_pass *pass,
                     const struct fg_gang *gang)
{
    fg_schedule_shadow(schedule, pass->pool);
    struct fg_gang_room room = fg_gang_room(schedule->shadow, gang);
    for (size_t at = schedule->by_end_len / 2; at-- > 0;)
        sift(schedule->by_end, schedule->by_end_len, at);
    while (schedule->by_end_len) {
        struct fg_running running = next_to_end(schedule);
        release_all(schedule, gang, &running, &room);
        bool more_now = schedule->by_end_len && schedule->by_end[0].end_us == running.end_us;
        if (more_now || !fg_gang_has_room(gang, &room))
            continue;
        /* What runs on after that moment holds its devices in the shadow pool already. */
        reserve_at(schedule, gang, running.end_us);
        return true;
    }
    return false;
}

void fg_schedule_reserve(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang)
{
    assert(schedule->reservation.job == 0);
    collect(schedule, pass);
    schedule->reservation = (struct fg_reservation){.job = head->id, .at_us = INT64_MAX};
    if (!preempt_for(schedule, pass, head, gang) && !wait_for(schedule, pass, gang))
        fg_schedule_shadow(schedule, pass->pool);
}
