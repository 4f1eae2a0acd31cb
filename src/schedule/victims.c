/* victims.c - preemption for the head: who is asked to stop.
 *
 * Who is stopping already, and who ends anyway before a stop could make room, is waited for.  If that is not enough, the
 * cheapest of those that may be pushed aside are asked to stop (victims.h).  The head has its reservation for the moment at
 * which the last of those in its way has let go.
 */
#include "schedule/victims.h"

#include "schedule/quota.h"
#include "schedule/stop.h"

#include <stdlib.h>

struct victims {
    struct fg_victim *items; /* the first `len` may be asked to stop, ... */
    size_t len, soon_len;    /* ... and these behind them end anyway */
};

/* Who goes first: the lowest, of equals who costs least, then the one with the longest way to go. */
static int goes_first(const void *a, const void *b)
{
    const struct fg_victim *x = a, *y = b;
    if (x->standing != y->standing)
        return x->standing < y->standing ? -1 : 1;
    if (x->cost_us != y->cost_us)
        return x->cost_us < y->cost_us ? -1 : 1;
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

/* Who has not begun yet, though he has his devices, may become one that is asked. */
static bool is_newcomer(const struct fg_job *job)
{
    return !job || !job->preemptible || job->state != FG_JOB_RUNNING;
}

static void list_victims(struct fg_schedule *schedule,
                         const struct fg_pass *pass,
                         struct fg_pusher *pusher,
                         struct victims *out)
{
    const struct runners *runners = &schedule->runners;
    schedule->refusal.newcomers = false;
    for (size_t i = 0; i < runners->preemptible; i++) {
        struct runner *runner = &runners->slots[runners->preemptible_slots[i]];
        runner->pushable = false;
        if (fg_reserved_has(&schedule->reserved, runner))
            continue;
        const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
        bool is_new = is_newcomer(job);
        schedule->refusal.newcomers |= is_new;
        runner->pushable = is_new
                           || (fg_ranking_pushes(schedule->ranking, pass->queue, pusher, job)
                               && !fg_schedule_is_guaranteed(pass, runner, job, pusher->head));
        if (runner->pushable && !is_new)
            out->items[out->len++] = (struct fg_victim){.runner = runner, .job = job};
    }
}

/* When it is over by the user's own word.  What was learned of jobs like it is good enough to fill gaps, not to let an urgent
 * job wait for it: it is doubled as often as it proves wrong. */
static int64_t surely_over_us(const struct fg_job *job, const struct runner *runner)
{
    return runner->stopping || job->time_limit_us > 0 ? runner->end_us : INT64_MAX;
}

bool fg_schedule_ends_anyway(const struct fg_schedule *schedule,
                             const struct fg_pass *pass,
                             const struct runner *runner,
                             const struct fg_job *job)
{
    int64_t at_us = surely_over_us(job, runner);
    if (job->duration_us > 0 && job->attempt <= 1 && job->started_us > 0
        && job->started_us + job->duration_us < at_us)
        at_us = job->started_us + job->duration_us;
    return at_us > pass->now_us
           && at_us - pass->now_us <= fg_stop_grace_us(schedule->config, job);
}

/* The first that would have to go comes first; those that end anyway are behind the others. */
static void sort_victims(const struct fg_schedule *schedule,
                         const struct fg_pass *pass,
                         struct victims *victims)
{
    for (size_t i = 0; i < victims->len;) {
        struct fg_victim *victim = &victims->items[i];
        const struct runner *runner = victim->runner;
        if (fg_schedule_ends_anyway(schedule, pass, runner, victim->job)) {
            struct fg_victim ends = *victim;
            *victim = victims->items[--victims->len];
            victims->items[victims->len] = ends;
            victims->soon_len++;
            continue;
        }
        victim->standing = fg_ranking_standing(schedule->ranking, pass->queue, victim->job);
        victim->cost_us =
            fg_stop_cost_us(schedule->config, victim->job, fg_runner_grants(runner),
                            runner->grants_len, pass->now_us);
        victim->grace_us = fg_stop_grace_us(schedule->config, victim->job);
        i++;
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

/* In the shadow pool who is stopping has stopped. */
static void let_stop(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    fg_schedule_what_if(schedule, pass->pool);
    size_t left = schedule->runners.stopping;
    for (const struct runner *runner = schedule->runners.slots; left > 0; runner++) {
        if (!runner->job || !runner->stopping)
            continue;
        left--;
        if (!fg_reserved_has(&schedule->reserved, runner))
            release(schedule->what_if, runner);
    }
}

static bool has_room(const struct fg_schedule *schedule, const struct fg_gang *gang)
{
    struct fg_gang_room room = fg_gang_room(schedule->what_if, gang);
    return fg_gang_has_room(gang, &room);
}

/* -- who is waited for ------------------------------------------------------------------------------------ */

struct waited {
    const struct runner **runners;
    size_t len;
};

/* Those that end anyway, and whoever is over before the first that is asked could have stopped.  In the shadow pool they have
 * let go. */
static void let_end(struct fg_schedule *schedule,
                    const struct fg_pass *pass,
                    const struct victims *victims,
                    struct waited *out)
{
    int64_t soon_us = INT64_MAX;
    for (size_t i = 0; i < victims->len; i++)
        if (pass->now_us + victims->items[i].grace_us < soon_us)
            soon_us = pass->now_us + victims->items[i].grace_us;
    for (size_t i = victims->len; i < victims->len + victims->soon_len; i++)
        if (victims->items[i].runner->end_us > soon_us)
            out->runners[out->len++] = victims->items[i].runner;
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        const struct fg_job *job = runner->job && runner->end_us <= soon_us
                                       ? fg_queue_get(pass->queue, runner->job)
                                       : NULL;
        bool is_due =
            job && runner->end_us > pass->now_us && surely_over_us(job, runner) <= soon_us;
        if (runner->job && (runner->stopping || is_due))
            out->runners[out->len++] = runner;
    }
    fg_schedule_what_if(schedule, pass->pool);
    for (size_t i = 0; i < out->len; i++)
        release(schedule->what_if, out->runners[i]);
}

/* The last of those in the head's way has let go. */
static int64_t free_us(const struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct victims *victims,
                       const struct waited *waited)
{
    int64_t last_us = pass->now_us + 1;
    for (size_t i = 0; i < victims->len; i++) {
        const struct fg_victim *victim = &victims->items[i];
        if (victim->chosen && pass->now_us + victim->grace_us > last_us)
            last_us = pass->now_us + victim->grace_us;
    }
    for (size_t i = 0; i < waited->len; i++)
        if (waited->runners[i]->end_us > last_us
            && fg_victims_is_in_the_way(schedule->what_if, waited->runners[i]))
            last_us = waited->runners[i]->end_us;
    return last_us;
}

/* -- is it worth it --------------------------------------------------------------------------------------- */

/* The forecast has those gone that have outrun what they were taken for; but who has no time limit runs on, as long again as
 * it has run so far, for all that is known.  When the first of them ends; INT64_MAX: there are none. */
static int64_t overdue_until_us(const struct fg_schedule *schedule, const struct fg_pass *pass)
{
    int64_t until_us = INT64_MAX;
    struct fg_end end;
    for (bool more = fg_ends_after(schedule->runners.ends, INT64_MIN, 0, &end);
         more && end.end_us <= pass->now_us + 1;
         more = fg_ends_after(schedule->runners.ends, end.end_us, end.job, &end)) {
        const struct fg_job *job = fg_queue_get(pass->queue, end.job);
        if (!job || job->time_limit_us > 0 || job->started_us <= 0
            || schedule->runners.slots[end.slot].stopping)
            continue;
        int64_t guess_us = pass->now_us + (pass->now_us - job->started_us);
        until_us = guess_us < until_us ? guess_us : until_us;
    }
    return until_us;
}

int64_t fg_schedule_gain_us(struct fg_schedule *schedule,
                            struct fg_pass *pass,
                            const struct fg_gang *gang,
                            const struct fg_grant *grants,
                            int64_t at_us)
{
    int64_t else_us = schedule->reservation.at_us;
    if (else_us == INT64_MAX)
        else_us = fg_forecast_reserve(schedule, pass, gang);
    if (else_us <= pass->now_us + 1) {
        int64_t overdue_us = overdue_until_us(schedule, pass);
        else_us = overdue_us < INT64_MAX ? overdue_us : else_us;
    }
    if (else_us == INT64_MAX)
        return INT64_MAX;
    __int128 gain = else_us > at_us ? else_us - at_us : 0;
    gain *= fg_stop_weight_milli(grants, gang->tasks);
    return gain / 1000 > INT64_MAX ? INT64_MAX : (int64_t)(gain / 1000);
}

/* Who is not below the head in priority loses no more than the head gains by starting sooner. */
static bool is_worth_it(struct fg_schedule *schedule,
                        struct fg_pass *pass,
                        const struct fg_job *head,
                        const struct fg_gang *gang,
                        const struct victims *victims)
{
    __int128 cost = 0;
    for (size_t i = 0; i < victims->len; i++)
        if (victims->items[i].chosen
            && !fg_ranking_is_above(pass->queue, head, victims->items[i].job))
            cost += victims->items[i].cost_us;
    return cost == 0
           || cost <= fg_schedule_gain_us(schedule, pass, gang, schedule->head_grants,
                                          schedule->preempted_us);
}

static bool choose(struct fg_schedule *schedule,
                   struct fg_pass *pass,
                   const struct fg_job *head,
                   const struct fg_gang *gang,
                   struct victims *victims)
{
    struct waited waited = {
        .runners = malloc((fg_ends_len(schedule->runners.ends) + victims->soon_len + 1)
                          * sizeof(const struct runner *))};
    if (!waited.runners)
        abort();
    let_end(schedule, pass, victims, &waited);
    schedule->head_grants = fg_schedule_room(schedule->head_grants, gang->tasks,
                                             &schedule->head_room, sizeof(struct fg_grant));
    bool chosen = !has_room(schedule, gang)
                  && fg_victims_choose(schedule->what_if, gang, victims->items, victims->len,
                                       schedule->head_grants);
    schedule->preempted_us = chosen ? free_us(schedule, pass, victims, &waited) : INT64_MAX;
    free(waited.runners);
    return chosen && is_worth_it(schedule, pass, head, gang, victims);
}

/* Ask those that are in the head's way.  Nobody is asked if those who go anyway are enough: the head's reservation is then
 * found as if nobody could be. */
static bool push_aside(struct fg_schedule *schedule,
                       struct fg_pass *pass,
                       const struct fg_job *head,
                       const struct fg_gang *gang,
                       struct victims *victims)
{
    sort_victims(schedule, pass, victims);
    if (!choose(schedule, pass, head, gang, victims))
        return false;
    for (size_t i = victims->len; i-- > 0;)
        if (victims->items[i].chosen)
            *fg_schedule_decide(schedule) =
                (struct fg_decision){.kind = FG_DECIDE_PREEMPT,
                                     .job = victims->items[i].runner->job,
                                     .for_job = head->id};
    schedule->reservation.at_us = schedule->preempted_us;
    return true;
}

/* -- the head --------------------------------------------------------------------------------------------- */

/* Are those enough who stop already? */
static bool waits_for_stops(struct fg_schedule *schedule,
                            const struct fg_pass *pass,
                            const struct fg_gang *gang)
{
    if (schedule->runners.stopping == 0)
        return false;
    let_stop(schedule, pass);
    return has_room(schedule, gang);
}

/* Most often all together are too few, which is found without sorting them. */
static bool look_for_victims(struct fg_schedule *schedule,
                             struct fg_pass *pass,
                             const struct fg_gang *gang,
                             struct fg_pusher *pusher)
{
    struct victims victims = {
        .items = malloc(schedule->runners.preemptible * sizeof(victims.items[0]))};
    if (!victims.items)
        abort();
    list_victims(schedule, pass, pusher, &victims);
    bool done = false;
    if (victims.len == 0) {
        fg_refusal_nobody(schedule, pass, gang, pusher);
    } else if (!fg_refusal_too_few(schedule, pass, gang, pusher)) {
        done = push_aside(schedule, pass, pusher->head, gang, &victims);
        pusher->steady_until_us = pass->now_us; /* what it costs changes with time */
    }
    free(victims.items);
    return done;
}

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
    int64_t until_us = fg_refused_until_us(schedule, pass, gang, &pusher);
    if (until_us > pass->now_us) {
        /* as before */
    } else if (waits_for_stops(schedule, pass, gang)) {
        until_us = pass->now_us; /* nobody was looked at */
    } else {
        done = look_for_victims(schedule, pass, gang, &pusher);
        until_us = pusher.steady_until_us;
        if (schedule->refusal.newcomers && pusher.newcomers_until_us < until_us)
            until_us = pusher.newcomers_until_us;
    }
    if (until_us < schedule->steady_until_us)
        schedule->steady_until_us = until_us;
    return done;
}
