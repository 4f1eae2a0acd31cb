/* metrics.c - /metrics: the loop in numbers, for Prometheus.
 *
 * Names are `fastgpu_...` with base units at their end; devices are in metrics_devices.c.  What grows without bound (jobs, users,
 * offers) has no series of its own.  Who is bound to a project gets the numbers of that project, and of the pool.
 */
#include "api/metrics.h"
#include "api/answer.h"
#include "api/connection.h"
#include "api/tally.h"
#include "api/worker.h"

#include "base/arena.h"
#include "store/audit.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PROJECTS_MAX 500
#define NICE         10
#define ARENA_BYTES  ((size_t)1 << 30)

static void write_service(struct fg_metric_text *to,
                          struct fg_api *api,
                          const struct fg_doc *status)
{
    fg_export_family(to, "fastgpu_build", FG_METRIC_INFO, "", "The label tells the version.");
    fg_export_sample(to, "");
    fg_export_label(to, "version", FASTGPU_VERSION);
    fg_export_value(to, 1);
    fg_export_one(to, "fastgpu_start_time_seconds", FG_METRIC_GAUGE, "seconds",
                  "When the service started, since 1970.", (double)api->started_us / 1e6);
    fg_export_one(to, "fastgpu_healthy", FG_METRIC_GAUGE, "", "1 if /healthz says ok.",
                  api->options.health(api->options.self) == NULL);
    fg_export_one(to, "fastgpu_sampling_cpu_ratio", FG_METRIC_GAUGE, "ratio",
                  "Share of a core that reading tasks and devices takes.",
                  (double)fg_metrics_int(status, "watch_cpu_ppm") / 1e6);
    fg_export_one(to, "fastgpu_http_connections", FG_METRIC_GAUGE, "", "Open connections.",
                  (double)fg_connections_len(api->connections));
    fg_export_one(to, "fastgpu_http_waiting", FG_METRIC_GAUGE, "",
                  "Long polls and streams that wait.", (double)fg_hub_len(api->hub));
    fg_export_family(to, "fastgpu_http_responses", FG_METRIC_COUNTER, "",
                     "Answers by first digit of the status.");
    for (int digit = 2; digit <= 5; digit++) {
        char code[8] = {(char)('0' + digit), 'x', 'x'};
        fg_export_sample(to, "");
        fg_export_label(to, "code", code);
        fg_export_value(to, (double)atomic_load(&api->answers[digit]));
    }
}

static void write_capacity(struct fg_metric_text *to, const struct fg_doc *status)
{
    static const struct {
        const char *member, *name, *unit, *help;
        double factor;
    } rows[] = {
        {"gpu_milli", "fastgpu_pool_accelerators", "", "Accelerators of the pool.", 0.001},
        {"gpu_used_milli", "fastgpu_pool_accelerators_granted", "", "Of them, what jobs hold.",
         0.001},
        {"cpu_milli", "fastgpu_pool_cores", "", "Cores of the pool.", 0.001},
        {"cpu_used_milli", "fastgpu_pool_cores_granted", "", "Of them, what jobs hold.", 0.001},
        {"mem_mib", "fastgpu_pool_memory_bytes", "bytes", "Memory of the pool.", 1048576},
        {"mem_used_mib", "fastgpu_pool_memory_granted_bytes", "bytes", "Of it, what jobs hold.",
         1048576},
    };
    const struct fg_doc *capacity = fg_doc_get(status, "capacity");

    for (size_t i = 0; capacity && i < sizeof(rows) / sizeof(rows[0]); i++)
        fg_export_one(to, rows[i].name, FG_METRIC_GAUGE, rows[i].unit, rows[i].help,
                      (double)fg_metrics_int(capacity, rows[i].member) * rows[i].factor);
    fg_export_one(to, "fastgpu_pool_utilisation_ratio", FG_METRIC_GAUGE, "ratio",
                  "Granted share of the pool.",
                  (double)fg_metrics_int(status, "utilisation_milli") / 1000);
    fg_export_one(to, "fastgpu_ready_jobs", FG_METRIC_GAUGE, "",
                  "Queued jobs that could start at once if there were room.",
                  (double)fg_metrics_int(status, "ready_jobs"));
}

static void write_projects(const struct fg_metrics_ask *ask,
                           struct fg_metric_text *to,
                           const struct fg_doc *status)
{
    static const struct {
        const char *member, *name, *unit, *help;
        double factor;
    } rows[] = {
        {"queued", "fastgpu_project_queued_jobs", "", "Jobs of the project that wait.", 1},
        {"running", "fastgpu_project_running_jobs", "",
         "Jobs of the project, and of those below it, that run.", 1},
        {"gpu_milli", "fastgpu_project_accelerators_granted", "", "Accelerators they hold.",
         0.001},
        {"spent_uusd", "fastgpu_project_spent_usd", "usd",
         "Spent in this period of its budget.", 1e-6},
        {"committed_uusd", "fastgpu_project_committed_usd", "usd",
         "What running jobs may still spend of the budget.", 1e-6},
    };
    const struct fg_doc *projects = fg_doc_get(status, "projects");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = 0;
        fg_export_family(to, rows[i].name, FG_METRIC_GAUGE, rows[i].unit, rows[i].help);
        for (const struct fg_doc *at = projects ? projects->first : NULL;
             at && len < PROJECTS_MAX; at = at->next) {
            if ((ask->project && strcmp(at->key, ask->project) != 0)
                || !fg_doc_get(at, rows[i].member))
                continue;
            fg_export_sample(to, "");
            fg_export_label(to, "project", at->key);
            fg_export_value(to, (double)fg_metrics_int(at, rows[i].member) * rows[i].factor);
            len++;
        }
    }
}

static void write_series(struct fg_metric_text *to, struct fg_series *series)
{
    struct fg_series_state state;
    fg_series_state(series, &state);
    fg_export_one(to, "fastgpu_readings", FG_METRIC_COUNTER, "",
                  "Rows of readings that the store took.", (double)state.rows);
    fg_export_one(to, "fastgpu_readings_dropped", FG_METRIC_COUNTER, "",
                  "Rows that came late, or for which there was no room.",
                  (double)(state.late + state.refused));
    fg_export_one(to, "fastgpu_readings_memory_bytes", FG_METRIC_GAUGE, "bytes",
                  "Memory of readings not in a file yet.", (double)state.memory_bytes);
    fg_export_one(to, "fastgpu_readings_disk_bytes", FG_METRIC_GAUGE, "bytes",
                  "Files of readings.", (double)state.disk_bytes);
}

static int write_jobs(const struct fg_metrics_ask *ask,
                      struct fg_metric_text *to,
                      struct fg_err *err)
{
    uint64_t counts[FG_JOB_STATES] = {};
    int rc = fg_reader_counts(ask->reader, ask->call->actor.project, counts, err);
    if (rc < 0)
        return rc;
    fg_export_family(to, "fastgpu_jobs", FG_METRIC_GAUGE, "", "Jobs in the store by state.");
    for (int state = 0; state < FG_JOB_STATES; state++) {
        fg_export_sample(to, "");
        fg_export_label(to, "state", fg_job_state_name((enum fg_job_state)state));
        fg_export_value(to, (double)counts[state]);
    }
    return 0;
}

/* The number of the newest deed: who keeps it sees a record that was cut off. */
static int write_audit(const struct fg_metrics_ask *ask,
                       struct fg_metric_text *to,
                       struct fg_err *err)
{
    struct fg_audit_link newest;
    int rc = fg_reader_audit_head(ask->reader, &newest, err);
    if (rc == 0)
        fg_export_one(to, "fastgpu_audit_newest_event", FG_METRIC_GAUGE, "",
                      "Number of the newest deed in the record of what people did; never less "
                      "than before.",
                      (double)newest.seq);
    return rc;
}

/* -- the request -------------------------------------------------------------------------------------------- */

/* What only those see who see all projects. */
static int write_whole(const struct fg_metrics_ask *ask,
                       struct fg_metric_text *to,
                       struct fg_err *err)
{
    fg_tally_write(ask->call->api->tally, to);
    fg_metrics_publishing(ask, to);
    int rc = fg_metrics_plan(ask, to, err);
    if (rc == 0)
        rc = fg_metrics_proposals(ask, to, err);
    return rc == 0 ? write_audit(ask, to, err) : rc;
}

static int write_all(const struct fg_metrics_ask *ask,
                     struct fg_metric_text *to,
                     struct fg_err *err)
{
    struct fg_call *call = ask->call;
    const struct fg_doc *status = NULL, *nodes = NULL;
    int rc = fg_doc_json(ask->status, ask->status_len, ask->arena, &status, err);
    if (rc == 0)
        rc = fg_doc_json(ask->nodes, ask->nodes_len, ask->arena, &nodes, err);
    if (rc < 0)
        return rc;
    write_service(to, call->api, status);
    write_capacity(to, status);
    write_projects(ask, to, status);
    write_series(to, call->api->options.series);
    rc = write_jobs(ask, to, err);
    if (rc == 0)
        rc = fg_metrics_orders(ask, to, err);
    if (rc == 0)
        rc = fg_metrics_alerts(ask, to, err);
    if (rc == 0)
        rc = fg_metrics_savings(ask, to, err);
    if (rc == 0 && call->actor.project == 0)
        rc = write_whole(ask, to, err);
    return rc < 0 ? rc : fg_metrics_pool(ask, to, nodes, err);
}

/* On a thread of its own, with a reader of its own: thousands of devices are megabytes of text. */
static void work(struct fg_call *call)
{
    struct fg_metrics_ask *ask = call->work_data;
    struct fg_metric_text to = {.out = &call->out, .is_open = ask->is_open};
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(),
                      NICE); /* this thread alone: it ends with this */
    FG_AUTO(fg_reader)
    struct fg_reader *reader = fg_reader_open(call->api->options.db_path, &ask->err);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ARENA_BYTES);
    ask->arena = arena;
    ask->reader = reader;
    ask->rc = reader ? write_all(ask, &to, &ask->err) : FG_EIO;
    if (ask->rc == 0)
        fg_export_end(&to);
}

static void made(struct fg_call *call)
{
    struct fg_metrics_ask *ask = call->work_data;
    if (ask->rc < 0) {
        ask->err.code = ask->rc;
        fg_buf_clear(&call->out);
        fg_answer_error(call, &ask->err);
        return;
    }
    fg_answer_out(call, 200,
                  ask->is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                               : "text/plain; version=0.0.4; charset=utf-8");
}

static void told_pool(struct fg_call *call)
{
    struct fg_metrics_ask *ask = call->work_data;
    if (fg_answer_failed(call))
        return;
    ask->nodes = call->command.out_text;
    ask->nodes_len = call->command.out_len;
    fg_call_work(call, work, made);
}

static void told_status(struct fg_call *call)
{
    struct fg_metrics_ask *ask = FG_NEW(call->arena, struct fg_metrics_ask, 1);
    if (fg_answer_failed(call))
        return;
    *ask = (struct fg_metrics_ask){
        .call = call,
        .status = call->command.out_text,
        .status_len = call->command.out_len,
        .is_open = fg_accepts(call->headers.accept, "application/openmetrics-text")};
    if (call->actor.project)
        ask->project = fg_arena_printf(
            call->arena, "%s", fg_worker_project_name(call->worker, call->actor.project));
    call->work_data = ask;
    fg_call_ask(call, FG_CMD_POOL, told_pool);
}

void fg_handle_metrics(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_STATUS, told_status);
}
