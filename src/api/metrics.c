/* metrics.c - Prometheus text: jobs, capacity, devices under the names that DCGM's exporter uses. */
#include "api/answer.h"
#include "api/connection.h"
#include "api/worker.h"

#include <string.h>

/* A label's value: backslash, quote and line end are escaped. */
static void label(struct fg_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            fg_buf_puts(out, "\\n");
        else if (*text == '"' || *text == '\\')
            fg_buf_printf(out, "\\%c", *text);
        else
            fg_buf_add(out, text, 1);
    }
}

static void family(struct fg_buf *out, const char *name, const char *type, const char *help)
{
    fg_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void single(struct fg_buf *out,
                   const char *name,
                   const char *type,
                   const char *help,
                   unsigned long long value)
{
    family(out, name, type, help);
    fg_buf_printf(out, "%s %llu\n", name, value);
}

static void write_jobs(struct fg_buf *out, const uint64_t *counts)
{
    family(out, "fastgpu_jobs", "gauge", "Jobs in the database by state.");
    for (int state = 0; state < FG_JOB_STATES; state++)
        fg_buf_printf(out, "fastgpu_jobs{state=\"%s\"} %llu\n",
                      fg_job_state_name((enum fg_job_state)state),
                      (unsigned long long)counts[state]);
}

static void write_service(struct fg_buf *out, struct fg_api *api)
{
    family(out, "fastgpu_build_info", "gauge", "Always 1; the label tells the version.");
    fg_buf_printf(out, "fastgpu_build_info{version=\"%s\"} 1\n", FASTGPU_VERSION);
    single(out, "fastgpu_uptime_seconds", "gauge", "Since the service started.",
           (unsigned long long)((fg_api_mono_us(api) - api->started_mono_us) / 1000000));
    single(out, "fastgpu_healthy", "gauge", "1 if /healthz says ok.",
           api->options.health(api->options.self) == NULL);
    single(out, "fastgpu_http_connections", "gauge", "Open connections.",
           fg_connections_len(api->connections));
    single(out, "fastgpu_http_waiting", "gauge", "Long polls and streams that wait.",
           fg_hub_len(api->hub));
    family(out, "fastgpu_http_responses_total", "counter",
           "Answers by first digit of the status.");
    for (int digit = 2; digit <= 5; digit++)
        fg_buf_printf(out, "fastgpu_http_responses_total{code=\"%dxx\"} %llu\n", digit,
                      (unsigned long long)atomic_load(&api->answers[digit]));
}

static int64_t int_of(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *member = fg_doc_get(map, key);
    return member && member->kind == FG_DOC_INT ? member->integer : 0;
}

static const char *text_of(const struct fg_doc *map, const char *key)
{
    const struct fg_doc *member = fg_doc_get(map, key);
    return member && member->kind == FG_DOC_TEXT ? member->text : "";
}

static void write_capacity(struct fg_buf *out, const struct fg_doc *status)
{
    static const char *const names[][3] = {
        {"gpu_milli", "fastgpu_capacity_gpu_milli", "Accelerators of the pool, thousandths."},
        {"gpu_used_milli", "fastgpu_used_gpu_milli", "Accelerators granted, thousandths."},
        {"cpu_milli", "fastgpu_capacity_cpu_milli", "Cores of the pool, thousandths."},
        {"cpu_used_milli", "fastgpu_used_cpu_milli", "Cores granted, thousandths."},
        {"mem_mib", "fastgpu_capacity_memory_mib", "Memory of the pool, MiB."},
        {"mem_used_mib", "fastgpu_used_memory_mib", "Memory granted, MiB."},
    };
    const struct fg_doc *capacity = fg_doc_get(status, "capacity");

    for (size_t i = 0; capacity && i < sizeof(names) / sizeof(names[0]); i++)
        single(out, names[i][1], "gauge", names[i][2],
               (unsigned long long)int_of(capacity, names[i][0]));
    single(out, "fastgpu_nodes", "gauge", "Machines of the pool.",
           (unsigned long long)int_of(status, "node_count"));
    single(out, "fastgpu_utilisation_milli", "gauge", "Granted share of the pool, thousandths.",
           (unsigned long long)int_of(status, "utilisation_milli"));
}

static void device_labels(struct fg_buf *out, const char *node, const struct fg_doc *device)
{
    fg_buf_printf(out, "{gpu=\"%lld\",Hostname=\"", (long long)int_of(device, "index"));
    label(out, node);
    fg_buf_puts(out, "\",device=\"");
    label(out, text_of(device, "name"));
    fg_buf_puts(out, "\",modelName=\"");
    label(out, text_of(device, "kind"));
    fg_buf_puts(out, "\"}");
}

/* What a family takes from a device: of its row, or of its newest reading.  Negative: unknown. */
enum reading { GRANTED, BUSY, MEMORY, POWER, TEMPERATURE };

static int64_t read_device(struct fg_api *api,
                           const char *node,
                           const struct fg_doc *device,
                           enum reading what)
{
    static const unsigned columns[] = {[BUSY] = FG_READING_BUSY,
                                       [MEMORY] = FG_READING_MEM_USED,
                                       [POWER] = FG_READING_POWER,
                                       [TEMPERATURE] = FG_READING_TEMP};
    int64_t time_us, values[FG_SERIES_COLUMNS];
    if (what == GRANTED)
        return int_of(device, "used_milli");
    bool known =
        fg_series_last(api->options.series, node, text_of(device, "name"), &time_us, values);
    return known ? values[columns[what]] : -1;
}

static void write_devices(struct fg_buf *out, struct fg_api *api, const struct fg_doc *nodes)
{
    static const struct {
        const char *name, *help;
        enum reading what;
        double unit;
        bool cpu_too;
    } families[] = {
        {"fastgpu_device_used_milli", "Granted share of the device, thousandths.", GRANTED, 1,
         true},
        {"DCGM_FI_DEV_GPU_UTIL", "Busy share of the device, percent.", BUSY, 0.1, false},
        {"DCGM_FI_DEV_FB_USED", "Device memory in use, MiB.", MEMORY, 1, false},
        {"DCGM_FI_DEV_POWER_USAGE", "Power draw, watts.", POWER, 0.001, false},
        {"DCGM_FI_DEV_GPU_TEMP", "Temperature, degrees Celsius.", TEMPERATURE, 1, false},
        {"fastgpu_cpu_busy_milli", "Cores busy, thousandths.", BUSY, 1, true},
    };

    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        bool only_cpu = strcmp(families[i].name, "fastgpu_cpu_busy_milli") == 0;
        family(out, families[i].name, "gauge", families[i].help);
        for (const struct fg_doc *node = nodes ? nodes->first : NULL; node; node = node->next) {
            const struct fg_doc *devices = fg_doc_get(node, "devices");
            for (const struct fg_doc *at = devices ? devices->first : NULL; at; at = at->next) {
                bool is_cpu = strcmp(text_of(at, "name"), "cpu") == 0;
                int64_t value = read_device(api, text_of(node, "name"), at, families[i].what);
                if (value < 0 || (is_cpu && !families[i].cpu_too) || (!is_cpu && only_cpu))
                    continue;
                fg_buf_puts(out, families[i].name);
                device_labels(out, text_of(node, "name"), at);
                fg_buf_printf(out, " %g\n", (double)value * families[i].unit);
            }
        }
    }
}

static int write_all(struct fg_call *call, struct fg_err *err)
{
    struct fg_command *command = &call->command;
    const struct fg_doc *status = NULL, *nodes = NULL;
    uint64_t counts[FG_JOB_STATES] = {};

    *err = command->err;
    int rc = command->rc;
    if (rc == 0)
        rc = fg_doc_json(call->kept_text, call->kept_len, call->arena, &status, err);
    if (rc == 0)
        rc = fg_doc_json(command->out_text, command->out_len, call->arena, &nodes, err);
    struct fg_reader *reader = rc == 0 ? fg_worker_reader(call->worker, err) : NULL;
    if (rc == 0)
        rc = reader ? fg_reader_counts(reader, call->actor.project, counts, err) : FG_EIO;
    if (rc < 0)
        return rc;
    write_service(&call->out, call->api);
    write_jobs(&call->out, counts);
    write_capacity(&call->out, status);
    write_devices(&call->out, call->api, nodes);
    return 0;
}

static void told_pool(struct fg_call *call)
{
    struct fg_err err = {};
    int rc = write_all(call, &err);
    if (rc < 0) {
        err.code = rc;
        fg_answer_error(call, &err);
        return;
    }
    fg_answer_out(call, 200, "text/plain; version=0.0.4; charset=utf-8");
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
