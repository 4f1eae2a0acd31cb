/* alerts.c - what is wrong or wasteful: alerts, what jobs wasted, and how much of the pool does work. */
#include "api/answer.h"
#include "api/cost_range.h"
#include "api/job_view.h"
#include "api/worker.h"
#include "store/reader_alert.h"

#include "model/period.h"

#include <string.h>

#define DAYS_MAX 3660

static void kv_name(struct fg_json *json, const char *key, const char *text)
{
    fg_json_kv(json, key, text[0] ? text : NULL);
}

static void kv_job(struct fg_json *json, fg_job_id job)
{
    if (job)
        fg_json_kv_id(json, "job", job);
    else
        fg_json_kv(json, "job", NULL);
}

static void kv_project(struct fg_call *call, fg_project_id project)
{
    kv_name(&call->json, "project",
            project ? fg_worker_project_name(call->worker, project) : "");
}

static void kv_cost(struct fg_json *json, int64_t cost_uusd)
{
    fg_json_key(json, "cost_uusd");
    if (cost_uusd < 0)
        fg_json_null(json);
    else
        fg_json_int(json, cost_uusd);
}

/* -- alerts -------------------------------------------------------------------------------------------------- */

static void write_alert(struct fg_call *call, const struct fg_alert *alert)
{
    struct fg_json *json = &call->json;
    fg_json_object(json);
    fg_json_kv_id(json, "id", alert->id);
    fg_json_kv(json, "cause", fg_alert_causes[alert->cause].name);
    fg_json_kv(json, "severity", fg_severity_name(alert->severity));
    fg_json_kv(json, "state", fg_alert_state(alert));
    kv_project(call, alert->project);
    kv_name(json, "user", alert->user);
    kv_job(json, alert->job);
    kv_name(json, "node", alert->node);
    kv_name(json, "device", alert->device);
    fg_json_kv(json, "text", alert->text);
    fg_json_kv(json, "hint", alert->hint);
    kv_cost(json, alert->cost_uusd);
    fg_json_kv_int(json, "count", alert->count);
    fg_json_kv_time(json, "raised_at", alert->raised_us);
    fg_json_kv_time(json, "cleared_at", alert->cleared_us);
    fg_json_kv_time(json, "acknowledged_at", alert->acknowledged_us);
    kv_name(json, "acknowledged_by", alert->acknowledged_by);
    fg_json_end(json);
}

struct page {
    struct fg_alert *alerts; /* in the arena: names of projects are another query */
    size_t len, room;
};

static int add_alert(void *self, const struct fg_alert *alert)
{
    struct page *page = self;
    if (page->len < page->room)
        page->alerts[page->len++] = *alert;
    return 0;
}

static int read_state(const char *text, unsigned *out, struct fg_err *err)
{
    static const struct {
        const char *name;
        unsigned states;
    } names[] = {{"open", FG_ALERTS_OPEN},
                 {"acknowledged", FG_ALERTS_ACKNOWLEDGED},
                 {"cleared", FG_ALERTS_CLEARED},
                 {"all", FG_ALERTS_OPEN | FG_ALERTS_ACKNOWLEDGED | FG_ALERTS_CLEARED}};
    *out = FG_ALERTS_OPEN | FG_ALERTS_ACKNOWLEDGED;
    for (size_t i = 0; text && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(text, names[i].name) == 0) {
            *out = names[i].states;
            return 0;
        }
    return text ? fg_fail(err, FG_EINVAL,
                          "state: %.30s, expected open, acknowledged, cleared or all", text)
                : 0;
}

static int read_filter(struct fg_call *call, struct fg_alert_filter *filter, struct fg_err *err)
{
    uint64_t limit = 0;
    filter->project = call->actor.project;
    int rc = read_state(fg_target_param(&call->target, "state"), &filter->states, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "job", 1, INT64_MAX, &filter->job, err);
    if (rc == 0)
        rc = fg_target_page(&call->target, &limit, &filter->before, err);
    filter->limit = limit;
    return rc;
}

void fg_handle_alert_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_alert_filter filter = {};
    struct page page = {};
    int rc = read_filter(call, &filter, &err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, &err) : NULL;
    page.room = filter.limit;
    if (reader)
        page.alerts = FG_NEW(call->arena, struct fg_alert, page.room);
    if (rc == 0)
        rc = reader ? fg_reader_alerts(reader, &filter, add_alert, &page, &err) : FG_EIO;
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_begin(call);
    for (size_t i = 0; i < page.len; i++)
        write_alert(call, &page.alerts[i]);
    fg_list_end(call, page.len > 0 && page.len == page.room ? page.alerts[page.len - 1].id : 0);
}

static void answer_alert(struct fg_call *call, uint64_t id)
{
    struct fg_err err = {};
    struct fg_alert alert;
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);
    int rc = reader ? fg_reader_alert(reader, id, &alert, &err) : FG_EIO;
    if (rc == 0 && alert.project && !fg_call_sees(call, alert.project))
        rc = fg_fail(&err, FG_ENOENT, "alert %llu: no such alert", (unsigned long long)id);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    write_alert(call, &alert);
    fg_answer_json(call, 200);
}

void fg_handle_alert_show(struct fg_call *call)
{
    struct fg_err err = {};
    uint64_t id = 0;
    int rc = fg_call_id(call, "alert", &id, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        answer_alert(call, id);
}

static void acknowledged(struct fg_call *call)
{
    if (!fg_answer_failed(call))
        answer_alert(call, call->command.alert);
}

void fg_handle_alert_acknowledge(struct fg_call *call)
{
    struct fg_err err = {};
    int rc = fg_call_id(call, "alert", &call->command.alert, &err);
    if (rc < 0)
        fg_answer_rc(call, rc, &err);
    else
        fg_call_ask(call, FG_CMD_ALERT_ACKNOWLEDGE, acknowledged);
}

/* -- what was wasted ------------------------------------------------------------------------------------------ */

struct findings {
    struct fg_finding *items; /* in the arena */
    size_t len, room;
};

static int add_finding(void *self, const struct fg_finding *finding)
{
    struct findings *findings = self;
    if (findings->len < findings->room)
        findings->items[findings->len++] = *finding;
    return 0;
}

static void write_finding(struct fg_call *call, const struct fg_finding *finding)
{
    struct fg_json *json = &call->json;
    char hint[FG_TEXT_MAX];
    fg_alert_hint(fg_alert_causes[finding->cause].hint, finding->job, "", hint);
    fg_json_object(json);
    kv_job(json, finding->job);
    fg_json_kv_int(json, "attempt", finding->attempt);
    kv_project(call, finding->project);
    kv_name(json, "user", finding->user);
    fg_json_kv(json, "cause", fg_alert_causes[finding->cause].name);
    fg_json_kv_int(json, "share_milli",
                   finding->held_us > 0
                       ? (int64_t)((__int128)finding->wasted_us * 1000 / finding->held_us)
                       : 0);
    fg_json_key(json, "device_hours");
    fg_json_double(json, (double)finding->wasted_us / 3.6e9);
    kv_cost(json, finding->cost_uusd);
    fg_json_kv(json, "text", finding->text);
    fg_json_kv(json, "hint", hint);
    fg_json_kv_time(json, "first_at", finding->first_us);
    fg_json_kv_time(json, "last_at", finding->last_us);
    fg_json_end(json);
}

/* In the days asked for, of the projects that may be seen. */
static int read_finding_filter(struct fg_call *call,
                               struct fg_finding_filter *filter,
                               struct fg_err *err)
{
    struct fg_cost_range range;
    uint64_t limit = FG_PAGE_DEFAULT;
    filter->user = fg_target_param(&call->target, "user");
    int rc = fg_cost_range_read(call, DAYS_MAX, &range, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "job", 1, INT64_MAX, &filter->job, err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "limit", 1, FG_PAGE_MAX, &limit, err);
    if (rc < 0)
        return rc;
    filter->project = range.project;
    filter->from_us = filter->job ? 0 : range.from_day * FG_DAY_US;
    filter->to_us = range.to_day * FG_DAY_US;
    filter->limit = limit;
    return 0;
}

void fg_handle_finding_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_finding_filter filter = {};
    struct findings findings = {};
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);
    int rc = reader ? read_finding_filter(call, &filter, &err) : FG_EIO;
    findings.room = filter.limit;
    findings.items = FG_NEW(call->arena, struct fg_finding, filter.limit + 1);
    if (rc == 0)
        rc = fg_reader_findings(reader, &filter, add_finding, &findings, &err);
    if (rc < 0) {
        fg_answer_rc(call, rc, &err);
        return;
    }
    fg_list_begin(call);
    for (size_t i = 0; i < findings.len; i++)
        write_finding(call, &findings.items[i]);
    fg_list_end(call, 0);
}

/* -- how much of the pool does work ---------------------------------------------------------------------------- */

void fg_handle_utilisation(struct fg_call *call)
{
    call->command.name = fg_target_param(&call->target, "by");
    fg_call_ask(call, FG_CMD_UTILISATION, fg_answer_items);
}
