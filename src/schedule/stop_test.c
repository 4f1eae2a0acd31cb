/* stop_test.c - what a stop costs, whom it is worth it to stop, and when the devices are there. */
#include "schedule/stop.h"
#include "test/schedule/world.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define T0 (1'700'000'000 * S)

static void a_loss_is_what_has_to_be_done_again(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    struct fg_job job = {.started_us = T0, .attempt = 1};
    EQ(fg_stop_grace_us(&config, &job), 10 * S);
    EQ(fg_stop_loss_us(&config, &job, T0), 0);
    EQ(fg_stop_loss_us(&config, &job, T0 + 950 * S), 950 * S);
    job.restart_us = 60 * S;
    EQ(fg_stop_loss_us(&config, &job, T0 + 950 * S), 1010 * S);
    job.checkpoint_us = 600 * S; /* it saves when it is told */
    EQ(fg_stop_loss_us(&config, &job, T0 + 950 * S), 60 * S);
    job.grace_us = 1; /* it is not told */
    EQ(fg_stop_loss_us(&config, &job, T0 + 950 * S), 410 * S);
    job.attempt = 2; /* the restart was no work */
    EQ(fg_stop_loss_us(&config, &job, T0 + 950 * S), 350 * S);
    EQ(fg_stop_loss_us(&config, &job, T0 + 30 * S), 60 * S);
    job.started_us = 0;
    EQ(fg_stop_loss_us(&config, &job, T0), 0);
}

static void a_cost_counts_devices_and_cores(void)
{
    struct fg_config config;
    fg_config_defaults(&config);
    const struct fg_job job = {.started_us = T0, .attempt = 1};
    const struct fg_grant grants[] = {{.devices = 3, .gpu_milli = 1000, .cpu_milli = 8000},
                                      {.devices = 1, .gpu_milli = 500}};
    EQ(fg_stop_weight_milli(grants, 2), 3000);
    EQ(fg_stop_cost_us(&config, &job, grants, 2, T0 + 10 * S), 30 * S);
    EQ(fg_stop_cost_us(&config, &job, grants, 2, T0), 1);
}

/* A preemptible job that has run for so long. */
static struct run *runs_for(struct world *world, uint32_t gpus, int64_t ran_s, int64_t limit_s)
{
    struct run *run = ask(world, "h100", gpus, 1);
    run->job.preemptible = true;
    run->job.time_limit_us = run->lasts_us = limit_s * S;
    submit(world, run);
    EQ(pass(world), 1);
    run->job.started_us = run->begun_us = world->now_us - ran_s * S;
    fg_queue_set(world->queue, &run->job);
    return run;
}

static struct run *urgent(struct world *world, uint32_t gpus)
{
    struct run *head = ask(world, "h100", gpus, 1);
    head->job.priority_milli = 50000;
    submit(world, head);
    return head;
}

static struct world *one_project(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    return world;
}

/* The one that ran longer writes checkpoints. */
static void who_has_saved_goes_before_who_has_not(void)
{
    struct world *world = one_project();
    struct run *saves = runs_for(world, 2, 5000, 90000), *loses = runs_for(world, 2, 50, 90000);
    saves->job.checkpoint_us = 600 * S;
    saves->job.restart_us = 20 * S;
    fg_queue_set(world->queue, &saves->job);
    (void)urgent(world, 2);
    EQ(pass(world), 1);
    OK(saves->stopping && !loses->stopping);
    finish(world);
}

/* Two small ones cost more together than a large one. */
static void one_dear_job_is_cheaper_than_many_cheap_ones(void)
{
    struct world *world = one_project();
    struct run *a = runs_for(world, 1, 60, 90000), *b = runs_for(world, 1, 60, 90000),
               *large = runs_for(world, 2, 50, 90000);
    (void)urgent(world, 2);
    EQ(pass(world), 1);
    OK(large->stopping && !a->stopping && !b->stopping);
    finish(world);
}

static void until_the_grace_is_over_nobody_else_is_asked(void)
{
    struct world *world = one_project();
    struct run *first = runs_for(world, 2, 50, 90000), *second = runs_for(world, 2, 500, 90000);
    first->job.grace_us = 300 * S;
    fg_queue_set(world->queue, &first->job);
    int64_t asked_us = world->now_us;
    struct run *head = urgent(world, 2);
    EQ(pass(world), 1);
    OK(first->stopping && !second->stopping);
    EQ(fg_schedule_reservation(world->schedule).at_us, asked_us + 300 * S);
    first->ends_us = asked_us + 250 * S; /* it takes its time */
    world->now_us = asked_us + 200 * S;
    EQ(pass(world), 0);
    OK(!second->stopping);
    EQ(fg_schedule_reservation(world->schedule).job, head->job.id);
    EQ(fg_schedule_reservation(world->schedule).at_us, asked_us + 300 * S);
    finish(world);
}

/* In the time that the stop takes there is room for who is over by then, and for nobody else. */
static void backfill_goes_by_the_grace(void)
{
    struct world *world = one_project();
    struct run *victim = runs_for(world, 3, 50, 90000);
    victim->job.grace_us = 300 * S;
    fg_queue_set(world->queue, &victim->job);
    struct run *head = urgent(world, 4);
    EQ(pass(world), 1);
    OK(victim->stopping);
    victim->ends_us = world->now_us + 300 * S;
    struct run *fits = ask(world, "h100", 1, 1), *delays = ask(world, "h100", 1, 1);
    fits->job.time_limit_us = fits->lasts_us = 290 * S;
    delays->job.time_limit_us = delays->lasts_us = 400 * S;
    submit(world, delays);
    submit(world, fits);
    EQ(pass(world), 1);
    OK(fits->running && !delays->running && !head->running);
    finish(world);
}

static void who_is_about_to_end_is_waited_for(void)
{
    struct world *world = one_project();
    struct run *ends = runs_for(world, 2, 95, 100), *other = runs_for(world, 2, 1, 90000);
    (void)urgent(world, 2);
    EQ(pass(world), 0); /* 5 s are less than the 10 s of a stop */
    OK(!ends->stopping && !other->stopping);
    EQ(fg_schedule_reservation(world->schedule).at_us, world->now_us + 5 * S);
    (void)urgent(world, 4); /* the first of the two is the head still */
    EQ(pass(world), 0);
    finish(world);
}

/* Its end comes before the stop could, and the other makes the rest of the room. */
static void the_rest_is_made_room_for(void)
{
    struct world *world = one_project();
    struct run *ends = runs_for(world, 2, 95, 100), *other = runs_for(world, 2, 1, 90000);
    (void)urgent(world, 4);
    EQ(pass(world), 1);
    OK(!ends->stopping && other->stopping);
    EQ(fg_schedule_reservation(world->schedule).at_us, world->now_us + 10 * S);
    finish(world);
}

static struct world *by_srtf(void)
{
    struct world *world = calloc(1, sizeof(*world));
    world->traits.order = "srtf";
    create(world);
    add_node(world, "a", 16, "h100-sxm", 4, NULL);
    add_project(world, 1, &no_quota);
    return world;
}

/* Equal in priority, pushed aside by the order: it has run for 3000 s, and the other would start 1000 s sooner. */
static void among_equals_nobody_loses_more_than_the_other_gains(void)
{
    for (int saves = 0; saves <= 1; saves++) {
        struct world *world = by_srtf();
        struct run *old = runs_for(world, 4, 3000, 4000);
        old->job.checkpoint_us = saves ? 600 * S : 0;
        fg_queue_set(world->queue, &old->job);
        struct run *head = ask(world, "h100", 4, 1);
        head->job.time_limit_us = head->lasts_us = 100 * S;
        submit(world, head);
        EQ(pass(world), (size_t)saves);
        EQ(old->stopping, saves);
        EQ(fg_schedule_reservation(world->schedule).at_us,
           world->now_us + (saves ? 10 : 1000) * S);
        finish(world);
    }
}

int main(void)
{
    RUN(a_loss_is_what_has_to_be_done_again);
    RUN(a_cost_counts_devices_and_cores);
    RUN(who_has_saved_goes_before_who_has_not);
    RUN(one_dear_job_is_cheaper_than_many_cheap_ones);
    RUN(until_the_grace_is_over_nobody_else_is_asked);
    RUN(backfill_goes_by_the_grace);
    RUN(who_is_about_to_end_is_waited_for);
    RUN(the_rest_is_made_room_for);
    RUN(among_equals_nobody_loses_more_than_the_other_gains);
    return tap_done();
}
