/* user_limits.c - limits for each user, at the submit; those of what runs are kept by the pass (schedule/quota.h). */
#include "control/control_inner.h"

static bool is_in(const struct fg_queue *queue, fg_project_id project, fg_project_id top)
{
    const struct fg_project *at = fg_queue_project(queue, project);
    while (at && at->id != top)
        at = fg_queue_project(queue, at->parent);
    return at != NULL;
}

/* New jobs of the command in the project and below it. */
static int64_t asked(const struct fg_control *control,
                     const struct fg_command *command,
                     fg_project_id top)
{
    int64_t jobs = 0;
    for (size_t i = 0; i < command->items_len; i++) {
        const struct fg_submit_item *item = &command->items[i];
        if (!item->out_repeated && is_in(control->queue, item->project, top))
            jobs += fg_submit_jobs(item->spec);
    }
    return jobs;
}

static int check(struct fg_control *control,
                 struct fg_command *command,
                 const struct fg_project *project,
                 const struct fg_user_held *held)
{
    int64_t limit = project->user_limits.queued, jobs = asked(control, command, project->id);
    if (jobs == 0)
        return 0;
    if (limit > 0 && held->queued + jobs > limit)
        return fg_fail(&command->err, FG_EQUOTA,
                       "project %s: limit of %lld waiting jobs for each user: %lld wait, %lld "
                       "asked",
                       project->name, (long long)limit, (long long)held->queued,
                       (long long)jobs);
    int64_t pause_us = fg_user_pause_us(project, held, control->now_us);
    if (pause_us == 0)
        return 0;
    command->out_retry_s = (pause_us + 999999) / 1000000;
    return fg_fail(&command->err, FG_EBUSY,
                   "project %s: limit of %lld submits a minute for each user: again in %lld s",
                   project->name, (long long)project->user_limits.submits_per_minute,
                   (long long)command->out_retry_s);
}

int fg_user_limits_check(struct fg_control *control, struct fg_command *command, uint32_t user)
{
    int rc = 0;
    for (fg_project_id id = 1; rc == 0 && id <= fg_queue_projects_max(control->queue); id++) {
        const struct fg_user_held *held = fg_queue_user_row(control->queue, id, user);
        if (held)
            rc = check(control, command, fg_queue_project(control->queue, id), held);
    }
    return rc;
}

void fg_user_limits_count(struct fg_control *control,
                          const struct fg_command *command,
                          uint32_t user)
{
    for (fg_project_id id = 1; id <= fg_queue_projects_max(control->queue); id++) {
        struct fg_user_held *held = fg_queue_user_row(control->queue, id, user);
        if (held && asked(control, command, id))
            fg_user_submitted(fg_queue_project(control->queue, id), held, control->now_us);
    }
}
