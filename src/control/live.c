/* live.c - attempts under way: who holds what. */
#include "control/control_inner.h"

#include "base/grow.h"
#include "schedule/stop.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct live *fg_live_get(struct fg_control *control, fg_job_id job)
{
    uint32_t at;
    return fg_map_get(control->live_by_job, job, &at) ? &control->lives[at] : NULL;
}

struct live *fg_live_add(struct fg_control *control,
                         const struct fg_job *job,
                         const struct fg_grant *grants,
                         int64_t begun_us)
{
    assert(!fg_live_get(control, job->id) && job->tasks_held > 0);
    control->lives =
        fg_grow(control->lives, control->lives_len, &control->lives_room, sizeof(struct live));
    struct live *live = &control->lives[control->lives_len];
    *live = (struct live){
        .job = job->id,
        .attempt = job->attempt,
        .tasks = job->tasks_held,
        .grants = calloc(job->tasks_held, sizeof(struct fg_grant)),
        .task_state = calloc(job->tasks_held, 1),
        .claimed = true,
        .begun_us = begun_us,
        .started_us = job->started_us,
        .usage = {.max_rss_mib = -1},
    };
    if (!live->grants || !live->task_state)
        abort();
    memcpy(live->grants, grants, job->tasks_held * sizeof(grants[0]));
    live->amount = fg_schedule_amount(
        control->pool, fg_queue_project(control->queue, job->project), grants, job->tasks_held);
    fg_map_put(control->live_by_job, job->id, (uint32_t)control->lives_len++);
    return live;
}

struct fg_running fg_live_running(const struct fg_control *control, const struct live *live)
{
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    return (struct fg_running){
        .job = live->job,
        .end_us = live->stop_us ? live->stop_us + fg_stop_grace_us(control->config, job)
                                : live->begun_us + fg_schedule_duration(control->schedule, job),
        .grants = live->grants,
        .grants_len = live->claimed ? live->tasks : 0,
        .stopping = job->stop_sent || job->cancel_asked,
    };
}

void fg_live_hold(struct fg_control *control, struct live *live)
{
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    live->claimed = fg_pool_claim_all(control->pool, live->grants, live->tasks, NULL) == 0;
    if (!live->claimed)
        return;
    fg_held_add(fg_queue_held(control->queue, job->project), &live->amount);
    fg_quota_add(control->queue, control->pool, job, live->grants, live->tasks);
    fg_demand_started(control, live);
}

void fg_live_unhold(struct fg_control *control, struct live *live)
{
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    struct fg_held *held = fg_queue_held(control->queue, job->project);
    fg_demand_ended(control, live);
    for (uint32_t task = 0; live->claimed && task < live->tasks; task++)
        fg_pool_release(control->pool, &live->grants[task]);
    fg_held_settle(held, control->now_us, control->config->fair_half_life_s);
    if (live->claimed) {
        fg_held_take(held, &live->amount);
        fg_quota_take(control->queue, control->pool, job, live->grants, live->tasks);
    }
    live->claimed = false;
    for (uint32_t task = 0; task < live->tasks; task++)
        fg_node_freed(control, live->grants[task].node);
}

void fg_live_del(struct fg_control *control, struct live *live)
{
    assert(fg_queue_get(control->queue, live->job));
    fg_schedule_over(control->schedule, live->job);
    fg_live_unhold(control, live);
    free(live->grants);
    free(live->task_state);
    fg_map_del(control->live_by_job, live->job);
    struct live *last = &control->lives[--control->lives_len];
    if (live != last) {
        *live = *last;
        fg_map_put(control->live_by_job, live->job, (uint32_t)(live - control->lives));
    }
}

int64_t fg_live_moment(const struct fg_control *control,
                       const struct live *live,
                       int64_t time_us)
{
    bool is_early = time_us < live->begun_us && !live->is_adopted;
    int64_t moment_us = is_early ? live->begun_us : time_us;
    return moment_us < control->now_us ? moment_us : control->now_us;
}

void fg_live_names(struct fg_control *control,
                   const struct fg_grant *grants,
                   size_t len,
                   struct fg_buf *nodes,
                   struct fg_buf *devices)
{
    fg_node_id last = 0;
    uint32_t seen = 0;
    fg_buf_puts(devices, "[");
    for (size_t i = 0; i < len; i++) {
        const struct fg_node_spec *spec = fg_pool_spec(control->pool, grants[i].node);
        bool again = grants[i].node == last;
        if (!again)
            fg_buf_printf(nodes, "%s%s", nodes->len ? "," : "", spec->name);
        uint32_t fresh = again ? grants[i].devices & ~seen : grants[i].devices;
        seen = again ? seen | grants[i].devices : grants[i].devices;
        last = grants[i].node;
        for (; fresh; fresh &= fresh - 1) {
            uint32_t at = (uint32_t)__builtin_ctz(fresh);
            if (at >= spec->devices_len)
                continue; /* it had it once */
            fg_buf_printf(devices, "%s\"%s-%u\"", devices->len > 1 ? "," : "",
                          spec->devices[at].kind, at);
        }
        if (!grants[i].devices && !again)
            fg_buf_printf(devices, "%s\"cpu\"", devices->len > 1 ? "," : "");
    }
    fg_buf_puts(devices, "]");
}

void fg_live_stop(struct fg_control *control, struct live *live, int64_t grace_us)
{
    if (!live->stop_us)
        live->stop_us = control->now_us;
    struct fg_running running = fg_live_running(control, live);
    fg_schedule_runs(control->schedule, control->queue, &running);
    for (uint32_t task = 0; task < live->tasks; task++)
        if (live->task_state[task] != TASK_OVER)
            fg_control_effect(
                control, EFFECT_STOP,
                (struct fg_task_key){.job = live->job, .attempt = live->attempt, .task = task},
                grace_us);
}
