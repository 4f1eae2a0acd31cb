/* runners.c - see runners.h; and what the owner tells of them (schedule.h). */
#include "schedule/schedule_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LASTS_MAX_US (1LL << 60)

void fg_runners_init(struct runners *runners)
{
    *runners = (struct runners){.by_job = fg_map_new(64), .ends = fg_ends_new()};
}

void fg_runners_fini(struct runners *runners)
{
    for (size_t i = 0; i < runners->len; i++)
        free(runners->slots[i].many);
    free(runners->slots);
    free(runners->free_slots);
    free(runners->preemptible_slots);
    fg_map_free(runners->by_job);
    fg_ends_free(runners->ends);
}

struct runner *fg_runners_get(const struct runners *runners, fg_job_id job)
{
    uint32_t slot;
    return fg_map_get(runners->by_job, job, &slot) ? &runners->slots[slot] : NULL;
}

static struct fg_end end_of(const struct runners *runners, const struct runner *runner)
{
    return (struct fg_end){runner->end_us, runner->job, (uint32_t)(runner - runners->slots)};
}

static uint32_t take_slot(struct runners *runners)
{
    if (runners->free_len)
        return runners->free_slots[--runners->free_len];
    runners->slots = fg_schedule_room(runners->slots, runners->len + 1, &runners->room,
                                      sizeof(runners->slots[0]));
    return (uint32_t)runners->len++;
}

static void list_preemptible(struct runners *runners, uint32_t slot)
{
    runners->preemptible_slots =
        fg_schedule_room(runners->preemptible_slots, runners->preemptible + 1,
                         &runners->preemptible_room, sizeof(uint32_t));
    runners->slots[slot].preemptible_at = (uint32_t)runners->preemptible;
    runners->preemptible_slots[runners->preemptible++] = slot;
}

static void unlist_preemptible(struct runners *runners, const struct runner *runner)
{
    uint32_t last = runners->preemptible_slots[--runners->preemptible];
    runners->preemptible_slots[runner->preemptible_at] = last;
    runners->slots[last].preemptible_at = runner->preemptible_at;
}

struct runner *fg_runners_add(struct runners *runners,
                              const struct fg_running *running,
                              bool preemptible)
{
    uint32_t slot = take_slot(runners);
    assert(runners->slots);
    struct runner *runner = &runners->slots[slot];
    *runner = (struct runner){.job = running->job,
                              .end_us = running->end_us,
                              .told_us = running->end_us,
                              .stopping = running->stopping,
                              .preemptible = preemptible,
                              .seen = runners->lists,
                              .grants_len = (uint32_t)running->grants_len};
    if (running->grants_len == 1)
        runner->one = running->grants[0];
    if (running->grants_len > 1) {
        size_t size = running->grants_len * sizeof(running->grants[0]);
        runner->many = malloc(size);
        if (!runner->many)
            abort();
        memcpy(runner->many, running->grants, size);
    }
    fg_map_put(runners->by_job, runner->job, slot);
    fg_ends_add(runners->ends, end_of(runners, runner));
    if (preemptible && !running->stopping)
        list_preemptible(runners, slot);
    runners->stopping += running->stopping;
    runners->changes++;
    return runner;
}

void fg_runners_size(struct runners *runners, struct runner *runner, const struct fg_job *job)
{
    runner->elastic = runner->preemptible && job->tasks < fg_job_tasks_max(job);
    runner->growable = runner->preemptible && runner->grants_len < fg_job_tasks_max(job);
    runners->elastic += runner->elastic;
    runners->growable += runner->growable;
}

void fg_runners_del(struct runners *runners, struct runner *runner)
{
    runners->elastic -= runner->elastic;
    runners->growable -= runner->growable;
    fg_ends_del(runners->ends, end_of(runners, runner));
    fg_map_del(runners->by_job, runner->job);
    if (runner->preemptible && !runner->stopping)
        unlist_preemptible(runners, runner);
    runners->stopping -= runner->stopping;
    runners->changes++;
    free(runner->many);
    *runner = (struct runner){};
    runners->free_slots = fg_schedule_room(runners->free_slots, runners->free_len + 1,
                                           &runners->free_room, sizeof(uint32_t));
    runners->free_slots[runners->free_len++] = (uint32_t)(runner - runners->slots);
}

/* -- what the owner tells ------------------------------------------------------------------------------ */

void fg_schedule_over(struct fg_schedule *schedule, fg_job_id job)
{
    struct runner *runner = fg_runners_get(&schedule->runners, job);
    if (!runner)
        return;
    fg_forecast_release(schedule, runner);
    fg_refusal_over(&schedule->refusal, runner);
    for (uint32_t i = 0; i < runner->grants_len; i++)
        fg_planner_gained(&schedule->planner, fg_runner_grants(runner)[i].node);
    fg_runners_del(&schedule->runners, runner);
}

static bool is_same(const struct runner *runner, const struct fg_running *running)
{
    return runner->stopping == running->stopping && runner->told_us == running->end_us
           && runner->grants_len == running->grants_len
           && (running->grants_len == 0
               || memcmp(fg_runner_grants(runner), running->grants,
                         running->grants_len * sizeof(running->grants[0]))
                      == 0);
}

void fg_schedule_runs(struct fg_schedule *schedule,
                      const struct fg_queue *queue,
                      const struct fg_running *running)
{
    struct runner *runner = fg_runners_get(&schedule->runners, running->job);
    const struct fg_job *job = fg_queue_get(queue, running->job);
    bool preemptible = job && job->preemptible;
    if (runner && is_same(runner, running) && runner->preemptible == preemptible) {
        runner->seen = schedule->runners.lists;
        return;
    }
    uint64_t expected = schedule->forecast.expected;
    if (runner)
        fg_schedule_over(schedule, running->job);
    runner = fg_runners_add(&schedule->runners, running, preemptible);
    if (job)
        fg_runners_size(&schedule->runners, runner, job);
    fg_forecast_claim(schedule, runner);
    fg_refusal_began(&schedule->refusal, runner);
    schedule->forecast.expected = expected; /* it holds what it held */
}

/* The least of its guess, twice that, and so on, that is not over. */
static int64_t outrun_us(const struct runner *runner, int64_t lasts_us, int64_t now_us)
{
    int64_t begun_us = runner->told_us - lasts_us;
    while (begun_us + lasts_us <= now_us && lasts_us < LASTS_MAX_US)
        lasts_us *= 2;
    return begun_us + lasts_us;
}

void fg_schedule_outrun(struct fg_schedule *schedule, const struct fg_pass *pass)
{
    struct fg_ends *ends = schedule->runners.ends;
    struct fg_end end;
    bool more = schedule->config->learn_backfill && fg_ends_after(ends, INT64_MIN, 0, &end);
    for (; more && end.end_us <= pass->now_us;
         more = fg_ends_after(ends, end.end_us, end.job, &end)) {
        struct runner *runner = &schedule->runners.slots[end.slot];
        const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
        if (!job || job->time_limit_us > 0 || runner->stopping)
            continue;
        bool was_gone = end.end_us <= schedule->forecast.until_us;
        fg_ends_del(ends, end);
        runner->end_us = outrun_us(runner, fg_schedule_duration(schedule, job), pass->now_us);
        fg_ends_add(ends, end_of(&schedule->runners, runner));
        schedule->runners.changes++;
        if (was_gone)
            fg_forecast_claim(schedule, runner);
    }
}

bool fg_schedule_knows(const struct fg_schedule *schedule, const struct fg_running *running)
{
    const struct runner *runner = fg_runners_get(&schedule->runners, running->job);
    return runner && is_same(runner, running);
}

size_t fg_schedule_running(const struct fg_schedule *schedule)
{
    return fg_ends_len(schedule->runners.ends);
}

void fg_schedule_run_these(struct fg_schedule *schedule,
                           const struct fg_queue *queue,
                           const struct fg_running *running,
                           size_t len)
{
    struct runners *runners = &schedule->runners;
    runners->lists++;
    for (size_t i = 0; i < len; i++)
        fg_schedule_runs(schedule, queue, &running[i]);
    for (size_t i = 0; i < runners->len && fg_ends_len(runners->ends) > len; i++)
        if (runners->slots[i].job && runners->slots[i].seen != runners->lists)
            fg_schedule_over(schedule, runners->slots[i].job);
}
