/* why_sim.c - what `why` says of suppliers: the controller over this machine and two simulated clusters, with nothing going wrong
 * until it is told to. */
#include "control/control.h"
#include "energy/carbon.h"
#include "model/job_json.h"
#include "test/sim/sim_cluster.h"
#include "test/sim/sim_store.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

struct world {
    int64_t now_us;
    struct fg_config config;
    struct sim_store *store;
    struct sim_cluster *cluster;
    struct fg_control *control;
};

static void ignore(struct fg_command *)
{
}

static int order(struct world *world, struct fg_command *command)
{
    struct fg_err err = {};
    command->done = ignore;
    command->actor = (struct fg_actor){.user = "ada", .role = FG_ROLE_ADMIN};
    int rc = fg_control_step(world->control, command, world->now_us, &err);
    return rc < 0 ? rc : command->rc;
}

static void put_supplier(struct world *world, const char *name, bool paused)
{
    struct fg_arena *arena = fg_arena_new(1UL << 20);
    struct fg_supplier supplier = {
        .kind = FG_SUPPLIER_SLURM, .timeout_us = 1000000, .paused = paused};
    supplier.cluster.patience_us = SIM_CLUSTER_PATIENCE_US;
    supplier.cluster.lease_us = SIM_CLUSTER_LEASE_US;
    supplier.cluster.poll_us = 1000000;
    snprintf(supplier.name, sizeof(supplier.name), "%s", name);
    struct fg_command command = {
        .kind = FG_CMD_SUPPLIER_PUT, .arena = arena, .supplier = &supplier};
    EQ(order(world, &command), 0);
    fg_arena_free(arena);
}

static void pass_time(struct world *world, int64_t seconds)
{
    struct fg_err err = {};
    for (int64_t i = 0; i < seconds * 4; i++) {
        world->now_us += 250000;
        sim_cluster_advance(world->cluster, world->now_us);
        EQ(fg_control_step(world->control, NULL, world->now_us, &err), 0);
    }
}

static void open_control(struct world *world)
{
    struct fg_err err = {};
    world->control = fg_control_new(
        &(struct fg_control_options){.config = &world->config,
                                     .store_ops = &sim_store_ops,
                                     .store = (struct fg_store *)world->store,
                                     .engine_ops = &sim_cluster_ops,
                                     .engine = (struct fg_engine *)world->cluster,
                                     .order = fg_job_order_find("priority"),
                                     .preempt = FG_PREEMPT_PRIORITY,
                                     .nodes_max = 24},
        world->now_us, &err);
    if (!world->control)
        abort();
}

static void open_world(struct world *world)
{
    *world = (struct world){.now_us = 1700000000000000};
    fg_config_defaults(&world->config);
    world->store = sim_store_new();
    world->cluster = sim_cluster_new(1);
    sim_cluster_be_kind(world->cluster);
    sim_cluster_advance(world->cluster, world->now_us);
    open_control(world);
    put_supplier(world, "east", false);
    put_supplier(world, "west", false);
    pass_time(world, 3);
}

static void close_world(struct world *world)
{
    fg_control_free(world->control);
    sim_cluster_free(world->cluster);
    sim_store_free(world->store);
}

/* Submit `job` (JSON), and what why says of it, to be freed. */
static char *why(struct world *world, const char *job)
{
    struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    const struct fg_doc *doc;
    struct fg_job_spec spec;
    struct fg_err err = {};
    if (fg_doc_json(job, strlen(job), arena, &doc, &err) < 0
        || fg_job_json_read(doc, world->now_us, arena, &spec, &err) < 0) {
        printf("# %s\n", err.text);
        abort();
    }
    spec.project = "default";
    struct fg_buf json = {};
    fg_job_json_write(&json, &spec);
    struct fg_submit_item item = {
        .spec = &spec, .spec_json = json.text, .spec_json_len = json.len, .project = 1};
    struct fg_command submit = {.kind = FG_CMD_SUBMIT, .items = &item, .items_len = 1};
    EQ(order(world, &submit), 0);
    struct fg_command ask = {.kind = FG_CMD_WHY, .job = item.out_id, .arena = arena};
    EQ(order(world, &ask), 0);
    char *text = strdup(ask.out_text ? ask.out_text : "");
    fg_buf_free(&json);
    fg_arena_free(arena);
    return text;
}

static void says(struct world *world, const char *job, const char *const *wanted)
{
    char *text = why(world, job);
    for (; *wanted; wanted++)
        if (!OK(strstr(text, *wanted) != NULL))
            printf("#   want %s\n#   got  %s\n", *wanted, text);
    free(text);
}
#define SAYS(world, job, ...) says(world, job, (const char *const[]){__VA_ARGS__, NULL})

static void each_supplier_in_its_own_words(void)
{
    struct world world;
    open_world(&world);
    SAYS(&world, "{\"run\":\"true\",\"resources\":{\"accelerators\":\"h100:16\"}}",
         "this machine: no node there has 16 devices of kind h100",
         "east: no node there has 16 devices of kind h100");
    SAYS(&world,
         "{\"run\":\"true\",\"num_nodes\":500,\"resources\":{\"accelerators\":\"h100:1\","
         "\"suppliers\":"
         "\"-west\"}}",
         "west: not among the suppliers of the job (-west)", "east: has room for ",
         " of 500 tasks, even if nothing else ran there");
    SAYS(&world,
         "{\"run\":\"true\",\"resources\":{\"accelerators\":\"h100:1\",\"region\":\"eu\"}}",
         "east: its nodes are in region (not known), the job may run in eu",
         "that it may have (suppliers, region, max_price)");
    SAYS(&world,
         "{\"run\":\"true\",\"resources\":{\"accelerators\":\"h100:0.5\",\"suppliers\":"
         "\"east\"}}",
         "east: gives out whole devices only, the job asks for a share",
         "this machine: not among the suppliers of the job (east)");
    SAYS(&world, "{\"run\":\"true\",\"resources\":{\"cpus\":64}}",
         "west: no node there could take a task, even if it were empty");
    put_supplier(&world, "east", true);
    SAYS(
        &world,
        "{\"run\":\"true\",\"resources\":{\"accelerators\":\"h100:1\",\"suppliers\":\"east\"}}",
        "east: gets no new work since 20", "supplier east is paused");
    close_world(&world);
}

/* 400 g/kWh now, 100 in the next minute but two. */
static void know_hours(struct world *world)
{
    static const int64_t grams[] = {400, 400, 400, 100, 100, 400};
    struct fg_hourly price = {}, carbon = {.start_us = world->now_us,
                                           .step_us = 60'000'000,
                                           .values = grams,
                                           .len = 6};
    fg_control_set_hours(world->control, &price, &carbon);
}

static enum fg_job_state state_of(const struct world *world, fg_job_id id)
{
    return sim_store_job(world->store, id)->state;
}

/* Also across a restart, after which nobody knows the hours at first. */
static void a_flexible_job_waits_for_its_hour(void)
{
    struct world world;
    open_world(&world);
    const char *job = "{\"run\":\"true\",\"flexible\":{\"by\":\"carbon\",\"until\":\"10m\"},"
                      "\"time_limit\":\"30s\",\"resources\":{\"accelerators\":\"h100:1\"}}";
    free(why(&world, job));
    pass_time(&world, 2);
    EQ(state_of(&world, 1) == FG_JOB_QUEUED, false);
    know_hours(&world);
    SAYS(&world, job, "\"code\":\"flexible\",\"text\":\"waits until 20",
         " for cleaner power: 100 g/kWh, 400 now; starts by ");
    EQ(state_of(&world, 2), FG_JOB_QUEUED);
    EQ(sim_store_job(world.store, 2)->shift, FG_SHIFT_HELD);
    pass_time(&world, 60);
    fg_control_free(world.control);
    open_control(&world);
    pass_time(&world, 60);
    EQ(state_of(&world, 2), FG_JOB_QUEUED);
    OK(fg_control_check(world.control));
    pass_time(&world, 65);
    EQ(state_of(&world, 2) == FG_JOB_QUEUED, false);
    close_world(&world);
}

int main(void)
{
    RUN(each_supplier_in_its_own_words);
    RUN(a_flexible_job_waits_for_its_hour);
    return tap_done();
}
