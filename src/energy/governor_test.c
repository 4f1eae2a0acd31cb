/* governor_test.c - caps that save within the bound, a budget, and nobody else's work touched. */
#include "energy/governor.h"
#include "test/tap.h"

#include <math.h>

static const struct fg_cap_range range = {100'000, 700'000, 5'000};

/* A job that draws 600 W and does the fewer the lower the cap: as power ^ 0.3. */
static void run(struct fg_governed *device, int64_t cap_mw, int64_t second)
{
    double power = fmin(600'000, (double)cap_mw);
    device->time_us = second * 1'000'000;
    device->power_mw = (int64_t)power;
    device->rate = (int64_t)(1'000'000 * pow(power / 600'000, 0.3));
}

/* The cap after so many seconds. */
static int64_t after(struct fg_governor *governor,
                     const struct fg_governor_terms *terms,
                     struct fg_governed *device,
                     int64_t from_s,
                     int64_t seconds)
{
    int64_t cap_mw = device->range.max_mw;
    for (int64_t i = 0; i < seconds; i++) {
        run(device, cap_mw, from_s + i);
        fg_governor_step(governor, terms, device, 1, &cap_mw);
        OK(cap_mw >= range.min_mw && cap_mw <= range.max_mw);
    }
    return cap_mw;
}

static const struct fg_governor_terms saving = {
    .slowdown_milli = 60, .probe_us = 5'000'000, .settle_us = 1'000'000};

static void it_finds_a_cap_within_the_bound(void)
{
    FG_AUTO(fg_governor) struct fg_governor *governor = fg_governor_new();
    struct fg_governed device = {.id = 1, .work = 7, .range = range};
    EQ(after(governor, &saving, &device, 1, 4), range.max_mw); /* full power first */
    int64_t cap_mw = after(governor, &saving, &device, 5, 100);
    OK(cap_mw < 600'000);
    OK(pow((double)cap_mw / 600'000, 0.3) >= 1 / 1.06 - 0.01);
    /* The next job of that class begins with it; another class at full power; nobody is not held down. */
    device.work = 0;
    EQ(after(governor, &saving, &device, 200, 2), range.max_mw);
    device.work = 7;
    EQ(after(governor, &saving, &device, 210, 1), cap_mw);
    device.work = 8;
    EQ(after(governor, &saving, &device, 220, 1), range.max_mw);
    device.work = FG_GOVERNOR_SHARED;
    EQ(after(governor, &saving, &device, 230, 50), range.max_mw);
}

static void nothing_is_learned_where_nothing_is_read(void)
{
    FG_AUTO(fg_governor) struct fg_governor *governor = fg_governor_new();
    struct fg_governed device = {
        .id = 1, .work = 7, .range = range, .power_mw = -1, .rate = -1};
    int64_t cap_mw = 0;
    for (int64_t i = 1; i < 100; i++) {
        device.time_us = i * 1'000'000;
        fg_governor_step(governor, &saving, &device, 1, &cap_mw);
        EQ(cap_mw, range.max_mw);
    }
}

static void a_budget_is_for_all_and_idle_ones_give(void)
{
    FG_AUTO(fg_governor) struct fg_governor *governor = fg_governor_new();
    struct fg_governor_terms terms = {.budget_mw = 1'000'000};
    struct fg_governed devices[3] = {{.id = 1, .work = 1, .range = range},
                                     {.id = 2, .work = FG_GOVERNOR_SHARED, .range = range},
                                     {.id = 3, .range = range}};
    int64_t caps_mw[3];
    fg_governor_step(governor, &terms, devices, 3, caps_mw);
    OK(caps_mw[0] + caps_mw[1] + caps_mw[2] <= 1'000'000);
    OK(caps_mw[0] + caps_mw[1] >= 890'000);
    EQ(caps_mw[2], range.min_mw);
    terms.budget_mw = 100'000; /* cannot be held: all have the least */
    fg_governor_step(governor, &terms, devices, 3, caps_mw);
    EQ(caps_mw[0] + caps_mw[1] + caps_mw[2], 300'000);
    terms.budget_mw = 0;
    fg_governor_step(governor, &terms, devices, 3, caps_mw);
    EQ(caps_mw[0] + caps_mw[1] + caps_mw[2], 2'100'000);
}

/* Devices come and go with their couriers; what is learned of one is not taken for another. */
static void devices_are_known_by_their_ids(void)
{
    FG_AUTO(fg_governor) struct fg_governor *governor = fg_governor_new();
    struct fg_governed devices[2] = {{.id = 5, .work = 7, .range = range},
                                     {.id = 9, .work = 8, .range = range}};
    int64_t caps_mw[2] = {range.max_mw, range.max_mw}, alone_mw;
    for (int64_t i = 1; i < 60; i++) {
        run(&devices[0], caps_mw[0], i);
        run(&devices[1], caps_mw[1], i);
        fg_governor_step(governor, &saving, devices, 2, caps_mw);
    }
    OK(caps_mw[1] < range.max_mw);
    run(&devices[1], caps_mw[1], 60);
    fg_governor_step(governor, &saving, &devices[1], 1, &alone_mw);
    EQ(alone_mw, caps_mw[1]);
}

int main(void)
{
    RUN(it_finds_a_cap_within_the_bound);
    RUN(nothing_is_learned_where_nothing_is_read);
    RUN(a_budget_is_for_all_and_idle_ones_give);
    RUN(devices_are_known_by_their_ids);
    return tap_done();
}
