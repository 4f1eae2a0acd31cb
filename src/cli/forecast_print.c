/* forecast_print.c - forecasts as a table, or as JSON; see forecast_run.h */
#include "cli/forecast_run.h"
#include "cli/table.h"

#include <math.h>
#include <string.h>

/* A number as short as three digits allow: 0.123, 12.3, 1234. */
static void add_number(struct fg_table *table, double value)
{
    if (!isfinite(value))
        fg_table_add(table, FG_DIM, NULL);
    else if (fabs(value) >= 1000)
        fg_table_addf(table, "%.0f", value);
    else
        fg_table_addf(table, "%.3g", value);
}

static void add_share(struct fg_table *table, double share)
{
    if (isfinite(share))
        fg_table_addf(table, "%.1f %%", 100 * share);
    else
        fg_table_add(table, FG_DIM, NULL);
}

static void add_row(struct fg_table *table,
                    const struct fg_demand_series *series,
                    const struct fg_forecast_told *told)
{
    fg_table_add(table, FG_BOLD, series->name);
    add_number(table, told->last);
    add_number(table, told->next);
    add_number(table, told->next_lo);
    add_number(table, told->next_hi);
    add_number(table, told->mean);
    add_number(table, told->peak);
    add_share(table, told->wape);
    add_share(table, told->naive_wape);
    fg_table_add(table, FG_PLAIN, told->model);
}

static void print_table(const struct fg_forecast_run *run)
{
    static const struct fg_column columns[] = {{"SERIES", false, 12},
                                               {"LAST", true, 0},
                                               {"NEXT", true, 0},
                                               {"FROM", true, 0},
                                               {"TO", true, 0},
                                               {"MEAN", true, 0},
                                               {"PEAK", true, 0},
                                               {"ERROR", true, 0},
                                               {"AS NOW", true, 0},
                                               {"MODEL", false, 8},
                                               {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    double level = 0;
    for (size_t i = 0; i < run->set->len; i++) {
        if (run->told[i].rc < 0)
            continue;
        add_row(table, &run->set->series[i], &run->told[i]);
        level = run->told[i].level;
    }
    fg_table_print(table, run->term, stdout);
    if (level > 0)
        printf(
            "FROM and TO hold the next value with %g %%; MEAN and PEAK are over the horizon, "
            "PEAK at\nthe upper end of that band. ",
            level);
    printf("ERROR: sum of misses over sum of values in the past, AS NOW: of \"it stays as it "
           "is\".\n");
}

static void print_json(const struct fg_forecast_run *run, double seconds)
{
    FG_AUTO(fg_buf) struct fg_buf line = {};
    fputs("{\"series\":[", stdout);
    for (size_t i = 0; i < run->set->len; i++) {
        const struct fg_forecast_told *told = &run->told[i];
        struct fg_json json = {.buf = &line};
        fg_buf_clear(&line);
        if (told->rc < 0) {
            fg_json_object(&json);
            fg_json_kv(&json, "name", run->set->series[i].name);
            fg_json_kv(&json, "model", NULL);
            fg_json_key(&json, "points");
            fg_json_array(&json);
            fg_json_end(&json);
            fg_json_kv(&json, "error", told->err.text);
            fg_json_end(&json);
        }
        printf("%s%s", i ? ",\n" : "", told->rc < 0 ? line.text : told->text.text);
    }
    printf("],\"seconds\":%.3f}\n", seconds);
}

int fg_forecast_print(const struct fg_forecast_run *run, double seconds, struct fg_err *err)
{
    const struct fg_forecast_told *failed = NULL;
    size_t count = 0;
    for (size_t i = 0; i < run->set->len; i++) {
        if (run->told[i].rc == 0) {
            count++;
            continue;
        }
        failed = failed ? failed : &run->told[i];
        fprintf(stderr, "fastgpu: series %.60s: %s\n", run->set->series[i].name,
                run->told[i].err.text);
    }
    if (count == 0 && failed) {
        *err = failed->err;
        return failed->rc;
    }
    if (run->form == FG_FORECAST_JSON)
        print_json(run, seconds);
    else if (run->form == FG_FORECAST_TABLE)
        print_table(run);
    for (size_t i = 0; run->form == FG_FORECAST_PLOT && i < run->set->len; i++)
        if (run->told[i].rc == 0)
            printf("%s%s", i ? "\n" : "", run->told[i].text.text);
    return 0;
}
