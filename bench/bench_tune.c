/* bench_tune.c - would it have been right?  Policy tuning on the Philly jobs, week after week.
 *
 *     for each week from the third on: search on the 14 days before it, judge on the week itself, which the search never saw
 *
 * What is compared is the policy that comes with the service (priority, easy backfill) with the one that the search found, on the
 * chosen objective, mean time from submission to end.  "wrong": it was worse in the held-back week.  Jobs may be stopped and save
 * their work every ten minutes; nobody tells how long his jobs run, so that all is predicted from earlier ones, as live.
 *
 * argv[1]: the list (../shared/data/traces/philly_jobs_82k.csv.xz); argv[2]: at most so many weeks; argv[3]: settings that are
 * tried, with commas (all).
 */
#include "bench/bench.h"
#include "sim/read.h"
#include "tune/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WEEKS_MAX  9
#define TRAIN_DAYS 14
#define HELD_DAYS  7
#define THREADS    2

static void tune_all(struct fg_tune *tune)
{
    struct fg_err err = {};
    while (fg_tune_replay_all(tune, THREADS) > 0)
        if (fg_tune_take(tune, &err) < 0)
            bench_die("%s", err.text);
}

struct tally {
    double change[WEEKS_MAX], seconds[WEEKS_MAX], proposed[WEEKS_MAX];
    size_t weeks, wrong, proposals, proposals_wrong;
};

static const char *const verdicts[] = {[FG_TUNE_BETTER] = "proposed",
                                       [FG_TUNE_NOTHING] = "nothing found",
                                       [FG_TUNE_UNSURE] = "not sure",
                                       [FG_TUNE_BROKEN] = "",
                                       [FG_TUNE_FEW] = "too few days"};

static void week(const struct fg_tune_options *options, size_t at, struct tally *tally)
{
    FG_AUTO(fg_tune) struct fg_tune *tune = NULL;
    struct fg_err err = {};
    int64_t began_us = bench_now_us();
    if (fg_tune_new(options, &tune, &err) < 0)
        bench_die("%s", err.text);
    tune_all(tune);
    struct fg_tune_answer answer;
    fg_tune_answer(tune, &answer);
    const struct fg_change *held = &answer.candidates[answer.candidates_len > 1].objective;
    const struct fg_change *unfair =
        &answer.candidates[answer.candidates_len > 1].of[FG_METRIC_unfairness];
    bool is_proposed = answer.verdict == FG_TUNE_BETTER, is_wrong = held->change > 0;
    tally->seconds[tally->weeks] = (double)(bench_now_us() - began_us) / 1e6;
    tally->change[tally->weeks++] = held->change * 100;
    tally->wrong += is_wrong;
    tally->proposals_wrong += is_proposed && is_wrong;
    if (is_proposed)
        tally->proposed[tally->proposals++] = held->change * 100;
    printf("# week %zu: %+.1f %% (%+.1f to %+.1f), worse on %zu of %zu days, unfairness %+.1f "
           "%%, %s; %s\n",
           at, held->change * 100, held->low * 100, held->high * 100, held->worse_days,
           held->days, unfair->change * 100,
           answer.verdict == FG_TUNE_BROKEN ? fg_metric_name((enum fg_metric)answer.broken)
                                            : verdicts[answer.verdict],
           answer.candidates_len > 1 ? answer.candidates[1].changes : "nothing");
    fflush(stdout);
}

static void read_trace(const char *path, struct fg_sim_trace *trace)
{
    FG_AUTO(fg_buf) struct fg_buf csv = {};
    struct fg_err err = {};
    if (!bench_read_packed(path, &csv)) {
        printf("# no %s: the Philly jobs are left out\n", path);
        exit(0);
    }
    struct fg_sim_reading reading = {.format = "philly",
                                     .file_name = path,
                                     .per_node = 8,
                                     .kind = "any",
                                     .preemptible = true,
                                     .checkpoint_us = 600'000'000,
                                     .restart_us = 60'000'000};
    if (fg_sim_read(&reading, csv.text, csv.len, trace, &err) < 0)
        bench_die("%s", err.text);
}

/* The list without the few jobs of its first weeks. */
static void cut(struct fg_sim_trace *trace)
{
    size_t at = 0;
    while (at + 100 < trace->jobs_len
           && trace->jobs[at + 100].submit_us - trace->jobs[at].submit_us > 86'400'000'000)
        at++;
    trace->jobs_len -= at;
    memmove(trace->jobs, trace->jobs + at, trace->jobs_len * sizeof(trace->jobs[0]));
    fg_sim_trace_finish(trace);
}

static double mean(const double *values, size_t len)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += values[i];
    return len ? sum / (double)len : 0;
}

int main(int argc, char **argv)
{
    struct fg_sim_trace trace = {};
    struct fg_sim_cluster cluster = {};
    struct tally tally = {};
    struct fg_err err = {};
    size_t weeks = argc > 2 ? strtoul(argv[2], NULL, 10) : WEEKS_MAX;
    read_trace(argc > 1 ? argv[1] : "../shared/data/traces/philly_jobs_82k.csv.xz", &trace);
    cut(&trace);
    fg_sim_cluster_simple(&cluster, 60, "v100", 8);
    cluster.stop_us = 30'000'000;
    struct fg_tune_options options = {
        .sim = {.trace = &trace, .cluster = &cluster, .seed = 1, .tick_us = 60'000'000},
        .knobs = {.order = fg_job_order_find("priority"),
                  .place = fg_place_policy_default(),
                  .preempt = FG_PREEMPT_PRIORITY},
        .warm_days = 3,
        .train_days = TRAIN_DAYS,
        .held_days = HELD_DAYS,
        .population = 12,
        .generations_max = 8,
        .patience = 3,
        .seed = 1,
        .only = argc > 3 ? argv[3] : NULL,
    };
    fg_config_defaults(&options.knobs.config);
    if (fg_tune_objective_read("jct_mean_s", &options.objective, &err) < 0)
        bench_die("%s", err.text);
    for (size_t at = 0; at < weeks && at < WEEKS_MAX; at++) {
        options.origin_day = TRAIN_DAYS + at * HELD_DAYS;
        week(&options, at + 3, &tally);
    }
    bench_line("tuning, held-back weeks: change of mean JCT", mean(tally.change, tally.weeks),
               "%", BENCH_LESS, 0, "the default", 0);
    bench_line("the same, where it was proposed", mean(tally.proposed, tally.proposals), "%",
               BENCH_LESS, 0, NULL, 0);
    bench_line("weeks in which it was worse", (double)tally.wrong, "of 9", BENCH_LESS, 0, NULL,
               0);
    bench_line("weeks in which it was proposed", (double)tally.proposals, "of 9", BENCH_MORE, 0,
               NULL, 0);
    bench_line("of these, weeks in which it was worse", (double)tally.proposals_wrong, "",
               BENCH_LESS, 0, NULL, 0);
    bench_line("one tuning, two cores", bench_quantile(tally.seconds, tally.weeks, 50), "s",
               BENCH_LESS, 0, NULL, 0);
    fg_sim_cluster_free(&cluster);
    fg_sim_trace_free(&trace);
    return bench_done();
}
