/* cmd_alert.c - fastgpu alert list, show, ack: what is wrong or wasteful */
#include "cli/human.h"
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_alert_list[] = {
    {"state", 0, "STATE", "only these (those that are not cleared)",
     "open|acknowledged|cleared|all"},
    {"job", 0, "ID", "only of this job", NULL},
    {"limit", 'n', "N", "so many at most (100)", NULL},
    FG_OPT_JSON,
    {},
};
const struct fg_opt fg_opts_alert_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_alert_ack[] = {{}};

fg_verb_fn fg_cmd_alert_list, fg_cmd_alert_show, fg_cmd_alert_ack;

static const struct fg_column columns[] = {
    {"ID", true, 0},
    {"SEVERITY", false, 0},
    {"CAUSE", false, 0},
    {"STATE", false, 0},
    {"SINCE", false, 0},
    {"WHAT", false, 20},
    {},
};

static enum fg_style style_of(const char *severity)
{
    if (strcmp(severity, "critical") == 0)
        return FG_BAD;
    return strcmp(severity, "warning") == 0 ? FG_WARN : FG_PLAIN;
}

static void add(struct fg_table *table, const struct fg_doc *alert)
{
    const char *severity = fg_view_text(alert, "severity");
    fg_table_add(table, FG_BOLD, fg_view_text(alert, "id"));
    fg_table_add(table, style_of(severity), severity);
    fg_table_add(table, FG_PLAIN, fg_view_text(alert, "cause"));
    fg_table_add(table, FG_DIM, fg_view_text(alert, "state"));
    fg_table_addf(table, "%.16s", fg_view_text(alert, "raised_at"));
    int64_t count = fg_view_int(alert, "count", 1);
    if (count > 1)
        fg_table_addf(table, "%s (%" PRId64 " in all)", fg_view_text(alert, "text"), count);
    else
        fg_table_add(table, FG_PLAIN, fg_view_text(alert, "text"));
}

static int list_path(struct fg_cli *cli, struct fg_buf *path, struct fg_err *err)
{
    const char *state = fg_args_get(&cli->args, "state");
    int64_t limit = 0, job = 0;
    int rc = fg_cli_number(cli, "limit", 1, 1000, 100, &limit, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "job", 1, INT64_MAX, 0, &job, err);
    fg_buf_printf(path, "/v1/alerts?limit=%" PRId64, limit);
    if (job)
        fg_buf_printf(path, "&job=%" PRId64, job);
    if (state) {
        fg_buf_puts(path, "&state=");
        fg_url_escape(path, state, false);
    }
    return rc;
}

int fg_cmd_alert_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    int rc = list_path(cli, &path, err);
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0 || fg_cli_json(cli, answer.doc))
        return rc;
    for (const struct fg_doc *at = fg_view_first(answer.doc, "items"); at; at = at->next)
        add(table, at);
    if (fg_table_len(table) == 0)
        printf("Nothing is wrong that we know of.\n");
    else
        fg_table_print(table, &cli->out, stdout);
    return 0;
}

/* -- one ------------------------------------------------------------------------------------------------------ */

static void line(const char *name, const char *text)
{
    if (text[0])
        printf("%-12s %s\n", name, text);
}

static void print_one(const struct fg_doc *alert)
{
    char money[FG_HUMAN_MAX];
    int64_t cost_uusd = fg_view_int(alert, "cost_uusd", -1);
    line("alert", fg_view_text(alert, "id"));
    line("cause", fg_view_text(alert, "cause"));
    line("severity", fg_view_text(alert, "severity"));
    line("state", fg_view_text(alert, "state"));
    line("what", fg_view_text(alert, "text"));
    line("to do", fg_view_text(alert, "hint"));
    line("project", fg_view_text(alert, "project"));
    line("user", fg_view_text(alert, "user"));
    line("job", fg_view_text(alert, "job"));
    line("node", fg_view_text(alert, "node"));
    line("device", fg_view_text(alert, "device"));
    if (fg_view_int(alert, "count", 1) > 1)
        printf("%-12s %" PRId64 " share the cause\n", "how many",
               fg_view_int(alert, "count", 1));
    if (cost_uusd >= 0) {
        fg_human_money(cost_uusd, money);
        line("wasted", money);
    }
    line("raised", fg_view_text(alert, "raised_at"));
    line("cleared", fg_view_text(alert, "cleared_at"));
    line("known since", fg_view_text(alert, "acknowledged_at"));
    line("known to", fg_view_text(alert, "acknowledged_by"));
}

int fg_cmd_alert_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_puts(&path, "/v1/alerts/");
    fg_url_escape(&path, cli->args.words[0], false);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc == 0 && !fg_cli_json(cli, answer.doc))
        print_one(answer.doc);
    return rc;
}

int fg_cmd_alert_ack(struct fg_cli *cli, struct fg_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < cli->args.words_len; i++) {
        FG_AUTO(fg_answer) struct fg_answer answer = {};
        FG_AUTO(fg_buf) struct fg_buf path = {};
        fg_buf_puts(&path, "/v1/alerts/");
        fg_url_escape(&path, cli->args.words[i], false);
        fg_buf_puts(&path, "/acknowledge");
        rc = fg_cli_send(cli, "POST", path.text, NULL, &answer, err);
        if (rc == 0)
            printf("alert %s is known to %s\n", fg_view_text(answer.doc, "id"),
                   fg_view_text(answer.doc, "acknowledged_by"));
    }
    return rc;
}
