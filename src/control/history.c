/* history.c - what the past says: service that jobs and projects got. */
#include "control/control_inner.h"

#define KEEP_EVERY_US 60000000LL

void fg_job_count_service(struct fg_control *control, struct fg_job *job)
{
    if (job->state == FG_JOB_RUNNING)
        job->attained_us = fg_ranking_attained_us(control->ranking, job, control->now_us);
}

/* -- use of projects ------------------------------------------------------------------------------------ */

int fg_history_use(void *self, fg_project_id project, int64_t device_ms, int64_t time_us)
{
    struct fg_control *control = self;
    if (!fg_queue_project(control->queue, project))
        return 0;
    struct fg_held *held = fg_queue_held(control->queue, project);
    held->used = (double)device_ms / 1000;
    held->used_us = time_us;
    return 0;
}

/* What is lost with a crash is made up for at the next start: what runs then is charged since the last writing. */
void fg_history_keep_use(struct fg_control *control)
{
    if (!control->in_batch || control->batch_rc < 0 || control->now_us < control->use_us)
        return;
    control->use_us = control->now_us + KEEP_EVERY_US;
    for (fg_project_id id = 1; id <= fg_queue_projects_max(control->queue); id++) {
        struct fg_held *held = fg_queue_held(control->queue, id);
        fg_held_settle(held, control->now_us, control->config->fair_half_life_s);
        if (!fg_queue_project(control->queue, id) || held->used < 0.001)
            continue;
        struct fg_err err = {};
        int rc = control->options.store_ops->project_use_put(
            control->options.store, id, (int64_t)(held->used * 1000), control->now_us, &err);
        fg_control_wrote(control, rc, &err);
    }
}
