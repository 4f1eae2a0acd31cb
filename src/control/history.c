/* history.c - what the past says: service that jobs and projects got, and how long jobs like this one ran. */
#include "control/control_inner.h"

#define KEEP_EVERY_US 60000000LL

void fg_job_count_service(struct fg_control *control, struct fg_job *job)
{
    if (job->state == FG_JOB_RUNNING)
        job->attained_us = fg_ranking_attained_us(control->ranking, job, control->now_us);
}

/* -- predictions -------------------------------------------------------------------------------------- */

void fg_job_predict(const struct fg_control *control, struct fg_job *job)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    job->predicted_us = fg_predict_us(control->predict, job, any_of, len);
}

/* Only ends that say how long such a job takes. */
static void learn(struct fg_control *control,
                  const struct fg_job *job,
                  int64_t ran_us,
                  const struct fg_request *any_of,
                  size_t len)
{
    bool says = job->state == FG_JOB_SUCCEEDED || job->state == FG_JOB_TIMED_OUT;
    if (says && ran_us > 0)
        fg_predict_note(control->predict, job, any_of, len, ran_us);
}

void fg_job_learn(struct fg_control *control, const struct fg_job *job)
{
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control->queue, job->request, &len);
    learn(control, job, fg_order_wall_us(job->attained_us, &any_of[0], fg_job_tasks_max(job)),
          any_of, len);
}

void fg_history_finished(void *self,
                         const struct fg_job *job,
                         int64_t finished_us,
                         const struct fg_request *any_of,
                         size_t any_of_len)
{
    if (any_of_len == 0)
        return;
    /* Rows that an older version wrote do not say what was attained. */
    int64_t last_us = job->started_us ? finished_us - job->started_us : 0;
    int64_t all_us = fg_order_wall_us(job->attained_us, &any_of[0], fg_job_tasks_max(job));
    learn(self, job, all_us ? all_us : last_us, any_of, any_of_len);
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
