/* series.c - one reading over time: of devices, or of jobs. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/worker.h"

#include "base/clock.h"
#include "telemetry/query.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US     INT64_C(1000000)
#define VALUES_MAX    180'000 /* a reader of JSON takes little more in one document */
#define STEPS_DEFAULT 120
#define TIME_MAX_S    (3 * 366 * 86400)

static bool sees(void *self, const struct fg_track *track)
{
    return fg_call_sees(self, track->project);
}

/* -- the question -------------------------------------------------------------------------------------------- */

static int read_time(struct fg_call *call, const char *name, int64_t *out, struct fg_err *err)
{
    const char *text = fg_target_param(&call->target, name);
    if (text && (fg_time_parse(text, out) < 0 || *out < 0))
        return fg_fail(err, FG_EINVAL,
                       "query: %s: %.40s, expected a time as 2026-11-21T02:36:55Z", name, text);
    return 0;
}

static int read_reading(struct fg_call *call, struct fg_series_query *out, struct fg_err *err)
{
    const char *name = fg_target_param(&call->target, "reading");
    out->column = name ? fg_series_column_find(name) : FG_SERIES_COLUMNS;
    if (out->column < FG_SERIES_COLUMNS)
        return 0;
    return fg_fail(err, FG_EINVAL,
                   "query: reading: %.40s, expected busy, mem_used, power, energy, temp or "
                   "another of docs/telemetry.md",
                   name ? name : "none");
}

/* "avg", "rate"; "p95" and "p99.9" are quantiles. */
static int read_agg(struct fg_call *call, struct fg_series_query *out, struct fg_err *err)
{
    const char *name = fg_target_param(&call->target, "agg");
    char *end = NULL;
    out->agg = fg_series_column_counts(out->column) ? FG_AGG_RATE : FG_AGG_AVG;
    if (!name)
        return 0;
    for (out->agg = 0; out->agg < FG_AGG_QUANTILE; out->agg++)
        if (strcmp(name, fg_series_agg_name(out->agg)) == 0)
            return 0;
    bool is_number = name[0] == 'p' && name[1] >= '0' && name[1] <= '9';
    out->quantile = is_number ? strtod(name + 1, &end) / 100 : -1;
    if (is_number && !*end && out->quantile <= 1)
        return 0;
    return fg_fail(
        err, FG_EINVAL,
        "query: agg: %.40s, expected avg, min, max, sum, last, rate, or p95 and the like",
        name);
}

static int read_by(struct fg_call *call, struct fg_series_query *out, struct fg_err *err)
{
    const char *name = fg_target_param(&call->target, "by");
    for (out->by = FG_BY_ALL; name && out->by < FG_BYS; out->by++)
        if (strcmp(name, fg_series_by_name(out->by)) == 0)
            break;
    if (out->by < FG_BYS)
        return 0;
    return fg_fail(
        err, FG_EINVAL,
        "query: by: %.40s, expected all, device, node, supplier, kind, job or project", name);
}

static int read_span(struct fg_call *call, struct fg_series_query *out, struct fg_err *err)
{
    uint64_t step_s = 0;
    out->to_us = fg_api_now_us(call->api);
    int rc = read_time(call, "to", &out->to_us, err);
    out->from_us = out->to_us - 3600 * SECOND_US;
    if (rc == 0)
        rc = read_time(call, "from", &out->from_us, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "step_s", 1, TIME_MAX_S, &step_s, err);
    int64_t span_us = out->to_us - out->from_us;
    if (rc == 0 && (span_us <= 0 || span_us > TIME_MAX_S * SECOND_US))
        rc = fg_fail(err, FG_EINVAL, "query: from: expected before to, by three years at most");
    out->step_us = step_s ? (int64_t)step_s * SECOND_US
                          : (span_us / STEPS_DEFAULT / SECOND_US + 1) * SECOND_US;
    return rc;
}

static int read_query(struct fg_call *call, struct fg_series_query *out, struct fg_err *err)
{
    uint64_t job = 0;
    int rc = read_reading(call, out, err);
    if (rc == 0)
        rc = read_agg(call, out, err);
    if (rc == 0)
        rc = read_by(call, out, err);
    if (rc == 0)
        rc = read_span(call, out, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "job", 1, UINT64_MAX >> 1, &job, err);
    if (rc == 0 && job)
        rc = fg_call_find_job(call, job, NULL, err);
    out->job = job;
    out->node = fg_target_param(&call->target, "node");
    out->device = fg_target_param(&call->target, "device");
    out->supplier = fg_target_param(&call->target, "supplier");
    out->kind = fg_target_param(&call->target, "kind");
    return rc;
}

/* -- the answer ---------------------------------------------------------------------------------------------- */

static void write_label(struct fg_call *call,
                        enum fg_series_by by,
                        const struct fg_track *label)
{
    struct fg_json *json = &call->json;
    bool device = by == FG_BY_DEVICE;
    if (device || by == FG_BY_NODE)
        fg_json_kv(json, "node", label->node);
    if (device)
        fg_json_kv(json, "device", label->device);
    if (device || by == FG_BY_KIND)
        fg_json_kv(json, "kind", label->kind);
    if (device || by == FG_BY_NODE || by == FG_BY_SUPPLIER)
        fg_json_kv(json, "supplier", label->supplier);
    if (by == FG_BY_JOB) {
        char id[24];
        snprintf(id, sizeof(id), "%llu", (unsigned long long)label->job);
        fg_json_kv(json, "job", id);
    }
    if (by == FG_BY_JOB || by == FG_BY_PROJECT)
        fg_json_kv(json, "project", fg_worker_project_name(call->worker, label->project));
}

static void write_values(struct fg_json *json, const double *values, size_t len)
{
    fg_json_key(json, "values");
    fg_json_array(json);
    for (size_t i = 0; i < len; i++) {
        char text[32];
        if (isnan(values[i]))
            fg_json_null(json);
        else
            fg_json_raw(json, text, (size_t)snprintf(text, sizeof(text), "%.9g", values[i]));
    }
    fg_json_end(json);
}

static void write_answer(struct fg_call *call,
                         const struct fg_series_query *query,
                         const struct fg_series_answer *answer)
{
    struct fg_json *json = &call->json;
    bool rate = query->agg == FG_AGG_RATE;
    char unit[32], agg[32];
    snprintf(unit, sizeof(unit), "%s%s", fg_series_column_unit(query->column),
             rate ? "/s" : "");
    snprintf(agg, sizeof(agg), "p%g", query->quantile * 100);
    fg_json_object(json);
    fg_json_kv(json, "reading", fg_series_column_name(query->column));
    fg_json_kv(json, "unit", unit);
    fg_json_kv(json, "agg",
               query->agg == FG_AGG_QUANTILE ? agg : fg_series_agg_name(query->agg));
    fg_json_kv(json, "by", fg_series_by_name(query->by));
    fg_json_kv(json, "level", fg_level_name(answer->level));
    fg_json_kv_time(json, "from", answer->from_us);
    fg_json_key(json, "step_s");
    fg_json_double(json, (double)answer->step_us / 1e6);
    fg_json_kv_int(json, "steps", (int64_t)answer->steps);
    fg_json_key(json, "groups");
    fg_json_array(json);
    for (size_t i = 0; i < answer->len; i++) {
        const struct fg_series_group *group = &answer->groups[i];
        fg_json_object(json);
        write_label(call, query->by, &group->label);
        fg_json_kv_int(json, "tracks", (int64_t)group->tracks);
        write_values(json, group->values, answer->steps);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_series(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_series_query query = {.values_max = VALUES_MAX, .sees = sees, .self = call};
    FG_AUTO(fg_series_answer) struct fg_series_answer answer = {};
    int rc = read_query(call, &query, &err);
    if (rc == 0)
        rc = fg_series_ask(call->api->options.series, &query, &answer, &err);
    if (rc < 0)
        fg_answer_error(call, &err);
    else
        write_answer(call, &query, &answer);
}
