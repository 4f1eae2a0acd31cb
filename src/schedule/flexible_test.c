/* flexible_test.c - who is held for a better hour, until when, and who is let go because somebody comes. */
#include "schedule/flexible.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define MIN    60'000'000LL
#define HOUR   (60 * MIN)
#define NOW_US (1'700'000'000'000'000LL / HOUR * HOUR)

struct town {
    struct fg_config config;
    struct fg_pool *pool;
    struct fg_ranking *ranking;
    struct fg_queue *queue;
    struct fg_flexible_jobs *jobs;
    const struct fg_flexible_verdict *verdicts;
};

static void must(bool done)
{
    if (!done)
        abort();
}

static void build(struct town *town, uint32_t devices)
{
    *town = (struct town){};
    fg_config_defaults(&town->config);
    town->pool = fg_pool_new(4);
    town->ranking = fg_ranking_new(&town->config, fg_job_orders[0], FG_PREEMPT_OFF);
    town->queue = fg_ranking_queue(town->ranking, 512);
    town->jobs = fg_flexible_jobs_new(&town->config);
    struct fg_project project = {
        .id = 1, .name = "p", .weight = 100, .quota = {-1, -1, -1, -1, -1}};
    must(fg_queue_project_put(town->queue, &project, NULL) == 0);
    struct fg_node_spec spec = {.cpu_milli = 64000, .mem_mib = 65536, .devices_len = devices};
    snprintf(spec.name, sizeof(spec.name), "node");
    for (uint32_t i = 0; i < devices; i++)
        spec.devices[i] = (struct fg_device_spec){.kind = "h100", .mem_mib = 1024};
    must(fg_pool_add(town->pool, &spec, NULL, NULL) == 0);
}

static void clear(struct town *town)
{
    fg_flexible_jobs_free(town->jobs);
    fg_queue_free(town->queue);
    fg_ranking_free(town->ranking);
    fg_pool_free(town->pool);
}

/* 400 g/kWh, but 100 from the fourth hour to the sixth; power costs the same all day. */
static void know_hours(struct town *town)
{
    static const int64_t grams[] = {400, 400, 400, 400, 100, 100, 400, 400};
    struct fg_hourly carbon = {NOW_US, HOUR, grams, 8}, price = {};
    fg_flexible_hours(town->jobs, &price, &carbon);
}

static struct fg_job job_of(struct town *town, fg_job_id id, int64_t takes_us, int64_t until_us)
{
    struct fg_request request = {.kind = "h100", .count = 1, .gpu_milli = 1000};
    return (struct fg_job){
        .id = id,
        .project = 1,
        .request = fg_queue_class(town->queue, &request, 1),
        .tasks = 1,
        .submitted_us = NOW_US,
        .time_limit_us = takes_us,
        .flexible = until_us ? FG_FLEXIBLE_CARBON : FG_FLEXIBLE_NOT,
        .flexible_until_us = NOW_US + until_us,
    };
}

static void submit(struct town *town, struct fg_job job)
{
    must(fg_queue_add(town->queue, &job, NULL) == 0);
    fg_flexible_add(town->jobs, &job);
}

static size_t look(struct town *town, int64_t at_us)
{
    (void)fg_queue_advance(town->queue, at_us);
    return fg_flexible_look(town->jobs, town->pool, town->queue, NULL, 0, at_us,
                            &town->verdicts);
}

static void is_held_for_its_hour(void)
{
    struct town town;
    build(&town, 1);
    know_hours(&town);
    submit(&town, job_of(&town, 1, HOUR, 10 * HOUR));
    EQ(look(&town, NOW_US), 1);
    EQ(town.verdicts[0].cause, FG_FLEXIBLE_WAITS);
    EQ(town.verdicts[0].start_us, NOW_US + 4 * HOUR);
    EQ(town.verdicts[0].latest_us, NOW_US + 9 * HOUR - 6 * MIN);
    EQ(town.verdicts[0].then_g_per_kwh, 100);
    EQ(town.verdicts[0].now_g_per_kwh, 400);
    char text[FG_TEXT_MAX];
    fg_flexible_text(&town.verdicts[0], text);
    OK(strstr(text, "for cleaner power: 100 g/kWh, 400 now; starts by "));
    EQ(fg_queue_ready(town.queue), 0);
    EQ(look(&town, NOW_US + HOUR / 2), 0);
    EQ(fg_queue_get(town.queue, 1)->shift, FG_SHIFT_HELD);
    EQ(look(&town, NOW_US + 4 * HOUR), 1);
    EQ(fg_queue_ready(town.queue), 1);
    EQ(fg_queue_get(town.queue, 1)->shift, FG_SHIFT_GONE);
    EQ(look(&town, NOW_US + 5 * HOUR), 0);
    EQ(fg_flexible_len(town.jobs), 0);
    clear(&town);
}

static enum fg_flexible_cause cause_of(struct town *town, struct fg_job job)
{
    submit(town, job);
    must(look(town, NOW_US) == 1);
    return town->verdicts[0].cause;
}

static void who_is_not_held_is_told_why(void)
{
    struct town town;
    build(&town, 2);
    EQ(cause_of(&town, job_of(&town, 1, HOUR, 10 * HOUR)), FG_FLEXIBLE_NO_HOURS);
    know_hours(&town);
    EQ(cause_of(&town, job_of(&town, 2, 0, 10 * HOUR)), FG_FLEXIBLE_NO_END);
    EQ(cause_of(&town, job_of(&town, 3, 9 * HOUR, 9 * HOUR)), FG_FLEXIBLE_NO_TIME);
    EQ(cause_of(&town, job_of(&town, 4, HOUR, 4 * HOUR)), FG_FLEXIBLE_NO_GAIN);
    town.config.shift_least_percent = 80;
    EQ(cause_of(&town, job_of(&town, 5, HOUR, 10 * HOUR)), FG_FLEXIBLE_NO_GAIN);
    EQ(fg_queue_ready(town.queue), 5);
    OK(fg_flexible_judge(town.jobs, town.pool, town.queue, fg_queue_get(town.queue, 2), NOW_US)
           .cause
       == FG_FLEXIBLE_NO_END);
    clear(&town);
}

/* A rented machine costs the same at all hours: by price nobody waits for it, by both for cleaner power only. */
static void rent_is_the_same_at_all_hours(void)
{
    static const int64_t grams[] = {400, 400, 400, 400, 100, 100, 400, 400},
                         usd[] = {400, 400, 400, 400, 400, 400, 1, 1};
    struct fg_hourly carbon = {NOW_US, HOUR, grams, 8}, price = {NOW_US, HOUR, usd, 8};
    for (int rented = 0; rented < 2; rented++) {
        struct town town;
        build(&town, 3);
        fg_flexible_hours(town.jobs, &price, &carbon);
        fg_flexible_powered(town.jobs, rented ? 0 : UINT64_MAX);
        struct fg_job job = job_of(&town, 1, HOUR, 10 * HOUR);
        job.flexible = FG_FLEXIBLE_PRICE;
        EQ(cause_of(&town, job), rented ? FG_FLEXIBLE_RENTED : FG_FLEXIBLE_WAITS);
        job.id = 2;
        job.flexible = FG_FLEXIBLE_BOTH;
        EQ(cause_of(&town, job), FG_FLEXIBLE_WAITS);
        EQ(town.verdicts[0].by, rented ? FG_FLEXIBLE_CARBON : FG_FLEXIBLE_BOTH);
        EQ(town.verdicts[0].start_us, NOW_US + 4 * HOUR);
        char text[FG_TEXT_MAX];
        fg_flexible_text(&town.verdicts[0], text);
        OK((strstr(text, "USD/kWh") == NULL) == rented);
        clear(&town);
    }
}

/* Held for a cheap hour, and then the last machine of one's own goes. */
static void who_is_left_with_rent_goes(void)
{
    static const int64_t usd[] = {400, 400, 50};
    struct fg_hourly carbon = {}, price = {NOW_US, HOUR, usd, 3};
    struct town town;
    build(&town, 1);
    fg_flexible_hours(town.jobs, &price, &carbon);
    struct fg_job job = job_of(&town, 1, HOUR, 10 * HOUR);
    job.flexible = FG_FLEXIBLE_PRICE;
    EQ(cause_of(&town, job), FG_FLEXIBLE_WAITS);
    fg_flexible_powered(town.jobs, 0);
    EQ(look(&town, NOW_US + MIN), 1);
    EQ(town.verdicts[0].cause, FG_FLEXIBLE_RENTED);
    EQ(fg_queue_ready(town.queue), 1);
    clear(&town);
}

static void an_hour_is_not_given_twice(void)
{
    struct town town;
    build(&town, 1);
    know_hours(&town);
    for (fg_job_id id = 1; id <= 3; id++)
        submit(&town, job_of(&town, id, HOUR, 10 * HOUR));
    EQ(look(&town, NOW_US), 3);
    EQ(town.verdicts[0].start_us, NOW_US + 4 * HOUR);
    EQ(town.verdicts[1].start_us, NOW_US + 5 * HOUR);
    EQ(town.verdicts[2].cause, FG_FLEXIBLE_NO_GAIN);
    clear(&town);
}

/* Held job 1 is before job 2, which needs the only device for all of its time. */
static void who_comes_lets_the_held_go_first(void)
{
    struct town town;
    build(&town, 1);
    know_hours(&town);
    submit(&town, job_of(&town, 1, HOUR, 7 * HOUR));
    EQ(look(&town, NOW_US), 1);
    submit(&town, job_of(&town, 2, 7 * HOUR, 0));
    EQ(look(&town, NOW_US), 1);
    EQ(town.verdicts[0].cause, FG_FLEXIBLE_NO_ROOM);
    EQ(fg_queue_ready(town.queue), 2);
    fg_queue_walk(town.queue);
    EQ(fg_queue_next(town.queue)->id, 1);
    clear(&town);
}

static void a_crowd_lets_all_go(void)
{
    struct town town;
    build(&town, 1);
    know_hours(&town);
    submit(&town, job_of(&town, 1, HOUR, 10 * HOUR));
    EQ(look(&town, NOW_US), 1);
    for (fg_job_id id = 2; id < 300; id++)
        submit(&town, job_of(&town, id, MIN, 0));
    EQ(look(&town, NOW_US + MIN), 1);
    EQ(town.verdicts[0].cause, FG_FLEXIBLE_NO_ROOM);
    EQ(fg_queue_ready(town.queue), 299);
    clear(&town);
}

/* The source fell silent, as after a restart: who is held keeps its hour. */
static void silence_lets_nobody_go(void)
{
    struct town town;
    build(&town, 1);
    struct fg_job job = job_of(&town, 1, HOUR, 10 * HOUR);
    job.shift = FG_SHIFT_HELD;
    job.eligible_us = NOW_US + 2 * HOUR;
    submit(&town, job);
    EQ(look(&town, NOW_US), 0);
    EQ(fg_flexible_len(town.jobs), 1);
    know_hours(&town);
    EQ(look(&town, NOW_US + MIN), 1);
    EQ(fg_queue_get(town.queue, 1)->eligible_us, NOW_US + 4 * HOUR);
    clear(&town);
}

int main(void)
{
    RUN(is_held_for_its_hour);
    RUN(who_is_not_held_is_told_why);
    RUN(rent_is_the_same_at_all_hours);
    RUN(who_is_left_with_rent_goes);
    RUN(an_hour_is_not_given_twice);
    RUN(who_comes_lets_the_held_go_first);
    RUN(a_crowd_lets_all_go);
    RUN(silence_lets_nobody_go);
    return tap_done();
}
