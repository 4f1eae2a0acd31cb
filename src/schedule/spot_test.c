/* spot_test.c - jobs with deadlines: to spot first while it is safe, to other nodes when it is not, and off spot in time. */
#include "schedule/spot.h"

#include "schedule/expect.h"
#include "schedule/ranking.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S      1'000'000LL
#define NOW_US (1'700'000'000 * S)

struct town {
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    int64_t now_us;
};

static void must(bool done)
{
    if (!done)
        abort();
}

static void add_node(struct town *town, const char *name, bool is_spot)
{
    struct fg_node_spec spec = {
        .cpu_milli = 64000, .mem_mib = 65536, .devices_len = 1, .is_spot = is_spot};
    snprintf(spec.name, sizeof(spec.name), "%s", name);
    spec.devices[0] = (struct fg_device_spec){.kind = "h100", .mem_mib = 1024};
    must(fg_pool_add(town->pool, &spec, NULL, NULL) == 0);
}

/* Node 1 is owned, node 2 of spot; a start takes 100 s. */
static struct town *build(void)
{
    struct town *town = calloc(1, sizeof(*town));
    must(town);
    fg_config_defaults(&town->config);
    town->config.spot_start_s = 100;
    town->config.spot_deadlines = 2;
    town->now_us = NOW_US;
    town->pool = fg_pool_new(4);
    town->ranking = fg_ranking_new(&town->config, fg_job_orders[0], FG_PREEMPT_OFF);
    town->queue = fg_ranking_queue(town->ranking, 16);
    town->schedule = fg_schedule_new(&town->config);
    fg_schedule_rank(town->schedule, town->ranking);
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    must(fg_queue_project_put(town->queue, &project, NULL) == 0);
    add_node(town, "owned", false);
    add_node(town, "spot", true);
    return town;
}

static void clear(struct town *town)
{
    fg_schedule_free(town->schedule);
    fg_queue_free(town->queue);
    fg_ranking_free(town->ranking);
    fg_pool_free(town->pool);
    free(town);
}

/* 1,000 s of work; done by `slack_s` beyond that; 0: no deadline. */
static struct fg_job job_of(struct town *town, fg_job_id id, int64_t slack_s)
{
    struct fg_request request = {.kind = "h100", .count = 1, .gpu_milli = 1000};
    struct fg_job job = {.id = id,
                         .project = 1,
                         .tasks = 1,
                         .submitted_us = town->now_us,
                         .duration_us = 1000 * S,
                         .preemptible = true,
                         .checkpoint_us = 50 * S,
                         .request = fg_queue_class(town->queue, &request, 1)};
    if (slack_s)
        job.deadline_us = town->now_us + (1000 + slack_s) * S;
    return job;
}

static void submit(struct town *town, fg_job_id id, int64_t slack_s)
{
    struct fg_job job = job_of(town, id, slack_s);
    must(fg_queue_add(town->queue, &job, NULL) == 0);
}

/* The node on which the last pass started the job; 0: it did not. */
static fg_node_id pass_for(struct town *town, fg_job_id id)
{
    const struct fg_decision *decisions;
    size_t len =
        fg_schedule_go_on(town->schedule, town->pool, town->queue, town->now_us, &decisions);
    fg_node_id node = 0;
    for (size_t i = 0; i < len; i++) {
        if (decisions[i].kind != FG_DECIDE_START)
            continue;
        const struct fg_job *queued = fg_queue_get(town->queue, decisions[i].job);
        struct fg_job job = *queued;
        job.state = FG_JOB_RUNNING;
        job.started_us = town->now_us;
        fg_queue_set(town->queue, &job);
        if (decisions[i].job == id)
            node = fg_schedule_grants(town->schedule)[decisions[i].grants_at].node;
    }
    return node;
}

static enum fg_spot_rule rule_of(struct town *town, const struct fg_job *job)
{
    struct fg_spot_verdict verdict;
    fg_spot_judge(town->schedule, town->pool, town->queue, job, town->now_us, &verdict);
    return verdict.rule;
}

static void test_the_rule(void)
{
    struct town *town = build();
    struct fg_job job = job_of(town, 1, 0);
    EQ(rule_of(town, &job), FG_SPOT_ANY);
    job = job_of(town, 1, 250); /* two starts and the work since a checkpoint */
    EQ(rule_of(town, &job), FG_SPOT_FIRST);
    job = job_of(town, 1, 249);
    EQ(rule_of(town, &job), FG_SPOT_LAST);
    job = job_of(town, 1, 1000);
    job.checkpoint_us = 0; /* would lose everything */
    EQ(rule_of(town, &job), FG_SPOT_LAST);
    job = job_of(town, 1, 1200);
    job.checkpoint_us = 0;
    EQ(rule_of(town, &job), FG_SPOT_FIRST);
    job.time_limit_us = 1000 * S;
    job.restart_us = 1 * S; /* an attempt after a loss would be ended by its limit */
    EQ(rule_of(town, &job), FG_SPOT_LAST);
    job.time_limit_us = 1001 * S;
    job.deadline_us += 100 * S;
    EQ(rule_of(town, &job), FG_SPOT_FIRST);
    town->config.spot_deadlines = 1;
    EQ(rule_of(town, &job), FG_SPOT_ANY);
    town->config.spot_deadlines = 0;
    EQ(rule_of(town, &job), FG_SPOT_ANY);
    clear(town);
}

static bool knows_no_speed(void *self,
                           const struct fg_job *job,
                           const struct fg_request *any_of,
                           size_t any_of_len,
                           const char *kind,
                           double *out)
{
    (void)self, (void)job, (void)any_of, (void)any_of_len, (void)kind, (void)out;
    return false;
}

static double spot_losses(void *self, const char *supplier, bool is_spot)
{
    (void)supplier;
    return is_spot ? *(double *)self : 0;
}

/* Each time 100 s and half of 1,000 s are lost; a device of spot counts as half as dear. */
static void test_spot_is_worth_it(void)
{
    struct town *town = build();
    struct fg_spot_verdict verdict;
    double per_khour = 50;
    const struct fg_rates rates = {&per_khour, knows_no_speed, spot_losses, NULL};
    struct fg_job job = job_of(town, 1, 5000);
    job.checkpoint_us = 0;
    fg_schedule_rates(town->schedule, &rates);
    EQ(rule_of(town, &job), FG_SPOT_FIRST);
    per_khour = 3'600'000 / 500.0; /* every 500 s */
    fg_expect_look_again(town->schedule->expect);
    EQ(rule_of(town, &job), FG_SPOT_LAST);
    fg_spot_judge(town->schedule, town->pool, town->queue, &job, town->now_us, &verdict);
    OK(verdict.is_safe);
    OK(verdict.stretch > 3 && verdict.stretch < 4 && verdict.price > 1.5 && verdict.price < 2);
    job.checkpoint_us = 50 * S; /* then little is lost */
    EQ(rule_of(town, &job), FG_SPOT_FIRST);
    fg_schedule_rates(town->schedule, NULL);
    clear(town);
}

static uint32_t one_is_bad(void *self, const struct fg_node_spec *node)
{
    return strcmp(node->name, "owned") == 0 ? *(uint32_t *)self : 0;
}

/* Nobody learns anything more of a node that gets no work: it is looked at again by the hour. */
static void test_what_is_known_of_nodes_fades(void)
{
    struct town *town = build();
    uint32_t excess = 40;
    const struct fg_rates rates = {&excess, knows_no_speed, NULL, one_is_bad};
    fg_schedule_rates(town->schedule, &rates);
    submit(town, 1, 0);
    pass_for(town, 1);
    EQ(fg_pool_node(town->pool, 1)->hazard, 40);
    excess = 0;
    town->now_us += 1800 * S;
    submit(town, 2, 0);
    pass_for(town, 2);
    EQ(fg_pool_node(town->pool, 1)->hazard, 40);
    town->now_us += 1800 * S;
    submit(town, 3, 0);
    pass_for(town, 3);
    EQ(fg_pool_node(town->pool, 1)->hazard, 0);
    clear(town);
}

static void test_spot_first_and_never(void)
{
    struct town *town = build();
    submit(town, 1, 5000);
    EQ(pass_for(town, 1), 2);
    clear(town);
    town = build();
    submit(town, 1, 100);
    EQ(pass_for(town, 1), 1);
    clear(town);
    town = build(); /* the other way round the second would have to wait */
    submit(town, 1, 5000);
    submit(town, 2, 100);
    EQ(pass_for(town, 2), 1);
    EQ(fg_schedule_running(town->schedule), 2);
    clear(town);
}

/* Spot is better than to wait. */
static void test_spot_is_better_than_nothing(void)
{
    struct town *town = build();
    submit(town, 1, 100);
    EQ(pass_for(town, 1), 1);
    submit(town, 2, 100);
    EQ(pass_for(town, 2), 2);
    clear(town);
}

static size_t stops(struct town *town)
{
    const struct fg_decision *decisions;
    size_t len =
        fg_schedule_go_on(town->schedule, town->pool, town->queue, town->now_us, &decisions);
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += decisions[i].kind == FG_DECIDE_PREEMPT && decisions[i].job == 1;
    return count;
}

/* It runs longer than expected: slack is gone before its deadline. */
static void test_leaves_in_time(void)
{
    struct town *town = build();
    submit(town, 1, 1140);
    EQ(pass_for(town, 1), 2);
    town->now_us += 900 * S;
    EQ(stops(town), 0);
    submit(town, 2, 100);
    EQ(pass_for(town, 2), 1);
    town->now_us += 110 * S; /* 1,010 s: it is taken to need 1,000 more, 140 s are left */
    EQ(stops(town), 0);      /* there is nowhere to go */
    fg_pool_release(town->pool, &(struct fg_grant){1, 1, 1000, 0, 0});
    fg_schedule_over(town->schedule, 2);
    fg_queue_del(town->queue, 2);
    EQ(stops(town), 1);
    town->now_us += 1000 * S; /* it is taken to need 2,000 more: to start anew would not help */
    EQ(stops(town), 0);
    clear(town);
}

int main(void)
{
    RUN(test_the_rule);
    RUN(test_spot_is_worth_it);
    RUN(test_what_is_known_of_nodes_fades);
    RUN(test_spot_first_and_never);
    RUN(test_spot_is_better_than_nothing);
    RUN(test_leaves_in_time);
    return tap_done();
}
