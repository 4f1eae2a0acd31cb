/* forecast.c - see forecast.h */
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void fg_forecast_fini(struct forecast *forecast)
{
    for (size_t i = 0; i < FG_COUNTERS; i++)
        fg_room_counter_free(&forecast->counters[i]);
    free(forecast->head);
    fg_pool_free(forecast->pool);
}

/* -- following what begins and ends ------------------------------------------------------------------ */

static void lift(struct forecast *forecast)
{
    while (forecast->head_len > 0)
        fg_pool_release(forecast->pool, &forecast->head[--forecast->head_len]);
}

/* What is reserved in advance is taken for good, whoever has it. */
static void release(struct fg_schedule *schedule, const struct runner *runner)
{
    for (size_t i = 0; i < runner->grants_len; i++)
        if (!fg_reserved_has_grant(&schedule->reserved, &fg_runner_grants(runner)[i]))
            fg_pool_release(schedule->forecast.pool, &fg_runner_grants(runner)[i]);
}

/* What cannot be claimed was held by somebody of whom nobody has told: look at the pool again. */
static void claim(struct fg_schedule *schedule, const struct runner *runner)
{
    struct forecast *forecast = &schedule->forecast;
    for (size_t i = 0; i < runner->grants_len && forecast->is_valid; i++)
        if (!fg_reserved_has_grant(&schedule->reserved, &fg_runner_grants(runner)[i])
            && fg_pool_claim(forecast->pool, &fg_runner_grants(runner)[i], NULL) != 0)
            forecast->is_valid = false;
}

void fg_forecast_claim(struct fg_schedule *schedule, const struct runner *runner)
{
    struct forecast *forecast = &schedule->forecast;
    if (!forecast->is_valid || runner->end_us <= forecast->until_us
        || fg_reserved_has_all(&schedule->reserved, runner))
        return;
    lift(forecast);
    claim(schedule, runner);
}

void fg_forecast_release(struct fg_schedule *schedule, const struct runner *runner)
{
    struct forecast *forecast = &schedule->forecast;
    forecast->expected += runner->grants_len;
    if (!forecast->is_valid || runner->end_us < forecast->until_us
        || fg_reserved_has_all(&schedule->reserved, runner))
        return;
    forecast->may_be_sooner = true;
    if (runner->end_us == forecast->until_us)
        return;
    lift(forecast);
    release(schedule, runner);
}

/* The head stays where it is for this pass; but where it would be placed now is for the next one to find. */
void fg_forecast_started_beside(struct fg_schedule *schedule)
{
    schedule->forecast.is_stale = true;
}

void fg_forecast_settle(struct fg_schedule *schedule, const struct fg_pool *pool)
{
    schedule->forecast.expected = fg_pool_changes(pool);
}

bool fg_forecast_stands(const struct fg_schedule *schedule, int64_t now_us)
{
    const struct forecast *forecast = &schedule->forecast;
    struct fg_end next;
    if (!forecast->is_valid)
        return false;
    return forecast->until_us > now_us
           || !fg_ends_after(schedule->runners.ends, forecast->until_us, UINT64_MAX, &next)
           || next.end_us > now_us + 1;
}

static const struct runner *runner_of(const struct fg_schedule *schedule, struct fg_end end)
{
    return &schedule->runners.slots[end.slot];
}

static void build(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    struct forecast *forecast = &schedule->forecast;
    size_t nodes_max = fg_pool_max(pass->pool);
    if (forecast->nodes_max != nodes_max) {
        fg_forecast_fini(forecast);
        *forecast = (struct forecast){.nodes_max = nodes_max, .pool = fg_pool_new(nodes_max)};
        if (!forecast->pool)
            abort();
    }
    fg_pool_copy(forecast->pool, pass->pool);
    forecast->head_len = 0;
    forecast->until_us = pass->now_us + 1;
    forecast->is_valid = true;
    forecast->generation = fg_pool_generation(pass->pool);
    forecast->may_be_sooner = true;
    struct fg_end end;
    for (bool more = fg_ends_after(schedule->runners.ends, INT64_MIN, 0, &end);
         more && end.end_us <= forecast->until_us;
         more = fg_ends_after(schedule->runners.ends, end.end_us, end.job, &end))
        release(schedule, runner_of(schedule, end));
}

/* -- room, counted -------------------------------------------------------------------------------------- */

static bool fits(struct forecast *forecast, struct room_counter *counter, uint32_t tasks)
{
    return fg_room_counter_fits(counter, forecast->pool, tasks);
}

/* The counter of this kind of gang; the one asked longest ago becomes it if there is none. */
static struct room_counter *counter_for(struct forecast *forecast, const struct fg_gang *gang)
{
    struct room_counter *oldest = &forecast->counters[0];
    for (size_t i = 0; i < FG_COUNTERS; i++) {
        struct room_counter *counter = &forecast->counters[i];
        if (counter->rooms && fg_gang_is_alike(&counter->gang, gang)) {
            counter->used = ++forecast->asked;
            return counter;
        }
        if (counter->used < oldest->used)
            oldest = counter;
    }
    fg_room_counter_set(oldest, gang, forecast->nodes_max);
    oldest->used = ++forecast->asked;
    return oldest;
}

/* -- the moment ----------------------------------------------------------------------------------------- */

/* All that end in (until, to] have ended. */
static void go_to(struct fg_schedule *schedule, int64_t to_us)
{
    struct forecast *forecast = &schedule->forecast;
    struct fg_end end;
    bool more = fg_ends_after(schedule->runners.ends, forecast->until_us, UINT64_MAX, &end);
    if (more && end.end_us <= to_us)
        lift(forecast);
    for (; more && end.end_us <= to_us;
         more = fg_ends_after(schedule->runners.ends, end.end_us, end.job, &end))
        release(schedule, runner_of(schedule, end));
    forecast->until_us = to_us;
}

/* All that end at `until` have not ended. */
static void take_back(struct fg_schedule *schedule)
{
    struct forecast *forecast = &schedule->forecast;
    struct fg_end end;
    int64_t until_us = forecast->until_us;
    for (bool more = fg_ends_after(schedule->runners.ends, until_us - 1, UINT64_MAX, &end);
         more && end.end_us == until_us;
         more = fg_ends_after(schedule->runners.ends, end.end_us, end.job, &end))
        claim(schedule, runner_of(schedule, end));
    forecast->until_us = until_us - 1;
}

/* It fits: does it sooner, too? */
static void tighten(struct fg_schedule *schedule,
                    struct room_counter *counter,
                    uint32_t tasks,
                    int64_t soonest_us)
{
    struct forecast *forecast = &schedule->forecast;
    struct fg_end last;
    while (forecast->is_valid && forecast->until_us > soonest_us
           && fg_ends_until(schedule->runners.ends, forecast->until_us, &last)
           && last.end_us > soonest_us) {
        forecast->until_us = last.end_us;
        take_back(schedule);
        if (!forecast->is_valid)
            return; /* what is reserved left room for more than was foreseen */
        if (fits(forecast, counter, tasks))
            continue;
        go_to(schedule, last.end_us);
        return;
    }
    forecast->until_us = soonest_us;
}

/* It does not fit: when will it? */
static bool advance(struct fg_schedule *schedule, struct room_counter *counter, uint32_t tasks)
{
    struct forecast *forecast = &schedule->forecast;
    struct fg_end next;
    while (!fits(forecast, counter, tasks)) {
        if (!fg_ends_after(schedule->runners.ends, forecast->until_us, UINT64_MAX, &next)) {
            forecast->until_us = INT64_MAX;
            return false;
        }
        go_to(schedule, next.end_us);
    }
    return true;
}

static void place(struct forecast *forecast, const struct fg_gang *gang)
{
    forecast->head = fg_schedule_room(forecast->head, gang->tasks, &forecast->head_room,
                                      sizeof(forecast->head[0]));
    int alternative = fg_gang_place(forecast->pool, NULL, NULL, gang, forecast->head);
    assert(alternative >= 0);
    (void)alternative;
    forecast->head_len = gang->tasks;
    forecast->gang = *gang;
    forecast->is_stale = false;
}

int64_t fg_forecast_reserve(struct fg_schedule *schedule,
                            const struct fg_pass *pass,
                            const struct fg_gang *gang)
{
    struct forecast *forecast = &schedule->forecast;
    int64_t soonest_us = pass->now_us + 1;
    if (!forecast->is_valid || forecast->generation != fg_pool_generation(pass->pool)
        || forecast->nodes_max != fg_pool_max(pass->pool))
        build(schedule, pass);
    if (forecast->until_us < soonest_us)
        go_to(schedule, soonest_us);
    bool is_new = forecast->gang.tasks != gang->tasks
                  || !fg_gang_is_alike(&forecast->gang, gang)
                  || memcmp(forecast->gang.order, gang->order, gang->ways_len) != 0;
    if (forecast->head_len > 0 && !is_new && !forecast->may_be_sooner && !forecast->is_stale)
        return forecast->until_us;
    lift(forecast);
    struct room_counter *counter = counter_for(forecast, gang);
    if (!fits(forecast, counter, gang->tasks)) {
        if (!advance(schedule, counter, gang->tasks)) {
            forecast->may_be_sooner = true;
            return INT64_MAX;
        }
    } else if (is_new || forecast->may_be_sooner) {
        tighten(schedule, counter, gang->tasks, soonest_us);
    }
    forecast->may_be_sooner = false;
    if (!forecast->is_valid) { /* the owner did not tell all */
        build(schedule, pass);
        return fg_forecast_reserve(schedule, pass, gang);
    }
    place(forecast, gang);
    return forecast->until_us;
}
