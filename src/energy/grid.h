/* grid.h - what a grid's source answered, as hours.
 *
 *     JSON --paths--> points in time --GRID--> value by hour --> carbon.h
 *
 * Paths are names with dots between; `[]` behind a list.  Sources of this shape: carbonintensity.org.uk (values
 * "data[].intensity.forecast", times "data[].from"), electricityMaps ("carbonIntensity", "datetime"; "forecast[].carbonIntensity",
 * "forecast[].datetime").  The answer is not trusted: what is no number, negative or without a moment is left out.  Pure.
 */
#pragma once

#include "base/doc.h"
#include "energy/carbon.h"

#define FG_GRID_POINTS_MAX 1024
#define FG_GRID_HOURS_MAX  192
#define FG_GRID_VALUE_MAX  1'000'000'000 /* what is more is no reading */

struct fg_grid_paths {
    const char *values, *times; /* times "": see grid_config.h */
    double unit;                /* values times this are what is kept, whole */
};

struct fg_grid_points {
    int64_t time_us[FG_GRID_POINTS_MAX]; /* rising */
    int64_t value[FG_GRID_POINTS_MAX];
    size_t len;
};

/* FG_EINVAL: there is no number at these paths. */
[[nodiscard]] int fg_grid_read(const struct fg_doc *answer,
                               const struct fg_grid_paths *paths,
                               int64_t now_us,
                               struct fg_grid_points *out,
                               struct fg_err *err);

/* By hour, from the one that `now_us` is in to that of the last point: the mean of an hour's points, else the last one before it
 * (else the first one).  Returns how many; 0: the last one is more than `stale_us` before now. */
size_t fg_grid_hours(const struct fg_grid_points *points,
                     int64_t now_us,
                     int64_t stale_us,
                     int64_t out[FG_GRID_HOURS_MAX]);
