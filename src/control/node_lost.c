/* node_lost.c - what becomes of tasks says something of nodes, and of jobs; see node_inner.h
 *
 * A task that is lost with its node puts the node under suspicion: the attempt starts again elsewhere.  A job under which
 * nodes are lost again and again is held to be the cause: it fails, before it takes all nodes down.  Nodes that are lost at
 * about the same time under different jobs are a cluster's fault, not a job's.
 */
#include "control/node_inner.h"

#include "base/grow.h"

#include <stdio.h>
#include <string.h>

#define TOGETHER_US  INT64_C(60000000)
#define NODE_FAULTED " of node "
#define STARTS_AGAIN "; it starts again"

static struct blame *find_blame(const struct fg_control *control, fg_job_id job)
{
    for (size_t i = 0; i < control->blames_len; i++)
        if (control->blames[i].job == job)
            return &control->blames[i];
    return NULL;
}

static void blame_job(struct fg_control *control, fg_job_id job, const char *node)
{
    struct blame *blame = find_blame(control, job);
    if (!blame) {
        control->blames = fg_grow(control->blames, control->blames_len, &control->blames_room,
                                  sizeof(struct blame));
        blame = &control->blames[control->blames_len++];
        *blame = (struct blame){.job = job};
    }
    blame->losses++;
    size_t len = strlen(blame->nodes);
    snprintf(blame->nodes + len, sizeof(blame->nodes) - len, "%s%s", len ? ", " : "", node);
}

/* As fg_node_explain_loss() wrote it: the name ends where the engine's words begin. */
int fg_node_blame_again(void *self, fg_job_id job, const char *reason)
{
    char node[FG_NAME_MAX];
    const char *name = reason + strlen(FG_LOST_WITH_NODE);
    snprintf(node, sizeof(node), "%.*s", (int)strcspn(name, ":;"), name);
    blame_job(self, job, node);
    return 0;
}

void fg_node_job_over(struct fg_control *control, fg_job_id job)
{
    struct blame *blame = find_blame(control, job);
    if (blame)
        *blame = control->blames[--control->blames_len];
}

bool fg_node_job_is_to_blame(struct fg_control *control,
                             const struct live *live,
                             char out[FG_TEXT_MAX])
{
    const struct blame *blame = find_blame(control, live->job);
    if (!live->lost_node || !blame
        || blame->losses < (uint32_t)control->config->job_node_losses)
        return false;
    snprintf(out, FG_TEXT_MAX,
             "%u nodes were lost while it ran there (%.120s): it is taken to be the cause, and "
             "is not started again",
             blame->losses, blame->nodes);
    return true;
}

bool fg_node_in_reason(const char *reason, char out[FG_NAME_MAX])
{
    const char *node = strstr(reason, NODE_FAULTED);
    size_t end = strlen(reason), tail = strlen(STARTS_AGAIN);
    if (strncmp(reason, FG_LOST_WITH_NODE, strlen(FG_LOST_WITH_NODE)) == 0)
        node = reason + strlen(FG_LOST_WITH_NODE);
    else if (node && end > tail && strcmp(reason + end - tail, STARTS_AGAIN) == 0)
        node += strlen(NODE_FAULTED);
    else
        return false;
    snprintf(out, FG_NAME_MAX, "%.*s", (int)strcspn(node, ":;"), node);
    return true;
}

void fg_node_explain_loss(const struct fg_control *control,
                          const struct live *live,
                          char reason[FG_TEXT_MAX])
{
    char why[FG_TEXT_MAX];
    memcpy(why, reason, sizeof(why));
    if (live->lost_node)
        snprintf(reason, FG_TEXT_MAX, "%s%s%s%.130s; it starts again elsewhere",
                 live->lost_with_others ? "lost with others on node " : FG_LOST_WITH_NODE,
                 fg_pool_spec(control->pool, live->lost_node)->name, why[0] ? ": " : "", why);
    else if (!why[0])
        snprintf(reason, FG_TEXT_MAX, "its supervisor was lost");
}

/* -- tasks -------------------------------------------------------------------------------------------------- */

static void lost(struct fg_control *control,
                 struct live *live,
                 struct vendor *vendor,
                 fg_node_id node,
                 const char *why)
{
    struct known_node *known = fg_node_known(control, node);
    bool is_together =
        vendor->lost_job != live->job && control->now_us - vendor->lost_us < TOGETHER_US;
    if (!live->lost_node && !is_together)
        blame_job(control, live->job, known->name);
    if (!live->lost_node) {
        live->lost_node = node;
        live->lost_with_others = is_together;
    }
    vendor->lost_us = control->now_us;
    vendor->lost_job = live->job;
    fg_health_fault(&known->health, control->config, FG_FAULT_LOST, live->job,
                    why[0] ? why : "a task was lost there", control->now_us);
    fg_health_hold(&known->health,
                   control->now_us + control->config->node_probation_s * 1000000);
    fg_node_settle(control, node);
}

void fg_node_task_began(struct fg_control *control,
                        struct live *live,
                        const struct fg_engine_event *event)
{
    if (event->node[0])
        fg_live_move(control, live, event);
    const struct fg_grant *grant = &live->grants[event->key.task];
    struct vendor *vendor =
        fg_vendor_get(control, fg_pool_spec(control->pool, grant->node)->supplier);
    if (vendor)
        fg_vendor_began(control, vendor);
    live->exact += !vendor || (event->is_exact && grant->devices == event->devices);
}

void fg_node_task_over(struct fg_control *control,
                       struct live *live,
                       const struct fg_engine_event *event)
{
    fg_node_id node = live->grants[event->key.task].node;
    struct vendor *vendor = fg_vendor_get(control, fg_pool_spec(control->pool, node)->supplier);
    struct known_node *known = fg_node_known(control, node);
    bool was_stopped = live->stop_us != 0;
    if (!vendor)
        return;
    if (event->kind == FG_TASK_LOST && live->task_state[event->key.task] == TASK_RUNS)
        lost(control, live, vendor, node, event->reason);
    else if (event->kind == FG_TASK_LOST && !was_stopped && !live->is_adopted
             && !vendor->is_paused)
        fg_vendor_stalled(control, vendor, event->reason);
    else if (event->kind == FG_TASK_FAILED && !was_stopped)
        fg_health_fault(&known->health, control->config,
                        fg_fault_hint(event->reason) ? FG_FAULT_SICK : FG_FAULT_START,
                        live->job, event->reason, control->now_us);
    else if (event->kind == FG_TASK_EXITED && event->exit_code == 0 && !event->term_signal)
        fg_health_good(&known->health, control->now_us);
    fg_node_settle(control, node);
}

/* -- nodes that leave ------------------------------------------------------------------------------------------ */

static bool is_on(const struct live *live, fg_node_id node)
{
    for (uint32_t task = 0; task < live->tasks; task++)
        if (live->grants[task].node == node)
            return true;
    return false;
}

/* Those that will not be over by then are asked to stop now: they have their grace, and start elsewhere before it is gone. */
static void leave(struct fg_control *control, fg_node_id node, int64_t leaves_us)
{
    char reason[FG_TEXT_MAX];
    snprintf(reason, sizeof(reason), "stopping: node %s is taken away in %lld s",
             fg_pool_spec(control->pool, node)->name,
             (long long)((leaves_us - control->now_us) / 1000000));
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        int64_t end_us = live->begun_us + job->time_limit_us;
        if (job->stop_sent || job->cancel_asked || !is_on(live, node)
            || (job->time_limit_us && end_us < leaves_us))
            continue;
        live->stop_why = FG_TAKEN_AWAY;
        fg_control_preempt(control, job->id, 0, reason);
    }
}

void fg_node_leaves(struct fg_control *control, fg_node_id node, int64_t leaves_us)
{
    struct known_node *known = fg_node_known(control, node);
    bool is_new = leaves_us && !known->leaves_us;
    known->leaves_us = leaves_us;
    fg_node_settle(control, node);
    if (!is_new || !fg_control_begin(control))
        return;
    fg_control_tell(control, "node.leaving", NULL, "\"node\":\"%s\"", known->name);
    leave(control, node, leaves_us);
}

/* -- an operator says so ------------------------------------------------------------------------------------- */

static size_t lose_tasks(struct fg_control *control, fg_node_id node)
{
    size_t len = 0;
    for (size_t i = control->lives_len; i-- > 0;) {
        struct live live = control->lives[i];
        for (uint32_t task = 0; task < live.tasks; task++) {
            struct live *now = fg_live_get(control, live.job);
            if (!now || now->attempt != live.attempt || now->grants[task].node != node
                || now->task_state[task] == TASK_OVER)
                continue;
            struct fg_engine_event event = {.kind = FG_TASK_LOST,
                                            .key = {live.job, live.attempt, task},
                                            .time_us = control->now_us};
            snprintf(event.reason, sizeof(event.reason), "an operator said that node %s is off",
                     fg_pool_spec(control->pool, node)->name);
            fg_control_effect(control, EFFECT_STOP, event.key, 0);
            fg_attempt_event(control, &event);
            len++;
        }
    }
    return len;
}

void fg_command_node_lost(struct fg_control *control, struct fg_command *command)
{
    fg_node_id node = fg_pool_find(control->pool, command->name);
    if (!node || fg_node_known(control, node)->is_free) {
        command->rc =
            fg_fail(&command->err, FG_ENOENT, "node %s: not in the pool", command->name);
        return;
    }
    if (!fg_control_begin(control))
        return;
    const char *reason =
        command->text && command->text[0] ? command->text : "an operator said that it is off";
    fg_node_wish(control, node, FG_NODE_DRAINING, reason);
    command->rc = control->options.store_ops->node_put(control->options.store,
                                                       fg_pool_spec(control->pool, node),
                                                       FG_NODE_DRAINING, reason, &command->err);
    fg_control_wrote(control, command->rc, &command->err);
    size_t len = lose_tasks(control, node);
    fg_control_tell(control, "node.lost", NULL,
                    "\"node\":\"%s\",\"by\":\"%.63s\",\"tasks\":%zu", command->name,
                    command->actor.user, len);
    control->pass_wanted = true;
}
