/* order_life_sim.c - the life of single orders, told, not drawn: caps to the micro-dollar, who pays for what, what supplier's
 * faults make of an order. */
#include "control/control.h"
#include "model/cluster_terms.h"
#include "model/job_json.h"
#include "supply/meter.h"
#include "test/sim/sim_books.h"
#include "test/sim/sim_engine.h"
#include "test/sim/sim_job.h"
#include "test/sim/sim_provision.h"
#include "test/sim/sim_store.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S       INT64_C(1000000)
#define HOUR    (3600 * S)
#define T0      (1700006400 * S) /* a midnight */
#define PRICE   INT64_C(8000000)
#define DEVICES 4
#define MUCH    INT64_C(1000000000000000) /* the highest cap that may be told */

struct world {
    int64_t now_us;
    struct fg_config config;
    struct sim_store *store;
    struct sim_engine *engine;
    struct sim_provision *provision;
    struct fg_control *control;
    struct fg_arena *arena;
    uint32_t keys;
};

static void open_control(struct world *world)
{
    struct fg_err err = {};
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
                                     .nodes_max = 4},
        world->now_us, &err);
    if (!world->control) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

static void begin(struct world *world)
{
    *world = (struct world){.now_us = T0};
    fg_config_defaults(&world->config);
    world->arena = fg_arena_new(1UL << 20);
    world->store = sim_store_new();
    world->engine = sim_engine_new(1);
    world->provision = sim_provision_new(1);
    sim_engine_be_kind(world->engine);
    sim_engine_advance(world->engine, world->now_us);
    sim_provision_advance(world->provision, world->now_us);
    open_control(world);
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

static void go_on(struct world *world, int64_t for_us)
{
    for (int64_t until_us = world->now_us + for_us; world->now_us < until_us;) {
        world->now_us += S / 2;
        sim_engine_advance(world->engine, world->now_us);
        sim_provision_advance(world->provision, world->now_us);
        ask(world, &(struct fg_command){.kind = FG_CMD_STATUS});
    }
}

static void restart(struct world *world)
{
    fg_control_free(world->control);
    sim_store_crash(world->store);
    sim_engine_restart(world->engine);
    sim_provision_restart(world->provision);
    open_control(world);
}

static void put_supplier(struct world *world, struct fg_standing_policy policy)
{
    const struct fg_supplier supplier = {
        .name = "acme", .kind = FG_SUPPLIER_OWNED, .timeout_us = 20 * S, .policy = policy};
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_PUT, .supplier = &supplier}), 0);
}

static struct fg_order_ask an_ask(struct world *world)
{
    struct fg_order_ask ask = {.order = {.offer = {.supplier = "acme",
                                                   .instance = "4xh100",
                                                   .accelerator = "h100",
                                                   .contract = FG_CONTRACT_ON_DEMAND,
                                                   .accelerators = DEVICES,
                                                   .accelerator_mem_mib = 81920,
                                                   .price_uusd_per_hour = PRICE},
                                         .count = 1,
                                         .max_uusd_per_hour = PRICE},
                               .project = "default"};
    snprintf(ask.order.key, sizeof(ask.order.key), "key-%u", world->keys++);
    return ask;
}

static fg_order_id create(struct world *world, const struct fg_order_ask *asked)
{
    struct fg_command command = {.kind = FG_CMD_ORDER_CREATE, .order = asked};
    EQ(ask(world, &command), 0);
    return command.out_id;
}

static int move(struct world *world, enum fg_command_kind kind, fg_order_id id)
{
    return ask(world, &(struct fg_command){.kind = kind, .order_id = id});
}

static const struct fg_order *order(const struct world *world, fg_order_id id)
{
    return &sim_store_books(world->store)->orders[id].order;
}

/* -- caps ------------------------------------------------------------------------------------------------------- */

static void a_cap_per_hour_holds_to_the_micro_dollar(void)
{
    struct world world;
    begin(&world);
    put_supplier(&world, (struct fg_standing_policy){2 * PRICE, MUCH, FG_PERIOD_MONTH});
    struct fg_order_ask one = an_ask(&world), two = an_ask(&world), three = an_ask(&world);
    EQ(order(&world, create(&world, &one))->state, FG_ORDER_APPROVED);
    fg_order_id second = create(&world, &two), third = create(&world, &three);
    EQ(order(&world, second)->state, FG_ORDER_APPROVED); /* exactly the cap */
    OK(strcmp(order(&world, second)->approved_by, "policy") == 0);
    EQ(order(&world, third)->state, FG_ORDER_PLANNED);
    OK(strstr(order(&world, third)->reason, "24.00 USD an hour") != NULL);
    EQ(move(&world, FG_CMD_ORDER_CANCEL, second), 0);
    three = an_ask(&world);
    three.order
        .max_uusd_per_hour++; /* it may cost a micro-dollar more than what was cancelled */
    EQ(order(&world, create(&world, &three))->state, FG_ORDER_PLANNED);
    three = an_ask(&world);
    EQ(order(&world, create(&world, &three))->state, FG_ORDER_APPROVED);
    end(&world);
}

static void a_cap_of_a_period_holds_to_the_micro_dollar(void)
{
    for (int64_t less = 0; less < 2; less++) {
        struct world world;
        begin(&world);
        /* A day of one that is kept until midnight, and three hours of another one, and its upfront price. */
        int64_t cap = 24 * PRICE + 3 * PRICE + 777;
        put_supplier(&world, (struct fg_standing_policy){MUCH, cap - less, FG_PERIOD_DAY});
        struct fg_order_ask open = an_ask(&world), short_one = an_ask(&world);
        short_one.order.until_us = T0 + 3 * HOUR;
        short_one.order.offer.upfront_uusd = 777;
        EQ(order(&world, create(&world, &open))->state, FG_ORDER_APPROVED);
        EQ(order(&world, create(&world, &short_one))->state,
           less ? FG_ORDER_PLANNED : FG_ORDER_APPROVED);
        end(&world);
    }
}

/* What was spent in the period counts, also of orders that are over; and the next period begins anew. */
static void what_was_spent_counts(void)
{
    struct world world;
    begin(&world);
    put_supplier(&world, (struct fg_standing_policy){MUCH, 3 * PRICE, FG_PERIOD_DAY});
    struct fg_order_ask asked = an_ask(&world);
    asked.order.until_us = T0 + HOUR;
    asked.order.offer.min_term_us = HOUR;
    fg_order_id id = create(&world, &asked);
    EQ(order(&world, id)->state, FG_ORDER_APPROVED);
    go_on(&world, 300 * S);
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    EQ(move(&world, FG_CMD_ORDER_RELEASE, id), 0);
    go_on(&world, 60 * S);
    EQ(order(&world, id)->state, FG_ORDER_RELEASED);
    EQ(order(&world, id)->cash_uusd, PRICE); /* the least time */
    restart(&world);
    for (int64_t less = 1; less >= 0; less--) {
        asked = an_ask(&world);
        asked.order.until_us = world.now_us + 2 * HOUR + less * S;
        EQ(order(&world, create(&world, &asked))->state,
           less ? FG_ORDER_PLANNED : FG_ORDER_APPROVED);
    }
    end(&world);
}

static void nothing_is_bought_without_approval(void)
{
    struct world world;
    begin(&world);
    size_t bought;
    put_supplier(&world, (struct fg_standing_policy){MUCH, 0, FG_PERIOD_DAY});
    struct fg_order_ask asked = an_ask(&world);
    fg_order_id id = create(&world, &asked);
    EQ(order(&world, id)->state, FG_ORDER_PLANNED);
    go_on(&world, 100 * S);
    (void)sim_provision_books(world.provision, &bought);
    EQ(bought, 0);
    EQ(move(&world, FG_CMD_ORDER_APPROVE, id), 0);
    EQ(move(&world, FG_CMD_ORDER_APPROVE, id), FG_ESTATE);
    OK(strcmp(order(&world, id)->approved_by, "ada") == 0);
    go_on(&world, 100 * S);
    (void)sim_provision_books(world.provision, &bought);
    EQ(bought, 1);
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    end(&world);
}

static void a_paused_supplier_gets_nothing(void)
{
    struct world world;
    begin(&world);
    size_t bought;
    put_supplier(&world, (struct fg_standing_policy){});
    struct fg_order_ask asked = an_ask(&world);
    fg_order_id id = create(&world, &asked);
    struct fg_command pause = {.kind = FG_CMD_SUPPLIER_PAUSE, .name = "acme"};
    struct fg_command resume = {.kind = FG_CMD_SUPPLIER_RESUME, .name = "acme"};
    asked.order.wanted_us = 0;
    EQ(ask(&world, &pause), 0);
    EQ(move(&world, FG_CMD_ORDER_APPROVE, id), FG_ESTATE);
    asked = an_ask(&world);
    EQ(ask(&world, &(struct fg_command){.kind = FG_CMD_ORDER_CREATE, .order = &asked}),
       FG_ESTATE);
    EQ(ask(&world, &resume), 0);
    EQ(move(&world, FG_CMD_ORDER_APPROVE, id), 0);
    EQ(ask(&world, &pause), 0); /* before the quote is answered */
    go_on(&world, S / 2);
    EQ(ask(&world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_REMOVE, .name = "acme"}),
       FG_ESTATE);
    EQ(ask(&world, &resume), 0);
    go_on(&world, 100 * S);
    (void)sim_provision_books(world.provision, &bought);
    EQ(bought, 1);
    end(&world);
}

/* -- cost ------------------------------------------------------------------------------------------------------- */

static void submit(struct world *world, uint32_t devices)
{
    const struct fg_job_spec spec = sim_board_job(devices);
    FG_AUTO(fg_buf) struct fg_buf json = {};
    fg_job_json_write(&json, &spec);
    struct fg_submit_item item = {
        .spec = &spec, .spec_json = json.text, .spec_json_len = json.len, .project = 1};
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SUBMIT, .items = &item, .items_len = 1}),
       0);
}

/* Devices of jobs that were there while the order was, in device-microseconds. */
static int64_t used_us(const struct world *world, uint32_t devices)
{
    int64_t sum = 0;
    for (fg_job_id id = 1; id <= sim_store_jobs(world->store); id++)
        sum += (sim_store_finished_us(world->store, id)
                - sim_store_job(world->store, id)->started_us)
               * devices;
    return sum;
}

static void who_uses_it_pays_for_it(void)
{
    struct world world;
    begin(&world);
    world.config.order_book_s = 60;
    put_supplier(&world, (struct fg_standing_policy){MUCH, MUCH, FG_PERIOD_TOTAL});
    struct fg_order_ask asked = an_ask(&world);
    asked.order.until_us = T0 + 10 * HOUR;
    asked.order.count = 2; /* the second machine is no node of the pool: nobody can use it */
    fg_order_id id = create(&world, &asked);
    go_on(&world, 300 * S);
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    OK(strstr(order(&world, id)->reason, "1 of its 2 instances") != NULL);
    for (int i = 0; i < 8; i++) {
        submit(&world, 3);
        go_on(&world, 7 * S);
        if (i % 3 == 0)
            restart(&world);
    }
    go_on(&world, 600 * S);
    const struct sim_order *row = &sim_store_books(world.store)->orders[id];
    int64_t exact = (int64_t)((__int128)PRICE * used_us(&world, 3) / DEVICES / HOUR);
    int64_t rest = exact - row->used_uusd;
    printf("# used %lld of %lld micro-USD; %lld lost by rounding\n", (long long)row->used_uusd,
           (long long)order(&world, id)->cost_uusd, (long long)rest);
    OK(row->used_uusd > 0 && rest >= 0 && rest < 64); /* less than one a booking and job */
    EQ(row->used_uusd + row->idle_uusd, order(&world, id)->cost_uusd);
    EQ(order(&world, id)->cost_uusd,
       fg_meter_cost_uusd(order(&world, id), order(&world, id)->booked_us));
    EQ(sim_store_unbooked_uusd(world.store), 0); /* jobs cost what the machine costs */
    EQ(move(&world, FG_CMD_ORDER_RELEASE, id), 0);
    go_on(&world, 120 * S);
    EQ(order(&world, id)->state, FG_ORDER_RELEASED);
    EQ(row->used_uusd + row->idle_uusd, order(&world, id)->cost_uusd);
    end(&world);
}

static void nodes_that_work_are_not_given_back(void)
{
    struct world world;
    begin(&world);
    put_supplier(&world, (struct fg_standing_policy){MUCH, MUCH, FG_PERIOD_TOTAL});
    struct fg_order_ask asked = an_ask(&world);
    asked.order.until_us = T0 + 10 * HOUR;
    fg_order_id id = create(&world, &asked);
    go_on(&world, 300 * S);
    submit(&world, 1);
    go_on(&world, S);
    EQ(move(&world, FG_CMD_ORDER_CANCEL, id), FG_ESTATE);
    EQ(move(&world, FG_CMD_ORDER_RELEASE, id), 0);
    OK(strstr(order(&world, id)->reason, "1 job runs on its machines") != NULL);
    submit(&world, 1); /* finds no place any more */
    go_on(&world, S);
    EQ(sim_engine_running(world.engine), 1);
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    go_on(&world, 60 * S);
    EQ(order(&world, id)->state, FG_ORDER_RELEASED);
    EQ(order(&world, id)->cause, FG_CAUSE_USER);
    EQ(sim_store_job(world.store, 1)->state, FG_JOB_SUCCEEDED);
    EQ(sim_store_job(world.store, 1)->failures, 0);
    end(&world);
}

/* Told to be given back at once: its jobs are asked to stop, and queued again. */
static void what_must_go_takes_its_jobs_with_it(bool is_restarted)
{
    struct world world;
    begin(&world);
    put_supplier(&world, (struct fg_standing_policy){MUCH, MUCH, FG_PERIOD_TOTAL});
    struct fg_order_ask asked = an_ask(&world);
    fg_order_id id = create(&world, &asked);
    EQ(move(&world, FG_CMD_ORDER_APPROVE, id), 0);
    go_on(&world, 300 * S);
    submit(&world, 1);
    go_on(&world, S);
    EQ(sim_engine_running(world.engine), 1);
    EQ(ask(&world,
           &(struct fg_command){.kind = FG_CMD_ORDER_RELEASE, .order_id = id, .move = true}),
       0);
    if (is_restarted)
        restart(&world);
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    go_on(&world, 60 * S);
    EQ(order(&world, id)->state, FG_ORDER_RELEASED);
    end(&world);
}

static void at_once_or_after_a_restart(void)
{
    what_must_go_takes_its_jobs_with_it(false);
    what_must_go_takes_its_jobs_with_it(true);
}

/* -- machines that join a cluster ------------------------------------------------------------------------------ */

static void begin_cluster(struct world *world)
{
    const struct fg_supplier cluster = {.name = "hpc",
                                        .kind = FG_SUPPLIER_SLURM,
                                        .timeout_us = 20 * S,
                                        .cluster = fg_cluster_terms_default()},
                             seller = {.name = "acme",
                                       .kind = FG_SUPPLIER_OWNED,
                                       .timeout_us = 20 * S,
                                       .join = "hpc",
                                       .policy = {MUCH, MUCH, FG_PERIOD_TOTAL}};
    begin(world);
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_PUT, .supplier = &seller}),
       FG_ENOENT);
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_PUT, .supplier = &cluster}), 0);
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_PUT, .supplier = &seller}), 0);
    EQ(ask(world, &(struct fg_command){.kind = FG_CMD_SUPPLIER_REMOVE, .name = "hpc"}),
       FG_ESTATE);
}

static fg_order_id order_one(struct world *world)
{
    struct fg_order_ask asked = an_ask(world);
    asked.order.until_us = T0 + 10 * HOUR;
    return create(world, &asked);
}

static void a_machine_works_when_it_has_joined(void)
{
    struct world world;
    begin_cluster(&world);
    fg_order_id id = order_one(&world);
    go_on(&world, 200 * S);
    EQ(order(&world, id)->state, FG_ORDER_INSPECTED);
    OK(strstr(order(&world, id)->reason, "1 of 1 machines have not joined cluster hpc")
       != NULL);
    sim_engine_add_node(world.engine, "hpc.key-0-0");
    restart(&world); /* that is when this engine's nodes are looked for */
    go_on(&world, 3 * S);
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    OK(order(&world, id)->reason[0] == 0);
    EQ(move(&world, FG_CMD_ORDER_RELEASE, id), 0);
    go_on(&world, 60 * S);
    EQ(order(&world, id)->state, FG_ORDER_RELEASED);
    end(&world);
}

static void one_that_does_not_join_is_given_back(void)
{
    struct world world;
    begin_cluster(&world);
    fg_order_id id = order_one(&world);
    go_on(&world, 600 * S);
    EQ(order(&world, id)->state, FG_ORDER_INSPECTED);
    restart(&world);
    go_on(&world, 600 * S);
    EQ(order(&world, id)->state, FG_ORDER_REJECTED);
    EQ(order(&world, id)->cause, FG_CAUSE_ABSENT);
    OK(strstr(order(&world, id)->reason, "did not join cluster hpc within 900 s") != NULL);
    end(&world);
}

/* -- suppliers that fail -------------------------------------------------------------------------------------------- */

/* How an order ends at a supplier that always does this. */
static void always(uint32_t fault, enum fg_order_state state, enum fg_order_cause cause)
{
    struct world world;
    begin(&world);
    put_supplier(&world, (struct fg_standing_policy){MUCH, MUCH, FG_PERIOD_TOTAL});
    sim_provision_faults(world.provision, fault, 100);
    struct fg_order_ask asked = an_ask(&world);
    asked.order.until_us = T0 + 10 * HOUR;
    fg_order_id id = create(&world, &asked);
    go_on(&world, 1200 * S);
    EQ(order(&world, id)->state, state);
    EQ(order(&world, id)->cause, cause);
    printf("# %s\n", order(&world, id)->reason);
    EQ(order(&world, id)->state == FG_ORDER_ACTIVE, order(&world, id)->ended_us == 0);
    end(&world);
}

static void faults(void)
{
    always(0, FG_ORDER_ACTIVE, FG_CAUSE_NONE);
    always(SIM_FAULT_REFUSES, FG_ORDER_REJECTED, FG_CAUSE_REFUSED);
    always(SIM_FAULT_REFUSES_LATER, FG_ORDER_REJECTED, FG_CAUSE_REFUSED);
    always(SIM_FAULT_DEARER, FG_ORDER_REJECTED, FG_CAUSE_PRICE);
    always(SIM_FAULT_WRONG_KIND, FG_ORDER_REJECTED, FG_CAUSE_INSPECTION);
    always(SIM_FAULT_TOO_FEW, FG_ORDER_REJECTED, FG_CAUSE_INSPECTION);
    always(SIM_FAULT_SICK, FG_ORDER_REJECTED, FG_CAUSE_INSPECTION);
    always(SIM_FAULT_UNSEEN, FG_ORDER_REJECTED, FG_CAUSE_INSPECTION);
    always(SIM_FAULT_LATE, FG_ORDER_ACTIVE, FG_CAUSE_NONE);
    always(SIM_FAULT_RECLAIMS, FG_ORDER_RELEASED, FG_CAUSE_RECLAIMED);
}

/* One that is not there is asked again, and says so; when it is back the order goes on. */
static void who_is_not_reached_is_asked_again(void)
{
    struct world world;
    begin(&world);
    put_supplier(&world, (struct fg_standing_policy){MUCH, MUCH, FG_PERIOD_TOTAL});
    sim_provision_faults(world.provision, SIM_FAULT_DOWN, 100);
    struct fg_order_ask asked = an_ask(&world);
    asked.order.until_us = T0 + 10 * HOUR;
    fg_order_id id = create(&world, &asked);
    go_on(&world, 1200 * S);
    EQ(order(&world, id)->state, FG_ORDER_APPROVED);
    OK(strstr(order(&world, id)->reason, "nobody is there") != NULL);
    sim_provision_faults(world.provision, 0, 0);
    go_on(&world, 700 * S); /* the longest pause is 600 s */
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    OK(order(&world, id)->reason[0] == 0);
    end(&world);
}

static void it_goes_when_its_time_is_over(void)
{
    struct world world;
    begin(&world);
    put_supplier(&world, (struct fg_standing_policy){MUCH, MUCH, FG_PERIOD_TOTAL});
    struct fg_order_ask asked = an_ask(&world);
    asked.order.wanted_us = T0 + 600 * S;
    asked.order.until_us = T0 + 1800 * S;
    fg_order_id id = create(&world, &asked);
    go_on(&world, 590 * S);
    EQ(order(&world, id)->state, FG_ORDER_APPROVED); /* not before it is wanted */
    go_on(&world, 200 * S);
    EQ(order(&world, id)->state, FG_ORDER_ACTIVE);
    go_on(&world, 1200 * S);
    EQ(order(&world, id)->state, FG_ORDER_RELEASED);
    EQ(order(&world, id)->cause, FG_CAUSE_EXPIRED);
    end(&world);
}

int main(void)
{
    RUN(a_cap_per_hour_holds_to_the_micro_dollar);
    RUN(a_cap_of_a_period_holds_to_the_micro_dollar);
    RUN(what_was_spent_counts);
    RUN(nothing_is_bought_without_approval);
    RUN(a_paused_supplier_gets_nothing);
    RUN(who_uses_it_pays_for_it);
    RUN(nodes_that_work_are_not_given_back);
    RUN(at_once_or_after_a_restart);
    RUN(a_machine_works_when_it_has_joined);
    RUN(one_that_does_not_join_is_given_back);
    RUN(faults);
    RUN(who_is_not_reached_is_asked_again);
    RUN(it_goes_when_its_time_is_over);
    return tap_done();
}
