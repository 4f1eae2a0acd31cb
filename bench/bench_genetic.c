/* bench_genetic.c - backfill found by search (schedule.optimise: head) against backfill in the queue's order.
 *
 *     random clusters, full, of which some jobs have just ended --one pass each way--> devices put to work, time
 *
 * Whole devices, shares and gangs in four mixes.  Both passes see the same state.  What it comes to over a whole trace:
 * `fastgpu sim run --compare fifo,fifo:optimise`.
 */
#include "bench/bench.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"
#include "test/sim/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define S          1'000'000LL
#define NOW        (1'000'000 * S)
#define WAITING    64
#define CASES      60
#define NODE_CARDS 8
#define LONGEST    36000

struct mix {
    const char *name;
    uint32_t sizes[4]; /* devices of a task, in milli */
    uint32_t tasks_max;
};

static const struct mix mixes[] = {
    {"one device each", {1000, 1000, 1000, 1000}, 1},
    {"1 2 4 8 devices", {1000, 2000, 4000, 8000}, 1},
    {"1 3 5 7 devices", {1000, 3000, 5000, 7000}, 1},
    {"shares and gangs", {250, 600, 1000, 4000}, 4},
};

struct scene {
    uint64_t seed;
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct fg_grant *grants;
    struct fg_running *running;
    size_t running_len;
};

static struct fg_request request_of(struct scene *scene, const struct mix *mix)
{
    uint32_t size = mix->sizes[sim_random(&scene->seed, 4)];
    return (struct fg_request){.kind = "h100",
                               .count = size < 1000 ? 1 : size / 1000,
                               .gpu_milli = size < 1000 ? size : 1000,
                               .cpu_milli = 1000,
                               .mem_mib = 1024};
}

static void add_nodes(struct scene *scene, size_t nodes)
{
    for (size_t i = 0; i < nodes; i++) {
        struct fg_node_spec spec = {
            .cpu_milli = 128000, .mem_mib = 1 << 20, .devices_len = NODE_CARDS};
        snprintf(spec.name, sizeof(spec.name), "n%zu", i);
        for (uint32_t at = 0; at < NODE_CARDS; at++)
            spec.devices[at] = (struct fg_device_spec){.kind = "h100", .mem_mib = 81920};
        if (fg_pool_add(scene->pool, &spec, NULL, NULL) != 0)
            bench_die("node %zu", i);
    }
}

static void end_some(struct scene *scene)
{
    for (size_t i = 0; i < scene->running_len;)
        if (sim_random(&scene->seed, 10) == 0) {
            fg_pool_release(scene->pool, scene->running[i].grants);
            scene->running[i] = scene->running[--scene->running_len];
        } else {
            i++;
        }
}

/* Until hardly anything fits; then one in ten has ended. */
static void fill(struct scene *scene, const struct mix *mix, size_t nodes)
{
    size_t most = nodes * NODE_CARDS * 4;
    scene->grants = calloc(most, sizeof(scene->grants[0]));
    scene->running = calloc(most, sizeof(scene->running[0]));
    if (!scene->grants || !scene->running)
        bench_die("no memory");
    for (size_t misses = 0; misses < 8 && scene->running_len < most;) {
        struct fg_request request = request_of(scene, mix);
        struct fg_need need = fg_pool_need(scene->pool, &request);
        struct fg_grant *grant = &scene->grants[scene->running_len];
        if (!fg_pool_best_fit(scene->pool, NULL, &need, grant)) {
            misses++;
            continue;
        }
        if (fg_pool_claim(scene->pool, grant, NULL) != 0)
            bench_die("a grant that does not fit");
        scene->running[scene->running_len] =
            (struct fg_running){.job = 100000 + scene->running_len,
                                .end_us = NOW + (1 + sim_random(&scene->seed, LONGEST)) * S,
                                .grants = grant,
                                .grants_len = 1};
        scene->running_len++;
    }
    end_some(scene);
}

static void submit_all(struct scene *scene, const struct mix *mix)
{
    for (fg_job_id id = 1; id <= WAITING; id++) {
        struct fg_request request = request_of(scene, mix);
        struct fg_job job = {.id = id,
                             .project = 1,
                             .tasks = 1 + sim_random(&scene->seed, mix->tasks_max),
                             .submitted_us = NOW - 3600 * S + (int64_t)id,
                             .time_limit_us = (1 + sim_random(&scene->seed, LONGEST)) * S,
                             .request = fg_queue_class(scene->queue, &request, 1)};
        if (fg_queue_add(scene->queue, &job, NULL) != 0)
            bench_die("the queue is full");
    }
}

static void build(struct scene *scene, uint64_t seed, const struct mix *mix, size_t nodes)
{
    *scene = (struct scene){.seed = seed};
    fg_config_defaults(&scene->config);
    scene->pool = fg_pool_new(nodes);
    scene->ranking =
        fg_ranking_new(&scene->config, fg_job_order_find("fifo"), FG_PREEMPT_PRIORITY);
    scene->queue = fg_ranking_queue(scene->ranking, WAITING);
    scene->schedule = fg_schedule_new(&scene->config);
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    if (fg_queue_project_put(scene->queue, &project, NULL) != 0)
        bench_die("the project");
    add_nodes(scene, nodes);
    fill(scene, mix, nodes);
    submit_all(scene, mix);
}

static void destroy(struct scene *scene)
{
    fg_schedule_free(scene->schedule);
    fg_queue_free(scene->queue);
    fg_ranking_free(scene->ranking);
    fg_pool_free(scene->pool);
    free(scene->grants);
    free(scene->running);
}

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Devices that the pass puts to work. */
static double one_pass(
    uint64_t seed, const struct mix *mix, size_t nodes, bool optimise, double *out_ms)
{
    struct scene scene;
    const struct fg_decision *decisions;
    build(&scene, seed, mix, nodes);
    fg_schedule_optimise(scene.schedule, optimise);
    uint64_t before = fg_pool_totals(scene.pool).gpu_used_milli;
    double began = cpu_ms();
    fg_schedule_pass(scene.schedule, scene.pool, scene.queue, scene.running, scene.running_len,
                     NOW, &decisions);
    *out_ms = cpu_ms() - began;
    double got = (double)(fg_pool_totals(scene.pool).gpu_used_milli - before) / 1000;
    destroy(&scene);
    return got;
}

static void compare(const struct mix *mix, size_t nodes)
{
    double in_order_ms[CASES], search_ms[CASES], in_order = 0, search = 0;
    int more = 0, fewer = 0;
    for (int i = 0; i < CASES; i++) {
        double a = one_pass((uint64_t)i + 1, mix, nodes, false, &in_order_ms[i]);
        double b = one_pass((uint64_t)i + 1, mix, nodes, true, &search_ms[i]);
        in_order += a;
        search += b;
        more += b > a;
        fewer += b < a;
    }
    char name[96];
    snprintf(name, sizeof(name), "%zu nodes, %s: devices a pass", nodes, mix->name);
    bench_line(name, search / CASES, "devices", BENCH_MORE, 0, "in order", in_order / CASES);
    snprintf(name, sizeof(name), "  more in %d of %d passes, fewer in %d; a pass", more, CASES,
             fewer);
    bench_line(name, bench_quantile(search_ms, CASES, 50), "ms", BENCH_LESS, 0, "in order",
               bench_quantile(in_order_ms, CASES, 50));
}

int main(void)
{
    static const size_t sizes[] = {4, 32, 512};
    for (size_t size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++)
        for (size_t mix = 0; mix < sizeof(mixes) / sizeof(mixes[0]); mix++)
            compare(&mixes[mix], sizes[size]);
    return bench_done();
}
