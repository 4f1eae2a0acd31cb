/* sim_runs_test.c - what a comparison prints does not depend on how many policies run at one time */
#include "cli/sim_energy.h"

#include "sim/generate.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static const char *const policies[] = {"fifo", "srtf", "las:packing", "fair:random",
                                       "priority:strict"};
#define POLICIES (sizeof(policies) / sizeof(policies[0]))

static void print_all(const struct fg_sim_trace *trace,
                      const struct fg_sim_cluster *cluster,
                      size_t threads,
                      struct fg_buf *out)
{
    struct fg_err err = {};
    struct fg_sim_batch batch = {.cases_len = POLICIES, .window_end = SIZE_MAX};
    batch.options = (struct fg_sim_options){
        .trace = trace, .cluster = cluster, .tick_us = 60'000'000, .seed = 3};
    batch.cases = calloc(POLICIES, sizeof(batch.cases[0]));
    if (!batch.cases)
        abort();
    for (size_t i = 0; i < POLICIES; i++) {
        fg_config_defaults(&batch.cases[i].config);
        if (fg_sim_policy_read(policies[i], &batch.cases[i].policy, &err) < 0)
            abort();
    }
    EQ(fg_sim_run_all(&batch, threads, &err), 0);
    const struct fg_sim_print print = {
        .format = "native", .seed = 3, .several = true, .series = true};
    fg_sim_print_json(&batch, &print, out);
    fg_sim_cases_free(batch.cases, batch.cases_len);
}

static void threads_change_nothing(void)
{
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster = {};
    FG_AUTO(fg_buf) struct fg_buf one = {};
    fg_sim_generate(&(struct fg_sim_generate){.jobs = 400,
                                              .gpus = 16,
                                              .per_node = 4,
                                              .span_us = 172'800'000'000,
                                              .load_milli = 900,
                                              .seed = 5},
                    &trace);
    fg_sim_cluster_simple(&cluster, 4, "a100", 4);
    cluster.groups[0].mtbf_us = 86'400'000'000;
    print_all(&trace, &cluster, 1, &one);
    OK(strstr(one.text, "\"series\""));
    for (size_t threads = 2; threads <= 5; threads++) {
        FG_AUTO(fg_buf) struct fg_buf many = {};
        print_all(&trace, &cluster, threads, &many);
        OK(one.len == many.len && memcmp(one.text, many.text, one.len) == 0);
    }
    fg_sim_cluster_free(&cluster);
    fg_sim_trace_free(&trace);
}

/* Of each policy the plain run and four ways, each with what it draws. */
static void energy_makes_five_of_one(void)
{
    static struct fg_energy_model model;
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster = {};
    struct fg_err err = {};
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_sim_batch batch = {.cases_len = 2, .window_end = SIZE_MAX};
    batch.cases = calloc(FG_SIM_RUNS_MAX, sizeof(batch.cases[0]));
    if (!batch.cases)
        abort();
    fg_sim_generate(&(struct fg_sim_generate){.jobs = 100,
                                              .gpus = 16,
                                              .per_node = 4,
                                              .span_us = 86'400'000'000,
                                              .load_milli = 500,
                                              .seed = 5},
                    &trace);
    fg_sim_cluster_simple(&cluster, 4, "v100", 4);
    batch.options = (struct fg_sim_options){.trace = &trace, .cluster = &cluster, .seed = 3};
    for (size_t i = 0; i < 2; i++) {
        fg_config_defaults(&batch.cases[i].config);
        EQ(fg_sim_policy_read(i ? "fifo:spread" : "priority", &batch.cases[i].policy, &err), 0);
    }
    EQ(fg_sim_energy_cases(&batch, "nowhere.yaml", &model, &err), FG_ENOENT);
    EQ(fg_sim_energy_cases(&batch, "bundled", &model, &err), 0);
    EQ(batch.cases_len, 12);
    OK(strcmp(batch.cases[6].policy.name, "fifo:spread") == 0);
    OK(strcmp(batch.cases[11].policy.name, "fifo:spread + all") == 0);
    EQ(fg_sim_run_all(&batch, 2, &err), 0);
    OK(batch.cases[11].result->sums.energy_j < batch.cases[6].result->sums.energy_j);
    const struct fg_sim_print print = {.format = "native", .several = true};
    fg_sim_print_json(&batch, &print, &out);
    OK(strstr(out.text, "\"co2_kg\""));
    fg_sim_cases_free(batch.cases, batch.cases_len);
    fg_sim_cluster_free(&cluster);
    fg_sim_trace_free(&trace);
}

int main(void)
{
    RUN(threads_change_nothing);
    RUN(energy_makes_five_of_one);
    return tap_done();
}
