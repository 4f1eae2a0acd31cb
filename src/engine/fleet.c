/* fleet.c - see fleet.h
 *
 * The table knows the tasks of the far engine; a task that is not in it is local.  What an engine tells of a task that it
 * was not asked for here (after a restart) is entered as well, so that collect() finds its way.
 */
#include "engine/fleet.h"

#include "engine/task_table.h"
#include "model/supplier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LOCAL_NODES_MAX 4

struct fg_engine {
    struct fg_fleet_options options;
    struct fg_fleet_part local, far;
    struct fg_task_table *far_tasks;
    int poll_fd;       /* of both engines */
    bool is_far_first; /* whose events are asked for first: in turn */
};

static void fleet_free(struct fg_engine *fleet)
{
    if (!fleet)
        return;
    if (fleet->far.ops)
        fleet->far.ops->free(fleet->far.engine);
    fleet->local.ops->free(fleet->local.engine);
    fg_task_table_free(fleet->far_tasks);
    close(fleet->poll_fd);
    free(fleet);
}

static int watch(int poll_fd, const struct fg_fleet_part *part)
{
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(poll_fd, EPOLL_CTL_ADD, part->ops->poll_fd(part->engine), &event);
}

struct fg_engine *fg_fleet_new(const struct fg_fleet_options *options, struct fg_err *err)
{
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll_fd < 0 || watch(poll_fd, &options->local) < 0) {
        fg_fail(err, FG_EIO, "epoll: %s", strerror(errno));
        if (poll_fd >= 0)
            close(poll_fd);
        return NULL;
    }
    struct fg_engine *fleet = calloc(1, sizeof(*fleet));
    if (!fleet)
        abort();
    *fleet = (struct fg_engine){.options = *options,
                                .local = options->local,
                                .far_tasks = fg_task_table_new(),
                                .poll_fd = poll_fd};
    return fleet;
}

/* The far engine is there from now on, if it can be. */
static int need_far(struct fg_engine *fleet, const char *supplier, struct fg_err *err)
{
    struct fg_fleet_part far = {};
    if (fleet->far.ops)
        return 0;
    if (!fleet->options.make_far)
        return fg_fail(err, FG_ESTATE,
                       "supplier %s: this service has no engine that reaches it", supplier);
    int rc = fleet->options.make_far(fleet->options.self, &far, err);
    if (rc == 0 && watch(fleet->poll_fd, &far) < 0) {
        rc = fg_fail(err, FG_EIO, "epoll: %s", strerror(errno));
        far.ops->free(far.engine);
    }
    if (rc == 0)
        fleet->far = far;
    return rc;
}

/* -- which of the two ------------------------------------------------------------------------------- */

static bool is_far(const struct fg_engine *fleet, struct fg_task_key key)
{
    return fg_task_table_find(fleet->far_tasks, key) != NULL;
}

static void enter(struct fg_engine *fleet, struct fg_task_key key)
{
    if (!is_far(fleet, key))
        (void)fg_task_table_add(fleet->far_tasks, key);
}

static void forget(struct fg_engine *fleet, struct fg_task_key key)
{
    struct fg_task_entry *entry = fg_task_table_find(fleet->far_tasks, key);
    if (entry)
        fg_task_table_remove(fleet->far_tasks, entry);
}

static const struct fg_fleet_part *part_of(const struct fg_engine *fleet,
                                           struct fg_task_key key)
{
    return is_far(fleet, key) ? &fleet->far : &fleet->local;
}

/* -- tasks ------------------------------------------------------------------------------------------- */

static int fleet_discover(struct fg_engine *fleet,
                          struct fg_node_spec *out,
                          size_t max,
                          size_t *out_len,
                          struct fg_err *err)
{
    return fleet->local.ops->discover(fleet->local.engine, out, max, out_len, err);
}

static int fleet_start(struct fg_engine *fleet,
                       const struct fg_task_start *start,
                       struct fg_err *err)
{
    if (!start->node->supplier[0])
        return fleet->local.ops->start(fleet->local.engine, start, err);
    int rc = need_far(fleet, start->node->supplier, err);
    if (rc < 0)
        return rc;
    enter(fleet, start->key);
    rc = fleet->far.ops->start(fleet->far.engine, start, err);
    if (rc < 0)
        forget(fleet, start->key);
    return rc;
}

static int fleet_stop(struct fg_engine *fleet,
                      struct fg_task_key key,
                      int64_t grace_us,
                      struct fg_err *err)
{
    const struct fg_fleet_part *part = part_of(fleet, key);
    return part->ops->stop(part->engine, key, grace_us, err);
}

/* Whether the task is on a node that this machine has. */
static bool is_here(const struct fg_task_at *task,
                    const struct fg_node_spec *nodes,
                    size_t nodes_len)
{
    for (size_t i = 0; task->place.node && i < nodes_len; i++)
        if (strcmp(task->place.node->name, nodes[i].name) == 0)
            return true;
    return false;
}

/* Of the local tasks those that are here, to the front.  How many. */
static size_t keep_here(struct fg_engine *fleet, struct fg_task_at *tasks, size_t len)
{
    size_t nodes_len = 0, kept = 0;
    struct fg_node_spec *nodes = calloc(LOCAL_NODES_MAX, sizeof(*nodes));
    if (!nodes)
        abort();
    if (fleet->local.ops->discover(fleet->local.engine, nodes, LOCAL_NODES_MAX, &nodes_len,
                                   NULL)
        < 0)
        nodes_len = 0;
    for (size_t i = 0; i < len; i++)
        if (is_here(&tasks[i], nodes, nodes_len))
            tasks[kept++] = tasks[i];
    free(nodes);
    return kept;
}

/* The tasks of one side, in their order. */
static int adopt_side(struct fg_engine *fleet,
                      const struct fg_task_at *tasks,
                      size_t len,
                      bool far,
                      struct fg_err *err)
{
    const struct fg_fleet_part *part = far ? &fleet->far : &fleet->local;
    struct fg_task_at *side = calloc(len, sizeof(*side));
    size_t side_len = 0;
    int rc = 0;
    if (!side)
        abort();
    for (size_t i = 0; i < len; i++)
        if ((tasks[i].supplier[0] != '\0') == far)
            side[side_len++] = tasks[i];
    if (side_len && !far && fleet->options.is_shared)
        side_len = keep_here(fleet, side, side_len);
    if (side_len && far)
        rc = need_far(fleet, side[0].supplier, err);
    for (size_t i = 0; rc == 0 && far && i < side_len; i++)
        enter(fleet, side[i].key);
    if (rc == 0 && side_len)
        rc = part->ops->adopt(part->engine, side, side_len, err);
    free(side);
    return rc;
}

static int fleet_adopt(struct fg_engine *fleet,
                       const struct fg_task_at *tasks,
                       size_t len,
                       struct fg_err *err)
{
    int rc = len ? adopt_side(fleet, tasks, len, true, err) : 0;
    return len && rc == 0 ? adopt_side(fleet, tasks, len, false, err) : rc;
}

static void fleet_collect(struct fg_engine *fleet, struct fg_task_key key)
{
    const struct fg_fleet_part *part = part_of(fleet, key);
    part->ops->collect(part->engine, key);
    forget(fleet, key);
}

/* -- what they tell ----------------------------------------------------------------------------------- */

static int fleet_poll_fd(struct fg_engine *fleet)
{
    return fleet->poll_fd;
}

static int event_of(struct fg_engine *fleet, bool far, struct fg_engine_event *out)
{
    const struct fg_fleet_part *part = far ? &fleet->far : &fleet->local;
    if (!part->ops || part->ops->next_event(part->engine, out) != 1)
        return 0;
    if (far)
        enter(fleet, out->key);
    return 1;
}

/* In turn, so that neither waits for the other's flood to end. */
static int fleet_next_event(struct fg_engine *fleet, struct fg_engine_event *out)
{
    fleet->is_far_first = !fleet->is_far_first;
    return event_of(fleet, fleet->is_far_first, out) == 1
           || event_of(fleet, !fleet->is_far_first, out) == 1;
}

static size_t fleet_artifacts(struct fg_engine *fleet,
                              struct fg_task_key key,
                              struct fg_engine_artifact *out,
                              size_t max)
{
    const struct fg_fleet_part *part = part_of(fleet, key);
    return part->ops->artifacts(part->engine, key, out, max);
}

static size_t fleet_task_samples(struct fg_engine *fleet,
                                 struct fg_task_sample *out,
                                 size_t max)
{
    size_t len = fleet->local.ops->task_samples(fleet->local.engine, out, max);
    if (fleet->far.ops && len < max)
        len += fleet->far.ops->task_samples(fleet->far.engine, out + len, max - len);
    return len;
}

static size_t fleet_device_samples(struct fg_engine *fleet,
                                   struct fg_device_sample *out,
                                   size_t max)
{
    size_t len = fleet->local.ops->device_samples(fleet->local.engine, out, max);
    if (fleet->far.ops && len < max)
        len += fleet->far.ops->device_samples(fleet->far.engine, out + len, max - len);
    return len;
}

static void fleet_watch_cost(struct fg_engine *fleet, int64_t *out_cpu_us, int64_t *out_wall_us)
{
    fleet->local.ops->watch_cost(fleet->local.engine, out_cpu_us, out_wall_us);
}

static int fleet_power_limits(struct fg_engine *fleet,
                              const struct fg_node_spec *node,
                              uint32_t device,
                              struct fg_power_limits *out,
                              struct fg_err *err)
{
    const struct fg_fleet_part *part = node->supplier[0] ? &fleet->far : &fleet->local;
    if (!part->ops || !part->ops->power_limits)
        return fg_fail(err, FG_ESTATE, "node %s: its engine sets no caps", node->name);
    return part->ops->power_limits(part->engine, node, device, out, err);
}

static void fleet_set_power_cap(struct fg_engine *fleet,
                                const struct fg_node_spec *node,
                                uint32_t device,
                                int64_t cap_mw)
{
    const struct fg_fleet_part *part = node->supplier[0] ? &fleet->far : &fleet->local;
    if (part->ops && part->ops->set_power_cap)
        part->ops->set_power_cap(part->engine, node, device, cap_mw);
}

static const char *fleet_isolation(struct fg_engine *fleet)
{
    return fleet->local.ops->isolation(fleet->local.engine);
}

static int fleet_put_supplier(struct fg_engine *fleet,
                              const struct fg_supplier *supplier,
                              struct fg_err *err)
{
    int rc = need_far(fleet, supplier->name, err);
    return rc == 0 ? fleet->far.ops->put_supplier(fleet->far.engine, supplier, err) : rc;
}

static void fleet_drop_supplier(struct fg_engine *fleet, const char *name)
{
    const struct fg_fleet_part *far = &fleet->far;
    if (far->ops)
        far->ops->drop_supplier(far->engine, name);
}

static void fleet_set_node_power(struct fg_engine *fleet,
                                 const struct fg_node_spec *node,
                                 bool on)
{
    const struct fg_fleet_part *far = &fleet->far;
    if (node->supplier[0] && far->ops && far->ops->set_node_power)
        far->ops->set_node_power(far->engine, node, on);
}

static int fleet_next_news(struct fg_engine *fleet, struct fg_engine_news *out)
{
    const struct fg_fleet_part *far = &fleet->far;
    return far->ops ? far->ops->next_news(far->engine, out) : 0;
}

const struct fg_engine_ops fg_engine_fleet = {
    .name = "fleet",
    .summary = "this machine, and the suppliers that it reaches",
    .free = fleet_free,
    .discover = fleet_discover,
    .start = fleet_start,
    .stop = fleet_stop,
    .adopt = fleet_adopt,
    .collect = fleet_collect,
    .poll_fd = fleet_poll_fd,
    .next_event = fleet_next_event,
    .artifacts = fleet_artifacts,
    .task_samples = fleet_task_samples,
    .device_samples = fleet_device_samples,
    .isolation = fleet_isolation,
    .watch_cost = fleet_watch_cost,
    .power_limits = fleet_power_limits,
    .set_power_cap = fleet_set_power_cap,
    .put_supplier = fleet_put_supplier,
    .drop_supplier = fleet_drop_supplier,
    .set_node_power = fleet_set_node_power,
    .next_news = fleet_next_news,
};
