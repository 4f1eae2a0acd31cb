/* cmd_node_inspect.c - fastgpu node inspect: what this machine has, and whether it works. */
#include "cli/human.h"
#include "cli/table.h"
#include "cli/verb.h"

#include "base/clock.h"
#include "provision/bootstrap.h"
#include "provision/machine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 1024 /* numbers of device files that are looked at */

const struct fg_opt fg_opts_node_inspect[] = {
    {"burn-in", 0, "SECONDS", "put CPU, memory and devices to the test for so long", NULL},
    {"gres", 0, "FILE",
     "write gres.conf of Slurm for its devices, print what slurmd is to say of them", "file"},
    {"folder", 0, "DIR", "whose disk to measure (else /)", "dir"},
    FG_OPT_JSON,
    {}};

fg_verb_fn fg_cmd_node_inspect;

static const struct fg_column columns[] = {
    {"DEVICE", true, 0}, {"KIND", false, 6},  {"PRODUCT", false, 8}, {"MEMORY", true, 0},
    {"ECC", false, 0},   {"ERRORS", true, 0}, {"REMAPPED", true, 0}, {"TEMP", true, 0},
    {"POWER", true, 0},  {"TEST", false, 0},  {"GFLOPS", true, 0},   {},
};

/* A number, or "-" where the driver does not say. */
static void add_number(struct fg_table *table, int64_t value, const char *unit)
{
    if (value < 0)
        fg_table_add(table, FG_DIM, NULL);
    else
        fg_table_addf(table, "%" PRId64 "%s", value, unit);
}

static void add_result(struct fg_table *table, enum fg_burn_in result)
{
    static const enum fg_style styles[] = {FG_DIM, FG_GOOD, FG_BAD};
    fg_table_add(table, styles[result], fg_burn_in_name(result));
}

static void add_device(struct fg_table *table,
                       uint32_t index,
                       const struct fg_inspect_device *device)
{
    char memory[FG_HUMAN_MAX];
    fg_human_mib(device->mem_mib, memory);
    fg_table_addf(table, "%u", index);
    fg_table_add(table, FG_PLAIN, device->kind);
    fg_table_add(table, FG_PLAIN, device->product);
    fg_table_add(table, FG_PLAIN, memory);
    fg_table_add(table, FG_PLAIN, device->ecc_on < 0 ? NULL : device->ecc_on ? "on" : "off");
    add_number(table, device->ecc_uncorrected, "");
    add_number(table, device->rows_remapped, "");
    add_number(table, device->temp_c, " C");
    add_number(table, device->power_mw < 0 ? -1 : device->power_mw / 1000, " W");
    add_result(table, device->burn_in);
    add_number(table, device->gflops, "");
}

static void print_host(const struct fg_cli *cli, const struct fg_inspect_report *report)
{
    char memory[FG_HUMAN_MAX], cores[FG_HUMAN_MAX], disk[FG_HUMAN_MAX] = "unknown",
                                                    took[FG_TIME_TEXT_MAX];
    fg_human_mib((int64_t)report->mem_mib, memory);
    fg_human_milli(report->cpu_milli, cores);
    if (report->disk_free_mib >= 0)
        fg_human_mib(report->disk_free_mib, disk);
    printf("%s: %s cores, %s of memory, %s of disk free\n", report->host, cores, memory, disk);
    if (report->driver[0])
        printf("driver of the devices: %s\n", report->driver);
    if (report->burn_in_us == 0)
        return;
    fg_duration_format(report->burn_in_us, took);
    printf("test of CPU and memory, %s: %s%s%s%s%s\n", took,
           fg_style_text(&cli->out, report->burn_in == FG_BURN_IN_FAILED ? FG_BAD : FG_GOOD),
           fg_burn_in_name(report->burn_in), fg_style_text(&cli->out, FG_PLAIN),
           report->burn_in_reason[0] ? ": " : "", report->burn_in_reason);
}

static void print_report(const struct fg_cli *cli, const struct fg_inspect_report *report)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    print_host(cli, report);
    if (report->devices_unreachable)
        printf("%sthe driver of the devices does not answer%s\n",
               fg_style_text(&cli->out, FG_BAD), fg_style_text(&cli->out, FG_PLAIN));
    else if (report->devices_len == 0)
        printf("no devices\n");
    for (uint32_t i = 0; i < report->devices_len; i++)
        add_device(table, i, &report->devices[i]);
    if (report->devices_len > 0)
        fg_table_print(table, &cli->out, stdout);
    for (uint32_t i = 0; i < report->devices_len; i++)
        if (report->devices[i].burn_in_reason[0])
            printf("device %u: %s\n", i, report->devices[i].burn_in_reason);
}

static bool has_fault(const struct fg_inspect_report *report)
{
    bool fault = report->devices_unreachable || report->burn_in == FG_BURN_IN_FAILED;
    for (uint32_t i = 0; i < report->devices_len; i++)
        fault = fault || report->devices[i].burn_in == FG_BURN_IN_FAILED;
    return fault;
}

/* The files of the boards, by their numbers. */
static size_t find_files(uint32_t numbers[FG_NODE_DEVICES_MAX])
{
    char path[32];
    size_t len = 0;
    for (uint32_t number = 0; number < FILES_MAX && len < FG_NODE_DEVICES_MAX; number++) {
        snprintf(path, sizeof(path), "/dev/nvidia%u", number);
        if (access(path, F_OK) == 0)
            numbers[len++] = number;
    }
    return len;
}

static int print_gres(const struct fg_inspect_report *report,
                      const char *path,
                      struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf conf = {}, word = {};
    uint32_t numbers[FG_NODE_DEVICES_MAX];
    size_t len = find_files(numbers);
    int rc = fg_bootstrap_gres(report, numbers, len, &conf, &word, err);
    if (rc < 0)
        return rc;
    FILE *file = fopen(path, "we");
    bool done = file && (conf.len == 0 || fwrite(conf.text, 1, conf.len, file) == conf.len);
    if (file && fclose(file) != 0)
        done = false;
    if (!done)
        return fg_fail(err, FG_EIO, "%.200s: cannot be written", path);
    printf("%s\n", word.len ? word.text : "");
    return 0;
}

int fg_cmd_node_inspect(struct fg_cli *cli, struct fg_err *err)
{
    const char *folder = fg_args_get(&cli->args, "folder"),
               *gres = fg_args_get(&cli->args, "gres");
    int64_t seconds = 0;
    int rc = fg_cli_number(cli, "burn-in", 0, FG_MACHINE_BURN_IN_MAX_S, 0, &seconds, err);
    if (rc < 0)
        return rc;
    struct fg_inspect_report *report = calloc(1, sizeof(*report));
    if (!report)
        abort();
    fg_machine_inspect(folder ? folder : "/", (uint32_t)seconds, report);
    if (gres) {
        rc = print_gres(report, gres, err);
    } else if (fg_args_has(&cli->args, "json")) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        fg_inspect_write(&text, report);
        printf("%s\n", text.text);
    } else {
        print_report(cli, report);
    }
    bool fault = has_fault(report);
    free(report);
    return rc < 0 ? rc : fault;
}
