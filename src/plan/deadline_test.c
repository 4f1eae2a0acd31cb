/* deadline_test.c - the rules one by one; no deadline is missed whatever spot does. */
#include "plan/deadline.h"
#include "plan/spot_value.h"
#include "test/tap.h"

#include <math.h>
#include <string.h>

#define MINUTE_US 60'000'000LL
#define HOUR_US   (60 * MINUTE_US)

/* -- one decision ----------------------------------------------------------------------------------------- */

static const struct fg_deadline_terms terms = {.work_us = 10 * HOUR_US,
                                               .time_us = 15 * HOUR_US,
                                               .restart_us = 12 * MINUTE_US,
                                               .look_us = 5 * MINUTE_US,
                                               .on_demand_uusd_per_hour = 3'000'000};

static enum fg_ride chosen(const char *policy, const struct fg_deadline_view *view)
{
    struct fg_deadline_choice choice;
    fg_deadline_choose(fg_deadline_policy_find(policy), view, &choice);
    OK(choice.reason != NULL);
    return choice.ride;
}

static void test_rules_of_the_baselines(void)
{
    struct fg_spot_zone zone = {.is_there = false, .price_uusd_per_hour = 1'000'000};
    struct fg_deadline_view view = {.terms = &terms,
                                    .work_left_us = 10 * HOUR_US,
                                    .time_left_us = 15 * HOUR_US,
                                    .zones = &zone,
                                    .zones_len = 1};
    EQ(chosen("greedy", &view), FG_RIDE_IDLE);
    EQ(chosen("uniform", &view), FG_RIDE_IDLE); /* not behind yet */
    EQ(chosen("on-demand", &view), FG_RIDE_ON_DEMAND);
    view.time_left_us -= HOUR_US; /* behind a steady pace */
    EQ(chosen("greedy", &view), FG_RIDE_IDLE);
    EQ(chosen("uniform", &view), FG_RIDE_ON_DEMAND);
    zone.is_there = true;
    EQ(chosen("uniform", &view), FG_RIDE_SPOT);
    view.ride = FG_RIDE_ON_DEMAND; /* hysteresis: not yet ahead by two starts */
    EQ(chosen("uniform", &view), FG_RIDE_ON_DEMAND);
    EQ(chosen("uniform-plain", &view), FG_RIDE_SPOT);
    view.work_left_us -= 2 * HOUR_US;
    EQ(chosen("uniform", &view), FG_RIDE_SPOT);
    view.work_left_us = 0;
    EQ(chosen("on-demand", &view), FG_RIDE_IDLE);
    OK(fg_deadline_policy_find("no such") == NULL);
}

static void test_the_net(void)
{
    struct fg_spot_zone zone = {.is_there = true, .price_uusd_per_hour = 1'000'000};
    struct fg_deadline_view view = {.terms = &terms,
                                    .work_left_us = 5 * HOUR_US,
                                    .time_left_us = 5 * HOUR_US + 24 * MINUTE_US,
                                    .zones = &zone,
                                    .zones_len = 1};
    OK(fg_deadline_is_safe(&view, FG_RIDE_SPOT, 0));
    OK(fg_deadline_is_safe(&view, FG_RIDE_IDLE, 0));
    view.time_left_us -= 1;
    OK(!fg_deadline_is_safe(&view, FG_RIDE_SPOT, 0));
    view.ride = FG_RIDE_SPOT; /* started: what is left of the start counts */
    view.start_left_us = 11 * MINUTE_US;
    OK(fg_deadline_is_safe(&view, FG_RIDE_SPOT, 0));
    OK(!fg_deadline_is_safe(&view, FG_RIDE_SPOT, 1));
    view.time_left_us = 5 * HOUR_US + 17 * MINUTE_US;
    OK(fg_deadline_is_safe(&view, FG_RIDE_IDLE, 0));
    view.time_left_us -= 1;
    OK(!fg_deadline_is_safe(&view, FG_RIDE_IDLE, 0));
    OK(fg_deadline_is_safe(&view, FG_RIDE_ON_DEMAND, 0));
    struct fg_deadline_choice choice;
    fg_deadline_choose(fg_deadline_policy_find("greedy"), &view, &choice);
    OK(choice.is_net);
    EQ(choice.ride, FG_RIDE_ON_DEMAND);
}

static void test_the_cheapest_hour_of_work(void)
{
    struct fg_spot_outlook nervous, steady;
    fg_spot_outlook_start(&nervous);
    fg_spot_outlook_start(&steady);
    for (int i = 0; i < 600; i++) {
        fg_spot_outlook_look(&nervous, i % 2, 10 * MINUTE_US);
        fg_spot_outlook_look(&steady, true, 10 * MINUTE_US);
    }
    struct fg_spot_zone zones[3] = {
        {true, 1'000'000, &nervous}, {true, 1'100'000, &steady}, {false, 500'000, &steady}};
    struct fg_deadline_view view = {.terms = &terms, .zones = zones, .zones_len = 3};
    EQ(fg_deadline_best_zone(&view), 1);
    zones[1].price_uusd_per_hour = 9'000'000;
    EQ(fg_deadline_best_zone(&view), 0);
    zones[0].is_there = zones[1].is_there = false;
    EQ(fg_deadline_best_zone(&view), 3);
}

/* -- never late --------------------------------------------------------------------------------------------- */

enum adversary { NEVER, ALWAYS, COIN, BURSTS, AFTER_START, WHEN_TIGHT, ADVERSARIES };

struct world {
    struct fg_deadline_terms terms;
    struct fg_deadline_view view;
    struct fg_spot_zone zones[2];
    struct fg_spot_outlook outlook;
    enum adversary adversary;
    uint64_t random;
    int64_t kept_us; /* work that no loss can take: it is saved when loss_us is full */
    int64_t burst_left;
};

static uint64_t draw(struct world *world)
{
    world->random += 0x9e37'79b9'7f4a'7c15u;
    uint64_t z = world->random;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
}

static bool is_there(struct world *world)
{
    const struct fg_deadline_view *view = &world->view;
    int64_t slack_us = view->time_left_us - view->work_left_us;
    switch (world->adversary) {
    case NEVER:
        return false;
    case ALWAYS:
        return true;
    case COIN:
        return draw(world) % 2;
    case BURSTS:
        if (world->burst_left-- <= 0)
            world->burst_left = (int64_t)(draw(world) % 40);
        return world->burst_left > 15;
    case AFTER_START: /* there until it is taken and the start is paid */
        return view->ride != FG_RIDE_SPOT || view->start_left_us > world->terms.look_us;
    default: /* there until two starts are all that is left */
        return slack_us > 2 * world->terms.restart_us || view->ride != FG_RIDE_SPOT;
    }
}

/* Spot is lost: as much progress as may be goes, the job is idle. */
static void lose(struct world *world)
{
    struct fg_deadline_view *view = &world->view;
    view->ride = FG_RIDE_IDLE;
    view->work_left_us = view->work_left_us + world->terms.loss_us < world->kept_us
                             ? view->work_left_us + world->terms.loss_us
                             : world->kept_us;
}

static void pass(struct world *world, const struct fg_deadline_choice *choice)
{
    struct fg_deadline_view *view = &world->view;
    bool is_same = view->ride == choice->ride && view->zone == choice->zone;
    if (!is_same) {
        view->start_left_us = world->terms.restart_us;
        world->kept_us = view->work_left_us;
    }
    view->ride = choice->ride;
    view->zone = choice->zone;
    int64_t look_us = world->terms.look_us, passed_us = look_us;
    if (choice->ride != FG_RIDE_IDLE) {
        int64_t start_us = view->start_left_us < look_us ? view->start_left_us : look_us;
        int64_t work_us = look_us - start_us;
        work_us = work_us < view->work_left_us ? work_us : view->work_left_us;
        view->start_left_us -= start_us;
        view->work_left_us -= work_us;
        passed_us = start_us + work_us;
    }
    view->time_left_us -= passed_us;
}

static bool is_late(struct world *world, const struct fg_deadline_policy *policy)
{
    struct fg_deadline_view *view = &world->view;
    while (view->work_left_us > 0 && view->time_left_us >= 0) {
        struct fg_deadline_choice choice;
        bool there = is_there(world);
        world->zones[0].is_there = there;
        world->zones[1].is_there = there && draw(world) % 2;
        if (view->ride == FG_RIDE_SPOT && !world->zones[view->zone].is_there)
            lose(world);
        fg_spot_outlook_look(&world->outlook, there, world->terms.look_us);
        fg_deadline_choose(policy, view, &choice);
        pass(world, &choice);
    }
    return view->work_left_us > 0 || view->time_left_us < 0;
}

static struct world world_of(uint64_t seed,
                             enum adversary adversary,
                             const struct fg_spot_value *value)
{
    struct world world = {.adversary = adversary, .random = seed};
    struct fg_deadline_terms *own = &world.terms;
    own->work_us = (int64_t)(1 + draw(&world) % (8 * HOUR_US));
    own->restart_us = (int64_t)(draw(&world) % (30 * MINUTE_US));
    own->look_us = (int64_t)(1 + draw(&world) % 20) * MINUTE_US;
    own->loss_us = (int64_t)(draw(&world) % (40 * MINUTE_US));
    int64_t slack_us = (int64_t)(draw(&world) % (uint64_t)own->work_us);
    own->time_us = own->work_us + own->restart_us + slack_us;
    own->on_demand_uusd_per_hour = 3'000'000;
    fg_spot_outlook_start(&world.outlook);
    world.view = (struct fg_deadline_view){.work_left_us = own->work_us,
                                           .time_left_us = own->time_us,
                                           .zones_len = 2,
                                           .value = value};
    world.zones[0] = world.zones[1] = (struct fg_spot_zone){.price_uusd_per_hour = 1'000'000};
    return world;
}

static void test_no_deadline_is_missed(void)
{
    const struct fg_spot_value_terms of = {.work_us = 8 * HOUR_US,
                                           .slack_us = 8 * HOUR_US,
                                           .restart_us = 12 * MINUTE_US,
                                           .price_of_spot = 0.3};
    FG_AUTO(fg_spot_value) struct fg_spot_value *value = fg_spot_value_new(&of);
    for (const struct fg_deadline_policy *policy = fg_deadline_policies; policy->name; policy++)
        for (int adversary = 0; adversary < ADVERSARIES; adversary++) {
            int late = 0;
            for (uint64_t seed = 1; seed <= 100; seed++) {
                struct world world = world_of(seed, (enum adversary)adversary, value);
                world.view.terms = &world.terms; /* where it lies now */
                world.view.zones = world.zones;
                world.view.outlook = &world.outlook;
                late += is_late(&world, policy);
            }
            printf("# %s, adversary %d\n", policy->name, adversary);
            EQ(late, 0);
        }
}

/* -- what interruptions cost ------------------------------------------------------------------------------ */

static double share(uint64_t *random)
{
    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
    return ((double)(*random >> 33) + 0.5) / 2147483648.0;
}

/* Pieces of 3 h, run until each got through once, against the formula. */
static void test_the_stretch(void)
{
    static const double rates[] = {0.01, 0.1, 0.5, 1};
    uint64_t random = 1;
    EQ(1000 * fg_deadline_stretch(0, 3 * HOUR_US, HOUR_US / 2), 1000);
    EQ(1000 * fg_deadline_stretch(1, 0, HOUR_US / 2), 1000);
    EQ(fg_deadline_stretch(1000, 100 * HOUR_US, 0), 1e6);
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        double hours = 0, want = fg_deadline_stretch(rates[i], 3 * HOUR_US, HOUR_US / 2);
        for (int piece = 0; piece < 100'000; piece++) {
            double lasts;
            while ((lasts = -log(share(&random)) / rates[i]) < 3)
                hours += lasts + 0.5;
            hours += 3;
        }
        printf("# %.2f an hour: %.3f times, drawn %.3f\n", rates[i], want, hours / 300'000);
        OK(fabs(hours / 300'000 - want) < 0.02 * want);
    }
}

int main(void)
{
    RUN(test_the_stretch);
    RUN(test_rules_of_the_baselines);
    RUN(test_the_net);
    RUN(test_the_cheapest_hour_of_work);
    RUN(test_no_deadline_is_missed);
    return tap_done();
}
