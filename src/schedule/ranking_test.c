/* ranking_test.c - projects in turn, by what they hold and what they used; who may push aside whom, and that it ends. */
#include "schedule/ranking.h"
#include "schedule/schedule.h"
#include "schedule/standing.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define S        1'000'000LL
#define START_US (1'750'000'000 * S)
#define SEEDS    60
#define PROJECTS 6
#define JOBS_MAX 200

static struct fg_config config;

struct world {
    uint64_t seed;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_project projects[PROJECTS + 1];
    bool flat; /* nobody has a parent */
    fg_job_id next_id;
};

static uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t z = world->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void build(struct world *world,
                  uint64_t seed,
                  const char *order,
                  enum fg_preempt preempt)
{
    *world = (struct world){.seed = seed, .next_id = 1};
    world->pool = fg_pool_new(1);
    world->ranking = fg_ranking_new(&config, fg_job_order_find(order), preempt);
    world->queue = fg_ranking_queue(world->ranking, 100000);
}

static void add_node(struct world *world, uint32_t cores, uint64_t mem_mib, uint32_t devices)
{
    struct fg_node_spec spec = {
        .name = "n", .cpu_milli = cores * 1000, .mem_mib = mem_mib, .devices_len = devices};
    for (uint32_t i = 0; i < devices; i++)
        memcpy(spec.devices[i].kind, "h100", 5);
    OK(fg_pool_add(world->pool, &spec, NULL, NULL) == 0);
}

static void add_project(struct world *world, uint32_t id, uint32_t weight)
{
    struct fg_project *project = &world->projects[id];
    *project = (struct fg_project){.id = id, .weight = weight, .quota = {-1, -1, -1, -1, -1}};
    snprintf(project->name, sizeof(project->name), "p%u", id);
    OK(fg_queue_project_put(world->queue, project, NULL) == 0);
}

static struct fg_job submit(struct world *world,
                            struct fg_job job,
                            const struct fg_request *request)
{
    job.id = world->next_id++;
    job.request = fg_queue_class(world->queue, request, 1);
    job.tasks = 1;
    if (fg_queue_add(world->queue, &job, NULL) != 0)
        abort();
    return job;
}

static void destroy(struct world *world)
{
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_pool_free(world->pool);
}

/* -- dominant resource fairness ------------------------------------------------------------------------- */

/* The example of the paper: 9 cores, 18 GB; A asks <1, 4>, B <3, 1>; A gets 3 tasks, B 2. */
static void the_paper_s_example_fills_up(void)
{
    struct world world;
    build(&world, 1, "drf", FG_PREEMPT_OFF);
    add_node(&world, 9, 18 * 1024, 0);
    const struct fg_request asks[] = {{.cpu_milli = 1000, .mem_mib = 4096},
                                      {.cpu_milli = 3000, .mem_mib = 1024}};
    for (uint32_t id = 1; id <= 2; id++) {
        add_project(&world, id, 100);
        for (int i = 0; i < 10; i++)
            (void)submit(&world, (struct fg_job){.project = id, .submitted_us = START_US},
                         &asks[id - 1]);
    }
    FG_AUTO(fg_schedule) struct fg_schedule *schedule = fg_schedule_new(&config);
    const struct fg_decision *decisions;
    fg_ranking_tick(world.ranking, world.queue, world.pool, START_US);
    size_t len =
        fg_schedule_pass(schedule, world.pool, world.queue, NULL, 0, START_US, &decisions);
    int got[3] = {};
    for (size_t i = 0; i < len; i++)
        got[fg_queue_get(world.queue, decisions[i].job)->project]++;
    EQ(got[1], 3);
    EQ(got[2], 2);
    destroy(&world);
}

/* -- a walk with starts, against a choice from all ---------------------------------------------------------- */

struct bench {
    struct fg_job jobs[JOBS_MAX];
    bool gone[JOBS_MAX];
    size_t len;
};

static double most(double a, double b)
{
    return a > b ? a : b;
}

/* Of all projects in `set`, for the weight of `id`. */
static double measure(struct world *world, bool drf, uint32_t set, fg_project_id id)
{
    double used = 0, gpu = 0, cpu = 0, mem = 0;
    for (fg_project_id at = 1; at <= PROJECTS; at++) {
        const struct fg_held *held = fg_queue_held(world->queue, at);
        if (!(set >> at & 1))
            continue;
        used += held->used
                + ((double)held->gpu_milli + (double)held->cpu_milli / 16) / 1000
                      * (double)config.fair_hold_s;
        gpu += (double)held->gpu_milli;
        cpu += (double)held->cpu_milli;
        mem += (double)held->mem_mib;
    }
    return (drf ? most(gpu / 8000, most(cpu / 64000, mem / 65536)) : used)
           / world->projects[id].weight;
}

/* The job that must come now, of the projects in `set`: the first by P, then by id. */
static size_t first_of(const struct bench *bench, uint32_t set)
{
    size_t best = bench->len;
    for (size_t i = 0; i < bench->len; i++) {
        const struct fg_job *a = &bench->jobs[i], *b = &bench->jobs[best];
        if (bench->gone[i] || !(set >> a->project & 1))
            continue;
        if (best == bench->len || a->priority_milli > b->priority_milli
            || (a->priority_milli == b->priority_milli && a->id < b->id))
            best = i;
    }
    return best;
}

/* It and all below it. */
static uint32_t tree_of(const struct world *world, fg_project_id top)
{
    uint32_t set = 1U << top;
    for (fg_project_id id = 1; id <= PROJECTS; id++) /* parents have lower ids */
        if (world->projects[id].parent && set >> world->projects[id].parent & 1)
            set |= 1U << id;
    return set;
}

/* Down the tree: at each fork the branch that got least for its weight, of those that have jobs; where nobody has
 * parents jobs of projects that got the same are taken together. */
static size_t best_of(struct world *world,
                      const struct bench *bench,
                      bool drf,
                      fg_project_id top)
{
    double least = 1e300;
    uint32_t tied = 0;
    fg_project_id go = 0;
    for (fg_project_id id = 1; id <= PROJECTS; id++) {
        uint32_t set = id == top                           ? 1U << id
                       : world->projects[id].parent == top ? tree_of(world, id)
                                                           : 0;
        if (!set || first_of(bench, set) == bench->len)
            continue;
        double got = measure(world, drf, set, id);
        if (got > least + 1e-9 * least)
            continue;
        bool is_tie = got >= least - 1e-9 * least;
        tied = is_tie ? tied | set : set;
        go = is_tie ? go : id;
        least = is_tie ? least : got;
    }
    if (!go)
        return bench->len;
    bool is_leaf = go == top || tree_of(world, go) == 1U << go;
    if (world->flat)
        return first_of(bench, tied);
    return is_leaf ? first_of(bench, 1U << go) : best_of(world, bench, drf, go);
}

static bool walk_agrees(struct world *world, struct bench *bench, bool drf)
{
    const struct fg_job *job;
    fg_queue_walk(world->queue);
    while ((job = fg_queue_next(world->queue))) {
        size_t want = best_of(world, bench, drf, 0);
        if (want == bench->len || bench->jobs[want].id != job->id)
            return false;
        bench->gone[want] = true;
        if (draw(world, 3))
            fg_held_add(fg_queue_held(world->queue, job->project),
                        &(struct fg_amount){.gpu_milli = 1000 * draw(world, 3),
                                            .cpu_milli = 1000 * draw(world, 8),
                                            .mem_mib = 100 * draw(world, 40)});
    }
    return best_of(world, bench, drf, 0) == bench->len;
}

static bool projects_in_turn(uint64_t seed, bool drf, bool tree)
{
    static struct bench bench;
    struct world world;
    bench = (struct bench){};
    build(&world, seed, drf ? "drf" : "fair", FG_PREEMPT_OFF);
    add_node(&world, 64, 65536, 8);
    for (uint32_t id = 1; id <= PROJECTS; id++) {
        add_project(&world, id, 1 + draw(&world, 300));
        fg_queue_held(world.queue, id)->used = draw(&world, 100000);
        world.projects[id].parent = tree ? draw(&world, id) : 0;
        OK(fg_queue_project_put(world.queue, &world.projects[id], NULL) == 0);
    }
    world.flat = true;
    for (uint32_t id = 1; id <= PROJECTS; id++)
        world.flat = world.flat && !world.projects[id].parent;
    struct fg_request request = {.cpu_milli = 1000};
    for (bench.len = 1 + draw(&world, JOBS_MAX - 1); world.next_id <= bench.len;)
        bench.jobs[world.next_id - 1] =
            submit(&world,
                   (struct fg_job){.project = 1 + draw(&world, PROJECTS),
                                   .priority_milli = (int32_t)draw(&world, 10),
                                   .submitted_us = START_US},
                   &request);
    fg_ranking_tick(world.ranking, world.queue, world.pool, START_US + 1);
    bool good = walk_agrees(&world, &bench, drf);
    destroy(&world);
    return good;
}

static void starts_in_a_walk_move_their_project_back(void)
{
    size_t good = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        for (int way = 0; way < 4; way++)
            good += projects_in_turn(seed, way & 1, way & 2);
    EQ(good, 4 * SEEDS);
}

/* -- use that fades, and shares in the long run ------------------------------------------------------------- */

static void use_fades_by_half_each_half_life(void)
{
    struct fg_held held = {.used = 1000};
    fg_held_settle(&held, START_US, 100);
    EQ((int64_t)held.used, 1000);
    fg_held_settle(&held, START_US + 100 * S, 100);
    EQ((int64_t)(held.used + 0.5), 500);
    /* Holding two devices for ever comes to 2 x half-life / ln 2. */
    fg_held_add(&held, &(struct fg_amount){.gpu_milli = 2000});
    fg_held_settle(&held, START_US + 10000 * S, 100);
    EQ((int64_t)(held.used + 0.5), 289);
    /* Cutting time into pieces changes nothing. */
    struct fg_held pieces = {.used_us = START_US, .gpu_milli = 2000}, whole = pieces;
    fg_held_settle(&whole, START_US + 300 * S, 100);
    for (int64_t at = 0; at <= 300; at += 3)
        fg_held_settle(&pieces, START_US + at * S, 100);
    OK(pieces.used - whole.used < 1e-6 && whole.used - pieces.used < 1e-6);
}

/* The top shares by 1 : 3; below the second one, its own jobs and two more share by 3 : 1 : 2. */
static void targets_multiply_along_the_path(void)
{
    struct world world;
    build(&world, 1, "priority", FG_PREEMPT_OFF);
    static const uint32_t weights[] = {0, 100, 300, 100, 200}, parents[] = {0, 0, 0, 2, 2};
    static const double want[] = {0, 1.0 / 4, 3.0 / 8, 1.0 / 8, 1.0 / 4};
    for (uint32_t id = 1; id <= 4; id++) {
        add_project(&world, id, weights[id]);
        world.projects[id].parent = parents[id];
        EQ(fg_queue_project_put(world.queue, &world.projects[id], NULL), 0);
    }
    double got[5];
    fg_standing_targets(world.queue, got);
    for (int id = 1; id <= 4; id++)
        OK(got[id] > want[id] - 1e-9 && got[id] < want[id] + 1e-9);
    destroy(&world);
}

struct slot {
    fg_project_id project; /* 0: free */
    struct fg_amount amount;
    int64_t end_us;
};

/* Start jobs on free slots in the order of a walk; each project always has some that wait. */
static void fill_slots(struct world *world, struct slot *slots, size_t len, int64_t now_us)
{
    for (uint32_t id = 1; id <= 3; id++)
        while (fg_queue_held(world->queue, id)->queued < 12)
            (void)submit(world, (struct fg_job){.project = id, .submitted_us = now_us},
                         &(struct fg_request){.count = 1, .gpu_milli = 1000});
    fg_ranking_tick(world->ranking, world->queue, world->pool, now_us);
    fg_queue_walk(world->queue);
    for (size_t i = 0; i < len; i++) {
        if (slots[i].project)
            continue;
        const struct fg_job *job = fg_queue_next(world->queue);
        slots[i] = (struct slot){.project = job->project,
                                 .amount = {.gpu_milli = 1000},
                                 .end_us = now_us + (30 + draw(world, 900) * job->project) * S};
        fg_held_add(fg_queue_held(world->queue, job->project), &slots[i].amount);
        fg_queue_del(world->queue, job->id);
    }
}

static void in_the_long_run_shares_are_as_the_weights(void)
{
    static const double weights[] = {0, 100, 200, 500};
    struct world world;
    struct slot slots[10] = {};
    double got[4] = {}, sum = 0;
    build(&world, 5, "fair", FG_PREEMPT_OFF);
    for (uint32_t id = 1; id <= 3; id++)
        add_project(&world, id, (uint32_t)weights[id]);
    for (int64_t now_us = START_US; now_us < START_US + 20 * 86400 * S; now_us += 30 * S) {
        for (size_t i = 0; i < 10; i++) {
            if (slots[i].project && slots[i].end_us <= now_us) {
                struct fg_held *held = fg_queue_held(world.queue, slots[i].project);
                fg_held_settle(held, now_us, config.fair_half_life_s);
                fg_held_take(held, &slots[i].amount);
                slots[i].project = 0;
            }
        }
        fill_slots(&world, slots, 10, now_us);
        for (size_t i = 0; i < 10; i++, sum++)
            got[slots[i].project]++;
    }
    for (int id = 1; id <= 3; id++) {
        double share = got[id] / sum, want = weights[id] / 800;
        OK(share > want * 0.95 && share < want * 1.05);
    }
    destroy(&world);
}

/* -- preemption by the order ends -------------------------------------------------------------------------- */

/* One device; whoever may push aside the running job does.  All jobs must end. */
static int pushes_until_done(const char *order, uint64_t seed, size_t jobs)
{
    struct world world;
    build(&world, seed, order, FG_PREEMPT_ORDER);
    add_project(&world, 1, 100);
    const struct fg_request device = {.count = 1, .gpu_milli = 1000};
    int64_t left_us[JOBS_MAX] = {}, now_us = START_US;
    int pushes = 0;
    struct fg_job runs = {};
    for (int step = 0; step < 200000; step++, now_us += 60 * S) {
        if (world.next_id <= jobs && draw(&world, 20) == 0) {
            int64_t lasts_us = (1 + (int64_t)draw(&world, 300)) * 60 * S;
            left_us[world.next_id] = lasts_us;
            (void)submit(
                &world,
                (struct fg_job){.project = 1,
                                .submitted_us = now_us,
                                .preemptible = true,
                                .duration_us = draw(&world, 2) ? lasts_us : 3600 * S,
                                .deadline_us =
                                    draw(&world, 3) ? now_us + lasts_us * draw(&world, 9) : 0},
                &device);
        }
        if (runs.id && (left_us[runs.id] -= 60 * S) <= 0) {
            fg_queue_del(world.queue, runs.id);
            runs.id = 0;
        }
        if (world.next_id > jobs && fg_queue_len(world.queue) == 0) {
            destroy(&world);
            return pushes;
        }
        fg_ranking_tick(world.ranking, world.queue, world.pool, now_us);
        fg_queue_walk(world.queue);
        const struct fg_job *head = fg_queue_next(world.queue);
        if (runs.id && head && fg_ranking_may_push(world.ranking, world.queue, head, &runs)) {
            if (fg_queue_is_before(world.queue, runs.id, head->id))
                return -1; /* it would come first again */
            runs.attained_us += now_us - runs.started_us;
            runs.state = FG_JOB_QUEUED;
            runs.started_us = 0;
            fg_queue_set(world.queue, &runs);
            runs.id = 0;
            pushes++;
        }
        if (!runs.id && head) {
            runs = *head;
            runs.state = FG_JOB_RUNNING;
            runs.started_us = now_us;
            fg_queue_set(world.queue, &runs);
        }
    }
    return -1;
}

static void who_is_pushed_aside_does_not_push_back_for_ever(void)
{
    static const char *const orders[] = {"srtf", "las", "edf", "llf"};
    static const int bounds[] = {200, 200, 200, 15000 / 2}; /* llf: once a quantum, at most */
    config.preempt_quantum_s = 120;
    for (size_t i = 0; i < 4; i++) {
        int most_pushes = 0;
        for (uint64_t seed = 1; seed <= 20; seed++) {
            int pushes = pushes_until_done(orders[i], seed, 100);
            OK(pushes >= 0);
            most_pushes = pushes > most_pushes ? pushes : most_pushes;
        }
        OK(most_pushes > 0 && most_pushes < bounds[i]);
        printf("# %s: at most %d\n", orders[i], most_pushes);
    }
    fg_config_defaults(&config);
}

static void settings_say_who_may_push(void)
{
    static const enum fg_preempt modes[] = {FG_PREEMPT_PRIORITY, FG_PREEMPT_OFF,
                                            FG_PREEMPT_ORDER};
    for (size_t i = 0; i < 3; i++) {
        struct world world;
        build(&world, 1, "srtf", modes[i]);
        add_project(&world, 1, 100);
        const struct fg_request device = {.count = 1, .gpu_milli = 1000};
        struct fg_job shorter =
            submit(&world, (struct fg_job){.project = 1, .duration_us = S, .preemptible = true},
                   &device);
        struct fg_job urgent = submit(
            &world, (struct fg_job){.project = 1, .duration_us = 5000 * S, .priority_milli = 9},
            &device);
        struct fg_job runs = submit(
            &world, (struct fg_job){.project = 1, .duration_us = 9000 * S, .preemptible = true},
            &device);
        runs.state = FG_JOB_RUNNING;
        runs.started_us = START_US;
        fg_queue_set(world.queue, &runs);
        fg_ranking_tick(world.ranking, world.queue, world.pool, START_US + 1000 * S);
        EQ(fg_ranking_may_push(world.ranking, world.queue, &shorter, &runs),
           modes[i] == FG_PREEMPT_ORDER);
        EQ(fg_ranking_may_push(world.ranking, world.queue, &urgent, &runs),
           modes[i] == FG_PREEMPT_PRIORITY);
        destroy(&world);
    }
}

/* Not before it has run for a quantum. */
static void everybody_has_a_quantum(void)
{
    struct world world;
    build(&world, 1, "srtf", FG_PREEMPT_ORDER);
    add_project(&world, 1, 100);
    const struct fg_request device = {.count = 1, .gpu_milli = 1000};
    struct fg_job shorter =
        submit(&world, (struct fg_job){.project = 1, .duration_us = S}, &device);
    struct fg_job runs = submit(
        &world, (struct fg_job){.project = 1, .duration_us = 9000 * S, .preemptible = true},
        &device);
    int64_t over_us = START_US + config.preempt_quantum_s * S;
    runs.state = FG_JOB_RUNNING;
    runs.started_us = START_US;
    fg_queue_set(world.queue, &runs);
    fg_ranking_tick(world.ranking, world.queue, world.pool, over_us - 1);
    OK(!fg_ranking_may_push(world.ranking, world.queue, &shorter, &runs));
    fg_ranking_tick(world.ranking, world.queue, world.pool, over_us);
    OK(fg_ranking_may_push(world.ranking, world.queue, &shorter, &runs));
    destroy(&world);
}

int main(void)
{
    fg_config_defaults(&config);
    RUN(the_paper_s_example_fills_up);
    RUN(starts_in_a_walk_move_their_project_back);
    RUN(use_fades_by_half_each_half_life);
    RUN(targets_multiply_along_the_path);
    RUN(in_the_long_run_shares_are_as_the_weights);
    RUN(who_is_pushed_aside_does_not_push_back_for_ever);
    RUN(settings_say_who_may_push);
    RUN(everybody_has_a_quantum);
    return tap_done();
}
