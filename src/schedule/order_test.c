/* order_test.c - what the orders are made of, and each order against what its definition says. */
#include "allocate/allocate.h"
#include "model/schedule_config.h"
#include "place/policy.h"
#include "schedule/order.h"
#include "schedule/ranking.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US  3'600'000'000LL
#define NOW_US   1'750'000'000'000'000LL
#define SEEDS    40
#define JOBS_MAX 120
#define CLASSES  5

static struct fg_config config;
static const struct fg_project project = {.id = 1, .name = "p", .weight = 100};

static struct fg_order_view view_of(const struct fg_job *job, const struct fg_request *request)
{
    return (struct fg_order_view){.config = &config,
                                  .job = job,
                                  .project = &project,
                                  .request = request,
                                  .now_us = NOW_US};
}

static const struct fg_request four_devices = {.kind = "h100", .count = 4, .gpu_milli = 1000};

/* -- parts ----------------------------------------------------------------------------------------- */

static void what_is_given_goes_before_what_is_guessed(void)
{
    struct fg_job job = {};
    EQ(fg_order_expected_us(&config, &job), config.backfill_default_limit_s * 1000000);
    job.time_limit_us = 5;
    EQ(fg_order_expected_us(&config, &job), 5);
    job.predicted_us = 4;
    EQ(fg_order_expected_us(&config, &job), 4);
    job.duration_us = 3;
    EQ(fg_order_expected_us(&config, &job), 3);
}

static void attained_service_has_two_dimensions(void)
{
    struct fg_job job = {.tasks = 2, .attained_us = HOUR_US};
    struct fg_order_view view = view_of(&job, &four_devices);
    EQ(fg_order_attained_us(&view), HOUR_US);
    job.state = FG_JOB_RUNNING;
    job.started_us = NOW_US - HOUR_US;
    EQ(fg_order_attained_us(&view), 9 * HOUR_US);
    struct fg_request cores = {.cpu_milli = 32000};
    EQ(fg_order_weight_milli(&cores, 1), 2000);
    EQ(fg_order_weight_milli(&(struct fg_request){}, 3), 1);
}

static void what_is_left_counts_down_and_doubles(void)
{
    struct fg_job job = {.tasks = 1, .duration_us = HOUR_US, .preemptible = true};
    struct fg_order_view view = view_of(&job, &four_devices);
    EQ(fg_order_remaining_us(&view), HOUR_US);
    job.attained_us = HOUR_US; /* four devices: a quarter of an hour */
    EQ(fg_order_remaining_us(&view), HOUR_US * 3 / 4);
    job.preemptible = false; /* starts from the beginning again */
    EQ(fg_order_remaining_us(&view), HOUR_US);
    job.state = FG_JOB_RUNNING;
    job.started_us = NOW_US - HOUR_US;
    EQ(fg_order_remaining_us(&view), HOUR_US);
    job.started_us = NOW_US - 3 * HOUR_US;
    EQ(fg_order_remaining_us(&view), HOUR_US);
}

static void cost_is_price_times_time(void)
{
    struct fg_job job = {.tasks = 2, .duration_us = HOUR_US / 2};
    struct fg_request request = {.count = 4, .gpu_milli = 500, .cpu_milli = 8000};
    struct fg_order_view view = view_of(&job, &request);
    EQ(fg_order_cost_of(&view), 2500 * 2 * 1800); /* no prices: 2.5 devices a task */
    struct fg_config priced = config;
    priced.gpu_price_uusd_per_hour = 2'000'000;
    priced.cpu_price_uusd_per_core_hour = 50'000;
    view.config = &priced;
    EQ(fg_order_cost_of(&view), (2 * 2'000'000 + 8 * 50'000) * 2 / 2);
}

static void levels_grow_by_a_factor(void)
{
    static const struct {
        int64_t seconds, level;
    } wants[] = {{0, 0}, {3599, 0}, {3600, 1}, {28799, 1}, {28800, 2}, {230400, 3}};
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
        EQ(fg_order_level(&config, wants[i].seconds * 1000000), wants[i].level);
    OK(fg_order_level(&config, INT64_MAX) <= 32);
}

static void names_are_those_of_the_settings(void)
{
    for (size_t i = 0; fg_job_orders[i]; i++) {
        OK(fg_schedule_config_knows("order", fg_job_orders[i]->name));
        OK(fg_job_order_find(fg_job_orders[i]->name) == fg_job_orders[i]);
        OK(fg_job_orders[i]->summary[0]);
    }
    OK(!fg_job_order_find("lifo"));
    for (size_t i = 0; fg_place_policies[i]; i++)
        OK(fg_schedule_config_knows("place", fg_place_policies[i]->name));
    struct fg_schedule_config words_of_new;
    fg_schedule_config_defaults(&words_of_new);
    OK(fg_place_policy_find(words_of_new.place) == fg_place_policy_default());
    static const char *const words[] = {"priority", "off", "order"};
    for (int i = 0; i < 3; i++)
        OK(fg_schedule_config_knows("preempt", words[i]) && fg_preempt_find(words[i]) == i);
    EQ(fg_preempt_find("always"), -1);
    for (int i = 0; i < FG_ALLOCATE_POLICIES; i++) {
        const char *name = fg_allocate_policy_name((enum fg_allocate_policy)i);
        bool is_other = strcmp(name, "fifo") == 0 || strcmp(name, "min-cost") == 0
                        || strcmp(name, "agnostic") == 0 || strcmp(name, "hierarchical") == 0;
        OK(fg_schedule_config_knows("allocate", name) != is_other);
    }
}

/* -- each order against a sort by its definition ------------------------------------------------------- */

struct world {
    uint64_t seed;
    struct fg_job jobs[JOBS_MAX];
    struct fg_request requests[CLASSES];
    size_t len;
};

static uint32_t draw(struct world *world, uint32_t below)
{
    uint64_t z = world->seed += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static double expected_s(const struct fg_job *job)
{
    int64_t us = job->duration_us     ? job->duration_us
                 : job->predicted_us  ? job->predicted_us
                 : job->time_limit_us ? job->time_limit_us
                                      : config.backfill_default_limit_s * 1000000;
    return (double)us / 1e6;
}

static double devices_of(const struct world *world, const struct fg_job *job)
{
    const struct fg_request *request = &world->requests[job->request];
    return job->tasks
           * (request->count * request->gpu_milli / 1000.0 + request->cpu_milli / 16000.0);
}

static double left_s(const struct world *world, const struct fg_job *job)
{
    double done =
        job->preemptible ? (double)job->attained_us / 1e6 / devices_of(world, job) : 0;
    double expected = expected_s(job);
    while (done >= expected)
        expected *= 2;
    return expected - done;
}

/* The lower goes first; of equals who was submitted first, or the lower id. */
static double merit(const struct world *world, const char *order, const struct fg_job *job)
{
    if (strcmp(order, "fifo") == 0)
        return (double)(job->submitted_us - NOW_US) / 1e6;
    if (strcmp(order, "sjf") == 0)
        return expected_s(job);
    if (strcmp(order, "srtf") == 0)
        return left_s(world, job);
    if (strcmp(order, "las") == 0)
        return (double)fg_order_level(&config, job->attained_us) * 1e9
               + (double)(job->submitted_us - NOW_US) / 1e6;
    if (strcmp(order, "cost") == 0)
        return devices_of(world, job) * expected_s(job);
    if (strcmp(order, "ftf") == 0)
        return -((double)(NOW_US - job->submitted_us) / 1e6 + left_s(world, job))
               / expected_s(job);
    double due = job->deadline_us ? (double)(job->deadline_us - NOW_US) / 1e6 : 1e12;
    if (!job->deadline_us)
        return due + (double)(job->submitted_us - NOW_US) / 1e6;
    return strcmp(order, "edf") == 0 ? due : due - left_s(world, job);
}

static void fill(struct world *world, struct fg_queue *queue, uint64_t seed)
{
    *world = (struct world){.seed = seed};
    for (uint32_t i = 0; i < CLASSES; i++) {
        world->requests[i] =
            (struct fg_request){.count = i, .gpu_milli = i ? 1000 : 0, .cpu_milli = 16000};
        EQ(fg_queue_class(queue, &world->requests[i], 1), i);
    }
    world->len = 1 + draw(world, JOBS_MAX);
    for (size_t i = 0; i < world->len; i++) {
        world->jobs[i] = (struct fg_job){
            .id = i + 1,
            .project = 1,
            .request = draw(world, CLASSES),
            .tasks = 1 + draw(world, 4),
            .submitted_us = NOW_US - (int64_t)draw(world, 100) * HOUR_US / 10,
            .time_limit_us = draw(world, 2) * 7 * HOUR_US,
            .predicted_us = draw(world, 3) ? 0 : (1 + draw(world, 20)) * HOUR_US / 10,
            .duration_us = draw(world, 3) ? 0 : (1 + draw(world, 20)) * HOUR_US / 10,
            .deadline_us = draw(world, 2) ? NOW_US + draw(world, 50) * HOUR_US : 0,
            .attained_us = draw(world, 2) ? draw(world, 100) * HOUR_US : 0,
            .preemptible = draw(world, 2),
        };
        OK(fg_queue_add(queue, &world->jobs[i], NULL) == 0);
    }
}

/* Walk it; neighbours must be in the order of their merit. */
static bool is_sorted(struct world *world, struct fg_queue *queue, const char *order)
{
    const struct fg_job *before = NULL, *job;
    size_t seen = 0;
    fg_queue_walk(queue);
    while ((job = fg_queue_next(queue))) {
        double a = before ? merit(world, order, before) : -1e18, b = merit(world, order, job);
        double close = 1e-6 * (1 + (b < 0 ? -b : b));
        if (a > b + close || (a == b && before && before->id > job->id))
            return false;
        before = job;
        seen++;
    }
    return seen == world->len;
}

static void a_walk_is_what_the_definition_says(void)
{
    static struct world world;
    FG_AUTO(fg_pool) struct fg_pool *pool = fg_pool_new(1);
    for (size_t i = 0; fg_job_orders[i]; i++) {
        const struct fg_job_order *order = fg_job_orders[i];
        bool by_priority = order->projects != FG_PROJECTS_ALIKE;
        bool good = true;
        for (uint64_t seed = 1; seed <= SEEDS && !by_priority; seed++) {
            FG_AUTO(fg_ranking)
            struct fg_ranking *ranking = fg_ranking_new(&config, order, FG_PREEMPT_OFF);
            FG_AUTO(fg_queue) struct fg_queue *queue = fg_ranking_queue(ranking, JOBS_MAX);
            OK(fg_queue_project_put(queue, &project, NULL) == 0);
            fill(&world, queue, seed);
            fg_ranking_tick(ranking, queue, pool, NOW_US);
            good = good && is_sorted(&world, queue, order->name);
        }
        OK(good);
        if (!good)
            printf("# %s\n", order->name);
    }
}

int main(void)
{
    fg_config_defaults(&config);
    RUN(what_is_given_goes_before_what_is_guessed);
    RUN(attained_service_has_two_dimensions);
    RUN(what_is_left_counts_down_and_doubles);
    RUN(cost_is_price_times_time);
    RUN(levels_grow_by_a_factor);
    RUN(names_are_those_of_the_settings);
    RUN(a_walk_is_what_the_definition_says);
    return tap_done();
}
