/* grams.h - CO2 of what devices used: by the hours that were recorded, else by the yearly mean of the grid.
 *
 * The hours are those of the service's own grid (setting energy_region): they count for nodes there, and where nobody knows the
 * region. */
#pragma once

#include "base/auto.h"
#include "energy/carbon.h"
#include "store/reader_cost.h"

struct fg_grams {
    const struct fg_carbon_region *home;
    int64_t *values,
        *known; /* owned; g/kWh by the hour; 1000 where that was recorded, else 0 */
    struct fg_hourly hours, share;
};

/* For what ran between these moments.  `home`: the service's region. */
[[nodiscard]] int fg_grams_open(struct fg_grams *grams,
                                struct fg_reader *reader,
                                const char *home,
                                int64_t from_us,
                                int64_t to_us,
                                struct fg_err *err);
void fg_grams_close(struct fg_grams *grams);
static inline void fg_grams_drop(struct fg_grams *grams)
{
    fg_grams_close(grams);
}

/* The grid of a node's region, "": not known. */
const struct fg_carbon_region *fg_grams_grid(const struct fg_grams *grams, const char *region);
/* Milligrams of what was used on it evenly between two moments; `out_hourly_mj`: so much of it in recorded hours. */
int64_t fg_grams_mg(const struct fg_grams *grams,
                    const struct fg_carbon_region *grid,
                    int64_t energy_mj,
                    int64_t from_us,
                    int64_t to_us,
                    int64_t *out_hourly_mj);
