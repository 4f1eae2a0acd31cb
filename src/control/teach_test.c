/* teach_test.c - what is learned as jobs end is what a restart learns from the rows that are kept. */
#include "control/control_inner.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US  3'600'000'000LL
#define START_US 1'750'000'000'000'000LL

static struct fg_config config;
static const struct fg_request two_devices = {.kind = "h100", .count = 2, .gpu_milli = 1000};

static void build(struct fg_control *control)
{
    struct fg_node_spec node = {.name = "n1",
                                .cpu_milli = 64000,
                                .mem_mib = 1 << 20,
                                .devices_len = 2,
                                .devices = {{.kind = "h100"}, {.kind = "h100"}}};
    struct fg_project project = {.id = 1, .name = "p", .weight = 100};
    fg_node_id id;
    *control = (struct fg_control){.config = &config, .now_us = START_US};
    control->pool = fg_pool_new(4);
    control->ranking = fg_ranking_new(&config, fg_job_orders[0], FG_PREEMPT_OFF);
    control->queue = fg_ranking_queue(control->ranking, 100);
    control->schedule = fg_schedule_new(&config);
    EQ(fg_teach_begin(control, NULL), 0);
    EQ(fg_queue_project_put(control->queue, &project, NULL), 0);
    EQ(fg_pool_add(control->pool, &node, &id, NULL), 0);
}

static void drop(struct fg_control *control)
{
    fg_teach_end(control);
    fg_schedule_free(control->schedule);
    fg_queue_free(control->queue);
    fg_ranking_free(control->ranking);
    fg_pool_free(control->pool);
}

static struct fg_job job_of(struct fg_control *control, fg_job_id id)
{
    return (struct fg_job){.id = id,
                           .project = 1,
                           .user = 1,
                           .tasks = 1,
                           .attempt = 1,
                           .shape = 7,
                           .request = fg_queue_class(control->queue, &two_devices, 1)};
}

static struct fg_learned learned_of(struct fg_control *control)
{
    struct fg_job next = job_of(control, 99);
    struct fg_class class = fg_class_of(&next, &two_devices, 1);
    struct fg_learned learned;
    fg_learn_expect(control->learn, &class, &learned);
    return learned;
}

static void only_ends_that_say_something_are_run_times(void)
{
    struct fg_control control;
    build(&control);
    struct fg_job next = job_of(&control, 9), past = job_of(&control, 1);
    past.attained_us = 2 * HOUR_US;
    past.state = FG_JOB_CANCELLED;
    fg_teach_job(&control, &past);
    EQ(learned_of(&control).jobs, 0);
    past.state = FG_JOB_FAILED;
    fg_teach_job(&control, &past);
    EQ(learned_of(&control).jobs, 1);
    fg_job_predict(&control, &next);
    EQ(next.predicted_us, 0);
    past.state = FG_JOB_SUCCEEDED;
    fg_teach_job(&control, &past);
    fg_job_predict(&control, &next);
    OK(llabs(next.predicted_us - HOUR_US) < 10'000);
    OK(llabs(next.predicted_most_us - HOUR_US) < 10'000);
    next.time_limit_us = HOUR_US / 2;
    fg_job_predict(&control, &next);
    EQ(next.predicted_us, HOUR_US / 2);
    EQ(next.predicted_most_us, 0);
    drop(&control);
}

/* An interrupted attempt and the one that did the work. */
static void a_restart_learns_the_same(void)
{
    const struct fg_grant grant = {.node = 1, .devices = 3, .gpu_milli = 1000};
    struct fg_control before, after;
    build(&before);
    build(&after);
    struct fg_job job = job_of(&before, 1);
    job.submitted_us = START_US;
    EQ(fg_queue_add(before.queue, &job, NULL), 0);
    struct live live = {.job = 1,
                        .attempt = 1,
                        .tasks = 1,
                        .grants = (struct fg_grant *)&grant,
                        .started_us = START_US,
                        .usage = {.max_rss_mib = 500}};
    before.now_us = START_US + HOUR_US;
    fg_teach_attempt(&before, &live, FG_JOB_QUEUED,
                     "lost with node n1: gone; it starts again elsewhere");
    job.attempt = 2;
    fg_queue_set(before.queue, &job);
    live.started_us = before.now_us;
    live.usage.max_rss_mib = 700;
    before.now_us += HOUR_US;
    fg_teach_attempt(&before, &live, FG_JOB_SUCCEEDED, "");
    job.state = FG_JOB_SUCCEEDED;
    job.attained_us = 4 * HOUR_US;
    job.started_us = START_US + HOUR_US;
    fg_teach_job(&before, &job);

    struct fg_past_attempt past = {.job = &job,
                                   .name = "train-1",
                                   .job_finished_us = START_US + 2 * HOUR_US,
                                   .any_of = &two_devices,
                                   .any_of_len = 1,
                                   .outcome = FG_JOB_QUEUED,
                                   .started_us = START_US,
                                   .finished_us = START_US + HOUR_US,
                                   .max_rss_mib = 500,
                                   .reason =
                                       "lost with node n1: gone; it starts again elsewhere",
                                   .grants = &grant,
                                   .grants_len = 1};
    fg_teach_past(&after, &past);
    past.is_last = true;
    past.reason = "";
    past.outcome = FG_JOB_SUCCEEDED;
    past.started_us = START_US + HOUR_US;
    past.finished_us = START_US + 2 * HOUR_US;
    past.max_rss_mib = 700;
    fg_teach_past(&after, &past);

    struct fg_learned one = learned_of(&before), other = learned_of(&after);
    EQ(memcmp(&one, &other, sizeof(one)), 0);
    EQ(one.jobs, 1);
    EQ(one.interrupted, 1);
    EQ(one.mem_most_mib, 700);
    OK(llabs(one.p50_us - 2 * HOUR_US) < 20'000);
    struct fg_fault_row place;
    for (size_t at = 0; fg_faults_next(after.faults, &at, after.now_us, &place);) {
        EQ(place.attempts, 2);
        EQ(place.interrupted, 1);
    }
    OK(fg_faults_rate(before.faults, "", false, before.now_us)
       == fg_faults_rate(after.faults, "", false, before.now_us));
    drop(&before);
    drop(&after);
}

/* What is set apart moves with what was learned; the limit is what was asked; who outgrew it for want of the node's is told. */
static void memory_set_apart_is_no_limit(void)
{
    struct fg_control control;
    struct fg_request asks = two_devices;
    asks.mem_mib = 100'000;
    build(&control);
    config.learn_memory = 2;
    struct fg_job job = job_of(&control, 1);
    struct fg_class class = fg_class_of(&job, &asks, 1);
    for (int i = 0; i < 10; i++) {
        fg_learn_note(control.learn, &class,
                      &(struct fg_outcome){.time_us = START_US, .mem_mib = 2000});
        fg_learn_note(
            control.learn, &class,
            &(struct fg_outcome){.time_us = START_US, .ran_us = HOUR_US, .is_job = true});
    }
    job.attempt = 0;
    job.request = fg_job_class(&control, &job, &asks, 1);
    EQ(fg_queue_add(control.queue, &job, NULL), 0);
    size_t len;
    const struct fg_request *any_of = fg_queue_class_at(control.queue, job.request, &len);
    struct fg_need need = fg_pool_need(control.pool, any_of);
    EQ(any_of->mem_mib, 100'000);
    OK(need.mem_mib >= 2400 && need.mem_mib < 2600);
    struct fg_grant grant = {.node = 1,
                             .devices = 3,
                             .gpu_milli = 1000,
                             .mem_mib = need.mem_mib},
                    told = grant;
    fg_job_limit_memory(&control, 1, &told);
    EQ(told.mem_mib, 100'000);
    struct live live = {.job = 1, .tasks = 1, .grants = &grant, .term_signal = 9};
    live.usage.max_rss_mib = 2000;
    OK(!fg_job_outgrew(&control,
                       &live)); /* took no more than that: killed for something else */
    live.usage.max_rss_mib = 3000;
    OK(fg_job_outgrew(&control, &live));
    live.usage.max_rss_mib = 99'999; /* at its own limit */
    OK(!fg_job_outgrew(&control, &live));
    EQ(fg_job_move(&job.state, FG_JOB_STARTING, NULL), 0);
    fg_queue_set(control.queue, &job);
    job.attempt = 1;
    fg_job_ask_again(&control, &job);
    job.state = FG_JOB_QUEUED;
    fg_queue_set(control.queue, &job);
    any_of = fg_queue_class_at(control.queue, job.request, &len);
    need = fg_pool_need(control.pool, any_of);
    EQ(need.mem_mib, 100'000);
    config.learn_memory = 0;
    drop(&control);
}

/* The clock of the node is wrong by an hour: no attempt runs for less than nothing, none is an hour too long. */
static void a_clock_that_jumps_makes_no_hours(void)
{
    const struct fg_control control = {.now_us = START_US + 60'000'000};
    const struct live live = {.begun_us = START_US};
    EQ(fg_live_moment(&control, &live, START_US + 1'000'000), START_US + 1'000'000);
    EQ(fg_live_moment(&control, &live, START_US + HOUR_US), control.now_us);
    EQ(fg_live_moment(&control, &live, START_US - HOUR_US), START_US);
    const struct live adopted = {.begun_us = START_US, .is_adopted = true};
    EQ(fg_live_moment(&control, &adopted, START_US - HOUR_US), START_US - HOUR_US);
}

int main(void)
{
    fg_config_defaults(&config);
    RUN(only_ends_that_say_something_are_run_times);
    RUN(a_restart_learns_the_same);
    RUN(a_clock_that_jumps_makes_no_hours);
    RUN(memory_set_apart_is_no_limit);
    return tap_done();
}
