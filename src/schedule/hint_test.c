/* hint_test.c - a migration carried out: who moves stops, who waits starts, nobody else takes the places.
 *
 *     node 1: A holds devices 0, 1     node 2: B holds devices 0, 1     waiting: C wants 4 of one node
 */
#include "schedule/migrate.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S       1'000'000LL
#define NOW     (1'700'000'000 * S)
#define A       1
#define B       2
#define C       3
#define LATE    4
#define HINTS_S 600

struct world {
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct fg_grant grants[LATE + 1];
    struct fg_running running[LATE + 1];
    size_t running_len;
};

static void submit(struct world *world, fg_job_id id, uint32_t devices, int32_t priority)
{
    struct fg_request request = {
        .kind = "h100", .count = devices, .gpu_milli = 1000, .cpu_milli = 1000};
    struct fg_job job = {.id = id,
                         .project = 1,
                         .request = fg_queue_class(world->queue, &request, 1),
                         .tasks = 1,
                         .state = FG_JOB_QUEUED,
                         .priority_milli = priority * 1000,
                         .submitted_us = NOW,
                         .time_limit_us = 3600 * S};
    if (fg_queue_add(world->queue, &job, NULL) != 0)
        abort();
}

static void build(struct world *world)
{
    *world = (struct world){};
    fg_config_defaults(&world->config);
    world->pool = fg_pool_new(2);
    world->ranking = fg_ranking_new(&world->config, fg_job_orders[0], FG_PREEMPT_PRIORITY);
    world->queue = fg_ranking_queue(world->ranking, 8);
    world->schedule = fg_schedule_new(&world->config);
    fg_schedule_rank(world->schedule, world->ranking);
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    if (fg_queue_project_put(world->queue, &project, NULL) != 0)
        abort();
    for (uint32_t i = 0; i < 2; i++) {
        struct fg_node_spec spec = {.cpu_milli = 16000, .mem_mib = 1024, .devices_len = 4};
        snprintf(spec.name, sizeof(spec.name), "n%u", i + 1);
        for (uint32_t device = 0; device < 4; device++)
            strcpy(spec.devices[device].kind, "h100");
        if (fg_pool_add(world->pool, &spec, NULL, NULL) != 0)
            abort();
    }
}

static void clear(struct world *world)
{
    fg_schedule_free(world->schedule);
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_pool_free(world->pool);
}

static void set_running(struct world *world, fg_job_id id)
{
    struct fg_job job = *fg_queue_get(world->queue, id);
    job.state = FG_JOB_RUNNING;
    fg_queue_set(world->queue, &job);
    world->running[world->running_len++] = (struct fg_running){
        .job = id, .end_us = NOW + 3600 * S, .grants = &world->grants[id], .grants_len = 1};
}

/* A and B, as an earlier time has left them. */
static void put(struct world *world, fg_job_id id, fg_node_id node)
{
    submit(world, id, 2, 0);
    world->grants[id] = (struct fg_grant){node, 3, 1000, 1000, 0};
    if (fg_pool_claim(world->pool, &world->grants[id], NULL) != 0)
        abort();
    struct fg_amount amount = fg_schedule_amount(world->pool, fg_queue_project(world->queue, 1),
                                                 &world->grants[id], 1);
    fg_held_add(fg_queue_held(world->queue, 1), &amount);
    set_running(world, id);
}

static void ask_to_stop(struct world *world, fg_job_id id)
{
    struct fg_job job = *fg_queue_get(world->queue, id);
    job.stop_sent = true;
    fg_queue_set(world->queue, &job);
    for (size_t i = 0; i < world->running_len; i++)
        world->running[i].stopping |= world->running[i].job == id;
}

static void stopped(struct world *world, fg_job_id id)
{
    struct fg_job job = *fg_queue_get(world->queue, id);
    job.stop_sent = false;
    job.state = FG_JOB_QUEUED;
    struct fg_amount amount = fg_schedule_amount(world->pool, fg_queue_project(world->queue, 1),
                                                 &world->grants[id], 1);
    fg_held_take(fg_queue_held(world->queue, 1), &amount);
    fg_pool_release(world->pool, &world->grants[id]);
    fg_queue_set(world->queue, &job);
    size_t at = 0;
    while (world->running[at].job != id)
        at++;
    world->running[at] = world->running[--world->running_len];
}

/* Bits of the jobs that it starts. */
static uint32_t pass(struct world *world, int64_t now_us)
{
    const struct fg_decision *decisions;
    uint32_t started = 0;
    size_t len = fg_schedule_pass(world->schedule, world->pool, world->queue, world->running,
                                  world->running_len, now_us, &decisions);
    for (size_t i = 0; i < len; i++) {
        if (decisions[i].kind != FG_DECIDE_START)
            continue;
        fg_job_id id = decisions[i].job;
        started |= 1U << id;
        world->grants[id] = fg_schedule_grants(world->schedule)[decisions[i].grants_at];
        set_running(world, id);
    }
    return started;
}

/* C has moves found for it, the cheaper of A and B, and these are begun.  Who moves. */
static fg_job_id begin(struct world *world)
{
    build(world);
    put(world, A, 1);
    put(world, B, 2);
    submit(world, C, 4, 1);
    EQ(pass(world, NOW), 0);
    struct fg_movable movable[] = {
        {.job = A, .grants = &world->grants[A], .grants_len = 1, .cost_us = 9},
        {.job = B, .grants = &world->grants[B], .grants_len = 1, .cost_us = 4}};
    struct fg_gang gang = fg_gang_of(world->pool, world->queue, fg_queue_get(world->queue, C));
    FG_AUTO(fg_migration)
    struct fg_migration *found = fg_migrate_find(world->pool, &gang, movable, 2, 100);
    if (!OK(found && found->moves_len == 1 && found->is_best))
        abort();
    EQ(found->cost_us, 4);
    fg_job_id moves = movable[found->moves[0].at].job;
    struct fg_hint hints[] = {{C, 0, found->grants, 1}, {moves, 0, found->moves[0].grants, 1}};
    ask_to_stop(world, moves);
    fg_schedule_hint(world->schedule, hints, 2, NOW + HINTS_S * S);
    return moves;
}

static void who_waits_gets_the_place(void)
{
    struct world world;
    EQ(begin(&world), B);
    submit(&world, LATE, 2, 50); /* before all others in the order, and there are two devices */
    EQ(pass(&world, NOW + S), 0);
    EQ(fg_schedule_reservation(world.schedule).job, C);
    stopped(&world, B);
    EQ(pass(&world, NOW + 2 * S), 1U << C | 1U << B);
    EQ(world.grants[C].node, 2);
    EQ(world.grants[B].node, 1);
    EQ(fg_queue_held(world.queue, 1)->gpu_milli, 8000);
    OK(fg_pool_check(world.pool));
    clear(&world);
}

static void a_promise_ends_with_its_time(void)
{
    struct world world;
    (void)begin(&world);
    submit(&world, LATE, 2, 50);
    EQ(pass(&world, NOW + HINTS_S * S), 1U << LATE);
    clear(&world);
}

static void a_promise_ends_with_its_job(void)
{
    struct world world;
    (void)begin(&world);
    stopped(&world, B);
    fg_queue_del(world.queue, C);
    EQ(pass(&world, NOW + S), 1U << B); /* and is kept to B, which could go back as well */
    EQ(world.grants[B].node, 1);
    EQ(fg_schedule_reservation(world.schedule).job, 0);
    clear(&world);
}

static void a_node_that_is_gone_is_no_promise(void)
{
    struct world world;
    (void)begin(&world);
    stopped(&world, B);
    fg_pool_set_state(world.pool, 2, FG_NODE_DOWN);
    EQ(pass(&world, NOW + S), 1U << B);
    fg_pool_set_state(world.pool, 2, FG_NODE_UP);
    EQ(pass(&world, NOW + 2 * S), 1U << C);
    clear(&world);
}

int main(void)
{
    RUN(who_waits_gets_the_place);
    RUN(a_promise_ends_with_its_time);
    RUN(a_promise_ends_with_its_job);
    RUN(a_node_that_is_gone_is_no_promise);
    return tap_done();
}
