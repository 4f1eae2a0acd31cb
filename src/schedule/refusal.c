/* refusal.c - see refusal.h */
#include "schedule/schedule_inner.h"

#include <stdlib.h>

void fg_refusal_fini(struct refusal *refusal)
{
    fg_pool_free(refusal->pool);
    fg_room_counter_free(&refusal->counter);
}

void fg_refusal_forget(struct refusal *refusal)
{
    refusal->head = 0;
    refusal->is_kept = false;
}

/* -- following what begins and ends ------------------------------------------------------------------ */

static void release(struct refusal *refusal, const struct runner *runner)
{
    for (size_t i = 0; i < runner->grants_len; i++)
        fg_pool_release(refusal->pool, &fg_runner_grants(runner)[i]);
}

/* What cannot be claimed was held by somebody of whom nobody has told: look at the pool again. */
static void claim(struct refusal *refusal, const struct runner *runner)
{
    for (size_t i = 0; i < runner->grants_len; i++)
        if (fg_pool_claim(refusal->pool, &fg_runner_grants(runner)[i], NULL) != 0) {
            fg_refusal_forget(refusal);
            return;
        }
}

void fg_refusal_began(struct refusal *refusal, struct runner *runner)
{
    refusal->newcomers = refusal->newcomers || (runner->preemptible && !runner->stopping);
    runner->aside = runner->preemptible || runner->stopping;
    if (refusal->is_kept && !runner->aside)
        claim(refusal, runner);
}

void fg_refusal_over(struct refusal *refusal, const struct runner *runner)
{
    if (refusal->is_kept && !runner->aside)
        release(refusal, runner);
}

/* -- is it still so? ------------------------------------------------------------------------------------ */

static bool is_about(const struct refusal *refusal,
                     const struct fg_pass *pass,
                     const struct fg_gang *gang,
                     const struct fg_pusher *pusher)
{
    return refusal->head == pusher->head->id && refusal->pusher.mark == pusher->mark
           && refusal->nodes_generation == fg_pool_generation(pass->pool)
           && refusal->gang.tasks == gang->tasks && fg_gang_is_alike(&refusal->gang, gang);
}

int64_t fg_refused_until_us(struct fg_schedule *schedule,
                            const struct fg_pass *pass,
                            const struct fg_gang *gang,
                            const struct fg_pusher *pusher)
{
    struct refusal *refusal = &schedule->refusal;
    int64_t until_us = refusal->pusher.steady_until_us;
    if (!is_about(refusal, pass, gang, pusher)
        || refusal->orders != fg_queue_orders(pass->queue) || until_us <= pass->now_us)
        return INT64_MIN;
    if (!refusal->nobody)
        return refusal->is_kept
                       && !fg_room_counter_fits(&refusal->counter, refusal->pool, gang->tasks)
                   ? until_us
                   : INT64_MIN;
    return refusal->newcomers && refusal->pusher.newcomers_until_us < until_us
               ? refusal->pusher.newcomers_until_us
               : until_us;
}

/* -- after a look ------------------------------------------------------------------------------------------- */

static void note(struct fg_schedule *schedule,
                 const struct fg_pass *pass,
                 const struct fg_gang *gang,
                 const struct fg_pusher *pusher)
{
    struct refusal *refusal = &schedule->refusal;
    refusal->head = pusher->head->id;
    refusal->gang = *gang;
    refusal->pusher = *pusher;
    refusal->nodes_generation = fg_pool_generation(pass->pool);
    refusal->orders = fg_queue_orders(pass->queue);
    if (fg_queue_has_guarantees(pass->queue)) /* who holds what counts, too */
        refusal->head = 0;
}

void fg_refusal_nobody(struct fg_schedule *schedule,
                       const struct fg_pass *pass,
                       const struct fg_gang *gang,
                       const struct fg_pusher *pusher)
{
    note(schedule, pass, gang, pusher);
    schedule->refusal.nobody = true;
    schedule->refusal.is_kept = false;
}

static void build(struct fg_schedule *schedule,
                  const struct fg_pass *pass,
                  const struct fg_gang *gang)
{
    struct refusal *refusal = &schedule->refusal;
    size_t nodes_max = fg_pool_max(pass->pool);
    if (!refusal->pool || refusal->nodes_max != nodes_max) {
        fg_pool_free(refusal->pool);
        refusal->pool = fg_pool_new(nodes_max);
        refusal->nodes_max = nodes_max;
    }
    if (!refusal->pool)
        abort();
    fg_pool_copy(refusal->pool, pass->pool);
    fg_room_counter_set(&refusal->counter, gang, nodes_max);
    refusal->is_kept = true;
    for (size_t i = 0; i < schedule->runners.len; i++) {
        struct runner *runner = &schedule->runners.slots[i];
        runner->aside = runner->job && (runner->stopping || runner->pushable)
                        && !fg_reserved_has(&schedule->reserved, runner);
        if (runner->aside)
            release(refusal, runner);
    }
}

/* Those who stop have let go before. */
static void adjust(struct fg_schedule *schedule)
{
    struct runners *runners = &schedule->runners;
    struct refusal *refusal = &schedule->refusal;
    for (size_t i = 0; i < runners->preemptible && refusal->is_kept; i++) {
        struct runner *runner = &runners->slots[runners->preemptible_slots[i]];
        if (runner->aside == runner->pushable)
            continue;
        runner->aside = runner->pushable;
        if (runner->aside)
            release(refusal, runner);
        else
            claim(refusal, runner);
    }
}

bool fg_refusal_too_few(struct fg_schedule *schedule,
                        const struct fg_pass *pass,
                        const struct fg_gang *gang,
                        const struct fg_pusher *pusher)
{
    struct refusal *refusal = &schedule->refusal;
    if (refusal->is_kept && is_about(refusal, pass, gang, pusher))
        adjust(schedule);
    else
        refusal->is_kept = false;
    if (!refusal->is_kept)
        build(schedule, pass, gang);
    note(schedule, pass, gang, pusher);
    refusal->nobody = false;
    bool too_few = !fg_room_counter_fits(&refusal->counter, refusal->pool, gang->tasks);
    if (fg_reserved_is_any(&schedule->reserved)) /* what ends there is not free for the head */
        fg_refusal_forget(refusal);
    return too_few;
}
