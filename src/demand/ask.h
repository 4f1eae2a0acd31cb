/* ask.h - a forecast of one series of a set, as people and the service ask for it, and its answer as JSON.
 *
 *     series (series.h) + ASK --forecast.h--> forecast --> {"name": ..., "model": ..., "points": [...]}
 */
#pragma once

#include "demand/events.h"
#include "demand/forecast.h"
#include "demand/series.h"

#include "base/json_write.h"

struct fg_demand_ask {
    uint32_t
        horizon; /* steps; 0: as long as the shortest season, or FG_DEMAND_HORIZON without any */
    bool seasons_given; /* else they follow from the step (fg_demand_seasons) */
    bool is_m4;         /* ... or, with this, from the name (fg_demand_m4_seasons) */
    uint32_t seasons[FG_FORECAST_SEASONS_MAX];
    size_t seasons_len;
    double levels[FG_FORECAST_LEVELS_MAX]; /* ascending */
    size_t levels_len;
    const struct fg_demand_events *events; /* NULL: none */
};

#define FG_DEMAND_HORIZON 12

/* "24,168", or "none"; "80,95".  Sorted.  FG_EINVAL: not whole numbers of 2 or more; not numbers above 0 and below 100. */
[[nodiscard]] int fg_demand_ask_seasons(struct fg_demand_ask *ask,
                                        const char *text,
                                        struct fg_err *err);
[[nodiscard]] int fg_demand_ask_levels(struct fg_demand_ask *ask,
                                       const char *text,
                                       struct fg_err *err);

/* Forecast, as fg_forecast() does, with its arenas and errors. */
[[nodiscard]] int fg_demand_forecast(const struct fg_demand_ask *ask,
                                     const struct fg_demand_series *series,
                                     struct fg_arena *scratch,
                                     struct fg_arena *arena,
                                     struct fg_forecast *out,
                                     struct fg_err *err);
/* The room that `arena` needs for it. */
size_t fg_demand_forecast_room(const struct fg_demand_ask *ask,
                               const struct fg_demand_series *series);
#define FG_DEMAND_SCRATCH_ROOM ((size_t)64 << 20)

/* The object of one series; with `history` also its last so many values. */
void fg_demand_forecast_json(struct fg_json *json,
                             const struct fg_demand_series *series,
                             const struct fg_forecast *forecast,
                             size_t history);
