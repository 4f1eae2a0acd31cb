/* bench_federation.c - two clusters of half the size as one pool, against users split among them.
 *
 *     Philly      82,247 jobs (argv[1], ../shared/data/traces/philly_jobs_82k.csv.xz) on 2 x 30 nodes of 8 devices; what is
 *                 given to a cluster waits there for a minute.  Half of the jobs are of people who use the cluster that is
 *                 theirs, whatever happens (foreign load); the other half may use either, or, for the rival, are split evenly.
 *
 * The rival is run as two clusters with a queue each, with the same jobs of the same homes.  Figures are means over seeds, by
 * which homes are drawn, of the mean completion time in hours.
 */
#include "bench/bench.h"
#include "sim/read.h"
#include "sim/sim.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS   3
#define FOREIGN 50 /* percent of the jobs */

static const char both[] =
    "groups:\n"
    "  - {name: north, supplier: north, nodes: 30, kind: v100, gpus: 8, wait: 1m}\n"
    "  - {name: south, supplier: south, nodes: 30, kind: v100, gpus: 8, wait: 1m}\n"
    "stop: 30s\n";
static const char half[] =
    "groups:\n"
    "  - {name: north, supplier: north, nodes: 30, kind: v100, gpus: 8, wait: 1m}\n"
    "stop: 30s\n";

/* Sum of completion times, of so many jobs. */
struct sum {
    double hours;
    size_t jobs;
};

static struct sum run(const struct fg_sim_trace *trace,
                      const char *cluster_text,
                      const char *order,
                      uint32_t home_percent,
                      uint64_t seed)
{
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    struct fg_sim_cluster cluster = {};
    struct fg_config config;
    struct fg_err err = {};
    struct sum sum = {};
    fg_config_defaults(&config);
    if (fg_sim_cluster_read(cluster_text, strlen(cluster_text), "cluster", NULL, NULL, &cluster,
                            &err)
        < 0)
        bench_die("%s", err.text);
    struct fg_sim_options options = {.config = &config,
                                     .trace = trace,
                                     .cluster = &cluster,
                                     .order = fg_job_order_find(order),
                                     .limit_milli = 2000,
                                     .estimate_milli = 1000,
                                     .home_percent = home_percent,
                                     .seed = seed};
    options.preempt = options.order->may_push ? FG_PREEMPT_ORDER : FG_PREEMPT_PRIORITY;
    if (fg_sim_run(&options, &result, &err) < 0)
        bench_die("%s", err.text);
    for (size_t i = 0; i < result->jobs_len; i++) {
        const struct fg_sim_outcome *job = &result->jobs[i];
        if (job->end == FG_SIM_NEVER)
            bench_die("job %zu never ran", i);
        sum.hours += (double)(job->end_us - job->submit_us) / 3.6e9;
        sum.jobs++;
    }
    fg_sim_cluster_free(&cluster);
    return sum;
}

/* The jobs of one home only. */
static struct fg_sim_trace part_of(const struct fg_sim_trace *all, uint64_t seed, int home)
{
    struct fg_sim_trace part = *all;
    part.jobs = calloc(all->jobs_len, sizeof(part.jobs[0]));
    part.jobs_len = 0;
    part.jobs_room = all->jobs_len;
    if (!part.jobs)
        bench_die("no memory");
    for (size_t i = 0; i < all->jobs_len; i++)
        if (fg_sim_home(seed, i, 100, 2) == home)
            part.jobs[part.jobs_len++] = all->jobs[i];
    return part;
}

static double split_h(const struct fg_sim_trace *trace, const char *order, uint64_t seed)
{
    struct sum sum = {};
    for (int home = 0; home < 2; home++) {
        struct fg_sim_trace part = part_of(trace, seed, home);
        struct sum one = run(&part, half, order, 0, seed);
        sum.hours += one.hours;
        sum.jobs += one.jobs;
        free(part.jobs);
    }
    return sum.hours / (double)sum.jobs;
}

static void compare(const struct fg_sim_trace *trace, const char *order, double target)
{
    double ours = 0, theirs = 0;
    char name[80];
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct sum one = run(trace, both, order, FOREIGN, seed);
        ours += one.hours / (double)one.jobs / SEEDS;
        theirs += split_h(trace, order, seed) / SEEDS;
    }
    snprintf(name, sizeof(name), "two clusters as one pool, %s", order);
    bench_line(name, ours, "h", BENCH_LESS, target, "split", theirs);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "../shared/data/traces/philly_jobs_82k.csv.xz";
    FG_AUTO(fg_buf) struct fg_buf csv = {};
    struct fg_sim_trace trace = {};
    struct fg_err err = {};
    if (!bench_read_packed(path, &csv)) {
        printf("# no %s: the Philly jobs are left out\n", path);
        return bench_done();
    }
    struct fg_sim_reading reading = {
        .format = "philly", .file_name = path, .per_node = 8, .kind = "any"};
    if (fg_sim_read(&reading, csv.text, csv.len, &trace, &err) < 0)
        bench_die("%s", err.text);
    static const char *const orders[] = {"priority", "fair", "sjf"};
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        compare(&trace, orders[i], 0);
    fg_sim_trace_free(&trace);
    return bench_done();
}
