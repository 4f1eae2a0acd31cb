/* control_sim.c - the whole controller under simulated time and faults.
 *
 * A seed decides everything: commands, how long tasks run, how they end, when the disk is full, when the daemon dies
 * (also between a commit and its effects) and comes back.  After every step the invariants hold:
 *   - no job that was acknowledged is lost, and none is ever in a state the table does not lead to;
 *   - no rank of a job runs twice at once; no device, core or MiB is granted twice;
 *   - no project holds more than its quota;
 *   - what every attempt cost is in the books of its project, once;
 *   - what ran, by the hours and levels of demand, is what was held from step to step, to the device-microsecond;
 *   - the controller's own books agree with a full recount;
 * and at the end, with the faults over, every job reaches exactly one final state.
 *
 *     control_sim [SEEDS [FIRST]]      a failing seed is printed; run it alone with `control_sim 1 SEED`
 */
#include "control/control.h"
#include "energy/carbon.h"
#include "model/job_json.h"
#include "test/sim/random.h"
#include "test/sim/sim_engine.h"
#include "test/sim/sim_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS         300
#define DRAIN_STEPS   20000
#define QUOTA_RUNNING 3
#define ACKED_MAX     4096
#define PROJECTS      3

static const char *const project_names[PROJECTS] = {"default", "vision", "audio"};

struct world {
    uint64_t seed, random;
    int64_t now_us;
    struct fg_config config;
    const struct fg_job_order *order;
    enum fg_preempt preempt;
    bool shares; /* fewer jobs, most of a share of a device and little else: room for moves */
    struct sim_store *store;
    struct sim_engine *engine;
    struct fg_control *control;
    fg_job_id acked[ACKED_MAX];
    size_t acked_len;
    fg_project_id projects; /* ids that are known to be there */
    uint32_t crashes, full_disks, batched, moved, reserved, inside;
    struct fg_arena *arena;                    /* for answers */
    int64_t held_milli, held_since_us, ran_us; /* counted step by step */
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

/* Power is cleaner every other five seconds, and nobody knows it half of the time. */
static void know_hours(struct world *world)
{
    static const int64_t grams[] = {400, 100, 300, 200, 400, 100};
    struct fg_hourly price = {};
    struct fg_hourly carbon = {.start_us = world->now_us / 30000000 * 30000000,
                               .step_us = 5000000,
                               .values = grams,
                               .len = roll(world, 2) ? 6 : 0};
    fg_control_set_hours(world->control, &price, &carbon);
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
            .order = world->order,
            .preempt = world->preempt,
            .nodes_max = 4,
        },
        world->now_us, &err);
    if (!world->control)
        printf("# %s\n", err.text);
    MUST(world, world->control != NULL);
}

/* -- commands ------------------------------------------------------------------------------------------- */

#define BATCH_MAX 4

struct ask {
    struct fg_command command;
    struct fg_submit_item items[BATCH_MAX];
    struct fg_job_spec specs[BATCH_MAX];
    struct fg_after after[BATCH_MAX][3];
    struct fg_project project;
    struct fg_advance_spec reservation;
    struct fg_buf json[BATCH_MAX];
    char keys[BATCH_MAX][32];
    bool answered;
};

static void answered(struct fg_command *command)
{
    struct ask *ask = command->poster;
    ask->answered = true;
}

static void make_request(struct world *world, struct fg_request *request)
{
    *request = (struct fg_request){.cpu_milli = 500 + 500 * roll(world, 8),
                                   .mem_mib = 512UL * roll(world, 8)};
    if (world->shares)
        request->cpu_milli = 100;
    switch (world->shares ? 1 + roll(world, 6) / 5 : roll(world, 4)) {
    case 0:
        return; /* CPU only */
    case 1:
        request->gpu_milli = 100 + 100 * roll(world, 9);
        request->count = 1;
        break;
    default:
        request->gpu_milli = 1000;
        request->count = 1 + roll(world, 4);
    }
    memcpy(request->kind, "h100", 5);
}

/* Jobs that are there, and an earlier one of the batch. */
static void fill_after(struct world *world, struct ask *ask, size_t at)
{
    struct fg_after *after = ask->after[at];
    size_t len = roll(world, 8) == 0 && world->acked_len ? 1 + roll(world, 2) : 0;
    for (size_t i = 0; i < len; i++)
        after[i] =
            (struct fg_after){.job = world->acked[roll(world, (uint32_t)world->acked_len)],
                              .any_end = roll(world, 2)};
    if (len == 2 && after[0].job == after[1].job)
        len = 1;
    if (at > 0 && roll(world, 4))
        after[len++] =
            (struct fg_after){.item = 1 + roll(world, (uint32_t)at), .any_end = roll(world, 2)};
    ask->specs[at].after = after;
    ask->specs[at].after_len = len;
}

static void fill_item(struct world *world, struct ask *ask, size_t at)
{
    struct fg_job_spec *spec = &ask->specs[at];
    *spec = (struct fg_job_spec){
        .name = "sim",
        .project = "default",
        .run = "true",
        .setup = "",
        .cwd = "",
        .workdir = "",
        .workdir_hash = "",
        .idempotency_key = "",
        .any_of_len = 1,
        .tasks = 1,
        .grace_us = 10000000,
        .retry_backoff_us = 1000000,
        .compute_density = -1,
        .time_sensitivity = -1,
        .memory_need = -1,
    };
    make_request(world, &spec->any_of[0]);
    spec->retries = roll(world, 3);
    spec->preemptible = roll(world, 3) == 0;
    spec->priority = (int32_t)roll(world, 200) - 100;
    spec->time_limit_us = roll(world, 2) ? 10000000 : 0;
    if (roll(world, 6) == 0) { /* more to come than its reserve of a minute */
        spec->flexible = FG_FLEXIBLE_CARBON;
        spec->flexible_until_us = world->now_us + 75000000 + roll(world, 30000000);
    }
    if (roll(world, 10) == 0 && spec->any_of[0].gpu_milli == 1000) {
        spec->tasks = 2 + roll(world, 2);
        spec->tasks_min = roll(world, 3) ? 0 : 1;
        spec->any_of[0].count = 1;
    }
    if (roll(world, 20) == 0) {
        spec->array_last = 2;
        spec->array_step = 1;
    }
    if (roll(world, 10) == 0) {
        snprintf(ask->keys[at], sizeof(ask->keys[at]), "key-%u", roll(world, 5));
        spec->idempotency_key = ask->keys[at];
    }
    if (roll(world, 10) == 0)
        spec->reservation = "exam";
    fill_after(world, ask, at);
    fg_job_json_write(&ask->json[at], spec);
    ask->items[at] = (struct fg_submit_item){.spec = spec,
                                             .spec_json = ask->json[at].text,
                                             .spec_json_len = ask->json[at].len,
                                             .project = 1 + roll(world, world->projects)};
}

static void ask_submit(struct world *world, struct ask *ask)
{
    size_t len = roll(world, 6) ? 1 : 2 + roll(world, BATCH_MAX - 1);
    for (size_t i = 0; i < len; i++)
        fill_item(world, ask, i);
    ask->command.kind = FG_CMD_SUBMIT;
    ask->command.items = ask->items;
    ask->command.items_len = len;
}

/* One that may well wait still. */
static fg_job_id recent(struct world *world)
{
    uint32_t len = (uint32_t)world->acked_len;
    return len ? world->acked[len - 1 - roll(world, len < 40 ? len : 40)] : 1;
}

/* A place in the tree that may be refused, limits and guarantees. */
static struct fg_user_limits some_limits(struct world *world)
{
    return (struct fg_user_limits){
        .running = roll(world, 3) ? 0 : 1 + roll(world, 3),
        .gpu_milli = roll(world, 3) ? 0 : 500 + 500LL * roll(world, 6),
        .queued = roll(world, 3) ? 0 : 20,
        .submits_per_minute = roll(world, 3) ? 0 : 60,
    };
}

static void ask_project(struct world *world, struct ask *ask)
{
    ask->project =
        (struct fg_project){.weight = 100,
                            .parent = roll(world, 2) ? roll(world, world->projects + 1) : 0,
                            .guarantee_milli = roll(world, 2) ? 1000LL * roll(world, 4) : 0,
                            .borrows_back = roll(world, 4) == 0,
                            .quota = {-1, -1, -1, world->shares ? -1 : QUOTA_RUNNING, -1}};
    if (roll(world, 4) == 0)
        ask->project.user_limits = some_limits(world);
    if (roll(world, 4) == 0)
        ask->project.budget =
            (struct fg_budget){.uusd = 1 + roll(world, 500000),
                               .period = (enum fg_period)(roll(world, 2) * FG_PERIOD_DAY),
                               .stops = roll(world, 2)};
    snprintf(ask->project.name, sizeof(ask->project.name), "%s",
             project_names[roll(world, PROJECTS)]);
    ask->command.kind = FG_CMD_PROJECT_PUT;
    ask->command.project = &ask->project;
}

/* Soon, for a short while; most often there is one already, and it is refused. */
static void ask_reservation(struct world *world, struct ask *ask)
{
    ask->reservation =
        (struct fg_advance_spec){.name = "exam",
                                 .start_us = world->now_us + 1000000LL * roll(world, 20),
                                 .repeat = roll(world, 5) == 0,
                                 .maintenance = roll(world, 5) == 0,
                                 .project = "",
                                 .user = roll(world, 4) ? "" : "ada",
                                 .gpus = 1 + roll(world, 3),
                                 .kind = "any"};
    if (ask->reservation.maintenance)
        ask->reservation.user = "";
    ask->reservation.end_us = ask->reservation.start_us + 1000000LL * (5 + roll(world, 20));
    ask->command.arena = world->arena;
    ask->command.kind = roll(world, 4)   ? FG_CMD_RESERVATION_ADD
                        : roll(world, 2) ? FG_CMD_RESERVATION_REMOVE
                                         : FG_CMD_RESERVATIONS;
    ask->command.reservation = &ask->reservation;
    if (ask->command.kind != FG_CMD_RESERVATION_ADD)
        ask->command.name = "exam";
}

static void make_ask(struct world *world, struct ask *ask)
{
    *ask = (struct ask){.command = {.done = answered,
                                    .poster = ask,
                                    .actor = {.user = "ada", .role = FG_ROLE_ADMIN}}};
    fg_job_id any =
        world->acked_len ? world->acked[roll(world, (uint32_t)world->acked_len)] : 1;
    if (roll(world, 3) == 0)
        memcpy(ask->command.actor.user, "bob", 4);
    switch (world->shares && roll(world, 3) ? 3 : roll(world, 12)) {
    case 0:
        ask->command.kind = FG_CMD_CANCEL;
        ask->command.job = any;
        ask->command.array = roll(world, 4) == 0;
        break;
    case 1:
        ask->command.kind = roll(world, 3) ? FG_CMD_NODE_RESUME : FG_CMD_NODE_DRAIN;
        ask->command.name = "sim";
        break;
    case 2:
        ask_project(world, ask);
        break;
    case 3:
        ask->command.kind = roll(world, 3) ? FG_CMD_MAKE_ROOM : FG_CMD_MOVES;
        ask->command.job = recent(world);
        ask->command.arena = world->arena;
        break;
    case 4:
        ask_reservation(world, ask);
        break;
    default:
        ask_submit(world, ask);
    }
}

static void note_answer(struct world *world, const struct ask *ask)
{
    world->reserved +=
        ask->command.kind == FG_CMD_RESERVATION_ADD && ask->answered && ask->command.rc == 0;
    world->moved += ask->command.kind == FG_CMD_MAKE_ROOM && ask->command.rc == 0
                    && strstr(ask->command.out_text, "\"moves\":[{") != NULL;
    if (ask->command.kind == FG_CMD_PROJECT_PUT && ask->answered && ask->command.rc == 0
        && ask->command.out_id > world->projects)
        world->projects = (fg_project_id)ask->command.out_id;
    if (ask->command.kind != FG_CMD_SUBMIT || ask->command.rc < 0 || !ask->answered)
        return;
    for (size_t at = 0; at < ask->command.items_len; at++) {
        const struct fg_submit_item *item = &ask->items[at];
        world->batched += ask->command.items_len > 1;
        for (uint32_t i = 0;
             !item->out_repeated && i < item->out_count && world->acked_len < ACKED_MAX; i++)
            world->acked[world->acked_len++] = item->out_id + i;
    }
}

/* -- invariants ------------------------------------------------------------------------------------------- */

static void check_demand(struct world *world)
{
    int64_t ran_us;
    if (world->held_since_us)
        world->ran_us +=
            world->held_milli * (world->now_us / 1000 - world->held_since_us / 1000);
    world->held_since_us = world->now_us;
    world->held_milli = sim_store_held_milli(world->store);
    MUST(world, sim_store_ran_us(world->store, world->now_us, &ran_us));
    MUST(world, ran_us == world->ran_us);
}

static void check(struct world *world)
{
    check_demand(world);
    MUST(world, sim_engine_check(world->engine));
    for (size_t i = 0; i < world->acked_len; i++)
        MUST(world, sim_store_job(world->store, world->acked[i]) != NULL);
    MUST(world, sim_store_unbooked_uusd(world->store) == 0);
    if (world->control)
        MUST(world, fg_control_check(world->control));
}

/* -- a step of the world --------------------------------------------------------------------------------------- */

static void crash(struct world *world)
{
    world->crashes++;
    fg_control_free(world->control);
    sim_store_crash(world->store);
    sim_engine_restart(world->engine);
    open_control(world);
}

static void step(struct world *world, bool faults)
{
    enum { ASKS_MAX = 6 };
    static struct ask asks[ASKS_MAX];
    size_t len = faults ? roll(world, ASKS_MAX) : 0;
    struct fg_command *list = NULL, **last = &list;
    for (size_t i = 0; i < len; i++) {
        make_ask(world, &asks[i]);
        *last = &asks[i].command;
        last = &asks[i].command.next;
    }
    if (faults && roll(world, 15) == 0) {
        sim_store_fail(world->store, FG_ENOSPC, 1 + roll(world, 3));
        world->full_disks++;
    }
    fg_arena_reset(world->arena);
    bool dies = faults && roll(world, 12) == 0;
    if (dies)
        sim_engine_die_after(world->engine, roll(world, 4));

    struct fg_err err = {};
    if (roll(world, 10) == 0)
        know_hours(world);
    MUST(world, fg_control_step(world->control, list, world->now_us, &err) == 0);
    for (size_t i = 0; i < len; i++) {
        MUST(world, asks[i].answered);
        note_answer(world, &asks[i]);
        for (size_t k = 0; k < BATCH_MAX; k++)
            fg_buf_free(&asks[i].json[k]);
    }
    if (dies)
        crash(world);
    check(world);
}

static void pass_time(struct world *world)
{
    world->now_us += (1 + roll(world, 800)) * 1000;
    sim_engine_advance(world->engine, world->now_us);
}

/* Whoever waits for a reservation that is over would wait for ever; so would who has no limit, for one that comes again. */
static void leave_reservation(struct world *world)
{
    struct fg_err err;
    struct ask gone = {.command = {.kind = FG_CMD_RESERVATION_REMOVE,
                                   .name = "exam",
                                   .done = answered,
                                   .poster = &gone,
                                   .actor = {.user = "ada", .role = FG_ROLE_ADMIN}}};
    MUST(world, fg_control_step(world->control, &gone.command, world->now_us, &err) == 0);
    for (fg_job_id id = 1; id <= sim_store_jobs(world->store); id++) {
        const struct fg_job *job = sim_store_job(world->store, id);
        struct ask ask = {.command = {.kind = FG_CMD_CANCEL,
                                      .done = answered,
                                      .poster = &ask,
                                      .job = id,
                                      .actor = {.user = "ada", .role = FG_ROLE_ADMIN}}};
        if (job->reservation && !fg_job_state_is_final(job->state))
            MUST(world, fg_control_step(world->control, &ask.command, world->now_us, &err) == 0
                            && ask.command.rc == 0);
    }
    check(world);
}

/* Kind weather: the node is up, the quota is gone, and all that can end does. */
static void drain(struct world *world)
{
    struct ask asks[1 + PROJECTS] = {{.command = {.kind = FG_CMD_NODE_RESUME, .name = "sim"}}};
    for (size_t i = 0; i <= PROJECTS; i++) {
        asks[i].command.done = answered;
        asks[i].command.poster = &asks[i];
        asks[i].command.next = i < PROJECTS ? &asks[i + 1].command : NULL;
        if (i == 0)
            continue;
        asks[i].command.kind = FG_CMD_PROJECT_PUT;
        asks[i].command.project = &asks[i].project;
        asks[i].project = (struct fg_project){.weight = 100, .quota = {-1, -1, -1, -1, -1}};
        snprintf(asks[i].project.name, sizeof(asks[i].project.name), "%s",
                 project_names[i - 1]);
    }
    sim_engine_be_kind(world->engine);
    sim_store_fail(world->store, 0, 0);
    world->now_us += 2000000;
    struct fg_err err;
    MUST(world, fg_control_step(world->control, &asks[0].command, world->now_us, &err) == 0);
    check(world);
    for (size_t i = 0; i <= PROJECTS; i++)
        MUST(world, asks[i].command.rc == 0);
    for (int i = 0; i < DRAIN_STEPS; i++) {
        size_t open = 0;
        if (i == 200)
            leave_reservation(world);
        for (fg_job_id id = 1; id <= sim_store_jobs(world->store); id++)
            open += !fg_job_state_is_final(sim_store_job(world->store, id)->state);
        if (open == 0)
            return;
        pass_time(world);
        step(world, false);
    }
    for (fg_job_id id = 1; id <= sim_store_jobs(world->store); id++) {
        const struct fg_job *job = sim_store_job(world->store, id);
        if (!fg_job_state_is_final(job->state))
            printf("# job %llu is %s, attempt %u, waits for %u, tasks %u, eligible %lld\n",
                   (unsigned long long)id, fg_job_state_name(job->state), job->attempt,
                   job->waits_for, job->tasks, (long long)job->eligible_us);
    }
    bool every_job_ended = false;
    MUST(world, every_job_ended);
}

/* What the seeds went through: a simulation that does nothing proves nothing. */
struct tally {
    uint64_t jobs, crashes, full_disks, batched, moved, reserved, inside;
    uint64_t ends[FG_JOB_STATES];
};

/* Half of the seeds have the defaults. */
static void choose_policies(struct world *world)
{
    uint64_t random = world->seed * 7919;
    size_t orders = 1; /* there is one */
    while (fg_job_orders[orders])
        orders++;
    bool other = sim_random(&random, 2);
    world->shares = sim_random(&random, 4) == 0;
    world->order = fg_job_orders[other ? sim_random(&random, (uint32_t)orders) : 0];
    world->preempt = other ? (enum fg_preempt)sim_random(&random, 3) : FG_PREEMPT_PRIORITY;
    world->config.preempt_quantum_s = sim_random(&random, 3);
    world->config.las_first_device_s = 1 + sim_random(&random, 5);
}

static void run_seed(uint64_t seed, struct tally *tally)
{
    struct world world = {
        .seed = seed,
        .projects = 1,
        .random = seed,
        .now_us = seed % 2 ? 1700000000000000 : 1700006340000000, /* a minute before midnight */
    };
    fg_config_defaults(&world.config);
    world.config.gpu_price_uusd_per_hour = 777777777;
    world.config.cpu_price_uusd_per_core_hour = 7777;
    world.config.reservation_lead_s = 2;
    world.config.learn_classes_max = 64; /* a controller begins at each crash: small tables */
    world.config.nodes_max = 64;
    choose_policies(&world);
    world.arena = fg_arena_new(1UL << 20);
    world.store = sim_store_new();
    world.engine = sim_engine_new(seed);
    sim_engine_advance(world.engine, world.now_us);
    open_control(&world);
    for (int i = 0; i < STEPS; i++) {
        pass_time(&world);
        step(&world, true);
    }
    drain(&world);
    MUST(&world, sim_engine_running(world.engine) == 0);
    tally->jobs += sim_store_jobs(world.store);
    tally->crashes += world.crashes;
    tally->full_disks += world.full_disks;
    tally->batched += world.batched;
    tally->moved += world.moved;
    tally->reserved += world.reserved;
    for (fg_job_id id = 1; id <= sim_store_jobs(world.store); id++) {
        const struct fg_job *job = sim_store_job(world.store, id);
        tally->inside += job->reservation && job->attempt > 0;
    }
    for (fg_job_id id = 1; id <= sim_store_jobs(world.store); id++)
        tally->ends[sim_store_job(world.store, id)->state]++;
    fg_control_free(world.control);
    fg_arena_free(world.arena);
    sim_store_free(world.store);
    sim_engine_free(world.engine);
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 200,
             first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    struct tally tally = {};
    for (uint64_t seed = first; seed < first + seeds; seed++)
        run_seed(seed, &tally);
    printf("# %llu reservations, %llu jobs started in one\n",
           (unsigned long long)tally.reserved, (unsigned long long)tally.inside);
    printf("# %llu jobs, %llu of batches, %llu times moved, %llu crashes, %llu full disks;",
           (unsigned long long)tally.jobs, (unsigned long long)tally.batched,
           (unsigned long long)tally.moved, (unsigned long long)tally.crashes,
           (unsigned long long)tally.full_disks);
    for (int state = 0; state < FG_JOB_STATES; state++)
        if (tally.ends[state])
            printf(" %s %llu", fg_job_state_name((enum fg_job_state)state),
                   (unsigned long long)tally.ends[state]);
    printf("\nok 1 - %llu seeds of %d steps with crashes, full disks and lost tasks\n1..1\n",
           (unsigned long long)seeds, STEPS);
    return 0;
}
