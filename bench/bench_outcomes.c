/* bench_outcomes.c - what it is worth that what was learned decides.
 *
 *     kinds     jobs of Gavel's mix (the stream "continuous-single" of its paper, 26 types of work, argv[1] the measured speeds) on 36
 *               each of V100, P100, K80: mean JCT if kinds are shared out by what was learned, by the truth, and as they come.
 *               Learned: with the users' durations, and without: then all that tells is that runs of one work spread about a mean
 *     nodes     Philly jobs (argv[2]) that save their work every six hours on 72 nodes of 8, of which every sixth fails every 2 days and the others
 *               every 20: device-hours of work lost to that, if nodes that turned out worse than their twins are avoided, and if not
 *     memory    drawn work that takes a part of what it asks: how much is set apart by what was learned, and who takes more
 */
#include "bench/bench.h"
#include "learn/learn.h"
#include "sim/gavel_trace.h"
#include "sim/read.h"
#include "sim/report.h"
#include "sim/sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- kinds ------------------------------------------------------------------------------------------------ */

#define KIND_JOBS   3000
#define WARM_JOBS   2000
#define KIND_GROUPS 3

struct kinds {
    struct fg_gavel_table table;
    struct fg_gavel_stream stream;
    struct fg_sim_cluster cluster;
};

static void build_kinds(struct kinds *kinds, const struct fg_buf *speeds)
{
    static const char *const names[KIND_GROUPS] = {"v100", "p100", "k80"};
    struct fg_err err = {};
    fg_sim_cluster_simple(&kinds->cluster, 36, "v100", 1);
    kinds->cluster.groups_len = KIND_GROUPS;
    kinds->table.kinds_len = KIND_GROUPS;
    for (size_t i = 0; i < KIND_GROUPS; i++) {
        struct fg_sim_group *group = &kinds->cluster.groups[i];
        *group = kinds->cluster.groups[0];
        snprintf(group->name, sizeof(group->name), "%s", names[i]);
        snprintf(group->kind, sizeof(group->kind), "%s", names[i]);
        snprintf(kinds->table.kinds[i], FG_KIND_MAX, "%s", names[i]);
    }
    if (fg_gavel_table_read(speeds->text, speeds->len, "speeds", &kinds->table, &err) < 0
        || fg_gavel_stream_draw(&kinds->table, 0, false, KIND_JOBS, &kinds->stream, &err) < 0)
        bench_die("%s", err.text);
}

struct way {
    const char *allocate;
    bool tells_speeds, tells_durations;
};

static double kinds_jct_h(struct kinds *kinds, double jobs_per_hour, struct way way)
{
    struct fg_config config;
    struct fg_sim_trace trace = {};
    struct fg_err err = {};
    struct fg_sim_summary summary;
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    const struct fg_gavel_traced how = {KIND_JOBS, jobs_per_hour, 1};
    fg_config_defaults(&config);
    if (fg_gavel_trace(&kinds->table, &kinds->stream, how, &trace, &err) < 0)
        bench_die("%s", err.text);
    for (size_t i = 0; i < trace.jobs_len && !way.tells_durations; i++)
        trace.jobs[i].estimate_us = 0;
    const struct fg_sim_options options = {.config = &config,
                                           .trace = &trace,
                                           .cluster = &kinds->cluster,
                                           .order = fg_job_order_find("fifo"),
                                           .allocate = way.allocate,
                                           .tells_speeds = way.tells_speeds,
                                           .first_jobs = KIND_JOBS,
                                           .seed = 1};
    if (fg_sim_run(&options, &result, &err) < 0)
        bench_die("%s", err.text);
    fg_sim_summarise(result, WARM_JOBS, KIND_JOBS, &summary);
    double mean = summary.jct_us.mean / 3.6e9;
    fg_sim_summary_free(&summary);
    fg_sim_trace_free(&trace);
    return mean;
}

static void compare_kinds(const char *path)
{
    static const double rates[] = {3.5, 4.2, 4.8};
    struct kinds kinds = {};
    FG_AUTO(fg_buf) struct fg_buf speeds = {};
    if (!bench_read_packed(path, &speeds)) {
        printf("# no %s: which kind is for whom is left out\n", path);
        return;
    }
    build_kinds(&kinds, &speeds);
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        char line[96];
        double learned = kinds_jct_h(&kinds, rates[i], (struct way){"throughput", false, true});
        snprintf(line, sizeof(line), "kinds by learned speeds, %.1f jobs/h: mean JCT",
                 rates[i]);
        bench_line(line, learned, "h", BENCH_LESS, 0, "as they come",
                   kinds_jct_h(&kinds, rates[i], (struct way){NULL, false, true}));
        bench_line(line, learned, "h", BENCH_LESS, 0, "true speeds",
                   kinds_jct_h(&kinds, rates[i], (struct way){"throughput", true, true}));
        snprintf(line, sizeof(line), "the same, no durations told, %.1f jobs/h", rates[i]);
        bench_line(line,
                   kinds_jct_h(&kinds, rates[i], (struct way){"throughput", false, false}), "h",
                   BENCH_LESS, 0, "as they come",
                   kinds_jct_h(&kinds, rates[i], (struct way){NULL, false, false}));
    }
    fg_gavel_stream_free(&kinds.stream);
    fg_gavel_table_free(&kinds.table);
    fg_sim_cluster_free(&kinds.cluster);
}

/* -- nodes ------------------------------------------------------------------------------------------------- */

#define NODE_JOBS   60'000
#define NODE_GROUPS 24
#define SEEDS       5
#define HOUR_US     3'600'000'000LL

/* Work that nodes destroyed, in device-hours. */
static double lost_h(const struct fg_sim_trace *trace,
                     const struct fg_sim_cluster *cluster,
                     int64_t speed_milli,
                     bool avoids)
{
    double sum = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct fg_config config;
        struct fg_err err = {};
        FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
        fg_config_defaults(&config);
        config.place_faults = avoids ? config.place_faults : 0;
        const struct fg_sim_options options = {.config = &config,
                                               .trace = trace,
                                               .cluster = cluster,
                                               .order = fg_job_order_find("srtf"),
                                               .first_jobs = NODE_JOBS,
                                               .speed_milli = speed_milli,
                                               .seed = seed};
        if (fg_sim_run(&options, &result, &err) < 0)
            bench_die("%s", err.text);
        sum += (double)(result->sums.gpu_lost_us - result->sums.gpu_pushed_us) / 3.6e9;
    }
    return sum / SEEDS;
}

static void compare_nodes(const char *path)
{
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster;
    struct fg_err err = {};
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    const struct fg_sim_reading reading = {.format = "philly",
                                           .file_name = path,
                                           .per_node = 8,
                                           .kind = "any",
                                           .cpu_as_gpu = true};
    if (!bench_read_packed(path, &bytes)) {
        printf("# no %s: nodes that fail are left out\n", path);
        return;
    }
    if (fg_sim_read(&reading, bytes.text, bytes.len, &trace, &err) < 0)
        bench_die("%s", err.text);
    for (size_t i = 0; i < trace.jobs_len; i++)
        trace.jobs[i].checkpoint_us = 6 * HOUR_US;
    fg_sim_cluster_simple(&cluster, 0, "v100", 8);
    cluster.groups_len = NODE_GROUPS;
    for (size_t i = NODE_GROUPS; i-- > 0;) {
        struct fg_sim_group *group = &cluster.groups[i];
        *group = cluster.groups[0];
        snprintf(group->name, sizeof(group->name), "g%zu", i);
        group->nodes = i % 2 ? 1 : 5;
        group->mtbf_us = (i % 2 ? 2 : 20) * 24 * HOUR_US;
        group->mttr_us = HOUR_US;
    }
    for (int64_t speed = 500; speed <= 1000; speed += 250) {
        char line[96];
        snprintf(line, sizeof(line), "work lost to nodes, Philly at %.2f times its rate",
                 (double)speed / 1000);
        bench_line(line, lost_h(&trace, &cluster, speed, true), "h", BENCH_LESS, 0,
                   "nodes alike", lost_h(&trace, &cluster, speed, false));
    }
    fg_sim_trace_free(&trace);
    fg_sim_cluster_free(&cluster);
}

/* -- memory ------------------------------------------------------------------------------------------------ */

#define START_US 1'750'000'000'000'000LL
#define WORKS    500
#define RUNS     20'000

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return ((double)(*state >> 33) + 0.5) / 2147483648.0;
}

/* Sum of twelve: near enough to a normal one. */
static double normal(uint64_t *state)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform(state);
    return sum;
}

/* What each work asks, what part of it it takes, and how much its runs differ are drawn: no trace that we have tells what jobs took. */
static void compare_memory(int64_t margin)
{
    struct fg_config config;
    struct {
        double asks_mib, takes_mib, spread;
    } work[WORKS];
    uint64_t state = 7;
    double asked = 0, apart = 0, cut = 0, outgrown = 0;
    char line[96];
    fg_config_defaults(&config);
    config.learn_memory = 2;
    config.learn_memory_margin = margin;
    FG_AUTO(fg_learn) struct fg_learn *learn = fg_learn_new(&config);
    for (size_t i = 0; i < WORKS; i++) {
        work[i].asks_mib = 4096 * exp2(floor(6 * uniform(&state)));
        work[i].takes_mib = work[i].asks_mib * (0.1 + 0.8 * uniform(&state));
        work[i].spread = 0.02 + 0.2 * uniform(&state);
    }
    for (size_t i = 0; i < RUNS; i++) {
        size_t at = (size_t)(uniform(&state) * uniform(&state) * WORKS);
        struct fg_job job = {
            .project = 1, .user = (uint32_t)at % 50, .tasks = 1, .shape = at + 1};
        struct fg_request request = {.count = 0, .cpu_milli = 1000};
        request.mem_mib = (uint64_t)work[at].asks_mib;
        double takes_mib =
            fmin(work[at].takes_mib * exp(work[at].spread * normal(&state)), work[at].asks_mib);
        uint64_t mib = fg_learn_memory(learn, &job, &request, 1, UINT64_MAX);
        asked += work[at].asks_mib;
        apart += mib ? (double)mib : work[at].asks_mib;
        cut += mib > 0;
        outgrown += mib > 0 && takes_mib > (double)mib;
        struct fg_class class = fg_class_of(&job, &request, 1);
        struct fg_outcome outcome = {.time_us = START_US + (int64_t)i * 1'000'000,
                                     .mem_mib = (int64_t)takes_mib};
        fg_learn_note(learn, &class, &outcome);
        outcome.mem_mib = -1;
        outcome.is_job = true;
        fg_learn_note(learn, &class, &outcome);
    }
    snprintf(line, sizeof(line), "memory set apart, drawn work, margin %d %%", (int)margin);
    bench_line(line, apart / asked * 100, "%", BENCH_LESS, 0, "as asked", 100);
    snprintf(line, sizeof(line), "of those who took more than that, margin %d %%", (int)margin);
    bench_line(line, outgrown / cut * 100, "%", BENCH_LESS, 0, NULL, 0);
}

int main(int argc, char **argv)
{
    compare_kinds(argc > 1 ? argv[1] : "../shared/data/gavel/simulation_throughputs.json");
    compare_nodes(argc > 2 ? argv[2] : "../shared/data/traces/philly_jobs_82k.csv.xz");
    compare_memory(0);
    compare_memory(20);
    compare_memory(50);
    return bench_done();
}
