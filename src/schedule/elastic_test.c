/* elastic_test.c - gangs of min to max tasks: as many as fit at the start, fewer when another would fit then, more when
 * nobody waits.  A pool of six nodes with one device each. */
#include "schedule/quota.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S     1'000'000LL
#define NOW   (1'700'000'000 * S)
#define NODES 6
#define JOBS  8

struct world {
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct fg_grant grants[JOBS][NODES];
    struct fg_running running[JOBS];
    size_t running_len;
    int64_t now_us;
};

static void submit_to(
    struct world *world, fg_project_id project, fg_job_id id, uint32_t least, uint32_t most)
{
    struct fg_request request = {
        .kind = "h100", .count = 1, .gpu_milli = 1000, .cpu_milli = 1000};
    struct fg_job job = {.id = id,
                         .project = project,
                         .user = (uint32_t)id,
                         .request = fg_queue_class(world->queue, &request, 1),
                         .tasks = least,
                         .tasks_max = most,
                         .preemptible = true,
                         .state = FG_JOB_QUEUED,
                         .submitted_us = NOW + (int64_t)id,
                         .time_limit_us = 36000 * S};
    if (fg_queue_add(world->queue, &job, NULL) != 0)
        abort();
}

static void submit(struct world *world, fg_job_id id, uint32_t least, uint32_t most)
{
    submit_to(world, 1, id, least, most);
}

static void put(struct world *world, struct fg_project project)
{
    project.weight = 100;
    project.quota = (struct fg_quota){-1, -1, -1, -1, -1};
    memcpy(project.name, "p", 2);
    if (fg_queue_project_put(world->queue, &project, NULL) != 0)
        abort();
}

static void build(struct world *world, int64_t quota_milli)
{
    *world = (struct world){.now_us = NOW};
    fg_config_defaults(&world->config);
    world->pool = fg_pool_new(NODES);
    world->ranking = fg_ranking_new(&world->config, fg_job_orders[0], FG_PREEMPT_PRIORITY);
    world->queue = fg_ranking_queue(world->ranking, JOBS);
    world->schedule = fg_schedule_new(&world->config);
    fg_schedule_rank(world->schedule, world->ranking);
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {quota_milli, -1, -1, -1, -1}};
    if (fg_queue_project_put(world->queue, &project, NULL) != 0)
        abort();
    for (uint32_t i = 0; i < NODES; i++) {
        struct fg_node_spec spec = {.cpu_milli = 4000, .mem_mib = 1024, .devices_len = 1};
        snprintf(spec.name, sizeof(spec.name), "n%u", i + 1);
        memcpy(spec.devices[0].kind, "h100", 5);
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

static struct fg_running *running(struct world *world, fg_job_id id)
{
    for (size_t i = 0; i < world->running_len; i++)
        if (world->running[i].job == id)
            return &world->running[i];
    return NULL;
}

static size_t tasks_of(struct world *world, fg_job_id id)
{
    const struct fg_running *found = running(world, id);
    return found ? found->grants_len : 0;
}

static void start(struct world *world, const struct fg_decision *decision)
{
    struct fg_job job = *fg_queue_get(world->queue, decision->job);
    const struct fg_grant *grants = fg_schedule_grants(world->schedule) + decision->grants_at;
    job.state = FG_JOB_RUNNING;
    job.started_us = world->now_us;
    job.tasks_held = (uint32_t)decision->grants_len;
    fg_queue_set(world->queue, &job);
    memcpy(world->grants[job.id], grants, decision->grants_len * sizeof(*grants));
    world->running[world->running_len++] = (struct fg_running){
        .job = job.id,
        .end_us = world->now_us + 36000 * S,
        .grants = world->grants[job.id],
        .grants_len = decision->grants_len,
    };
}

/* It stops at once, and waits again. */
static void stop(struct world *world, fg_job_id id)
{
    struct fg_job job = *fg_queue_get(world->queue, id);
    struct fg_running *found = running(world, id);
    struct fg_amount amount =
        fg_schedule_amount(world->pool, fg_queue_project(world->queue, job.project),
                           found->grants, found->grants_len);
    fg_held_take(fg_queue_held(world->queue, job.project), &amount);
    fg_quota_take(world->queue, world->pool, &job, found->grants, found->grants_len);
    for (size_t i = 0; i < found->grants_len; i++)
        fg_pool_release(world->pool, &found->grants[i]);
    job.state = FG_JOB_QUEUED;
    job.started_us = 0;
    job.tasks_held = 0;
    fg_queue_set(world->queue, &job);
    *found = world->running[--world->running_len];
}

/* Passes until nothing is decided; returns the bits of the jobs that were stopped. */
static uint32_t settle(struct world *world)
{
    uint32_t stops = 0;
    for (int i = 0; i < 10; i++) {
        const struct fg_decision *decisions;
        size_t len =
            fg_schedule_pass(world->schedule, world->pool, world->queue, world->running,
                             world->running_len, world->now_us, &decisions);
        fg_job_id stopped[JOBS];
        size_t stopped_len = 0;
        for (size_t k = 0; k < len; k++)
            if (decisions[k].kind == FG_DECIDE_START)
                start(world, &decisions[k]);
            else
                stopped[stopped_len++] = decisions[k].job;
        for (size_t k = 0; k < stopped_len; k++) {
            stop(world, stopped[k]);
            stops |= 1U << stopped[k];
        }
        if (len == 0)
            return stops;
    }
    OK(false); /* it never settles */
    return stops;
}

static void takes_as_many_as_fit(void)
{
    struct world world;
    build(&world, -1);
    submit(&world, 1, 2, 4);
    submit(&world, 2, 1, 5);
    submit(&world, 3, 1, 1);
    EQ(settle(&world), 0);
    EQ(tasks_of(&world, 1), 4); /* after the others had their least */
    EQ(tasks_of(&world, 2), 1);
    EQ(tasks_of(&world, 3), 1);
    OK(fg_pool_check(world.pool));
    clear(&world);
}

static void stays_within_the_quota(void)
{
    struct world world;
    build(&world, 3000);
    submit(&world, 1, 2, 6);
    EQ(settle(&world), 0);
    EQ(tasks_of(&world, 1), 3);
    clear(&world);
}

static void shrinks_when_the_head_fits_then(void)
{
    struct world world;
    build(&world, -1);
    submit(&world, 1, 2, 6);
    settle(&world);
    EQ(tasks_of(&world, 1), 6);
    submit(&world, 2, 3, 3);
    EQ(settle(&world), 0); /* it holds what it has for elastic_hold_s */
    world.now_us += 601 * S;
    EQ(settle(&world), 1U << 1);
    EQ(tasks_of(&world, 1) + tasks_of(&world, 2), 6);
    OK(tasks_of(&world, 1) >= 2 && tasks_of(&world, 2) == 3);
    clear(&world);
}

/* 6 devices x 20,000 s would be lost, so that 3 devices start 16,000 s sooner. */
static void keeps_all_if_more_is_lost_than_gained(void)
{
    struct world world;
    build(&world, -1);
    submit(&world, 1, 2, 6);
    settle(&world);
    submit(&world, 2, 3, 3);
    world.now_us += 20000 * S;
    EQ(settle(&world), 0);
    EQ(tasks_of(&world, 1), 6);
    clear(&world);
}

/* Five seconds past the end that was expected.  With a time limit it is being stopped, and nothing is gained by shrinking it;
 * without one it may run as long again, and loses nothing, because it saves its work. */
static void who_is_overdue_is_gone_soon_only_with_a_limit(void)
{
    for (int limited = 0; limited <= 1; limited++) {
        struct world world;
        build(&world, -1);
        submit(&world, 1, 2, 6);
        settle(&world);
        struct fg_job job = *fg_queue_get(world.queue, 1);
        job.checkpoint_us = 600 * S;
        job.time_limit_us = limited ? job.time_limit_us : 0;
        fg_queue_set(world.queue, &job);
        submit(&world, 2, 3, 3);
        world.now_us += 36005 * S;
        EQ(settle(&world), limited ? 0 : 1U << 1);
        clear(&world);
    }
}

static void is_not_shrunk_below_a_guarantee(void)
{
    for (int64_t guarantee = 3000; guarantee <= 6000; guarantee += 3000) {
        struct world world;
        build(&world, -1);
        put(&world, (struct fg_project){.id = 1, .guarantee_milli = guarantee});
        put(&world, (struct fg_project){.id = 2});
        submit(&world, 1, 2, 6);
        settle(&world);
        submit_to(&world, 2, 2, 3, 3);
        world.now_us += 601 * S;
        EQ(settle(&world), guarantee < 6000 ? 1U << 1 : 0); /* of what is borrowed only */
        EQ(tasks_of(&world, 1), guarantee < 6000 ? 3 : 6);
        clear(&world);
    }
}

static void grows_though_it_is_its_users_last_job(void)
{
    struct world world;
    build(&world, -1);
    put(&world, (struct fg_project){.id = 1, .user_limits = {.running = 1}});
    submit(&world, 1, 4, 4);
    submit(&world, 2, 2, 6);
    settle(&world);
    EQ(tasks_of(&world, 2), 2);
    stop(&world, 1);
    fg_queue_del(world.queue, 1);
    world.now_us += 601 * S;
    EQ(settle(&world), 1U << 2);
    EQ(tasks_of(&world, 2), 6);
    put(&world, (struct fg_project){.id = 1, .user_limits = {.gpu_milli = 2000}});
    fg_quota_add(world.queue, world.pool, fg_queue_get(world.queue, 2),
                 running(&world, 2)->grants, 6); /* users are counted again */
    stop(&world, 2);
    settle(&world);
    EQ(tasks_of(&world, 2), 2);
    world.now_us += 601 * S;
    EQ(settle(&world), 0); /* it would have no more */
    clear(&world);
}

static void is_not_stopped_in_vain(void)
{
    struct world world;
    build(&world, -1);
    submit(&world, 1, 4, 6);
    settle(&world);
    submit(&world, 2, 3, 3); /* 4 and 3 are more than there is */
    world.now_us += 601 * S;
    EQ(settle(&world), 0);
    EQ(tasks_of(&world, 1), 6);
    clear(&world);
}

static void grows_when_nobody_waits(void)
{
    struct world world;
    build(&world, -1);
    submit(&world, 1, 3, 3);
    submit(&world, 2, 1, 6);
    settle(&world);
    EQ(tasks_of(&world, 2), 3);
    stop(&world, 1);
    fg_queue_del(world.queue, 1);
    EQ(settle(&world), 0);
    world.now_us += 601 * S;
    EQ(settle(&world), 1U << 2);
    EQ(tasks_of(&world, 2), 6);
    world.now_us += 601 * S;
    EQ(settle(&world), 0);
    clear(&world);
}

int main(void)
{
    RUN(takes_as_many_as_fit);
    RUN(stays_within_the_quota);
    RUN(shrinks_when_the_head_fits_then);
    RUN(keeps_all_if_more_is_lost_than_gained);
    RUN(who_is_overdue_is_gone_soon_only_with_a_limit);
    RUN(is_not_shrunk_below_a_guarantee);
    RUN(grows_though_it_is_its_users_last_job);
    RUN(is_not_stopped_in_vain);
    RUN(grows_when_nobody_waits);
    return tap_done();
}
