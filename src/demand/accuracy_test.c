/* Every twentieth hourly series of M4, the last 48 hours of its training part: it may not get worse unseen. */
#include "demand/forecast.h"
#include "demand/read.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>

#define DATA       SOURCE_DIR "/../shared/data/forecast/Hourly-train.csv"
#define AHEAD      48
#define SMAPE_MOST 8.0
#define MASE_MOST  1.0

struct score {
    double smape, mase, inside;
};

static void add(struct score *score,
                const double *y,
                size_t n,
                struct fg_arena *scratch,
                struct fg_arena *arena)
{
    struct fg_forecast_task task = {.values = y,
                                    .values_len = n,
                                    .horizon = AHEAD,
                                    .seasons = {24, 168},
                                    .seasons_len = 2,
                                    .levels = {95},
                                    .levels_len = 1};
    struct fg_forecast f;
    fg_arena_reset(arena);
    if (!OK(fg_forecast(&task, scratch, arena, &f, NULL) == 0))
        return;
    double move = 0;
    for (size_t t = 24; t < n; t++)
        move += fabs(y[t] - y[t - 24]) / (double)(n - 24);
    for (size_t h = 0; h < AHEAD; h++) {
        double actual = y[n + h], off = fabs(actual - f.median[h]);
        score->smape += 200 * off / (fabs(actual) + fabs(f.median[h])) / AHEAD;
        score->mase += off / move / AHEAD;
        score->inside +=
            (actual >= f.bands[0].lo[h] && actual <= f.bands[0].hi[h]) / (double)AHEAD;
    }
}

static void hours_of_m4_are_forecast_as_well_as_ever(const struct fg_demand_set *set)
{
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(64 << 20);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
    struct score score = {};
    double series = 0;
    for (size_t i = 0; i < set->len; i += 20, series++)
        add(&score, set->series[i].values, set->series[i].len - AHEAD, scratch, arena);
    printf("# sMAPE %.3f, MASE %.4f, in bands of 95 %%: %.3f\n", score.smape / series,
           score.mase / series, score.inside / series);
    OK(score.smape / series < SMAPE_MOST);
    OK(score.mase / series < MASE_MOST);
    OK(score.inside / series > 0.9 && score.inside / series < 0.99);
}

int main(void)
{
    FG_AUTO(fg_file) FILE *file = fopen(DATA, "r");
    char *bytes = NULL;
    size_t room = 0;
    ssize_t len = file ? getdelim(&bytes, &room, 0, file) : -1;
    if (len < 0) {
        free(bytes);
        printf("1..0 # SKIP %s is not there\n", DATA);
        return 77;
    }
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    struct fg_demand_reading reading = {.file_name = DATA};
    OK(fg_demand_read_m4(&reading, bytes, (size_t)len, &set, NULL) == 0);
    free(bytes);
    hours_of_m4_are_forecast_as_well_as_ever(&set);
    return tap_done();
}
