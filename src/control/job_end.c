/* job_end.c - writing a job's record, and what its end means for others: dependents and those who wait. */
#include "control/control_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <string.h>

void fg_job_write(struct fg_control *control,
                  const struct fg_job *job,
                  const char *reason,
                  int32_t exit_code,
                  int32_t term_signal)
{
    if (!fg_control_begin(control))
        return;
    struct fg_err err = {};
    int64_t finished_us = fg_job_state_is_final(job->state) ? control->now_us : 0;
    fg_control_wrote(control,
                     control->options.store_ops->job_set(control->options.store, job,
                                                         finished_us, reason, exit_code,
                                                         term_signal, &err),
                     &err);
}

/* Those who wait for this job are answered with the step. */
static void answer_waiters(struct fg_control *control,
                           fg_job_id job,
                           enum fg_job_state state,
                           int32_t exit_code)
{
    struct fg_command **at = &control->waiting;
    while (*at) {
        struct fg_command *command = *at;
        if (command->job != job) {
            at = &command->next;
            continue;
        }
        *at = command->next;
        command->out_state = state;
        command->out_exit_code = exit_code;
        command->next = control->answers;
        control->answers = command;
    }
}

/* A job that can no longer run, because one it waited for did not succeed. */
static void fail_dependent(struct fg_control *control,
                           fg_job_id id,
                           fg_job_id on,
                           enum fg_job_state state)
{
    struct fg_job job = *fg_queue_get(control->queue, id);
    char reason[FG_TEXT_MAX];
    snprintf(reason, sizeof(reason), "job %llu, which it waits for, %s%s",
             (unsigned long long)on,
             state == FG_JOB_FAILED      ? ""
             : state == FG_JOB_TIMED_OUT ? "has "
                                         : "was ",
             fg_job_state_name(state));
    fg_job_finish(control, &job, FG_JOB_CANCELLED, reason, 130, 0);
}

static void resolve_dependents(struct fg_control *control,
                               fg_job_id on,
                               enum fg_job_state state)
{
    fg_job_id id;
    bool any_end;
    while (fg_queue_next_dependent(control->queue, on, &id, &any_end)) {
        const struct fg_job *waits = fg_queue_get(control->queue, id);
        if (!waits || waits->state != FG_JOB_QUEUED)
            continue;
        if (state != FG_JOB_SUCCEEDED && !any_end) {
            fail_dependent(control, id, on, state);
            continue;
        }
        struct fg_job job = *waits;
        assert(job.waits_for > 0);
        job.waits_for--;
        fg_queue_set(control->queue, &job);
        fg_job_write(control, &job, "", 0, 0);
        control->pass_wanted = true;
    }
}

/* Ends can cascade down a chain of any length: worked off as a list, not by recursion. */
static void work_off(struct fg_control *control)
{
    control->ending = true;
    for (size_t i = 0; i < control->ended_len; i++) {
        struct ended ended = control->ended[i];
        resolve_dependents(control, ended.job, ended.state);
        fg_queue_del(control->queue, ended.job);
        fg_node_job_over(control, ended.job);
    }
    control->ended_len = 0;
    control->ending = false;
    control->pass_wanted = true;
}

void fg_job_finish(struct fg_control *control,
                   struct fg_job *job,
                   enum fg_job_state state,
                   const char *reason,
                   int32_t exit_code,
                   int32_t term_signal)
{
    fg_job_count_service(control, job);
    int rc = fg_job_move(&job->state, state, NULL);
    assert(rc == 0);
    (void)rc;
    fg_teach_job(control, job);
    fg_queue_set(control->queue, job);
    fg_job_write(control, job, reason, exit_code, term_signal);
    fg_control_tell(control, "job.finished", job, "\"state\":\"%s\",\"exit_code\":%d",
                    fg_job_state_name(state), exit_code);
    answer_waiters(control, job->id, state, exit_code);
    control->ended =
        fg_grow(control->ended, control->ended_len, &control->ended_room, sizeof(struct ended));
    control->ended[control->ended_len++] = (struct ended){.job = job->id, .state = state};
    if (!control->ending)
        work_off(control);
}
