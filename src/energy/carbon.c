/* carbon.c - see carbon.h */
#include "energy/carbon.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

#define HOUR_US 3'600'000'000LL

static const struct fg_carbon_region regions[] = {
#define X(name, text, g_per_kwh, source) {name, text, g_per_kwh, source},
#include "energy/carbon.def"
#undef X
};
#define REGIONS_LEN (sizeof(regions) / sizeof(regions[0]))

static const struct {
    const char *begins, *region;
} places[] = {
#define X(begins, region) {begins, region},
#include "energy/carbon_place.def"
#undef X
};
#define PLACES_LEN (sizeof(places) / sizeof(places[0]))

size_t fg_carbon_regions_len(void)
{
    return REGIONS_LEN;
}

const struct fg_carbon_region *fg_carbon_region_at(size_t index)
{
    return index < REGIONS_LEN ? &regions[index] : NULL;
}

static const struct fg_carbon_region *by_name(const char *name)
{
    for (size_t i = 0; i < REGIONS_LEN; i++)
        if (strcasecmp(regions[i].name, name) == 0)
            return &regions[i];
    return NULL;
}

const struct fg_carbon_region *fg_carbon_find(const char *region)
{
    const struct fg_carbon_region *known = by_name(region);
    if (known)
        return known;
    const char *place = regions[0].name;
    size_t most = 0;
    for (size_t i = 0; i < PLACES_LEN; i++) {
        size_t len = strlen(places[i].begins);
        if (len > most && strncasecmp(region, places[i].begins, len) == 0) {
            most = len;
            place = places[i].region;
        }
    }
    return by_name(place);
}

int64_t fg_carbon_mg(int64_t energy_mj, uint32_t g_per_kwh)
{
    return (int64_t)((__int128)energy_mj * g_per_kwh / 3'600'000);
}

/* -- series --------------------------------------------------------------------------------------------------- */

static int64_t value_at(const struct fg_hourly *series, int64_t step)
{
    if (step < 0)
        return series->values[0];
    return series->values[(size_t)step < series->len ? (size_t)step : series->len - 1];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Value x microseconds. */
static __int128 sum_of(const struct fg_hourly *series, int64_t from_us, int64_t to_us)
{
    __int128 sum = 0;
    if (series->len == 0)
        return 0;
    int64_t end_us = series->start_us + (int64_t)series->len * series->step_us;
    for (int64_t at_us = from_us; at_us < to_us;) {
        int64_t step = floor_div(at_us - series->start_us, series->step_us);
        int64_t next_us = at_us < series->start_us ? series->start_us
                          : at_us >= end_us        ? to_us
                                            : series->start_us + (step + 1) * series->step_us;
        if (next_us > to_us)
            next_us = to_us;
        sum += (__int128)value_at(series, step) * (next_us - at_us);
        at_us = next_us;
    }
    return sum;
}

int64_t fg_hourly_sum(const struct fg_hourly *series, int64_t from_us, int64_t to_us)
{
    return (int64_t)(sum_of(series, from_us, to_us) / HOUR_US);
}

int64_t fg_hourly_mean(const struct fg_hourly *series, int64_t from_us, int64_t to_us)
{
    return series->len ? (int64_t)(sum_of(series, from_us, to_us) / (to_us - from_us)) : -1;
}

/* -- shifting --------------------------------------------------------------------------------------------------- */

/* A series times the job's power: of g/kWh micrograms, of micro-USD a kWh millionths of that. */
static __int128 of_job(const struct fg_shift *shift,
                       const struct fg_hourly *series,
                       int64_t at_us)
{
    return series ? sum_of(series, at_us, at_us + shift->takes_us) * shift->power_mw / HOUR_US
                  : 0;
}

static int64_t carbon_mg(const struct fg_shift *shift, int64_t start_us)
{
    return (int64_t)(of_job(shift, shift->carbon, start_us) / 1000);
}

static int64_t cost_uusd(const struct fg_shift *shift, int64_t start_us)
{
    __int128 carbon = of_job(shift, shift->carbon, start_us) * shift->carbon_uusd_per_kg / 1000;
    return (int64_t)((of_job(shift, shift->price, start_us) + carbon) / 1'000'000);
}

/* The best start so far, and a start to compare with it. */
static void weigh(const struct fg_shift *shift, int64_t start_us, struct fg_shift_answer *best)
{
    if (start_us <= shift->earliest_us || start_us > shift->latest_us)
        return;
    int64_t cost = cost_uusd(shift, start_us);
    bool is_better =
        cost < best->cost_uusd || (cost == best->cost_uusd && start_us < best->start_us);
    if (is_better && (!shift->fits || shift->fits(shift->self, start_us))) {
        best->cost_uusd = cost;
        best->start_us = start_us;
    }
}

static void weigh_steps(const struct fg_shift *shift,
                        const struct fg_hourly *series,
                        struct fg_shift_answer *best)
{
    for (size_t i = 0; series && i <= series->len; i++) {
        int64_t step_us = series->start_us + (int64_t)i * series->step_us;
        weigh(shift, step_us, best);
        weigh(shift, step_us - shift->takes_us, best);
    }
}

struct fg_shift_answer fg_shift_best(const struct fg_shift *shift)
{
    int64_t now_us = shift->earliest_us, now_uusd = cost_uusd(shift, now_us);
    struct fg_shift_answer best = {.start_us = now_us, .cost_uusd = now_uusd};
    weigh_steps(shift, shift->price, &best);
    weigh_steps(shift, shift->carbon, &best);
    weigh(shift, shift->latest_us, &best);
    if ((__int128)(now_uusd - best.cost_uusd) * 1000 < (__int128)now_uusd * shift->least_milli)
        best = (struct fg_shift_answer){.start_us = now_us, .cost_uusd = now_uusd};
    best.now_uusd = now_uusd;
    best.carbon_mg = carbon_mg(shift, best.start_us);
    best.carbon_now_mg = carbon_mg(shift, now_us);
    return best;
}
