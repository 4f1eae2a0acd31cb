/* bench_shift.c - what it is worth that plans see work that may wait: a week of the GPU demand of Helios, forecast as the service
 * does, served by eight H100 by the hour (98.32 USD) or for three years (43.16 USD an hour; AWS p5, November 2024)
 *
 * Cost of the plan by the share of the work that may wait for so long.
 * argv: FOLDER with gpu_demand_hourly.csv (../shared/data/forecast) */
#include "bench.h"

#include "demand/ask.h"
#include "demand/read.h"
#include "plan/case.h"
#include "plan/draft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR_US 3600000000
#define WEEK    168
#define YEAR_US (8760 * (int64_t)HOUR_US)

static const char *const ways[] = {
    "",
    "may_wait: {6h: 0.2}",
    "may_wait: {1d: 0.2}",
    "may_wait: {6h: 0.2, 1d: 0.2}",
    "may_wait: {6h: 0.3, 1d: 0.3}",
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

struct sums {
    double usd, put_off_h, asked_h, cpu_s, gap;
    uint32_t machines;
};

static double cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fill_offers(struct fg_offer offers[2])
{
    for (int i = 0; i < 2; i++)
        offers[i] = (struct fg_offer){.supplier = "aws",
                                      .instance = "p5.48xlarge",
                                      .accelerator = "h100-sxm-80g",
                                      .accelerators = 8,
                                      .price_uusd_per_hour = i ? 43160000 : 98320000};
    offers[1].contract = FG_CONTRACT_RESERVED;
    offers[1].term_us = 3 * YEAR_US;
}

static void solve(const char *demand, const char *way, struct sums *sums)
{
    char options[256];
    struct fg_case wanted;
    struct fg_offer offers[2];
    struct fg_procure_problem problem;
    struct fg_procure_plan plan;
    struct fg_err err;
    snprintf(options, sizeof(options), "period: 1h\ntail: 0\nclasses:\n  h100: {%s}\n", way);
    const struct fg_case_supply supply = {.offers = offers, .offers_len = 2};
    fill_offers(offers);
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_case_room(strlen(options), strlen(demand)));
    if (fg_case_read_options(options, strlen(options), "options", arena, &wanted, &err) < 0
        || fg_case_read_demand(demand, strlen(demand), "demand", arena, &wanted, &err) < 0
        || fg_case_problem(&wanted, &supply, arena, &problem, &err) < 0)
        bench_die("%s", err.text);
    FG_AUTO(fg_arena) struct fg_arena *room = fg_arena_new(fg_procure_room(&problem));
    FG_AUTO(fg_procure) struct fg_procure *procure = NULL;
    struct fg_procure_effort effort = {.gap = 0.001, .polish_s = 10};
    double begun_s = cpu_s();
    if (fg_procure_new(&problem, &procure, &err) < 0
        || fg_procure_solve(procure, &effort, room, &plan, &err) < 0)
        bench_die("%s", err.text);
    sums->cpu_s += cpu_s() - begun_s;
    sums->usd += (plan.committed_uusd + plan.recourse_uusd) / 1e6;
    sums->gap = fmax(sums->gap, plan.gap);
    for (size_t i = 0; i < plan.orders_len; i++)
        sums->machines += plan.orders[i].count;
    for (uint32_t i = 0; i < problem.flexes_len * WEEK; i++)
        sums->put_off_h += plan.put_off[i];
    for (uint32_t t = 0; t < WEEK; t++)
        sums->asked_h += plan.periods[t].demand_units;
}

/* The last week of the series, forecast from all before it, as a table of scenarios. */
static void forecast(const struct fg_demand_series *series,
                     struct fg_arena *scratch,
                     struct fg_buf *out)
{
    struct fg_demand_series past = *series;
    struct fg_demand_ask ask = {.horizon = WEEK};
    struct fg_forecast forecast;
    past.len -= WEEK;
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_demand_forecast_room(&ask, &past));
    if (fg_demand_ask_levels(&ask, "80,95", NULL) < 0
        || fg_demand_forecast(&ask, &past, scratch, arena, &forecast, NULL) < 0)
        bench_die("%s: no forecast", series->name);
    struct fg_draft_class class = {"h100", &forecast};
    struct fg_draft_horizon horizon = {.period_us = HOUR_US, .periods = WEEK, .seed = 1};
    fg_draft_demand(&class, 1, &horizon, out);
}

static void show(const char *name, const struct sums *sums)
{
    for (size_t i = 0; i < WAYS; i++)
        printf("%-24s %-30s %10.2f USD %+6.2f %%  %3u machines kept  %5.1f %% put off  gap "
               "%.3f %%  %.2f CPU s\n",
               name, i ? ways[i] : "nothing may wait", sums[i].usd,
               100 * (sums[i].usd / sums[0].usd - 1), sums[i].machines,
               100 * sums[i].put_off_h / sums[i].asked_h, 100 * sums[i].gap, sums[i].cpu_s);
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

static void add(struct sums *to, const struct sums *from)
{
    to->usd += from->usd;
    to->put_off_h += from->put_off_h;
    to->asked_h += from->asked_h;
    to->cpu_s += from->cpu_s;
    to->machines += from->machines;
    to->gap = fmax(to->gap, from->gap);
}

int main(int argc, char **argv)
{
    struct fg_demand_reading reading = {
        .file_name = "gpu_demand_hourly.csv", .time_column = "hour", .value_column = "mean"};
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    FG_AUTO(fg_arena) struct fg_arena *scratch = fg_arena_new(FG_DEMAND_SCRATCH_ROOM);
    struct sums all[WAYS] = {};
    size_t len = 0;
    char *bytes = read_file(argc > 1 ? argv[1] : "../shared/data/forecast", &len);
    if (!bytes) {
        printf("no gpu_demand_hourly.csv: nothing is measured\n");
        return 0;
    }
    if (fg_demand_read_csv(&reading, bytes, len, &set, NULL) < 0)
        bench_die("gpu_demand_hourly.csv: not what was expected");
    for (size_t i = 0; i < set.len; i++) {
        FG_AUTO(fg_buf) struct fg_buf demand = {};
        struct sums sums[WAYS] = {};
        if (!strstr(set.series[i].name, "demand_gpus"))
            continue;
        forecast(&set.series[i], scratch, &demand);
        for (size_t w = 0; w < WAYS; w++) {
            solve(demand.text, ways[w], &sums[w]);
            add(&all[w], &sums[w]);
        }
        show(set.series[i].name, sums);
    }
    show("all", all);
    free(bytes);
    return 0;
}
