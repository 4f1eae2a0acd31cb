/* kinds_test.c - who is owed which kind, and that passes follow it */
#include "schedule/kinds.h"
#include "schedule/schedule.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define JOBS 64
#define S    1'000'000LL

struct world {
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_schedule *schedule;
    fg_job_id next;
    double slow[2]; /* throughput of the slow kind, by class of job; the fast one's is 1 */
};

static void add_nodes(struct world *world, const char *kind, uint32_t nodes, uint32_t devices)
{
    for (uint32_t n = 0; n < nodes; n++) {
        struct fg_node_spec spec = {
            .cpu_milli = 64000, .mem_mib = 65536, .devices_len = devices};
        snprintf(spec.name, sizeof(spec.name), "%s-%u", kind, n);
        for (uint32_t i = 0; i < devices; i++) {
            snprintf(spec.devices[i].kind, FG_KIND_MAX, "%s", kind);
            spec.devices[i].mem_mib = 40960;
        }
        if (fg_pool_add(world->pool, &spec, NULL, NULL) != 0)
            abort();
    }
}

static void create(struct world *world, const char *policy, uint32_t fast, uint32_t slow)
{
    *world = (struct world){.next = 1, .slow = {0.1, 0.9}};
    fg_config_defaults(&world->config);
    world->pool = fg_pool_new(16);
    world->ranking = fg_ranking_new(&world->config, fg_job_order_find("fifo"), FG_PREEMPT_OFF);
    world->queue = fg_ranking_queue(world->ranking, JOBS);
    world->schedule = fg_schedule_new(&world->config);
    fg_schedule_rank(world->schedule, world->ranking);
    EQ(fg_schedule_allocate(world->schedule, policy), 0);
    add_nodes(world, "fast", fast / 4, 4);
    add_nodes(world, "slow", slow / 4, 4);
    struct fg_project project = {.id = 1, .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    snprintf(project.name, sizeof(project.name), "p");
    if (fg_queue_project_put(world->queue, &project, NULL) != 0)
        abort();
}

static void destroy(struct world *world)
{
    fg_schedule_free(world->schedule);
    fg_queue_free(world->queue);
    fg_ranking_free(world->ranking);
    fg_pool_free(world->pool);
}

static void submit(struct world *world, int class, uint32_t tasks)
{
    struct fg_request any_of[2] = {
        {.kind = "fast", .count = 1, .gpu_milli = 1000, .cpu_milli = 1},
        {.kind = "slow", .count = 1, .gpu_milli = 1000, .cpu_milli = 1}};
    any_of[0].rate_milli = 1000;
    any_of[1].rate_milli = (uint32_t)(world->slow[class] * 1000);
    struct fg_job job = {.id = world->next++,
                         .project = 1,
                         .request = fg_queue_class(world->queue, any_of, 2),
                         .tasks = tasks,
                         .submitted_us = S,
                         .duration_us = 3600 * S};
    if (fg_queue_add(world->queue, &job, NULL) != 0)
        abort();
}

/* All that start at once; their rates in sum.  `fast`: tasks of each class on the fast kind. */
static double start(struct world *world, uint32_t fast[2])
{
    const struct fg_decision *decisions;
    double sum = 0;
    fg_queue_advance(world->queue, 10 * S);
    size_t len = fg_schedule_pass(world->schedule, world->pool, world->queue, NULL, 0, 10 * S,
                                  &decisions);
    fast[0] = fast[1] = 0;
    for (size_t i = 0; i < len; i++) {
        const struct fg_job *job = fg_queue_get(world->queue, decisions[i].job);
        size_t alternatives;
        const struct fg_request *any_of =
            fg_queue_class_at(world->queue, job->request, &alternatives);
        sum += any_of[decisions[i].alternative].rate_milli / 1000.0 * job->tasks;
        if (decisions[i].alternative == 0)
            fast[any_of[1].rate_milli > 500] += job->tasks;
    }
    OK(fg_pool_check(world->pool));
    return sum;
}

/* Four of each kind; those who hardly mind come first. */
static void who_gains_most_gets_the_fast_kind(void)
{
    static const char *const policies[] = {"throughput", "cost", "makespan"};
    struct world world;
    uint32_t fast[2];
    create(&world, NULL, 4, 4);
    for (int i = 0; i < 8; i++)
        submit(&world, i < 4 ? 1 : 0, 1);
    double plain = start(&world, fast);
    EQ(fast[1], 4);
    OK(plain > 4.39 && plain < 4.41);
    destroy(&world);
    for (size_t k = 0; k < sizeof(policies) / sizeof(policies[0]); k++) {
        create(&world, policies[k], 4, 4);
        for (int i = 0; i < 8; i++)
            submit(&world, i < 4 ? 1 : 0, 1);
        double sum = start(&world, fast);
        EQ(fast[0], 4);
        OK(sum > 7.59 && sum < 7.61);
        destroy(&world);
    }
}

/* Those who hardly mind have a right to the fast kind too: two of it bring both classes to 1.03 of an equal share. */
static void the_worst_off_first(void)
{
    struct world world;
    uint32_t fast[2];
    create(&world, "max-min", 4, 4);
    for (int i = 0; i < 8; i++)
        submit(&world, i < 4 ? 1 : 0, 1);
    start(&world, fast);
    EQ(fast[0], 2);
    EQ(fast[1], 2);
    destroy(&world);
}

/* Nobody else is there: what is left of the other kind is taken too. */
static void no_device_idles_for_a_plan(void)
{
    struct world world;
    uint32_t fast[2];
    create(&world, "throughput", 4, 8);
    for (int i = 0; i < 3; i++)
        submit(&world, 0, 4);
    start(&world, fast);
    EQ(fast[0], 4);
    struct fg_pool_totals totals = fg_pool_totals(world.pool);
    EQ(totals.gpu_used_milli, 12000);
    destroy(&world);
}

/* Jobs that tell no rates take what they take; it is not there for the others. */
static void others_count(void)
{
    struct world world;
    uint32_t fast[2];
    create(&world, "max-min", 8, 8);
    struct fg_request request = {.kind = "slow", .count = 4, .gpu_milli = 1000, .cpu_milli = 1};
    struct fg_job job = {.id = world.next++,
                         .project = 1,
                         .request = fg_queue_class(world.queue, &request, 1),
                         .tasks = 2,
                         .state = FG_JOB_RUNNING};
    EQ(fg_queue_add(world.queue, &job, NULL), 0);
    struct fg_grant grants[2];
    struct fg_need need = fg_pool_need(world.pool, &request);
    for (int i = 0; i < 2; i++) {
        OK(fg_pool_best_fit(world.pool, NULL, &need, &grants[i]));
        EQ(fg_pool_claim(world.pool, &grants[i], NULL), 0);
    }
    for (int i = 0; i < 8; i++)
        submit(&world, i % 2, 1);
    struct fg_running running = {
        .job = job.id, .end_us = 99 * S, .grants = grants, .grants_len = 2};
    struct fg_pass pass = {.pool = world.pool, .queue = world.queue, .now_us = 10 * S};
    struct runners runners;
    fg_runners_init(&runners);
    fg_runners_add(&runners, &running, false);
    struct fg_kinds *kinds = fg_kinds_new(&world.config, FG_ALLOCATE_MAX_MIN, NULL);
    fg_queue_advance(world.queue, 10 * S);
    fg_kinds_update(kinds, &pass, &runners);
    struct fg_owed owed;
    double sum = 0;
    int classes = 0;
    for (fg_job_id id = 1; id <= 3; id++) { /* the other, and the first of both classes */
        const struct fg_job *one = fg_queue_get(world.queue, id);
        if (!fg_kinds_owed(kinds, world.queue, one, 1, &owed))
            continue;
        OK(owed.owed < 1e-6 && owed.has == 0 && !owed.is_learned);
        OK(fg_kinds_owed(kinds, world.queue, one, 0, &owed) && owed.has == 0);
        sum += owed.owed;
        classes++;
    }
    EQ(classes, 2);
    OK(sum > 7.99 && sum < 8.01);
    fg_kinds_free(kinds);
    fg_runners_fini(&runners);
    start(&world, fast);
    EQ(fast[0] + fast[1], 8);
    destroy(&world);
}

/* Work of an odd shape hardly minds the slow kind. */
static bool learned_rate(void *self,
                         const struct fg_job *job,
                         const struct fg_request *any_of,
                         size_t any_of_len,
                         const char *kind,
                         double *out)
{
    const struct world *world = self;
    OK(any_of_len == 1 && any_of[0].count == 1);
    *out = strcmp(kind, "fast") == 0 ? 1 : world->slow[job->shape % 2];
    return job->shape > 0;
}

/* As above, but nobody says how fast it is, and all take any kind. */
static void what_was_learned_tells_who_gains(void)
{
    static const struct fg_request any = {
        .kind = "any", .count = 1, .gpu_milli = 1000, .cpu_milli = 1};
    struct world world;
    create(&world, NULL, 4, 4);
    const struct fg_rates rates = {&world, learned_rate, NULL, NULL};
    fg_schedule_rates(world.schedule, &rates);
    EQ(fg_schedule_allocate(world.schedule, "throughput"), 0);
    for (uint64_t i = 0; i < 8; i++) {
        struct fg_job job = {.id = world.next++,
                             .project = 1,
                             .request = fg_queue_class(world.queue, &any, 1),
                             .tasks = 1,
                             .submitted_us = S,
                             .shape = i < 4 ? 1 : 2};
        EQ(fg_queue_add(world.queue, &job, NULL), 0);
    }
    const struct fg_decision *decisions;
    fg_queue_advance(world.queue, 10 * S);
    size_t len =
        fg_schedule_pass(world.schedule, world.pool, world.queue, NULL, 0, 10 * S, &decisions);
    EQ(len, 8);
    for (size_t i = 0; i < len; i++) {
        const struct fg_job *job = fg_queue_get(world.queue, decisions[i].job);
        const struct fg_grant *grant =
            fg_schedule_grants(world.schedule) + decisions[i].grants_at;
        OK((fg_pool_spec(world.pool, grant->node)->name[0] == 'f') == (job->shape == 2));
    }
    struct fg_owed owed;
    const struct fg_job *one = fg_queue_get(world.queue, 1);
    OK(fg_schedule_owed(world.schedule, world.queue, one, 0, &owed));
    OK(owed.is_learned && owed.owed > 3.99 && owed.has > 3.99);
    destroy(&world);
}

static void policies_have_names(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    FG_AUTO(fg_schedule) struct fg_schedule *schedule = fg_schedule_new(&config);
    EQ(fg_schedule_allocate(schedule, "off"), 0);
    EQ(fg_schedule_allocate(schedule, "best"), FG_EINVAL);
    EQ(fg_schedule_allocate(schedule, "ftf"), 0);
}

int main(void)
{
    RUN(who_gains_most_gets_the_fast_kind);
    RUN(the_worst_off_first);
    RUN(no_device_idles_for_a_plan);
    RUN(others_count);
    RUN(what_was_learned_tells_who_gains);
    RUN(policies_have_names);
    return tap_done();
}
