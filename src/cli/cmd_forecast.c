/* cmd_forecast.c - fastgpu forecast: what will be asked, from what was */
#include "cli/forecast_read.h"
#include "cli/forecast_run.h"
#include "cli/sim_runs.h"

#include "base/clock.h"

#include <string.h>

const struct fg_opt fg_opts_forecast[] = {
    {"input", 'i', "FILE",
     "the past, in place of the service's; may be packed (xz, gzip, zstd, zip); - is standard "
     "input",
     "file"},
    {"format", 'f', "FORMAT", "how it is written (csv)", "csv|m4|sacct|prometheus|jobs"},
    {"horizon", 'H', "N", "so many steps ahead (one of the shortest season)", NULL},
    {"season", 0, "LIST", "steps after which things come again: 24,168; none (by the step)",
     NULL},
    {"level", 0, "LIST", "bands that hold so many in 100 outcomes (80,95)", NULL},
    {"events", 0, "FILE", "holidays and the like: CSV of name,start,end[,series]", "file"},
    {"step", 0, "TIME", "average the past over such steps first: 1h", NULL},
    {"columns", 0, "LIST", "csv: names of columns, series=NAME,time=NAME,value=NAME", NULL},
    {"class", 0, "KIND", "of the service: this kind of device only", NULL},
    {"project", 'p', "NAME", "of the service: this project only", NULL},
    {"by", 0, "LIST", "of jobs: series by project, class, region (of sacct), or none (class)",
     NULL},
    {"measure", 0, "NAME", "of jobs: what of them (asked)", "asked|running|waiting|refused"},
    {"prometheus", 0, "URL", "ask a Prometheus server instead of a file", NULL},
    {"query", 0, "QUERY", "... this", NULL},
    {"hours", 0, "N", "so many hours back from now: of Prometheus (672), of the service (2016)",
     NULL},
    {"plot", 0, NULL, "draw the past, the median and the bands", NULL},
    {"threads", 0, "N", "series at one time (one a core)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_forecast;

static int read_ask(struct fg_cli *cli, struct fg_demand_ask *ask, struct fg_err *err)
{
    const char *seasons = fg_args_get(&cli->args, "season"),
               *levels = fg_args_get(&cli->args, "level");
    int64_t horizon;
    int rc =
        fg_cli_number(cli, "horizon", 1, FG_FORECAST_HORIZON_MAX, ask->horizon, &horizon, err);
    if (rc == 0 && seasons)
        rc = fg_demand_ask_seasons(ask, seasons, err);
    if (rc == 0)
        rc = fg_demand_ask_levels(ask, levels ? levels : "80,95", err);
    if (rc < 0)
        return rc;
    if (fg_args_has(&cli->args, "horizon"))
        ask->horizon = (uint32_t)horizon;
    return 0;
}

static double seconds_since(int64_t begin_us)
{
    const struct fg_clock *clock = fg_clock_system();
    return (double)(clock->mono_us(clock->self) - begin_us) / 1e6;
}

static int forecast_set(struct fg_cli *cli,
                        const struct fg_demand_ask *ask,
                        const struct fg_demand_set *set,
                        int64_t begin_us,
                        struct fg_err *err)
{
    int64_t threads;
    int rc = fg_cli_number(cli, "threads", 1, 256, fg_sim_cores(), &threads, err);
    if (rc < 0)
        return rc;
    struct fg_forecast_run run = {.ask = ask,
                                  .set = set,
                                  .form = fg_args_has(&cli->args, "json")   ? FG_FORECAST_JSON
                                          : fg_args_has(&cli->args, "plot") ? FG_FORECAST_PLOT
                                                                            : FG_FORECAST_TABLE,
                                  .term = &cli->out,
                                  .threads = (size_t)threads};
    fg_forecast_run(&run);
    rc = fg_forecast_print(&run, seconds_since(begin_us), err);
    fg_forecast_run_free(&run);
    return rc;
}

/* No option without effect. */
static int check_use(const struct fg_cli *cli, bool from_outside, struct fg_err *err)
{
    static const char *const inside[] = {"class", "project"}, *const outside[] = {
                                                                  "format", "step", "columns",
                                                                  "query"};
    for (size_t i = 0; from_outside && i < 2; i++)
        if (fg_args_has(&cli->args, inside[i]))
            return fg_fail(err, FG_EINVAL,
                           "--%s: of the service, expected no --input or --prometheus",
                           inside[i]);
    for (size_t i = 0; !from_outside && i < 4; i++)
        if (fg_args_has(&cli->args, outside[i]))
            return fg_fail(err, FG_EINVAL, "--%s: of a file, expected --input or --prometheus",
                           outside[i]);
    return 0;
}

int fg_cmd_forecast(struct fg_cli *cli, struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t begin_us = clock->mono_us(clock->self);
    const struct fg_args *args = &cli->args;
    FG_AUTO(fg_demand_set) struct fg_demand_set set = {};
    FG_AUTO(fg_demand_events) struct fg_demand_events *events = NULL;
    struct fg_demand_ask ask = {};
    if (fg_args_has(args, "json") && fg_args_has(args, "plot"))
        return fg_fail(err, FG_EINVAL, "--json with --plot, expected one");
    bool has_file = fg_args_has(args, "input"), has_url = fg_args_has(args, "prometheus");
    if (has_file && has_url)
        return fg_fail(err, FG_EINVAL, "--input with --prometheus, expected one");
    int rc = check_use(cli, has_file || has_url, err);
    if (rc == 0)
        rc = read_ask(cli, &ask, err);
    if (rc == 0)
        rc = has_file || has_url ? fg_forecast_read(cli, &set, &ask.is_m4, err)
                                 : fg_forecast_read_service(cli, &set, err);
    if (rc == 0)
        rc = fg_forecast_read_events(cli, &events, err);
    if (rc < 0)
        return rc;
    ask.events = events;
    return forecast_set(cli, &ask, &set, begin_us, err);
}
