/* order_sim.c - the controller and simulated suppliers that fail in every way we know, under simulated time.
 *
 * A seed decides everything: what is ordered, approved, cancelled, given back; what suppliers do; when the disk is full, when the
 * daemon dies (also between a commit and its calls).  After every step the invariants hold:
 *   - nothing is bought that is not approved and durable, and nothing of it twice: the supplier's books have at most one purchase
 *     of a key, and every key is that of an order that was approved;
 *   - what the standing policy lets pass stays below its cap;
 *   - what is booked of an order is what its users used and what nobody used, to the micro-dollar;
 * and at the end, with the faults over and every order given back: all orders are over, nothing that a supplier delivered is
 * still there, and what is booked is what the supplier's meter says.
 *
 *     order_sim [SEEDS [FIRST]]
 */
#include "control/control.h"
#include "model/job_json.h"
#include "supply/meter.h"
#include "test/sim/random.h"
#include "test/sim/sim_books.h"
#include "test/sim/sim_engine.h"
#include "test/sim/sim_provision.h"
#include "test/sim/sim_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S           INT64_C(1000000)
#define STEPS       400
#define DRAIN_STEPS 20000
#define CAP_UUSD    INT64_C(100000000) /* an hour, of the supplier with a policy */
#define CAP_MONTH   INT64_C(60000000000)

static const char *const names[] = {"policy", "byhand", "listed"};

struct world {
    uint64_t seed, random;
    int64_t now_us;
    struct fg_config config;
    struct sim_store *store;
    struct sim_engine *engine;
    struct sim_provision *provision;
    struct fg_control *control;
    struct fg_arena *arena;
    uint32_t created, crashes, full_disks;
};

#define MUST(world, condition) must((world), (condition), #condition, __LINE__)

static void must(const struct world *world, bool condition, const char *what, int line)
{
    if (condition)
        return;
    printf("not ok - seed %llu at %lld us, line %d: %s\n", (unsigned long long)world->seed,
           (long long)world->now_us, line, what);
    exit(1);
}

static uint32_t roll(struct world *world, uint32_t below)
{
    return sim_random(&world->random, below);
}

static void open_control(struct world *world)
{
    struct fg_err err = {};
    world->control = fg_control_new(
        &(struct fg_control_options){
            .config = &world->config,
            .store_ops = &sim_store_ops,
            .store = (struct fg_store *)world->store,
            .engine_ops = &sim_engine_ops,
            .engine = (struct fg_engine *)world->engine,
            .provision_ops = &sim_provision_ops,
            .provision = (struct fg_provision *)world->provision,
            .order = fg_job_orders[0],
            .preempt = FG_PREEMPT_OFF,
            .nodes_max = 4,
        },
        world->now_us, &err);
    if (!world->control)
        printf("# %s\n", err.text);
    MUST(world, world->control != NULL);
}

/* -- commands --------------------------------------------------------------------------------------------- */

struct ask {
    struct fg_command command;
    struct fg_supplier supplier;
    struct fg_order_ask order;
    struct fg_job_spec spec;
    struct fg_submit_item item;
    struct fg_buf json;
};

static void done(struct fg_command *command)
{
    *(bool *)command->poster = true;
}

static void ask_supplier(struct world *world, struct ask *ask, size_t which)
{
    ask->supplier = (struct fg_supplier){
        .kind = which == 2 ? FG_SUPPLIER_LISTED : FG_SUPPLIER_OWNED,
        .timeout_us = 20 * S,
        .paused = roll(world, 4) == 0,
    };
    snprintf(ask->supplier.name, FG_NAME_MAX, "%s", names[which]);
    if (which == 0)
        ask->supplier.policy =
            (struct fg_standing_policy){CAP_UUSD, CAP_MONTH, FG_PERIOD_MONTH};
    ask->command.kind = FG_CMD_SUPPLIER_PUT;
    ask->command.supplier = &ask->supplier;
}

static void ask_order(struct world *world, struct ask *ask)
{
    struct fg_order *order = &ask->order.order;
    order->offer = (struct fg_offer){.instance = "4xh100",
                                     .accelerator = "h100",
                                     .contract = (enum fg_contract)roll(world, FG_CONTRACTS),
                                     .accelerators = 4,
                                     .accelerator_mem_mib = 81920,
                                     .price_uusd_per_hour = 1 + roll(world, 20000000),
                                     .upfront_uusd = roll(world, 2) * 123456789LL,
                                     .lead_time_us = roll(world, 100) * S,
                                     .min_term_us = roll(world, 2) * 3600 * S};
    snprintf(order->offer.supplier, FG_NAME_MAX, "%s",
             names[roll(world, 10) ? roll(world, 2) : 2]);
    if (order->offer.contract >= FG_CONTRACT_RESERVED)
        order->offer.term_us = 7200 * S;
    order->count = 1 + roll(world, 3);
    order->max_uusd_per_hour =
        order->offer.price_uusd_per_hour * (roll(world, 3) ? 1 : 3); /* some may be dearer */
    order->wanted_us = roll(world, 4) ? 0 : world->now_us + roll(world, 300) * S;
    order->until_us = roll(world, 3) ? 0 : world->now_us + (400 + roll(world, 5000)) * S;
    snprintf(ask->order.project, FG_NAME_MAX, "%s", roll(world, 2) ? "default" : "");
    /* Some are asked for twice, as by a client that lost the answer. */
    world->created += roll(world, 5) > 0 || !world->created;
    snprintf(order->key, sizeof(order->key), "%08llx-%u", (unsigned long long)world->seed,
             world->created);
    ask->command.kind = FG_CMD_ORDER_CREATE;
    ask->command.order = &ask->order;
}

static void ask_move(struct world *world, struct ask *ask)
{
    static const enum fg_command_kind kinds[] = {FG_CMD_ORDER_APPROVE, FG_CMD_ORDER_APPROVE,
                                                 FG_CMD_ORDER_CANCEL, FG_CMD_ORDER_RELEASE};
    const struct sim_books *books = sim_store_books(world->store);
    ask->command.kind = kinds[roll(world, 4)];
    ask->command.order_id = 1 + roll(world, world->created + 1);
    /* Nobody approves by hand where there is a policy: its cap is to be seen. */
    if (ask->command.order_id >= SIM_ORDERS_MAX
        || (ask->command.kind == FG_CMD_ORDER_APPROVE
            && strcmp(books->orders[ask->command.order_id].order.offer.supplier, "byhand")
                   != 0))
        ask->command.kind = FG_CMD_ORDER_CANCEL;
}

static void ask_job(struct world *world, struct ask *ask)
{
    ask->spec = (struct fg_job_spec){
        .name = "sim",
        .project = "default",
        .run = "true",
        .setup = "",
        .cwd = "",
        .workdir = "",
        .workdir_hash = "",
        .idempotency_key = "",
        .any_of = {{.kind = "h100",
                    .count = 1 + roll(world, 3),
                    .gpu_milli = 1000,
                    .cpu_milli = 1000,
                    .mem_mib = 512}},
        .any_of_len = 1,
        .tasks = 1,
        .grace_us = 10 * S,
        .retry_backoff_us = S,
        .compute_density = -1,
        .time_sensitivity = -1,
        .memory_need = -1,
    };
    fg_job_json_write(&ask->json, &ask->spec);
    ask->item = (struct fg_submit_item){.spec = &ask->spec,
                                        .spec_json = ask->json.text,
                                        .spec_json_len = ask->json.len,
                                        .project = 1};
    ask->command.kind = FG_CMD_SUBMIT;
    ask->command.items = &ask->item;
    ask->command.items_len = 1;
}

static void make_ask(struct world *world, struct ask *ask)
{
    switch (roll(world, 10)) {
    case 0:
        ask_supplier(world, ask, roll(world, 3));
        break;
    case 1:
        ask->command.kind = FG_CMD_SUPPLIER_REMOVE;
        ask->command.name = names[roll(world, 3)];
        break;
    case 2:
    case 3:
        ask_order(world, ask);
        break;
    case 4:
    case 5:
        ask_job(world, ask);
        break;
    default:
        ask_move(world, ask);
    }
}

static int carry_out(struct world *world, struct ask *ask)
{
    bool answered = false;
    struct fg_err err = {};
    fg_arena_reset(world->arena);
    ask->command.arena = world->arena;
    ask->command.actor = (struct fg_actor){.user = "ada", .role = FG_ROLE_ADMIN};
    ask->command.done = done;
    ask->command.poster = &answered;
    MUST(world, fg_control_step(world->control, &ask->command, world->now_us, &err) == 0);
    MUST(world, answered);
    fg_buf_free(&ask->json);
    return ask->command.rc;
}

/* -- invariants ------------------------------------------------------------------------------------------- */

static int64_t cash_of(const struct sim_order *row)
{
    int64_t sum = 0;
    for (size_t day = 0; day < SIM_BOOK_DAYS; day++)
        sum += row->cash_uusd[day];
    return sum;
}

static void check_books(struct world *world)
{
    const struct sim_books *books = sim_store_books(world->store);
    int64_t hourly_uusd = 0;
    for (fg_order_id id = 1; id < SIM_ORDERS_MAX; id++) {
        const struct sim_order *row = &books->orders[id];
        const struct fg_order *order = &row->order;
        MUST(world, row->used_uusd + row->idle_uusd == order->cost_uusd);
        MUST(world, row->idle_uusd == order->idle_uusd);
        MUST(world, cash_of(row) == order->cash_uusd);
        MUST(world, !order->ended_us == !fg_order_state_is_final(order->state));
        if (order->approved_us && !order->ended_us
            && strcmp(order->offer.supplier, "policy") == 0)
            hourly_uusd += fg_meter_hourly_uusd(order);
    }
    MUST(world, hourly_uusd <= CAP_UUSD);
}

/* Whatever was bought had been approved, and that was durable. */
static void check_purchases(struct world *world)
{
    const struct sim_books *books = sim_store_books(world->store);
    size_t len;
    const struct sim_purchase *bought = sim_provision_books(world->provision, &len);
    for (size_t i = 0; i < len; i++) {
        struct fg_order order;
        MUST(world, sim_books_find(books, 0, bought[i].key, &order, NULL) == 0);
        MUST(world, order.approved_us > 0 && order.approved_by[0] && order.ordered_us > 0);
        MUST(world, order.count == bought[i].count);
        MUST(world, strcmp(order.offer.supplier, bought[i].supplier) == 0);
        for (size_t k = 0; k < i; k++)
            MUST(world, strcmp(bought[k].key, bought[i].key) != 0);
    }
}

static void check(struct world *world)
{
    MUST(world, fg_control_check(world->control));
    check_books(world);
    check_purchases(world);
}

/* -- the world ---------------------------------------------------------------------------------------------- */

static void pass_time(struct world *world)
{
    world->now_us += (1 + (int64_t)roll(world, roll(world, 10) ? 3000 : 600000)) * 1000;
    sim_engine_advance(world->engine, world->now_us);
    sim_provision_advance(world->provision, world->now_us);
}

static void crash(struct world *world)
{
    world->crashes++;
    fg_control_free(world->control);
    sim_store_crash(world->store);
    sim_engine_restart(world->engine);
    sim_provision_restart(world->provision);
    open_control(world);
}

static void step(struct world *world)
{
    struct ask ask = {};
    make_ask(world, &ask);
    if (roll(world, 15) == 0) {
        sim_store_fail(world->store, FG_ENOSPC, 1 + roll(world, 3));
        world->full_disks++;
    }
    bool dies = roll(world, 15) == 0;
    if (dies) {
        sim_engine_die_after(world->engine, roll(world, 3));
        sim_provision_die_after(world->provision, roll(world, 3));
    }
    carry_out(world, &ask);
    if (dies)
        crash(world);
    check(world);
}

/* Everything is asked to end, again and again: it may not be delivered yet, or jobs may run there. */
static size_t give_all_back(struct world *world)
{
    const struct sim_books *books = sim_store_books(world->store);
    size_t open = 0;
    for (fg_order_id id = 1; id < SIM_ORDERS_MAX; id++) {
        const struct fg_order *order = &books->orders[id].order;
        if (!order->id || order->ended_us)
            continue;
        open++;
        if (order->leaving || roll(world, 4))
            continue;
        struct ask ask = {.command = {.kind = order->delivered_us ? FG_CMD_ORDER_RELEASE
                                                                  : FG_CMD_ORDER_CANCEL,
                                      .order_id = id}};
        carry_out(world, &ask);
    }
    return open;
}

static void drain(struct world *world)
{
    size_t open = 1;
    sim_engine_be_kind(world->engine);
    sim_provision_faults(world->provision, 0, 0);
    sim_store_fail(world->store, 0, 0);
    world->now_us += 2 * S;
    for (int i = 0; i < DRAIN_STEPS && open; i++) {
        pass_time(world);
        struct ask ask = {.command = {.kind = FG_CMD_STATUS}};
        carry_out(world, &ask);
        open = give_all_back(world);
        if (i % 16 == 0)
            check(world);
    }
    MUST(world, open == 0);
}

struct tally {
    uint64_t orders, bought, crashes, full_disks, used_uusd, idle_uusd, reclaimed, bad;
    uint64_t ends[FG_ORDER_STATES];
};

/* What the supplier's meter says of what was delivered, by the rules of supply/meter.h. */
static void check_meter(struct world *world, struct tally *tally)
{
    const struct sim_books *books = sim_store_books(world->store);
    size_t len;
    const struct sim_purchase *bought = sim_provision_books(world->provision, &len);
    for (size_t i = 0; i < len; i++) {
        struct fg_order order;
        MUST(world, sim_books_find(books, 0, bought[i].key, &order, NULL) == 0);
        if (bought[i].delivery != FG_DELIVERY_GONE && bought[i].delivery != FG_DELIVERY_REFUSED)
            printf("# order %llu is %s (%s, %s), the supplier says %s, faults %x\n",
                   (unsigned long long)order.id, fg_order_state_name(order.state),
                   fg_order_cause_name(order.cause), order.reason,
                   fg_delivery_name(bought[i].delivery), bought[i].faults);
        MUST(world, bought[i].delivery == FG_DELIVERY_GONE
                        || bought[i].delivery == FG_DELIVERY_REFUSED);
        MUST(world, !order.delivered_us == !bought[i].delivered_us);
        int64_t cost_uusd = order.cost_uusd, cash_uusd = order.cash_uusd;
        order.delivered_us = bought[i].delivered_us;
        order.ended_us = bought[i].ended_us ? bought[i].ended_us : order.ended_us;
        MUST(world, cost_uusd == fg_meter_cost_uusd(&order, world->now_us));
        MUST(world, cash_uusd == fg_meter_cash_uusd(&order, world->now_us));
    }
    tally->bought += len;
    for (fg_order_id id = 1; id < SIM_ORDERS_MAX; id++) {
        const struct sim_order *row = &books->orders[id];
        tally->orders += row->order.id != 0;
        tally->ends[row->order.state] += row->order.id != 0;
        tally->used_uusd += (uint64_t)row->used_uusd;
        tally->idle_uusd += (uint64_t)row->idle_uusd;
        tally->reclaimed += row->order.cause == FG_CAUSE_RECLAIMED;
        tally->bad += row->order.cause == FG_CAUSE_INSPECTION;
    }
}

static void run_seed(uint64_t seed, struct tally *tally)
{
    static const uint32_t percents[] = {0, 3, 10, 30};
    struct world world = {.seed = seed,
                          .random = seed,
                          .now_us = 1700006340000000}; /* a minute before midnight */
    fg_config_defaults(&world.config);
    world.config.order_book_s = 60;
    world.config.order_retry_s = 30;
    world.arena = fg_arena_new(1UL << 20);
    world.store = sim_store_new();
    world.engine = sim_engine_new(seed);
    world.provision = sim_provision_new(seed);
    sim_provision_faults(world.provision, SIM_FAULT_ALL, percents[seed % 4]);
    pass_time(&world);
    open_control(&world);
    for (size_t i = 0; i < 3; i++) {
        struct ask ask = {};
        ask_supplier(&world, &ask, i);
        carry_out(&world, &ask);
    }
    for (int i = 0; i < STEPS; i++) {
        pass_time(&world);
        step(&world);
    }
    drain(&world);
    check_meter(&world, tally);
    tally->crashes += world.crashes;
    tally->full_disks += world.full_disks;
    fg_control_free(world.control);
    fg_arena_free(world.arena);
    sim_store_free(world.store);
    sim_engine_free(world.engine);
    sim_provision_free(world.provision);
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 100,
             first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    struct tally tally = {};
    for (uint64_t seed = first; seed < first + seeds; seed++)
        run_seed(seed, &tally);
    printf(
        "# %llu orders, %llu bought, %llu reclaimed, %llu not what was ordered; %.2f USD used, "
        "%.2f idle; %llu crashes, %llu full disks;",
        (unsigned long long)tally.orders, (unsigned long long)tally.bought,
        (unsigned long long)tally.reclaimed, (unsigned long long)tally.bad,
        (double)tally.used_uusd / 1e6, (double)tally.idle_uusd / 1e6,
        (unsigned long long)tally.crashes, (unsigned long long)tally.full_disks);
    for (int state = 0; state < FG_ORDER_STATES; state++)
        if (tally.ends[state])
            printf(" %s %llu", fg_order_state_name((enum fg_order_state)state),
                   (unsigned long long)tally.ends[state]);
    printf("\nok 1 - %llu seeds of %d steps with suppliers that fail, crashes and full "
           "disks\n1..1\n",
           (unsigned long long)seeds, STEPS);
    return 0;
}
