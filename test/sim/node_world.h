/* node_world.h - a controller with nodes that are not ours, for tests: the engine is SIMULATED, it tells what the test puts
 * in, and writes down what it is asked. */
#pragma once

#include "control/control.h"
#include "model/job_json.h"
#include "test/sim/sim_store.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define SECOND    1000000LL
#define TASKS_MAX 2048

struct task {
    struct fg_task_key key;
    char node[FG_NAME_MAX];
    uint32_t devices;
    bool stopped, over;
};

struct world {
    int64_t now_us;
    struct fg_config config;
    struct sim_store *store;
    struct fg_control *control;
    bool is_shared;
    const char *host; /* name of this machine */
    uint32_t host_gpus;
    uint32_t sick;         /* of its devices those that are read as broken or suspect */
    size_t sick_starts;    /* tasks started there nevertheless */
    unsigned joined, gone; /* events of nodes that came, and are no more */
    struct fg_engine_news news[32];
    size_t news_len, news_at;
    struct fg_node_spec specs[32];
    struct fg_engine_event events[32];
    size_t events_len, events_at;
    struct task tasks[TASKS_MAX];
    size_t tasks_len;
    size_t adopted, suppliers;
    /* What was asked of nodes' power last; NULL: nobody is told. */
    void (*power)(struct world *world, const char *node, bool on);
    char pool[65536]; /* the last answer */
};

/* -- the engine ------------------------------------------------------------------------------------------------ */

static inline int discover(
    struct fg_engine *self, struct fg_node_spec *out, size_t, size_t *out_len, struct fg_err *)
{
    *out = (struct fg_node_spec){.cpu_milli = 1000, .mem_mib = 1024};
    const struct world *world = (struct world *)self;
    snprintf(out->name, sizeof(out->name), "%s", world->host);
    out->cpu_milli += 8000 * world->host_gpus;
    out->devices_len = world->host_gpus;
    for (uint32_t i = 0; i < world->host_gpus; i++)
        out->devices[i] = (struct fg_device_spec){.kind = "h100", .numa = -1, .island = -1};
    *out_len = 1;
    return 0;
}

static inline int start(struct fg_engine *self,
                        const struct fg_task_start *start,
                        struct fg_err *)
{
    struct world *world = (struct world *)self;
    struct task *task = &world->tasks[world->tasks_len++ % TASKS_MAX];
    *task = (struct task){.key = start->key, .devices = start->grant.devices};
    snprintf(task->node, sizeof(task->node), "%s", start->node->name);
    world->sick_starts += !start->node->supplier[0] && (start->grant.devices & world->sick);
    return 0;
}

static inline int stop(struct fg_engine *self, struct fg_task_key key, int64_t, struct fg_err *)
{
    struct world *world = (struct world *)self;
    for (size_t i = 0; i < world->tasks_len; i++)
        world->tasks[i].stopped |=
            world->tasks[i].key.job == key.job && world->tasks[i].key.attempt == key.attempt;
    return 0;
}

static inline int adopt(struct fg_engine *self,
                        const struct fg_task_at *,
                        size_t len,
                        struct fg_err *)
{
    ((struct world *)self)->adopted += len;
    return 0;
}

static inline void collect(struct fg_engine *, struct fg_task_key)
{
}

static inline int next_event(struct fg_engine *self, struct fg_engine_event *out)
{
    struct world *world = (struct world *)self;
    if (world->events_at == world->events_len)
        return 0;
    *out = world->events[world->events_at++];
    return 1;
}

static inline size_t no_artifacts(struct fg_engine *,
                                  struct fg_task_key,
                                  struct fg_engine_artifact *,
                                  size_t)
{
    return 0;
}

static inline const char *isolation(struct fg_engine *)
{
    return "simulated";
}

static inline int put_supplier(struct fg_engine *self,
                               const struct fg_supplier *,
                               struct fg_err *)
{
    ((struct world *)self)->suppliers++;
    return 0;
}

static inline void drop_supplier(struct fg_engine *self, const char *)
{
    ((struct world *)self)->suppliers--;
}

static inline void set_node_power(struct fg_engine *self,
                                  const struct fg_node_spec *node,
                                  bool on)
{
    struct world *world = (struct world *)self;
    if (world->power)
        world->power(world, node->name, on);
}

static inline int next_news(struct fg_engine *self, struct fg_engine_news *out)
{
    struct world *world = (struct world *)self;
    if (world->news_at == world->news_len)
        return 0;
    *out = world->news[world->news_at++];
    return 1;
}

static const struct fg_engine_ops engine_ops = {
    .name = "simulated",
    .discover = discover,
    .start = start,
    .stop = stop,
    .adopt = adopt,
    .collect = collect,
    .next_event = next_event,
    .artifacts = no_artifacts,
    .isolation = isolation,
    .put_supplier = put_supplier,
    .drop_supplier = drop_supplier,
    .set_node_power = set_node_power,
    .next_news = next_news,
};

/* -- the world ------------------------------------------------------------------------------------------------- */

static inline void hear(void *self, const struct fg_event *event)
{
    struct world *world = self;
    world->joined += strcmp(event->kind, "node.joined") == 0;
    world->gone += strcmp(event->kind, "node.gone") == 0;
}

static inline void open_control(struct world *world)
{
    struct fg_err err = {};
    world->control =
        fg_control_new(&(struct fg_control_options){.config = &world->config,
                                                    .store_ops = &sim_store_ops,
                                                    .store = (struct fg_store *)world->store,
                                                    .engine_ops = &engine_ops,
                                                    .engine = (struct fg_engine *)world,
                                                    .order = fg_job_order_find("priority"),
                                                    .preempt = FG_PREEMPT_PRIORITY,
                                                    .publish = hear,
                                                    .self = world,
                                                    .is_shared = world->is_shared,
                                                    .nodes_max = 8},
                       world->now_us, &err);
    if (!world->control)
        printf("# %s\n", err.text);
    if (!OK(world->control != NULL))
        exit(1);
}

static inline void done(struct fg_command *)
{
}

static inline void step(struct world *world, struct fg_command *command)
{
    struct fg_err err = {};
    world->now_us += SECOND / 10;
    if (command)
        command->done = done;
    EQ(fg_control_step(world->control, command, world->now_us, &err), 0);
    OK(fg_control_check(world->control));
}

static inline void wait_s(struct world *world, int64_t seconds)
{
    world->now_us += seconds * SECOND;
    step(world, NULL);
    step(world, NULL);
}

static inline int ask(struct world *world, enum fg_command_kind kind, const char *name)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1UL << 20);
    struct fg_command command = {
        .kind = kind, .name = name, .arena = arena, .actor = {.role = FG_ROLE_ADMIN}};
    step(world, &command);
    snprintf(world->pool, sizeof(world->pool), "%s", command.out_text ? command.out_text : "");
    return command.rc;
}

/* Is that in what is told of the node? */
static inline bool says(struct world *world, const char *node, const char *words)
{
    (void)ask(world, FG_CMD_POOL, node);
    bool found = strstr(world->pool, words) != NULL;
    if (!found)
        printf("# %.600s\n", world->pool);
    return found;
}

static inline void put_placed(struct world *world, enum fg_cluster_place place)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1UL << 20);
    struct fg_supplier supplier = {
        .name = "north", .kind = FG_SUPPLIER_SLURM, .timeout_us = SECOND};
    supplier.cluster.place = place;
    supplier.cluster.lease_us = 10 * SECOND;
    supplier.cluster.patience_us = supplier.cluster.poll_us = SECOND;
    struct fg_command command = {.kind = FG_CMD_SUPPLIER_PUT,
                                 .supplier = &supplier,
                                 .arena = arena,
                                 .actor = {.role = FG_ROLE_ADMIN}};
    step(world, &command);
    EQ(command.rc, 0);
}

static inline void put_north(struct world *world)
{
    put_placed(world, FG_CLUSTER_PLACE_OURS);
}

static inline struct fg_engine_news *add_news(struct world *world, enum fg_news_kind kind)
{
    if (world->news_at == world->news_len)
        world->news_at = world->news_len = 0;
    struct fg_engine_news *news = &world->news[world->news_len++];
    *news = (struct fg_engine_news){
        .kind = kind, .time_us = world->now_us, .up = true, .wait_us = -1};
    snprintf(news->supplier, sizeof(news->supplier), "north");
    return news;
}

static inline void tell_supplier(struct world *world, bool up)
{
    add_news(world, FG_NEWS_SUPPLIER)->up = up;
    step(world, NULL);
}

static inline void tell_node(struct world *world, const char *name, uint32_t gpus)
{
    struct fg_engine_news *news = add_news(world, FG_NEWS_NODE);
    struct fg_node_spec *spec = &world->specs[news - world->news];
    *spec = (struct fg_node_spec){.cpu_milli = 8000,
                                  .mem_mib = 8192,
                                  .supplier = "north",
                                  .whole_only = true,
                                  .devices_len = gpus};
    snprintf(spec->name, sizeof(spec->name), "%s", name);
    for (uint32_t i = 0; i < gpus; i++)
        spec->devices[i] = (struct fg_device_spec){.kind = "h100", .numa = -1, .island = -1};
    news->spec = spec;
}

static inline void tell_state(
    struct world *world, const char *name, bool up, uint32_t others, int64_t leaves_us)
{
    struct fg_engine_news *news = add_news(world, FG_NEWS_NODE_STATE);
    snprintf(news->node, sizeof(news->node), "%s", name);
    news->up = up;
    news->leaves_us = leaves_us;
    news->others = (struct fg_grant){.devices = others,
                                     .cpu_milli = 1000 * (uint32_t)__builtin_popcount(others)};
    snprintf(news->reason, sizeof(news->reason), "%s", up ? "" : "not responding");
    step(world, NULL);
    step(world, NULL);
}

static inline void tell_gone(struct world *world, const char *name)
{
    snprintf(add_news(world, FG_NEWS_NODE_GONE)->node, FG_NAME_MAX, "%s", name);
    step(world, NULL);
    step(world, NULL);
}

static inline struct fg_engine_event *add_event(struct world *world,
                                                const struct task *task,
                                                enum fg_engine_event_kind kind)
{
    if (world->events_at == world->events_len)
        world->events_at = world->events_len = 0;
    struct fg_engine_event *event = &world->events[world->events_len++];
    *event = (struct fg_engine_event){
        .kind = kind, .key = task->key, .time_us = world->now_us, .usage = {.max_rss_mib = 1}};
    return event;
}

static inline fg_job_id submit(struct world *world, uint32_t gpus, uint32_t tasks)
{
    struct fg_job_spec spec = {.name = "sim",
                               .project = "default",
                               .run = "true",
                               .setup = "",
                               .cwd = "",
                               .workdir = "",
                               .workdir_hash = "",
                               .idempotency_key = "",
                               .any_of_len = 1,
                               .tasks = tasks,
                               .grace_us = SECOND,
                               .compute_density = -1,
                               .time_sensitivity = -1,
                               .memory_need = -1};
    FG_AUTO(fg_buf) struct fg_buf json = {};
    spec.any_of[0] = (struct fg_request){
        .kind = "h100", .count = gpus, .gpu_milli = 1000, .cpu_milli = 1000};
    fg_job_json_write(&json, &spec);
    struct fg_submit_item item = {
        .spec = &spec, .spec_json = json.text, .spec_json_len = json.len, .project = 1};
    struct fg_command command = {.kind = FG_CMD_SUBMIT,
                                 .items = &item,
                                 .items_len = 1,
                                 .actor = {.user = "ada", .role = FG_ROLE_ADMIN}};
    step(world, &command);
    EQ(command.rc, 0);
    step(world, NULL);
    return item.out_id;
}

/* The newest task of the job. */
static inline struct task *task_of(struct world *world, fg_job_id job)
{
    for (size_t i = world->tasks_len; i-- > 0;)
        if (world->tasks[i].key.job == job)
            return &world->tasks[i];
    return NULL;
}

static inline enum fg_job_state state(const struct world *world, fg_job_id job)
{
    return sim_store_job(world->store, job)->state;
}

static inline void begin(struct world *world, fg_job_id job)
{
    (void)add_event(world, task_of(world, job), FG_TASK_STARTED);
    step(world, NULL);
    EQ(state(world, job), FG_JOB_RUNNING);
}

static inline void end(struct world *world, fg_job_id job, enum fg_engine_event_kind kind)
{
    (void)add_event(world, task_of(world, job), kind);
    step(world, NULL);
    step(world, NULL);
}

static inline struct world *world_new(uint32_t nodes)
{
    struct world *world = calloc(1, sizeof(*world));
    fg_config_defaults(&world->config);
    world->config.node_probation_s = 10;
    world->now_us = 1700000000 * SECOND;
    world->host = "host";
    world->store = sim_store_new();
    open_control(world);
    put_north(world);
    tell_supplier(world, true);
    for (uint32_t i = 1; i <= nodes; i++) {
        char name[16];
        snprintf(name, sizeof(name), "north.n%u", i);
        tell_node(world, name, 2);
        tell_state(world, name, true, 0, 0);
    }
    return world;
}

static inline void world_free(struct world *world)
{
    fg_control_free(world->control);
    sim_store_free(world->store);
    free(world);
}

static inline void restart(struct world *world)
{
    fg_control_free(world->control);
    sim_store_crash(world->store);
    world->news_len = world->news_at = 0;
    open_control(world);
    step(world, NULL);
}

static inline void read_device(
    struct world *world, const char *node, uint32_t device, enum fg_reading at, int64_t value)
{
    struct fg_device_sample sample = {
        .device = device, .time_us = world->now_us, .value = FG_READINGS_UNKNOWN};
    snprintf(sample.node, sizeof(sample.node), "%s", node);
    sample.value[at] = value;
    fg_control_read_devices(world->control, &sample, 1, world->now_us);
    step(world, NULL);
    step(world, NULL);
}

static inline struct world *world_with_gpus(uint32_t gpus)
{
    struct world *world = world_new(0);
    world->host_gpus = gpus;
    restart(world);
    return world;
}
