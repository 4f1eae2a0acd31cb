/* live_move.c - a task that runs elsewhere than was granted: where Slurm names the nodes, what we granted was a guess.
 *
 * What the pool holds for it moves along.  If another attempt that has not begun holds that place by a guess of its own, the two
 * change places.  If there is no room for it, the attempt goes on without a claim: its end frees nothing.
 */
#include "control/node_inner.h"

#include <stdio.h>
#include <string.h>

static bool same_shape(const struct fg_grant *a, const struct fg_grant *b)
{
    return __builtin_popcount(a->devices) == __builtin_popcount(b->devices)
           && a->gpu_milli == b->gpu_milli && a->cpu_milli == b->cpu_milli
           && a->mem_mib == b->mem_mib;
}

/* A task that was only asked for, of the same shape, whose grant there is in the way. */
static struct fg_grant *find_partner(struct fg_control *control,
                                     const struct live *mover,
                                     const struct fg_grant *to,
                                     struct live **out_live)
{
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        for (uint32_t task = 0; live != mover && live->claimed && task < live->tasks; task++) {
            struct fg_grant *grant = &live->grants[task];
            if (grant->node == to->node && live->task_state[task] == TASK_ASKED
                && same_shape(grant, to)
                && (to->devices == 0 || (grant->devices & to->devices))) {
                *out_live = live;
                return grant;
            }
        }
    }
    return NULL;
}

static bool has_room(const struct fg_control *control,
                     const struct live *live,
                     const struct fg_grant *to)
{
    const struct fg_pool_node *node = fg_pool_node(control->pool, to->node);
    uint32_t cpu_milli = node->cpu_milli_left, busy = 0;
    uint64_t mem_mib = node->mem_mib_left;
    for (uint32_t i = 0; i < node->devices_len; i++)
        busy |= (uint32_t)(node->left_milli[i] < to->gpu_milli) << i;
    for (uint32_t task = 0; live->claimed && task < live->tasks; task++)
        if (live->grants[task].node == to->node) {
            cpu_milli += live->grants[task].cpu_milli;
            mem_mib += live->grants[task].mem_mib;
            busy &= ~live->grants[task].devices;
        }
    return cpu_milli >= to->cpu_milli && mem_mib >= to->mem_mib && !(busy & to->devices);
}

static void tell_schedule(struct fg_control *control, const struct live *live)
{
    struct fg_running running = fg_live_running(control, live);
    fg_schedule_runs(control->schedule, control->queue, &running);
}

static void hold_again(struct fg_control *control, struct live *live)
{
    const struct fg_job *job = fg_queue_get(control->queue, live->job);
    live->amount =
        fg_schedule_amount(control->pool, fg_queue_project(control->queue, job->project),
                           live->grants, live->tasks);
    fg_live_hold(control, live);
    tell_schedule(control, live);
}

/* What others hold there was told with this task among it, or gives way: it is settled anew afterwards. */
void fg_live_move(struct fg_control *control,
                  struct live *live,
                  const struct fg_engine_event *event)
{
    fg_node_id node = fg_pool_find(control->pool, event->node);
    struct fg_grant *grant = &live->grants[event->key.task], from = *grant, to = *grant;
    struct live *partner = NULL;
    if (!node || (from.node == node && from.devices == event->devices))
        return;
    to.node = node;
    to.devices = event->devices;
    fg_node_unclaim(control, node);
    struct fg_grant *other =
        has_room(control, live, &to) ? NULL : find_partner(control, live, &to, &partner);
    fg_live_unhold(control, live);
    if (other) {
        fg_live_unhold(control, partner);
        *other = from;
    }
    *grant = to;
    hold_again(control, live);
    if (other) {
        hold_again(control, partner);
        fg_attempt_write(control, partner, FG_JOB_STARTING, "");
    }
    fg_node_settle(control, from.node);
    fg_node_settle(control, node);
    control->pass_wanted = true;
}
