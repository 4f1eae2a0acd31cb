/* scale_sim.c - rules of scaling in the controller, with suppliers that fail, crashes and full disks: never more than the rule
 * allows, what is needed comes, what idles goes. */
#include "control/control.h"
#include "model/job_json.h"
#include "test/sim/random.h"
#include "test/sim/sim_books.h"
#include "test/sim/sim_engine.h"
#include "test/sim/sim_job.h"
#include "test/sim/sim_provision.h"
#include "test/sim/sim_store.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S       INT64_C(1000000)
#define T0      (1700006400 * S)
#define PRICE   INT64_C(8000000)
#define DEVICES 4
#define MOST    5
#define MUCH    INT64_C(1000000000000000)

struct world {
    int64_t now_us;
    uint64_t random;
    struct fg_config config;
    struct sim_store *store;
    struct sim_engine *engine;
    struct sim_provision *provision;
    struct fg_control *control;
    struct fg_arena *arena;
    double forecast; /* devices */
};

static bool outlook(void *self, const struct fg_outlook_question *question, double *out_devices)
{
    const struct world *world = self;
    *out_devices = question->share * world->forecast;
    return true;
}

static void open_control(struct world *world)
{
    world->control = fg_control_new(
        &(struct fg_control_options){.config = &world->config,
                                     .store_ops = &sim_store_ops,
                                     .store = (struct fg_store *)world->store,
                                     .engine_ops = &sim_engine_ops,
                                     .engine = (struct fg_engine *)world->engine,
                                     .provision_ops = &sim_provision_ops,
                                     .provision = (struct fg_provision *)world->provision,
                                     .order = fg_job_orders[0],
                                     .preempt = FG_PREEMPT_OFF,
                                     .nodes_max = 4,
                                     .outlook = outlook,
                                     .self = world},
        world->now_us, NULL);
    if (!world->control)
        abort();
}

static void done(struct fg_command *)
{
}

static int ask(struct world *world, struct fg_command *command)
{
    fg_arena_reset(world->arena);
    command->arena = world->arena;
    command->done = done;
    command->actor = (struct fg_actor){.user = "ada", .role = FG_ROLE_ADMIN};
    if (fg_control_step(world->control, command, world->now_us, NULL) < 0)
        abort();
    return command->rc;
}

static void put_rule(struct world *world, uint32_t least)
{
    const struct fg_scale_rule rule = {.class = "h100",
                                       .key = "0190c1de-0000-4000-8000-000000000001",
                                       .offer = {.supplier = "acme",
                                                 .instance = "4xh100",
                                                 .accelerator = "h100",
                                                 .accelerators = DEVICES,
                                                 .accelerator_mem_mib = 81920,
                                                 .price_uusd_per_hour = PRICE},
                                       .max_uusd_per_hour = PRICE,
                                       .least = least,
                                       .most = MOST,
                                       .quantile_percent = 50,
                                       .life_us = 30 * S,
                                       .idle_us = 20 * S,
                                       .cool_us = 5 * S};
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SCALE_PUT, .scale = &rule}), 0);
}

static void begin(struct world *world, uint64_t seed)
{
    *world = (struct world){.now_us = T0, .random = seed};
    fg_config_defaults(&world->config);
    world->config.scale_every_s = 5;
    world->config.order_retry_s = 10;
    world->arena = fg_arena_new(1UL << 20);
    world->store = sim_store_new();
    world->engine = sim_engine_new(seed);
    world->provision = sim_provision_new(seed);
    sim_engine_be_kind(world->engine);
    sim_engine_advance(world->engine, world->now_us);
    sim_provision_advance(world->provision, world->now_us);
    open_control(world);
    const struct fg_supplier supplier = {.name = "acme",
                                         .kind = FG_SUPPLIER_OWNED,
                                         .timeout_us = 5 * S,
                                         .policy = {MUCH, MUCH, FG_PERIOD_MONTH}};
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_PUT, .supplier = &supplier}), 0);
}

static void end(struct world *world)
{
    OK(fg_control_check(world->control));
    fg_control_free(world->control);
    fg_arena_free(world->arena);
    sim_store_free(world->store);
    sim_engine_free(world->engine);
    sim_provision_free(world->provision);
}

static void restart(struct world *world)
{
    fg_control_free(world->control);
    sim_store_crash(world->store);
    sim_engine_restart(world->engine);
    sim_provision_restart(world->provision);
    open_control(world);
}

static fg_job_id submit(struct world *world, uint32_t devices)
{
    const struct fg_job_spec spec = sim_board_job(devices);
    FG_AUTO(fg_buf) struct fg_buf json = {};
    fg_job_json_write(&json, &spec);
    struct fg_submit_item item = {
        .spec = &spec, .spec_json = json.text, .spec_json_len = json.len, .project = 1};
    (void)ask(world,
              &(struct fg_command){.kind = FG_CMD_SUBMIT, .items = &item, .items_len = 1});
    return item.out_id;
}

/* Orders of the store that are not over, and of them those that are active and wanted. */
static uint32_t open_orders(const struct world *world, uint32_t *out_held)
{
    const struct sim_books *books = sim_store_books(world->store);
    uint32_t open = 0;
    *out_held = 0;
    for (size_t id = 1; id < SIM_ORDERS_MAX; id++) {
        const struct fg_order *order = &books->orders[id].order;
        bool is_open = order->id && !order->ended_us;
        open += is_open;
        *out_held += is_open && order->state == FG_ORDER_ACTIVE && !order->leaving;
    }
    return open;
}

static bool go_on(struct world *world, int64_t for_us)
{
    bool is_within = true;
    uint32_t held;
    for (int64_t until_us = world->now_us + for_us; world->now_us < until_us;) {
        world->now_us += S / 2;
        sim_engine_advance(world->engine, world->now_us);
        sim_provision_advance(world->provision, world->now_us);
        (void)ask(world, &(struct fg_command){.kind = FG_CMD_STATUS});
        is_within &= open_orders(world, &held) <= MOST;
    }
    return is_within;
}

/* The node has 4 devices: who asks for more waits for ever, as long as it takes to see what comes. */
static void what_is_needed_comes_and_goes(void)
{
    struct world world;
    uint32_t held;
    begin(&world, 1);
    put_rule(&world, 0);
    OK(go_on(&world, 60 * S));
    EQ(open_orders(&world, &held), 0);
    fg_job_id job = submit(&world, 2 * DEVICES + 1);
    OK(go_on(&world, 300 * S));
    EQ(open_orders(&world, &held), 3);
    EQ(held, 3);
    restart(&world);
    OK(go_on(&world, 60 * S));
    EQ(open_orders(&world, &held), 3);
    EQ(ask(&world, &(struct fg_command){.kind = FG_CMD_CANCEL, .job = job}), 0);
    OK(go_on(&world, 300 * S));
    EQ(open_orders(&world, &held), 0);
    put_rule(&world, 2);
    OK(go_on(&world, 300 * S));
    EQ(open_orders(&world, &held), 2);
    EQ(held, 2);
    EQ(ask(&world, &(struct fg_command){.kind = FG_CMD_SCALE_REMOVE, .name = "h100"}), 0);
    OK(go_on(&world, 300 * S));
    EQ(open_orders(&world, &held), 2); /* they are people's now */
    end(&world);
}

/* Devices that are there anyway are no reason to order. */
static void what_is_forecast_is_provided_for(void)
{
    struct world world;
    uint32_t held;
    begin(&world, 3);
    world.forecast = 2 * DEVICES;
    put_rule(&world, 0);
    OK(go_on(&world, 120 * S));
    uint32_t none = open_orders(&world, &held);
    world.forecast = 1000;
    OK(go_on(&world, 300 * S));
    EQ(none, 0);
    EQ(open_orders(&world, &held), MOST);
    EQ(held, MOST);
    world.forecast = 0;
    OK(go_on(&world, 300 * S));
    EQ(open_orders(&world, &held), 0);
    end(&world);
}

static void what_is_not_approved_is_called_off(void)
{
    struct world world;
    uint32_t held;
    begin(&world, 2);
    const struct fg_supplier supplier = {
        .name = "acme", .kind = FG_SUPPLIER_OWNED, .timeout_us = 5 * S};
    EQ(ask(&world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_PUT, .supplier = &supplier}),
       0);
    put_rule(&world, 0);
    fg_job_id job = submit(&world, 2 * DEVICES);
    OK(go_on(&world, 60 * S));
    EQ(open_orders(&world, &held), 2);
    EQ(held, 0);
    size_t bought;
    (void)sim_provision_books(world.provision, &bought);
    EQ(bought, 0);
    EQ(ask(&world, &(struct fg_command){.kind = FG_CMD_CANCEL, .job = job}), 0);
    OK(go_on(&world, 30 * S));
    EQ(open_orders(&world, &held), 0);
    end(&world);
}

/* Everything fails now and then. */
static void live(uint64_t seed)
{
    struct world world;
    fg_job_id big = 0;
    bool is_within = true;
    uint32_t held;
    begin(&world, seed);
    put_rule(&world, 0);
    sim_provision_faults(world.provision, SIM_FAULT_ALL, 10);
    for (int i = 0; i < 300; i++) {
        uint32_t draw = sim_random(&world.random, 100);
        if (draw < 20)
            submit(&world, 1 + draw % DEVICES);
        else if (draw < 23 && !big)
            big = submit(&world, (draw - 19) * DEVICES);
        else if (draw < 28 && big
                 && ask(&world, &(struct fg_command){.kind = FG_CMD_CANCEL, .job = big}) == 0)
            big = 0;
        else if (draw < 31)
            sim_store_fail(world.store, FG_EIO, 3);
        else if (draw < 35)
            restart(&world);
        is_within &= go_on(&world, (int64_t)(1 + draw % 5) * S);
    }
    OK(is_within);
    OK(fg_control_check(world.control));
    sim_provision_faults(world.provision, 0, 0);
    is_within = go_on(&world, 30 * S);
    if (big)
        (void)ask(&world, &(struct fg_command){.kind = FG_CMD_CANCEL, .job = big});
    OK(go_on(&world, 1200 * S) && is_within);
    if (!EQ(open_orders(&world, &held), 0))
        printf("# seed %llu\n", (unsigned long long)seed);
    end(&world);
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 20;
    RUN(what_is_needed_comes_and_goes);
    RUN(what_is_forecast_is_provided_for);
    RUN(what_is_not_approved_is_called_off);
    for (uint64_t seed = 1; seed <= seeds; seed++)
        live(seed);
    return tap_done();
}
