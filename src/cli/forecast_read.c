/* forecast_read.c - see forecast_read.h */
#include "cli/forecast_read.h"

#include "base/clock.h"
#include "cli/sim_files.h"
#include "cli/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US          3'600'000'000LL
#define PROMETHEUS_MOST  11'000 /* values of a series that it gives at once */
#define PROMETHEUS_TOKEN "FASTGPU_PROMETHEUS_TOKEN"

static void note(void *self, const char *text)
{
    fprintf(stderr, "fastgpu: %s: %s\n", (const char *)self, text);
}

static int read_step(struct fg_cli *cli, int64_t otherwise, int64_t *out, struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, "step");
    *out = otherwise;
    if (!text || (fg_duration_parse(text, out) == 0 && *out > 0))
        return 0;
    return fg_fail(err, FG_EINVAL, "--step: %.40s, expected a time like 1h or 15m", text);
}

/* --columns series=NAME,time=NAME,value=NAME: `text` is cut up. */
static int read_columns(char *text, struct fg_demand_reading *reading, struct fg_err *err)
{
    char *word;
    while ((word = strsep(&text, ","))) {
        char *equal = strchr(word, '=');
        size_t len = equal ? (size_t)(equal - word) : 0;
        const char **column =
            len == 6 && memcmp(word, "series", 6) == 0  ? &reading->series_column
            : len == 4 && memcmp(word, "time", 4) == 0  ? &reading->time_column
            : len == 5 && memcmp(word, "value", 5) == 0 ? &reading->value_column
                                                        : NULL;
        if (!column || equal[1] == '\0')
            return fg_fail(err, FG_EINVAL,
                           "--columns: `%.40s`, expected series=NAME, time=NAME or value=NAME",
                           word);
        *column = equal + 1;
    }
    return 0;
}

/* -- jobs -------------------------------------------------------------------------------------------- */

static int read_ledger(struct fg_cli *cli,
                       bool is_sacct,
                       const struct fg_demand_reading *reading,
                       const struct fg_buf *bytes,
                       struct fg_demand_set *set,
                       struct fg_err *err)
{
    unsigned by;
    const char *name = fg_args_get(&cli->args, "measure");
    int measure = name ? fg_ledger_measure_find(name) : FG_LEDGER_ASKED;
    if (measure < 0)
        return fg_fail(err, FG_EINVAL,
                       "--measure: `%.40s`, expected asked, running, waiting or refused", name);
    const char *list = fg_args_get(&cli->args, "by");
    int rc = fg_ledger_by_read(list ? list : "class", &by, err);
    if (rc < 0)
        return rc;
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = fg_ledger_new(by);
    rc = is_sacct ? fg_demand_read_sacct(reading, bytes->text, bytes->len, ledger, err)
                  : fg_demand_read_jobs(reading, bytes->text, bytes->len, ledger, err);
    if (rc < 0)
        return rc;
    fg_ledger_to_set(ledger, (enum fg_ledger_measure)measure, set);
    if (set->len == 0)
        return fg_fail(err, FG_EINVAL, "%s: nothing of it was %s", reading->file_name,
                       fg_ledger_measure_name((enum fg_ledger_measure)measure));
    return 0;
}

/* -- Prometheus -------------------------------------------------------------------------------------- */

static int fetch(struct fg_cli *cli, int64_t step_us, struct fg_buf *out, struct fg_err *err)
{
    const char *url = fg_args_get(&cli->args, "prometheus"),
               *query = fg_args_get(&cli->args, "query");
    const struct fg_clock *clock = fg_clock_system();
    int64_t hours, step_s = step_us / 1'000'000;
    int rc = fg_cli_number(cli, "hours", 1, 87'600, 24 * 28, &hours, err);
    if (rc < 0)
        return rc;
    if (!query)
        return fg_fail(err, FG_EINVAL, "--query: missing, expected a query of Prometheus");
    if (step_s < 1 || hours * 3600 / step_s > PROMETHEUS_MOST)
        return fg_fail(err, FG_EINVAL,
                       "--hours and --step: %lld values, expected at most %d, and a step of at "
                       "least 1 s",
                       (long long)(step_s ? hours * 3600 / step_s : 0), PROMETHEUS_MOST);
    FG_AUTO(fg_client)
    struct fg_client *client = fg_client_new(url, getenv(PROMETHEUS_TOKEN), err);
    if (!client)
        return FG_EINVAL;
    int64_t end_s = clock->now_us(clock->self) / 1'000'000 / step_s * step_s;
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_puts(&path, "/api/v1/query_range?query=");
    fg_url_escape(&path, query, false);
    fg_buf_printf(&path, "&start=%lld&end=%lld&step=%lld", (long long)(end_s - hours * 3600),
                  (long long)end_s, (long long)step_s);
    rc = fg_client_get(client, path.text, out, err);
    return rc < 0 ? fg_wrap(err, rc, "--prometheus") : 0;
}

/* -- the service ------------------------------------------------------------------------------------------ */

static int write_path(struct fg_cli *cli, struct fg_buf *path, struct fg_err *err)
{
    static const char *const names[] = {"class", "project", "by"};
    const char *measure = fg_args_get(&cli->args, "measure");
    int64_t hours;
    int rc = fg_cli_number(cli, "hours", 1, 26'400, 2016, &hours, err);
    fg_buf_printf(path, "/v1/demand?hours=%lld&measure=%s", (long long)hours,
                  measure ? measure : "asked");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = fg_args_get(&cli->args, names[i]);
        if (!value)
            continue;
        fg_buf_printf(path, "&%s=", names[i]);
        fg_url_escape(path, value, false);
    }
    return rc;
}

static int add_item(const struct fg_doc *item,
                    const char *measure,
                    int64_t first_us,
                    struct fg_demand_set *set,
                    struct fg_err *err)
{
    const struct fg_doc *values = fg_doc_get(item, measure), *value;
    const char *project = fg_view_text(item, "project"), *kind = fg_view_text(item, "class");
    char name[FG_NAME_MAX + FG_KIND_MAX];
    if (!values || values->kind != FG_DOC_LIST)
        return fg_fail(err, FG_EBACKEND, "answer to /v1/demand: no list %s", measure);
    snprintf(name, sizeof(name), "%.63s%s%.31s", project, project[0] && kind[0] ? "/" : "",
             kind);
    struct fg_demand_series *series = fg_demand_set_add(set, name[0] ? name : "all");
    series->time = (struct fg_demand_time){.first = first_us, .step = HOUR_US};
    series->values = calloc(values->len + 1, sizeof(series->values[0]));
    if (!series->values)
        abort();
    for (value = values->first; value; value = value->next)
        series->values[series->len++] = value->real;
    return 0;
}

int fg_forecast_read_service(struct fg_cli *cli, struct fg_demand_set *set, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    const char *name = fg_args_get(&cli->args, "measure");
    int measure = name ? fg_ledger_measure_find(name) : FG_LEDGER_ASKED;
    int64_t first_us = 0;
    if (measure < 0)
        return fg_fail(err, FG_EINVAL,
                       "--measure: `%.40s`, expected asked, running, waiting or refused", name);
    int rc = write_path(cli, &path, err);
    if (rc == 0)
        rc = fg_cli_connect(cli, err);
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *items = fg_doc_get(answer.doc, "items");
    (void)fg_time_parse(fg_view_text(answer.doc, "first"), &first_us);
    for (const struct fg_doc *item = items ? items->first : NULL; item && rc == 0;
         item = item->next)
        rc = add_item(item, fg_ledger_measure_name((enum fg_ledger_measure)measure), first_us,
                      set, err);
    if (rc == 0 && set->len == 0) {
        fg_cli_hint(cli, "--input forecasts from a file; docs/forecast.md.");
        return fg_fail(err, FG_ENOENT, "the service has no whole hour of such demand yet");
    }
    return rc;
}

/* -- all --------------------------------------------------------------------------------------------- */

static int read_format(struct fg_cli *cli,
                       const char *format,
                       const struct fg_demand_reading *reading,
                       const struct fg_buf *bytes,
                       struct fg_demand_set *set,
                       struct fg_err *err)
{
    if (strcmp(format, "csv") == 0)
        return fg_demand_read_csv(reading, bytes->text, bytes->len, set, err);
    if (strcmp(format, "m4") == 0)
        return fg_demand_read_m4(reading, bytes->text, bytes->len, set, err);
    if (strcmp(format, "prometheus") == 0)
        return fg_demand_read_prometheus(reading, bytes->text, bytes->len, set, err);
    if (strcmp(format, "sacct") == 0 || strcmp(format, "jobs") == 0)
        return read_ledger(cli, format[0] == 's', reading, bytes, set, err);
    return fg_fail(err, FG_EINVAL,
                   "--format: `%.40s`, expected csv, m4, sacct, prometheus or jobs", format);
}

int fg_forecast_read(struct fg_cli *cli,
                     struct fg_demand_set *set,
                     bool *out_m4,
                     struct fg_err *err)
{
    const struct fg_args *args = &cli->args;
    const char *path = fg_args_get(args, "input"), *format = fg_args_get(args, "format"),
               *url = fg_args_get(args, "prometheus"), *list = fg_args_get(args, "columns");
    FG_AUTO(fg_buf) struct fg_buf bytes = {}, columns = {};
    struct fg_demand_reading reading = {
        .file_name = url ? "--prometheus" : path, .note = note, .note_self = (char *)path};
    fg_buf_puts(&columns, list ? list : "");
    int rc = list ? read_columns(columns.text, &reading, err) : 0;
    if (rc == 0)
        rc = read_step(cli, url ? HOUR_US : 0, &reading.step, err);
    if (rc == 0)
        rc = url ? fetch(cli, reading.step, &bytes, err) : fg_sim_file_read(path, &bytes, err);
    if (rc < 0)
        return rc;
    if (!format)
        format = url ? "prometheus" : "csv";
    *out_m4 = strcmp(format, "m4") == 0;
    if (url) /* it has made the steps */
        reading.step = 0;
    return read_format(cli, format, &reading, &bytes, set, err);
}

int fg_forecast_read_events(struct fg_cli *cli,
                            struct fg_demand_events **out,
                            struct fg_err *err)
{
    const char *path = fg_args_get(&cli->args, "events");
    struct fg_demand_reading reading = {.file_name = path};
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    *out = NULL;
    if (!path)
        return 0;
    int rc = fg_sim_file_read(path, &bytes, err);
    return rc < 0 ? rc : fg_demand_events_read(&reading, bytes.text, bytes.len, out, err);
}
