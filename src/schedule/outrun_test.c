/* outrun_test.c - who has no time limit is taken to last as predicted, and twice as long each time that it has outrun that. */
#include "schedule/schedule_inner.h"
#include "test/tap.h"

#include <stdlib.h>

#define S 1'000'000LL

static struct fg_config config;
static const struct fg_request one = {.kind = "h100", .count = 1, .gpu_milli = 1000},
                               two = {.kind = "h100", .count = 2, .gpu_milli = 1000};

struct world {
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    int64_t now_us;
};

static void begin(struct world *world)
{
    struct fg_node_spec node = {.name = "n",
                                .cpu_milli = 64000,
                                .mem_mib = 1 << 20,
                                .devices_len = 2,
                                .devices = {{.kind = "h100"}, {.kind = "h100"}}};
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    fg_node_id id;
    *world = (struct world){
        .pool = fg_pool_new(2),
        .ranking = fg_ranking_new(&config, fg_job_order_find("fifo"), FG_PREEMPT_OFF),
        .schedule = fg_schedule_new(&config),
        .now_us = 1'750'000'000 * S};
    world->queue = fg_ranking_queue(world->ranking, 10);
    fg_schedule_rank(world->schedule, world->ranking);
    EQ(fg_pool_add(world->pool, &node, &id, NULL), 0);
    EQ(fg_queue_project_put(world->queue, &project, NULL), 0);
}

static void end(struct world *world)
{
    fg_schedule_free(world->schedule);
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_pool_free(world->pool);
}

static void submit(struct world *world,
                   fg_job_id id,
                   const struct fg_request *request,
                   int64_t predicted_most_us)
{
    struct fg_job job = {.id = id,
                         .project = 1,
                         .tasks = 1,
                         .submitted_us = world->now_us,
                         .predicted_most_us = predicted_most_us,
                         .request = fg_queue_class(world->queue, request, 1)};
    EQ(fg_queue_add(world->queue, &job, NULL), 0);
}

/* One pass; what it starts runs. */
static size_t pass(struct world *world)
{
    const struct fg_decision *decisions;
    size_t len = fg_schedule_go_on(world->schedule, world->pool, world->queue, world->now_us,
                                   &decisions);
    for (size_t i = 0; i < len; i++) {
        struct fg_job job = *fg_queue_get(world->queue, decisions[i].job);
        job.state = FG_JOB_RUNNING;
        job.started_us = world->now_us;
        fg_queue_set(world->queue, &job);
    }
    return len;
}

static int64_t head_waits_s(const struct world *world)
{
    return (fg_schedule_reservation(world->schedule).at_us - world->now_us) / S;
}

static void the_head_waits_for_twice_as_long_each_time(void)
{
    struct world world;
    begin(&world);
    submit(&world, 1, &one, 100 * S);
    EQ(pass(&world), 1);
    submit(&world, 2, &two, 100 * S); /* the head */
    EQ(pass(&world), 0);
    EQ(head_waits_s(&world), 100);
    submit(&world, 3, &one, 150 * S); /* would delay it, */
    EQ(pass(&world), 0);
    world.now_us += 100 * S; /* until it is known that the first needs longer */
    submit(&world, 4, &one, 90 * S);
    EQ(pass(&world), 1);
    EQ(fg_queue_get(world.queue, 4)->state, FG_JOB_RUNNING);
    EQ(head_waits_s(&world), 100);
    world.now_us += 250 * S; /* the first has run 350 of 400 s, the last 250 of 360 */
    pass(&world);
    EQ(head_waits_s(&world), 110);
    end(&world);
}

/* Without the setting who has outrun a day is about to end, as ever. */
static void without_the_setting_a_guess_is_not_questioned(void)
{
    struct world world;
    config.learn_backfill = 0;
    begin(&world);
    submit(&world, 1, &one, 0);
    EQ(pass(&world), 1);
    submit(&world, 2, &two, 0);
    pass(&world);
    EQ(head_waits_s(&world), config.backfill_default_limit_s);
    world.now_us += 2 * config.backfill_default_limit_s * S;
    pass(&world);
    EQ(head_waits_s(&world), 0);
    end(&world);
    config.learn_backfill = 1;
}

int main(void)
{
    fg_config_defaults(&config);
    RUN(the_head_waits_for_twice_as_long_each_time);
    RUN(without_the_setting_a_guess_is_not_questioned);
    return tap_done();
}
