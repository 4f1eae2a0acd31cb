/* cmd_tune_list.c - fastgpu tune list, show, adopt, reject, rollback: policies that were proposed for the service */
#include "cli/decide.h"
#include "cli/list_print.h"
#include "cli/verb.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_tune_list[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};
const struct fg_opt fg_opts_tune_show[] = {FG_OPT_JSON, {}};
#define REMARK                                                                                 \
    {                                                                                          \
        "remark", 0, "TEXT", "why, for those who read it later", NULL                          \
    }
const struct fg_opt fg_opts_tune_adopt[] = {REMARK, FG_OPT_JSON, {}};
const struct fg_opt fg_opts_tune_reject[] = {REMARK, FG_OPT_JSON, {}};
const struct fg_opt fg_opts_tune_rollback[] = {REMARK, FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_tune_list, fg_cmd_tune_show, fg_cmd_tune_adopt, fg_cmd_tune_reject,
    fg_cmd_tune_rollback;

/* -- read ------------------------------------------------------------------------------------------------------- */

static void changes_text(const struct fg_doc *doc, struct fg_buf *out)
{
    for (const struct fg_doc *at = fg_view_first(doc, "changes"); at; at = at->next)
        fg_buf_printf(out, "%s%s %s", out->len ? ", " : "", fg_view_text(at, "setting"),
                      fg_view_text(at, "to"));
}

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    char created[FG_TIME_TEXT_MAX];
    FG_AUTO(fg_buf) struct fg_buf changes = {};
    fg_time_format(fg_view_time(doc, "created_at") / 1000000 * 1000000, created);
    changes_text(doc, &changes);
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "id"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "state"));
    fg_table_add(table, FG_PLAIN, created);
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "objective"));
    fg_table_addf(table, "%" PRId64 "/%" PRId64, fg_view_int(doc, "worse_days", 0),
                  fg_view_int(doc, "days", 0));
    fg_table_add(table, FG_PLAIN, changes.text ? changes.text : "");
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "decided_by"));
}

int fg_cmd_tune_list(struct fg_cli *cli, struct fg_err *err)
{
    static const struct fg_column columns[] = {
        {"ID", true, 0},          {"STATE", false, 0},
        {"MADE", false, 0},       {"OBJECTIVE", false, 8},
        {"WORSE", true, 0},       {"CHANGES", false, 12},
        {"DECIDED BY", false, 6}, {}};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/proposals", &answer, err);
    if (rc == 0)
        (void)fg_list_print(cli, answer.doc, columns, add_row);
    return rc;
}

static void print_figures(struct fg_cli *cli, const struct fg_doc *doc)
{
    static const struct fg_column columns[] = {{"METRIC", false, 0}, {"NOW", true, 0},
                                               {"THEN", true, 0},    {"CHANGE", true, 0},
                                               {"95 %", true, 0},    {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = fg_view_first(doc, "expected"); at; at = at->next) {
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "metric"));
        fg_table_addf(table, "%.4g", fg_view_real(at, "now", 0));
        fg_table_addf(table, "%.4g", fg_view_real(at, "then", 0));
        fg_table_addf(table, "%+.1f %%", fg_view_real(at, "change", 0) * 100);
        fg_table_addf(table, "%+.1f to %+.1f", fg_view_real(at, "low", 0) * 100,
                      fg_view_real(at, "high", 0) * 100);
    }
    fg_table_print(table, &cli->out, stdout);
}

static void print(struct fg_cli *cli, const struct fg_answer *answer)
{
    const struct fg_doc *doc = answer->doc;
    if (fg_args_has(&cli->args, "json")) {
        printf("%s\n", answer->body.text);
        return;
    }
    printf("proposal %s, %s\n%s\n\n", fg_view_text(doc, "id"), fg_view_text(doc, "state"),
           fg_view_text(doc, "text"));
    for (const struct fg_doc *at = fg_view_first(doc, "changes"); at; at = at->next)
        printf("  %s: %s -> %s (%s)\n", fg_view_text(at, "setting"), fg_view_text(at, "from"),
               fg_view_text(at, "to"), fg_view_text(at, "why"));
    printf("\n");
    print_figures(cli, doc);
    if (fg_view_text(doc, "remark")[0])
        printf("\n%s\n", fg_view_text(doc, "remark"));
}

int fg_cmd_tune_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    int rc = fg_decide_path("proposal", cli->args.words[0], "", &path, err);
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc == 0)
        print(cli, &answer);
    return rc;
}

/* -- decided ------------------------------------------------------------------------------------------------------ */

int fg_cmd_tune_adopt(struct fg_cli *cli, struct fg_err *err)
{
    return fg_decide(cli, "proposal", "/adopt", err);
}

int fg_cmd_tune_reject(struct fg_cli *cli, struct fg_err *err)
{
    return fg_decide(cli, "proposal", "/reject", err);
}

int fg_cmd_tune_rollback(struct fg_cli *cli, struct fg_err *err)
{
    return fg_decide(cli, "proposal", "/rollback", err);
}
