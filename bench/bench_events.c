/* bench_events.c - the simulator's loop: events a second, a job that comes or ends being one.
 *
 *     load 1    20,000 generated jobs on 512 accelerators of 64 nodes
 *     load 2    the same jobs in half the time: thousands wait
 *
 * First come, first served; who fits may go before who does not.  The rival is a simulator as one writes it: at each event all that
 * wait, in their order, are tried on each node.  It does less: FastGPU's also keeps the head's reservation, projects, use, and
 * power.  Time is the processor's.
 */
#include "bench/bench.h"
#include "sim/generate.h"
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define JOBS  20'000
#define NODES 64
#define RUNS  3

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double ours(const struct fg_sim_trace *trace)
{
    struct fg_config config;
    struct fg_err err = {};
    struct fg_sim_cluster cluster = {};
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    fg_config_defaults(&config);
    fg_sim_cluster_simple(&cluster, NODES, "v100", 8);
    struct fg_sim_options options = {.config = &config,
                                     .trace = trace,
                                     .cluster = &cluster,
                                     .order = fg_job_order_find("fifo"),
                                     .preempt = FG_PREEMPT_OFF,
                                     .seed = 1};
    double began_s = cpu_s();
    if (fg_sim_run(&options, &result, &err) < 0)
        bench_die("%s", err.text);
    double rate = 2.0 * (double)trace->jobs_len / (cpu_s() - began_s);
    fg_sim_cluster_free(&cluster);
    return rate;
}

/* -- the rival ------------------------------------------------------------------------------------------- */

struct plain {
    const struct fg_sim_trace *trace;
    uint32_t left[NODES]; /* devices */
    uint32_t *waits;      /* jobs, in the order in which they came */
    size_t waits_len;
    struct {
        int64_t end_us;
        uint32_t job;
        uint8_t held[NODES];
    } runs[NODES * 8];
    size_t runs_len;
};

/* Each task on the first node that takes it. */
static bool plain_start(struct plain *plain, uint32_t index, int64_t now_us)
{
    const struct fg_sim_job *job = &plain->trace->jobs[index];
    uint32_t devices = plain->trace->requests[job->request].count, placed = 0;
    uint8_t held[NODES] = {};
    for (size_t node = 0; node < NODES && placed < job->tasks; node++)
        while (placed < job->tasks && plain->left[node] - held[node] >= devices) {
            held[node] = (uint8_t)(held[node] + devices);
            placed++;
        }
    if (placed < job->tasks)
        return false;
    for (size_t node = 0; node < NODES; node++)
        plain->left[node] -= held[node];
    size_t at = plain->runs_len++;
    plain->runs[at].end_us = now_us + job->duration_us;
    plain->runs[at].job = index;
    memcpy(plain->runs[at].held, held, sizeof(held));
    return true;
}

static void plain_pass(struct plain *plain, int64_t now_us)
{
    size_t kept = 0;
    for (size_t i = 0; i < plain->waits_len; i++)
        if (!plain_start(plain, plain->waits[i], now_us))
            plain->waits[kept++] = plain->waits[i];
    plain->waits_len = kept;
}

static void plain_end(struct plain *plain, size_t at)
{
    for (size_t node = 0; node < NODES; node++)
        plain->left[node] += plain->runs[at].held[node];
    plain->runs[at] = plain->runs[--plain->runs_len];
}

static double plain_rate(const struct fg_sim_trace *trace)
{
    struct plain plain = {.trace = trace, .waits = calloc(trace->jobs_len, sizeof(uint32_t))};
    if (!plain.waits)
        abort();
    for (size_t node = 0; node < NODES; node++)
        plain.left[node] = 8;
    double began_s = cpu_s();
    size_t next = 0, events = 0;
    for (; next < trace->jobs_len || plain.runs_len > 0; events++) {
        size_t first = 0;
        for (size_t i = 1; i < plain.runs_len; i++)
            if (plain.runs[i].end_us < plain.runs[first].end_us)
                first = i;
        bool comes =
            next < trace->jobs_len
            && (plain.runs_len == 0 || trace->jobs[next].submit_us <= plain.runs[first].end_us);
        int64_t now_us = comes ? trace->jobs[next].submit_us : plain.runs[first].end_us;
        if (comes)
            plain.waits[plain.waits_len++] = (uint32_t)next++;
        else
            plain_end(&plain, first);
        plain_pass(&plain, now_us);
    }
    double rate = (double)events / (cpu_s() - began_s);
    if (plain.waits_len > 0)
        bench_die("%zu jobs never ran", plain.waits_len);
    free(plain.waits);
    return rate;
}

/* -- the figures ------------------------------------------------------------------------------------------ */

/* Jobs that come `quicker` times as fast as the cluster can do them. */
static void measure(const char *name, int64_t quicker)
{
    struct fg_sim_trace trace = {};
    double our_rates[RUNS];
    fg_sim_generate(&(struct fg_sim_generate){.jobs = JOBS,
                                              .gpus = NODES * 8,
                                              .per_node = 8,
                                              .span_us = 30 * 86'400'000'000LL,
                                              .load_milli = 1000,
                                              .seed = 1},
                    &trace);
    for (size_t i = 0; i < trace.jobs_len; i++)
        trace.jobs[i].submit_us /= quicker;
    for (size_t i = 0; i < RUNS; i++)
        our_rates[i] = ours(&trace);
    bench_line(name, bench_quantile(our_rates, RUNS, 50), "/s", BENCH_MORE, 0,
               "all that wait on all nodes", plain_rate(&trace));
    fg_sim_trace_free(&trace);
}

int main(void)
{
    measure("simulate: events, 20,000 jobs, load 1", 1);
    measure("simulate: events, 20,000 jobs, load 2", 2);
    return bench_done();
}
