/* cmd_supplier_status.c - fastgpu supplier status: this machine and all clusters in one picture */
#include "cli/human.h"
#include "cli/list_print.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"

#include <inttypes.h>

const struct fg_opt fg_opts_supplier_status[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};

fg_verb_fn fg_cmd_supplier_status;

static const struct fg_column columns[] = {
    {"SUPPLIER", false, 8}, {"STATE", false, 0},   {"NODES", true, 0},    {"DEVICES", true, 0},
    {"FREE", true, 0},      {"OURS", true, 0},     {"OTHERS", true, 0},   {"CPU", true, 0},
    {"WAITING", true, 0},   {"WAIT", true, 0},     {"PRICE/H", true, 0},  {"HEALTH", true, 0},
    {"TRUST", true, 0},     {"ANSWERED", true, 0}, {"VERSION", false, 8}, {},
};

static enum fg_style style_of(const char *state)
{
    return state[0] == 'u' && state[1] == 'p' ? FG_GOOD : FG_WARN;
}

static void add_int(struct fg_table *table, const struct fg_doc *doc, const char *name)
{
    fg_table_addf(table, "%" PRId64, fg_view_int(doc, name, 0));
}

static void add_cpu(struct fg_table *table, const struct fg_doc *doc)
{
    char used[FG_HUMAN_MAX], all[FG_HUMAN_MAX];
    fg_human_milli(fg_view_int(doc, "cpu_used_milli", 0), used);
    fg_human_milli(fg_view_int(doc, "cpu_milli", 0), all);
    fg_table_addf(table, "%s/%s", used, all);
}

static void add_wait(struct fg_table *table, const struct fg_doc *doc)
{
    char text[FG_HUMAN_MAX];
    int64_t wait_us = fg_view_int(doc, "wait_us", -1);
    if (wait_us >= 0)
        fg_human_duration(wait_us, text);
    fg_table_add(table, wait_us < 0 ? FG_DIM : FG_PLAIN, wait_us < 0 ? "-" : text);
}

static void add_price(struct fg_table *table, const struct fg_doc *doc)
{
    char text[FG_HUMAN_MAX];
    int64_t uusd = fg_view_int(doc, "uusd_per_hour", 0);
    fg_human_money(uusd, text);
    fg_table_add(table, uusd ? FG_PLAIN : FG_DIM, uusd ? text : "-");
}

static void add_percent(struct fg_table *table, const struct fg_doc *doc, const char *name)
{
    int64_t milli = fg_view_int(doc, name, 1000);
    char text[FG_HUMAN_MAX];
    snprintf(text, sizeof(text), "%" PRId64 "%%", milli / 10);
    fg_table_add(table, milli < 600 ? FG_WARN : FG_PLAIN, text);
}

static void add_answered(struct fg_table *table, const struct fg_doc *doc)
{
    char text[FG_HUMAN_MAX] = "-";
    int64_t at_us = fg_view_time(doc, "answered");
    const struct fg_clock *clock = fg_clock_system();
    if (at_us)
        fg_human_duration(clock->now_us(clock->self) - at_us, text);
    fg_table_addf(table, "%s%s", text, at_us ? " ago" : "");
}

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    const char *name = fg_view_text(doc, "name"), *state = fg_view_text(doc, "state"),
               *version = fg_view_text(doc, "version");
    fg_table_add(table, FG_BOLD, name[0] ? name : "local");
    fg_table_add(table, style_of(state), state);
    fg_table_addf(table, "%" PRId64 "/%" PRId64, fg_view_int(doc, "nodes_up", 0),
                  fg_view_int(doc, "nodes", 0));
    add_int(table, doc, "devices");
    add_int(table, doc, "devices_free");
    add_int(table, doc, "devices_ours");
    add_int(table, doc, "devices_others");
    add_cpu(table, doc);
    fg_table_addf(table, "%" PRId64 "+%" PRId64, fg_view_int(doc, "ours_wait", 0),
                  fg_view_int(doc, "others_wait", 0));
    add_wait(table, doc);
    add_price(table, doc);
    add_percent(table, doc, "health_milli");
    add_percent(table, doc, "trust_milli");
    add_answered(table, doc);
    fg_table_add(table, FG_DIM, version[0] ? version : "-");
}

static void put_reason(struct fg_cli *cli, const struct fg_doc *doc)
{
    if (fg_view_text(doc, "reason")[0])
        printf("%s%s%s\n", fg_style_text(&cli->out, FG_WARN), fg_view_text(doc, "reason"),
               fg_style_text(&cli->out, FG_PLAIN));
}

static int print_one(struct fg_cli *cli, const struct fg_doc *doc)
{
    if (fg_list_print_one(cli, doc, columns, add_row))
        put_reason(cli, doc);
    return 0;
}

int fg_cmd_supplier_status(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    bool is_one = cli->args.words_len > 0;
    fg_buf_puts(&path, is_one ? "/v1/suppliers/" : "/v1/supplier-status");
    if (is_one) {
        fg_url_escape(&path, cli->args.words[0], false);
        fg_buf_puts(&path, "/status");
    }
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (is_one)
        return print_one(cli, answer.doc);
    if (!fg_list_print(cli, answer.doc, columns, add_row))
        return 0;
    for (const struct fg_doc *doc = fg_view_first(answer.doc, "items"); doc; doc = doc->next)
        put_reason(cli, doc);
    return 0;
}
