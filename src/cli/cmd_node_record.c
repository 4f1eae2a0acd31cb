/* cmd_node_record.c - fastgpu node record, node replay: this machine and its accelerators as a text; see probe/record.h. */
#include "cli/table.h"
#include "cli/verb.h"

#include "base/clock.h"
#include "probe/machine.h"
#include "probe/probe.h"
#include "probe/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOR_US         60000000
#define EVERY_US       1000000
#define DRIVER_WAIT_US 10000000

const struct fg_opt fg_opts_node_record[] = {
    {"for", 0, "TIME", "how long (1m)", NULL},
    {"every", 0, "TIME", "between two readings (1s)", NULL},
    {}};
const struct fg_opt fg_opts_node_replay[] = {{}};

fg_verb_fn fg_cmd_node_record, fg_cmd_node_replay;

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static int read_time(const struct fg_cli *cli,
                     const char *option,
                     int64_t *out_us,
                     struct fg_err *err)
{
    const char *text = fg_args_get(&cli->args, option);
    if (text && (fg_duration_parse(text, out_us) < 0 || *out_us <= 0))
        return fg_fail(err, FG_EINVAL, "--%s %.40s, expected a time such as 10m", option, text);
    return 0;
}

/* Write what is new of each device; `seen_us` are the stamps of what was written before. */
static void write_news(struct fg_probe *probe,
                       size_t len,
                       int64_t time_us,
                       int64_t seen_us[FG_NODE_DEVICES_MAX],
                       FILE *out)
{
    struct fg_probe_reading reading;
    for (uint32_t i = 0; i < len; i++) {
        if (!fg_probe_read(probe, i, &reading) || reading.time_us == seen_us[i])
            continue;
        seen_us[i] = reading.time_us;
        struct fg_record_point point = {.time_us = time_us, .device = i};
        memcpy(point.value, reading.value, sizeof(point.value));
        fg_record_write_point(out, &point);
    }
}

static void write_machine(struct fg_machine *machine, int64_t time_us, FILE *out)
{
    struct fg_record_point point = {
        .time_us = time_us, .device = FG_DEVICE_CPU, .value = FG_READINGS_UNKNOWN};
    fg_machine_read(machine, mono_us(), point.value);
    fg_record_write_point(out, &point);
}

/* All lines but the first ones. */
static void record(
    struct fg_probe *probe, size_t len, int64_t for_us, int64_t every_us, FILE *out)
{
    int64_t seen_us[FG_NODE_DEVICES_MAX] = {}, start_us = mono_us(), next_us = every_us;
    FG_AUTO(fg_machine) struct fg_machine *machine = fg_machine_new("");
    int64_t unsaid[FG_READINGS_LEN];
    fg_machine_read(machine, start_us, unsaid); /* shares are those since the call before */
    for (int64_t now_us = 0; now_us < for_us;) {
        usleep((useconds_t)(every_us / 2 < 500000 ? every_us / 2 : 500000));
        now_us = mono_us() - start_us;
        write_news(probe, len, now_us, seen_us, out);
        if (now_us < next_us)
            continue;
        write_machine(machine, now_us, out);
        next_us += every_us;
    }
    fg_record_write_end(out, mono_us() - start_us);
}

static int write_head(struct fg_probe *probe, size_t *out_len, FILE *out, struct fg_err *err)
{
    struct fg_device_spec devices[FG_NODE_DEVICES_MAX];
    char host[256] = "";
    const char *silent = "";
    const struct fg_clock *clock = fg_clock_system();
    int len =
        probe ? fg_probe_devices(probe, devices, FG_NODE_DEVICES_MAX, DRIVER_WAIT_US, &silent)
              : 0;
    if (len < 0)
        return fg_fail(err, FG_ETIMEOUT, "the %s driver does not answer", silent);
    gethostname(host, sizeof(host) - 1);
    fg_record_write_head(out, host, clock->now_us(clock->self));
    for (int i = 0; i < len; i++)
        fg_record_write_device(out, (size_t)i, &devices[i]);
    *out_len = (size_t)len;
    return 0;
}

int fg_cmd_node_record(struct fg_cli *cli, struct fg_err *err)
{
    const char *path = cli->args.words[0];
    int64_t for_us = FOR_US, every_us = EVERY_US;
    int rc = read_time(cli, "for", &for_us, err);
    if (rc == 0)
        rc = read_time(cli, "every", &every_us, err);
    if (rc < 0)
        return rc;
    FILE *out = fopen(path, "we");
    if (!out)
        return fg_fail(err, FG_EIO, "%.150s: %s", path, strerror(errno));
    struct fg_probe *probe = fg_probe_new(&(struct fg_probe_options){
        .interval_us = every_us, .deadline_us = FG_PROBE_DEADLINE_US});
    size_t len = 0;
    rc = write_head(probe, &len, out, err);
    if (rc == 0)
        record(probe, len, for_us, every_us, out);
    fg_probe_free(probe);
    if (fclose(out) != 0 && rc == 0)
        rc = fg_fail(err, FG_EIO, "%.150s: %s", path, strerror(errno));
    if (rc < 0)
        unlink(path);
    return rc;
}

/* ---- what a recording holds ---- */

struct sum {
    int64_t least, most, len;
    double all;
};

static struct sum sum_of(const struct fg_record *record, uint32_t device, int which)
{
    struct sum sum = {.least = INT64_MAX, .most = -1};
    for (size_t i = 0; i < record->points_len; i++) {
        int64_t value =
            record->points[i].device == device ? record->points[i].value[which] : -1;
        if (value < 0)
            continue;
        sum.least = value < sum.least ? value : sum.least;
        sum.most = value > sum.most ? value : sum.most;
        sum.all += (double)value;
        sum.len++;
    }
    return sum;
}

static void add_device(struct fg_table *table, const struct fg_record *record, uint32_t device)
{
    for (int k = 0; k < FG_READINGS_LEN; k++) {
        struct sum sum = sum_of(record, device, k);
        if (sum.len == 0)
            continue;
        if (device == FG_DEVICE_CPU)
            fg_table_add(table, FG_PLAIN, "machine");
        else
            fg_table_addf(table, "%s-%" PRIu32, record->devices[device].kind, device);
        fg_table_add(table, FG_PLAIN, fg_reading_kinds[k].name);
        fg_table_add(table, FG_DIM, fg_reading_kinds[k].unit);
        fg_table_addf(table, "%" PRId64, sum.least);
        fg_table_addf(table, "%.0f", sum.all / (double)sum.len);
        fg_table_addf(table, "%" PRId64, sum.most);
        fg_table_addf(table, "%" PRId64, sum.len);
    }
}

static void print_record(const struct fg_cli *cli, const struct fg_record *record)
{
    static const struct fg_column columns[] = {
        {"DEVICE", false, 0}, {"READING", false, 0}, {"UNIT", false, 0}, {"LEAST", true, 0},
        {"MEAN", true, 0},    {"MOST", true, 0},     {"TOLD", true, 0},  {}};
    char length[FG_TIME_TEXT_MAX];
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (uint32_t i = 0; i < record->devices_len; i++)
        add_device(table, record, i);
    add_device(table, record, FG_DEVICE_CPU);
    fg_duration_format(record->length_us, length);
    printf("recorded: %zu devices, %s\n", record->devices_len, length);
    fg_table_print(table, &cli->out, stdout);
}

int fg_cmd_node_replay(struct fg_cli *cli, struct fg_err *err)
{
    const char *path = cli->args.words[0];
    FG_AUTO(fg_file) FILE *file = fopen(path, "re");
    if (!file)
        return fg_fail(err, FG_EIO, "%.150s: %s", path, strerror(errno));
    FG_AUTO(fg_record) struct fg_record *recorded = fg_record_read(file, path, err);
    if (!recorded)
        return err->code;
    print_record(cli, recorded);
    return 0;
}
