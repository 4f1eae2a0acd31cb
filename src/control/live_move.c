/* live_move.c - a task that runs elsewhere than was granted: where Slurm names nodes or devices, what we granted was a guess.
 *
 * What the pool holds for it moves along.  If another attempt that has not begun holds that place by a guess of its own, the two
 * change places.  If there is no room for it, the attempt goes on without a claim: its end frees nothing.
 * On its node it then gets just the devices that it really has: who was granted one of them gets one that it leaves.
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

/* In the store as well: what is asked for, and what runs. */
static void write_down(struct fg_control *control, struct live *live)
{
    bool runs = fg_queue_get(control->queue, live->job)->state == FG_JOB_RUNNING;
    fg_attempt_write(control, live, runs ? FG_JOB_RUNNING : FG_JOB_STARTING, "");
}

/* As many of the same kinds that nobody has; those that were named if there are not so many. */
static uint32_t free_like(const struct fg_pool_node *node, uint32_t devices)
{
    uint32_t chosen = 0;
    for (uint32_t mask = devices; mask; mask &= mask - 1)
        for (uint32_t i = 0; i < node->devices_len; i++)
            if (node->left_milli[i] == FG_WHOLE_MILLI && !(chosen >> i & 1)
                && node->kind[i] == node->kind[__builtin_ctz(mask)]) {
                chosen |= UINT32_C(1) << i;
                break;
            }
    return __builtin_popcount(chosen) == __builtin_popcount(devices) ? chosen : devices;
}

/* To the node where it is, on any devices of it. */
static void move_to(struct fg_control *control,
                    struct live *live,
                    struct fg_grant *grant,
                    const struct fg_grant *where)
{
    struct fg_grant from = *grant, to = *where;
    struct live *partner = NULL;
    struct fg_grant *other = NULL;
    if (!has_room(control, live, &to))
        to.devices = free_like(fg_pool_node(control->pool, to.node), to.devices);
    if (!has_room(control, live, &to))
        other = find_partner(control, live, where, &partner);
    fg_live_unhold(control, live);
    if (other) {
        to.devices = other->devices;
        fg_live_unhold(control, partner);
        *other = from;
    }
    *grant = to;
    hold_again(control, live);
    if (other) {
        hold_again(control, partner);
        write_down(control, partner);
    }
    fg_node_settle(control, from.node);
}

/* -- which devices ------------------------------------------------------------------------------------------------ */

/* Devices of a node that change hands, each for another of its kind. */
struct swap {
    fg_node_id node;
    uint32_t taken;                       /* what the mover has and was not granted */
    uint8_t instead[FG_NODE_DEVICES_MAX]; /* for each of these, one that it leaves */
};

/* False: they are not of the same kinds, one for one. */
static bool plan_swap(const struct fg_pool_node *node,
                      uint32_t from,
                      uint32_t to,
                      struct swap *out)
{
    uint32_t left = from & ~to;
    out->taken = to & ~from;
    for (uint32_t mask = out->taken; mask; mask &= mask - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(mask), k = 0;
        while (k < node->devices_len && (!(left >> k & 1) || node->kind[k] != node->kind[i]))
            k++;
        if (i >= node->devices_len || k == node->devices_len)
            return false;
        out->instead[i] = (uint8_t)k;
        left &= ~(UINT32_C(1) << k);
    }
    return left == 0;
}

static void apply_swap(const struct swap *swap, struct live *live)
{
    for (uint32_t task = 0; task < live->tasks; task++) {
        struct fg_grant *grant = &live->grants[task];
        uint32_t mask = grant->node == swap->node ? grant->devices & swap->taken : 0;
        grant->devices &= ~mask;
        for (; mask; mask &= mask - 1)
            grant->devices |= UINT32_C(1) << swap->instead[__builtin_ctz(mask)];
    }
}

static bool has_one_of(const struct live *live, const struct swap *swap)
{
    for (uint32_t task = 0; task < live->tasks; task++)
        if (live->grants[task].node == swap->node && (live->grants[task].devices & swap->taken))
            return true;
    return false;
}

/* All give back what they hold, change, and take it again. */
static void swap_devices(struct fg_control *control,
                         struct live *mover,
                         struct fg_grant *grant,
                         uint32_t devices)
{
    struct live *others[FG_NODE_DEVICES_MAX];
    struct swap swap = {.node = grant->node};
    size_t len = 0;
    if (!plan_swap(fg_pool_node(control->pool, grant->node), grant->devices, devices, &swap))
        return;
    if (!mover->claimed) {
        grant->devices = devices;
        return;
    }
    for (size_t i = 0; i < control->lives_len && len < FG_NODE_DEVICES_MAX; i++) {
        struct live *live = &control->lives[i];
        if (live != mover && live->claimed && has_one_of(live, &swap))
            others[len++] = live;
    }
    fg_live_unhold(control, mover);
    for (size_t i = 0; i < len; i++)
        fg_live_unhold(control, others[i]);
    apply_swap(&swap, mover);
    grant->devices = devices;
    hold_again(control, mover);
    for (size_t i = 0; i < len; i++) {
        apply_swap(&swap, others[i]);
        hold_again(control, others[i]);
        write_down(control, others[i]);
    }
}

bool fg_live_is_guess(const struct fg_control *control, const struct live *live, uint32_t task)
{
    const struct fg_grant *grant = &live->grants[task];
    const struct fg_node_spec *node = fg_pool_spec(control->pool, grant->node);
    return node->supplier[0] && live->exact < live->tasks && grant->devices
           && __builtin_popcount(grant->devices) < (int)node->devices_len;
}

/* What others hold there was told with this task among it, or gives way: it is settled anew afterwards. */
void fg_live_move(struct fg_control *control,
                  struct live *live,
                  const struct fg_engine_event *event)
{
    fg_node_id node = fg_pool_find(control->pool, event->node);
    struct fg_grant *grant = &live->grants[event->key.task], to = *grant;
    if (!node || (grant->node == node && grant->devices == event->devices))
        return;
    to.node = node;
    to.devices = event->devices;
    fg_node_unclaim(control, node);
    if (grant->node != node)
        move_to(control, live, grant, &to);
    if (event->is_exact && grant->devices != to.devices)
        swap_devices(control, live, grant, to.devices);
    if (fg_queue_get(control->queue, live->job)->state == FG_JOB_RUNNING)
        write_down(control, live);
    fg_node_settle(control, node);
    control->pass_wanted = true;
}
