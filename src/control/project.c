/* project.c - projects as they are put: their place in the tree, and what is guaranteed to them. */
#include "control/control_inner.h"

#include <inttypes.h>
#include <string.h>

/* The quota rows, or who is above whom, may be others now: count again what runs. */
static void recount(struct fg_control *control)
{
    struct fg_queue *queue = control->queue;
    for (fg_project_id id = 1; id <= fg_queue_projects_max(queue); id++) {
        struct fg_held *held = fg_queue_held(queue, id);
        memset(held->kinds, 0, sizeof(held->kinds));
        held->below = (struct fg_amount){};
        held->below_running = 0;
    }
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        if (!live->claimed)
            continue;
        const struct fg_job *job = fg_queue_get(queue, live->job);
        fg_project_id id = job->project;
        struct fg_held *held = fg_queue_held(queue, id);
        live->amount = fg_schedule_amount(control->pool, fg_queue_project(queue, id),
                                          live->grants, live->tasks);
        for (size_t row = 0; row < FG_QUOTA_KINDS_MAX; row++)
            held->kinds[row] += live->amount.kinds[row];
        fg_quota_add(queue, control->pool, job, live->grants, live->tasks);
    }
}

/* -- the tree ------------------------------------------------------------------------------------ */

/* Projects from this one to the top, itself counted. */
static int levels_above(const struct fg_queue *queue, fg_project_id id)
{
    int levels = 0;
    for (const struct fg_project *at = fg_queue_project(queue, id); at;
         at = fg_queue_project(queue, at->parent))
        levels++;
    return levels;
}

static bool is_in(const struct fg_queue *queue, fg_project_id id, fg_project_id top)
{
    const struct fg_project *at = fg_queue_project(queue, id);
    while (at && at->id != top)
        at = fg_queue_project(queue, at->parent);
    return at != NULL;
}

/* Projects on the longest way down from this one, itself counted. */
static int levels_below(const struct fg_queue *queue, fg_project_id id)
{
    int most = 1, own = levels_above(queue, id);
    for (fg_project_id at = 1; at <= fg_queue_projects_max(queue); at++) {
        int levels = is_in(queue, at, id) ? levels_above(queue, at) - own + 1 : 0;
        most = levels > most ? levels : most;
    }
    return most;
}

static int check_place(const struct fg_control *control,
                       const struct fg_project *project,
                       struct fg_err *err)
{
    const struct fg_queue *queue = control->queue;
    if (!project->parent)
        return 0;
    const struct fg_project *parent = fg_queue_project(queue, project->parent);
    if (!parent)
        return fg_fail(err, FG_ENOENT, "project %s: its parent %u is not known", project->name,
                       project->parent);
    if (is_in(queue, parent->id, project->id))
        return fg_fail(err, FG_EINVAL,
                       "project %s: parent %s is the project itself or one below it",
                       project->name, parent->name);
    int levels = levels_above(queue, parent->id) + levels_below(queue, project->id);
    if (levels > FG_PROJECT_DEPTH_MAX)
        return fg_fail(err, FG_EINVAL,
                       "project %s: below %s there would be %d levels, at most %d may be",
                       project->name, parent->name, levels, FG_PROJECT_DEPTH_MAX);
    return 0;
}

/* -- guarantees ------------------------------------------------------------------------------------ */

static int64_t guaranteed(const struct fg_project *project, const char *kind)
{
    if (!kind)
        return project->guarantee_milli;
    for (size_t i = 0; i < project->kinds_len; i++)
        if (strcmp(project->kinds[i].kind, kind) == 0)
            return project->kinds[i].guarantee_milli;
    return 0;
}

/* To all that are right below `parent` (0: at the top), with this project as it is to be. */
static int64_t sum_below(const struct fg_queue *queue,
                         fg_project_id parent,
                         const struct fg_project *changed,
                         const char *kind)
{
    int64_t sum = 0;
    for (fg_project_id id = 1; id <= fg_queue_projects_max(queue); id++) {
        const struct fg_project *at = fg_queue_project(queue, id);
        if (at && at->id != changed->id && at->parent == parent)
            sum += guaranteed(at, kind);
    }
    return sum + (changed->parent == parent ? guaranteed(changed, kind) : 0);
}

/* Does `parent` promise less than those below it are promised?  One that is guaranteed nothing promises nothing. */
static int check_sum(const struct fg_queue *queue,
                     const struct fg_project *parent,
                     const struct fg_project *changed,
                     const char *kind,
                     struct fg_err *err)
{
    int64_t has = guaranteed(parent, kind), sum = sum_below(queue, parent->id, changed, kind);
    if (has == 0 || sum <= has)
        return 0;
    return fg_fail(err, FG_EINVAL,
                   "project %s: %" PRId64
                   " milli-devices%s%s are guaranteed to it, and %" PRId64
                   " to the projects below it",
                   parent->name, has, kind ? " of kind " : "", kind ? kind : "", sum);
}

static int check_sums(const struct fg_queue *queue,
                      const struct fg_project *parent,
                      const struct fg_project *changed,
                      struct fg_err *err)
{
    int rc = check_sum(queue, parent, changed, NULL, err);
    for (size_t i = 0; i < parent->kinds_len && rc == 0; i++)
        rc = check_sum(queue, parent, changed, parent->kinds[i].kind, err);
    return rc;
}

static int check_limits(const struct fg_project *project, struct fg_err *err)
{
    if (project->quota.gpu_milli >= 0 && project->guarantee_milli > project->quota.gpu_milli)
        return fg_fail(err, FG_EINVAL,
                       "project %s: %" PRId64
                       " milli-devices guaranteed, its quota is %" PRId64,
                       project->name, project->guarantee_milli, project->quota.gpu_milli);
    for (size_t i = 0; i < project->kinds_len; i++) {
        const struct fg_kind_quota *row = &project->kinds[i];
        if (row->gpu_milli >= 0 && row->guarantee_milli > row->gpu_milli)
            return fg_fail(err, FG_EINVAL,
                           "project %s: %" PRId64
                           " milli-devices of kind %s guaranteed, its quota is %" PRId64,
                           project->name, row->guarantee_milli, row->kind, row->gpu_milli);
    }
    return 0;
}

static int check(const struct fg_control *control,
                 const struct fg_project *project,
                 struct fg_err *err)
{
    int rc = check_place(control, project, err);
    if (rc == 0)
        rc = check_limits(project, err);
    if (rc == 0)
        rc = check_sums(control->queue, project, project, err);
    const struct fg_project *parent = fg_queue_project(control->queue, project->parent);
    if (rc == 0 && parent)
        rc = check_sums(control->queue, parent, project, err);
    return rc;
}

int64_t fg_control_overpromised(const struct fg_control *control)
{
    const struct fg_project none = {.parent = FG_PROJECTS_MAX + 1};
    int64_t sum = sum_below(control->queue, 0, &none, NULL);
    int64_t has = (int64_t)fg_pool_totals(control->pool).gpu_milli;
    return sum > has ? sum - has : 0;
}

void fg_command_put_project(struct fg_control *control, struct fg_command *command)
{
    struct fg_project *project = command->project;
    const struct fg_project *known = fg_queue_project_find(control->queue, project->name);
    project->id = known ? known->id : fg_queue_projects_max(control->queue) + 1;
    command->rc = check(control, project, &command->err);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    command->rc = fg_queue_project_put(control->queue, project, &command->err);
    if (command->rc < 0)
        return;
    command->rc =
        control->options.store_ops->project_put(control->options.store, project, &command->err);
    fg_control_wrote(control, command->rc, &command->err);
    recount(control);
    command->rc = fg_budget_reset(control, &command->err);
    fg_control_wrote(control, command->rc, &command->err);
    fg_control_tell(control, "project.changed", NULL, "\"project\":\"%s\"", project->name);
    command->out_id = project->id;
    control->pass_wanted = true;
}
