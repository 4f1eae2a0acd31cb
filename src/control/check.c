/* check.c - the controller's invariants, recomputed in full; for tests. */
#include "control/node_inner.h"

#include <stdlib.h>

struct left {
    int64_t cpu_milli, mem_mib;
    int64_t devices[FG_NODE_DEVICES_MAX];
};

static bool node_agrees(const struct fg_control *control, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    struct left left = {.cpu_milli = node->cpu_milli, .mem_mib = (int64_t)node->mem_mib};
    const struct known_node *known = fg_node_known(control, id);
    for (uint32_t i = 0; i < node->devices_len; i++)
        left.devices[i] = known->has_others && (known->others.devices >> i & 1) ? 0 : 1000;
    for (uint32_t i = 0; i < known->watches_len; i++)
        left.devices[i] -= known->watches[i].claimed_milli;
    if (known->has_others) {
        left.cpu_milli -= known->others.cpu_milli;
        left.mem_mib -= (int64_t)known->others.mem_mib;
    }
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        for (uint32_t task = 0; live->claimed && task < live->tasks; task++) {
            const struct fg_grant *grant = &live->grants[task];
            if (grant->node != id)
                continue;
            left.cpu_milli -= grant->cpu_milli;
            left.mem_mib -= (int64_t)grant->mem_mib;
            for (uint32_t mask = grant->devices; mask; mask &= mask - 1)
                left.devices[__builtin_ctz(mask)] -= grant->gpu_milli;
        }
    }
    bool same =
        left.cpu_milli == node->cpu_milli_left && left.mem_mib == (int64_t)node->mem_mib_left;
    for (uint32_t i = 0; same && i < node->devices_len; i++)
        same = left.devices[i] >= 0 && left.devices[i] == node->left_milli[i];
    return same;
}

static bool is_below(const struct fg_queue *queue, fg_project_id project, fg_project_id top)
{
    const struct fg_project *at = fg_queue_project(queue, project);
    do
        at = at ? fg_queue_project(queue, at->parent) : NULL;
    while (at && at->id != top);
    return at != NULL;
}

static bool tree_agrees(const struct fg_control *control, const struct fg_project *project)
{
    const struct fg_held *held = fg_queue_held(control->queue, project->id);
    int64_t running = 0, gpu_milli = 0, row_milli = 0;
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        if (!live->claimed
            || !is_below(control->queue, fg_queue_get(control->queue, live->job)->project,
                         project->id))
            continue;
        struct fg_amount amount =
            fg_schedule_amount(control->pool, project, live->grants, live->tasks);
        running++;
        gpu_milli += amount.gpu_milli;
        row_milli += amount.kinds[0];
    }
    return held->below_running == running && held->below.gpu_milli == gpu_milli
           && held->below.kinds[0] == row_milli;
}

static bool project_agrees(const struct fg_control *control, fg_project_id id)
{
    int64_t running = 0, gpu_milli = 0, cpu_milli = 0, queued = 0;
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        if (!live->claimed || fg_queue_get(control->queue, live->job)->project != id)
            continue;
        running++;
        gpu_milli += live->amount.gpu_milli;
        cpu_milli += live->amount.cpu_milli;
    }
    for (size_t at = 0; at < fg_queue_slots(control->queue); at++) {
        const struct fg_job *job = fg_queue_slot(control->queue, at);
        queued += job && job->project == id && job->state == FG_JOB_QUEUED;
    }
    const struct fg_held *held = fg_queue_held(control->queue, id);
    return held->running == running && held->gpu_milli == gpu_milli
           && held->cpu_milli == cpu_milli && held->queued == queued;
}

/* What users hold, where that is limited. */
static bool user_agrees(const struct fg_control *control,
                        const struct fg_project *project,
                        uint32_t user)
{
    const struct fg_queue *queue = control->queue;
    const struct fg_user_held *held = fg_queue_user(queue, project->id, user);
    struct fg_user_held sum = {};
    for (size_t at = 0; held && at < fg_queue_slots(queue); at++) {
        const struct fg_job *job = fg_queue_slot(queue, at);
        uint32_t slot;
        if (!job || job->user != user
            || (job->project != project->id && !is_below(queue, job->project, project->id)))
            continue;
        sum.queued += job->state == FG_JOB_QUEUED;
        if (!fg_map_get(control->live_by_job, job->id, &slot) || !control->lives[slot].claimed)
            continue;
        sum.running++;
        sum.gpu_milli += control->lives[slot].amount.gpu_milli;
    }
    return !held
           || (held->running == sum.running && held->gpu_milli == sum.gpu_milli
               && held->queued == sum.queued);
}

static bool users_agree(const struct fg_control *control, const struct fg_project *project)
{
    for (uint32_t user = 1; user < control->users_len; user++)
        if (!user_agrees(control, project, user))
            return false;
    return true;
}

/* What runs and waits for devices is what the levels of demand say. */
static bool demand_agrees(const struct fg_control *control)
{
    int64_t running = 0, waiting = 0, level_running, level_waiting;
    if (!control->levels)
        return true;
    for (size_t i = 0; i < control->lives_len; i++)
        running += control->lives[i].claimed ? control->lives[i].amount.gpu_milli : 0;
    for (size_t at = 0; at < fg_queue_slots(control->queue); at++) {
        const struct fg_job *job = fg_queue_slot(control->queue, at);
        size_t len;
        if (!job || job->state != FG_JOB_QUEUED || job->waits_for || job->eligible_us)
            continue;
        const struct fg_request *request =
            fg_queue_class_at(control->queue, job->request, &len);
        waiting += (int64_t)request->count * request->gpu_milli * job->tasks;
    }
    fg_levels_sum(control->levels, &level_running, &level_waiting);
    return level_running == running && level_waiting == waiting;
}

/* A job holds devices exactly while it is starting or running. */
static bool jobs_agree(const struct fg_control *control)
{
    size_t holding = 0;
    for (size_t at = 0; at < fg_queue_slots(control->queue); at++) {
        const struct fg_job *job = fg_queue_slot(control->queue, at);
        if (!job)
            continue;
        bool holds = job->state == FG_JOB_STARTING || job->state == FG_JOB_RUNNING;
        if (fg_job_state_is_final(job->state)
            || holds != fg_map_get(control->live_by_job, job->id, NULL))
            return false;
        holding += holds;
    }
    return holding == control->lives_len;
}

/* What the scheduler was told, event by event, is what there is. */
static bool schedule_agrees(const struct fg_control *control)
{
    if (fg_schedule_running(control->schedule) != control->lives_len)
        return false;
    for (size_t i = 0; i < control->lives_len; i++) {
        struct fg_running running = fg_live_running(control, &control->lives[i]);
        if (!fg_schedule_knows(control->schedule, &running))
            return false;
    }
    return true;
}

bool fg_control_check(const struct fg_control *control)
{
    if (!fg_pool_check(control->pool) || !jobs_agree(control) || !schedule_agrees(control))
        return false;
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool); id++)
        if (!node_agrees(control, id))
            return false;
    for (fg_project_id id = 1; id <= fg_queue_projects_max(control->queue); id++)
        if (fg_queue_project(control->queue, id)
            && (!project_agrees(control, id)
                || !tree_agrees(control, fg_queue_project(control->queue, id))
                || !users_agree(control, fg_queue_project(control->queue, id))))
            return false;
    return demand_agrees(control) && fg_orders_check(control) && fg_budget_check(control);
}
