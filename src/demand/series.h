/* series.h - numbers at regular moments: what was asked, step by step.
 *
 *     bytes --READ (read.h), history.h--> SERIES --forecast.h--> quantiles
 *
 * Owner: whoever made the set; fg_demand_set_free() takes all of it.
 */
#pragma once

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_DEMAND_SERIES_MAX  1'000'000
#define FG_DEMAND_VALUES_MAX  64'000'000 /* of all series of a set, gaps counted */
#define FG_DEMAND_SEASONS_MAX 4

/* The moments of a series: first + i * step. */
struct fg_demand_time {
    bool is_index; /* plain numbers 17, 18, 19: what they mean is not known */
    int64_t
        first; /* microseconds UTC; an index; with `months` the month as fg_time_month() counts */
    int64_t step;   /* microseconds, or index; 0 with `months` */
    int64_t months; /* calendar months a step; else 0 */
    int64_t
        rest_us; /* with `months`: what of the month has passed, where the month is so long */
};

struct fg_demand_series {
    char *name;
    struct fg_demand_time time;
    double *values; /* NAN: not known */
    size_t len;
    size_t gaps; /* how many are not known */
};

struct fg_demand_set {
    struct fg_demand_series *series;
    size_t len, room;
};

/* Add a series without values; it takes a copy of the name.  The pointer is good until the next one. */
struct fg_demand_series *fg_demand_set_add(struct fg_demand_set *set, const char *name);
void fg_demand_set_free(struct fg_demand_set *set); /* back to zero */
static inline void fg_demand_set_drop(struct fg_demand_set *set)
{
    fg_demand_set_free(set);
}

/* The moment (or index) of value `i`, which may lie past the end. */
int64_t fg_demand_time_at(const struct fg_demand_time *time, size_t i);

/* The lengths in steps, ascending, of what usually comes again at such a step: a day, a week, a year.  Returns how many;
 * 0 for an index, whose step means nothing. */
size_t fg_demand_seasons(const struct fg_demand_time *time,
                         uint32_t out[FG_DEMAND_SEASONS_MAX]);
