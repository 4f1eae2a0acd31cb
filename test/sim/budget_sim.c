/* budget_sim.c - the controller under simulated time: a budget is spent before midnight, is warned about once, survives a
 * crash, and renews at the turn of the day. */
#include "control/control.h"
#include "model/job_json.h"
#include "test/sim/sim_engine.h"
#include "test/sim/sim_job.h"
#include "test/sim/sim_store.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S           INT64_C(1000000)
#define MIDNIGHT_US (1700006400 * S)
#define JOBS        200

struct world {
    int64_t now_us;
    struct fg_config config;
    struct sim_store *store;
    struct sim_engine *engine;
    struct fg_control *control;
    struct fg_arena *arena;
    int warnings[101]; /* by percent */
    size_t started;
};

static void publish(void *self, const struct fg_event *event)
{
    struct world *world = self;
    const char *percent =
        strcmp(event->kind, "project.budget") == 0 ? strstr(event->json, "\"percent\":") : NULL;
    if (percent && event->project == 1)
        world->warnings[atoi(percent + 10)]++;
    world->started += strcmp(event->kind, "job.running") == 0;
}

static void open_control(struct world *world)
{
    world->control =
        fg_control_new(&(struct fg_control_options){.config = &world->config,
                                                    .store_ops = &sim_store_ops,
                                                    .store = (struct fg_store *)world->store,
                                                    .engine_ops = &sim_engine_ops,
                                                    .engine = (struct fg_engine *)world->engine,
                                                    .order = fg_job_orders[0],
                                                    .preempt = FG_PREEMPT_OFF,
                                                    .nodes_max = 4,
                                                    .publish = publish,
                                                    .self = world},
                       world->now_us, NULL);
    if (!world->control)
        abort();
}

static void done(struct fg_command *)
{
}

static void ask(struct world *world, struct fg_command *command)
{
    fg_arena_reset(world->arena);
    command->arena = world->arena;
    command->done = done;
    if (fg_control_step(world->control, command, world->now_us, NULL) < 0)
        abort();
}

static void go_on(struct world *world, int64_t until_us)
{
    while (world->now_us < until_us) {
        world->now_us += S / 10;
        sim_engine_advance(world->engine, world->now_us);
        ask(world, &(struct fg_command){.kind = FG_CMD_STATUS});
    }
    OK(fg_control_check(world->control));
    EQ(sim_store_unbooked_uusd(world->store), 0);
}

static void submit(struct world *world)
{
    struct fg_job_spec spec = sim_board_job(1);
    spec.any_of[0].mem_mib = 512;
    spec.array_last = JOBS - 1;
    spec.array_step = 1;
    FG_AUTO(fg_buf) struct fg_buf json = {};
    fg_job_json_write(&json, &spec);
    struct fg_submit_item item = {
        .spec = &spec, .spec_json = json.text, .spec_json_len = json.len, .project = 1};
    struct fg_command command = {.kind = FG_CMD_SUBMIT,
                                 .actor = {.user = "ada", .role = FG_ROLE_ADMIN},
                                 .items = &item,
                                 .items_len = 1};
    ask(world, &command);
    EQ(command.rc, 0);
}

static void put(struct world *world, struct fg_budget budget)
{
    struct fg_project project = {
        .name = "default", .weight = 100, .quota = {-1, -1, -1, -1, -1}, .budget = budget};
    struct fg_command command = {.kind = FG_CMD_PROJECT_PUT, .project = &project};
    ask(world, &command);
    EQ(command.rc, 0);
}

static bool why_says(struct world *world, fg_job_id job, const char *text)
{
    struct fg_command command = {.kind = FG_CMD_WHY, .job = job};
    ask(world, &command);
    if (command.rc == 0 && strstr(command.out_text, text))
        return true;
    printf("# %s\n", command.rc == 0 ? command.out_text : command.err.text);
    return false;
}

static void build(struct world *world, struct fg_budget budget)
{
    *world = (struct world){.now_us = MIDNIGHT_US - 60 * S};
    fg_config_defaults(&world->config);
    world->config.gpu_price_uusd_per_hour = 360000000; /* 0.1 USD a second */
    world->arena = fg_arena_new(1UL << 20);
    world->store = sim_store_new();
    world->engine = sim_engine_new(7);
    sim_engine_be_kind(world->engine);
    sim_engine_advance(world->engine, world->now_us);
    open_control(world);
    put(world, budget);
    submit(world);
}

static void clear(struct world *world)
{
    fg_control_free(world->control);
    fg_arena_free(world->arena);
    sim_store_free(world->store);
    sim_engine_free(world->engine);
}

static void a_budget_is_spent_and_renews(void)
{
    struct world world;
    build(&world, (struct fg_budget){.uusd = 5 * S, .period = FG_PERIOD_DAY});
    go_on(&world, MIDNIGHT_US - 30 * S);
    size_t started = world.started;
    OK(started > 4);
    EQ(sim_engine_running(world.engine), 0); /* who ran when it was spent has ended by itself */
    OK(why_says(&world, JOBS, "budget of project default: "));
    OK(why_says(&world, JOBS, "USD of 5.00 used, renews on 2023-11-15"));
    EQ(world.warnings[50], 1);
    EQ(world.warnings[80], 1);
    EQ(world.warnings[100], 1);

    fg_control_free(world.control);
    sim_store_crash(world.store);
    sim_engine_restart(world.engine);
    open_control(&world);
    go_on(&world, MIDNIGHT_US - S / 5);
    EQ(world.started, started);
    EQ(world.warnings[100], 1); /* not again, after a crash */

    go_on(&world, MIDNIGHT_US + 2 * S);
    OK(world.started > started); /* the next day */
    go_on(&world, MIDNIGHT_US + 60 * S);
    EQ(world.warnings[100], 2);
    OK(why_says(&world, JOBS, "renews on 2023-11-16"));
    put(&world, (struct fg_budget){});
    started = world.started;
    go_on(&world, MIDNIGHT_US + 80 * S);
    OK(world.started > started);
    clear(&world);
}

static void who_runs_is_stopped_if_so_wished(void)
{
    struct world world;
    build(&world, (struct fg_budget){.uusd = 1 * S, .period = FG_PERIOD_TOTAL, .stops = true});
    go_on(&world, MIDNIGHT_US - 50 * S);
    EQ(sim_engine_running(world.engine), 0);
    int64_t uusd = 0;
    sim_store_ops.spend_sum((struct fg_store *)world.store, 1, 0, &uusd, NULL);
    OK(uusd >= 1 * S && uusd < 2 * S); /* a tick, and the grace */
    OK(why_says(&world, JOBS, "it does not renew"));
    clear(&world);
}

int main(void)
{
    RUN(a_budget_is_spent_and_renews);
    RUN(who_runs_is_stopped_if_so_wished);
    return tap_done();
}
