/* scale_test.c - worked examples; and random lives in which the policy is never broken. */
#include "plan/scale.h"
#include "test/tap.h"

#include <string.h>

#define S        1'000'000LL
#define HELD_MAX 64

static const struct fg_scale_policy plain = {.most = 10,
                                             .slack_percent = 20,
                                             .life_us = 600 * S,
                                             .idle_us = 120 * S,
                                             .cool_us = 300 * S,
                                             .zero_us = 1800 * S};

static struct fg_scale_decision decide(const struct fg_scale_policy *policy,
                                       const struct fg_scale_view *view)
{
    struct fg_scale_decision out;
    fg_scale_decide(policy, view, &out, NULL);
    printf("# %s\n", out.reason);
    return out;
}

static void test_up(void)
{
    struct fg_scale_view view = {.class = "h100",
                                 .now_us = 10'000 * S,
                                 .devices_per_machine = 8,
                                 .devices_waiting = 30,
                                 .worked_us = 10'000 * S};
    EQ(decide(&plain, &view).change, 4); /* a burst, in one step */
    view.coming = 3;
    EQ(decide(&plain, &view).change, 1);
    view.devices_forecast = 60; /* more than what waits */
    EQ(decide(&plain, &view).change, 5);
    view.devices_forecast = 900;
    struct fg_scale_decision out = decide(&plain, &view);
    EQ(out.change, 7);
    OK(strstr(out.reason, "at most 10") != NULL);
    struct fg_scale_policy slow = plain;
    slow.step_up = 2;
    EQ(decide(&slow, &view).change, 2);
    struct fg_scale_policy warm = plain;
    warm.standby = 2;
    view.devices_forecast = view.devices_waiting = 0;
    view.coming = 0;
    EQ(decide(&warm, &view).change, 2);
    warm.standby = 0;
    warm.least = 1;
    EQ(decide(&warm, &view).change, 1);
}

static void test_down(void)
{
    struct fg_scale_machine machines[4] = {
        {0, 9'000 * S}, {0, 8'000 * S}, {0, INT64_MAX}, {9'900 * S, 9'900 * S}};
    struct fg_scale_view view = {.class = "h100",
                                 .now_us = 10'000 * S,
                                 .devices_per_machine = 8,
                                 .machines = machines,
                                 .machines_len = 4,
                                 .devices_running = 6,
                                 .worked_us = 10'000 * S,
                                 .changed_us = 9'800 * S};
    EQ(decide(&plain, &view).change, 0); /* too soon after a change */
    view.changed_us = 9'700 * S;
    struct fg_scale_decision out;
    uint32_t back[4];
    fg_scale_decide(&plain, &view, &out, back);
    EQ(out.change, -2); /* the fourth is too young */
    EQ(back[0], 1);
    EQ(back[1], 0);
    view.devices_running = 25; /* 30 with the slack: four machines */
    EQ(decide(&plain, &view).change, 0);
    view.devices_running = 19; /* 22.8: three */
    EQ(decide(&plain, &view).change, -1);
    struct fg_scale_policy slow = plain;
    slow.step_down = 1;
    view.devices_running = 6;
    EQ(decide(&slow, &view).change, -1);
}

static void test_to_zero(void)
{
    struct fg_scale_machine machine = {0, 8'000 * S};
    struct fg_scale_policy warm = plain;
    warm.standby = 1;
    struct fg_scale_view view = {.class = "h100",
                                 .now_us = 10'000 * S,
                                 .devices_per_machine = 8,
                                 .machines = &machine,
                                 .machines_len = 1,
                                 .worked_us = 9'000 * S};
    EQ(decide(&warm, &view).change, 0); /* standby */
    view.worked_us = 8'000 * S;
    EQ(decide(&warm, &view).change, -1);
    view.devices_forecast = 0.01; /* the tail of a forecast is nothing */
    EQ(decide(&warm, &view).change, -1);
    view.devices_forecast = 1;
    EQ(decide(&warm, &view).change, 1); /* and standby for what comes */
    warm.zero_us = 0;
    view.devices_forecast = 0;
    EQ(decide(&warm, &view).change, 0);
}

/* -- random lives ------------------------------------------------------------------------------------------ */

struct life {
    uint64_t random;
    struct fg_scale_policy policy;
    struct fg_scale_machine machines[HELD_MAX];
    size_t len;
    int64_t comes_us[HELD_MAX];
    size_t coming;
    int64_t now_us, changed_us, worked_us;
    const char *broken;
};

static uint32_t draw(struct life *life, uint32_t below)
{
    uint64_t z = life->random += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return (uint32_t)((z ^ (z >> 31)) % below);
}

static void arrive(struct life *life)
{
    size_t left = 0;
    for (size_t i = 0; i < life->coming; i++)
        if (life->comes_us[i] <= life->now_us)
            life->machines[life->len++] = (struct fg_scale_machine){life->now_us, life->now_us};
        else
            life->comes_us[left++] = life->comes_us[i];
    life->coming = left;
}

/* So many of the first are busy. */
static void work(struct life *life, size_t busy)
{
    for (size_t i = 0; i < life->len; i++) {
        bool was_busy = life->machines[i].idle_us == INT64_MAX;
        if (i < busy)
            life->machines[i].idle_us = INT64_MAX;
        else if (was_busy)
            life->machines[i].idle_us = life->now_us;
    }
}

static void give_back(struct life *life, const uint32_t *back, size_t len)
{
    const struct fg_scale_policy *policy = &life->policy;
    for (size_t i = 0; i < len; i++) {
        struct fg_scale_machine *machine = &life->machines[back[i]];
        if (machine->idle_us == INT64_MAX)
            life->broken = "gave back what is busy";
        else if (life->now_us - machine->held_us < policy->life_us)
            life->broken = "gave back what is young";
        else if (life->now_us - machine->idle_us < policy->idle_us)
            life->broken = "gave back what was just busy";
        machine->held_us = -1;
    }
    size_t left = 0;
    for (size_t i = 0; i < life->len; i++)
        if (life->machines[i].held_us >= 0)
            life->machines[left++] = life->machines[i];
    if (life->len - left != len)
        life->broken = "gave back one twice";
    life->len = left;
}

static void carry_out(struct life *life,
                      const struct fg_scale_view *view,
                      const struct fg_scale_decision *decision,
                      const uint32_t *back)
{
    const struct fg_scale_policy *policy = &life->policy;
    size_t have = life->len + life->coming;
    uint32_t devices = (uint32_t)(view->devices_running + view->devices_waiting);
    uint32_t now = (devices + 7) / 8;
    if (decision->change > 0 && have + (size_t)decision->change > policy->most)
        life->broken = "above the most";
    if (decision->change < 0 && life->changed_us
        && life->now_us - life->changed_us < policy->cool_us)
        life->broken = "gave back within the pause";
    if (decision->change < 0 && have - (size_t)-decision->change < policy->least)
        life->broken = "below the least";
    if (!policy->step_up && now <= policy->most && have < now
        && have + (size_t)(decision->change > 0 ? decision->change : 0) < now)
        life->broken = "did not meet a burst at once";
    if (strlen(decision->reason) < 20)
        life->broken = "said nothing";
    for (int32_t i = 0; i < decision->change; i++)
        life->comes_us[life->coming++] = life->now_us + 60 * S;
    if (decision->change < 0)
        give_back(life, back, (size_t)-decision->change);
    if (decision->change)
        life->changed_us = life->now_us;
}

static const char *live(uint64_t seed)
{
    struct life life = {.random = seed, .now_us = 1'000 * S};
    life.policy = (struct fg_scale_policy){.least = draw(&life, 3),
                                           .most = 3 + draw(&life, 40),
                                           .standby = draw(&life, 3),
                                           .step_up = draw(&life, 2) * draw(&life, 5),
                                           .step_down = draw(&life, 4),
                                           .slack_percent = draw(&life, 50),
                                           .life_us = draw(&life, 1000) * S,
                                           .idle_us = draw(&life, 300) * S,
                                           .cool_us = draw(&life, 600) * S,
                                           .zero_us = draw(&life, 2) * 900 * S};
    uint32_t demand = 0;
    for (int step = 0; step < 400 && !life.broken; step++) {
        life.now_us += (1 + draw(&life, 60)) * S;
        arrive(&life);
        if (draw(&life, 10) == 0)
            demand = draw(&life, 3) * draw(&life, 150);
        uint32_t room = (uint32_t)life.len * 8, running = demand < room ? demand : room;
        work(&life, (running + 7) / 8);
        if (demand)
            life.worked_us = life.now_us;
        struct fg_scale_view view = {.class = "h100",
                                     .now_us = life.now_us,
                                     .devices_per_machine = 8,
                                     .machines = life.machines,
                                     .machines_len = life.len,
                                     .coming = (uint32_t)life.coming,
                                     .devices_running = running,
                                     .devices_waiting = demand - running,
                                     .devices_forecast = draw(&life, 2) * draw(&life, 100),
                                     .worked_us = life.worked_us,
                                     .changed_us = life.changed_us};
        struct fg_scale_decision decision;
        uint32_t back[HELD_MAX];
        fg_scale_decide(&life.policy, &view, &decision, back);
        carry_out(&life, &view, &decision, back);
    }
    return life.broken;
}

static void test_random_lives(void)
{
    int broken = 0;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        const char *what = live(seed);
        broken += what != NULL;
        if (what)
            printf("# seed %llu: %s\n", (unsigned long long)seed, what);
    }
    EQ(broken, 0);
}

int main(void)
{
    RUN(test_up);
    RUN(test_down);
    RUN(test_to_zero);
    RUN(test_random_lives);
    return tap_done();
}
