/* start.c - a scheduling pass, made durable as intents; the starts themselves come after the commit. */
#include "control/control_inner.h"

#include "base/grow.h"

#include "model/job_json.h"
#include "schedule/reservation.h"

#include <assert.h>
#include <string.h>

/* The grant's share of what its node costs an hour; -1: it has no price. */
static int64_t node_price(const struct fg_control *control, const struct fg_grant *grant)
{
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, grant->node);
    int64_t all = spec->devices_len ? spec->devices_len * 1000LL : spec->cpu_milli;
    int64_t held = spec->devices_len
                       ? __builtin_popcount(grant->devices) * (int64_t)grant->gpu_milli
                       : (int64_t)grant->cpu_milli;
    if (spec->price_uusd_per_hour <= 0 || all == 0)
        return -1;
    return (int64_t)((__int128)spec->price_uusd_per_hour * held / all);
}

/* By the order that a node came with, or by what its supplier asks; else by the settings. */
static int64_t price_of(const struct fg_control *control, const struct live *live)
{
    const struct fg_config *config = control->config;
    int64_t sum = 0, cpu_milli = live->amount.cpu_milli, gpu_milli = live->amount.gpu_milli;
    for (uint32_t task = 0; task < live->tasks; task++) {
        const struct fg_grant *grant = &live->grants[task];
        int64_t price = fg_order_price(control, grant);
        if (price < 0)
            price = node_price(control, grant);
        if (price < 0)
            continue;
        sum += price;
        cpu_milli -= grant->cpu_milli;
        gpu_milli -= __builtin_popcount(grant->devices) * (int64_t)grant->gpu_milli;
    }
    return sum
           + (config->cpu_price_uusd_per_core_hour * cpu_milli
              + config->gpu_price_uusd_per_hour * gpu_milli)
                 / 1000;
}

int64_t fg_control_price(const struct fg_control *control, const struct live *live)
{
    const struct fg_config *config = control->config;
    bool has_prices =
        config->cpu_price_uusd_per_core_hour > 0 || config->gpu_price_uusd_per_hour > 0;
    for (uint32_t task = 0; !has_prices && task < live->tasks; task++)
        has_prices = fg_order_of_node(control, live->grants[task].node) != NULL
                     || node_price(control, &live->grants[task]) >= 0;
    return has_prices ? price_of(control, live) : -1;
}

size_t fg_control_running(struct fg_control *control)
{
    for (size_t i = 0; i < control->lives_len; i++) {
        control->running =
            fg_grow(control->running, i, &control->running_room, sizeof(struct fg_running));
        control->running[i] = fg_live_running(control, &control->lives[i]);
    }
    return control->lives_len;
}

static void intend_start(struct fg_control *control, const struct fg_decision *decision)
{
    struct fg_job job = *fg_queue_get(control->queue, decision->job);
    int rc = fg_job_move(&job.state, FG_JOB_STARTING, NULL);
    assert(rc == 0);
    (void)rc;
    job.attempt++;
    job.started_us = 0;
    job.tasks_held = (uint32_t)decision->grants_len;
    fg_queue_set(control->queue, &job);
    const struct fg_grant *grants = fg_schedule_grants(control->schedule) + decision->grants_at;
    struct live *live = fg_live_add(control, &job, grants, control->now_us);
    fg_demand_started(control, live);
    fg_job_write(control, &job, "", 0, 0);
    fg_attempt_write(control, live, FG_JOB_STARTING, "");
    fg_control_effect(control, EFFECT_START,
                      (struct fg_task_key){.job = job.id, .attempt = job.attempt}, 0);
}

void fg_control_stop(struct fg_control *control, fg_job_id id, const char *reason)
{
    struct fg_job job = *fg_queue_get(control->queue, id);
    job.stop_sent = true;
    fg_queue_set(control->queue, &job);
    fg_job_write(control, &job, reason, 0, 0);
    fg_live_stop(control, fg_live_get(control, job.id), -1);
}

void fg_control_preempt(struct fg_control *control,
                        fg_job_id id,
                        fg_job_id for_job,
                        const char *reason)
{
    if (fg_queue_get(control->queue, id)->stop_sent)
        return;
    fg_control_stop(control, id, reason);
    char text[24] = "null";
    if (for_job)
        snprintf(text, sizeof(text), "\"%llu\"", (unsigned long long)for_job);
    fg_control_tell(control, "job.preempted", fg_queue_get(control->queue, id), "\"for\":%s",
                    text);
}

static void intend_preempt(struct fg_control *control, const struct fg_decision *decision)
{
    char reason[FG_TEXT_MAX];
    if (decision->job == decision->for_job)
        snprintf(reason, sizeof(reason), "stopping, to start again with more tasks");
    else if (decision->for_job == 0)
        snprintf(reason, sizeof(reason), "stopping, its devices are reserved");
    else
        snprintf(reason, sizeof(reason), "stopping, to make room for job %llu",
                 (unsigned long long)decision->for_job);
    fg_control_preempt(control, decision->job, decision->for_job, reason);
}

void fg_control_pass(struct fg_control *control)
{
    control->pass_wanted = false;
    fg_control_shift(control);
    if (fg_queue_ready(control->queue) == 0 && !fg_schedule_may_act(control->schedule)
        && control->advances_len == 0)
        return;
    fg_ranking_tick(control->ranking, control->queue, control->pool, control->now_us);
    const struct fg_decision *decisions;
    size_t len = fg_schedule_go_on(control->schedule, control->pool, control->queue,
                                   control->now_us, &decisions);
    for (size_t i = 0; i < len; i++)
        if (decisions[i].kind == FG_DECIDE_START)
            intend_start(control, &decisions[i]);
        else
            intend_preempt(control, &decisions[i]);
    /* About 0.1 us for each job looked at: passes may take a tenth of the time. */
    control->pass_after_us = control->now_us + (int64_t)fg_schedule_looked(control->schedule);
}

/* -- after the commit ------------------------------------------------------------------------------------- */

/* It was not started and cannot be: the same as if the engine had said so later. */
static void not_started(struct fg_control *control,
                        struct fg_task_key key,
                        const struct fg_err *err)
{
    control->pending = fg_grow(control->pending, control->pending_len, &control->pending_room,
                               sizeof(struct fg_engine_event));
    struct fg_engine_event *event = &control->pending[control->pending_len++];
    *event = (struct fg_engine_event){
        .kind = FG_TASK_FAILED, .key = key, .time_us = control->now_us, .exit_code = 125};
    snprintf(event->reason, sizeof(event->reason), "%.*s", FG_TEXT_MAX - 1, err->text);
}

static int read_spec(struct fg_control *control,
                     fg_job_id id,
                     struct fg_job_spec *out,
                     struct fg_err *err)
{
    const char *json;
    size_t len;
    const struct fg_doc *doc;
    fg_arena_reset(control->arena);
    int rc = control->options.store_ops->job_spec(control->options.store, id, control->arena,
                                                  &json, &len, err);
    if (rc == 0)
        rc = fg_doc_json(json, len, control->arena, &doc, err);
    return rc == 0 ? fg_job_json_read(doc, control->now_us, control->arena, out, err) : rc;
}

/* It ends with its reservation. */
static void cut_limit(const struct fg_control *control,
                      const struct fg_job *job,
                      struct fg_job_spec *spec)
{
    int64_t cut_us = fg_schedule_cut_us(control->schedule, job, control->now_us);
    if (cut_us > 0 && (spec->time_limit_us == 0 || cut_us < spec->time_limit_us))
        spec->time_limit_us = cut_us;
}

/* In the arena of this start. */
static struct fg_task_place *places_of(struct fg_control *control, const struct live *live)
{
    struct fg_task_place *places = FG_NEW(control->arena, struct fg_task_place, live->tasks);
    for (uint32_t task = 0; task < live->tasks; task++) {
        places[task] =
            (struct fg_task_place){.node = fg_pool_spec(control->pool, live->grants[task].node),
                                   .grant = live->grants[task]};
        fg_job_limit_memory(control, live->job, &places[task].grant);
    }
    return places;
}

void fg_control_start(struct fg_control *control, fg_job_id id)
{
    struct live *live = fg_live_get(control, id);
    const struct fg_job *job = fg_queue_get(control->queue, id);
    if (!live || !job)
        return;
    struct fg_job_spec spec;
    struct fg_err err = {};
    int rc = read_spec(control, id, &spec, &err);
    if (rc == 0)
        cut_limit(control, job, &spec);
    struct fg_task_place *places = rc == 0 ? places_of(control, live) : NULL;
    for (uint32_t task = 0; task < live->tasks; task++) {
        struct fg_task_key key = {.job = id, .attempt = live->attempt, .task = task};
        if (rc == 0)
            rc = control->options.engine_ops->start(
                control->options.engine,
                &(struct fg_task_start){
                    .key = key,
                    .tasks = live->tasks,
                    .places = places,
                    .spec = &spec,
                    .node = places[task].node,
                    .grant = places[task].grant,
                    .project = fg_queue_project(control->queue, job->project)->name,
                    .user = fg_control_user(control, job->user),
                    .uid = -1,
                    .array_id = job->array_id,
                    .array_index = job->array_index,
                },
                &err);
        if (rc < 0)
            not_started(control, key, &err);
    }
}
