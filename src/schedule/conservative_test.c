/* conservative_test.c - reservations of all that wait against a plan made second by second. */
#include "test/schedule/world.h"
#include "test/tap.h"

#include <stdlib.h>

#define HORIZON 4000 /* seconds */
#define DEVICES 4
#define WAITING 30

/* So many devices that are free from `at` on for so long: the lowest ones.  false: there are not. */
static bool take(bool busy[DEVICES][HORIZON], int at, int lasts, uint32_t count)
{
    uint32_t found = 0;
    int chosen[DEVICES];
    for (int device = 0; device < DEVICES && found < count; device++) {
        int s = at;
        while (s < at + lasts && !busy[device][s])
            s++;
        if (s == at + lasts)
            chosen[found++] = device;
    }
    for (uint32_t i = 0; i < count && found == count; i++)
        for (int s = at; s < at + lasts; s++)
            busy[chosen[i]][s] = true;
    return found == count;
}

/* Of one node: in queue order, each from the first second on which it has devices that stay free. */
static void plan_by_seconds(struct world *world, int64_t *out_start_s)
{
    bool busy[DEVICES][HORIZON] = {};
    for (size_t r = 0; r < world->runs_len; r++) {
        const struct run *run = &world->runs[r];
        int at = 0;
        while (!take(busy, at, (int)(run->job.time_limit_us / S), run->any_of[0].count))
            at++;
        out_start_s[r] = at;
    }
}

static bool same_plan(uint64_t seed)
{
    struct world *world = two_nodes();
    int64_t start_s[WAITING];
    bool same = true;
    world->seed = seed;
    world->traits.conservative = true;
    fg_schedule_set_backfill(world->schedule, FG_BACKFILL_CONSERVATIVE);
    add_project(world, 1, &no_quota);
    for (int i = 0; i < WAITING; i++) {
        struct run *run = ask(world, "h100", 1 + draw(world, DEVICES), 1);
        run->job.time_limit_us = run->lasts_us = S * (1 + draw(world, 100));
        submit(world, run);
    }
    plan_by_seconds(world, start_s);
    int64_t began_us = world->now_us;
    pass(world);
    for (int i = 0; i < WAITING; i++) {
        const struct run *run = &world->runs[i];
        int64_t at_us = run->running ? run->begun_us
                                     : fg_schedule_promised_us(world->schedule, run->job.id);
        same = same && at_us == began_us + start_s[i] * S;
    }
    /* And so it comes. */
    while (step_to_next_end(world, INT64_MAX))
        pass(world);
    for (int i = 0; i < WAITING; i++)
        same =
            same && world->runs[i].done && world->runs[i].begun_us == began_us + start_s[i] * S;
    same = same && !world->broken;
    clear(world);
    free(world);
    return same;
}

static void the_plan_is_that_of_seconds(void)
{
    bool all = true;
    for (uint64_t seed = 1; seed <= 100; seed++)
        all = all && same_plan(seed);
    OK(all);
}

/* The third would delay the second, that comes before it, but not the first of those that wait. */
static void easy_delays_whom_conservative_does_not(void)
{
    for (int conservative = 0; conservative <= 1; conservative++) {
        struct world *world = two_nodes();
        world->traits.conservative = conservative;
        if (conservative)
            fg_schedule_set_backfill(world->schedule, FG_BACKFILL_CONSERVATIVE);
        add_project(world, 1, &no_quota);
        struct run *holder = ask(world, "h100", 2, 1), *other = ask(world, "a100", 1, 1);
        struct run *head = ask(world, "h100", 4, 1), *second = ask(world, "a100", 4, 1);
        struct run *third = ask(world, "a100", 1, 1);
        third->job.time_limit_us = third->lasts_us = 500 * S;
        submit(world, holder);
        submit(world, other);
        submit(world, head);
        submit(world, second);
        submit(world, third);
        pass(world);
        EQ(third->running, !conservative);
        EQ(fg_schedule_reservation(world->schedule).job, head->job.id);
        EQ(fg_schedule_promised_us(world->schedule, second->job.id),
           conservative ? world->now_us + 100 * S : INT64_MAX);
        finish(world);
    }
}

/* Devices held or promised in each second from now on; false: more than there are. */
static bool plan_holds(struct world *world, size_t came)
{
    uint32_t held[HORIZON] = {};
    for (size_t r = 0; r < came; r++) {
        const struct run *run = &world->runs[r];
        int64_t at_us = run->running ? run->begun_us
                        : run->done  ? INT64_MAX
                                     : fg_schedule_promised_us(world->schedule, run->job.id);
        if (at_us == INT64_MAX)
            continue;
        for (int s = 0; s < HORIZON; s++) {
            int64_t moment_us = world->now_us + s * S;
            bool holds = moment_us >= at_us && moment_us < at_us + run->job.time_limit_us;
            held[s] += holds ? run->any_of[0].count : 0;
            if (held[s] > DEVICES)
                return false;
        }
    }
    return true;
}

/* Who comes later and goes before others takes what had been promised to them: they have to be promised something else. */
static bool plan_is_sound(uint64_t seed)
{
    struct world *world = two_nodes();
    bool sound = true;
    size_t came = 0;
    world->seed = seed;
    world->traits.conservative = true;
    fg_schedule_set_backfill(world->schedule, FG_BACKFILL_CONSERVATIVE);
    add_project(world, 1, &no_quota);
    while (sound && !world->broken) {
        for (uint32_t i = draw(world, 4); i > 0 && came < WAITING; i--, came++) {
            struct run *run = ask(world, "h100", 1 + draw(world, DEVICES), 1);
            run->job.priority_milli = (int32_t)draw(world, 5) * 100000;
            run->job.time_limit_us = run->lasts_us = S * (1 + draw(world, 60));
            submit(world, run);
        }
        pass(world);
        sound = plan_holds(world, came);
        if (!step_to_next_end(world,
                              came < WAITING ? world->now_us + draw(world, 20) * S : INT64_MAX))
            break;
    }
    sound = sound && !world->broken;
    clear(world);
    free(world);
    return sound;
}

static void nothing_is_promised_twice(void)
{
    bool all = true;
    for (uint64_t seed = 1; seed <= 100; seed++)
        all = all && plan_is_sound(seed);
    OK(all);
}

int main(void)
{
    RUN(nothing_is_promised_twice);
    RUN(the_plan_is_that_of_seconds);
    RUN(easy_delays_whom_conservative_does_not);
    return tap_done();
}
