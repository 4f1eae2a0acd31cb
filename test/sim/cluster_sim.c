/* cluster_sim.c - the controller over this machine and two clusters, in simulated time, with everything going wrong: nodes die,
 * are cut off, flap, are taken away with notice, change their shape; clusters are silent or do not begin work; others take
 * devices; the daemon dies and the disk is full.  After every step:
 *   - no rank of a job runs twice at once, also not while a node is cut off and its copy goes on;
 *   - nothing begins on a node that was told to be down, gone or leaving, or at a supplier that does not answer;
 *   - the controller's books agree with a full recount, the claims for others among them;
 * and at the end, with the faults over, every acknowledged job has reached exactly one final state; a job under which every node
 * dies has failed, and says so.
 *
 *     cluster_sim [SEEDS [FIRST]]
 */
#include "control/control.h"
#include "model/job_json.h"
#include "test/sim/random.h"
#include "test/sim/sim_cluster.h"
#include "test/sim/sim_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS       250
#define DRAIN_STEPS 20000
#define ACKED_MAX   2048

struct world {
    uint64_t seed, random;
    int64_t now_us;
    struct fg_config config;
    struct sim_store *store;
    struct sim_cluster *cluster;
    struct fg_control *control;
    fg_job_id acked[ACKED_MAX], killer;
    size_t acked_len;
    uint32_t crashes, full_disks;
};

#define MUST(world, condition) must((world), (condition), #condition, __LINE__)

static void must(const struct world *world, bool condition, const char *what, int line)
{
    if (condition)
        return;
    printf("not ok - seed %" PRIu64 " at %" PRId64 " us, line %d: %s\n", world->seed,
           world->now_us, line, what);
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
        printf("# %s\n", err.text);
    MUST(world, world->control != NULL);
}

/* -- commands ------------------------------------------------------------------------------------------------- */

struct ask {
    struct fg_command command;
    struct fg_submit_item item;
    struct fg_job_spec spec;
    struct fg_buf json;
    struct fg_supplier supplier;
    bool answered;
};

static void answered(struct fg_command *command)
{
    struct ask *ask = command->poster;
    ask->answered = true;
}

static void fill_submit(struct world *world, struct ask *ask)
{
    struct fg_job_spec *spec = &ask->spec;
    *spec = (struct fg_job_spec){.name = "sim",
                                 .project = "default",
                                 .run = "true",
                                 .setup = "",
                                 .cwd = "",
                                 .workdir = "",
                                 .workdir_hash = "",
                                 .idempotency_key = "",
                                 .any_of_len = 1,
                                 .tasks = 1,
                                 .grace_us = 1000000,
                                 .retry_backoff_us = 1000000,
                                 .retries = roll(world, 3),
                                 .preemptible = roll(world, 3) == 0,
                                 .compute_density = -1,
                                 .time_sensitivity = -1,
                                 .memory_need = -1};
    spec->any_of[0].cpu_milli = 500 + 500 * roll(world, 4);
    if (roll(world, 4)) {
        spec->any_of[0].count = 1 + (roll(world, 4) == 0);
        spec->any_of[0].gpu_milli = 1000;
        memcpy(spec->any_of[0].kind, "h100", 5);
    }
    if (roll(world, 5) == 0) {
        spec->tasks = 2;
        spec->any_of[0].count = spec->any_of[0].count ? 1 : 0;
    }
    fg_job_json_write(&ask->json, spec);
    ask->item = (struct fg_submit_item){.spec = spec,
                                        .spec_json = ask->json.text,
                                        .spec_json_len = ask->json.len,
                                        .project = 1};
    ask->command.kind = FG_CMD_SUBMIT;
    ask->command.items = &ask->item;
    ask->command.items_len = 1;
}

static void fill_ask(struct world *world, struct ask *ask)
{
    const char *node = sim_cluster_some_node(world->cluster);
    uint32_t kind = roll(world, 20);
    if (kind == 0 && world->acked_len) {
        ask->command.kind = FG_CMD_CANCEL;
        ask->command.job = world->acked[roll(world, (uint32_t)world->acked_len)];
    } else if (kind <= 2 && node) {
        ask->command.kind = kind == 1 ? FG_CMD_NODE_DRAIN : FG_CMD_NODE_RESUME;
        ask->command.name = node;
        ask->command.move = roll(world, 2);
    } else {
        fill_submit(world, ask);
    }
}

static void note(struct world *world, const struct ask *ask)
{
    if (ask->command.kind != FG_CMD_SUBMIT || ask->command.rc < 0)
        return;
    MUST(world, world->acked_len < ACKED_MAX);
    world->acked[world->acked_len++] = ask->item.out_id;
    if (!world->killer && world->seed % 3 == 0 && ask->spec.tasks == 1
        && ask->spec.any_of[0].count) {
        world->killer = ask->item.out_id;
        sim_cluster_killer(world->cluster, world->killer);
    }
}

/* -- steps ---------------------------------------------------------------------------------------------------- */

static void check(struct world *world)
{
    const char *fault = sim_cluster_fault(world->cluster);
    if (fault)
        printf("# %s\n", fault);
    MUST(world, !fault);
    MUST(world, fg_control_check(world->control));
    for (size_t i = 0; i < world->acked_len; i++)
        MUST(world, sim_store_job(world->store, world->acked[i]) != NULL);
}

static void crash(struct world *world)
{
    world->crashes++;
    fg_control_free(world->control);
    sim_store_crash(world->store);
    sim_cluster_restart(world->cluster);
    open_control(world);
}

static void step(struct world *world, bool faults)
{
    struct ask ask = {.command = {.done = answered,
                                  .poster = &ask,
                                  .actor = {.user = "ada", .role = FG_ROLE_ADMIN}}};
    struct fg_err err = {};
    bool asks = faults && roll(world, 2);
    bool dies = faults && roll(world, 40) == 0;
    if (asks)
        fill_ask(world, &ask);
    if (faults && roll(world, 40) == 0) {
        sim_store_fail(world->store, FG_ENOSPC, 1 + roll(world, 3));
        world->full_disks++;
    }
    if (dies)
        sim_cluster_die_after(world->cluster, roll(world, 4));
    MUST(world,
         fg_control_step(world->control, asks ? &ask.command : NULL, world->now_us, &err) == 0);
    if (asks) {
        MUST(world, ask.answered);
        note(world, &ask);
    }
    fg_buf_free(&ask.json);
    if (dies)
        crash(world);
    check(world);
}

static void pass_time(struct world *world)
{
    world->now_us += (1 + roll(world, 800)) * 1000;
    sim_cluster_advance(world->cluster, world->now_us);
}

static void put_supplier(struct world *world, const char *name)
{
    struct ask ask = {.command = {.kind = FG_CMD_SUPPLIER_PUT,
                                  .done = answered,
                                  .poster = &ask,
                                  .actor = {.user = "ada", .role = FG_ROLE_ADMIN}}};
    struct fg_err err = {};
    struct fg_arena *arena = fg_arena_new(1UL << 20);
    ask.command.arena = arena;
    ask.supplier = (struct fg_supplier){.kind = FG_SUPPLIER_SLURM, .timeout_us = 1000000};
    ask.supplier.cluster.patience_us = SIM_CLUSTER_PATIENCE_US;
    ask.supplier.cluster.lease_us = SIM_CLUSTER_LEASE_US;
    ask.supplier.cluster.poll_us = 1000000;
    snprintf(ask.supplier.name, sizeof(ask.supplier.name), "%s", name);
    ask.command.supplier = &ask.supplier;
    MUST(world, fg_control_step(world->control, &ask.command, world->now_us, &err) == 0);
    MUST(world, ask.answered && ask.command.rc == 0);
    fg_arena_free(arena);
}

static size_t open_jobs(const struct world *world)
{
    size_t open = 0;
    for (fg_job_id id = 1; id <= sim_store_jobs(world->store); id++)
        open += !fg_job_state_is_final(sim_store_job(world->store, id)->state);
    return open;
}

static void resume_all(struct world *world)
{
    struct fg_err err = {};
    for (int at = 1; at <= 8; at++) {
        char name[FG_NAME_MAX];
        struct ask ask = {.command = {.kind = FG_CMD_NODE_RESUME,
                                      .name = name,
                                      .done = answered,
                                      .poster = &ask,
                                      .actor = {.user = "ada", .role = FG_ROLE_ADMIN}}};
        snprintf(name, sizeof(name), "%s.n%d", at <= 4 ? "east" : "west", at);
        MUST(world, fg_control_step(world->control, &ask.command, world->now_us, &err) == 0);
    }
}

/* Kind weather: all that can end does. */
static void drain(struct world *world)
{
    sim_cluster_be_kind(world->cluster);
    sim_store_fail(world->store, 0, 0);
    world->now_us += 2000000;
    resume_all(world);
    for (int i = 0; i < DRAIN_STEPS && open_jobs(world) > 0; i++) {
        if (i % 200 == 199)
            resume_all(world);
        pass_time(world);
        step(world, false);
    }
    for (fg_job_id id = 1; id <= sim_store_jobs(world->store); id++) {
        const struct fg_job *job = sim_store_job(world->store, id);
        if (!fg_job_state_is_final(job->state))
            printf("# job %" PRIu64 " is %s, attempt %u, tasks %u\n", id,
                   fg_job_state_name(job->state), job->attempt, job->tasks);
    }
    MUST(world, open_jobs(world) == 0);
    MUST(world, sim_cluster_running(world->cluster) == 0);
}

struct tally {
    uint64_t jobs, crashes, full_disks, killers, ends[FG_JOB_STATES];
    struct sim_cluster_counts counts;
};

static void count(const struct world *world, struct tally *tally)
{
    struct sim_cluster_counts now = sim_cluster_counts(world->cluster);
    tally->jobs += sim_store_jobs(world->store);
    tally->crashes += world->crashes;
    tally->full_disks += world->full_disks;
    for (fg_job_id id = 1; id <= sim_store_jobs(world->store); id++)
        tally->ends[sim_store_job(world->store, id)->state]++;
    tally->counts.starts += now.starts;
    tally->counts.deaths += now.deaths;
    tally->counts.cuts += now.cuts;
    tally->counts.losses += now.losses;
    tally->counts.stalls += now.stalls;
    tally->counts.silences += now.silences;
    tally->counts.notices += now.notices;
    tally->counts.moves += now.moves;
    tally->counts.swaps += now.swaps;
    tally->counts.shapes += now.shapes;
}

static void run_seed(uint64_t seed, struct tally *tally)
{
    struct world world = {.seed = seed, .random = seed, .now_us = 1700000000000000};
    fg_config_defaults(&world.config);
    world.config.node_probation_s = 2;
    world.config.node_probation_max_s = 20;
    world.store = sim_store_new();
    world.cluster = sim_cluster_new(seed);
    sim_cluster_advance(world.cluster, world.now_us);
    open_control(&world);
    put_supplier(&world, "east");
    put_supplier(&world, "west");
    for (int i = 0; i < STEPS; i++) {
        pass_time(&world);
        step(&world, true);
    }
    drain(&world);
    if (world.killer) {
        enum fg_job_state end = sim_store_job(world.store, world.killer)->state;
        tally->killers += end == FG_JOB_FAILED;
    }
    count(&world, tally);
    fg_control_free(world.control);
    sim_cluster_free(world.cluster);
    sim_store_free(world.store);
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 50;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    struct tally tally = {};
    for (uint64_t seed = first; seed < first + seeds; seed++)
        run_seed(seed, &tally);
    printf("# %" PRIu64 " jobs, %" PRIu64 " starts, %" PRIu64 " nodes dead, %" PRIu64
           " cut off, %" PRIu64 " taken away, %" PRIu64 " shapes, %" PRIu64
           " tasks lost, %" PRIu64 " placed elsewhere, %" PRIu64 " on other devices, %" PRIu64
           " stalls, %" PRIu64 " silences, %" PRIu64 " crashes, %" PRIu64 " full disks\n",
           tally.jobs, tally.counts.starts, tally.counts.deaths, tally.counts.cuts,
           tally.counts.notices, tally.counts.shapes, tally.counts.losses, tally.counts.moves,
           tally.counts.swaps, tally.counts.stalls, tally.counts.silences, tally.crashes,
           tally.full_disks);
    printf("# succeeded %" PRIu64 ", failed %" PRIu64 " (%" PRIu64
           " that killed their nodes), cancelled %" PRIu64 "\n",
           tally.ends[FG_JOB_SUCCEEDED], tally.ends[FG_JOB_FAILED], tally.killers,
           tally.ends[FG_JOB_CANCELLED]);
    printf("1..1\nok 1 - %" PRIu64 " seeds of %d steps\n", seeds, STEPS);
    return 0;
}
