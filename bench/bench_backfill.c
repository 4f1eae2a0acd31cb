/* bench_backfill.c - does a search for the jobs behind the head pay?
 *
 * 2,000 jobs of mixed sizes through the simulator, on 32 nodes of 8 devices: mean wait and makespan with `schedule.optimise:
 * head`.  The rivals: EASY backfill; and the best of three plans, in the order of the queue, by worth, and by worth for each device,
 * without a search.
 */
#include "bench/bench.h"
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NODES   32
#define DEVICES 8
#define JOBS    2000
#define SEEDS   5

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    uint64_t z = *seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

/* Half of them ask one device; a twentieth are gangs of whole nodes. */
static struct fg_request random_request(uint64_t *seed, uint32_t *out_tasks)
{
    static const uint32_t counts[] = {1, 1, 1, 1, 1, 2, 2, 3, 4, 4, 5, 6, 8, 8};
    struct fg_request request = {.kind = "any", .gpu_milli = 1000};
    request.count = counts[draw(seed, sizeof(counts) / sizeof(counts[0]))];
    request.cpu_milli = request.count * 1000 * (4 + draw(seed, 5));
    *out_tasks = draw(seed, 20) ? 1 : 2;
    return request;
}

/* From two minutes to a day, evenly over the logarithm. */
static int64_t random_duration_s(uint64_t *seed)
{
    int64_t s = 120LL << draw(seed, 10);
    return s + draw(seed, (uint32_t)s);
}

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* -- lives -------------------------------------------------------------------------------------------------- */

struct life {
    double jct_h, wait_h, span_h;
};

/* Limits are up to three times too long. */
static void add_job(struct fg_sim_trace *trace, uint64_t *seed, int64_t *at_us, int64_t gap_us)
{
    struct fg_sim_job job = {.submit_us = *at_us};
    struct fg_request request = random_request(seed, &job.tasks);
    job.duration_us = random_duration_s(seed) * 1'000'000;
    job.time_limit_us = job.duration_us / 1000 * (1000 + draw(seed, 2000));
    job.request = fg_sim_trace_request(trace, &request);
    if (fg_sim_trace_project(trace, "p", 1, &job.project, NULL) < 0
        || fg_sim_trace_add(trace, &job, NULL) < 0)
        bench_die("no memory");
    *at_us += gap_us / 1000 * draw(seed, 2000);
}

static struct life live(const char *order, int64_t tries, int64_t gap_us, uint64_t seed)
{
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    struct fg_config config;
    struct fg_sim_trace trace = {};
    struct fg_sim_group group = {.name = "n",
                                 .nodes = NODES,
                                 .kind = "h100",
                                 .gpus = DEVICES,
                                 .cpu_milli = 64000,
                                 .mem_mib = 524288,
                                 .speed_milli = 1000,
                                 .site = "",
                                 .rack = "",
                                 .supplier = "",
                                 .region = ""};
    struct fg_sim_cluster cluster = {.groups = &group, .groups_len = 1};
    struct fg_err err = {};
    struct life life = {};
    int64_t at_us = 0;
    fg_config_defaults(&config);
    config.optimise_tries = tries > 0 ? tries : 1;
    for (int i = 0; i < JOBS; i++)
        add_job(&trace, &seed, &at_us, gap_us);
    fg_sim_trace_finish(&trace);
    struct fg_sim_options options = {.config = &config,
                                     .trace = &trace,
                                     .cluster = &cluster,
                                     .order = fg_job_order_find(order),
                                     .preempt = FG_PREEMPT_OFF,
                                     .optimise = tries > 0,
                                     .estimate_milli = 1000,
                                     .seed = 1};
    if (fg_sim_run(&options, &result, &err) < 0)
        bench_die("%s", err.text);
    for (size_t i = 0; i < result->jobs_len; i++) {
        const struct fg_sim_outcome *job = &result->jobs[i];
        life.jct_h += (double)(job->end_us - job->submit_us) / 3.6e9 / JOBS;
        life.wait_h += (double)(job->end_us - job->submit_us - job->run_us) / 3.6e9 / JOBS;
    }
    life.span_h = (double)result->sums.span_us / 3.6e9;
    fg_sim_trace_free(&trace);
    return life;
}

/* Means over the seeds.  `tries` 0: EASY backfill. */
static struct life means(const char *order, int64_t gap_us, int64_t tries, double *out_ms)
{
    struct life sum = {};
    double before = cpu_ms();
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct life life = live(order, tries, gap_us, seed);
        sum.wait_h += life.wait_h / SEEDS;
        sum.span_h += life.span_h / SEEDS;
    }
    *out_ms = (cpu_ms() - before) / SEEDS;
    return sum;
}

static void lives(const char *order, const char *load, int64_t gap_us, int64_t tries)
{
    double easy_ms, sorted_ms, ms;
    struct life easy = means(order, gap_us, 0, &easy_ms),
                sorted = means(order, gap_us, 3, &sorted_ms),
                searched = means(order, gap_us, tries, &ms);
    char name[64];
    snprintf(name, sizeof(name), "%s, %s: mean wait", order, load);
    bench_line(name, searched.wait_h, "h", BENCH_LESS, 0, "EASY backfill", easy.wait_h);
    bench_line("", searched.wait_h, "h", BENCH_LESS, 0, "best of three, no search",
               sorted.wait_h);
    bench_line("  makespan", searched.span_h, "h", BENCH_LESS, 0, "EASY backfill", easy.span_h);
    bench_line("", searched.span_h, "h", BENCH_LESS, 0, "best of three, no search",
               sorted.span_h);
    bench_line("  simulation", ms, "ms", BENCH_LESS, 0, "EASY backfill", easy_ms);
    bench_line("", ms, "ms", BENCH_LESS, 0, "best of three, no search", sorted_ms);
}

int main(int argc, char **argv)
{
    int64_t tries = argc > 1 ? strtol(argv[1], NULL, 10) : 60;
    if (tries < 1 || tries > 100000)
        bench_die("usage: bench_backfill [tries, 1 to 100000]");
    static const char *const orders[] = {"fifo", "srtf"};
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        lives(orders[i], "busy", 260'000'000, tries);
        lives(orders[i], "overloaded", 180'000'000, tries);
    }
    return bench_done();
}
