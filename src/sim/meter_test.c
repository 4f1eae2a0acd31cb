/* meter_test.c - mishaps as often as they are said to come, and power, money and idle devices worked out by hand. */
#include "sim/read.h"
#include "sim/report.h"
#include "sim/sim.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1'000'000LL
#define HOUR   (3600 * SECOND)

/* Jobs (native) on a cluster, first come first served; the caller frees the result. */
static struct fg_sim_result *play(const char *cluster_text, const char *jobs)
{
    struct fg_sim_cluster cluster = {};
    struct fg_sim_trace trace = {};
    struct fg_sim_result *result = NULL;
    struct fg_config config;
    struct fg_err err = {};
    const struct fg_sim_reading reading = {
        .format = "native", .file_name = "jobs", .per_node = 8, .kind = "any"};
    fg_config_defaults(&config);
    int rc = fg_sim_cluster_read(cluster_text, strlen(cluster_text), "c", NULL, NULL, &cluster,
                                 &err);
    if (rc == 0)
        rc = fg_sim_read(&reading, jobs, strlen(jobs), &trace, &err);
    const struct fg_sim_options options = {.trace = &trace,
                                           .cluster = &cluster,
                                           .config = &config,
                                           .order = fg_job_order_find("fifo"),
                                           .tick_us = 60 * SECOND,
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

/* One job holds the run open for 4,000 h while 50 nodes fail every ten hours, and are mended in two. */
static void mishaps_come_as_often_as_said(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result = play("groups:\n"
                                        "  - {name: sure, nodes: 1, kind: a100, gpus: 1}\n"
                                        "  - {name: frail, nodes: 50, kind: t4, gpus: 1, "
                                        "mtbf: 10h, mttr: 2h}\n",
                                        "submit,duration_s,gpus,kind\n0,14400000,1,a100\n");
    double hours = 50.0 * 4000, failures = (double)result->sums.node_failures;
    double up = (double)(result->sums.gpu_up_us - result->sums.span_us) / (double)HOUR;
    EQ(result->sums.span_us, 4000 * HOUR);
    OK(fabs(failures / (hours / 12) - 1) < 0.05);
    OK(fabs(up / (hours * 10 / 12) - 1) < 0.02);
}

/* Two devices of four for 100 s; the other node sleeps. */
static void a_node_draws_by_what_is_granted(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("groups:\n"
             "  - {nodes: 2, kind: a100, gpus: 4, price_per_hour: 7.2,\n"
             "     watts: {idle: 100, busy: 300, asleep: 10}}\n",
             "submit,duration_s,gpus\n0,100,2\n");
    struct fg_sim_summary summary;
    fg_sim_summarise(result, 0, SIZE_MAX, &summary);
    EQ(result->sums.energy_j, (200 + 10) * 100);
    EQ(result->sums.cost_uusd, 2 * 7'200'000LL * 100 / 3600);
    OK(fabs(summary.utilisation - 0.25) < 1e-9);
    OK(fabs(summary.stranded - 0.25)
       < 1e-9); /* of the node in use, not of the one that sleeps */
    fg_sim_summary_free(&summary);
}

/* What is idle draws power and costs money as well; half a device is half. */
static void shares_and_idle_nodes_count(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("groups:\n"
             "  - {nodes: 2, kind: a100, gpus: 1, watts: {idle: 100, busy: 300}}\n",
             "submit,duration_s,gpus\n0,100,0.5\n0,100,0.25\n400,100,1\n");
    EQ(result->sums.span_us, 500 * SECOND);
    EQ(result->sums.gpu_busy_us, 175 * SECOND);
    EQ(result->sums.energy_j, 2 * 100 * 500 + 200 * 175);
}

/* Without accelerators cores are what is used. */
static void cores_stand_in_for_devices(void)
{
    FG_AUTO(fg_sim_result)
    struct fg_sim_result *result =
        play("groups: [{nodes: 2, cpus: 8, watts: {idle: 100, busy: 180}}]\n",
             "submit,duration_s,gpus,cpus\n0,100,0,4\n");
    struct fg_sim_summary summary;
    fg_sim_summarise(result, 0, SIZE_MAX, &summary);
    OK(fabs(summary.utilisation - 0.25) < 1e-9);
    EQ(result->jobs[0].gpu_milli, 4000);
    EQ(result->jobs[0].gpu_us, 400 * SECOND);
    EQ(result->sums.energy_j, (140 + 100) * 100);
    fg_sim_summary_free(&summary);
}

int main(void)
{
    RUN(mishaps_come_as_often_as_said);
    RUN(a_node_draws_by_what_is_granted);
    RUN(shares_and_idle_nodes_count);
    RUN(cores_stand_in_for_devices);
    return tap_done();
}
