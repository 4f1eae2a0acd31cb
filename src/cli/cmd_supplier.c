/* cmd_supplier.c - fastgpu supplier add, list, show, pause, resume, remove, offers */
#include "cli/human.h"
#include "cli/list_print.h"
#include "cli/money_opt.h"
#include "cli/supplier_cluster.h"
#include "cli/supplier_words.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/text.h"
#include "model/cluster_terms.h"
#include "model/supplier_json.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_supplier_add[] = {
    {"secret-file", 0, "FILE",
     "what the supplier knows us by; its path is kept, and read at each call", "file"},
    {"join", 0, "CLUSTER", "its machines become nodes of that Slurm cluster (docs/renting.md)",
     NULL},
    {"bootstrap-file", 0, "FILE",
     "what its machines run at their first start: printed by fastgpu node bootstrap", "file"},
    {"timeout", 0, "TIME", "of one call (60s; slurm: 10s)", NULL},
    FG_OPTS_CLUSTER,
    {"cap-per-hour", 0, "USD",
     "all orders there together may cost so much an hour without anybody's approval (0)", NULL},
    {"cap", 0, "USD", "and so much may be due in a period (0)", NULL},
    {"period", 0, "PERIOD", "of --cap: day, week, month, quarter, year or total, UTC (month)",
     "day|week|month|quarter|year|total"},
    FG_OPT_JSON,
    {}};
const struct fg_opt fg_opts_supplier_list[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};
const struct fg_opt fg_opts_supplier_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_supplier_pause[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_supplier_resume[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_supplier_remove[] = {{}};
const struct fg_opt fg_opts_supplier_offers[] = {{}};

fg_verb_fn fg_cmd_supplier_add, fg_cmd_supplier_list, fg_cmd_supplier_show,
    fg_cmd_supplier_pause, fg_cmd_supplier_resume, fg_cmd_supplier_remove,
    fg_cmd_supplier_offers;

/* -- shown ----------------------------------------------------------------------------------------------------- */

static const struct fg_column columns[] = {
    {"NAME", false, 8},
    {"KIND", false, 0},
    {"STATE", false, 0},
    {"CAP/H", true, 0},
    {"CAP", true, 0},
    {"REACHED BY", false, 12},
    {},
};

static const struct fg_column learned_columns[] = {
    {"INSTANCE", false, 8},     {"REGION", false, 0},
    {"CONTRACT", false, 0},     {"HOURS", true, 0},
    {"LOST", true, 0},          {"LOST IN 1000H", true, 0},
    {"LEAD, MINUTES", true, 0}, {},
};

static void add_cap(struct fg_table *table, int64_t uusd, const char *period)
{
    char text[FG_HUMAN_MAX];
    fg_human_money(uusd, text);
    if (uusd > 0)
        fg_table_addf(table, "%s%s%s", text, period[0] ? "/" : "", period);
    else
        fg_table_add(table, FG_DIM, "-");
}

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    const struct fg_doc *policy = fg_doc_get(doc, "policy"),
                        *cluster = fg_doc_get(doc, "cluster");
    bool paused = fg_view_bool(doc, "paused");
    FG_AUTO(fg_buf) struct fg_buf by = {};
    fg_buf_puts(&by, fg_view_text(doc, "url"));
    fg_buf_puts(&by, fg_view_text(doc, "machines_file"));
    if (cluster && fg_view_text(cluster, "ssh")[0])
        fg_buf_printf(&by, "%sssh %s", by.len ? ", " : "", fg_view_text(cluster, "ssh"));
    else if (cluster)
        fg_buf_printf(&by, "%scommands", by.len ? ", " : "");
    fg_view_join(&by, doc, "argv", " ");
    fg_table_add(table, FG_BOLD, fg_view_text(doc, "name"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "kind"));
    fg_table_add(table, paused ? FG_WARN : FG_GOOD, paused ? "paused" : "open");
    add_cap(table, fg_view_int(policy, "max_uusd_per_hour", 0), "");
    add_cap(table, fg_view_int(policy, "max_uusd", 0), fg_view_text(policy, "period"));
    fg_table_add(table, FG_PLAIN, by.len ? by.text : "-");
}

static int print_one(struct fg_cli *cli, const struct fg_doc *doc)
{
    fg_list_print_one(cli, doc, columns, add_row);
    return 0;
}

/* "3.2 (2.1-4.5, told 1)" */
static void add_belief(struct fg_table *table, const struct fg_doc *belief, double unit)
{
    fg_table_addf(table, "%.3g (%.3g-%.3g, told %.3g)", unit * fg_view_real(belief, "value", 0),
                  unit * fg_view_real(belief, "low", 0), unit * fg_view_real(belief, "high", 0),
                  unit * fg_view_real(belief, "told", 0));
}

/* What its orders have shown; nothing where there were none. */
static void print_learned(const struct fg_cli *cli, const struct fg_doc *learned)
{
    const struct fg_doc *item = fg_view_first(learned, "offers");
    if (!item)
        return;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(learned_columns);
    for (; item; item = item->next) {
        const char *region = fg_view_text(item, "region");
        fg_table_add(table, FG_BOLD, fg_view_text(item, "instance"));
        fg_table_add(table, FG_PLAIN, region[0] ? region : "-");
        fg_table_add(table, FG_PLAIN, fg_view_text(item, "contract"));
        fg_table_addf(table, "%.1f", fg_view_real(item, "held_hours", 0));
        fg_table_addf(table, "%.1f", fg_view_real(item, "lost", 0));
        add_belief(table, fg_doc_get(item, "lost_per_khour"), 1);
        add_belief(table, fg_doc_get(item, "lead_s"), 1.0 / 60);
    }
    printf("\nWhat its orders have shown, old ones counting less; to expect, with 80 %%\n");
    fg_table_print(table, &cli->out, stdout);
}

int fg_cmd_supplier_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/suppliers", &answer, err);
    if (rc == 0)
        fg_list_print(cli, answer.doc, columns, add_row);
    return rc;
}

static void path_of(const struct fg_cli *cli, const char *what, struct fg_buf *out)
{
    fg_buf_puts(out, "/v1/suppliers/");
    fg_url_escape(out, cli->args.words[0], false);
    fg_buf_puts(out, what);
}

int fg_cmd_supplier_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, "", &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    if (fg_list_print_one(cli, answer.doc, columns, add_row))
        print_learned(cli, fg_doc_get(answer.doc, "learned"));
    return 0;
}

/* -- changed --------------------------------------------------------------------------------------------------- */

static int send(struct fg_cli *cli,
                const char *method,
                const char *what,
                struct fg_answer *answer,
                struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, what, &path);
    return fg_cli_send(cli, method, path.text, strcmp(method, "POST") == 0 ? "{}" : NULL,
                       answer, err);
}

int fg_cmd_supplier_pause(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = send(cli, "POST", "/pause", &answer, err);
    return rc < 0 ? rc : print_one(cli, answer.doc);
}

int fg_cmd_supplier_resume(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = send(cli, "POST", "/resume", &answer, err);
    return rc < 0 ? rc : print_one(cli, answer.doc);
}

int fg_cmd_supplier_remove(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = send(cli, "DELETE", "", &answer, err);
    if (rc == 0)
        printf("supplier %s removed\n", cli->args.words[0]);
    return rc;
}

int fg_cmd_supplier_offers(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = send(cli, "POST", "/offers", &answer, err);
    if (rc == 0)
        printf("supplier %s is asked; see fastgpu offer list --supplier %s\n",
               cli->args.words[0], cli->args.words[0]);
    return rc;
}

/* -- added ----------------------------------------------------------------------------------------------------- */

static int read_argv(char **words, size_t len, struct fg_supplier *out, struct fg_err *err)
{
    if (len == 0)
        return fg_fail(err, FG_EINVAL, "exec: expected -- and a program");
    if (len > FG_SUPPLIER_ARGS_MAX)
        return fg_fail(err, FG_EINVAL, "%zu words, expected at most %d", len,
                       FG_SUPPLIER_ARGS_MAX);
    int rc = fg_supplier_program(words[0], out->argv[0], err);
    for (size_t i = 1; rc == 0 && i < len; i++)
        rc = fg_supplier_word(words[i], out->argv[i], err);
    out->argv_len = (uint32_t)len;
    return rc;
}

/* What stands behind the kind. */
static int read_reach(const struct fg_cli *cli, struct fg_supplier *out, struct fg_err *err)
{
    char **words = cli->args.words + 2;
    size_t len = cli->args.words_len - 2;
    if (out->kind == FG_SUPPLIER_EXEC)
        return read_argv(words, len, out, err);
    if (out->kind == FG_SUPPLIER_LISTED && len == 0)
        return 0;
    if (out->kind == FG_SUPPLIER_SLURM && len > 1)
        return fg_fail(err, FG_EINVAL, "slurm: %zu words behind it, expected a URL or none",
                       len);
    if (out->kind == FG_SUPPLIER_SLURM)
        return 0;
    if (out->kind == FG_SUPPLIER_LISTED || len != 1)
        return fg_fail(err, FG_EINVAL, "%s: %zu words behind it, expected %s",
                       fg_supplier_kind_name(out->kind), len,
                       out->kind == FG_SUPPLIER_LISTED ? "none"
                       : out->kind == FG_SUPPLIER_HTTP ? "a URL"
                                                       : "a file of machines");
    if (out->kind == FG_SUPPLIER_OWNED)
        return fg_supplier_path(words[0], out->machines_file, sizeof(out->machines_file), err);
    return fg_copy(out->url, sizeof(out->url), words[0])
               ? 0
               : fg_fail(err, FG_EINVAL, "a URL of more than %d bytes", FG_TEXT_MAX - 1);
}

static int read_policy(const struct fg_cli *cli,
                       struct fg_standing_policy *out,
                       struct fg_err *err)
{
    const char *period = fg_args_get(&cli->args, "period");
    int found = period ? fg_period_find(period) : FG_PERIOD_MONTH;
    if (found < 0)
        return fg_fail(err, FG_EINVAL,
                       "--period: %.20s, expected day, week, month, quarter, year or total",
                       period);
    out->period = (enum fg_period)found;
    int rc = fg_cli_usd(cli, "cap-per-hour", 0, &out->max_uusd_per_hour, err);
    if (rc == 0)
        rc = fg_cli_usd(cli, "cap", 0, &out->max_uusd, err);
    if (rc == 0 && !out->max_uusd != !out->max_uusd_per_hour)
        return fg_fail(err, FG_EINVAL,
                       "expected both --cap-per-hour and --cap, or none: one "
                       "alone allows nothing");
    return rc;
}

static int read_join(const struct fg_cli *cli, struct fg_supplier *out, struct fg_err *err)
{
    const char *join = fg_args_get(&cli->args, "join"),
               *file = fg_args_get(&cli->args, "bootstrap-file");
    if (join && !fg_copy(out->join, sizeof(out->join), join))
        return fg_fail(err, FG_EINVAL, "--join: %.40s..., expected the name of a cluster",
                       join);
    return file ? fg_supplier_path(file, out->bootstrap_file, sizeof(out->bootstrap_file), err)
                : 0;
}

static int read_supplier(const struct fg_cli *cli, struct fg_supplier *out, struct fg_err *err)
{
    const char *timeout = fg_args_get(&cli->args, "timeout"),
               *secret = fg_args_get(&cli->args, "secret-file");
    int kind = fg_supplier_kind_find(cli->args.words[1]);
    *out =
        (struct fg_supplier){.timeout_us = kind == FG_SUPPLIER_SLURM ? FG_CLUSTER_TIMEOUT_US
                                                                     : FG_SUPPLIER_TIMEOUT_US};
    if (kind < 0)
        return fg_fail(err, FG_EINVAL, "%.40s: expected slurm, exec, http, owned or listed",
                       cli->args.words[1]);
    out->kind = (enum fg_supplier_kind)kind;
    fg_copy(out->name, sizeof(out->name), cli->args.words[0]);
    if (timeout
        && (fg_duration_parse(timeout, &out->timeout_us) < 0 || out->timeout_us < 1000
            || out->timeout_us > FG_SUPPLIER_TIMEOUT_US_MAX))
        return fg_fail(err, FG_EINVAL, "--timeout: %.40s, expected a time like 30s, up to 1h",
                       timeout);
    int rc = read_reach(cli, out, err);
    if (rc == 0)
        rc = read_join(cli, out, err);
    if (rc == 0)
        rc = fg_supplier_cluster_read(cli, cli->args.words_len > 2 ? cli->args.words[2] : NULL,
                                      out, err);
    if (rc == 0 && secret)
        rc = fg_supplier_path(secret, out->secret_file, sizeof(out->secret_file), err);
    return rc == 0 ? read_policy(cli, &out->policy, err) : rc;
}

int fg_cmd_supplier_add(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    struct fg_supplier supplier;
    int rc = read_supplier(cli, &supplier, err);
    if (rc < 0)
        return rc;
    path_of(cli, "", &path);
    fg_json_object(&json);
    fg_supplier_json_members(&json, &supplier);
    fg_json_end(&json);
    rc = fg_cli_send(cli, "PUT", path.text, body.text, &answer, err);
    return rc < 0 ? rc : print_one(cli, answer.doc);
}
