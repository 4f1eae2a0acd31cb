/* commands.c - everything asked for but submits and reports. */
#include "control/control_inner.h"

#include <assert.h>
#include <inttypes.h>

/* The open job, if the actor may see it. */
static const struct fg_job *visible(struct fg_control *control,
                                    const struct fg_actor *actor,
                                    fg_job_id id)
{
    const struct fg_job *job = fg_queue_get(control->queue, id);
    return job && (actor->project == 0 || actor->project == job->project) ? job : NULL;
}

/* A job that is over, from the store. */
static int over_state(struct fg_control *control, struct fg_command *command)
{
    fg_project_id project;
    int rc = control->options.store_ops->job_state(control->options.store, command->job,
                                                   &command->out_state, &project,
                                                   &command->out_exit_code, &command->err);
    bool hidden = rc == 0 && command->actor.project != 0 && command->actor.project != project;
    if (rc == FG_ENOENT || hidden)
        return fg_fail(&command->err, FG_ENOENT, "job %llu: no such job",
                       (unsigned long long)command->job);
    return rc;
}

static void wait_for(struct fg_control *control, struct fg_command *command)
{
    const struct fg_job *job = visible(control, &command->actor, command->job);
    if (job)
        command->out_state = job->state;
    else
        command->rc = over_state(control, command);
}

static void cancel_one(struct fg_control *control, const struct fg_job *found)
{
    struct fg_job job = *found;
    if (job.state == FG_JOB_QUEUED) {
        fg_job_finish(control, &job, FG_JOB_CANCELLED, "cancelled before it started", 130, 0);
        return;
    }
    if (job.cancel_asked)
        return;
    job.cancel_asked = true;
    fg_queue_set(control->queue, &job);
    fg_job_write(control, &job, "cancelling", 0, 0);
    fg_control_tell(control, "job.cancelling", &job, "\"attempt\":%u", job.attempt);
    fg_live_stop(control, fg_live_get(control, job.id), -1);
}

static void cancel(struct fg_control *control, struct fg_command *command)
{
    const struct fg_job *job = visible(control, &command->actor, command->job);
    if (!job && !command->array) {
        command->rc =
            over_state(control, command); /* over already: nothing to do, and no error */
        return;
    }
    if (!fg_control_begin(control))
        return;
    size_t found = job != NULL;
    if (job)
        cancel_one(control, job);
    for (size_t at = 0; command->array && at < fg_queue_slots(control->queue); at++) {
        const struct fg_job *element = fg_queue_slot(control->queue, at);
        if (!element || element->array_id != command->job
            || !visible(control, &command->actor, element->id))
            continue;
        cancel_one(control, element);
        found++;
    }
    job = fg_queue_get(control->queue, command->job);
    if (job)
        command->out_state = job->state;
    else if (found)
        command->out_state = FG_JOB_CANCELLED;
    else
        command->rc = over_state(control, command);
}

static bool is_on(const struct live *live, fg_node_id node)
{
    for (uint32_t task = 0; task < live->tasks; task++)
        if (live->grants[task].node == node)
            return true;
    return false;
}

/* Those that may be stopped go elsewhere, with all their tasks. */
static void move_off(struct fg_control *control, fg_node_id node)
{
    char reason[FG_TEXT_MAX];
    snprintf(reason, sizeof(reason), "stopping, to leave node %s",
             fg_pool_spec(control->pool, node)->name);
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        if (!job->preemptible || job->state != FG_JOB_RUNNING || job->stop_sent
            || job->cancel_asked || !is_on(live, node))
            continue;
        live->stop_why = "moved off a drained node";
        fg_control_preempt(control, job->id, 0, reason);
    }
}

static void set_node(struct fg_control *control,
                     struct fg_command *command,
                     enum fg_node_state wanted)
{
    fg_node_id node = fg_pool_find(control->pool, command->name);
    if (!node) {
        command->rc =
            fg_fail(&command->err, FG_ENOENT, "node %s: not in the pool", command->name);
        return;
    }
    if (!fg_control_begin(control))
        return;
    const char *reason = command->text ? command->text : "";
    fg_node_wish(control, node, wanted, reason);
    command->rc = control->options.store_ops->node_put(control->options.store,
                                                       fg_pool_spec(control->pool, node),
                                                       wanted, reason, &command->err);
    fg_control_wrote(control, command->rc, &command->err);
    fg_control_tell(control, wanted == FG_NODE_UP ? "node.resumed" : "node.drained", NULL,
                    "\"node\":\"%s\"", command->name);
    if (command->move && wanted == FG_NODE_DRAINING)
        move_off(control, node);
    control->pass_wanted = true;
}

static void put_token(struct fg_control *control, struct fg_command *command)
{
    if (!fg_control_begin(control))
        return;
    bool is_new = command->token->id == 0;
    if (is_new)
        command->token->id = control->next_token_id++;
    fg_control_tell(control, is_new ? "token.created" : "token.revoked", NULL,
                    "\"token\":\"%" PRIu64 "\"", command->token->id);
    command->rc = control->options.store_ops->token_put(control->options.store, command->token,
                                                        &command->err);
    fg_control_wrote(control, command->rc, &command->err);
    command->out_id = command->token->id;
}

/* No event tells of it: it would be published, and so be told again. */
static void keep_published(struct fg_control *control, struct fg_command *command)
{
    const struct fg_store_ops *ops = control->options.store_ops;
    if (!ops->publish_put || !fg_control_begin(control))
        return;
    command->rc = ops->publish_put(control->options.store, command->published, &command->err);
    fg_control_wrote(control, command->rc, &command->err);
}

static void drain(struct fg_control *control, struct fg_command *command)
{
    set_node(control, command, FG_NODE_DRAINING);
}

static void resume(struct fg_control *control, struct fg_command *command)
{
    set_node(control, command, FG_NODE_UP);
}

static void (*const handlers[])(struct fg_control *control, struct fg_command *command) = {
    [FG_CMD_SUBMIT] = fg_command_submit,
    [FG_CMD_CANCEL] = cancel,
    [FG_CMD_WAIT] = wait_for,
    [FG_CMD_WHY] = fg_command_why,
    [FG_CMD_MOVES] = fg_command_moves,
    [FG_CMD_MAKE_ROOM] = fg_command_make_room,
    [FG_CMD_POOL] = fg_command_pool,
    [FG_CMD_POOL_MAP] = fg_command_pool_map,
    [FG_CMD_PRICES] = fg_command_prices,
    [FG_CMD_LEARNED] = fg_command_learned,
    [FG_CMD_UTILISATION] = fg_command_utilisation,
    [FG_CMD_ALERT_ACKNOWLEDGE] = fg_command_acknowledge,
    [FG_CMD_STATUS] = fg_command_status,
    [FG_CMD_NODE_DRAIN] = drain,
    [FG_CMD_NODE_RESUME] = resume,
    [FG_CMD_NODE_LOST] = fg_command_node_lost,
    [FG_CMD_SUPPLIER_STATUS] = fg_command_supplier_status,
    [FG_CMD_RESERVATIONS] = fg_command_advances,
    [FG_CMD_RESERVATION_ADD] = fg_command_add_advance,
    [FG_CMD_RESERVATION_REMOVE] = fg_command_remove_advance,
    [FG_CMD_SUPPLIER_PUT] = fg_command_put_supplier,
    [FG_CMD_SUPPLIER_REMOVE] = fg_command_remove_supplier,
    [FG_CMD_SUPPLIER_PAUSE] = fg_command_pause_supplier,
    [FG_CMD_SUPPLIER_RESUME] = fg_command_pause_supplier,
    [FG_CMD_SUPPLIER_OFFERS] = fg_command_ask_offers,
    [FG_CMD_ORDER_CREATE] = fg_command_create_order,
    [FG_CMD_ORDER_APPROVE] = fg_command_move_order,
    [FG_CMD_ORDER_CANCEL] = fg_command_move_order,
    [FG_CMD_ORDER_RELEASE] = fg_command_move_order,
    [FG_CMD_SCALE_LIST] = fg_command_list_scales,
    [FG_CMD_SCALE_PUT] = fg_command_put_scale,
    [FG_CMD_SCALE_REMOVE] = fg_command_remove_scale,
    [FG_CMD_PLAN_PUT] = fg_command_put_plan,
    [FG_CMD_PLAN_APPROVE] = fg_command_decide_plan,
    [FG_CMD_PLAN_REJECT] = fg_command_decide_plan,
    [FG_CMD_PLAN_APPLY] = fg_command_apply_plan,
    [FG_CMD_POLICY] = fg_command_policy,
    [FG_CMD_PROPOSAL_PUT] = fg_command_put_proposal,
    [FG_CMD_PROPOSAL_ADOPT] = fg_command_adopt_proposal,
    [FG_CMD_PROPOSAL_REJECT] = fg_command_reject_proposal,
    [FG_CMD_PROPOSAL_ROLLBACK] = fg_command_roll_back_proposal,
    [FG_CMD_PROJECT_PUT] = fg_command_put_project,
    [FG_CMD_TOKEN_PUT] = put_token,
    [FG_CMD_PUBLISHED] = keep_published,
};

void fg_command_apply(struct fg_control *control, struct fg_command *command)
{
    assert(command->kind < sizeof(handlers) / sizeof(handlers[0]) && handlers[command->kind]);
    control->deed_by = command->actor.user[0] ? command->actor.user : NULL;
    handlers[command->kind](control, command);
    control->deed_by = NULL;
}
