/* judge_test.c - what readings mean, on runs of which the truth is known: nothing missed, nobody accused by noise. */
#include "judge/judge.h"

#include "test/tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND  INT64_C(1000000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define START   (1000 * HOUR)
#define DEVICES 8
#define DOLLAR  INT64_C(1000000)

static const struct fg_judge_rules rules = {
    .idle_us = 15 * MINUTE, .idle_busy_milli = 50, .slow_percent = 10, .ahead_us = 30 * MINUTE};

/* A machine of eight devices, and who holds them. */
struct world {
    struct fg_judge *judge;
    struct fg_node_spec node;
    int64_t now_us;
    uint64_t seed;
    int64_t busy[DEVICES], clock[DEVICES], cap_mw[DEVICES]; /* what they say; -1 nothing */
    int64_t mem_mib[DEVICES];                               /* -1 nothing */
    int64_t noise;                                          /* thousandths, up or down */
    struct fg_judge_hold holds[DEVICES];
    struct fg_grant grants[DEVICES];
    size_t holds_len;
    /* what was said at the last look */
    enum fg_sight sights[FG_ALERT_CAUSES];
    int bad[FG_ALERT_CAUSES]; /* looks that were */
    struct fg_alert alerts[FG_ALERT_CAUSES];
    struct fg_finding findings[FG_ALERT_CAUSES];
    int found;
};

static void see(void *self, const struct fg_alert *alert, enum fg_sight sight)
{
    struct world *world = self;
    if (sight > world->sights[alert->cause])
        world->sights[alert->cause] = sight;
    if (sight != FG_SIGHT_BAD)
        return;
    world->bad[alert->cause]++;
    world->alerts[alert->cause] = *alert;
}

static void find(void *self, const struct fg_finding *finding)
{
    struct world *world = self;
    world->found++;
    world->findings[finding->cause] = *finding;
}

static struct world new_world(uint64_t seed)
{
    struct world world = {.judge = fg_judge_new(), .now_us = START, .seed = seed};
    snprintf(world.node.name, sizeof(world.node.name), "gpu-07");
    world.node.devices_len = DEVICES;
    for (int i = 0; i < DEVICES; i++) {
        snprintf(world.node.devices[i].kind, sizeof(world.node.devices[i].kind), "h100");
        world.node.devices[i].mem_mib = 81920;
        world.mem_mib[i] = -1;
        world.busy[i] = 900;
        world.clock[i] = 1755;
        world.cap_mw[i] = 700000;
    }
    return world;
}

/* A task that holds these devices, for 8 dollars an hour the job. */
static void hold(
    struct world *world, fg_job_id job, uint32_t task, uint32_t devices, uint32_t milli)
{
    size_t at = world->holds_len++;
    world->grants[at] =
        (struct fg_grant){.node = 1, .devices = devices, .gpu_milli = milli, .mem_mib = 65536};
    world->holds[at] = (struct fg_judge_hold){.job = job,
                                              .attempt = 1,
                                              .task = task,
                                              .project = 3,
                                              .user = "ann",
                                              .project_name = "vision",
                                              .work = 77,
                                              .begun_us = world->now_us,
                                              .price_uusd_per_hour = 8 * DOLLAR};
}

static int64_t noisy(struct world *world, int64_t value)
{
    world->seed = world->seed * 6364136223846793005U + 1442695040888963407U;
    int64_t part = world->noise ? (int64_t)(world->seed >> 33) % (2 * world->noise + 1) : 0;
    return value < 0 ? -1 : value + value * (part - world->noise) / 1000;
}

static void read_all(struct world *world)
{
    for (uint32_t i = 0; i < DEVICES; i++) {
        struct fg_device_sample sample = {
            .device = i, .time_us = world->now_us, .value = FG_READINGS_UNKNOWN};
        sample.value[FG_READING_BUSY] = noisy(world, world->busy[i]);
        sample.value[FG_READING_SM_CLOCK] = noisy(world, world->clock[i]);
        sample.value[FG_READING_POWER_LIMIT] = world->cap_mw[i];
        sample.value[FG_READING_TEMP] = 60;
        sample.value[FG_READING_MEM_USED] = world->mem_mib[i];
        fg_judge_device(world->judge, &rules, &world->node, 1, &sample);
    }
}

static void look(struct world *world)
{
    struct fg_judge_out out = {.self = world, .see = see, .find = find};
    memset(world->sights, 0, sizeof(world->sights));
    for (size_t i = 0; i < world->holds_len; i++) {
        world->holds[i].node = &world->node;
        world->holds[i].grant = &world->grants[i];
        fg_judge_hold(world->judge, &world->holds[i]);
    }
    fg_judge_look(world->judge, &rules, world->now_us, &out);
}

/* So long: a reading a second, a look every ten. */
static void run(struct world *world, int64_t us)
{
    for (int64_t end_us = world->now_us + us; world->now_us < end_us;) {
        world->now_us += SECOND;
        read_all(world);
        if (world->now_us / SECOND % 10 == 0)
            look(world);
    }
}

static void busy_all(struct world *world, int64_t milli)
{
    for (int i = 0; i < DEVICES; i++)
        world->busy[i] = milli;
}

static bool near(double got, double want, double part)
{
    return fabs(got - want) <= part * fabs(want);
}

/* -- waste -------------------------------------------------------------------------------------------------------- */

static void a_job_that_does_nothing_is_said_with_what_it_costs(void)
{
    struct world world = new_world(1);
    hold(&world, 12, 0, 0x0f, 1000);
    run(&world, HOUR);
    EQ(world.bad[FG_ALERT_IDLE_HELD] + world.bad[FG_ALERT_UNDERUSED], 0);
    EQ(world.found, 0);
    busy_all(&world, 0);
    run(&world, 14 * MINUTE);
    EQ(world.sights[FG_ALERT_IDLE_HELD], FG_SIGHT_UNSURE);
    run(&world, 46 * MINUTE);
    EQ(world.sights[FG_ALERT_IDLE_HELD], FG_SIGHT_BAD);
    const struct fg_alert *alert = &world.alerts[FG_ALERT_IDLE_HELD];
    EQ(alert->job, 12);
    EQ(alert->project, 3);
    OK(strstr(alert->text, "job 12 of ann holds 4 devices on gpu-07"));
    OK(strstr(alert->hint, "fastgpu cancel 12"));
    world.holds_len = 0; /* it ends: all of it is told */
    look(&world);
    const struct fg_finding *finding = &world.findings[FG_ALERT_IDLE_HELD];
    OK(near((double)finding->wasted_us, 4. * HOUR, 0.03)); /* busy fades within 90 s */
    OK(near((double)finding->cost_uusd, 8. * DOLLAR, 0.03));
    OK(near((double)finding->held_us, 8. * HOUR, 0.01));
    EQ(strcmp(finding->user, "ann"), 0);
    fg_judge_free(world.judge);
}

static void what_is_short_or_a_little_busy_is_no_waste(void)
{
    struct world world = new_world(2);
    hold(&world, 12, 0, 0x0f, 1000);
    for (int i = 0; i < 6; i++) { /* an epoch, then ten minutes of saving */
        busy_all(&world, 900);
        run(&world, 10 * MINUTE);
        busy_all(&world, 0);
        run(&world, 10 * MINUTE);
    }
    busy_all(&world, 120); /* a notebook at work */
    run(&world, HOUR);
    EQ(world.bad[FG_ALERT_IDLE_HELD], 0);
    EQ(world.found, 0);
    fg_judge_free(world.judge);
}

static void asked_for_eight_and_uses_two(void)
{
    struct world world = new_world(3);
    hold(&world, 12, 0, 0xff, 1000);
    for (int i = 2; i < DEVICES; i++)
        world.busy[i] = 0;
    run(&world, HOUR);
    EQ(world.bad[FG_ALERT_IDLE_HELD], 0);
    EQ(world.sights[FG_ALERT_UNDERUSED], FG_SIGHT_BAD);
    OK(strstr(world.alerts[FG_ALERT_UNDERUSED].text, "holds 8 devices"));
    OK(strstr(world.alerts[FG_ALERT_UNDERUSED].text, "6 of them idle"));
    world.holds_len = 0;
    look(&world);
    OK(near((double)world.findings[FG_ALERT_UNDERUSED].wasted_us, 6. * HOUR, 0.01));
    OK(near((double)world.findings[FG_ALERT_UNDERUSED].cost_uusd, 6. * DOLLAR, 0.01));
    OK(strstr(world.findings[FG_ALERT_UNDERUSED].text, "asked for 8 devices and used 2"));
    fg_judge_free(world.judge);
}

static void silence_accuses_nobody(void)
{
    struct world world = new_world(4);
    hold(&world, 12, 0, 0xff, 1000);
    busy_all(&world, -1);
    run(&world, HOUR);
    EQ(world.bad[FG_ALERT_IDLE_HELD] + world.bad[FG_ALERT_UNDERUSED], 0);
    EQ(world.sights[FG_ALERT_IDLE_HELD], FG_SIGHT_UNSURE);
    fg_judge_free(world.judge);
}

static void a_restart_goes_on_counting(void)
{
    struct world world = new_world(5);
    struct fg_finding before = {.job = 12,
                                .attempt = 1,
                                .project = 3,
                                .cause = FG_ALERT_IDLE_HELD,
                                .held_us = 8 * HOUR,
                                .wasted_us = 4 * HOUR,
                                .cost_uusd = 8 * DOLLAR,
                                .first_us = START - 2 * HOUR,
                                .last_us = START};
    hold(&world, 12, 0, 0x0f, 1000);
    world.holds[0].begun_us = START - 2 * HOUR;
    fg_judge_restore(world.judge, &before);
    busy_all(&world, 0);
    run(&world, HOUR);
    world.holds_len = 0;
    look(&world);
    OK(near((double)world.findings[FG_ALERT_IDLE_HELD].wasted_us, 8. * HOUR, 0.01));
    OK(near((double)world.findings[FG_ALERT_IDLE_HELD].held_us, 12. * HOUR, 0.01));
    OK(near((double)world.findings[FG_ALERT_IDLE_HELD].cost_uusd, 16. * DOLLAR, 0.01));
    fg_judge_free(world.judge);
}

/* -- peers -------------------------------------------------------------------------------------------------------- */

static void gang(struct world *world)
{
    for (uint32_t task = 0; task < DEVICES; task++)
        hold(world, 12, task, 1U << task, 1000);
}

static void a_task_that_hangs_behind_is_named(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world world = new_world(seed);
        world.noise = 100;
        gang(&world);
        run(&world, 10 * MINUTE);
        EQ(world.bad[FG_ALERT_STRAGGLER], 0);
        world.busy[5] = 400;
        run(&world, 5 * MINUTE);
        EQ(world.sights[FG_ALERT_STRAGGLER], FG_SIGHT_BAD);
        OK(strstr(world.alerts[FG_ALERT_STRAGGLER].text,
                  "task 5 of job 12 (h100-5 on gpu-07)"));
        fg_judge_free(world.judge);
    }
}

static void a_task_that_the_others_wait_for_is_named(void)
{
    struct world world = new_world(1);
    world.noise = 100;
    gang(&world);
    busy_all(&world, 300);
    world.busy[2] = 950;
    run(&world, 5 * MINUTE);
    EQ(world.sights[FG_ALERT_STRAGGLER], FG_SIGHT_BAD);
    OK(strstr(world.alerts[FG_ALERT_STRAGGLER].text, "task 2 of job 12"));
    OK(strstr(world.alerts[FG_ALERT_STRAGGLER].text, "they wait for it"));
    fg_judge_free(world.judge);
}

static void a_device_slower_than_its_twins_is_named(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct world world = new_world(seed);
        world.noise = 20;
        gang(&world);
        run(&world, 10 * MINUTE);
        EQ(world.bad[FG_ALERT_SLOW_TWIN], 0);
        world.clock[3] = 1400;
        run(&world, 5 * MINUTE);
        EQ(world.sights[FG_ALERT_SLOW_TWIN], FG_SIGHT_BAD);
        EQ(strcmp(world.alerts[FG_ALERT_SLOW_TWIN].device, "h100-3"), 0);
        EQ(world.alerts[FG_ALERT_SLOW_TWIN].project, 0);
        OK(strstr(world.alerts[FG_ALERT_SLOW_TWIN].hint, "node drain gpu-07"));
        world.bad[FG_ALERT_SLOW_TWIN] = 0;
        world.cap_mw[3] = 400000; /* somebody wants it so */
        run(&world, 5 * MINUTE);
        EQ(world.bad[FG_ALERT_SLOW_TWIN], 0);
        fg_judge_free(world.judge);
    }
}

static void other_work_is_no_twin(void)
{
    struct world world = new_world(1);
    gang(&world);
    world.holds[3].job = 13;
    world.holds[3].work = 78;
    world.clock[3] = 1100;
    run(&world, 10 * MINUTE);
    EQ(world.bad[FG_ALERT_SLOW_TWIN], 0);
    fg_judge_free(world.judge);
}

/* -- memory -------------------------------------------------------------------------------------------------------- */

static void feed_memory(struct world *world, int64_t minutes, double (*mib)(double minute))
{
    for (int64_t s = 0; s < minutes * 60; s++) {
        int64_t now = (int64_t)(mib((double)s / 60));
        world->now_us += SECOND;
        fg_judge_task(world->judge, &rules,
                      &(struct fg_judge_said){.job = 12,
                                              .time_us = world->now_us,
                                              .mem_mib = noisy(world, now),
                                              .gpu_mem_mib = -1});
        if (s % 10 == 0)
            look(world);
    }
}

static double leaks(double minute)
{
    return 40000 + 600 * minute;
}

static double saws(double minute)
{
    return 40000 + 10000 * (minute - floor(minute));
}

static double settles(double minute)
{
    return 60000 - 30000 * exp(-minute / 2);
}

static void memory_that_will_not_do_is_foretold(void)
{
    struct world world = new_world(1);
    world.noise = 5;
    hold(&world, 12, 0, 1, 1000);
    feed_memory(&world, 20, leaks);
    EQ(world.sights[FG_ALERT_MEMORY_OVERRUN], FG_SIGHT_BAD);
    int64_t now_mib, likely, early;
    double rate;
    const char *text = world.alerts[FG_ALERT_MEMORY_OVERRUN].text;
    EQ(sscanf(text,
              "task 0 of job 12 holds %ld of 65536 MiB and gains %lf MiB a minute: the limit "
              "in %ld min (%ld",
              &now_mib, &rate, &likely, &early),
       4);
    OK(near(rate, 600, 0.1));
    OK(near((double)likely, (65536. - leaks(20)) / 600, 0.15)); /* 22.5 minutes */
    OK(early <= likely);
    fg_judge_free(world.judge);
}

/* What settles did grow at first; after that its points say that it does not any more. */
static void memory_that_saws_or_settles_is_fine(void)
{
    double (*const shapes[])(double) = {saws, settles};
    for (int i = 0; i < 2; i++) {
        struct world world = new_world((uint64_t)i + 1);
        world.noise = 5;
        hold(&world, 12, 0, 1, 1000);
        feed_memory(&world, 30, shapes[i]);
        EQ(world.sights[FG_ALERT_MEMORY_OVERRUN], FG_SIGHT_CALM);
        if (shapes[i] == saws)
            EQ(world.bad[FG_ALERT_MEMORY_OVERRUN], 0);
        fg_judge_free(world.judge);
    }
}

/* Memory of a device of 80 GiB, as frameworks take it. */
static double leaks_in_blocks(double minute) /* 400 MiB a minute, by 20 MiB */
{
    return 50000 + 20 * floor(20 * minute);
}

static double leaks_in_steps(double minute) /* a cache that grows by 1 GiB every 2 minutes */
{
    return 45000 + 1024 * floor(minute / 2);
}

static double reserves_all(double minute)
{
    return minute < 0.5 ? 600 : 76000;
}

/* A caching allocator: the longest input so far makes it grow, less and less often. */
static double grows_less(double minute)
{
    return 60000 + 500 * floor(8 * log(1 + minute));
}

static double saws_by_epochs(double minute) /* of 20 minutes; freed at the end of each */
{
    double part = minute / 20 - floor(minute / 20);
    return 45000 + 32000 * part;
}

static double evaluates(double minute) /* 6 GiB more from the first evaluation on */
{
    return minute < 25 ? 60000 : 66000;
}

static void feed_devices(struct world *world, double minutes, double (*mib)(double minute))
{
    for (int s = 0; s < minutes * 60; s++) {
        world->mem_mib[3] = (int64_t)mib((double)s / 60);
        run(world, SECOND);
    }
}

static void memory_of_a_device_that_will_not_do_is_foretold(void)
{
    double (*const shapes[])(double) = {leaks_in_blocks, leaks_in_steps};
    for (int i = 0; i < 2; i++) {
        struct world world = new_world(1);
        int64_t now_mib, likely;
        double rate, want = i ? 512 : 400, minutes = i ? 52 : 60;
        hold(&world, 12, 0, 0x0f, 1000);
        world.mem_mib[0] = world.mem_mib[1] = world.mem_mib[2] = 70000;
        feed_devices(&world, minutes, shapes[i]);
        EQ(world.sights[FG_ALERT_DEVICE_MEMORY], FG_SIGHT_BAD);
        const struct fg_alert *alert = &world.alerts[FG_ALERT_DEVICE_MEMORY];
        EQ(strcmp(alert->device, "h100-3"), 0);
        EQ(sscanf(
               alert->text,
               "task 0 of job 12 holds %ld of 81920 MiB of h100-3 and gains %lf MiB a minute: "
               "the limit in %ld min",
               &now_mib, &rate, &likely),
           3);
        OK(near(rate, want, 0.15));
        OK(near((double)likely, (81920. - shapes[i](minutes)) / want, 0.2));
        OK(strstr(alert->hint, "--gpu-memory"));
        EQ(world.bad[FG_ALERT_MEMORY_OVERRUN], 0);
        fg_judge_free(world.judge);
    }
}

static void memory_of_a_device_that_will_do_is_fine(void)
{
    double (*const shapes[])(double) = {reserves_all, grows_less, evaluates, settles};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct world world = new_world(1);
        hold(&world, 12, 0, 0x0f, 1000);
        feed_devices(&world, 120, shapes[i]);
        EQ(world.bad[FG_ALERT_DEVICE_MEMORY], 0);
        fg_judge_free(world.judge);
    }
}

/* The first time nobody can know that it will be freed. */
static void what_was_held_before_may_be_held_again(void)
{
    struct world world = new_world(1);
    hold(&world, 12, 0, 0x0f, 1000);
    feed_devices(&world, 20, saws_by_epochs);
    world.bad[FG_ALERT_DEVICE_MEMORY] = 0;
    feed_devices(&world, 200, saws_by_epochs);
    OK(world.bad[FG_ALERT_DEVICE_MEMORY]
       <= 10 * 6); /* of 1,200 looks: while it is at its greatest */
    fg_judge_free(world.judge);
}

static void who_comes_next_begins_anew(void)
{
    struct world world = new_world(1);
    hold(&world, 12, 0, 8, 1000);
    feed_devices(&world, 60, leaks_in_blocks);
    EQ(world.sights[FG_ALERT_DEVICE_MEMORY], FG_SIGHT_BAD);
    world.holds[0].attempt = 2;
    world.bad[FG_ALERT_DEVICE_MEMORY] = 0;
    run(&world, 30 * MINUTE); /* holds what the other one had */
    EQ(world.bad[FG_ALERT_DEVICE_MEMORY], 0);
    fg_judge_free(world.judge);
}

/* A share of a device has its share of the memory; an instance of one (MIG) is a device of its own size. */
static void shares_and_instances_have_limits_of_their_own(void)
{
    struct world world = new_world(1);
    hold(&world, 12, 0, 4, 250);
    world.grants[0].mem_mib = 0;
    for (int64_t s = 0; s < 30 * 60; s++) {
        fg_judge_task(world.judge, &rules,
                      &(struct fg_judge_said){.job = 12,
                                              .time_us = world.now_us,
                                              .mem_mib = -1,
                                              .gpu_mem_mib = 10000 + s * 4});
        run(&world, SECOND);
    }
    OK(strstr(world.alerts[FG_ALERT_DEVICE_MEMORY].text,
              "of 20480 MiB of its share of a device"));
    fg_judge_free(world.judge);
    world = new_world(1);
    world.node.devices[3].share = FG_SHARE_MIG;
    world.node.devices[3].mem_mib = 20096;
    hold(&world, 12, 0, 8, 1000);
    for (int64_t s = 0; s < 30 * 60; s++) {
        world.mem_mib[3] = 10000 + s * 4;
        run(&world, SECOND);
    }
    OK(strstr(world.alerts[FG_ALERT_DEVICE_MEMORY].text, "of 20096 MiB of h100-3"));
    fg_judge_free(world.judge);
}

/* Where it is not known which devices they are, a task with one tells of it, and with several nobody does. */
static void a_guess_tells_of_no_device(void)
{
    for (uint32_t devices = 1; devices <= 3; devices += 2) {
        struct world world = new_world(1);
        hold(&world, 12, 0, devices, 1000);
        world.holds[0].is_guess = true;
        busy_all(&world, 0);
        for (int64_t s = 0; s < 30 * 60; s++) {
            world.mem_mib[0] = 10000 + s * 40;
            fg_judge_task(world.judge, &rules,
                          &(struct fg_judge_said){.job = 12,
                                                  .time_us = world.now_us,
                                                  .mem_mib = -1,
                                                  .gpu_mem_mib = 50000 + s * 10});
            run(&world, SECOND);
        }
        EQ(world.bad[FG_ALERT_IDLE_HELD], 0);
        const char *text = world.alerts[FG_ALERT_DEVICE_MEMORY].text;
        OK(devices == 1 ? strstr(text, "of 81920 MiB of its device") != NULL : text[0] == '\0');
        fg_judge_free(world.judge);
    }
}

/* -- use ----------------------------------------------------------------------------------------------------------- */

static void use_is_work_done_of_what_could_be(void)
{
    struct world world = new_world(1);
    struct fg_usage_row row;
    size_t at = 0;
    hold(&world, 12, 0, 0x0f, 1000);
    hold(&world, 13, 0, 0x10, 500);
    for (int i = 0; i < 4; i++)
        world.busy[i] = 800;
    world.busy[4] = 400;
    for (int i = 5; i < DEVICES; i++)
        world.busy[i] = 0;
    run(&world, 2 * HOUR);
    const struct fg_usage *usage = fg_judge_usage(world.judge);
    OK(fg_usage_next(usage, FG_USAGE_NODE, &at, &row));
    EQ(strcmp(row.name, "gpu-07"), 0);
    OK(near((double)row.now.could_us / (double)row.look_us, 8, 0.001));
    OK(near((double)row.now.held_us / (double)row.look_us, 4.5, 0.001));
    OK(near((double)row.day.busy_us / (double)row.day.could_us, (4 * .8 + .4) / 8, 0.001));
    OK(near((double)row.day.held_us / (double)row.day.could_us, 4.5 / 8, 0.001));
    OK(!fg_usage_next(usage, FG_USAGE_NODE, &at, &row));
    at = 0;
    OK(fg_usage_next(usage, FG_USAGE_PROJECT, &at, &row));
    EQ(strcmp(row.name, "vision"), 0);
    OK(near((double)row.day.busy_us / (double)row.day.could_us, (4 * .8 + .4 / 2) / 4.5,
            0.001));
    fg_judge_free(world.judge);
}

static void the_day_is_the_last_24_hours(void)
{
    FG_AUTO(fg_usage) struct fg_usage *usage = fg_usage_new();
    struct fg_usage_row row;
    for (int64_t minute = 0; minute < 72 * 60; minute++) {
        struct fg_usage_part part = {.could_us = MINUTE,
                                     .busy_us = minute >= 48 * 60 ? MINUTE : 0};
        fg_usage_look(usage, START + minute * MINUTE);
        fg_usage_add(usage, FG_USAGE_CLASS, "h100", &part);
    }
    size_t at = 0;
    OK(fg_usage_next(usage, FG_USAGE_CLASS, &at, &row));
    EQ(row.day.could_us, 24 * HOUR);
    EQ(row.day.busy_us, 24 * HOUR);
    fg_usage_look(usage, START + 100 * HOUR);
    at = 0;
    OK(!fg_usage_next(usage, FG_USAGE_CLASS, &at, &row)); /* unseen for a day */
}

int main(void)
{
    RUN(a_job_that_does_nothing_is_said_with_what_it_costs);
    RUN(what_is_short_or_a_little_busy_is_no_waste);
    RUN(asked_for_eight_and_uses_two);
    RUN(silence_accuses_nobody);
    RUN(a_restart_goes_on_counting);
    RUN(a_task_that_hangs_behind_is_named);
    RUN(a_task_that_the_others_wait_for_is_named);
    RUN(a_device_slower_than_its_twins_is_named);
    RUN(other_work_is_no_twin);
    RUN(memory_that_will_not_do_is_foretold);
    RUN(memory_that_saws_or_settles_is_fine);
    RUN(memory_of_a_device_that_will_not_do_is_foretold);
    RUN(memory_of_a_device_that_will_do_is_fine);
    RUN(what_was_held_before_may_be_held_again);
    RUN(who_comes_next_begins_anew);
    RUN(shares_and_instances_have_limits_of_their_own);
    RUN(a_guess_tells_of_no_device);
    RUN(use_is_work_done_of_what_could_be);
    RUN(the_day_is_the_last_24_hours);
    return tap_done();
}
