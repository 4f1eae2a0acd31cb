/* cmd_plan.c - fastgpu plan create, list, show, diff, approve, reject, apply */
#include "cli/bar.h"
#include "cli/decide.h"
#include "cli/list_print.h"
#include "cli/plan_print.h"
#include "cli/sim_files.h"
#include "cli/verb.h"

#include "base/clock.h"
#include "base/json_write.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_plan_create[] = {
    {"period", 0, "HOURS", "length of a period: how long work can wait (24)", NULL},
    {"horizon", 0, "HOURS", "how far it looks ahead (672: four weeks)", NULL},
    {"options", 'o', "FILE", "budgets, caps, classes, risk (YAML, docs/planning.md)", "file"},
    {"no-what-if", 0, NULL, "do not solve again with other prices and without each supplier",
     NULL},
    {"demand", 'd', "FILE", "this demand (CSV) in place of what is forecast from history",
     "file"},
    FG_OPT_JSON,
    {}};
const struct fg_opt fg_opts_plan_list[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};
const struct fg_opt fg_opts_plan_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_plan_diff[] = {{}};
#define REMARK                                                                                 \
    {                                                                                          \
        "remark", 0, "TEXT", "why, for those who read it later", NULL                          \
    }
const struct fg_opt fg_opts_plan_approve[] = {REMARK, FG_OPT_JSON, {}};
const struct fg_opt fg_opts_plan_reject[] = {REMARK, FG_OPT_JSON, {}};
const struct fg_opt fg_opts_plan_apply[] = {REMARK, FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_plan_create, fg_cmd_plan_list, fg_cmd_plan_show, fg_cmd_plan_diff,
    fg_cmd_plan_approve, fg_cmd_plan_reject, fg_cmd_plan_apply;

static void print(struct fg_cli *cli, const struct fg_answer *answer)
{
    if (fg_args_has(&cli->args, "json"))
        printf("%s\n", answer->body.text);
    else
        fg_plan_print(answer->doc, &cli->out);
}

/* -- made ------------------------------------------------------------------------------------------------------- */

static int write_file(struct fg_cli *cli,
                      struct fg_json *json,
                      const char *option,
                      struct fg_err *err)
{
    const char *path = fg_args_get(&cli->args, option);
    FG_AUTO(fg_buf) struct fg_buf bytes = {};
    int rc = path ? fg_sim_file_read(path, &bytes, err) : 0;
    if (rc < 0)
        return rc;
    if (path) {
        fg_json_key(json, option);
        fg_json_string_len(json, bytes.text ? bytes.text : "", bytes.len);
    }
    return 0;
}

static int write_hours(struct fg_cli *cli,
                       struct fg_json *json,
                       const char *option,
                       const char *key,
                       struct fg_err *err)
{
    int64_t hours = 0;
    int rc = fg_cli_number(cli, option, 1, 8736, 0, &hours, err);
    if (rc == 0 && hours > 0)
        fg_json_kv_int(json, key, hours);
    return rc;
}

int fg_cmd_plan_create(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct fg_json json = {.buf = &body};
    fg_json_object(&json);
    int rc = write_hours(cli, &json, "period", "period_hours", err);
    if (rc == 0)
        rc = write_hours(cli, &json, "horizon", "horizon_hours", err);
    if (rc == 0)
        rc = write_file(cli, &json, "options", err);
    if (rc == 0)
        rc = write_file(cli, &json, "demand", err);
    fg_json_kv_bool(&json, "what_if", !fg_args_has(&cli->args, "no-what-if"));
    fg_json_end(&json);
    if (rc < 0)
        return rc;
    struct fg_bar bar = fg_bar_new(stderr);
    fg_bar_draw(&bar, "planning: forecasts, then the program", -1, "", true);
    rc = fg_cli_send(cli, "POST", "/v1/plans", body.text, &answer, err);
    fg_bar_clear(&bar);
    if (rc == 0)
        print(cli, &answer);
    return rc;
}

/* -- read --------------------------------------------------------------------------------------------------------- */

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    char created[FG_TIME_TEXT_MAX];
    fg_time_format(fg_view_time(doc, "created") / 1000000 * 1000000, created);
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "id"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "state"));
    fg_table_addf(table, "%" PRId64, fg_view_int(doc, "orders", 0));
    fg_table_addf(table, "%.2f", (double)fg_view_int(doc, "cost_uusd", 0) / 1e6);
    fg_table_addf(table, "%" PRId64 " h", fg_view_int(doc, "horizon_hours", 0));
    fg_table_add(table, FG_PLAIN, created);
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "created_by"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "decided_by"));
}

int fg_cmd_plan_list(struct fg_cli *cli, struct fg_err *err)
{
    static const struct fg_column columns[] = {
        {"ID", true, 0},       {"STATE", false, 0},      {"ORDERS", true, 0},
        {"COST USD", true, 0}, {"HORIZON", true, 0},     {"MADE", false, 0},
        {"BY", false, 6},      {"DECIDED BY", false, 6}, {}};
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/plans", &answer, err);
    if (rc == 0)
        (void)fg_list_print(cli, answer.doc, columns, add_row);
    return rc;
}

static int get_plan(struct fg_cli *cli,
                    const char *word,
                    struct fg_answer *out,
                    struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    int rc = fg_decide_path("plan", word, "", &path, err);
    return rc == 0 ? fg_cli_get(cli, path.text, out, err) : rc;
}

int fg_cmd_plan_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = get_plan(cli, cli->args.words[0], &answer, err);
    if (rc == 0)
        print(cli, &answer);
    return rc;
}

int fg_cmd_plan_diff(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer plan = {};
    FG_AUTO(fg_answer) struct fg_answer other = {};
    bool has_other = cli->args.words_len > 1;
    int rc = get_plan(cli, cli->args.words[0], &plan, err);
    if (rc == 0)
        rc = has_other ? get_plan(cli, cli->args.words[1], &other, err)
                       : fg_cli_get(cli, "/v1/orders?limit=1000", &other, err);
    if (rc == 0)
        fg_plan_diff_print(plan.doc, has_other ? other.doc : NULL,
                           fg_doc_get(other.doc, "items"), &cli->out);
    return rc;
}

/* -- decided ------------------------------------------------------------------------------------------------------ */

int fg_cmd_plan_approve(struct fg_cli *cli, struct fg_err *err)
{
    return fg_decide(cli, "plan", "/approve", err);
}

int fg_cmd_plan_reject(struct fg_cli *cli, struct fg_err *err)
{
    return fg_decide(cli, "plan", "/reject", err);
}

int fg_cmd_plan_apply(struct fg_cli *cli, struct fg_err *err)
{
    return fg_decide(cli, "plan", "/apply", err);
}
