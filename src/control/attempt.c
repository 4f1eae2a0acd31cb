/* attempt.c - what the engine tells about tasks, and what it makes of the job.
 *
 * An attempt is over when every task is.  The first task that fails decides for the gang: the others are stopped.
 */
#include "control/control_inner.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_LOST_MAX 100 /* lost or preempted so often, a job is given up */
#define BACKOFF_MAX_US    (3600LL * 1000000)

/* What its first task has. */
static const char *kind_of(const struct fg_node_spec *spec, const struct fg_grant *grant)
{
    return grant->devices ? spec->devices[__builtin_ctz(grant->devices)].kind : "cpu";
}

void fg_attempt_write(struct fg_control *control,
                      const struct live *live,
                      enum fg_job_state outcome,
                      const char *reason)
{
    if (!fg_control_begin(control))
        return;
    struct fg_buf nodes = {}, devices = {};
    fg_live_names(control, live->grants, live->tasks, &nodes, &devices);
    bool over = outcome != FG_JOB_STARTING && outcome != FG_JOB_RUNNING;
    int64_t price = fg_control_price(control, live);
    int64_t ran_us = over && live->started_us ? control->now_us - live->started_us : 0;
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, live->grants[0].node);
    struct fg_attempt_row row = {
        .job = live->job,
        .attempt = live->attempt,
        .started_us = live->started_us,
        .finished_us = over ? control->now_us : 0,
        .exit_code = live->exit_code,
        .term_signal = live->term_signal,
        .outcome = outcome,
        .usage = live->usage,
        .grants = live->grants,
        .grants_len = live->tasks,
        .node = nodes.text ? nodes.text : "",
        .devices = devices.text,
        .cost_uusd = price < 0 ? -1 : (int64_t)((__int128)price * ran_us / 3600000000LL),
        .reason = reason,
        .kind = kind_of(spec, &live->grants[0]),
        .supplier = spec->supplier,
        .region = spec->region,
    };
    if (over) {
        fg_teach_attempt(control, live, outcome, reason);
        fg_budget_book(control, live);
        fg_orders_book_live(control, live);
    }
    struct fg_err err = {};
    fg_control_wrote(
        control, control->options.store_ops->attempt_put(control->options.store, &row, &err),
        &err);
    fg_buf_free(&nodes);
    fg_buf_free(&devices);
}

/* -- the end ------------------------------------------------------------------------------------------ */

static int64_t backoff(const struct fg_job *job)
{
    uint32_t doublings = job->failures > 1 ? job->failures - 1 : 0;
    if (doublings > 30)
        return BACKOFF_MAX_US;
    int64_t pause = job->retry_backoff_us << doublings;
    return pause > BACKOFF_MAX_US || pause < 0 ? BACKOFF_MAX_US : pause;
}

static void queue_again(struct fg_control *control,
                        struct fg_job *job,
                        int64_t pause_us,
                        const char *reason)
{
    fg_job_count_service(control, job);
    int rc = fg_job_move(&job->state, FG_JOB_QUEUED, NULL);
    assert(rc == 0);
    (void)rc;
    job->eligible_us = pause_us ? control->now_us + pause_us : 0;
    job->started_us = 0;
    job->tasks_held = 0;
    job->stop_sent = false;
    if (control->config->learn_memory)
        fg_job_ask_again(control, job);
    fg_queue_set(control->queue, job);
    fg_job_write(control, job, reason, 0, 0);
    fg_control_tell(control, "job.queued", job, "\"attempt\":%u", job->attempt);
    control->pass_wanted = true;
}

static void failed(struct fg_control *control, struct live *live, struct fg_job *job)
{
    int32_t code = live->not_started   ? 125
                   : live->term_signal ? 128 + live->term_signal
                                       : live->exit_code;
    char reason[FG_TEXT_MAX];
    if (live->reason[0])
        snprintf(reason, sizeof(reason), "%s", live->reason);
    else if (live->term_signal)
        snprintf(reason, sizeof(reason), "ended by signal %d", live->term_signal);
    else
        snprintf(reason, sizeof(reason), "exit code %d", live->exit_code);
    fg_attempt_write(control, live, FG_JOB_FAILED, reason);
    int32_t term_signal = live->term_signal;
    fg_live_del(control, live);
    job->failures++;
    if (job->failures <= job->retries)
        queue_again(control, job, backoff(job), reason);
    else
        fg_job_finish(control, job, FG_JOB_FAILED, reason, code, term_signal);
}

static void end_with(struct fg_control *control,
                     struct live *live,
                     struct fg_job *job,
                     enum fg_job_state state,
                     const char *reason,
                     int32_t code)
{
    fg_attempt_write(control, live, state, reason);
    int32_t term_signal = live->term_signal;
    fg_live_del(control, live);
    fg_job_finish(control, job, state, reason, code, term_signal);
}

/* Through no fault of its own: preempted, its node or supervisor lost. */
static void interrupted(struct fg_control *control,
                        struct live *live,
                        struct fg_job *job,
                        const char *reason)
{
    if (job->attempt >= ATTEMPTS_LOST_MAX + job->retries) {
        end_with(control, live, job, FG_JOB_FAILED, "interrupted too often", 125);
        return;
    }
    fg_attempt_write(control, live, FG_JOB_QUEUED, reason);
    fg_live_del(control, live);
    queue_again(control, job, 0, reason);
}

/* The engine may forget the tasks: only now is their end durable, as part of the attempt's. */
static void collect_tasks(struct fg_control *control, const struct live *live)
{
    for (uint32_t task = 0; task < live->tasks; task++)
        fg_control_effect(control, EFFECT_COLLECT,
                          (struct fg_task_key){live->job, live->attempt, task}, 0);
}

/* Who was asked to stop and ended before the signal came did so by itself.  Who ended after it may have been at its end, or
 * have saved its work: it runs again, and finds out. */
static void end_attempt(struct fg_control *control, struct live *live)
{
    collect_tasks(control, live);
    struct fg_job job = *fg_queue_get(control->queue, live->job);
    char reason[FG_TEXT_MAX];
    snprintf(reason, sizeof(reason), "%s", live->reason);
    if (job.cancel_asked)
        end_with(control, live, &job, FG_JOB_CANCELLED, "cancelled", 130);
    else if (live->timed_out)
        end_with(control, live, &job, FG_JOB_TIMED_OUT,
                 reason[0] ? reason : "over its time limit", 124);
    else if (live->lost && fg_node_job_is_to_blame(control, live, reason))
        end_with(control, live, &job, FG_JOB_FAILED, reason, 125);
    else if (live->lost) {
        fg_node_explain_loss(control, live, reason);
        interrupted(control, live, &job, reason);
    } else if (job.stop_sent && (live->stopped || live->not_started))
        interrupted(control, live, &job,
                    live->stop_why ? live->stop_why : "preempted by a job of higher priority");
    else if (live->exit_code == 0 && live->term_signal == 0 && !live->not_started)
        end_with(control, live, &job, FG_JOB_SUCCEEDED, "", 0);
    else if (fg_node_device_is_to_blame(control, live, reason))
        interrupted(control, live, &job, reason);
    else if (fg_job_outgrew(control, live))
        interrupted(control, live, &job,
                    "its node ran short of memory, and it took more than jobs like it do; it "
                    "starts again with all that it asks set apart");
    else
        failed(control, live, &job);
}

/* -- single events --------------------------------------------------------------------------------------- */

static bool task_failed(const struct fg_engine_event *event)
{
    return event->kind != FG_TASK_EXITED || event->exit_code != 0 || event->term_signal
           || event->timed_out || event->out_of_memory;
}

static void note_failure(struct live *live, const struct fg_engine_event *event)
{
    live->exit_code = event->exit_code;
    live->term_signal = event->term_signal;
    live->timed_out = event->timed_out;
    live->lost = event->kind == FG_TASK_LOST;
    live->not_started = event->kind == FG_TASK_FAILED;
    snprintf(live->reason, sizeof(live->reason), "%s", event->reason);
    if (!live->reason[0] && event->out_of_memory)
        snprintf(live->reason, sizeof(live->reason), "went over its memory limit");
}

static void task_started(struct fg_control *control,
                         struct live *live,
                         const struct fg_engine_event *event)
{
    if (live->task_state[event->key.task] != TASK_ASKED)
        return;
    fg_node_task_began(control, live, event);
    live->task_state[event->key.task] = TASK_RUNS;
    struct fg_job job = *fg_queue_get(control->queue, live->job);
    if (++live->started < live->tasks)
        return;
    if (job.state != FG_JOB_STARTING) {
        /* Found alive after a restart, with its end already asked for: ask again. */
        if (job.cancel_asked || job.stop_sent)
            fg_live_stop(control, live, -1);
        return;
    }
    int rc = fg_job_move(&job.state, FG_JOB_RUNNING, NULL);
    assert(rc == 0);
    (void)rc;
    job.started_us = live->started_us = fg_live_moment(control, live, event->time_us);
    fg_queue_set(control->queue, &job);
    live->unsaved = true;
    control->unsaved_len++;
}

/* The outputs that the engine kept are the job's from now on. */
static void keep_artifacts(struct fg_control *control, const struct fg_engine_event *event)
{
    if (event->artifacts == 0 || !fg_control_begin(control))
        return;
    struct fg_engine_artifact *items = calloc(event->artifacts, sizeof(*items));
    if (!items)
        abort();
    size_t len = control->options.engine_ops->artifacts(control->options.engine, event->key,
                                                        items, event->artifacts);
    for (size_t i = 0; i < len; i++) {
        struct fg_err err = {};
        int rc = control->options.store_ops->artifact_put(
            control->options.store, event->key.job, items[i].path, items[i].hash,
            items[i].bytes, event->time_us, &err);
        fg_control_wrote(control, rc, &err);
    }
    free(items);
}

static void task_over(struct fg_control *control,
                      struct live *live,
                      const struct fg_engine_event *event)
{
    uint8_t *state = &live->task_state[event->key.task];
    if (*state == TASK_OVER)
        return;
    fg_node_task_over(control, live, event);
    *state = TASK_OVER;
    keep_artifacts(control, event);
    live->ended++;
    live->stopped |= event->stopped && !live->gang_failed;
    if (!live->started_us && event->kind == FG_TASK_EXITED)
        live->started_us = fg_live_moment(control, live, event->time_us);
    if (event->usage.max_rss_mib > live->usage.max_rss_mib)
        live->usage.max_rss_mib = event->usage.max_rss_mib;
    live->usage.cpu_us += event->usage.cpu_us;
    live->usage.gpu_us += event->usage.gpu_us;
    if (event->usage.energy_mj > 0)
        live->usage.energy_mj += event->usage.energy_mj;
    if (task_failed(event) && !live->gang_failed) {
        live->gang_failed = true;
        note_failure(live, event);
        fg_live_stop(control, live, -1);
    }
    if (live->ended == live->tasks) {
        control->unsaved_len -= live->unsaved;
        end_attempt(control, live);
    }
}

void fg_attempt_event(struct fg_control *control, const struct fg_engine_event *event)
{
    struct live *live = fg_live_get(control, event->key.job);
    if (!live || live->attempt != event->key.attempt || event->key.task >= live->tasks) {
        if (event->kind != FG_TASK_STARTED)
            fg_control_effect(control, EFFECT_COLLECT, event->key, 0);
        return;
    }
    if (event->kind == FG_TASK_STARTED)
        task_started(control, live, event);
    else
        task_over(control, live, event);
}

/* For who counts how long jobs wait: of the first start only, from the submission on. */
static const char *waited(const struct fg_control *control,
                          const struct fg_job *job,
                          const struct live *live,
                          char text[static 48])
{
    text[0] = 0;
    if (live->attempt == 1)
        snprintf(text, 48, ",\"waited_us\":%" PRId64,
                 control->now_us > job->submitted_us ? control->now_us - job->submitted_us : 0);
    return text;
}

void fg_attempt_save_started(struct fg_control *control)
{
    for (size_t i = 0; control->unsaved_len && i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        if (!live->unsaved)
            continue;
        live->unsaved = false;
        control->unsaved_len--;
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        char text[48];
        fg_job_write(control, job, "", 0, 0);
        fg_attempt_write(control, live, FG_JOB_RUNNING, "");
        fg_control_tell(control, "job.running", job, "\"attempt\":%u%s", live->attempt,
                        waited(control, job, live, text));
        if (job->cancel_asked || job->stop_sent)
            fg_live_stop(control, live, -1);
    }
}
