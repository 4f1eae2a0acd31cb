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
    const struct fg_job *job;
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

struct victims {
    struct victim *items;
    size_t len;
};

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

bool fg_schedule_is_guaranteed(const struct fg_pass *pass,
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

/* NULL: it is none. */
static const struct fg_job *victim_of(const struct fg_schedule *schedule,
                                      const struct fg_pass *pass,
                                      const struct runner *runner,
                                      struct fg_pusher *pusher)
{
    if (!runner->job || !runner->preemptible || runner->stopping)
        return NULL;
    const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
    if (!job || !job->preemptible || job->state != FG_JOB_RUNNING) {
        /* Once it runs it is a newcomer. */
        if (pusher->newcomers_until_us < pusher->steady_until_us)
            pusher->steady_until_us = pusher->newcomers_until_us;
        return NULL;
    }
    return fg_ranking_pushes(schedule->ranking, pass->queue, pusher, job)
                   && !fg_schedule_is_guaranteed(pass, runner, job, pusher->head)
               ? job
               : NULL;
}

static void list_victims(const struct fg_schedule *schedule,
                         const struct fg_pass *pass,
                         struct fg_pusher *pusher,
                         size_t most,
                         struct victims *out)
{
    for (size_t i = 0; i < schedule->runners.len && out->len < most; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        const struct fg_job *job = victim_of(schedule, pass, runner, pusher);
        if (job)
            out->items[out->len++] = (struct victim){.runner = runner, .job = job};
    }
}

/* The first that would have to go comes first. */
static void sort_victims(const struct fg_schedule *schedule,
                         const struct fg_pass *pass,
                         struct victims *victims)
{
    for (size_t i = 0; i < victims->len; i++) {
        struct victim *victim = &victims->items[i];
        victim->standing = fg_ranking_standing(schedule->ranking, pass->queue, victim->job);
        victim->lost = may_lose(pass, victim->runner, victim->job);
    }
    if (victims->len > 1)
        qsort(victims->items, victims->len, sizeof(victims->items[0]), goes_first);
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

static void release(struct fg_pool *pool, const struct runner *runner)
{
    for (size_t i = 0; i < runner->grants_len; i++)
        fg_pool_release(pool, &fg_runner_grants(runner)[i]);
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

/* In the shadow pool who is stopping has stopped. */
static void let_stop(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    fg_schedule_what_if(schedule, pass->pool);
    for (size_t i = 0; i < schedule->runners.len; i++)
        if (schedule->runners.slots[i].stopping)
            release(schedule->what_if, &schedule->runners.slots[i]);
}

static bool has_room(const struct fg_schedule *schedule, const struct fg_gang *gang)
{
    struct fg_gang_room room = fg_gang_room(schedule->what_if, gang);
    return fg_gang_has_room(gang, &room);
}

/* And if all victims let go? */
static bool are_enough(struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct fg_gang *gang,
                       const struct victims *victims)
{
    let_stop(schedule, pass);
    for (size_t i = 0; i < victims->len; i++)
        release(schedule->what_if, victims->items[i].runner);
    return has_room(schedule, gang);
}

/* One after the other lets go until the head has room; how many. */
static size_t let_go(struct fg_schedule *schedule,
                     const struct fg_gang *gang,
                     const struct victims *victims)
{
    struct fg_gang_room room = fg_gang_room(schedule->what_if, gang);
    size_t gone = 0;
    for (; gone < victims->len && !fg_gang_has_room(gang, &room); gone++) {
        const struct runner *runner = victims->items[gone].runner;
        for (size_t i = 0; i < runner->grants_len; i++)
            fg_gang_release(schedule->what_if, gang, &fg_runner_grants(runner)[i], &room);
    }
    return gone;
}

/* Those that are in the head's way, of the first `gone`. */
static void stop_them(struct fg_schedule *schedule,
                      const struct fg_job *head,
                      const struct victims *victims,
                      size_t gone)
{
    while (gone-- > 0) {
        const struct runner *runner = victims->items[gone].runner;
        if (!is_spared(schedule->what_if, runner))
            *fg_schedule_decide(schedule) = (struct fg_decision){
                .kind = FG_DECIDE_PREEMPT, .job = runner->job, .for_job = head->id};
    }
}

/* Let victims go until the head has room, then stop those that are in its way.  Most often all are too few, which is found
 * without sorting them. */
static bool push_aside(struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct fg_pusher *pusher,
                       const struct fg_gang *gang,
                       struct victims *victims)
{
    if (!are_enough(schedule, pass, gang, victims))
        return false;
    sort_victims(schedule, pass, victims);
    let_stop(schedule, pass);
    size_t gone = let_go(schedule, gang, victims);
    place_head(schedule, gang);
    stop_them(schedule, pusher->head, victims, gone);
    return true;
}

static void note_refusal(struct fg_schedule *schedule,
                         const struct fg_pass *pass,
                         const struct fg_gang *gang,
                         const struct fg_pusher *pusher)
{
    schedule->refusal = (struct refusal){.head = pusher->head->id,
                                         .gang = *gang,
                                         .pusher = *pusher,
                                         .runner_changes = schedule->runners.changes,
                                         .runner_losses = schedule->runners.losses,
                                         .nodes_generation = fg_pool_generation(pass->pool)};
    if (fg_queue_has_guarantees(pass->queue)) /* who holds what counts, too */
        schedule->refusal.head = 0;
}

/* Until when it is known to be refused, as it was before; INT64_MIN: it is not. */
static int64_t refused_until_us(const struct fg_schedule *schedule,
                                const struct fg_pass *pass,
                                const struct fg_gang *gang,
                                const struct fg_pusher *pusher)
{
    const struct refusal *refusal = &schedule->refusal;
    if (refusal->head != pusher->head->id || refusal->pusher.mark != pusher->mark
        || refusal->runner_losses != schedule->runners.losses
        || refusal->nodes_generation != fg_pool_generation(pass->pool)
        || refusal->gang.tasks != gang->tasks || !fg_gang_is_alike(&refusal->gang, gang))
        return INT64_MIN;
    int64_t until_us = refusal->pusher.steady_until_us;
    if (refusal->runner_changes != schedule->runners.changes
        && refusal->pusher.newcomers_until_us < until_us)
        until_us = refusal->pusher.newcomers_until_us;
    return until_us;
}

static bool look_for_victims(struct fg_schedule *schedule,
                             struct fg_pass *pass,
                             const struct fg_gang *gang,
                             struct fg_pusher *pusher)
{
    bool waits = false; /* only for those who stop already */
    if (schedule->runners.stopping > 0) {
        let_stop(schedule, pass);
        waits = has_room(schedule, gang);
    }
    struct victims victims = {
        .items = malloc(schedule->runners.preemptible * sizeof(victims.items[0]))};
    if (!victims.items)
        abort();
    list_victims(schedule, pass, pusher, waits ? 1 : SIZE_MAX, &victims);
    bool done = victims.len > 0;
    if (done && waits) {
        place_head(schedule, gang);
        pusher->steady_until_us = pass->now_us; /* not all were looked at */
    } else if (done) {
        done = push_aside(schedule, pass, pusher, gang, &victims);
    }
    free(victims.items);
    if (!done)
        note_refusal(schedule, pass, gang, pusher);
    return done;
}

/* Jobs that are stopping already count as gone. */
bool fg_schedule_preempt(struct fg_schedule *schedule,
                         struct fg_pass *pass,
                         const struct fg_job *head,
                         const struct fg_gang *gang)
{
    struct fg_pusher pusher;
    if (!schedule->ranking || schedule->runners.preemptible == 0
        || !fg_ranking_pusher(schedule->ranking, head, &pusher))
        return false;
    bool done = false;
    int64_t until_us = refused_until_us(schedule, pass, gang, &pusher);
    if (until_us <= pass->now_us) {
        done = look_for_victims(schedule, pass, gang, &pusher);
        until_us = pusher.steady_until_us;
    }
    if (until_us < schedule->steady_until_us)
        schedule->steady_until_us = until_us;
    if (!done)
        return false;
    schedule->reservation.at_us = pass->now_us + 1;
    return true;
}
