/* bench_learn.c - how well run times are foretold, and what that is worth to who waits.
 *
 *     foretold    each job of a trace when it comes, from those that were over by then: the Philly jobs (argv[1]) know their project
 *                 and devices, those of the NASA iPSC (argv[2]) their user and program too.  The error is |ln(foretold / true)|, its
 *                 median; jobs of the second half count.  Rivals of the same run: the mean of the project or user so far, and the
 *                 mean of the last two of the same user and request (Tsafrir 2007), which was used here before.
 *     worth       mean JCT of the Philly jobs by srtf, who may be stopped: told the truth, taught, told nothing; by fifo with
 *                 backfill without time limits: taught, told nothing
 */
#include "bench/bench.h"
#include "learn/learn.h"
#include "sim/read.h"
#include "sim/report.h"
#include "sim/sim.h"

#include "base/buf.h"
#include "base/map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_US (1'750'000'000LL * 1'000'000)

/* -- rivals ------------------------------------------------------------------------------------------------ */

struct seen {
    double sum_us, len;
    int64_t last_us[2];
};

struct rivals {
    struct fg_map *by_key;
    struct seen *seen;
    uint32_t len;
};

static struct seen *seen_of(struct rivals *rivals, uint64_t key)
{
    uint32_t at;
    if (!fg_map_get(rivals->by_key, key, &at)) {
        at = rivals->len++;
        fg_map_put(rivals->by_key, key, at);
    }
    return &rivals->seen[at];
}

static void see(struct seen *seen, int64_t ran_us)
{
    seen->sum_us += (double)ran_us;
    seen->len++;
    seen->last_us[1] = seen->last_us[0];
    seen->last_us[0] = ran_us;
}

static double last_two(const struct seen *seen)
{
    return seen->last_us[1] ? (double)(seen->last_us[0] + seen->last_us[1]) / 2
                            : (double)seen->last_us[0];
}

/* -- foretold ---------------------------------------------------------------------------------------------- */

enum { LEARNED, MEAN, LAST_TWO, WAYS };

struct errors {
    double *of[WAYS];
    size_t len[WAYS];
    size_t jobs, below_p80, below_p95;
};

struct replay {
    const struct fg_sim_trace *trace;
    struct fg_learn *learn;
    struct rivals rivals;
    struct errors errors;
};

static struct fg_class class_of(const struct fg_sim_trace *trace, const struct fg_sim_job *job)
{
    struct fg_job core = {.project = job->project + 1,
                          .user = job->user,
                          .tasks = job->tasks,
                          .shape = job->shape};
    return fg_class_of(&core, &trace->requests[job->request], 1);
}

static void miss(struct replay *replay, int way, double foretold_us, int64_t true_us)
{
    if (foretold_us > 0)
        replay->errors.of[way][replay->errors.len[way]++] =
            fabs(log(foretold_us / (double)true_us));
}

static void comes(struct replay *replay, const struct fg_sim_job *job, bool counts)
{
    struct fg_class class = class_of(replay->trace, job);
    struct fg_learned learned;
    struct errors *errors = &replay->errors;
    if (!counts || !fg_learn_expect(replay->learn, &class, &learned))
        return;
    struct seen *owner = seen_of(&replay->rivals, class.key[FG_CLASS_USER]),
                *alike = seen_of(&replay->rivals, class.key[FG_CLASS_USER_SIZE]);
    errors->jobs++;
    errors->below_p80 += job->duration_us <= learned.p80_us;
    errors->below_p95 += job->duration_us <= learned.p95_us;
    miss(replay, LEARNED, (double)learned.p50_us, job->duration_us);
    miss(replay, MEAN, owner->len > 0 ? owner->sum_us / owner->len : 0, job->duration_us);
    miss(replay, LAST_TWO, last_two(alike), job->duration_us);
}

static void ends(struct replay *replay, const struct fg_sim_job *job)
{
    struct fg_class class = class_of(replay->trace, job);
    fg_learn_note(replay->learn, &class,
                  &(struct fg_outcome){.time_us = START_US + job->submit_us + job->duration_us,
                                       .ran_us = job->duration_us,
                                       .mem_mib = -1,
                                       .is_job = true});
    see(seen_of(&replay->rivals, class.key[FG_CLASS_USER]), job->duration_us);
    see(seen_of(&replay->rivals, class.key[FG_CLASS_USER_SIZE]), job->duration_us);
}

static int sooner(const void *a, const void *b)
{
    const struct fg_sim_job *x = *(struct fg_sim_job *const *)a,
                            *y = *(struct fg_sim_job *const *)b;
    int64_t ends_x = x->submit_us + x->duration_us, ends_y = y->submit_us + y->duration_us;
    return ends_x != ends_y ? (ends_x < ends_y ? -1 : 1) : x < y ? -1 : x > y;
}

/* As if nobody had waited: each job is over when it came and what it takes are past. */
static void walk(struct replay *replay)
{
    size_t len = replay->trace->jobs_len, over = 0;

    const struct fg_sim_job **by_end = calloc(len, sizeof(*by_end));
    for (size_t i = 0; i < len; i++)
        by_end[i] = &replay->trace->jobs[i];
    qsort(by_end, len, sizeof(*by_end), sooner);
    for (size_t i = 0; i < len; i++) {
        const struct fg_sim_job *job = &replay->trace->jobs[i];
        for (; over < len
               && by_end[over]->submit_us + by_end[over]->duration_us <= job->submit_us;
             over++)
            ends(replay, by_end[over]);
        comes(replay, job, i >= len / 2);
    }
    free(by_end);
}

static void tell(const char *name, struct errors *errors)
{
    char line[96];
    double median[WAYS];
    for (int i = 0; i < WAYS; i++)
        median[i] = bench_quantile(errors->of[i], errors->len[i], 50);
    snprintf(line, sizeof(line), "%s: median log error", name);
    bench_line(line, median[LEARNED], "", BENCH_LESS, 0, "mean so far", median[MEAN]);
    bench_line(line, median[LEARNED], "", BENCH_LESS, 0, "last two", median[LAST_TWO]);
    snprintf(line, sizeof(line), "%s: over by p80", name);
    bench_line(line, 100.0 * (double)errors->below_p80 / (double)errors->jobs, "%", BENCH_MORE,
               0, NULL, 0);
    snprintf(line, sizeof(line), "%s: over by p95", name);
    bench_line(line, 100.0 * (double)errors->below_p95 / (double)errors->jobs, "%", BENCH_MORE,
               0, NULL, 0);
}

static void foretell(const char *name, const struct fg_sim_trace *trace)
{
    struct fg_config config;
    fg_config_defaults(&config);
    struct replay replay = {.trace = trace, .learn = fg_learn_new(&config)};
    replay.rivals.by_key = fg_map_new(1024);
    replay.rivals.seen = calloc(2 * trace->jobs_len + 2, sizeof(struct seen));
    for (int i = 0; i < WAYS; i++)
        replay.errors.of[i] = calloc(trace->jobs_len, sizeof(double));
    walk(&replay);
    tell(name, &replay.errors);
    for (int i = 0; i < WAYS; i++)
        free(replay.errors.of[i]);
    free(replay.rivals.seen);
    fg_map_free(replay.rivals.by_key);
    fg_learn_free(replay.learn);
}

/* -- worth -------------------------------------------------------------------------------------------------- */

static double mean_jct_h(const struct fg_sim_options *how, bool learns)
{
    struct fg_config config;
    struct fg_err err = {};
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = NULL;
    struct fg_sim_summary summary;
    fg_config_defaults(&config);
    config.learn_durations = config.learn_backfill = learns;
    struct fg_sim_options options = *how;
    options.config = &config;
    options.tick_us = 60'000'000;
    options.seed = 1;
    if (fg_sim_run(&options, &result, &err) < 0)
        bench_die("%s", err.text);
    fg_sim_summarise(result, 0, SIZE_MAX, &summary);
    double mean = summary.jct_us.mean / 3.6e9;
    printf("#   %s: mean JCT %.3f h, median %.3f h, p99 %.2f h\n", how->order->name, mean,
           summary.jct_us.p50 / 3.6e9, summary.jct_us.p99 / 3.6e9);
    fg_sim_summary_free(&summary);
    return mean;
}

static void worth(struct fg_sim_trace *trace)
{
    struct fg_sim_cluster cluster = {};
    fg_sim_cluster_simple(&cluster, 60, "v100", 8);
    cluster.stop_us = 30'000'000;
    struct fg_sim_options how = {
        .trace = trace, .cluster = &cluster, .order = fg_job_order_find("fifo")};
    bench_line("fifo with backfill, no time limits: mean JCT, taught", mean_jct_h(&how, true),
               "h", BENCH_LESS, 0, "told nothing", mean_jct_h(&how, false));
    how.order = fg_job_order_find("sjf");
    bench_line("sjf, no time limits: mean JCT, taught", mean_jct_h(&how, true), "h", BENCH_LESS,
               0, "told nothing", mean_jct_h(&how, false));
    for (size_t i = 0; i < trace->jobs_len; i++) {
        trace->jobs[i].preemptible = true;
        trace->jobs[i].checkpoint_us = 600'000'000;
        trace->jobs[i].restart_us = 60'000'000;
    }
    how.order = fg_job_order_find("srtf");
    how.preempt = FG_PREEMPT_ORDER;
    double taught = mean_jct_h(&how, true);
    bench_line("srtf: mean JCT, taught", taught, "h", BENCH_LESS, 0, "told nothing",
               mean_jct_h(&how, false));
    how.estimate_milli = 1000;
    bench_line("srtf: mean JCT, taught", taught, "h", BENCH_LESS, 0, "told the truth",
               mean_jct_h(&how, true));
    fg_sim_cluster_free(&cluster);
}

static bool read_trace(const char *path, const char *format, struct fg_sim_trace *out)
{
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    struct fg_err err = {};
    struct fg_sim_reading reading = {
        .format = format, .file_name = path, .per_node = 8, .kind = "any", .cpu_as_gpu = true};
    *out = (struct fg_sim_trace){};
    if (!bench_read_packed(path, &bytes)) {
        printf("# no %s: its jobs are left out\n", path);
        return false;
    }
    if (fg_sim_read(&reading, bytes.text, bytes.len, out, &err) < 0)
        bench_die("%s", err.text);
    return true;
}

int main(int argc, char **argv)
{
    const char *philly = argc > 1 ? argv[1] : "../shared/data/traces/philly_jobs_82k.csv.xz";
    const char *nasa =
        argc > 2 ? argv[2] : "../shared/data/traces/NASA-iPSC-1993-3.1-cln.swf.zip";
    struct fg_sim_trace trace;
    if (read_trace(nasa, "swf", &trace)) {
        foretell("NASA", &trace);
        fg_sim_trace_free(&trace);
    }
    if (read_trace(philly, "philly", &trace)) {
        foretell("Philly", &trace);
        worth(&trace);
        fg_sim_trace_free(&trace);
    }
    return bench_done();
}
