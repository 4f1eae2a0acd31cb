/* sim_cluster.c - see sim_cluster.h */
#include "test/sim/sim_cluster.h"

#include "model/supplier.h"
#include "test/sim/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUPPLIERS  2
#define PER        4
#define NODES      (1 + SUPPLIERS * PER) /* the first is this machine */
#define GPUS       2
#define TASKS_MAX  20000
#define EVENTS_MAX 40000
#define SECOND     1000000LL

enum phase { ASKED, RUNS, ENDED, GONE };

struct task {
    struct fg_task_key key;
    uint32_t node, devices; /* where it really is */
    uint32_t told_devices;
    struct fg_grant grant;
    enum phase phase;
    bool told, is_exact; /* exact: its courier tells which devices these are */
    int64_t asked_us, start_us, end_us;
    struct fg_engine_event end;
};

struct node {
    struct fg_node_spec spec;
    bool up, cut, gone; /* cut: it is not heard, and goes on until its lease is over */
    int64_t cut_us, back_us, leaves_us;
    uint32_t others; /* devices */
    /* As told to this daemon. */
    bool told, told_up, told_gone, told_shape;
    int64_t told_leaves_us;
    uint32_t told_others;
};

struct supplier {
    bool put, answers, stalls;
    int64_t back_us;
    bool told, told_up;
};

struct sim_cluster {
    uint64_t random;
    int64_t now_us;
    bool kind;
    fg_job_id killer;
    uint32_t die_after;
    struct node nodes[NODES];
    struct supplier suppliers[SUPPLIERS + 1]; /* [0] is not used */
    struct task tasks[TASKS_MAX];
    size_t tasks_len;
    struct fg_engine_event events[EVENTS_MAX];
    size_t events_len, events_at;
    struct sim_cluster_counts counts;
    const char *fault;
};

static const char *const names[SUPPLIERS + 1] = {"", "east", "west"};

static uint32_t supplier_of(size_t node)
{
    return node == 0 ? 0 : 1 + (uint32_t)(node - 1) / PER;
}

static uint32_t roll(struct sim_cluster *cluster, uint32_t below)
{
    return sim_random(&cluster->random, below);
}

static bool chance(struct sim_cluster *cluster, uint32_t one_in)
{
    return !cluster->kind && roll(cluster, one_in) == 0;
}

static void shape(struct node *node, size_t at, uint32_t gpus)
{
    node->spec.cpu_milli = 8000;
    node->spec.mem_mib = 32768;
    node->spec.devices_len = gpus;
    for (uint32_t i = 0; i < gpus; i++)
        node->spec.devices[i] =
            (struct fg_device_spec){.kind = "h100", .mem_mib = 81920, .numa = -1, .island = -1};
    node->spec.whole_only = at > 0;
}

struct sim_cluster *sim_cluster_new(uint64_t seed)
{
    struct sim_cluster *cluster = calloc(1, sizeof(*cluster));
    assert(cluster);
    cluster->random = seed * 2 + 1;
    cluster->die_after = UINT32_MAX;
    for (size_t i = 0; i < NODES; i++) {
        struct node *node = &cluster->nodes[i];
        const char *supplier = names[supplier_of(i)];
        snprintf(node->spec.name, sizeof(node->spec.name), "%s%sn%zu", supplier,
                 supplier[0] ? "." : "", i);
        snprintf(node->spec.supplier, sizeof(node->spec.supplier), "%s", supplier);
        shape(node, i, GPUS);
        node->up = true;
    }
    for (uint32_t i = 1; i <= SUPPLIERS; i++)
        cluster->suppliers[i].answers = true;
    return cluster;
}

void sim_cluster_free(struct sim_cluster *cluster)
{
    free(cluster);
}

void sim_cluster_die_after(struct sim_cluster *cluster, uint32_t calls)
{
    cluster->die_after = calls;
}

void sim_cluster_killer(struct sim_cluster *cluster, fg_job_id job)
{
    cluster->killer = job;
}

static bool dead(struct sim_cluster *cluster)
{
    if (cluster->die_after == UINT32_MAX)
        return false;
    if (cluster->die_after == 0)
        return true;
    cluster->die_after--;
    return false;
}

static struct task *find(struct sim_cluster *cluster, struct fg_task_key key)
{
    for (size_t i = cluster->tasks_len; i-- > 0;) {
        struct task *task = &cluster->tasks[i];
        if (task->key.job == key.job && task->key.attempt == key.attempt
            && task->key.task == key.task)
            return task;
    }
    return NULL;
}

static size_t find_node(const struct sim_cluster *cluster, const char *name)
{
    size_t at = 0;
    while (at < NODES && strcmp(cluster->nodes[at].spec.name, name) != 0)
        at++;
    assert(at < NODES);
    return at;
}

static void tell(struct sim_cluster *cluster, struct fg_engine_event event)
{
    assert(cluster->events_len < EVENTS_MAX);
    event.time_us = cluster->now_us;
    cluster->events[cluster->events_len++] = event;
}

static void tell_end(struct sim_cluster *cluster, struct task *task)
{
    if (!task->told)
        tell(cluster, task->end);
    task->told = true;
}

/* -- the functions of the engine ------------------------------------------------------------------------- */

static int discover(
    struct fg_engine *self, struct fg_node_spec *out, size_t, size_t *out_len, struct fg_err *)
{
    *out = ((struct sim_cluster *)self)->nodes[0].spec;
    *out_len = 1;
    return 0;
}

/* May the controller, by what it was told, give this node work? */
static void check_start(struct sim_cluster *cluster, size_t at)
{
    const struct node *node = &cluster->nodes[at];
    const struct supplier *supplier = &cluster->suppliers[supplier_of(at)];
    if (at > 0 && (!node->told_up || node->told_gone || node->told_leaves_us))
        cluster->fault = "work began on a node that must get none";
    if (at > 0 && !supplier->told_up)
        cluster->fault = "work began at a supplier that does not answer";
}

/* Devices of tasks that are there. */
static uint32_t busy(const struct sim_cluster *cluster, size_t node)
{
    uint32_t devices = cluster->nodes[node].others;
    for (size_t i = 0; i < cluster->tasks_len; i++)
        if (cluster->tasks[i].node == node && cluster->tasks[i].phase <= RUNS)
            devices |= cluster->tasks[i].devices;
    return devices;
}

/* West names its nodes itself, now and then: another one that is free. */
static void place(struct sim_cluster *cluster, struct task *task)
{
    if (supplier_of(task->node) != 2 || task->devices == 0 || roll(cluster, 3))
        return;
    size_t other = 1 + PER + roll(cluster, PER);
    if (!cluster->nodes[other].told_up || cluster->nodes[other].cut
        || cluster->nodes[other].spec.devices_len != GPUS || busy(cluster, other) != 0)
        return;
    task->node = (uint32_t)other;
    cluster->counts.moves++;
}

static int start(struct fg_engine *self, const struct fg_task_start *start, struct fg_err *err)
{
    struct sim_cluster *cluster = (struct sim_cluster *)self;
    if (dead(cluster) || find(cluster, start->key))
        return 0;
    size_t at = find_node(cluster, start->node->name);
    check_start(cluster, at);
    if (chance(cluster, 50))
        return fg_fail(err, FG_EBACKEND, "simulated: could not be started");
    assert(cluster->tasks_len < TASKS_MAX);
    struct task *task = &cluster->tasks[cluster->tasks_len++];
    int64_t begin_us = cluster->now_us + roll(cluster, 900) * 1000;
    *task = (struct task){.key = start->key,
                          .node = (uint32_t)at,
                          .devices = start->grant.devices,
                          .grant = start->grant,
                          .asked_us = cluster->now_us,
                          .start_us = begin_us,
                          .end_us = begin_us + (1 + roll(cluster, 8000)) * 1000,
                          .end = {.kind = FG_TASK_EXITED,
                                  .key = start->key,
                                  .exit_code = chance(cluster, 10),
                                  .usage = {.max_rss_mib = 1, .cpu_us = 1}}};
    place(cluster, task);
    cluster->counts.starts++;
    return 0;
}

static void end_task(struct sim_cluster *cluster,
                     struct task *task,
                     enum fg_engine_event_kind kind,
                     const char *why)
{
    task->end.kind = kind;
    snprintf(task->end.reason, sizeof(task->end.reason), "%s", why);
    task->phase = ENDED;
    cluster->counts.losses += kind == FG_TASK_LOST;
    tell_end(cluster, task);
}

static int stop(struct fg_engine *self, struct fg_task_key key, int64_t, struct fg_err *)
{
    struct sim_cluster *cluster = (struct sim_cluster *)self;
    struct task *task = dead(cluster) ? NULL : find(cluster, key);
    if (!task || task->phase > RUNS || cluster->nodes[task->node].cut)
        return 0;
    task->end.stopped = true;
    task->end.term_signal = 15;
    task->end.exit_code = -1;
    if (task->end_us > cluster->now_us + 100000)
        task->end_us = cluster->now_us + 100000;
    if (task->phase == ASKED)
        end_task(cluster, task, FG_TASK_FAILED, "stopped before it began");
    return 0;
}

/* So many of them, drawn. */
static uint32_t draw_devices(struct sim_cluster *cluster, uint32_t free, int count)
{
    uint32_t chosen = 0;
    while (__builtin_popcount(chosen) < count)
        chosen |= free & UINT32_C(1) << roll(cluster, FG_NODE_DEVICES_MAX);
    return chosen;
}

/* A cluster gives it devices as it likes, of those that nobody has; now and then a courier does not know which. */
static void choose_devices(struct sim_cluster *cluster, struct task *task)
{
    const struct node *node = &cluster->nodes[task->node];
    uint32_t free = (UINT32_C(1) << node->spec.devices_len) - 1;
    int count = __builtin_popcount(task->devices);
    for (size_t i = 0; i < cluster->tasks_len; i++)
        if (cluster->tasks[i].node == task->node && cluster->tasks[i].phase == RUNS)
            free &= ~cluster->tasks[i].devices;
    if (__builtin_popcount(free & ~node->others) >= count)
        free &= ~node->others;
    task->told_devices = task->devices;
    if (__builtin_popcount(free) < count)
        return;
    task->devices = draw_devices(cluster, free, count);
    cluster->counts.swaps += task->devices != task->told_devices;
    task->is_exact = !chance(cluster, 5);
    if (task->is_exact)
        task->told_devices = task->devices;
}

static void tell_started(struct sim_cluster *cluster, const struct task *task)
{
    struct fg_engine_event event = {.kind = FG_TASK_STARTED, .key = task->key, .pid = 1};
    if (task->node > 0) {
        snprintf(event.node, sizeof(event.node), "%s", cluster->nodes[task->node].spec.name);
        event.devices = task->told_devices;
        event.is_exact = task->is_exact;
    }
    tell(cluster, event);
}

static int adopt(struct fg_engine *self,
                 const struct fg_task_at *tasks,
                 size_t len,
                 struct fg_err *)
{
    struct sim_cluster *cluster = (struct sim_cluster *)self;
    for (size_t i = 0; i < len; i++) {
        struct task *task = find(cluster, tasks[i].key);
        if (!task) {
            assert(cluster->tasks_len < TASKS_MAX);
            task = &cluster->tasks[cluster->tasks_len++];
            *task = (struct task){.key = tasks[i].key,
                                  .phase = ENDED,
                                  .end = {.kind = FG_TASK_LOST, .key = tasks[i].key}};
        }
        if (task->phase == RUNS)
            tell_started(cluster, task);
        if (task->phase >= ENDED) {
            task->told = false;
            tell_end(cluster, task);
        }
    }
    return 0;
}

static void collect(struct fg_engine *self, struct fg_task_key key)
{
    struct sim_cluster *cluster = (struct sim_cluster *)self;
    struct task *task = dead(cluster) ? NULL : find(cluster, key);
    if (task)
        task->phase = GONE;
}

static int next_event(struct fg_engine *self, struct fg_engine_event *out)
{
    struct sim_cluster *cluster = (struct sim_cluster *)self;
    if (cluster->events_at == cluster->events_len)
        return 0;
    *out = cluster->events[cluster->events_at++];
    return 1;
}

static size_t artifacts(struct fg_engine *,
                        struct fg_task_key,
                        struct fg_engine_artifact *,
                        size_t)
{
    return 0;
}

static const char *isolation(struct fg_engine *)
{
    return "simulated";
}

static uint32_t supplier_named(const char *name)
{
    uint32_t at = 1;
    while (at < SUPPLIERS && strcmp(names[at], name) != 0)
        at++;
    return at;
}

static int put_supplier(struct fg_engine *self,
                        const struct fg_supplier *supplier,
                        struct fg_err *)
{
    ((struct sim_cluster *)self)->suppliers[supplier_named(supplier->name)].put = true;
    return 0;
}

static void drop_supplier(struct fg_engine *self, const char *name)
{
    ((struct sim_cluster *)self)->suppliers[supplier_named(name)].put = false;
}

/* -- news ------------------------------------------------------------------------------------------------- */

static bool supplier_news(struct sim_cluster *cluster, uint32_t at, struct fg_engine_news *out)
{
    struct supplier *supplier = &cluster->suppliers[at];
    if (supplier->told && supplier->told_up == supplier->answers)
        return false;
    supplier->told = true;
    supplier->told_up = supplier->answers;
    *out = (struct fg_engine_news){.kind = FG_NEWS_SUPPLIER,
                                   .time_us = cluster->now_us,
                                   .up = supplier->answers,
                                   .wait_us = -1};
    snprintf(out->supplier, sizeof(out->supplier), "%s", names[at]);
    return true;
}

static bool node_news(struct sim_cluster *cluster,
                      struct node *node,
                      struct fg_engine_news *out)
{
    bool up = node->up && !node->cut;
    *out = (struct fg_engine_news){.time_us = cluster->now_us, .spec = &node->spec};
    snprintf(out->node, sizeof(out->node), "%s", node->spec.name);
    if (node->gone) {
        bool is_news = node->told && !node->told_gone;
        node->told_gone = is_news || node->told_gone;
        node->told_up = false;
        out->kind = FG_NEWS_NODE_GONE;
        return is_news;
    }
    if (!node->told || node->told_gone || !node->told_shape) {
        node->told = node->told_shape = true;
        node->told_gone = node->told_up = false;
        node->told_others = UINT32_MAX;
        out->kind = FG_NEWS_NODE;
        return true;
    }
    if (node->told_up == up && node->told_others == node->others
        && node->told_leaves_us == node->leaves_us)
        return false;
    node->told_up = up;
    node->told_others = node->others;
    node->told_leaves_us = node->leaves_us;
    out->kind = FG_NEWS_NODE_STATE;
    out->up = up;
    out->leaves_us = node->leaves_us;
    out->others.devices = node->others;
    out->others.cpu_milli = 500U * (uint32_t)__builtin_popcount(node->others);
    snprintf(out->reason, sizeof(out->reason), "%s", up ? "" : "was not heard from");
    return true;
}

static int next_news(struct fg_engine *self, struct fg_engine_news *out)
{
    struct sim_cluster *cluster = (struct sim_cluster *)self;
    for (uint32_t at = 1; at <= SUPPLIERS; at++)
        if (cluster->suppliers[at].put && supplier_news(cluster, at, out))
            return 1;
    for (size_t i = 1; i < NODES; i++) {
        const struct supplier *supplier = &cluster->suppliers[supplier_of(i)];
        if (supplier->put && supplier->answers && node_news(cluster, &cluster->nodes[i], out))
            return 1;
    }
    return 0;
}

const struct fg_engine_ops sim_cluster_ops = {
    .name = "simulated",
    .discover = discover,
    .start = start,
    .stop = stop,
    .adopt = adopt,
    .collect = collect,
    .next_event = next_event,
    .artifacts = artifacts,
    .isolation = isolation,
    .put_supplier = put_supplier,
    .drop_supplier = drop_supplier,
    .next_news = next_news,
};

/* -- the world ---------------------------------------------------------------------------------------------- */

/* What runs there is no more. */
static void lose_tasks(struct sim_cluster *cluster, size_t node, const char *why)
{
    for (size_t i = 0; i < cluster->tasks_len; i++)
        if (cluster->tasks[i].node == node && cluster->tasks[i].phase <= RUNS)
            end_task(cluster, &cluster->tasks[i], FG_TASK_LOST, why);
}

static void die(struct sim_cluster *cluster, size_t at)
{
    struct node *node = &cluster->nodes[at];
    node->up = false;
    node->back_us = cluster->now_us + (1 + roll(cluster, 20)) * SECOND;
    cluster->counts.deaths++;
    lose_tasks(cluster, at, "its node is gone");
}

static void fault_node(struct sim_cluster *cluster, size_t at)
{
    struct node *node = &cluster->nodes[at];
    switch (roll(cluster, 6)) {
    case 0:
        die(cluster, at);
        break;
    case 1:
        node->cut = true;
        node->cut_us = cluster->now_us;
        node->back_us = cluster->now_us + (1 + roll(cluster, 25)) * SECOND;
        cluster->counts.cuts++;
        break;
    case 2:
        node->leaves_us = cluster->now_us + 5 * SECOND;
        cluster->counts.notices++;
        break;
    case 3:
        node->others = roll(cluster, 1 << node->spec.devices_len) & ~busy(cluster, at);
        break;
    case 4:
        if (busy(cluster, at) == node->others) {
            shape(node, at, 1 + roll(cluster, GPUS));
            node->others = 0;
            node->told_shape = false;
            cluster->counts.shapes++;
        }
        break;
    default:
        node->others = 0;
    }
}

static void mend_node(struct sim_cluster *cluster, size_t at)
{
    struct node *node = &cluster->nodes[at];
    if (node->cut && cluster->now_us >= node->cut_us + SIM_CLUSTER_LEASE_US)
        lose_tasks(cluster, at, "was not heard from for 10 s; its copy ended by its lease");
    if (node->leaves_us && cluster->now_us >= node->leaves_us) {
        lose_tasks(cluster, at, "its machine was taken away");
        node->gone = true;
        node->leaves_us = 0;
        node->back_us = cluster->now_us + (5 + roll(cluster, 20)) * SECOND;
    }
    if (node->back_us && cluster->now_us >= node->back_us) {
        node->up = true;
        node->cut = node->gone = false;
        node->back_us = 0;
    }
}

static void move_supplier(struct sim_cluster *cluster, uint32_t at)
{
    struct supplier *supplier = &cluster->suppliers[at];
    if (supplier->back_us && cluster->now_us >= supplier->back_us) {
        supplier->answers = true;
        supplier->stalls = false;
        supplier->back_us = 0;
    } else if (!supplier->back_us && chance(cluster, 150)) {
        supplier->answers = roll(cluster, 2);
        supplier->stalls = supplier->answers;
        cluster->counts.stalls += supplier->stalls;
        cluster->counts.silences += !supplier->answers;
        supplier->back_us = cluster->now_us + (1 + roll(cluster, 20)) * SECOND;
    }
}

/* Its node kills what kills it. */
static bool kills(struct sim_cluster *cluster, const struct task *task)
{
    return task->node > 0 && task->key.job == cluster->killer
           && cluster->now_us >= task->start_us + SECOND;
}

static void move_task(struct sim_cluster *cluster, struct task *task)
{
    const struct node *node = &cluster->nodes[task->node];
    const struct supplier *supplier = &cluster->suppliers[supplier_of(task->node)];
    bool is_held = task->node > 0 && (node->cut || !node->up || node->gone || supplier->stalls);
    if (task->phase == ASKED && is_held
        && cluster->now_us >= task->asked_us + SIM_CLUSTER_PATIENCE_US)
        end_task(cluster, task, FG_TASK_LOST, "its cluster did not begin it within 8 s");
    if (task->phase == ASKED && !is_held && task->start_us <= cluster->now_us) {
        if (task->node > 0)
            choose_devices(cluster, task);
        task->phase = RUNS;
        tell_started(cluster, task);
    }
    if (task->phase == RUNS && kills(cluster, task))
        die(cluster, task->node);
    else if (task->phase == RUNS && !node->cut && task->end_us <= cluster->now_us)
        end_task(cluster, task, FG_TASK_EXITED, "");
}

void sim_cluster_advance(struct sim_cluster *cluster, int64_t now_us)
{
    cluster->now_us = now_us;
    for (uint32_t at = 1; at <= SUPPLIERS; at++)
        move_supplier(cluster, at);
    for (size_t at = 1; at < NODES; at++) {
        const struct node *node = &cluster->nodes[at];
        mend_node(cluster, at);
        if (node->up && !node->cut && !node->gone && !node->leaves_us && chance(cluster, 60))
            fault_node(cluster, at);
    }
    for (size_t i = 0; i < cluster->tasks_len; i++)
        if (cluster->tasks[i].phase <= RUNS)
            move_task(cluster, &cluster->tasks[i]);
}

void sim_cluster_restart(struct sim_cluster *cluster)
{
    cluster->die_after = UINT32_MAX;
    cluster->events_len = cluster->events_at = 0;
    for (size_t i = 0; i < cluster->tasks_len; i++)
        cluster->tasks[i].told = false;
    for (size_t i = 0; i < NODES; i++)
        cluster->nodes[i].told = cluster->nodes[i].told_up = false;
    for (uint32_t at = 1; at <= SUPPLIERS; at++) {
        struct supplier *supplier = &cluster->suppliers[at];
        supplier->put = supplier->told = supplier->told_up = false;
    }
}

void sim_cluster_be_kind(struct sim_cluster *cluster)
{
    cluster->kind = true;
    for (size_t i = 1; i < NODES; i++) {
        struct node *node = &cluster->nodes[i];
        node->others = 0;
        if (!node->up || node->cut || node->gone)
            node->back_us = cluster->now_us;
        if (node->spec.devices_len < GPUS) {
            shape(node, i, GPUS);
            node->told_shape = false;
        }
    }
    for (uint32_t at = 1; at <= SUPPLIERS; at++)
        cluster->suppliers[at].back_us = cluster->now_us;
}

/* -- what must hold -------------------------------------------------------------------------------------------- */

static bool runs_twice(const struct sim_cluster *cluster, size_t at)
{
    const struct task *a = &cluster->tasks[at];
    for (size_t i = 0; i < at; i++) {
        const struct task *b = &cluster->tasks[i];
        if (b->phase == RUNS && b->key.job == a->key.job && b->key.task == a->key.task)
            return true;
    }
    return false;
}

const char *sim_cluster_fault(const struct sim_cluster *cluster)
{
    uint32_t devices[NODES] = {};
    for (size_t i = 0; !cluster->fault && i < cluster->tasks_len; i++) {
        const struct task *task = &cluster->tasks[i];
        if (task->phase != RUNS)
            continue;
        if (runs_twice(cluster, i))
            return "a rank of a job runs twice";
        if (supplier_of(task->node) != 2 && task->grant.gpu_milli == FG_WHOLE_MILLI
            && (devices[task->node] & task->devices))
            return "a device is given out twice";
        devices[task->node] |= task->devices;
    }
    return cluster->fault;
}

const char *sim_cluster_some_node(struct sim_cluster *cluster)
{
    size_t at = 1 + roll(cluster, NODES - 1);
    const struct node *node = &cluster->nodes[at];
    return node->told && node->told_up ? node->spec.name : NULL;
}

struct sim_cluster_counts sim_cluster_counts(const struct sim_cluster *cluster)
{
    return cluster->counts;
}

size_t sim_cluster_running(const struct sim_cluster *cluster)
{
    size_t len = 0;
    for (size_t i = 0; i < cluster->tasks_len; i++)
        len += cluster->tasks[i].phase == RUNS;
    return len;
}
