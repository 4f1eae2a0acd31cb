/* schedule_test.c - what one pass does, by example; lives_test.c lets random clusters live. */
#include "test/schedule/world.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static void a_gang_starts_whole_or_not_at_all(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    struct run *small = ask(world, "h100", 1, 1), *gang = ask(world, "h100", 2, 2);
    submit(world, small);
    EQ(pass(world), 1);
    submit(world, gang);
    EQ(pass(world), 0);
    EQ(fg_schedule_reservation(world->schedule).job, gang->job.id);
    EQ(fg_schedule_reservation(world->schedule).at_us, small->begun_us + 100 * S);
    step_to_next_end(world, INT64_MAX);
    EQ(pass(world), 1);
    OK(gang->running);
    finish(world);
}

/* Four of one kind and four of another are not six of one. */
static void what_can_never_run_holds_up_nobody(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    struct run *never = ask(world, "any", 6, 1), *big = ask(world, "any", 3, 3);
    submit(world, never);
    submit(world, big); /* two tasks fit, on an empty pool too */
    EQ(pass(world), 0);
    EQ(fg_schedule_reservation(world->schedule).job, 0);
    struct run *other = ask(world, "any", 4, 2);
    submit(world, other);
    EQ(pass(world), 1);
    finish(world);
}

static void a_quota_of_one_kind_leaves_the_other(void)
{
    struct world *world = two_nodes();
    struct fg_project project = {
        .id = 1, .name = "p", .quota = no_quota, .kinds = {{"h100", 2000, 0}}, .kinds_len = 1};
    EQ(fg_queue_project_put(world->queue, &project, NULL), 0);
    struct run *first = ask(world, "h100", 2, 1), *second = ask(world, "h100", 1, 1);
    second->any_of[1] = second->any_of[0];
    snprintf(second->any_of[1].kind, sizeof(second->any_of[1].kind), "a100");
    second->any_of_len = 2;
    struct run *third = ask(world, "any", 1, 1), *fourth = ask(world, "h100", 1, 1);
    submit(world, first);
    submit(world, second);
    submit(world, third);
    submit(world, fourth);
    EQ(pass(world), 3);
    EQ(second->grants[0].node, 2);
    EQ(third->grants[0].node, 2);
    OK(!fourth->running);
    EQ(fg_schedule_reservation(world->schedule).job, 0); /* it waits for its project */
    finish(world);
}

static void preemption_takes_the_lowest_and_no_more_than_needed(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    struct run *held[5];
    for (int i = 0; i < 5; i++) {
        held[i] = ask(world, i < 4 ? "h100" : "a100", 1, 1);
        held[i]->job.preemptible = true;
        held[i]->job.priority_milli = 1000 * (i + 1);
        submit(world, held[i]);
    }
    held[0]->job.preemptible = false;
    fg_queue_set(world->queue, &held[0]->job);
    held[4]->job.priority_milli = 500; /* the lowest of all, but not in the way */
    fg_queue_set(world->queue, &held[4]->job);
    EQ(pass(world), 5);
    struct run *head = ask(world, "h100", 2, 1);
    head->job.priority_milli = 50000;
    submit(world, head);
    EQ(pass(world), 2);
    OK(held[1]->stopping && held[2]->stopping);
    OK(!held[0]->stopping && !held[3]->stopping && !held[4]->stopping);
    EQ(pass(world), 0); /* not once more */
    while (step_to_next_end(world, world->now_us + 5 * S) && !head->running)
        pass(world);
    EQ(held[1]->stopped + held[2]->stopped + held[3]->stopped, 2);
    finish(world);
}

/* Of equals: three devices for ten seconds are less than one for a hundred. */
static void preemption_loses_as_little_as_it_can(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    struct run *old = ask(world, "h100", 1, 1), *young = ask(world, "h100", 3, 1);
    old->job.preemptible = young->job.preemptible = true;
    old->job.time_limit_us = young->job.time_limit_us = 1000 * S;
    old->lasts_us = young->lasts_us = 1000 * S;
    submit(world, old);
    EQ(pass(world), 1);
    old->job.started_us = world->now_us;
    fg_queue_set(world->queue, &old->job);
    world->now_us += 90 * S;
    submit(world, young);
    EQ(pass(world), 1);
    young->job.started_us = world->now_us;
    fg_queue_set(world->queue, &young->job);
    world->now_us += 10 * S;
    struct run *head = ask(world, "h100", 1, 1);
    head->job.priority_milli = 50000;
    submit(world, head);
    EQ(pass(world), 1);
    OK(young->stopping && !old->stopping);
    finish(world);
}

/* A job whose age puts it before the head again would come right back. */
static void age_protects_from_being_pushed_aside(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    struct run *old = ask(world, "h100", 4, 1);
    old->job.preemptible = true;
    old->job.priority_milli = 10000;
    old->job.time_limit_us = old->lasts_us = 36000 * S;
    submit(world, old);
    world->now_us += 10 * 3600 * S; /* has waited for ten hours: a hundred points */
    EQ(pass(world), 1);
    struct run *head = ask(world, "h100", 1, 1);
    head->job.priority_milli = 20000;
    submit(world, head);
    EQ(pass(world), 0);
    OK(!old->stopping);
    EQ(fg_schedule_reservation(world->schedule).job, head->job.id);
    struct run *urgent = ask(world, "h100", 1, 1);
    urgent->job.priority_milli = 200000;
    submit(world, urgent);
    EQ(pass(world), 1);
    OK(old->stopping);
    finish(world);
}

/* A stream of more important jobs that would fill the pool for ever. */
static void nobody_starves(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    struct run *low = ask(world, "h100", 4, 1);
    submit(world, low);
    int64_t began = world->now_us;
    while (!low->begun_us && world->runs_len + 2 <= JOBS_MAX) {
        for (int i = 0; i < 2; i++) {
            struct run *high = ask(world, "h100", 2, 1);
            high->job.priority_milli = 50000;
            high->job.time_limit_us = high->lasts_us = 1800 * S;
            submit(world, high);
        }
        pass(world);
        step_to_next_end(world, world->now_us + 1800 * S);
    }
    OK(low->begun_us > 0);
    OK(low->begun_us - began <= 6 * 3600 * S); /* fifty points at ten an hour */
    finish(world);
}

static void no_backfill_if_so_configured(void)
{
    struct world *world = two_nodes();
    add_project(world, 1, &no_quota);
    world->config.backfill_depth = 0;
    struct run *holder = ask(world, "h100", 4, 1), *head = ask(world, "h100", 4, 1);
    struct run *other = ask(world, "a100", 1, 1);
    submit(world, holder);
    submit(world, head);
    submit(world, other);
    const struct fg_decision *decisions;
    EQ(fg_schedule_pass(world->schedule, world->pool, world->queue, NULL, 0, world->now_us,
                        &decisions),
       1);
    EQ(decisions[0].job, holder->job.id);
    finish(world);
}

static void nothing_asked_nothing_done(void)
{
    struct world *world = calloc(1, sizeof(*world));
    create(world);
    EQ(pass(world), 0); /* no node, no project, no class */
    finish(world);
}

int main(void)
{
    RUN(nothing_asked_nothing_done);
    RUN(a_gang_starts_whole_or_not_at_all);
    RUN(what_can_never_run_holds_up_nobody);
    RUN(a_quota_of_one_kind_leaves_the_other);
    RUN(preemption_takes_the_lowest_and_no_more_than_needed);
    RUN(preemption_loses_as_little_as_it_can);
    RUN(age_protects_from_being_pushed_aside);
    RUN(nobody_starves);
    RUN(no_backfill_if_so_configured);
    return tap_done();
}
