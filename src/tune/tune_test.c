/* tune_test.c - a policy that is truly better is found and proposed, one that is not is not; the same every time; resumed. */
#include "tune/tune.h"

#include "test/tap.h"

#include <math.h>
#include <string.h>

struct world {
    struct fg_sim_trace trace;
    struct fg_sim_cluster cluster;
    struct fg_tune_options options;
};

#define HOUR_US 3'600'000'000LL

/* Twelve days.  Each morning six long jobs, and just after them twenty short ones, each of all devices that there are: who comes
 * first is all that matters. */
static void jobs_make(struct fg_sim_trace *trace)
{
    const struct fg_request request = {
        .kind = "any", .count = 8, .gpu_milli = 1000, .cpu_milli = 1000, .mem_mib = 64};
    int bad = 0;
    for (int64_t day = 0; day < 12; day++)
        for (int64_t job = 0; job < 26; job++) {
            int64_t long_us = 2 * HOUR_US + (day * 7 + job) % 5 * HOUR_US / 4;
            struct fg_sim_job one = {.submit_us = day * FG_TUNE_DAY_US + job * 1'000'000,
                                     .duration_us = job < 6 ? long_us : HOUR_US / 12,
                                     .request = fg_sim_trace_request(trace, &request),
                                     .tasks = 1};
            bad += fg_sim_trace_project(trace, "p", 1, &one.project, NULL) < 0
                   || fg_sim_trace_add(trace, &one, NULL) < 0;
        }
    EQ(bad, 0);
    fg_sim_trace_finish(trace);
}

static void world_make(struct world *world, const char *order, const char *objective)
{
    struct fg_err err = {};
    *world = (struct world){};
    jobs_make(&world->trace);
    fg_sim_cluster_simple(&world->cluster, 1, "a100", 8);
    world->options = (struct fg_tune_options){
        .sim = {.trace = &world->trace,
                .cluster = &world->cluster,
                .seed = 1,
                .estimate_milli = 1000},
        .knobs = {.order = fg_job_order_find(order), .place = fg_place_policy_default()},
        .only = "schedule.order,schedule.place,backfill_depth",
        .origin_day = 6,
        .warm_days = 1,
        .train_days = 6,
        .held_days = 6,
        .population = 6,
        .generations_max = 3,
        .patience = 2,
        .seed = 1};
    fg_config_defaults(&world->options.knobs.config);
    EQ(fg_tune_objective_read(objective, &world->options.objective, &err), 0);
}

static void world_drop(struct world *world)
{
    fg_sim_trace_free(&world->trace);
    fg_sim_cluster_free(&world->cluster);
}

/* So many questions at most, then no more of the search; how many replays there were. */
static size_t go(struct fg_tune *tune, size_t questions)
{
    size_t len, replays = 0;
    while ((len = fg_tune_replay_all(tune, 2)) > 0) {
        replays += len;
        EQ(fg_tune_take(tune, NULL), 0);
        if (questions-- == 1)
            fg_tune_stop(tune);
    }
    return replays;
}

static void what_is_better_is_proposed(void)
{
    struct world world;
    struct fg_err err = {};
    world_make(&world, "fifo", "jct_mean_s");
    FG_AUTO(fg_tune) struct fg_tune *tune = NULL;
    struct fg_tune_answer answer;
    EQ(fg_tune_new(&world.options, &tune, &err), 0);
    (void)go(tune, SIZE_MAX);
    fg_tune_answer(tune, &answer);
    printf("# %s\n", answer.body ? answer.body->text : "nothing");
    EQ(answer.verdict, FG_TUNE_BETTER);
    OK(answer.candidates[1].objective.high < 0);
    OK(answer.candidates[0].objective.change == 0);
    OK(answer.body && answer.body->changes_len >= 1
       && strcmp(answer.body->changes[0].from, "fifo") == 0);
    OK(answer.body && strlen(answer.body->text) < FG_PROPOSAL_TEXT_MAX);
    world_drop(&world);
}

static void what_is_best_already_is_left_alone(void)
{
    struct world world;
    struct fg_tune_answer answer;
    world_make(&world, "fifo", "jct_mean_s");
    world.options.only = "place_load"; /* nodes are alike: nothing to gain */
    FG_AUTO(fg_tune) struct fg_tune *tune = NULL;
    EQ(fg_tune_new(&world.options, &tune, NULL), 0);
    (void)go(tune, SIZE_MAX);
    fg_tune_answer(tune, &answer);
    OK(answer.verdict != FG_TUNE_BETTER);
    world_drop(&world);
}

static void a_search_that_was_stopped_goes_on(void)
{
    struct world world;
    struct fg_tune_answer answer, resumed;
    FG_AUTO(fg_buf) struct fg_buf saved = {};
    struct fg_err err = {};
    world_make(&world, "fifo", "jct_mean_s=1,unfairness=0.2");
    FG_AUTO(fg_tune) struct fg_tune *whole = NULL;
    FG_AUTO(fg_tune) struct fg_tune *part = NULL;
    FG_AUTO(fg_tune) struct fg_tune *rest = NULL;
    EQ(fg_tune_new(&world.options, &whole, NULL), 0);
    EQ(fg_tune_new(&world.options, &part, NULL), 0);
    EQ(fg_tune_new(&world.options, &rest, NULL), 0);
    size_t all = go(whole, SIZE_MAX);
    (void)go(part, 2);
    fg_tune_save(part, &saved);
    OK(fg_tune_state(part).scored < fg_tune_state(whole).scored);
    EQ(fg_tune_load(rest, saved.text, saved.len, &err), 0);
    OK(go(rest, SIZE_MAX) < all);
    fg_tune_answer(whole, &answer);
    fg_tune_answer(rest, &resumed);
    EQ(answer.verdict, resumed.verdict);
    EQ(strcmp(answer.candidates[1].changes, resumed.candidates[1].changes), 0);
    EQ(answer.scored, resumed.scored);
    OK(answer.body && resumed.body && strcmp(answer.body->text, resumed.body->text) == 0);
    world_drop(&world);
}

static void what_was_saved_of_something_else_is_refused(void)
{
    struct world world;
    struct fg_err err = {};
    FG_AUTO(fg_buf) struct fg_buf saved = {};
    world_make(&world, "fifo", "jct_mean_s");
    FG_AUTO(fg_tune) struct fg_tune *one = NULL;
    FG_AUTO(fg_tune) struct fg_tune *other = NULL;
    EQ(fg_tune_new(&world.options, &one, NULL), 0);
    fg_tune_save(one, &saved);
    EQ(fg_tune_load(one, saved.text, saved.len, &err), 0);
    EQ(fg_tune_load(one, saved.text, saved.len - 3, &err), FG_EINVAL);
    fg_buf_puts(&saved, "0 99 0 0.5\n");
    EQ(fg_tune_load(one, saved.text, saved.len, &err), FG_EINVAL);
    EQ(fg_tune_objective_read("unfairness", &world.options.objective, &err), 0);
    EQ(fg_tune_new(&world.options, &other, NULL), 0);
    EQ(fg_tune_load(other, saved.text, saved.len, &err), FG_EINVAL);
    EQ(fg_tune_load(other, "", 0, &err), FG_EINVAL);
    world_drop(&world);
}

static void bad_questions_are_refused(void)
{
    struct world world;
    struct fg_err err = {};
    FG_AUTO(fg_tune) struct fg_tune *tune = NULL;
    world_make(&world, "fifo", "jct_mean_s");
    struct fg_tune_options options = world.options;
    options.only = "schedule.order,nonsense";
    EQ(fg_tune_new(&options, &tune, &err), FG_EINVAL);
    options.only = "elastic_hold_s"; /* nobody is elastic */
    EQ(fg_tune_new(&options, &tune, &err), FG_EINVAL);
    options = world.options;
    options.train_days = 7;
    EQ(fg_tune_new(&options, &tune, &err), FG_EINVAL);
    options = world.options;
    options.origin_day = 300;
    EQ(fg_tune_new(&options, &tune, &err), FG_EINVAL);
    world_drop(&world);
}

static void objectives_are_read_and_bounds_hold(void)
{
    static const char *const bad[] = {
        "",           "jct", "jct_mean_s=", "jct_mean_s=x", "jct_mean_s=-1", "jct_mean_s=0",
        "jct_mean_s,"};
    struct fg_tune_objective objective;
    struct fg_err err = {};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EQ(fg_tune_objective_read(bad[i], &objective, &err), FG_EINVAL);
    EQ(fg_tune_objective_read("jct_mean_s=3,unfairness", &objective, &err), 0);
    OK(objective.weight[FG_METRIC_jct_mean_s] == 0.75);
    OK(objective.bound[FG_METRIC_unfairness] > 1e6
       && objective.bound[FG_METRIC_late_share] == 0.05);
    EQ(fg_tune_bound_read("idle_share=20", &objective, &err), 0);
    OK(objective.bound[FG_METRIC_idle_share] == 0.2);
    EQ(fg_tune_bound_read("nonsense=2", &objective, &err), FG_EINVAL);
    double now[2][FG_METRICS] = {{100}, {200}}, then[2][FG_METRICS] = {{50}, {100}}, excess;
    for (int day = 0; day < 2; day++) {
        now[day][FG_METRIC_idle_share] = 0.1;
        then[day][FG_METRIC_idle_share] = 0.25; /* 15 points more */
    }
    struct fg_tune_days a = {now, 2}, b = {then, 2};
    EQ(fg_tune_bound_broken(&objective, &a, &b, &excess), -1);
    EQ(fg_tune_bound_read("idle_share=10", &objective, &err), 0);
    EQ(fg_tune_bound_broken(&objective, &a, &b, &excess), FG_METRIC_idle_share);
    OK(fabs(excess - 0.05) < 1e-9);
    OK(fabs(fg_tune_objective_change(&objective, &a, &b, 1).change + 0.5) < 1e-9);
}

static void days_are_what_jobs_of_them_had(void)
{
    FG_AUTO(fg_sim_result) struct fg_sim_result *result = fg_sim_result_new(3, 2);
    const int64_t s = 1'000'000, day = FG_TUNE_DAY_US;
    for (int i = 0; i < 3; i++)
        result->jobs[i] =
            (struct fg_sim_outcome){.submit_us = i == 2 ? day + s : i * s,
                                    .end_us = (i == 2 ? day + s : i * s) + 100 * s,
                                    .run_us = 60 * s,
                                    .ideal_us = i == 1 ? 25 * s : 50 * s,
                                    .gpu_milli = 2000,
                                    .project = (uint32_t)(i == 1),
                                    .deadline_us = i == 0 ? 50 * s : 0,
                                    .end = FG_SIM_DONE};
    result->step_us = day;
    result->samples[0] = (struct fg_sim_sample){.gpus_up = 4, .gpus_busy = 1, .watts = 1000};
    result->samples_len = 1;
    struct fg_tune_days days;
    fg_tune_days_make(result, 0, 2, &days);
    OK(days.of[0][FG_METRIC_jct_mean_s] == 100 && days.of[0][FG_METRIC_wait_mean_s] == 40);
    OK(days.of[0][FG_METRIC_late_share] == 1 && days.of[1][FG_METRIC_late_share] == 0);
    OK(days.of[0][FG_METRIC_slowdown_p95] == 4 && days.of[1][FG_METRIC_slowdown_p95] == 2);
    OK(fabs(days.of[0][FG_METRIC_unfairness] - 0.1) < 1e-9); /* 0.5 and 0.25 */
    OK(days.of[1][FG_METRIC_unfairness] == 0);
    OK(days.of[0][FG_METRIC_idle_share] == 0.75
       && fabs(days.of[0][FG_METRIC_energy_kwh] - 24) < 1e-9);
    fg_tune_days_free(&days);
}

int main(void)
{
    RUN(what_is_better_is_proposed);
    RUN(what_is_best_already_is_left_alone);
    RUN(a_search_that_was_stopped_goes_on);
    RUN(what_was_saved_of_something_else_is_refused);
    RUN(bad_questions_are_refused);
    RUN(objectives_are_read_and_bounds_hold);
    RUN(days_are_what_jobs_of_them_had);
    return tap_done();
}
