/* scale_replay_test.c - by hand, and against fixed fleets. */
#include "market/scale_replay.h"
#include "test/tap.h"

#include <math.h>

#define HOUR_US 3'600'000'000LL

static struct fg_scale_case case_of(const double *demand, size_t len)
{
    return (struct fg_scale_case){.class = "t4",
                                  .demand = demand,
                                  .len = len,
                                  .step_us = HOUR_US,
                                  .lead_us = HOUR_US,
                                  .devices_per_machine = 8,
                                  .policy = {.most = 10},
                                  .forecast_every = 24};
}

static void test_by_hand(void)
{
    /* Two machines at first; ordered at the second step one is there at the third, and goes when nobody needs it. */
    static const double demand[] = {16, 20, 20, 8, 8, NAN};
    struct fg_scale_case scale = case_of(demand, 6);
    struct fg_scale_figures figures;
    struct fg_err err;
    EQ(fg_scale_replay(&scale, &figures, &err), 0);
    OK(fabs(figures.device_hours - 80) < 1e-9);
    OK(fabs(figures.unmet_device_hours - 4) < 1e-9);
    OK(fabs(figures.machine_hours - (2 + 2 + 3 + 3 + 1 + 1)) < 1e-9);
    EQ(figures.ups, 1);
    EQ(figures.downs, 1);
    EQ(figures.most, 3);
    OK(fabs(fg_scale_least_hours(&scale) - (2 + 3 + 3 + 1 + 1 + 1)) < 1e-9);
    EQ(fg_scale_fleet_for(&scale, 0), 3);
    EQ(fg_scale_fleet_for(&scale, 8), 2);
    fg_scale_fixed(&scale, 2, &figures);
    OK(fabs(figures.unmet_device_hours - 8) < 1e-9);
}

/* A day and a night: with a forecast the machines are there when the day begins. */
static void test_a_forecast_is_in_time(void)
{
    double demand[24 * 28];
    for (size_t i = 0; i < sizeof(demand) / sizeof(demand[0]); i++)
        demand[i] = i % 24 >= 8 && i % 24 < 18 ? 64 : 8;
    struct fg_scale_case scale = case_of(demand, sizeof(demand) / sizeof(demand[0]));
    struct fg_scale_figures without, with;
    struct fg_err err = {};
    scale.first = 24 * 14;
    scale.seasons[0] = 24;
    scale.seasons_len = 1;
    scale.lead_us = 2 * HOUR_US;
    EQ(fg_scale_replay(&scale, &without, &err), 0);
    scale.quantile = 0.9;
    EQ(fg_scale_replay(&scale, &with, &err), 0);
    printf("# unmet %.0f without, %.0f with, of %.0f; machine-hours %.0f and %.0f\n",
           without.unmet_device_hours, with.unmet_device_hours, with.device_hours,
           without.machine_hours, with.machine_hours);
    OK(without.unmet_device_hours > 500);
    OK(with.unmet_device_hours < without.unmet_device_hours / 10);
    struct fg_scale_figures fixed;
    fg_scale_fixed(&scale, fg_scale_fleet_for(&scale, with.unmet_device_hours), &fixed);
    OK(with.machine_hours < 0.75 * fixed.machine_hours);
    OK(with.machine_hours >= fg_scale_least_hours(&scale));
}

int main(void)
{
    RUN(test_by_hand);
    RUN(test_a_forecast_is_in_time);
    return tap_done();
}
