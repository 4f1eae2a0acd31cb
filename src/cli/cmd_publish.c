/* cmd_publish.c - fastgpu publish list, test: who is told of events */
#include "cli/list_print.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>

const struct fg_opt fg_opts_publish_list[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};
const struct fg_opt fg_opts_publish_test[] = {{}};

fg_verb_fn fg_cmd_publish_list, fg_cmd_publish_test;

static const struct fg_column columns[] = {
    {"NAME", false, 8},
    {"KIND", false, 0},
    {"WHERE", false, 12},
    {"STATE", false, 0},
    {"SENT", true, 0},
    {"WAITING", true, 0},
    {"DROPPED", true, 0},
    {"RETRIES", true, 0},
    {"LAST", false, 0},
    {"ERROR", false, 12},
    {},
};

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    static const char *const numbers[] = {"sent", "waiting", "dropped", "retries"};
    fg_table_add(table, FG_BOLD, fg_view_text(doc, "name"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "kind"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "where"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "state"));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        fg_table_addf(table, "%" PRId64, fg_view_int(doc, numbers[i], 0));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "last_sent_at"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "last_error"));
}

int fg_cmd_publish_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/publish", &answer, err);
    if (rc == 0)
        fg_list_print(cli, answer.doc, columns, add_row);
    return rc;
}

int fg_cmd_publish_test(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_puts(&path, "/v1/publish/");
    fg_url_escape(&path, cli->args.words[0], false);
    fg_buf_puts(&path, "/test");
    int rc = fg_cli_send(cli, "POST", path.text, NULL, &answer, err);
    if (rc == 0)
        printf("%s took it\n", cli->args.words[0]);
    return rc;
}
