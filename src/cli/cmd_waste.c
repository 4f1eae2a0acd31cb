/* cmd_waste.c - fastgpu waste: which jobs held devices that they did not use; how much of what there is does work */
#include "cli/day_range.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_waste[] = {
    {"by", 0, "WHAT", "instead, how much of each of them does work",
     "project|supplier|node|class"},
    {"from", 0, "DAY", "the first day, UTC (the first of this month)", NULL},
    {"to", 0, "DAY", "the last day, UTC (today)", NULL},
    {"project", 'p', "NAME", "only jobs of this project", NULL},
    {"user", 'u', "NAME", "only jobs of this user", NULL},
    {"limit", 'n', "N", "so many at most (100)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_waste;

static const struct fg_column finding_columns[] = {
    {"JOB", true, 0},
    {"PROJECT", false, 8},
    {"USER", false, 8},
    {"COST", true, 0},
    {"DEVICE HOURS", true, 0},
    {"WHAT", false, 20},
    {},
};
static const struct fg_column use_columns[] = {
    {"", false, 8},        {"DEVICES", true, 0},  {"HELD", true, 0},          {"BUSY", true, 0},
    {"BUSY 24H", true, 0}, {"HELD 24H", true, 0}, {"IDLE HELD 24H", true, 0}, {},
};

static void print_findings(const struct fg_cli *cli, const struct fg_doc *doc)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(finding_columns);
    for (const struct fg_doc *at = fg_view_first(doc, "items"); at; at = at->next) {
        int64_t cost_uusd = fg_view_int(at, "cost_uusd", -1);
        char money[FG_HUMAN_MAX];
        fg_human_money(cost_uusd, money);
        fg_table_add(table, FG_BOLD, fg_view_text(at, "job"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "project"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "user"));
        fg_table_add(table, FG_PLAIN, cost_uusd < 0 ? NULL : money);
        fg_table_addf(table, "%.2f", fg_view_real(at, "device_hours", 0));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "text"));
    }
    if (fg_table_len(table) == 0)
        printf("No job held devices that it did not use.\n");
    else
        fg_table_print(table, &cli->out, stdout);
}

static void add_milli(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    fg_table_addf(table, "%.1f %%", (double)fg_view_int(item, key, 0) / 10);
}

static void print_use(const struct fg_cli *cli, const struct fg_doc *doc)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(use_columns);
    for (const struct fg_doc *at = fg_view_first(doc, "items"); at; at = at->next) {
        const char *name = fg_view_text(at, "name");
        fg_table_add(table, FG_BOLD, name[0] ? name : "(here)");
        fg_table_addf(table, "%.4g", fg_view_real(at, "devices", 0));
        fg_table_addf(table, "%.4g", fg_view_real(at, "held", 0));
        add_milli(table, at, "busy_milli");
        add_milli(table, at, "day_busy_milli");
        add_milli(table, at, "day_held_milli");
        add_milli(table, at, "day_idle_held_milli");
    }
    if (fg_table_len(table) == 0)
        printf("No device told how busy it is.\n");
    else
        fg_table_print(table, &cli->out, stdout);
}

static int path_of(struct fg_cli *cli, struct fg_buf *path, struct fg_err *err)
{
    const char *by = fg_args_get(&cli->args, "by"), *user = fg_args_get(&cli->args, "user");
    struct fg_days days;
    int64_t limit = 0;
    int rc = fg_days_read(cli, &days, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "limit", 1, 1000, 100, &limit, err);
    if (rc < 0)
        return rc;
    if (by) {
        fg_buf_puts(path, "/v1/utilisation?by=");
        fg_url_escape(path, by, false);
        return 0;
    }
    fg_days_path(cli, "/v1/findings", days, path);
    fg_buf_printf(path, "&limit=%" PRId64, limit);
    if (user) {
        fg_buf_puts(path, "&user=");
        fg_url_escape(path, user, false);
    }
    return 0;
}

int fg_cmd_waste(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    int rc = path_of(cli, &path, err);
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, answer.doc))
        return 0;
    if (fg_args_has(&cli->args, "by"))
        print_use(cli, answer.doc);
    else
        print_findings(cli, answer.doc);
    return 0;
}
