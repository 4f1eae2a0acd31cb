/* sim_energy_test.c - joules, caps and sleep, worked out by hand. */
#include "sim/read.h"
#include "sim/sim.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1'000'000LL

/* At 100 W it does as much as at 200; with less it does half. */
static const char model_text[] =
    "node: {idle: 100, busy: 200, asleep: 10, down: 10s, wake: 60s}\n"
    "devices:\n"
    "  - kind: v100\n"
    "    idle: 20\n"
    "    caps: {min: 50, max: 200, step: 50}\n"
    "    classes: [{name: x, share: [0.5, 1, 1, 1], watts: [50, 100, 150, 180]}]\n";

static struct fg_sim_result *play(const char *jobs, uint32_t nodes, struct fg_sim_saving saving)
{
    static struct fg_energy_model model;
    struct fg_sim_cluster cluster = {};
    struct fg_sim_trace trace = {};
    struct fg_sim_result *result = NULL;
    struct fg_config config;
    struct fg_err err = {};
    const struct fg_sim_reading reading = {
        .format = "native", .file_name = "jobs", .per_node = 2, .kind = "v100"};
    fg_config_defaults(&config);
    fg_sim_cluster_simple(&cluster, nodes, "v100", 2);
    int rc = fg_energy_model_read(model_text, strlen(model_text), "m.yaml", &model, &err);
    if (rc == 0)
        rc = fg_sim_read(&reading, jobs, strlen(jobs), &trace, &err);
    const struct fg_sim_options options = {.trace = &trace,
                                           .cluster = &cluster,
                                           .config = &config,
                                           .order = fg_job_order_find("fifo"),
                                           .energy = &model,
                                           .saving = saving,
                                           .seed = 7};
    if (rc == 0)
        rc = fg_sim_run(&options, &result, &err);
    if (rc < 0) {
        printf("# %s\n", err.text);
        abort();
    }
    fg_sim_trace_free(&trace);
    fg_sim_cluster_free(&cluster);
    return result;
}

/* One device of two for 100 s, another node idle. */
static void devices_draw_what_their_class_does(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("submit,duration_s,gpus\n0,100,1\n", 2, (struct fg_sim_saving){});
    EQ(result->sums.energy_j, (100 + 50 + 20 + 180 + 100 + 40) * 100);
    EQ(result->jobs[0].end_us, 100 * SECOND);
}

/* Full power, 150, 100 and 50 W are tried for half a minute each; then 100 W, which saves most. */
static void a_class_is_probed_and_then_capped(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("submit,duration_s,gpus\n0,10000,1\n20000,10000,1\n", 1,
             (struct fg_sim_saving){.caps = true, .terms = FG_CAP_TERMS_DEFAULT});
    double first_s = (double)(result->jobs[0].end_us - result->jobs[0].start_us) / 1e6;
    double second_s = (double)(result->jobs[1].end_us - result->jobs[1].start_us) / 1e6;
    EQ(result->sums.capped, 2);
    OK(first_s >= 10'000 && first_s <= 10'020);
    OK(fabs(second_s - 10'000) < 1);
    OK(result->sums.energy_j < (100 + 50 + 20 + 102) * 10'000LL * 2 + 10'000LL * 140);
}

/* Who must be there on time, and who is urgent, is not slowed down. */
static void who_has_no_slack_is_not_probed(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("submit,duration_s,gpus,deadline\n0,1000,1,1020\n", 1,
             (struct fg_sim_saving){.caps = true, .terms = FG_CAP_TERMS_DEFAULT});
    EQ(result->jobs[0].end_us, 1000 * SECOND);
    EQ(result->sums.capped, 0);
}

/* It sleeps from the first tick after its least time awake; who gets it waits for it to boot. */
static void an_empty_node_sleeps_and_wakes(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("submit,duration_s,gpus\n0,100,2\n10000,100,2\n", 1,
             (struct fg_sim_saving){.sleeps = true, .awake_us = 300 * SECOND});
    EQ(result->sums.sleeps, 1);
    EQ(result->jobs[1].start_us, 10'000 * SECOND);
    EQ(result->jobs[1].end_us, 10'160 * SECOND);
    /* busy 100 s, idle until 420 s, down, asleep, awake and busy for 160 s */
    EQ(result->sums.energy_j,
       (200 + 360) * 100LL + 140 * 320 + 190 * 10 + 10 * (10'000 - 420) + (200 + 360) * 160);
}

/* Both would be stopped by limits that they just meet without. */
static void limits_give_what_saving_takes(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("submit,duration_s,gpus,time_limit_s\n0,10000,1,10000\n20000,1000,1,1000\n", 1,
             (struct fg_sim_saving){.caps = true,
                                    .terms = FG_CAP_TERMS_DEFAULT,
                                    .sleeps = true,
                                    .awake_us = 300 * SECOND});
    EQ(result->jobs[0].end, FG_SIM_DONE);
    EQ(result->jobs[1].end, FG_SIM_DONE);
    EQ(result->sums.sleeps, 1);
}

int main(void)
{
    RUN(devices_draw_what_their_class_does);
    RUN(a_class_is_probed_and_then_capped);
    RUN(who_has_no_slack_is_not_probed);
    RUN(an_empty_node_sleeps_and_wakes);
    RUN(limits_give_what_saving_takes);
    return tap_done();
}
