/* cmd_sim_scale.c - fastgpu sim scale: autoscaling on demand that was, against fleets of a fixed size */
#include "cli/bar.h"
#include "cli/sim_files.h"
#include "cli/table.h"
#include "cli/verb.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "demand/read.h"
#include "market/scale_replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct fg_opt fg_opts_sim_scale[] = {
    {"demand", 'd', "FILE", "CSV: series, time, value (accelerators); may be packed", "file"},
    {"column", 0, "NAME", "of the value (value)", NULL},
    {"step", 0, "TIME", "demand is averaged over so much (1h)", NULL},
    {"history", 0, "N", "steps at the beginning that only teach the forecast (168)", NULL},
    {"every", 0, "N", "steps from one forecast to the next (6)", NULL},
    {"quantile", 0, "LIST", "of the forecast, in %; 0: without one (0,50,80)", NULL},
    {"per-machine", 0, "N", "accelerators of one machine (8)", NULL},
    {"lead", 0, "TIME", "from an order until the machine is there (1h)", NULL},
    {"least", 0, "N", "machines (0)", NULL},
    {"most", 0, "N", "machines (1000)", NULL},
    {"standby", 0, "N", "machines kept warm (0)", NULL},
    {"step-up", 0, "N", "machines ordered at once; 0: any number (0)", NULL},
    {"step-down", 0, "N", "machines given back at once; 0: any number (0)", NULL},
    {"slack", 0, "N", "% of the need that stay spare before a machine is given back (10)",
     NULL},
    {"life", 0, "TIME", "a machine is held at least so long (1h)", NULL},
    {"idle", 0, "TIME", "and is idle so long before it is given back (1h)", NULL},
    {"cool", 0, "TIME", "nothing is given back so soon after a change (1h)", NULL},
    {"zero", 0, "TIME", "standby goes after so long without work; 0s: never (0s)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_sim_scale;

#define QUANTILES_MAX 16
#define YEAR_US       (8760 * 3'600'000'000LL)

struct row {
    const char *class;
    double quantile;
    struct fg_scale_figures figures, fixed; /* fixed: the smallest fleet with as little unmet */
    uint32_t peak;
    double least_hours;
};

struct plan {
    struct fg_cli *cli;
    struct fg_demand_set set;
    struct fg_scale_case like;
    double quantiles[QUANTILES_MAX];
    size_t quantiles_len, history;
    int64_t step_us;
    struct row *rows;
    size_t rows_len;
};

/* -- options ------------------------------------------------------------------------------------------------- */

static int read_time(const struct plan *plan,
                     const char *option,
                     int64_t otherwise_us,
                     int64_t *out,
                     struct fg_err *err)
{
    const char *text = fg_args_get(&plan->cli->args, option);
    *out = otherwise_us;
    if (text && (fg_duration_parse(text, out) < 0 || *out < 0 || *out > YEAR_US))
        return fg_fail(err, FG_EINVAL, "--%s: `%.20s`, expected a time up to a year: 15m",
                       option, text);
    return 0;
}

static int read_count(const struct plan *plan,
                      const char *option,
                      uint32_t otherwise,
                      uint32_t *out,
                      struct fg_err *err)
{
    int64_t count = 0;
    int rc = fg_cli_number(plan->cli, option, 0, FG_SCALE_MACHINES_MAX, otherwise, &count, err);
    *out = (uint32_t)count;
    return rc;
}

static int read_policy(struct plan *plan, struct fg_err *err)
{
    const int64_t hour_us = 3'600'000'000;
    struct fg_scale_policy *policy = &plan->like.policy;
    const struct {
        const char *option;
        uint32_t otherwise, *out;
    } counts[] = {{"least", 0, &policy->least},         {"most", 1000, &policy->most},
                  {"standby", 0, &policy->standby},     {"step-up", 0, &policy->step_up},
                  {"step-down", 0, &policy->step_down}, {"slack", 10, &policy->slack_percent}};
    const struct {
        const char *option;
        int64_t otherwise_us, *out;
    } times[] = {{"life", hour_us, &policy->life_us},    {"idle", hour_us, &policy->idle_us},
                 {"cool", hour_us, &policy->cool_us},    {"zero", 0, &policy->zero_us},
                 {"lead", hour_us, &plan->like.lead_us}, {"step", hour_us, &plan->step_us}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(counts) / sizeof(counts[0]); i++)
        rc = read_count(plan, counts[i].option, counts[i].otherwise, counts[i].out, err);
    for (size_t i = 0; rc == 0 && i < sizeof(times) / sizeof(times[0]); i++)
        rc = read_time(plan, times[i].option, times[i].otherwise_us, times[i].out, err);
    if (rc == 0 && policy->least > policy->most)
        rc = fg_fail(err, FG_EINVAL, "--least: %u, expected at most --most (%u)", policy->least,
                     policy->most);
    if (rc == 0 && plan->step_us < 1'000'000)
        rc = fg_fail(err, FG_EINVAL, "--step: less than a second");
    return rc;
}

static int read_quantiles(struct plan *plan, struct fg_err *err)
{
    const char *list = fg_args_get(&plan->cli->args, "quantile");
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_printf(&text, "%s", list ? list : "0,50,80");
    char *rest = text.text, *word;
    while ((word = strsep(&rest, ","))) {
        char *end;
        double percent = strtod(word, &end);
        if (end == word || *end || !(percent >= 0 && percent < 100)
            || plan->quantiles_len == QUANTILES_MAX)
            return fg_fail(err, FG_EINVAL,
                           "--quantile: `%.20s`, expected up to %d of 0 to 99.9", word,
                           QUANTILES_MAX);
        plan->quantiles[plan->quantiles_len++] = percent / 100;
    }
    return 0;
}

static int read_options(struct plan *plan, struct fg_err *err)
{
    int64_t per = 0, history = 0, every = 0;
    int rc = read_policy(plan, err);
    if (rc == 0)
        rc = read_quantiles(plan, err);
    if (rc == 0)
        rc = fg_cli_number(plan->cli, "per-machine", 1, 1024, 8, &per, err);
    if (rc == 0)
        rc = fg_cli_number(plan->cli, "history", 1, 1'000'000, 168, &history, err);
    if (rc == 0)
        rc = fg_cli_number(plan->cli, "every", 1, 1000, 6, &every, err);
    plan->like.devices_per_machine = (uint32_t)per;
    plan->like.forecast_every = (size_t)every;
    plan->history = (size_t)history;
    if (rc == 0 && plan->like.lead_us / plan->step_us > 4000)
        rc = fg_fail(err, FG_EINVAL, "--lead: more than 4000 steps");
    return rc;
}

static int read_demand(struct plan *plan, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    const char *path = fg_args_get(&plan->cli->args, "demand");
    if (!path)
        return fg_fail(err, FG_EINVAL, "--demand: missing, expected a file");
    int rc = fg_sim_file_read(path, &buf, err);
    const struct fg_demand_reading reading = {.file_name = path,
                                              .value_column =
                                                  fg_args_get(&plan->cli->args, "column"),
                                              .step = plan->step_us};
    if (rc == 0)
        rc = fg_demand_read_csv(&reading, buf.text, buf.len, &plan->set, err);
    for (size_t i = 0; rc == 0 && i < plan->set.len; i++) {
        const struct fg_demand_series *series = &plan->set.series[i];
        if (series->time.is_index || series->time.months)
            rc =
                fg_fail(err, FG_EINVAL, "%s: %.40s: its moments are no times of equal distance",
                        path, series->name);
        else if (series->len <= plan->history)
            rc = fg_fail(err, FG_EINVAL,
                         "%s: %.40s: %zu steps, expected more than the %zu of --history", path,
                         series->name, series->len, plan->history);
    }
    return rc;
}

/* -- the run --------------------------------------------------------------------------------------------------- */

static int replay(struct plan *plan,
                  const struct fg_demand_series *series,
                  double quantile,
                  struct fg_err *err)
{
    struct row *row = &plan->rows[plan->rows_len++];
    struct fg_scale_case scale = plan->like;
    scale.class = series->name;
    scale.demand = series->values;
    scale.len = series->len;
    scale.first = plan->history;
    scale.step_us = series->time.step;
    scale.quantile = quantile;
    scale.seasons_len = fg_demand_seasons(&series->time, scale.seasons);
    *row = (struct row){.class = series->name, .quantile = quantile};
    int rc = fg_scale_replay(&scale, &row->figures, err);
    row->peak = fg_scale_fleet_for(&scale, 0);
    row->least_hours = fg_scale_least_hours(&scale);
    fg_scale_fixed(&scale, fg_scale_fleet_for(&scale, row->figures.unmet_device_hours),
                   &row->fixed);
    return rc < 0 ? fg_wrap(err, rc, "%s", series->name) : 0;
}

static int run(struct plan *plan, struct fg_err *err)
{
    struct fg_bar bar = fg_bar_new(stderr);
    size_t all = plan->set.len * plan->quantiles_len;
    int rc = 0;
    plan->rows = calloc(all + 1, sizeof(*plan->rows));
    if (!plan->rows)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu rows", all);
    for (size_t i = 0; rc == 0 && i < all; i++) {
        fg_bar_draw(&bar, "replay", (double)i / (double)all, "", false);
        rc = replay(plan, &plan->set.series[i / plan->quantiles_len],
                    plan->quantiles[i % plan->quantiles_len], err);
    }
    fg_bar_clear(&bar);
    return rc;
}

/* -- printing ---------------------------------------------------------------------------------------------------- */

static double unmet_of(const struct fg_scale_figures *figures)
{
    return figures->device_hours > 0 ? figures->unmet_device_hours / figures->device_hours : 0;
}

static double saved_of(const struct row *row)
{
    return row->fixed.machine_hours > 0
               ? 1 - row->figures.machine_hours / row->fixed.machine_hours
               : 0;
}

static void print_table(const struct plan *plan)
{
    static const struct fg_column columns[] = {
        {"CLASS", false, 12}, {"QUANTILE", true, 0},    {"MACHINE-HOURS", true, 0},
        {"UNMET", true, 0},   {"MOST", true, 0},        {"UPS", true, 0},
        {"DOWNS", true, 0},   {"FLEET", true, 0},       {"SAVED", true, 0},
        {"PEAK", true, 0},    {"LEAST HOURS", true, 0}, {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < plan->rows_len; i++) {
        const struct row *row = &plan->rows[i];
        fg_table_add(table, FG_BOLD, row->class);
        if (row->quantile > 0)
            fg_table_addf(table, "%.4g %%", 100 * row->quantile);
        else
            fg_table_add(table, FG_PLAIN, NULL);
        fg_table_addf(table, "%.0f", row->figures.machine_hours);
        fg_table_addf(table, "%.2f %%", 100 * unmet_of(&row->figures));
        fg_table_addf(table, "%u", row->figures.most);
        fg_table_addf(table, "%u", row->figures.ups);
        fg_table_addf(table, "%u", row->figures.downs);
        fg_table_addf(table, "%u", row->fixed.most);
        fg_table_addf(table, "%.1f %%", 100 * saved_of(row));
        fg_table_addf(table, "%u", row->peak);
        fg_table_addf(table, "%.0f", row->least_hours);
    }
    fg_table_print(table, &plan->cli->out, stdout);
    puts("UNMET of the accelerator-hours that were asked. FLEET: the smallest of a fixed size "
         "that "
         "leaves no more\nunmet; SAVED of its machine-hours. PEAK: the smallest that leaves "
         "none. "
         "LEAST HOURS: with foresight.");
}

static void number(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, round(value * 1e6) / 1e6);
}

static void print_json(const struct plan *plan)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    fg_json_key(&json, "runs");
    fg_json_array(&json);
    for (size_t i = 0; i < plan->rows_len; i++) {
        const struct row *row = &plan->rows[i];
        fg_json_object(&json);
        fg_json_kv(&json, "class", row->class);
        number(&json, "quantile", row->quantile);
        number(&json, "machine_hours", row->figures.machine_hours);
        number(&json, "device_hours", row->figures.device_hours);
        number(&json, "unmet_device_hours", row->figures.unmet_device_hours);
        number(&json, "unmet", unmet_of(&row->figures));
        fg_json_kv_int(&json, "most_machines", row->figures.most);
        fg_json_kv_int(&json, "ups", row->figures.ups);
        fg_json_kv_int(&json, "downs", row->figures.downs);
        fg_json_kv_int(&json, "fleet_machines", row->fixed.most);
        number(&json, "fleet_machine_hours", row->fixed.machine_hours);
        number(&json, "saved", saved_of(row));
        fg_json_kv_int(&json, "peak_machines", row->peak);
        number(&json, "least_machine_hours", row->least_hours);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    fg_json_end(&json);
    fg_buf_printf(&buf, "\n");
    fputs(buf.text, stdout);
}

int fg_cmd_sim_scale(struct fg_cli *cli, struct fg_err *err)
{
    struct plan plan = {.cli = cli};
    int rc = read_options(&plan, err);
    if (rc == 0)
        rc = read_demand(&plan, err);
    if (rc == 0)
        rc = run(&plan, err);
    if (rc == 0 && fg_args_has(&cli->args, "json"))
        print_json(&plan);
    else if (rc == 0)
        print_table(&plan);
    free(plan.rows);
    fg_demand_set_free(&plan.set);
    return rc;
}
