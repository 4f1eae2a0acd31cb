/* batch_test.c - the queue's head arranged by search, against trying every set of jobs on every node.
 *
 * The brute force counts devices in plain arrays: on each node so many are free now, and of these so many are still free
 * when the head has come.
 */
#include "schedule/schedule_inner.h"
#include "test/sim/random.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define NODES   3
#define DEVICES 6
#define JOBS    8
#define HOLDERS 4
#define SEEDS   400
#define NOW     (1'000'000 * S)
#define S       1'000'000LL

struct world {
    uint64_t seed;
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct fg_grant grants[HOLDERS];
    struct fg_running running[HOLDERS];
    size_t running_len;
    uint32_t asks[JOBS + 1]; /* by id */
    int64_t lasts_us[JOBS + 1];
};

static void add_nodes(struct world *world)
{
    for (int i = 0; i < NODES; i++) {
        struct fg_node_spec spec = {
            .cpu_milli = 64000, .mem_mib = 65536, .devices_len = DEVICES};
        snprintf(spec.name, sizeof(spec.name), "n%d", i);
        for (uint32_t at = 0; at < DEVICES; at++)
            spec.devices[at] = (struct fg_device_spec){.kind = "h100", .mem_mib = 40960};
        if (fg_pool_add(world->pool, &spec, NULL, NULL) != 0)
            abort();
    }
}

static struct fg_request request_of(uint32_t devices)
{
    return (struct fg_request){
        .kind = "h100", .count = devices, .gpu_milli = 1000, .cpu_milli = 16};
}

static void add_holders(struct world *world)
{
    for (size_t i = 0; i < HOLDERS; i++) {
        struct fg_request request = request_of(1 + sim_random(&world->seed, 4));
        struct fg_need need = fg_pool_need(world->pool, &request);
        struct fg_grant *grant = &world->grants[world->running_len];
        if (!fg_pool_fit(world->pool, NULL, 1 + sim_random(&world->seed, NODES), &need, false,
                         grant))
            continue;
        if (fg_pool_claim(world->pool, grant, NULL) != 0)
            abort();
        world->running[world->running_len++] =
            (struct fg_running){.job = 1000 + i,
                                .end_us = NOW + (1 + sim_random(&world->seed, 10)) * 10 * S,
                                .grants = grant,
                                .grants_len = 1};
    }
}

static void submit(struct world *world, fg_job_id id, uint32_t devices, int64_t lasts_us)
{
    struct fg_request request = request_of(devices);
    struct fg_job job = {.id = id,
                         .project = 1,
                         .tasks = 1,
                         .submitted_us = NOW - 100 * S + (int64_t)id,
                         .time_limit_us = lasts_us,
                         .request = fg_queue_class(world->queue, &request, 1)};
    world->asks[id] = devices;
    world->lasts_us[id] = lasts_us;
    if (fg_queue_add(world->queue, &job, NULL) != 0)
        abort();
}

static void build(struct world *world, uint64_t seed, bool optimise)
{
    *world = (struct world){.seed = seed};
    fg_config_defaults(&world->config);
    world->config.optimise_tries = 3000;
    world->pool = fg_pool_new(NODES);
    world->ranking =
        fg_ranking_new(&world->config, fg_job_order_find("fifo"), FG_PREEMPT_PRIORITY);
    world->queue = fg_ranking_queue(world->ranking, JOBS);
    world->schedule = fg_schedule_new(&world->config);
    fg_schedule_rank(world->schedule, world->ranking);
    fg_schedule_optimise(world->schedule, optimise);
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    if (fg_queue_project_put(world->queue, &project, NULL) != 0)
        abort();
    add_nodes(world);
}

static void clear(struct world *world)
{
    fg_schedule_free(world->schedule);
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_pool_free(world->pool);
}

static void random_world(struct world *world, uint64_t seed, bool optimise)
{
    build(world, seed, optimise);
    add_holders(world);
    for (fg_job_id id = 1; id <= JOBS; id++)
        submit(world, id, 1 + sim_random(&world->seed, DEVICES),
               (1 + sim_random(&world->seed, 10)) * 10 * S);
}

/* The jobs that start, as a set of 1 << id. */
static uint32_t pass(struct world *world)
{
    const struct fg_decision *decisions;
    uint32_t started = 0;
    size_t len = fg_schedule_pass(world->schedule, world->pool, world->queue, world->running,
                                  world->running_len, NOW, &decisions);
    for (size_t i = 0; i < len; i++)
        started |= 1U << decisions[i].job;
    return started;
}

/* -- every way ------------------------------------------------------------------------------------------- */

struct room {
    uint32_t now[NODES];    /* free */
    uint32_t beside[NODES]; /* of these, not the head's */
};

/* Those behind the head that would start alone. */
struct every {
    fg_job_id ids[JOBS];
    uint32_t asks[JOBS];
    int64_t worth[JOBS];
    bool past[JOBS];
    size_t len;
};

/* When who came before the head has started, and nobody behind it. */
static struct room room_of(const struct world *world, const struct fg_schedule *schedule)
{
    struct room room = {};
    for (fg_node_id id = 1; id <= NODES; id++) {
        uint32_t heads = 0;
        for (size_t i = 0; i < schedule->forecast.head_len; i++)
            if (schedule->forecast.head[i].node == id)
                heads |= schedule->forecast.head[i].devices;
        for (uint32_t at = 0; at < DEVICES; at++)
            if (fg_pool_node(world->pool, id)->left_milli[at] == 1000) {
                room.now[id - 1]++;
                room.beside[id - 1] += !(heads >> at & 1);
            }
    }
    return room;
}

static void list_all(const struct world *world,
                     const struct room *room,
                     struct fg_reservation head,
                     struct every *every)
{
    *every = (struct every){};
    for (fg_job_id id = head.job + 1; id <= JOBS; id++) {
        uint32_t asks = world->asks[id], most = 0;
        bool past = NOW + world->lasts_us[id] > head.at_us;
        for (int node = 0; node < NODES; node++) {
            uint32_t left = past ? room->beside[node] : room->now[node];
            most = left > most ? left : most;
        }
        size_t at = every->len;
        int64_t expected_s = world->lasts_us[id] / S > 60 ? world->lasts_us[id] / S : 60;
        every->ids[at] = id;
        every->asks[at] = asks;
        every->past[at] = past;
        every->worth[at] =
            (int64_t)asks * 1000
            * ((2 * world->config.optimise_jobs - (int64_t)at) * 3600000 / expected_s);
        every->len += asks <= most;
    }
}

/* The most that those from `at` on add. */
static int64_t best_of(const struct every *every, struct room room, size_t at)
{
    if (at == every->len)
        return 0;
    int64_t best = best_of(every, room, at + 1);
    uint32_t asks = every->asks[at];
    for (int node = 0; node < NODES; node++) {
        struct room left = room;
        if (room.now[node] < asks || (every->past[at] && room.beside[node] < asks))
            continue;
        left.now[node] -= asks;
        left.beside[node] -= every->past[at] ? asks : 0;
        int64_t sum = every->worth[at] + best_of(every, left, at + 1);
        best = sum > best ? sum : best;
    }
    return best;
}

static int64_t worth_of(const struct every *every, uint32_t started)
{
    int64_t sum = 0;
    for (size_t i = 0; i < every->len; i++)
        sum += started >> every->ids[i] & 1 ? every->worth[i] : 0;
    return sum;
}

struct tally {
    size_t heads, worse, better, best, above, broken, searched;
};

static void compare(uint64_t seed, struct tally *tally)
{
    struct world plain, search;
    struct every every;
    random_world(&plain, seed, false);
    random_world(&search, seed, true);
    uint32_t in_order = pass(&plain), arranged = pass(&search);
    struct fg_reservation head = fg_schedule_reservation(plain.schedule);
    if (head.job && head.at_us != INT64_MAX) {
        for (size_t i = 0; i < plain.schedule->decisions_len; i++)
            if (plain.schedule->decisions[i].job > head.job)
                fg_pool_release(plain.pool, &plain.schedule->grants[i]);
        struct room room = room_of(&plain, plain.schedule);
        list_all(&plain, &room, head, &every);
        int64_t first = worth_of(&every, in_order), got = worth_of(&every, arranged),
                most = best_of(&every, room, 0);
        tally->heads++;
        tally->searched += fg_schedule_arranged(search.schedule).searched;
        tally->worse += got < first;
        tally->better += got > first;
        tally->best += got == most;
        tally->above += got > most;
        tally->broken += ((arranged ^ in_order) & ((2U << head.job) - 1)) != 0;
        tally->broken += fg_schedule_reservation(search.schedule).job != head.job
                         || fg_schedule_reservation(search.schedule).at_us != head.at_us;
        tally->broken += !fg_pool_check(search.pool);
    }
    clear(&plain);
    clear(&search);
}

static void against_every_way(void)
{
    struct tally tally = {};
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        compare(seed, &tally);
    printf("# of %zu: %zu searched, %zu better than in order, %zu as good as can be\n",
           tally.heads, tally.searched, tally.better, tally.best);
    EQ(tally.best, tally.heads);
    EQ(tally.worse, 0);
    EQ(tally.above, 0);
    EQ(tally.broken, 0);
    OK(tally.better > 0);
}

/* Each of the many would start: no more do than are allowed past the head. */
static void no_more_start_than_backfill_allows(void)
{
    struct world world;
    build(&world, 1, true);
    world.config.backfill_depth = 3;
    struct fg_need need = fg_pool_need(
        world.pool, &(struct fg_request){.kind = "h100", .count = 1, .gpu_milli = 1000});
    for (fg_node_id id = 1; id <= NODES; id++) {
        struct fg_grant *grant = &world.grants[world.running_len];
        if (!fg_pool_fit(world.pool, NULL, id, &need, false, grant)
            || fg_pool_claim(world.pool, grant, NULL) != 0)
            abort();
        world.running[world.running_len++] = (struct fg_running){
            .job = 1000 + id, .end_us = NOW + 50 * S, .grants = grant, .grants_len = 1};
    }
    submit(&world, 1, DEVICES, 10 * S);
    for (fg_job_id id = 2; id <= JOBS; id++)
        submit(&world, id, 1, 10 * S);
    EQ(__builtin_popcount(pass(&world)), 3);
    clear(&world);
}

int main(void)
{
    RUN(no_more_start_than_backfill_allows);
    RUN(against_every_way);
    return tap_done();
}
