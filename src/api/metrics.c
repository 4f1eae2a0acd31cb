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

#include <string.h>

#define PROJECTS_MAX  500
#define SUPPLIERS_MAX 100

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

static void write_projects(struct fg_call *call,
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
    const char *only =
        call->actor.project ? fg_worker_project_name(call->worker, call->actor.project) : NULL;
    const struct fg_doc *projects = fg_doc_get(status, "projects");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = 0;
        fg_export_family(to, rows[i].name, FG_METRIC_GAUGE, rows[i].unit, rows[i].help);
        for (const struct fg_doc *at = projects ? projects->first : NULL;
             at && len < PROJECTS_MAX; at = at->next) {
            if ((only && strcmp(at->key, only) != 0) || !fg_doc_get(at, rows[i].member))
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

static int write_jobs(struct fg_call *call,
                      struct fg_metric_text *to,
                      struct fg_reader *reader,
                      struct fg_err *err)
{
    uint64_t counts[FG_JOB_STATES] = {};
    int rc = fg_reader_counts(reader, call->actor.project, counts, err);
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

/* -- orders and plans --------------------------------------------------------------------------------------- */

struct order_sums {
    int64_t states[FG_ORDER_STATES];
    struct {
        char supplier[FG_NAME_MAX];
        int64_t cost_uusd, idle_uusd;
    } suppliers[SUPPLIERS_MAX]; /* what is beyond counts as the last one */
    size_t len;
};

static int add_order(void *self, const struct fg_order *order)
{
    struct order_sums *sums = self;
    size_t at = 0;
    while (at < sums->len && strcmp(sums->suppliers[at].supplier, order->offer.supplier) != 0)
        at++;
    if (at == sums->len && at == SUPPLIERS_MAX)
        at--;
    else if (at == sums->len)
        snprintf(sums->suppliers[sums->len++].supplier, FG_NAME_MAX, "%s",
                 order->offer.supplier);
    sums->states[order->state]++;
    sums->suppliers[at].cost_uusd += order->cost_uusd;
    sums->suppliers[at].idle_uusd += order->idle_uusd;
    return 0;
}

static void write_costs(struct fg_metric_text *to, const struct order_sums *sums, bool idle)
{
    for (size_t i = 0; i < sums->len; i++) {
        fg_export_sample(to, "");
        fg_export_label(to, "supplier", sums->suppliers[i].supplier);
        fg_export_value(
            to,
            (double)(idle ? sums->suppliers[i].idle_uusd : sums->suppliers[i].cost_uusd) / 1e6);
    }
}

static int write_orders(struct fg_call *call,
                        struct fg_metric_text *to,
                        struct fg_reader *reader,
                        struct fg_err *err)
{
    struct fg_order_filter filter = {.project = call->actor.project};
    struct order_sums *sums = FG_NEW(call->arena, struct order_sums, 1);
    memset(sums, 0, sizeof(*sums));
    int rc = fg_reader_orders(reader, &filter, add_order, sums, err);
    if (rc < 0)
        return rc;
    fg_export_family(to, "fastgpu_orders", FG_METRIC_GAUGE, "", "Orders by state.");
    for (int state = 0; state < FG_ORDER_STATES; state++) {
        fg_export_sample(to, "");
        fg_export_label(to, "state", fg_order_state_name((enum fg_order_state)state));
        fg_export_value(to, (double)sums->states[state]);
    }
    fg_export_family(to, "fastgpu_orders_cost_usd", FG_METRIC_COUNTER, "usd",
                     "Booked for what was ordered.");
    write_costs(to, sums, false);
    fg_export_family(to, "fastgpu_orders_idle_usd", FG_METRIC_COUNTER, "usd",
                     "Of it, for what nobody used.");
    write_costs(to, sums, true);
    return 0;
}

static int take_plan(void *self, const struct fg_plan_record *plan)
{
    *(struct fg_plan_record *)self = *plan;
    return 0;
}

/* The newest plan. */
static int write_plan(struct fg_metric_text *to, struct fg_reader *reader, struct fg_err *err)
{
    struct fg_plan_record plan = {};
    int rc = fg_reader_plans(reader, 0, 1, take_plan, &plan, err);
    if (rc < 0 || plan.id == 0)
        return rc;
    fg_export_family(to, "fastgpu_plan", FG_METRIC_INFO, "", "State of the newest plan.");
    fg_export_sample(to, "");
    fg_export_label(to, "state", fg_plan_state_name(plan.state));
    fg_export_value(to, 1);
    fg_export_one(to, "fastgpu_plan_time_seconds", FG_METRIC_GAUGE, "seconds",
                  "When it was made, since 1970.", (double)plan.created_us / 1e6);
    fg_export_one(to, "fastgpu_plan_horizon_seconds", FG_METRIC_GAUGE, "seconds",
                  "How far it looks ahead.", (double)plan.horizon_us / 1e6);
    fg_export_one(to, "fastgpu_plan_cost_usd", FG_METRIC_GAUGE, "usd",
                  "What it expects to spend.", (double)plan.cost_uusd / 1e6);
    fg_export_one(to, "fastgpu_plan_orders", FG_METRIC_GAUGE, "", "Orders it makes.",
                  plan.orders);
    return 0;
}

/* -- the request -------------------------------------------------------------------------------------------- */

static int write_all(struct fg_call *call, struct fg_metric_text *to, struct fg_err *err)
{
    struct fg_command *command = &call->command;
    const struct fg_doc *status = NULL, *nodes = NULL;

    *err = command->err;
    int rc = command->rc;
    if (rc == 0)
        rc = fg_doc_json(call->kept_text, call->kept_len, call->arena, &status, err);
    if (rc == 0)
        rc = fg_doc_json(command->out_text, command->out_len, call->arena, &nodes, err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, err) : NULL;
    if (rc == 0 && !reader)
        rc = FG_EIO;
    if (rc < 0)
        return rc;
    write_service(to, call->api, status);
    write_capacity(to, status);
    write_projects(call, to, status);
    write_series(to, call->api->options.series);
    if (call->actor.project == 0)
        fg_tally_write(call->api->tally, to);
    rc = write_jobs(call, to, reader, err);
    if (rc == 0)
        rc = write_orders(call, to, reader, err);
    if (rc == 0 && call->actor.project == 0)
        rc = write_plan(to, reader, err);
    return rc < 0 ? rc : fg_metrics_pool(call, to, nodes, reader, err);
}

static void told_pool(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_metric_text to = {
        .out = &call->out,
        .is_open = fg_accepts(call->headers.accept, "application/openmetrics-text")};
    int rc = write_all(call, &to, &err);
    if (rc < 0) {
        err.code = rc;
        fg_buf_clear(&call->out);
        fg_answer_error(call, &err);
        return;
    }
    fg_export_end(&to);
    fg_answer_out(call, 200,
                  to.is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                             : "text/plain; version=0.0.4; charset=utf-8");
}

static void told_status(struct fg_call *call)
{
    if (fg_answer_failed(call))
        return;
    call->kept_text = call->command.out_text;
    call->kept_len = call->command.out_len;
    fg_call_ask(call, FG_CMD_POOL, told_pool);
}

void fg_handle_metrics(struct fg_call *call)
{
    fg_call_ask(call, FG_CMD_STATUS, told_status);
}
