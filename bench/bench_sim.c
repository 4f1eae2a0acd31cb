/* bench_sim.c - the simulator on one core.
 *
 *     Philly      the whole list of 82,247 jobs (argv[1], ../shared/data/traces/philly_jobs_82k.csv.xz) if it is there, by priority;
 *                 by srtf and las, which stop jobs for others; and with eight promises (conservative backfill)
 *     a month     1,000,000 generated jobs on 10,000 accelerators, load 0.9 and 1
 *
 * Time is the processor's, of the simulation without reading the trace; memory is the most that the process ever held.  There is no rival
 * in the run: other simulators do not run the code of a live scheduler.
 */
#include "bench/bench.h"
#include "sim/generate.h"
#include "sim/read.h"
#include "sim/sim.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define RUNS 3

/* Of this thread's processor: what else the machine does counts little. */
static int64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

static double run_s(const struct fg_sim_options *how)
{
    struct fg_config config;
    struct fg_err err = {};
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    fg_config_defaults(&config);
    config.backfill_promises = 8; /* where there are any */
    struct fg_sim_options options = *how;
    options.config = &config;
    options.tick_us = 60'000'000;
    options.seed = 1;
    int64_t began_us = cpu_us();
    if (fg_sim_run(&options, &result, &err) < 0)
        bench_die("%s", err.text);
    for (size_t i = 0; i < result->jobs_len; i++)
        if (result->jobs[i].end == FG_SIM_NEVER)
            bench_die("job %zu never ran", i);
    return (double)(cpu_us() - began_us) / 1e6;
}

static void line(const char *name, double target, size_t runs, const struct fg_sim_options *how)
{
    double seconds[RUNS];
    for (size_t i = 0; i < runs; i++)
        seconds[i] = run_s(how);
    bench_line(name, bench_quantile(seconds, runs, 50), "s", BENCH_LESS, target, NULL, 0);
}

static void philly(const char *path)
{
    FG_AUTO(fg_buf) struct fg_buf csv = {};
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster = {};
    struct fg_err err = {};
    if (!bench_read_packed(path, &csv)) {
        printf("# no %s: the Philly jobs are left out\n", path);
        return;
    }
    struct fg_sim_reading reading = {
        .format = "philly", .file_name = path, .per_node = 8, .kind = "any"};
    if (fg_sim_read(&reading, csv.text, csv.len, &trace, &err) < 0)
        bench_die("%s", err.text);
    fg_sim_cluster_simple(&cluster, 60, "v100", 8);
    struct fg_sim_options how = {.trace = &trace,
                                 .cluster = &cluster,
                                 .order = fg_job_order_find("priority"),
                                 .limit_milli = 2000,
                                 .estimate_milli = 1000};
    line("simulate Philly, 82,247 jobs, 480 GPUs", 2, RUNS, &how);
    for (size_t i = 0; i < trace.jobs_len; i++) {
        trace.jobs[i].preemptible = true;
        trace.jobs[i].checkpoint_us = 600'000'000;
        trace.jobs[i].restart_us = 60'000'000;
    }
    cluster.stop_us = 30'000'000; /* as in examples/sim/philly.yaml */
    how.preempt = FG_PREEMPT_ORDER;
    how.order = fg_job_order_find("srtf");
    line("the same, srtf, jobs may be stopped", 2, RUNS, &how);
    how.order = fg_job_order_find("las");
    line("the same, las, jobs may be stopped", 2, RUNS, &how);
    how.order = fg_job_order_find("fifo");
    how.backfill = FG_BACKFILL_CONSERVATIVE;
    line("the same, fifo, eight promises", 0, 1, &how);
    fg_sim_cluster_free(&cluster);
    fg_sim_trace_free(&trace);
}

/* At 0.9 nearly nobody waits on average; at 1 queues of thousands grow by day and shrink by night. */
static void month(uint32_t load_milli)
{
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster = {};
    char name[80];
    fg_sim_generate(&(struct fg_sim_generate){.jobs = 1'000'000,
                                              .gpus = 10'000,
                                              .per_node = 8,
                                              .span_us = 30 * 86'400'000'000LL,
                                              .load_milli = load_milli,
                                              .seed = 1},
                    &trace);
    fg_sim_cluster_simple(&cluster, 1250, "v100", 8);
    snprintf(name, sizeof(name), "simulate 1,000,000 jobs, 10,000 GPUs, load %.1f",
             load_milli / 1e3);
    line(name, 20, 1,
         &(struct fg_sim_options){
             .trace = &trace, .cluster = &cluster, .order = fg_job_order_find("priority")});
    fg_sim_cluster_free(&cluster);
    fg_sim_trace_free(&trace);
}

int main(int argc, char **argv)
{
    philly(argc > 1 ? argv[1] : "../shared/data/traces/philly_jobs_82k.csv.xz");
    month(900);
    month(1000);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    bench_line("most memory held", (double)usage.ru_maxrss / 1024, "MiB", BENCH_LESS, 1024,
               NULL, 0);
    return bench_done();
}
