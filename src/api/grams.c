/* grams.c - see grams.h */
#include "api/grams.h"

#include <stdlib.h>

#define HOUR_US 3'600'000'000LL

static int take_hour(void *self, int64_t hour, int64_t g_per_kwh)
{
    struct fg_grams *grams = self;
    int64_t at = hour - grams->hours.start_us / HOUR_US;
    if (g_per_kwh >= 0 && at >= 0 && (size_t)at < grams->hours.len) {
        grams->values[at] = g_per_kwh;
        grams->known[at] = 1000;
    }
    return 0;
}

int fg_grams_open(struct fg_grams *grams,
                  struct fg_reader *reader,
                  const char *home,
                  int64_t from_us,
                  int64_t to_us,
                  struct fg_err *err)
{
    int64_t first = from_us / HOUR_US, last = to_us > from_us ? (to_us - 1) / HOUR_US : first;
    size_t len = (size_t)(last - first + 1);
    *grams = (struct fg_grams){.home = fg_carbon_find(home),
                               .values = calloc(len, sizeof(int64_t)),
                               .known = calloc(len, sizeof(int64_t))};
    if (!grams->values || !grams->known)
        abort();
    for (size_t i = 0; i < len; i++)
        grams->values[i] = grams->home->g_per_kwh;
    grams->hours = (struct fg_hourly){first * HOUR_US, HOUR_US, grams->values, len};
    grams->share = (struct fg_hourly){first * HOUR_US, HOUR_US, grams->known, len};
    return fg_reader_grid_hours(reader, first, last + 1, take_hour, grams, err);
}

void fg_grams_close(struct fg_grams *grams)
{
    free(grams->values);
    free(grams->known);
    *grams = (struct fg_grams){};
}

const struct fg_carbon_region *fg_grams_grid(const struct fg_grams *grams, const char *region)
{
    return *region ? fg_carbon_find(region) : grams->home;
}

int64_t fg_grams_mg(const struct fg_grams *grams,
                    const struct fg_carbon_region *grid,
                    int64_t energy_mj,
                    int64_t from_us,
                    int64_t to_us,
                    int64_t *out_hourly_mj)
{
    *out_hourly_mj = 0;
    if (grid != grams->home || to_us <= from_us)
        return fg_carbon_mg(energy_mj, grid->g_per_kwh);
    *out_hourly_mj =
        (int64_t)((__int128)energy_mj * fg_hourly_mean(&grams->share, from_us, to_us) / 1000);
    return fg_carbon_mg(energy_mj, (uint32_t)fg_hourly_mean(&grams->hours, from_us, to_us));
}
