/* carbon.h - what a kilowatt hour emits and costs, where and when; and when a job that can wait had better start.
 *
 *     region --table--> g CO2 / kWh          joules x g/kWh --> grams
 *     intensity and price by hour, a job's window --SHIFT--> its best start
 *
 * The table gives yearly means of a country's grid over the life cycle, with source and year; of a cloud's region those of the
 * country or state that it is in.  A live source or a file gives an hourly series, which goes before the table.  Pure. */
#pragma once

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_carbon_region {
    const char *name; /* "de", "us-ca": ISO 3166 */
    const char *text; /* "Germany" */
    uint32_t g_per_kwh;
    const char *source;
};

size_t fg_carbon_regions_len(void);
const struct fg_carbon_region *fg_carbon_region_at(size_t index);
/* By ISO code ("de", "us-ca", any case) or by a cloud's region ("eu-central-1", "europe-west3", "westeurope"); the world's mean for
 * "" or what is not known. */
const struct fg_carbon_region *fg_carbon_find(const char *region);

/* Milligrams of CO2 equivalent. */
int64_t fg_carbon_mg(int64_t energy_mj, uint32_t g_per_kwh);

/* Values from start_us on, one each step_us: g/kWh, or micro-USD a kWh.  Before it the first holds, after it the last. */
struct fg_hourly {
    int64_t start_us, step_us;
    const int64_t *values; /* borrowed */
    size_t len;            /* 0: nothing is known */
};

/* Sum of value x time from `from_us` to `to_us`, over 3600 s: what 1 kW has cost or emitted by then. */
int64_t fg_hourly_sum(const struct fg_hourly *series, int64_t from_us, int64_t to_us);

/* Its mean over that time, to_us after from_us; -1: nothing is known. */
int64_t fg_hourly_mean(const struct fg_hourly *series, int64_t from_us, int64_t to_us);

struct fg_shift {
    const struct fg_hourly *price, *carbon; /* either may be NULL */
    int64_t carbon_uusd_per_kg;             /* what a kilogram is worth avoiding */
    int64_t power_mw;                       /* the job draws */
    int64_t takes_us;                       /* and takes, > 0 */
    int64_t earliest_us,
        latest_us; /* of its start; latest is no later than its deadline less takes_us */
    uint32_t
        least_milli; /* waiting is not worth it for less than this share of what it costs at once */
    /* Is there room for it then?  NULL: always.  Not asked of `earliest_us`. */
    bool (*fits)(const void *self, int64_t start_us);
    const void *self;
};

struct fg_shift_answer {
    int64_t start_us;
    int64_t cost_uusd, now_uusd; /* of energy and carbon, then and at once */
    int64_t carbon_mg, carbon_now_mg;
};

/* The cheapest start; of equals the soonest.  Series are steps, so the best start is the earliest, the latest, or one at which the
 * job begins or ends with a step: all of these are tried. */
struct fg_shift_answer fg_shift_best(const struct fg_shift *shift);
