/* bench_schedule.c - what a scheduling pass costs on a large pool with a long queue.
 *
 *     10,000 nodes, mixed     full pass: 100,000 wait, all is taken, a few jobs have just ended
 *     60 kinds of request     first pass: nothing runs yet, everything that fits starts
 *
 *     plain, users, guarantees    no limits; each user of each project may hold 200 devices; each project is guaranteed 1,000,
 *                                 and the first 8,000, more than it gets otherwise
 *
 * The rival is what one writes first: for each job look at every node and take the one that is left with the least.
 * It keeps no queue, no quotas, no gangs and no reservation, and gets its jobs in order for nothing.
 */
#include "bench/bench.h"
#include "schedule/quota.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NODES       10000
#define CLASSES     60
#define PROJECTS    12
#define USERS       20 /* of each project */
#define WAITING     100000
#define HOUR_US     3'600'000'000LL
#define RIVAL_FIRST 3000 /* jobs that the rival places on the empty pool */
#define RIVAL_FULL                                                                             \
    5000 /* jobs that it tries on the full one: a twentieth of what ours settles */

enum scene { PLAIN, LIMITS_OF_USERS, GUARANTEES };

struct held {
    struct fg_job job;
    struct fg_amount amount;
    struct fg_grant *grants;
};

struct cluster {
    enum scene scene;
    uint64_t seed;
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    struct fg_request requests[CLASSES];
    fg_job_id next_id;
    struct fg_running *running;
    struct held *held;
    size_t running_len, running_room;
    int64_t now_us;
};

static uint32_t draw(struct cluster *cluster, uint32_t below)
{
    uint64_t z = cluster->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

/* -- the cluster ----------------------------------------------------------------------------------- */

static void add_node(struct cluster *cluster, size_t number)
{
    static const struct {
        const char *kind;
        uint32_t devices, mem_mib, cores;
        uint64_t host_mib;
    } shapes[] = {{"h100-sxm-80g", 8, 81920, 96, 1048576},
                  {"a100-sxm-40g", 4, 40960, 64, 524288},
                  {"", 0, 0, 64, 262144}};
    size_t shape = number % 10 < 4 ? 0 : number % 10 < 7 ? 1 : 2;
    struct fg_node_spec spec = {.cpu_milli = shapes[shape].cores * 1000,
                                .mem_mib = shapes[shape].host_mib,
                                .devices_len = shapes[shape].devices};
    snprintf(spec.name, sizeof(spec.name), "node-%05zu", number);
    for (uint32_t i = 0; i < spec.devices_len; i++) {
        snprintf(spec.devices[i].kind, FG_KIND_MAX, "%s", shapes[shape].kind);
        spec.devices[i].mem_mib = shapes[shape].mem_mib;
    }
    if (fg_pool_add(cluster->pool, &spec, NULL, NULL) != 0)
        bench_die("node %zu", number);
}

static struct fg_request request_of(uint32_t number)
{
    static const char *const kinds[] = {"h100", "a100", "any", "a100", ""};
    static const uint32_t counts[] = {1, 2, 4, 8, 1, 2};
    struct fg_request request = {.cpu_milli = 1000 * (1 + number % 12),
                                 .mem_mib = 2048 * (1 + number % 16)};
    uint32_t kind = number % 5;
    if (kind == 4)
        return request;
    snprintf(request.kind, sizeof(request.kind), "%s", kinds[kind]);
    request.count = kind == 3 ? 1 : counts[number / 5 % 6];
    if (kind == 1 && request.count == 8)
        request.count = 4;
    request.gpu_milli = kind == 3 ? 50 * (1 + number / 5) : 1000;
    return request;
}

static void submit(struct cluster *cluster)
{
    uint32_t number = draw(cluster, CLASSES);
    struct fg_job job = {
        .id = cluster->next_id++,
        .project = 1 + draw(cluster, PROJECTS),
        .request = fg_queue_class(cluster->queue, &cluster->requests[number], 1),
        .tasks = draw(cluster, 50) ? 1 : 2 + draw(cluster, 7),
        .priority_milli = (int32_t)draw(cluster, 100000),
        .submitted_us = cluster->now_us - (int64_t)draw(cluster, 48) * HOUR_US,
        .time_limit_us = (1 + (int64_t)draw(cluster, 48)) * HOUR_US,
        .preemptible = draw(cluster, 10) == 0,
    };
    if (cluster->scene == LIMITS_OF_USERS)
        job.user = draw(cluster, USERS);
    if (fg_queue_add(cluster->queue, &job, NULL) != 0)
        bench_die("the queue is full");
}

static void add_project(struct cluster *cluster, uint32_t id)
{
    struct fg_project project = {.id = id, .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    snprintf(project.name, sizeof(project.name), "project-%u", id);
    if (cluster->scene == LIMITS_OF_USERS)
        project.user_limits.gpu_milli = 200000;
    if (cluster->scene == GUARANTEES)
        project.guarantee_milli = id == 1 ? 8000000 : 1000000;
    if (fg_queue_project_put(cluster->queue, &project, NULL) != 0)
        bench_die("project %u", id);
    fg_queue_set_bonus(cluster->queue, id, (int64_t)draw(cluster, 20) * 3600000);
}

static void build(struct cluster *cluster, const struct fg_job_order *order, enum scene scene)
{
    *cluster = (struct cluster){
        .scene = scene, .seed = 1, .next_id = 1, .now_us = 1'750'000'000'000'000};
    fg_config_defaults(&cluster->config);
    cluster->pool = fg_pool_new(NODES);
    cluster->ranking = fg_ranking_new(&cluster->config, order, FG_PREEMPT_PRIORITY);
    cluster->queue = fg_ranking_queue(cluster->ranking, 1000000);
    cluster->schedule = fg_schedule_new(&cluster->config);
    if (!cluster->pool || !cluster->queue || !cluster->schedule)
        bench_die("no memory");
    for (size_t i = 0; i < NODES; i++)
        add_node(cluster, i);
    for (uint32_t id = 1; id <= PROJECTS; id++)
        add_project(cluster, id);
    for (uint32_t i = 0; i < CLASSES; i++)
        cluster->requests[i] = request_of(i);
}

static void destroy(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->running_len; i++)
        free(cluster->held[i].grants);
    free(cluster->held);
    free(cluster->running);
    fg_schedule_free(cluster->schedule);
    fg_queue_free(cluster->queue);
    fg_ranking_free(cluster->ranking);
    fg_pool_free(cluster->pool);
}

/* -- what the daemon does with decisions, without its store and engine -------------------------------- */

static void start(struct cluster *cluster, const struct fg_decision *decision)
{
    struct fg_job job = *fg_queue_get(cluster->queue, decision->job);
    if (cluster->running_len == cluster->running_room) {
        size_t room = cluster->running_room * 2 + 1024;
        cluster->running = reallocarray(cluster->running, room, sizeof(cluster->running[0]));
        cluster->held = reallocarray(cluster->held, room, sizeof(cluster->held[0]));
        cluster->running_room = room;
    }
    struct held *held = &cluster->held[cluster->running_len];
    size_t size = decision->grants_len * sizeof(struct fg_grant);
    struct fg_grant *grants = malloc(size);
    if (!cluster->running || !cluster->held || !grants)
        bench_die("no memory");
    memcpy(grants, fg_schedule_grants(cluster->schedule) + decision->grants_at, size);
    const struct fg_project *project = fg_queue_project(cluster->queue, job.project);
    *held = (struct held){
        job, fg_schedule_amount(cluster->pool, project, grants, decision->grants_len), grants};
    cluster->running[cluster->running_len++] =
        (struct fg_running){.job = job.id,
                            .end_us = cluster->now_us + job.time_limit_us,
                            .grants = grants,
                            .grants_len = decision->grants_len};
    job.state = FG_JOB_RUNNING;
    fg_queue_set(cluster->queue, &job);
}

static void end(struct cluster *cluster, size_t at)
{
    struct fg_running *running = &cluster->running[at];
    struct held *held = &cluster->held[at];
    for (size_t i = 0; i < running->grants_len; i++)
        fg_pool_release(cluster->pool, &running->grants[i]);
    fg_held_take(fg_queue_held(cluster->queue, held->job.project), &held->amount);
    fg_quota_take(cluster->queue, cluster->pool, &held->job, running->grants,
                  running->grants_len);
    fg_queue_del(cluster->queue, held->job.id);
    free(held->grants);
    *running = cluster->running[--cluster->running_len];
    *held = cluster->held[cluster->running_len];
}

static void end_job(struct cluster *cluster, fg_job_id job)
{
    size_t at = 0;
    while (at < cluster->running_len && cluster->running[at].job != job)
        at++;
    if (at < cluster->running_len)
        end(cluster, at);
}

/* Processor time: nothing in here waits, and neighbours on the machine then count for little. */
static int64_t cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

/* Returns the milliseconds of the pass alone. */
static double pass(struct cluster *cluster, size_t *out_started)
{
    const struct fg_decision *decisions;
    int64_t before = cpu_us();
    fg_ranking_tick(cluster->ranking, cluster->queue, cluster->pool, cluster->now_us);
    size_t len =
        fg_schedule_pass(cluster->schedule, cluster->pool, cluster->queue, cluster->running,
                         cluster->running_len, cluster->now_us, &decisions);
    double ms = (double)(cpu_us() - before) / 1000;
    *out_started = 0;
    for (size_t i = 0; i < len; i++)
        if (decisions[i].kind == FG_DECIDE_START) {
            start(cluster, &decisions[i]);
            (*out_started)++;
        }
    for (size_t i = 0; i < len; i++)
        if (cluster->scene == GUARANTEES && decisions[i].kind == FG_DECIDE_PREEMPT)
            end_job(cluster, decisions[i].job);
    return ms;
}

/* -- the rival: for each job, all nodes ------------------------------------------------------------------ */

static uint32_t devices_left(const struct fg_pool_node *node)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        left += node->left_milli[i];
    return left;
}

static bool rival_place(struct fg_pool *pool, const struct fg_request *request)
{
    struct fg_need need = fg_pool_need(pool, request);
    struct fg_grant best = {}, grant;
    uint64_t best_left = UINT64_MAX;
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++) {
        if (!fg_pool_fit(pool, NULL, id, &need, false, &grant))
            continue;
        const struct fg_pool_node *node = fg_pool_node(pool, id);
        uint64_t left = (uint64_t)devices_left(node) << 32 | node->cpu_milli_left;
        if (left < best_left) {
            best_left = left;
            best = grant;
        }
    }
    return best.node && fg_pool_claim(pool, &best, NULL) == 0;
}

/* Jobs a second. */
static double rival(struct cluster *cluster, struct fg_pool *pool, size_t jobs)
{
    int64_t before = cpu_us();
    for (size_t i = 0; i < jobs; i++)
        (void)rival_place(pool, &cluster->requests[draw(cluster, CLASSES)]);
    return (double)jobs * 1e6 / (double)(cpu_us() - before);
}

static double rival_on_empty(struct cluster *cluster)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(NODES);
    fg_pool_copy(pool, cluster->pool);
    return rival(cluster, pool, RIVAL_FIRST);
}

static double rival_on_full_ms(struct cluster *cluster)
{
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(NODES);
    fg_pool_copy(pool, cluster->pool);
    return RIVAL_FULL * 1e3 / rival(cluster, pool, RIVAL_FULL);
}

/* -- the figures ------------------------------------------------------------------------------------------- */

static void first_pass(struct cluster *cluster)
{
    size_t started;
    double rate = rival_on_empty(cluster);
    while (fg_queue_ready(cluster->queue) < WAITING)
        submit(cluster);
    double ms = pass(cluster, &started);
    char name[64];
    snprintf(name, sizeof(name), "first pass: %zu starts", started);
    bench_line(name, (double)started * 1e3 / ms, "jobs/s", BENCH_MORE, 0,
               "scan of all nodes per job", rate);
}

/* Some end, some come, one pass; again and again. */
static void full_passes(struct cluster *cluster, size_t passes)
{
    double *ms = calloc(passes, sizeof(*ms));
    size_t started;
    if (!ms)
        bench_die("no memory");
    while (fg_queue_ready(cluster->queue) < WAITING)
        submit(cluster);
    (void)pass(cluster, &started);
    for (size_t i = 0; i < passes; i++) {
        cluster->now_us += 1'000'000;
        for (int n = 0; n < 20; n++)
            end(cluster, draw(cluster, (uint32_t)cluster->running_len));
        while (fg_queue_ready(cluster->queue) < WAITING)
            submit(cluster);
        ms[i] = pass(cluster, &started);
    }
    char name[64];
    snprintf(name, sizeof(name), "pass: 100k waiting, 10k nodes, %zuk running",
             cluster->running_len / 1000);
    double scan = rival_on_full_ms(cluster);
    bench_line(name, bench_quantile(ms, passes, 50), "ms", BENCH_LESS, 50,
               "scan of all nodes, 5k jobs", scan);
    bench_line("  p99", bench_quantile(ms, passes, 99), "ms", BENCH_LESS, 100, NULL, 0);
    free(ms);
}

int main(int argc, char **argv)
{
    size_t passes = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    const struct fg_job_order *order = argc > 2 ? fg_job_order_find(argv[2]) : fg_job_orders[0];
    static const char *const scenes[] = {"plain", "users", "guarantees"};
    const char *name = argc > 3 ? argv[3] : scenes[0];
    int scene = PLAIN;
    while (scene <= GUARANTEES && strcmp(scenes[scene], name) != 0)
        scene++;
    if (passes < 1 || passes > 100000 || !order || scene > GUARANTEES)
        bench_die(
            "usage: bench_schedule [passes, 1 to 100000] [order] [plain|users|guarantees]");
    struct cluster *cluster = malloc(sizeof(*cluster));
    if (!cluster)
        bench_die("no memory");
    build(cluster, order, (enum scene)scene);
    first_pass(cluster);
    full_passes(cluster, passes);
    destroy(cluster);
    free(cluster);
    return bench_done();
}
