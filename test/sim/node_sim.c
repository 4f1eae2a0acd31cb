/* node_sim.c - the life of nodes that are not ours, told, not drawn: what engines say of them, and what the controller makes of
 * it.  The engine is SIMULATED: it tells what the test puts in, and writes down what it is asked. */
#include "control/control.h"
#include "model/job_json.h"
#include "test/sim/random.h"
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
    uint32_t sick;      /* of its devices those that are read as broken or suspect */
    size_t sick_starts; /* tasks started there nevertheless */
    struct fg_engine_news news[32];
    size_t news_len, news_at;
    struct fg_node_spec specs[32];
    struct fg_engine_event events[32];
    size_t events_len, events_at;
    struct task tasks[TASKS_MAX];
    size_t tasks_len;
    size_t adopted, suppliers;
    char pool[65536]; /* the last answer */
};

/* -- the engine ------------------------------------------------------------------------------------------------ */

static int discover(
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

static int start(struct fg_engine *self, const struct fg_task_start *start, struct fg_err *)
{
    struct world *world = (struct world *)self;
    struct task *task = &world->tasks[world->tasks_len++ % TASKS_MAX];
    *task = (struct task){.key = start->key, .devices = start->grant.devices};
    snprintf(task->node, sizeof(task->node), "%s", start->node->name);
    world->sick_starts += !start->node->supplier[0] && (start->grant.devices & world->sick);
    return 0;
}

static int stop(struct fg_engine *self, struct fg_task_key key, int64_t, struct fg_err *)
{
    struct world *world = (struct world *)self;
    for (size_t i = 0; i < world->tasks_len; i++)
        world->tasks[i].stopped |=
            world->tasks[i].key.job == key.job && world->tasks[i].key.attempt == key.attempt;
    return 0;
}

static int adopt(struct fg_engine *self, const struct fg_task_at *, size_t len, struct fg_err *)
{
    ((struct world *)self)->adopted += len;
    return 0;
}

static void collect(struct fg_engine *, struct fg_task_key)
{
}

static int next_event(struct fg_engine *self, struct fg_engine_event *out)
{
    struct world *world = (struct world *)self;
    if (world->events_at == world->events_len)
        return 0;
    *out = world->events[world->events_at++];
    return 1;
}

static size_t no_artifacts(struct fg_engine *,
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

static int put_supplier(struct fg_engine *self, const struct fg_supplier *, struct fg_err *)
{
    ((struct world *)self)->suppliers++;
    return 0;
}

static void drop_supplier(struct fg_engine *self, const char *)
{
    ((struct world *)self)->suppliers--;
}

static int next_news(struct fg_engine *self, struct fg_engine_news *out)
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
    .next_news = next_news,
};

/* -- the world ------------------------------------------------------------------------------------------------- */

static void open_control(struct world *world)
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
                                                    .is_shared = world->is_shared,
                                                    .nodes_max = 8},
                       world->now_us, &err);
    if (!world->control)
        printf("# %s\n", err.text);
    if (!OK(world->control != NULL))
        exit(1);
}

static void done(struct fg_command *)
{
}

static void step(struct world *world, struct fg_command *command)
{
    struct fg_err err = {};
    world->now_us += SECOND / 10;
    if (command)
        command->done = done;
    EQ(fg_control_step(world->control, command, world->now_us, &err), 0);
    OK(fg_control_check(world->control));
}

static void wait_s(struct world *world, int64_t seconds)
{
    world->now_us += seconds * SECOND;
    step(world, NULL);
    step(world, NULL);
}

static int ask(struct world *world, enum fg_command_kind kind, const char *name)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1UL << 20);
    struct fg_command command = {
        .kind = kind, .name = name, .arena = arena, .actor = {.role = FG_ROLE_ADMIN}};
    step(world, &command);
    snprintf(world->pool, sizeof(world->pool), "%s", command.out_text ? command.out_text : "");
    return command.rc;
}

/* Is that in what is told of the node? */
static bool says(struct world *world, const char *node, const char *words)
{
    (void)ask(world, FG_CMD_POOL, node);
    bool found = strstr(world->pool, words) != NULL;
    if (!found)
        printf("# %.600s\n", world->pool);
    return found;
}

static void put_placed(struct world *world, enum fg_cluster_place place)
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

static void put_north(struct world *world)
{
    put_placed(world, FG_CLUSTER_PLACE_OURS);
}

static struct fg_engine_news *add_news(struct world *world, enum fg_news_kind kind)
{
    if (world->news_at == world->news_len)
        world->news_at = world->news_len = 0;
    struct fg_engine_news *news = &world->news[world->news_len++];
    *news = (struct fg_engine_news){
        .kind = kind, .time_us = world->now_us, .up = true, .wait_us = -1};
    snprintf(news->supplier, sizeof(news->supplier), "north");
    return news;
}

static void tell_supplier(struct world *world, bool up)
{
    add_news(world, FG_NEWS_SUPPLIER)->up = up;
    step(world, NULL);
}

static void tell_node(struct world *world, const char *name, uint32_t gpus)
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

static void tell_state(
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

static void tell_gone(struct world *world, const char *name)
{
    snprintf(add_news(world, FG_NEWS_NODE_GONE)->node, FG_NAME_MAX, "%s", name);
    step(world, NULL);
    step(world, NULL);
}

static struct fg_engine_event *add_event(struct world *world,
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

static fg_job_id submit(struct world *world, uint32_t gpus, uint32_t tasks)
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
static struct task *task_of(struct world *world, fg_job_id job)
{
    for (size_t i = world->tasks_len; i-- > 0;)
        if (world->tasks[i].key.job == job)
            return &world->tasks[i];
    return NULL;
}

static enum fg_job_state state(const struct world *world, fg_job_id job)
{
    return sim_store_job(world->store, job)->state;
}

static void begin(struct world *world, fg_job_id job)
{
    (void)add_event(world, task_of(world, job), FG_TASK_STARTED);
    step(world, NULL);
    EQ(state(world, job), FG_JOB_RUNNING);
}

static void end(struct world *world, fg_job_id job, enum fg_engine_event_kind kind)
{
    (void)add_event(world, task_of(world, job), kind);
    step(world, NULL);
    step(world, NULL);
}

static struct world *world_new(uint32_t nodes)
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

static void world_free(struct world *world)
{
    fg_control_free(world->control);
    sim_store_free(world->store);
    free(world);
}

static void restart(struct world *world)
{
    fg_control_free(world->control);
    sim_store_crash(world->store);
    world->news_len = world->news_at = 0;
    open_control(world);
    step(world, NULL);
}

/* -- tests ------------------------------------------------------------------------------------------------------- */

static void a_node_gets_work_only_once_it_was_heard(void)
{
    struct world *world = world_new(1);
    fg_job_id job = submit(world, 1, 1);
    OK(task_of(world, job) && strcmp(task_of(world, job)->node, "north.n1") == 0);
    begin(world, job);
    restart(world);
    EQ(world->adopted, 1);
    EQ(world->suppliers, 2); /* put again */
    OK(says(world, "north.n1", "not heard of since the service started"));
    fg_job_id next = submit(world, 1, 1);
    OK(task_of(world, next) == NULL);
    tell_supplier(world, true);
    tell_state(world, "north.n1", true, 0, 0);
    OK(task_of(world, next) != NULL);
    world_free(world);
}

static void others_are_load(void)
{
    struct world *world = world_new(1);
    tell_state(world, "north.n1", true, 1, 0);
    OK(says(world, "north.n1", "\"devices_others\":1"));
    fg_job_id two = submit(world, 2, 1), one = submit(world, 1, 1);
    OK(task_of(world, two) == NULL);
    EQ(task_of(world, one)->devices, 2);
    begin(world, one);
    tell_state(world, "north.n1", true, 3, 0); /* more than is left */
    OK(says(world, "north.n1", "\"devices_others\":1"));
    end(world, one, FG_TASK_EXITED);
    OK(says(world, "north.n1", "\"devices_others\":2")); /* now there is room for them */
    OK(task_of(world, two) == NULL);
    tell_state(world, "north.n1", true, 0, 0);
    OK(task_of(world, two) != NULL);
    world_free(world);
}

/* Where Slurm places, work of ours stands in its queue: what others hold keeps none back. */
static void others_are_no_load_where_slurm_places(void)
{
    struct world *world = world_new(1);
    tell_state(world, "north.n1", true, 3, 0);
    fg_job_id job = submit(world, 1, 1);
    OK(task_of(world, job) == NULL);
    put_placed(world, FG_CLUSTER_PLACE_SLURM);
    wait_s(world, 2);
    tell_state(world, "north.n1", true, 3, 0);
    OK(says(world, "north.n1", "\"devices_others\":0"));
    OK(task_of(world, job) != NULL);
    put_placed(world, FG_CLUSTER_PLACE_OURS);
    wait_s(world, 2);
    tell_state(world, "north.n1", true, 3, 0);
    OK(says(world, "north.n1", "\"devices_others\":1")); /* as much as ours leaves */
    world_free(world);
}

static void a_paused_supplier_gets_nothing_new(void)
{
    struct world *world = world_new(1);
    fg_job_id runs = submit(world, 1, 1);
    begin(world, runs);
    fg_job_id asked = submit(world, 1, 1);
    EQ(ask(world, FG_CMD_SUPPLIER_PAUSE, "north"), 0);
    EQ(ask(world, FG_CMD_SUPPLIER_STATUS, "north"), 0);
    OK(strstr(world->pool, "\"state\":\"paused\"") != NULL);
    OK(says(world, "north.n1", "supplier north is paused"));
    end(world, asked, FG_TASK_LOST); /* its engine takes it back */
    wait_s(world, 5);
    EQ(state(world, asked), FG_JOB_QUEUED);
    end(world, runs, FG_TASK_EXITED);
    EQ(state(world, runs), FG_JOB_SUCCEEDED);
    EQ(ask(world, FG_CMD_SUPPLIER_RESUME, "north"), 0);
    wait_s(world, 2); /* what was taken back counts for nothing against it */
    EQ(state(world, asked), FG_JOB_STARTING);
    world_free(world);
}

static void a_guess_moves_and_may_change_places(void)
{
    struct world *world = world_new(2);
    fg_job_id a = submit(world, 2, 1), b = submit(world, 2, 1);
    bool a_first = strcmp(task_of(world, a)->node, "north.n1") == 0;
    struct fg_engine_event *event = add_event(world, task_of(world, a), FG_TASK_STARTED);
    snprintf(event->node, sizeof(event->node), "%s", a_first ? "north.n2" : "north.n1");
    event->devices = 3;
    event = add_event(world, task_of(world, b), FG_TASK_STARTED);
    snprintf(event->node, sizeof(event->node), "%s", a_first ? "north.n1" : "north.n2");
    event->devices = 3;
    step(world, NULL);
    EQ(state(world, a), FG_JOB_RUNNING);
    EQ(state(world, b), FG_JOB_RUNNING);
    char want[32];
    snprintf(want, sizeof(want), "\"jobs\":[\"%d\"]", (int)a);
    OK(says(world, a_first ? "north.n2" : "north.n1", want));
    restart(world); /* it was written */
    OK(says(world, a_first ? "north.n2" : "north.n1", want));
    world_free(world);
}

static void a_lost_node_is_left_alone_for_a_while(void)
{
    struct world *world = world_new(1);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    end(world, job, FG_TASK_LOST);
    EQ(state(world, job), FG_JOB_QUEUED);
    OK(says(world, "north.n1", "held back for"));
    wait_s(world, 9);
    EQ(state(world, job), FG_JOB_QUEUED);
    wait_s(world, 2);
    EQ(state(world, job), FG_JOB_STARTING);
    world_free(world);
}

static void a_job_that_kills_every_node_fails(void)
{
    struct world *world = world_new(3);
    fg_job_id job = submit(world, 1, 1);
    for (int i = 0; i < 3; i++) {
        EQ(state(world, job), FG_JOB_STARTING);
        begin(world, job);
        wait_s(world, 100);
        end(world, job, FG_TASK_LOST);
    }
    EQ(state(world, job), FG_JOB_FAILED);
    fg_job_id other = submit(world, 1, 1);
    wait_s(world, 30);
    EQ(state(world, other), FG_JOB_STARTING);
    world_free(world);
}

static void what_a_job_lost_outlives_the_service(void)
{
    struct world *world = world_new(3);
    fg_job_id job = submit(world, 1, 1);
    for (int i = 0; i < 3; i++) {
        EQ(state(world, job), FG_JOB_STARTING);
        begin(world, job);
        wait_s(world, 100);
        end(world, job, FG_TASK_LOST);
        if (i == 2)
            continue;
        restart(world);
        tell_supplier(world, true);
        for (int node = 1; node <= 3; node++) {
            char name[16];
            snprintf(name, sizeof(name), "north.n%d", node);
            tell_state(world, name, true, 0, 0);
        }
    }
    EQ(state(world, job), FG_JOB_FAILED);
    world_free(world);
}

static void a_node_that_leaves_is_left_in_time(void)
{
    struct world *world = world_new(2);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    struct task *task = task_of(world, job);
    char node[FG_NAME_MAX];
    memcpy(node, task->node, sizeof(node));
    tell_state(world, node, true, 0, world->now_us + 120 * SECOND);
    OK(task->stopped);
    struct fg_engine_event *event = add_event(world, task, FG_TASK_EXITED);
    event->stopped = true;
    event->term_signal = 15;
    step(world, NULL);
    step(world, NULL);
    EQ(state(world, job), FG_JOB_STARTING);
    OK(strcmp(task_of(world, job)->node, node) != 0);
    tell_gone(world, node);
    OK(!says(world, node, "\"name\""));
    world_free(world);
}

static void numbers_outlive_nodes_that_are_used(void)
{
    struct world *world = world_new(2);
    fg_job_id job = submit(world, 2, 1);
    begin(world, job);
    char node[FG_NAME_MAX];
    memcpy(node, task_of(world, job)->node, sizeof(node));
    tell_gone(world, node);
    OK(says(world, node, "\"down\"")); /* its job goes on */
    tell_node(world, node, 1);         /* it comes back in another shape */
    tell_state(world, node, true, 0, 0);
    OK(says(world, node, "\"draining\""));
    end(world, job, FG_TASK_EXITED);
    EQ(state(world, job), FG_JOB_SUCCEEDED);
    step(world, NULL);
    OK(says(world, node, "\"up\""));
    tell_gone(world, node);
    tell_node(world, "north.n9", 2); /* takes its number */
    tell_state(world, "north.n9", true, 0, 0);
    restart(world);
    OK(says(world, "north.n9", "\"name\""));
    world_free(world);
}

static void a_silent_supplier_gets_nothing(void)
{
    struct world *world = world_new(1);
    tell_supplier(world, false);
    fg_job_id job = submit(world, 1, 1);
    OK(task_of(world, job) == NULL);
    OK(says(world, "north.n1", "supplier north does not answer"));
    tell_supplier(world, true);
    wait_s(world, 1);
    OK(task_of(world, job) != NULL);
    end(world, job, FG_TASK_LOST); /* not begun: it stalls */
    EQ(state(world, job), FG_JOB_QUEUED);
    wait_s(world, 20);
    EQ(state(world, job), FG_JOB_QUEUED);
    EQ(ask(world, FG_CMD_SUPPLIER_STATUS, "north"), 0);
    OK(strstr(world->pool, "\"state\":\"held\"") != NULL);
    wait_s(world, 20);
    EQ(state(world, job), FG_JOB_STARTING);
    EQ(ask(world, FG_CMD_SUPPLIER_REMOVE, "north"), FG_ESTATE);
    EQ(ask(world, FG_CMD_CANCEL, NULL) < 0, true);
    end(world, job, FG_TASK_EXITED);
    EQ(ask(world, FG_CMD_SUPPLIER_REMOVE, "north"), 0);
    step(world, NULL);
    OK(!says(world, "north.n1", "\"name\""));
    EQ(world->suppliers, 0);
    world_free(world);
}

static void an_operator_knows_better(void)
{
    struct world *world = world_new(2);
    fg_job_id job = submit(world, 1, 2);
    for (int i = 0; i < 2; i++) {
        struct fg_engine_event *event = add_event(world, task_of(world, job), FG_TASK_STARTED);
        event->key.task = (uint32_t)i;
    }
    step(world, NULL);
    EQ(state(world, job), FG_JOB_RUNNING);
    char node[FG_NAME_MAX];
    const struct task *first = task_of(world, job);
    memcpy(node, first->node, sizeof(node));
    EQ(ask(world, FG_CMD_NODE_LOST, node), 0);
    OK(first->stopped);
    EQ(ask(world, FG_CMD_NODE_LOST, "nobody"), FG_ENOENT);
    OK(says(world, node, "an operator said that it is off"));
    EQ(ask(world, FG_CMD_NODE_RESUME, node), 0);
    OK(says(world, node, "\"up\""));
    world_free(world);
}

static void read_device(
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

static struct world *world_with_gpus(uint32_t gpus)
{
    struct world *world = world_new(0);
    world->host_gpus = gpus;
    restart(world);
    return world;
}

static void a_broken_device_is_left_and_the_rest_goes_on(void)
{
    struct world *world = world_with_gpus(2);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    struct task *task = task_of(world, job);
    uint32_t at = task->devices == 1 ? 0 : 1;
    read_device(world, "", at, FG_READING_GONE, 1);
    OK(task->stopped);
    add_event(world, task, FG_TASK_EXITED)->exit_code = 1; /* of itself: the device broke */
    step(world, NULL);
    step(world, NULL);
    EQ(state(world, job), FG_JOB_STARTING);
    EQ(task_of(world, job)->devices, 2U >> at);
    OK(says(world, "host", "fell off the bus"));
    OK(says(world, "host", "\"state\":\"broken\""));
    OK(says(world, "host", "\"milli\":500"));
    begin(world, job);
    fg_job_id next = submit(world, 1, 1);
    OK(task_of(world, next) == NULL);
    read_device(world, "", at, FG_READING_GONE, 0);
    OK(says(world, "host", "s more: it fell off the bus"));
    OK(task_of(world, next) == NULL);
    wait_s(world, 11);
    EQ(task_of(world, next)->devices, 1U << at);
    world_free(world);
}

static void a_suspect_device_is_drained(void)
{
    struct world *world = world_with_gpus(1);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    read_device(world, "", 0, FG_READING_REMAP_PENDING, 1);
    OK(!task_of(world, job)->stopped);
    OK(says(world, "host", "reset the device when it is idle"));
    end(world, job, FG_TASK_EXITED);
    EQ(state(world, job), FG_JOB_SUCCEEDED);
    job = submit(world, 1, 1);
    OK(task_of(world, job) == NULL);
    EQ(ask(world, FG_CMD_NODE_RESUME, "host"), 0); /* an operator knows better */
    step(world, NULL);
    OK(task_of(world, job) != NULL);
    world_free(world);
}

/* Which device a task has there only Slurm knows. */
static void a_broken_device_of_a_cluster_closes_its_node(void)
{
    struct world *world = world_new(1);
    fg_job_id job = submit(world, 1, 1);
    begin(world, job);
    read_device(world, "north.n1", 1, FG_READING_XID, 31); /* the program's fault */
    OK(!task_of(world, job)->stopped);
    read_device(world, "north.n1", 1, FG_READING_XID, 119);
    OK(task_of(world, job)->stopped);
    OK(says(world, "north.n1", "\"draining\""));
    OK(says(world, "north.n1", "reset the device"));
    end(world, job, FG_TASK_LOST);
    tell_node(world, "north.n2", 2);
    tell_state(world, "north.n2", true, 0, 0);
    EQ(state(world, job), FG_JOB_STARTING);
    OK(strcmp(task_of(world, job)->node, "north.n2") == 0);
    wait_s(world, 61); /* it is not read any more */
    OK(says(world, "north.n1", "\"up\""));
    world_free(world);
}

/* Whatever happens, no task begins on a device that is read as broken or suspect. */
static void nothing_starts_on_a_sick_device(void)
{
    static const enum fg_reading levels[] = {FG_READING_GONE, FG_READING_REMAP_FAILED,
                                             FG_READING_REMAP_PENDING};
    struct world *world = world_with_gpus(4);
    uint64_t random = 7;
    for (int i = 0; i < 200; i++) {
        world->sick ^= sim_random(&random, 4) ? 0 : 1U << sim_random(&random, 4);
        for (uint32_t at = 0; at < 4; at++)
            read_device(world, "", at, levels[at % 3], world->sick >> at & 1);
        fg_job_id last = submit(world, 1 + sim_random(&random, 2), 1);
        for (fg_job_id job = 1; job <= last; job++)
            if (state(world, job) == FG_JOB_STARTING && sim_random(&random, 3) == 0)
                end(world, job, sim_random(&random, 2) ? FG_TASK_EXITED : FG_TASK_LOST);
        wait_s(world, sim_random(&random, 20));
    }
    OK(world->tasks_len > 50);
    EQ(world->sick_starts, 0);
    world_free(world);
}

static void this_machine_may_have_another_name(void)
{
    struct world *world = world_new(1);
    world->host = "renamed";
    restart(world);
    OK(says(world, "renamed", "\"up\""));
    OK(!says(world, "host", "\"name\""));
    world->host = "second";
    world->is_shared = true;
    restart(world); /* another machine took over */
    OK(says(world, "second", "\"up\""));
    OK(says(world, "renamed", "\"down\""));
    world_free(world);
}

int main(void)
{
    RUN(a_node_gets_work_only_once_it_was_heard);
    RUN(others_are_load);
    RUN(others_are_no_load_where_slurm_places);
    RUN(a_paused_supplier_gets_nothing_new);
    RUN(a_guess_moves_and_may_change_places);
    RUN(a_lost_node_is_left_alone_for_a_while);
    RUN(a_job_that_kills_every_node_fails);
    RUN(what_a_job_lost_outlives_the_service);
    RUN(a_node_that_leaves_is_left_in_time);
    RUN(numbers_outlive_nodes_that_are_used);
    RUN(a_silent_supplier_gets_nothing);
    RUN(an_operator_knows_better);
    RUN(a_broken_device_is_left_and_the_rest_goes_on);
    RUN(a_suspect_device_is_drained);
    RUN(a_broken_device_of_a_cluster_closes_its_node);
    RUN(nothing_starts_on_a_sick_device);
    RUN(this_machine_may_have_another_name);
    return tap_done();
}
