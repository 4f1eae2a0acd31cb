/* metrics_devices.c - what devices and machines read, for /metrics.
 *
 * Devices go by the names and labels of NVIDIA's dcgm-exporter, in its units, so that dashboards made for it work; what that
 * exporter has no name for, and machines, go by names of ours in base units.  The job is `hpc_job`, as there.
 */
#include "api/metrics.h"

#include "telemetry/series.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct ours {
    enum fg_reading reading;
    const char *name;
    enum fg_metric_type type;
    const char *unit;
    double factor;
};

static const struct ours of_devices[] = {
    {FG_READING_GONE, "fastgpu_device_gone", FG_METRIC_GAUGE, "", 1},
    {FG_READING_HANGS, "fastgpu_device_hangs", FG_METRIC_COUNTER, "", 1},
    {FG_READING_NVLINK_TX, "fastgpu_device_nvlink_sent_bytes", FG_METRIC_COUNTER, "bytes",
     1024},
    {FG_READING_NVLINK_RX, "fastgpu_device_nvlink_received_bytes", FG_METRIC_COUNTER, "bytes",
     1024},
    {FG_READING_PCIE_TX, "fastgpu_device_pcie_sent_bytes_per_second", FG_METRIC_GAUGE, "",
     1024},
    {FG_READING_PCIE_RX, "fastgpu_device_pcie_received_bytes_per_second", FG_METRIC_GAUGE, "",
     1024},
};

static const struct ours of_machines[] = {
    {FG_READING_BUSY, "fastgpu_machine_busy_cores", FG_METRIC_GAUGE, "cores", 0.001},
    {FG_READING_MEM_USED, "fastgpu_machine_memory_used_bytes", FG_METRIC_GAUGE, "bytes",
     1048576},
    {FG_READING_POWER, "fastgpu_machine_power_watts", FG_METRIC_GAUGE, "watts", 0.001},
    {FG_READING_WHOLE_POWER, "fastgpu_machine_whole_power_watts", FG_METRIC_GAUGE, "watts",
     0.001},
    {FG_READING_ENERGY, "fastgpu_machine_energy_joules", FG_METRIC_COUNTER, "joules", 0.001},
    {FG_READING_STALL_CPU, "fastgpu_machine_cpu_stall_ratio", FG_METRIC_GAUGE, "ratio", 0.001},
    {FG_READING_STALL_MEM, "fastgpu_machine_memory_stall_ratio", FG_METRIC_GAUGE, "ratio",
     0.001},
    {FG_READING_STALL_IO, "fastgpu_machine_disk_stall_ratio", FG_METRIC_GAUGE, "ratio", 0.001},
};

/* A device of a node and its newest readings. */
struct device {
    const char *node;
    const struct fg_doc *doc;
    bool is_machine, is_read;
    int64_t values[FG_SERIES_COLUMNS];
};

struct devices {
    struct fg_metric_text *to;
    struct device *items;
    size_t len;
    const struct fg_metrics_owner *owners;
    size_t owners_len;
};

static int by_job(const void *key, const void *item)
{
    fg_job_id job = *(const fg_job_id *)key;
    const struct fg_metrics_owner *owner = item;
    return (job < owner->job) - (job > owner->job);
}

/* Of a device that one job alone holds: its id, and its project. */
static void job_labels(const struct devices *devices, const struct fg_doc *device)
{
    const struct fg_doc *jobs = fg_doc_get(device, "jobs");
    const char *text = jobs && jobs->len == 1 ? jobs->first->text : "";
    fg_job_id job = text[0] ? strtoull(text, NULL, 10) : 0;
    const struct fg_metrics_owner *owner =
        job ? bsearch(&job, devices->owners, devices->owners_len, sizeof(*owner), by_job)
            : NULL;
    fg_export_label(devices->to, "hpc_job", text);
    fg_export_label(devices->to, "project", owner ? owner->project : "");
}

/* One sample; `modelName` only under DCGM's names: as a label it is not in the style of ours. */
static void write_value(const struct devices *devices,
                        const struct device *device,
                        double value)
{
    struct fg_metric_text *to = devices->to;
    fg_export_sample(to, "");
    if (!device->is_machine) {
        char index[24];
        snprintf(index, sizeof(index), "%" PRId64, fg_metrics_int(device->doc, "index"));
        fg_export_label(to, "gpu", index);
        fg_export_label(to, "UUID", fg_metrics_text(device->doc, "id"));
        fg_export_label(to, "device", fg_metrics_text(device->doc, "name"));
        if (strncmp(to->name, "DCGM_", 5) == 0)
            fg_export_label(to, "modelName", fg_metrics_text(device->doc, "kind"));
        job_labels(devices, device->doc);
    }
    fg_export_label(to, "Hostname", device->node);
    fg_export_value(to, value);
}

/* Only what is known is told. */
static void write_reading(const struct devices *devices,
                          bool machines,
                          enum fg_reading reading,
                          double factor)
{
    for (size_t i = 0; i < devices->len; i++) {
        const struct device *device = &devices->items[i];
        if (device->is_machine == machines && device->is_read && device->values[reading] >= 0)
            write_value(devices, device, (double)device->values[reading] * factor);
    }
}

/* dcgm-exporter: shares of DEV are percent, those of PROF ratios; watts; millijoules; the rest as NVML has it. */
static double dcgm_factor(const struct fg_reading_kind *kind)
{
    if (strcmp(kind->unit, "mW") == 0)
        return 0.001;
    if (strcmp(kind->unit, "1/1000") != 0)
        return 1;
    return strstr(kind->dcgm, "_PROF_") ? 0.001 : 0.1;
}

static void write_dcgm(const struct devices *devices)
{
    for (int i = 0; i < FG_READINGS_LEN; i++) {
        const struct fg_reading_kind *kind = &fg_reading_kinds[i];
        if (!kind->dcgm[0])
            continue;
        /* Its counters have no _total: no counters to OpenMetrics. */
        fg_export_family(devices->to, kind->dcgm,
                         kind->counts ? FG_METRIC_UNKNOWN : FG_METRIC_GAUGE, "", kind->meaning);
        write_reading(devices, false, (enum fg_reading)i, dcgm_factor(kind));
    }
}

static void write_ours(const struct devices *devices,
                       bool machines,
                       const struct ours *ours,
                       size_t len)
{
    for (size_t i = 0; i < len; i++) {
        fg_export_family(devices->to, ours[i].name, ours[i].type, ours[i].unit,
                         fg_reading_kinds[ours[i].reading].meaning);
        write_reading(devices, machines, ours[i].reading, ours[i].factor);
    }
}

/* What the pool knows of each, read or not. */
static void write_rows(const struct devices *devices)
{
    fg_export_family(devices->to, "fastgpu_device_granted_ratio", FG_METRIC_GAUGE, "ratio",
                     "Share of the device that jobs hold.");
    for (size_t i = 0; i < devices->len; i++)
        if (!devices->items[i].is_machine)
            write_value(devices, &devices->items[i],
                        (double)fg_metrics_int(devices->items[i].doc, "used_milli") / 1000);
    fg_export_family(devices->to, "fastgpu_device_in_service", FG_METRIC_GAUGE, "",
                     "1: it may get work; 0: it is suspect or broken.");
    for (size_t i = 0; i < devices->len; i++)
        if (!devices->items[i].is_machine)
            write_value(devices, &devices->items[i],
                        strcmp(fg_metrics_text(devices->items[i].doc, "state"), "up") == 0);
}

static size_t count(const struct fg_doc *nodes)
{
    size_t len = 0;
    for (const struct fg_doc *node = nodes->first; node; node = node->next) {
        const struct fg_doc *list = fg_doc_get(node, "devices");
        len += list ? list->len : 0;
    }
    return len;
}

static void take_node(struct devices *devices,
                      struct fg_series *series,
                      const struct fg_doc *node)
{
    const struct fg_doc *list = fg_doc_get(node, "devices");
    for (const struct fg_doc *at = list ? list->first : NULL; at; at = at->next) {
        struct device *device = &devices->items[devices->len++];
        int64_t time_us = 0;
        const char *name = fg_metrics_text(at, "name");
        *device = (struct device){.node = fg_metrics_text(node, "name"), .doc = at};
        device->is_machine = strcmp(name, FG_SERIES_MACHINE) == 0;
        device->is_read = fg_series_last(series, device->node, name, &time_us, device->values);
    }
}

void fg_metrics_devices(struct fg_metric_text *to,
                        struct fg_series *series,
                        const struct fg_doc *nodes,
                        const struct fg_metrics_owner *owners,
                        size_t owners_len)
{
    struct devices devices = {.to = to, .owners = owners, .owners_len = owners_len};
    devices.items = calloc(count(nodes) + 1, sizeof(*devices.items));
    if (!devices.items)
        abort();
    for (const struct fg_doc *node = nodes->first; node; node = node->next)
        take_node(&devices, series, node);
    write_dcgm(&devices);
    write_ours(&devices, false, of_devices, sizeof(of_devices) / sizeof(of_devices[0]));
    write_rows(&devices);
    write_ours(&devices, true, of_machines, sizeof(of_machines) / sizeof(of_machines[0]));
    free(devices.items);
}
