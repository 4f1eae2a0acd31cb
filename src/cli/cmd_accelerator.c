/* cmd_accelerator.c - fastgpu accelerator list, show: what is known of accelerators, without a service */
#include "cli/table.h"
#include "cli/verb.h"

#include "base/json_write.h"
#include "model/names.h"
#include "supply/accelerator.h"

#include <stdio.h>
#include <string.h>

const struct fg_opt fg_opts_accelerator_list[] = {
    {"vendor", 0, "NAME", "only of that maker: nvidia, amd, intel, google, aws", NULL},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {},
};
const struct fg_opt fg_opts_accelerator_show[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_accelerator_list, fg_cmd_accelerator_show;

static const struct fg_column columns[] = {
    {"KIND", false, 0},  {"VENDOR", false, 0},
    {"GIB", true, 0},    {"FP16 TF", true, 0},
    {"FP8 TF", true, 0}, {"GB/S", true, 0},
    {"LINK", true, 0},   {"W", true, 0},
    {"YEAR", true, 0},   {},
};

static void add_known(struct fg_table *table, uint32_t value, double unit)
{
    if (value)
        fg_table_addf(table, "%.4g", value / unit);
    else
        fg_table_add(table, FG_DIM, NULL);
}

static void add_row(struct fg_table *table, const struct fg_accelerator *row)
{
    fg_table_add(table, FG_BOLD, row->kind);
    fg_table_add(table, FG_PLAIN, row->vendor);
    add_known(table, row->mem_mib, 1024);
    add_known(table, row->fp16_gflops ? row->fp16_gflops : row->bf16_gflops, 1000);
    add_known(table, row->fp8_gflops, 1000);
    add_known(table, row->mem_gb_per_s, 1);
    add_known(table, row->link_gb_per_s, 1);
    add_known(table, row->tdp_watts, 1);
    fg_table_addf(table, "%u", row->year);
}

static bool is_asked(const struct fg_cli *cli, const struct fg_accelerator *row)
{
    const char *vendor = fg_args_get(&cli->args, "vendor");
    return !vendor || strcmp(vendor, row->vendor) == 0;
}

int fg_cmd_accelerator_list(struct fg_cli *cli, struct fg_err *)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    struct fg_json json = {.buf = &out};
    fg_json_array(&json);
    for (size_t i = 0; i < fg_accelerators_len(); i++) {
        const struct fg_accelerator *row = fg_accelerator_at(i);
        if (!is_asked(cli, row))
            continue;
        fg_accelerator_json(&json, row);
        add_row(table, row);
        if (fg_args_has(&cli->args, "quiet"))
            printf("%s\n", row->kind);
    }
    fg_json_end(&json);
    if (fg_args_has(&cli->args, "quiet"))
        return 0;
    if (fg_args_has(&cli->args, "json"))
        printf("%s\n", out.text);
    else
        fg_table_print(table, &cli->out, stdout);
    return 0;
}

static void print_rate(const char *label, uint32_t gflops)
{
    if (gflops)
        printf("%-10s %.4g TFLOPS\n", label, gflops / 1000.0);
}

static void print_number(const char *label, uint32_t value, const char *unit)
{
    if (value)
        printf("%-10s %u %s\n", label, value, unit);
}

static void print_one(const struct fg_accelerator *row)
{
    printf("%s: %s (%u)\n", row->kind, row->name, row->year);
    print_number("memory", row->mem_mib, "MiB");
    print_number("bandwidth", row->mem_gb_per_s, "GB/s");
    print_rate("fp32", row->fp32_gflops);
    print_rate("fp16", row->fp16_gflops);
    print_rate("bf16", row->bf16_gflops);
    print_rate("fp8", row->fp8_gflops);
    print_number("link", row->link_gb_per_s, "GB/s, both directions");
    print_number("power", row->tdp_watts, "W");
    printf("%-10s %s\n", "source", row->source);
}

/* Others that the name may mean. */
static void print_others(const struct fg_accelerator_match *match)
{
    bool any = false;
    size_t len = strcspn(match->accelerator->aliases, "|");
    for (size_t i = 0; i < fg_accelerators_len(); i++) {
        const struct fg_accelerator *row = fg_accelerator_at(i);
        if (row == match->accelerator
            || strncmp(row->aliases, match->accelerator->aliases, len) != 0
            || (row->aliases[len] && row->aliases[len] != '|'))
            continue;
        printf("%s%s", any ? ", " : "ambiguous: it may also be ", row->kind);
        any = true;
    }
    if (any)
        printf("\n");
}

int fg_cmd_accelerator_show(struct fg_cli *cli, struct fg_err *err)
{
    const char *name = cli->args.words[0];
    struct fg_accelerator_match match = fg_accelerator_match(name, NULL, 0);
    if (!match.accelerator)
        return fg_fail(err, FG_ENOENT, "%.60s: not in the catalogue: see `accelerator list`",
                       name);
    if (fg_args_has(&cli->args, "json")) {
        FG_AUTO(fg_buf) struct fg_buf out = {};
        struct fg_json json = {.buf = &out};
        fg_accelerator_json(&json, match.accelerator);
        printf("%s\n", out.text);
        return 0;
    }
    print_one(match.accelerator);
    if (match.memory_assumed || match.form_assumed)
        print_others(&match);
    return 0;
}
