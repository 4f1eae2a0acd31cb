/* load.c - the state from the store: at start, and again after a batch that could not be written.
 *
 * One way to build the state means that a crash, a restart and a full disk all exercise the same code.
 */
#include "control/control_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_SEED 1 /* of the policy random */

const char *fg_control_user(const struct fg_control *control, uint32_t user)
{
    return user < control->users_len && control->user_names[user][0] ? control->user_names[user]
                                                                     : "?";
}

static void remember_user(struct fg_control *control, uint32_t user, const char *name)
{
    if (user >= control->users_len) {
        size_t len = user + 64UL;
        control->user_names = reallocarray(control->user_names, len, FG_NAME_MAX);
        if (!control->user_names)
            abort();
        memset(control->user_names + control->users_len, 0,
               (len - control->users_len) * FG_NAME_MAX);
        control->users_len = len;
    }
    snprintf(control->user_names[user], FG_NAME_MAX, "%s", name);
}

int fg_control_user_intern(struct fg_control *control,
                           const char *name,
                           uint32_t *out_user,
                           struct fg_err *err)
{
    int rc =
        control->options.store_ops->user_intern(control->options.store, name, out_user, err);
    if (rc == 0 && strcmp(fg_control_user(control, *out_user), name) != 0)
        remember_user(control, *out_user, name);
    return rc;
}

/* -- rows of the store ---------------------------------------------------------------------------- */

static int load_project(void *self, const struct fg_project *project)
{
    struct fg_control *control = self;
    return fg_queue_project_put(control->queue, project, NULL);
}

static int load_node(void *self,
                     const char *name,
                     enum fg_node_state wanted,
                     const char *reason)
{
    struct fg_control *control = self;
    fg_node_id node = fg_pool_find(control->pool, name);
    if (node)
        fg_node_wish(control, node, wanted, reason);
    return 0;
}

static int load_user(void *self, uint32_t user, const char *name)
{
    remember_user(self, user, name);
    return 0;
}

/* The devices that a running job holds; a node that lost some of them holds the job without a claim. */
static void load_live(struct fg_control *control,
                      const struct fg_job *job,
                      const struct fg_grant *grants)
{
    struct live *live =
        fg_live_add(control, job, grants, job->started_us ? job->started_us : control->now_us);
    if (job->stop_sent || job->cancel_asked)
        live->stop_us = control->now_us; /* when it was asked is not kept: from now on again */
    fg_live_hold(control, live);
}

/* Devices that a node does not have any more are held without a claim. */
static bool grants_known(const struct fg_control *control,
                         const struct fg_grant *grants,
                         size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (grants[i].node == 0 || grants[i].node > fg_pool_len(control->pool))
            return false;
    return true;
}

static int load_job(void *self,
                    const struct fg_job_row *row,
                    const struct fg_request *any_of,
                    size_t any_of_len,
                    const struct fg_grant *grants,
                    size_t grants_len)
{
    struct fg_control *control = self;
    struct fg_job job = row->job;
    job.request = fg_job_class(control, &job, any_of, any_of_len);
    if (job.shape)
        fg_learn_name(control->learn, job.shape, row->name);
    fg_job_predict(control, &job);
    job.waits_for = 0;
    for (size_t i = 0; i < row->after_len; i++)
        job.waits_for = (uint8_t)(job.waits_for
                                  + (fg_queue_get(control->queue, row->after[i].job) != NULL));
    int rc = fg_queue_add(control->queue, &job, NULL);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < row->after_len; i++)
        (void)fg_queue_depend(control->queue, job.id, row->after[i].job, row->after[i].any_end);
    fg_flexible_add(control->flexible, &job);
    if (job.state == FG_JOB_QUEUED)
        return 0;
    if (grants_len < job.tasks || grants_len > fg_job_tasks_max(&job)
        || !grants_known(control, grants, grants_len))
        return FG_ESTATE;
    job.tasks_held = (uint32_t)grants_len;
    fg_queue_set(control->queue, &job);
    load_live(control, &job, grants);
    return 0;
}

/* -- building --------------------------------------------------------------------------------------- */

void fg_control_unload(struct fg_control *control)
{
    for (size_t i = 0; i < control->lives_len; i++) {
        free(control->lives[i].grants);
        free(control->lives[i].task_state);
    }
    free(control->lives);
    fg_map_free(control->live_by_job);
    fg_control_drop_advances(control);
    fg_control_drop_orders(control);
    fg_control_drop_scales(control);
    fg_schedule_free(control->schedule);
    fg_demand_end(control);
    fg_queue_free(control->queue);
    fg_ranking_free(control->ranking);
    fg_teach_end(control);
    fg_pool_free(control->pool);
    free(control->user_names);
    free(control->budgets);
    control->budgets = NULL;
    control->budgets_len = 0;
    control->lives = NULL;
    control->lives_len = control->lives_room = control->users_len = control->unsaved_len = 0;
    control->live_by_job = NULL;
    control->schedule = NULL;
    control->queue = NULL;
    control->ranking = NULL;
    control->pool = NULL;
    control->user_names = NULL;
}

/* What every installation has: the project "default". */
static int ensure_default(struct fg_control *control, struct fg_err *err)
{
    if (fg_queue_project(control->queue, 1))
        return 0;
    const struct fg_store_ops *store = control->options.store_ops;
    struct fg_project project = {
        .id = 1, .name = "default", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    int rc = store->begin(control->options.store, err);
    if (rc == 0)
        rc = store->project_put(control->options.store, &project, err);
    if (rc == 0)
        rc = store->commit(control->options.store, err);
    else
        store->rollback(control->options.store);
    return rc == 0 ? fg_queue_project_put(control->queue, &project, err) : rc;
}

static int adopt_all(struct fg_control *control, struct fg_err *err)
{
    size_t room = 0, len = 0;
    struct fg_task_at *tasks = NULL;
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        live->is_adopted = true;
        for (uint32_t task = 0; task < live->tasks; task++) {
            const struct fg_node_spec *node =
                fg_pool_spec(control->pool, live->grants[task].node);
            if (!node->supplier[0] && !fg_node_is_here(control, live->grants[task].node))
                continue;
            tasks = fg_grow(tasks, len, &room, sizeof(*tasks));
            tasks[len++] = (struct fg_task_at){
                .key = {live->job, live->attempt, task},
                .place = {.node = node, .grant = live->grants[task]},
                .supplier = node->supplier,
            };
        }
    }
    int rc =
        len ? control->options.engine_ops->adopt(control->options.engine, tasks, len, err) : 0;
    free(tasks);
    return rc;
}

static void take_ids(struct fg_control *control, const struct fg_store_sink *sink)
{
    control->next_job_id = sink->next_job_id;
    if (control->next_job_id <= control->options.ids_used)
        control->next_job_id = control->options.ids_used + 1;
    control->next_token_id = sink->next_token_id;
    control->next_order_id = sink->next_order_id;
    control->next_plan_id = sink->next_plan_id;
    control->next_alert_id = sink->next_alert_id;
    control->next_proposal_id = sink->next_proposal_id;
}

int fg_control_load(struct fg_control *control, struct fg_err *err)
{
    int rc = fg_policy_load(control, err);
    if (rc < 0)
        return rc;
    control->pool = fg_pool_new(control->options.nodes_max);
    control->ranking =
        fg_ranking_new(control->config, control->knobs.order, control->knobs.preempt);
    control->schedule = fg_schedule_new(control->config);
    if (control->ranking)
        control->queue =
            fg_ranking_queue(control->ranking, (size_t)control->config->queue_jobs_max);
    control->live_by_job = fg_map_new(64);
    if (!control->pool || !control->queue || !control->schedule)
        return fg_fail(err, FG_ENOMEM, "no memory for the controller's state");
    fg_demand_begin(control);
    fg_flexible_clear(control->flexible);
    fg_schedule_rank(control->schedule, control->ranking);
    fg_schedule_set_backfill(control->schedule, control->knobs.backfill);
    if (control->knobs.place)
        fg_schedule_place(control->schedule, control->knobs.place, PLACE_SEED);
    fg_schedule_optimise(control->schedule, control->options.optimise);
    rc = fg_teach_begin(control, err);
    if (rc < 0)
        return rc;
    rc = fg_schedule_allocate(control->schedule, control->options.allocate);
    if (rc < 0)
        return fg_fail(err, rc, "schedule.allocate: no such policy, or no memory for it");

    rc = fg_nodes_load(control, err);
    if (rc == 0)
        rc = fg_nodes_find(control, err);
    struct fg_store_sink sink = {.self = control,
                                 .project = load_project,
                                 .node = load_node,
                                 .user = load_user,
                                 .reservation = fg_control_load_advance,
                                 .supplier = fg_control_load_supplier,
                                 .scale = fg_control_load_scale,
                                 .order = fg_control_load_order,
                                 .order_instance = fg_control_load_instance,
                                 .project_use = fg_history_use,
                                 .budget_warned = fg_budget_warned,
                                 .demand_level = fg_demand_restore,
                                 .alert = fg_judging_restore,
                                 .finding = fg_judging_restore_finding,
                                 .finished = fg_teach_past,
                                 .attempt_lost = fg_node_blame_again,
                                 .job = load_job};
    control->blames_len = 0;
    fg_judging_reload(control);
    if (rc == 0)
        rc = control->options.store_ops->load(control->options.store, &sink, err);
    if (rc < 0)
        return fg_wrap(err, rc, "read the state");
    take_ids(control, &sink);
    fg_orders_begin(control);
    fg_nodes_ready(control);
    rc = ensure_default(control, err);
    if (rc == 0)
        rc = fg_budget_reset(control, err);
    size_t running = fg_control_running(control);
    fg_schedule_run_these(control->schedule, control->queue, control->running, running);
    if (control->levels)
        fg_levels_calm(control->levels);
    control->vendors_due = true;
    fg_vendors_tell(control);
    if (rc == 0)
        rc = adopt_all(control, err);
    control->pass_wanted = true;
    return rc;
}
