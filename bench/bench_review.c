/* bench_review.c - does what the report learns help?  Series of GPU demand, a forecast each day from what was known, as it
 * is and with the correction that the days before taught (plan/review.h).
 *
 * argv: FOLDER with gpu_demand_hourly.csv (../shared/data/forecast) */
#include "bench/bench.h"

#include "demand/ask.h"
#include "demand/read.h"
#include "plan/review.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEEK     168
#define DAYS_MAX 60 /* the last of a longer series */
#define LEVEL    (FG_REVIEW_LEVEL / 100.0)

/* The first day, or the other six. */
struct side {
    double off, size, inside, steps;
};

struct judged {
    struct side side[2][2]; /* as it is, corrected; first day, others */
};

static void add(struct judged *judged,
                int which,
                const struct fg_forecast *forecast,
                const double *actual,
                size_t len)
{
    const struct fg_forecast_band *band = &forecast->bands[0];
    for (size_t h = 0; h < len && h < WEEK; h++) {
        struct side *side = &judged->side[which][h >= FG_REVIEW_DAY];
        if (isnan(actual[h]))
            continue;
        side->off += fabs(actual[h] - forecast->median[h]);
        side->size += fabs(actual[h]);
        side->inside += actual[h] >= band->lo[h] - 1e-9 && actual[h] <= band->hi[h] + 1e-9;
        side->steps++;
    }
}

static void note(struct fg_review_hour *day,
                 const struct fg_forecast *forecast,
                 const double *actual)
{
    for (size_t h = 0; h < FG_REVIEW_DAY; h++)
        day[h] = (struct fg_review_hour){.actual = actual[h],
                                         .median = forecast->median[h],
                                         .lo = forecast->bands[0].lo[h],
                                         .hi = forecast->bands[0].hi[h],
                                         .naive = actual[-1]};
}

static struct judged roll(const struct fg_demand_series *series, struct fg_arena *scratch)
{
    static struct fg_review_hour hours[DAYS_MAX * FG_REVIEW_DAY];
    struct fg_demand_ask ask = {.horizon = WEEK, .levels = {FG_REVIEW_LEVEL}, .levels_len = 1};
    struct judged judged = {};
    size_t days = series->len / FG_REVIEW_DAY, known = 0;
    days = days < DAYS_MAX ? days : DAYS_MAX;
    for (size_t d = 2; d < days; d++) {
        struct fg_demand_series past = *series;
        struct fg_forecast forecast;
        struct fg_review_demand review;
        past.len = series->len - (days - d) * FG_REVIEW_DAY;
        const double *actual = series->values + past.len;
        FG_AUTO(fg_arena)
        struct fg_arena *arena = fg_arena_new(fg_demand_forecast_room(&ask, &past));
        if (fg_demand_forecast(&ask, &past, scratch, arena, &forecast, NULL) < 0)
            bench_die("%s: no forecast", series->name);
        fg_review_judge(hours, known, known, &review);
        note(&hours[known++ * FG_REVIEW_DAY], &forecast, actual);
        if (review.correction.days == 0)
            continue;
        add(&judged, 0, &forecast, actual, series->len - past.len);
        fg_review_correct(&review.correction, &forecast);
        add(&judged, 1, &forecast, actual, series->len - past.len);
    }
    return judged;
}

static double wape(const struct side *side)
{
    return 100 * side->off / side->size;
}

static double held(const struct side *side)
{
    return side->inside / side->steps;
}

static void show(const char *name, const struct judged *judged)
{
    static const char *const parts[] = {"day 1", "days 2 to 7"};
    for (int part = 0; part < 2; part++) {
        const struct side *before = &judged->side[0][part], *after = &judged->side[1][part];
        printf(
            "%-26s %-11s  WAPE %6.2f %% -> %6.2f %%, in bands of 80 %%: %.1f %% -> %.1f %%\n",
            name, parts[part], wape(before), wape(after), 100 * held(before),
            100 * held(after));
    }
}

static char *read_file(const char *folder, size_t *out_len)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/gpu_demand_hourly.csv", folder);
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *bytes = malloc(16 << 20);
    *out_len = bytes ? fread(bytes, 1, 16 << 20, file) : 0;
    fclose(file);
    return bytes;
}

/* Means over the series, each worth the same. */
static void sum_up(double ratio[2], double off[2][2], size_t len)
{
    static const char *const parts[] = {"day 1", "days 2 to 7"};
    for (int part = 0; part < 2; part++)
        printf(
            "mean of %zu series, %s: WAPE to that without %.4f; in bands of 80 %%: off by %.1f "
            "points -> %.1f\n",
            len, parts[part], ratio[part] / (double)len, 100 * off[0][part] / (double)len,
            100 * off[1][part] / (double)len);
}

int main(int argc, char **argv)
{
    struct fg_demand_reading reading = {
        .file_name = "gpu_demand_hourly.csv", .time_column = "hour", .value_column = "mean"};
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    double ratio[2] = {}, off[2][2] = {};
    size_t len = 0, judged_len = 0;
    char *bytes = read_file(argc > 1 ? argv[1] : "../shared/data/forecast", &len);
    if (!bytes) {
        printf("no gpu_demand_hourly.csv: nothing is measured\n");
        return 0;
    }
    if (fg_demand_read_csv(&reading, bytes, len, &set, NULL) < 0)
        bench_die("gpu_demand_hourly.csv: not what was expected");
    for (size_t i = 0; i < set.len; i++) {
        if (strstr(set.series[i].name, "running"))
            continue; /* what was granted, not what was asked */
        struct judged judged = roll(&set.series[i], scratch);
        show(set.series[i].name, &judged);
        judged_len++;
        for (int part = 0; part < 2; part++) {
            ratio[part] += wape(&judged.side[1][part]) / wape(&judged.side[0][part]);
            for (int which = 0; which < 2; which++)
                off[which][part] += fabs(held(&judged.side[which][part]) - LEVEL);
        }
    }
    sum_up(ratio, off, judged_len);
    free(bytes);
    return 0;
}
