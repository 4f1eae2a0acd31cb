/* demand.c - what was asked, ran, waited and was refused, hour by hour. */
#include "api/demand.h"

#include "api/answer.h"
#include "api/worker.h"

#include <stdio.h>

#define HOUR_US       3'600'000'000LL
#define HOURS_DEFAULT 2016    /* twelve weeks */
#define HOURS_MAX     26400   /* three years */
#define VALUES_MAX    190'000 /* what a reader of JSON takes in one document */

struct gathering {
    struct fg_ledger *ledger;
    int64_t now_us;
    size_t rows;
    struct fg_err *err;
};

/* -- from the store ---------------------------------------------------------------------------------------- */

static struct fg_ledger_key key_of(const struct fg_level_key *level, const char *project)
{
    struct fg_ledger_key key = {};
    snprintf(key.project, sizeof(key.project), "%s", project);
    snprintf(key.kind, sizeof(key.kind), "%s", level->kind);
    return key;
}

static int add_hour(void *self, const struct fg_level_hour *hour, const char *project)
{
    struct gathering *gathering = self;
    struct fg_ledger_key key = key_of(&hour->key, project);
    int64_t asked_us = hour->running_us + hour->shift_us;
    const int64_t values[FG_LEDGER_MEASURES] = {[FG_LEDGER_ASKED] = asked_us > 0 ? asked_us : 0,
                                                [FG_LEDGER_RUNNING] = hour->running_us,
                                                [FG_LEDGER_WAITING] = hour->waiting_us,
                                                [FG_LEDGER_REFUSED] = hour->refused_us};
    int rc = 0;
    gathering->rows++;
    for (int i = 0; rc == 0 && i < FG_LEDGER_MEASURES; i++)
        rc = fg_ledger_hour(gathering->ledger, &key, (enum fg_ledger_measure)i,
                            hour->hour * HOUR_US, values[i], gathering->err);
    return rc;
}

/* What runs and waits still does so. */
static int add_level(void *self, const struct fg_level_row *level, const char *project)
{
    struct gathering *gathering = self;
    struct fg_ledger_key key = key_of(&level->key, project);
    static const enum fg_ledger_measure running[] = {FG_LEDGER_ASKED, FG_LEDGER_RUNNING};
    int rc = 0;
    gathering->rows++;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = fg_ledger_span(gathering->ledger, &key, running[i], level->at_us,
                            gathering->now_us, level->running_milli, gathering->err);
    if (rc == 0)
        rc = fg_ledger_span(gathering->ledger, &key, FG_LEDGER_WAITING, level->at_us,
                            gathering->now_us, level->waiting_milli, gathering->err);
    return rc;
}

static int read_range(struct fg_call *call,
                      int64_t now_us,
                      struct fg_demand_range *out,
                      struct fg_err *err)
{
    const char *project = fg_target_param(&call->target, "project");
    const char *kind = fg_target_param(&call->target, "class");
    uint64_t hours = HOURS_DEFAULT;
    *out = (struct fg_demand_range){.project = call->actor.project, .kind = kind ? kind : ""};
    int rc = fg_target_uint(&call->target, "hours", 1, HOURS_MAX, &hours, err);
    if (rc == 0 && project)
        rc = fg_worker_project(call->worker, project, &out->project, err);
    if (rc == 0 && !fg_call_sees(call, out->project))
        rc = fg_fail(err, FG_ENOENT, "project %.63s: not known", project);
    out->from_hour = now_us / HOUR_US - (int64_t)hours;
    return rc;
}

int fg_demand_read(struct fg_reader *reader,
                   const struct fg_demand_query *query,
                   struct fg_ledger **out,
                   struct fg_err *err)
{
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = fg_ledger_new(query->by);
    struct gathering gathering = {.ledger = ledger, .now_us = query->now_us, .err = err};
    struct fg_demand_rows rows = {&gathering, add_hour, add_level};
    *out = NULL;
    int rc = fg_reader_demand(reader, &query->range, &rows, err);
    if (rc < 0 || gathering.rows == 0)
        return rc;
    rc = fg_ledger_close(ledger, query->now_us, err);
    if (rc == FG_EINVAL) /* not one whole hour is over */
        return 0;
    if (rc == 0) {
        *out = ledger;
        ledger = NULL;
    }
    return rc;
}

int fg_demand_of_call(struct fg_call *call, struct fg_ledger **out, struct fg_err *err)
{
    const char *by_text = fg_target_param(&call->target, "by");
    struct fg_demand_query query = {.now_us = fg_api_now_us(call->api)};
    *out = NULL;
    int rc = fg_ledger_by_read(by_text ? by_text : "class", &query.by, err);
    if (rc == 0)
        rc = read_range(call, query.now_us, &query.range, err);
    if (rc < 0)
        return rc;
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    return reader ? fg_demand_read(reader, &query, out, err) : FG_EIO;
}

/* -- the answer -------------------------------------------------------------------------------------------- */

static void write_values(struct fg_json *json,
                         const struct fg_ledger *ledger,
                         size_t line,
                         enum fg_ledger_measure measure)
{
    const int64_t *cells = fg_ledger_device_us(ledger, line, measure);
    fg_json_key(json, fg_ledger_measure_name(measure));
    fg_json_array(json);
    /* Whole doubles, not nine digits: who forecasts from them gets what the service does. */
    for (size_t hour = 0; hour < fg_ledger_hours(ledger); hour++)
        fg_json_double(json, (double)cells[hour] / (double)HOUR_US);
    fg_json_end(json);
}

/* `only` -1: all measures. */
static void write_lines(struct fg_json *json, const struct fg_ledger *ledger, int only)
{
    for (size_t line = 0; line < fg_ledger_lines(ledger); line++) {
        const struct fg_ledger_key *key = fg_ledger_key_at(ledger, line);
        fg_json_object(json);
        fg_json_kv(json, "project", key->project[0] ? key->project : NULL);
        fg_json_kv(json, "class", key->kind[0] ? key->kind : NULL);
        for (int i = 0; i < FG_LEDGER_MEASURES; i++)
            if (only < 0 || only == i)
                write_values(json, ledger, line, (enum fg_ledger_measure)i);
        fg_json_end(json);
    }
}

int fg_demand_measure(struct fg_call *call, int otherwise, int *out, struct fg_err *err)
{
    const char *name = fg_target_param(&call->target, "measure");
    *out = name ? fg_ledger_measure_find(name) : otherwise;
    if (!name || *out >= 0)
        return 0;
    return fg_fail(err, FG_EINVAL,
                   "query: measure: %.40s, expected asked, running, waiting or refused", name);
}

static int check_size(const struct fg_ledger *ledger, int only, struct fg_err *err)
{
    size_t each = fg_ledger_hours(ledger) * (only < 0 ? FG_LEDGER_MEASURES : 1);
    if (fg_ledger_lines(ledger) * each <= VALUES_MAX)
        return 0;
    return fg_fail(
        err, FG_EINVAL,
        "query: %zu lines of %zu values, expected at most %d: ask for fewer hours, one "
        "measure, a class or a project",
        fg_ledger_lines(ledger), each, VALUES_MAX);
}

void fg_handle_demand(struct fg_call *call)
{
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = NULL;
    struct fg_json *json = &call->json;
    struct fg_err err = {};
    int only = -1, rc = fg_demand_measure(call, -1, &only, &err);
    if (rc == 0)
        rc = fg_demand_of_call(call, &ledger, &err);
    if (rc == 0 && ledger)
        rc = check_size(ledger, only, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_json_object(json);
    fg_json_key(json, "first");
    fg_json_time(json, ledger ? fg_ledger_first_us(ledger) : 0);
    fg_json_kv_int(json, "step_s", HOUR_US / 1'000'000);
    fg_json_kv_int(json, "hours", ledger ? (int64_t)fg_ledger_hours(ledger) : 0);
    fg_json_key(json, "items");
    fg_json_array(json);
    if (ledger)
        write_lines(json, ledger, only);
    fg_json_end(json);
    fg_json_end(json);
    fg_answer_json(call, 200);
}
