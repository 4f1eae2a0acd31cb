/* carbon_test.c - regions, grams, and the best start against every start. */
#include "energy/carbon.h"
#include "test/tap.h"

#include <string.h>

#define HOUR 3'600'000'000LL

static void regions_are_found(void)
{
    OK(strcmp(fg_carbon_find("DE")->name, "de") == 0);
    OK(strcmp(fg_carbon_find("eu-central-1")->name, "de") == 0);
    OK(strcmp(fg_carbon_find("eu-central-2")->name, "ch") == 0);
    OK(strcmp(fg_carbon_find("europe-west10-a")->name, "de") == 0);
    OK(strcmp(fg_carbon_find("europe-west1-b")->name, "be") == 0);
    OK(strcmp(fg_carbon_find("us-east-1")->name, "us-va") == 0);
    OK(strcmp(fg_carbon_find("westeurope")->name, "nl") == 0);
    OK(strcmp(fg_carbon_find("")->name, "world") == 0);
    OK(strcmp(fg_carbon_find("moon-1")->name, "world") == 0);
    bool sound = true;
    for (size_t i = 0; i < fg_carbon_regions_len(); i++) {
        const struct fg_carbon_region *region = fg_carbon_region_at(i);
        sound = sound && region->g_per_kwh > 0 && region->g_per_kwh < 1200 && region->source[0]
                && fg_carbon_find(region->name) == region;
    }
    OK(sound);
    OK(fg_carbon_region_at(fg_carbon_regions_len()) == NULL);
}

static void a_kilowatt_hour_is_a_kilowatt_hour(void)
{
    const int64_t values[] = {100, 300};
    const struct fg_hourly series = {
        .start_us = 10 * HOUR, .step_us = HOUR, .values = values, .len = 2};
    EQ(fg_carbon_mg(3'600'000'000, 400), 400'000);
    EQ(fg_hourly_sum(&series, 10 * HOUR, 12 * HOUR), 400);
    EQ(fg_hourly_sum(&series, 8 * HOUR, 10 * HOUR), 200);
    EQ(fg_hourly_sum(&series, 10 * HOUR + HOUR / 2, 11 * HOUR + HOUR / 2), 200);
    EQ(fg_hourly_sum(&series, 11 * HOUR, 21 * HOUR), 3000);
    EQ(fg_hourly_sum(&(struct fg_hourly){}, 0, HOUR), 0);
    EQ(fg_hourly_mean(&series, 10 * HOUR + HOUR / 2, 11 * HOUR + HOUR / 2), 200);
    EQ(fg_hourly_mean(&series, 11 * HOUR - 30, 11 * HOUR + 10), 150);
    EQ(fg_hourly_mean(&(struct fg_hourly){}, 0, HOUR), -1);
}

static void no_other_start_is_cheaper(void)
{
    uint64_t state = 3;
    bool best = true, soonest = true;
    for (int round = 0; round < 50; round++) {
        int64_t price[24], carbon[24];
        for (int i = 0; i < 24; i++) {
            state = state * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
            price[i] = (int64_t)(state >> 33) % 5 * 50'000;
            carbon[i] = (int64_t)(state >> 45) % 500;
        }
        const struct fg_hourly prices = {0, HOUR, price, 24},
                               grid = {HOUR / 2, HOUR, carbon, 24};
        struct fg_shift shift = {.price = &prices,
                                 .carbon = &grid,
                                 .carbon_uusd_per_kg = 100'000,
                                 .power_mw = 1'000'000,
                                 .takes_us = (round % 7 + 1) * HOUR / 3,
                                 .earliest_us = HOUR / 4,
                                 .latest_us = 20 * HOUR};
        struct fg_shift_answer answer = fg_shift_best(&shift);
        for (int64_t at = shift.earliest_us; at <= shift.latest_us; at += HOUR / 12) {
            struct fg_shift fixed = shift;
            fixed.earliest_us = fixed.latest_us = at;
            int64_t cost = fg_shift_best(&fixed).cost_uusd;
            best = best && answer.cost_uusd <= cost;
            soonest = soonest && (cost > answer.cost_uusd || at >= answer.start_us);
        }
    }
    OK(best);
    OK(soonest);
}

static void little_is_not_worth_waiting_for(void)
{
    const int64_t price[] = {200'000, 100'000};
    const struct fg_hourly prices = {0, HOUR, price, 2};
    struct fg_shift shift = {
        .price = &prices, .power_mw = 1'000'000, .takes_us = HOUR, .latest_us = 10 * HOUR};
    struct fg_shift_answer answer = fg_shift_best(&shift);
    EQ(answer.start_us, HOUR);
    EQ(answer.cost_uusd, 100'000);
    EQ(answer.now_uusd, 200'000);
    shift.least_milli = 500;
    EQ(fg_shift_best(&shift).start_us, HOUR);
    shift.least_milli = 501;
    EQ(fg_shift_best(&shift).start_us, 0);
    EQ(fg_shift_best(&shift).cost_uusd, 200'000);
}

int main(void)
{
    RUN(regions_are_found);
    RUN(a_kilowatt_hour_is_a_kilowatt_hour);
    RUN(no_other_start_is_cheaper);
    RUN(little_is_not_worth_waiting_for);
    return tap_done();
}
