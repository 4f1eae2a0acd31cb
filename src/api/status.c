/* status.c - the whole in one document, who you are, and is it well. */
#include "api/answer.h"
#include "api/job_view.h"
#include "api/json_doc.h"
#include "api/worker.h"
#include "store/reader_alert.h"

static void write_counts(struct fg_json *json, const uint64_t *counts)
{
    fg_json_key(json, "jobs");
    fg_json_object(json);
    for (int state = 0; state < FG_JOB_STATES; state++)
        fg_json_kv_int(json, fg_job_state_name((enum fg_job_state)state),
                       (int64_t)counts[state]);
    fg_json_end(json);
}

/* Those that nobody knows of by severity, and how many of the others there are. */
static void write_alerts(struct fg_json *json, const struct fg_alert_counts *counts)
{
    int64_t known = 0;
    fg_json_key(json, "alerts");
    fg_json_object(json);
    for (int severity = FG_SEVERITIES - 1; severity >= 0; severity--) {
        fg_json_kv_int(json, fg_severity_name((enum fg_severity)severity),
                       counts->open[severity]);
        known += counts->acknowledged[severity];
    }
    fg_json_kv_int(json, "acknowledged", known);
    fg_json_end(json);
}

static void told(struct fg_call *call)
{
    struct fg_api *api = call->api;
    struct fg_json *json = &call->json;
    struct fg_command *command = &call->command;
    struct fg_err *err = &command->err;
    uint64_t counts[FG_JOB_STATES] = {};
    struct fg_alert_counts alerts = {};
    const struct fg_doc *doc = NULL;

    int rc = command->rc;
    if (rc == 0)
        rc = fg_doc_json(command->out_text, command->out_len, call->arena, &doc, err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, err) : NULL;
    if (rc == 0)
        rc = reader ? fg_reader_counts(reader, call->actor.project, counts, err) : FG_EIO;
    if (rc == 0)
        rc = fg_reader_alert_counts(reader, call->actor.project, &alerts, err);
    if (rc < 0) {
        err->code = rc;
        fg_answer_error(call, err);
        return;
    }
    fg_json_object(json);
    fg_json_kv(json, "version", FASTGPU_VERSION);
    fg_json_kv(json, "url", fg_api_url(api));
    fg_json_kv_time(json, "started", api->started_us);
    fg_json_kv_seconds(json, "uptime_s", fg_api_mono_us(api) - api->started_mono_us);
    fg_json_kv_doc(json, doc, "node_count");
    write_counts(json, counts);
    write_alerts(json, &alerts);
    fg_json_kv_doc(json, doc, "capacity");
    fg_json_kv_doc(json, doc, "utilisation_milli");
    fg_json_kv_doc(json, doc, "isolation");
    fg_json_kv_doc(json, doc, "watch_cpu_ppm");
    fg_json_kv_doc(json, doc, "notices");
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_status(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_STATUS, told);
}

void fg_handle_whoami(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    const struct fg_actor *actor = &call->actor;

    fg_json_object(json);
    fg_json_kv(json, "user", actor->user);
    fg_json_kv(json, "role", fg_role_name(actor->role));
    fg_json_kv(json, "project",
               actor->project ? fg_worker_project_name(call->worker, actor->project) : NULL);
    fg_json_end(json);
    fg_answer_json(call, 200);
}

void fg_handle_health(struct fg_call *call)
{
    struct fg_json *json = &call->json;
    const char *why = call->api->options.health(call->api->options.self);

    fg_json_object(json);
    fg_json_kv(json, "status", why ? "degraded" : "ok");
    if (why)
        fg_json_kv(json, "why", why);
    fg_json_end(json);
    fg_answer_json(call, why ? 503 : 200);
}
