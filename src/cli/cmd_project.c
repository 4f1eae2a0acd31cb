/* cmd_project.c - fastgpu project list, show, set, archive */
#include "cli/human.h"
#include "cli/list_print.h"
#include "cli/pages.h"
#include "cli/project_limits.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"
#include "model/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_MAX 1e9

const struct fg_opt fg_opts_project_list[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};
const struct fg_opt fg_opts_project_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_project_archive[] = {
    {"undo", 0, NULL, "let it take jobs again", NULL}, FG_OPT_JSON, {}};
const struct fg_opt fg_opts_project_set[] = {
    {"weight", 'w', "N", "its share against others, 1 to 1000 (100)", NULL},
    {"priority", 0, "N", "added to the priority of each of its jobs", NULL},
    {"parent", 0, "NAME|none", "the project that it is part of: what it holds counts there too",
     NULL},
    {"guarantee-gpus", 0, "N", "accelerators it gets back from who has borrowed them (0)",
     NULL},
    {"guarantee-kind", 0, "KIND=N",
     "the same of one kind; repeat it for each kind that has a guarantee", NULL},
    {"borrows", 0, "all|preemptible", "jobs that may start beyond what is guaranteed (all)",
     NULL},
    {"quota-gpus", 0, "N|none", "accelerators it may hold at one time", NULL},
    {"quota-kind", 0, "KIND=N",
     "accelerators of one kind; repeat it for each kind that has a limit", NULL},
    {"quota-cpus", 0, "N|none", "CPU cores it may hold", NULL},
    {"quota-memory", 0, "GIB|none", "memory it may claim, in GiB", NULL},
    {"quota-running", 0, "N|none", "jobs that may run at one time", NULL},
    {"quota-queued", 0, "N|none", "jobs that may wait", NULL},
    {"user-running", 0, "N|none", "jobs that each user may have running", NULL},
    {"user-gpus", 0, "N|none", "accelerators that each user may hold", NULL},
    {"user-queued", 0, "N|none", "jobs that each user may have waiting", NULL},
    {"user-submits", 0, "N|none", "submits of each user in a minute", NULL},
    {"budget", 0, "USD|none", "what its jobs may cost in a period; then none starts", NULL},
    {"budget-period", 0, "PERIOD", "day, week, month, quarter, year or total, UTC (month)",
     NULL},
    {"budget-action", 0, "wait|stop", "what becomes of jobs that run when it is spent (wait)",
     NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_project_list, fg_cmd_project_show, fg_cmd_project_set, fg_cmd_project_archive;

static const struct fg_column project_columns[] = {
    {"PROJECT", false, 8}, {"WEIGHT", true, 0},
    {"PRIORITY", true, 0}, {"ACCELERATORS", true, 0},
    {"CORES", true, 0},    {"MEMORY", true, 0},
    {"RUNNING", true, 0},  {"QUEUED", true, 0},
    {"STATE", false, 0},   {},
};

/* "used/limit"; without a limit only what is used. */
static void add_use(struct fg_table *table,
                    const struct fg_doc *project,
                    const char *key,
                    void (*format)(int64_t value, char out[FG_HUMAN_MAX]))
{
    const struct fg_doc *quota = fg_doc_get(project, "quota"),
                        *usage = fg_doc_get(project, "usage");
    char used[FG_HUMAN_MAX], all[FG_HUMAN_MAX];
    int64_t limit = fg_view_int(quota, key, -1);
    format(fg_view_int(usage, key, 0), used);
    if (limit < 0) {
        fg_table_add(table, FG_PLAIN, used);
        return;
    }
    format(limit, all);
    fg_table_addf(table, "%s/%s", used, all);
}

static void format_count(int64_t value, char out[FG_HUMAN_MAX])
{
    snprintf(out, FG_HUMAN_MAX, "%" PRId64, value);
}

static void add_project(struct fg_table *table, const struct fg_doc *project)
{
    bool archived = fg_view_bool(project, "archived");
    fg_table_add(table, FG_BOLD, fg_view_text(project, "name"));
    fg_table_addf(table, "%" PRId64, fg_view_int(project, "weight", 0));
    fg_table_addf(table, "%" PRId64, fg_view_int(project, "priority", 0));
    add_use(table, project, "gpu_milli", fg_human_milli);
    add_use(table, project, "cpu_milli", fg_human_milli);
    add_use(table, project, "mem_mib", fg_human_mib);
    add_use(table, project, "running", format_count);
    add_use(table, project, "queued", format_count);
    fg_table_add(table, archived ? FG_DIM : FG_GOOD, archived ? "archived" : "open");
}

/* Its place in the tree, and what is guaranteed to it. */
static void print_terms(const struct fg_doc *project)
{
    const struct fg_doc *guarantee = fg_doc_get(project, "guarantee");
    const char *parent = fg_view_text(project, "parent");
    char number[FG_HUMAN_MAX];
    if (parent[0])
        printf("part of %s\n", parent);
    if (fg_view_int(guarantee, "gpu_milli", 0) > 0) {
        fg_human_milli(fg_view_int(guarantee, "gpu_milli", 0), number);
        printf("guaranteed: %s accelerators\n", number);
    }
    for (const struct fg_doc *kind = fg_view_first(guarantee, "kinds"); kind;
         kind = kind->next) {
        fg_human_milli(kind->integer, number);
        printf("guaranteed: %s of kind %s\n", number, kind->key);
    }
    if (strcmp(fg_view_text(project, "borrows"), "preemptible") == 0)
        printf("beyond that only preemptible jobs start\n");
}

static int print_project(struct fg_cli *cli, const struct fg_doc *project)
{
    if (fg_cli_json(cli, project))
        return 0;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(project_columns);
    add_project(table, project);
    fg_table_print(table, &cli->out, stdout);
    for (const struct fg_doc *kind = fg_view_first(fg_doc_get(project, "quota"), "kinds"); kind;
         kind = kind->next) {
        char limit[FG_HUMAN_MAX];
        fg_human_milli(kind->integer, limit);
        printf("at most %s of kind %s\n", limit, kind->key);
    }
    print_terms(project);
    fg_project_print_limits(project);
    return 0;
}

int fg_cmd_project_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/projects", &answer, err);
    if (rc == 0)
        fg_list_print(cli, answer.doc, project_columns, add_project);
    return rc;
}

static void path_of(const struct fg_cli *cli, struct fg_buf *out)
{
    fg_buf_puts(out, "/v1/projects/");
    fg_url_escape(out, cli->args.words[0], false);
}

int fg_cmd_project_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    return rc < 0 ? rc : print_project(cli, answer.doc);
}

static int put_project(struct fg_cli *cli, const char *body, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, &path);
    int rc = fg_cli_send(cli, "PUT", path.text, body, &answer, err);
    return rc < 0 ? rc : print_project(cli, answer.doc);
}

int fg_project_write_limit(struct fg_json *json,
                           const char *option,
                           const char *key,
                           const char *text,
                           double scale,
                           struct fg_err *err)
{
    char *end;
    double value = strtod(text, &end);
    bool is_number = end != text && *end == '\0' && value >= 0 && value <= COUNT_MAX;
    if (strcmp(text, "none") != 0 && !is_number)
        return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected a number or none", option, text);
    fg_json_key(json, key);
    if (is_number)
        fg_json_int(json, llround(value * scale));
    else
        fg_json_null(json);
    return 0;
}

static int write_kinds(const struct fg_cli *cli,
                       struct fg_json *json,
                       const char *option,
                       struct fg_err *err)
{
    if (!fg_args_has(&cli->args, option))
        return 0;
    fg_json_key(json, "kinds");
    fg_json_object(json);
    int rc = 0;
    for (size_t i = 0; i < cli->args.given_len && rc == 0; i++) {
        const struct fg_arg *arg = &cli->args.given[i];
        char kind[64];
        const char *equals = strchr(arg->value, '=');
        if (strcmp(arg->opt->name, option) != 0)
            continue;
        if (!equals || equals == arg->value || equals - arg->value >= (ptrdiff_t)sizeof(kind))
            return fg_fail(err, FG_EINVAL, "--%s: %.40s, expected KIND=N", option, arg->value);
        snprintf(kind, sizeof(kind), "%.*s", (int)(equals - arg->value), arg->value);
        if (strcmp(equals + 1, "none") != 0)
            rc = fg_project_write_limit(json, option, kind, equals + 1, 1000, err);
    }
    fg_json_end(json);
    return rc;
}

static int write_guarantee(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    const char *gpus = fg_args_get(&cli->args, "guarantee-gpus");
    fg_json_key(json, "guarantee");
    fg_json_object(json);
    int rc = write_kinds(cli, json, "guarantee-kind", err);
    if (gpus && rc == 0)
        rc = fg_project_write_limit(json, "guarantee-gpus", "gpu_milli",
                                    strcmp(gpus, "none") == 0 ? "0" : gpus, 1000, err);
    fg_json_end(json);
    return rc;
}

static void write_terms(const struct fg_cli *cli, struct fg_json *json)
{
    const char *parent = fg_args_get(&cli->args, "parent"),
               *borrows = fg_args_get(&cli->args, "borrows");
    if (parent)
        fg_json_kv(json, "parent", strcmp(parent, "none") == 0 ? NULL : parent);
    if (borrows)
        fg_json_kv(json, "borrows", borrows);
}

static int write_quota(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    static const struct {
        const char *option, *key;
        double scale;
    } rows[] = {
        {"quota-gpus", "gpu_milli", 1000}, {"quota-cpus", "cpu_milli", 1000},
        {"quota-memory", "mem_mib", 1024}, {"quota-running", "running", 1},
        {"quota-queued", "queued", 1},
    };
    fg_json_key(json, "quota");
    fg_json_object(json);
    int rc = write_kinds(cli, json, "quota-kind", err);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && rc == 0; i++) {
        const char *text = fg_args_get(&cli->args, rows[i].option);
        if (text)
            rc = fg_project_write_limit(json, rows[i].option, rows[i].key, text, rows[i].scale,
                                        err);
    }
    fg_json_end(json);
    return rc;
}

int fg_cmd_project_set(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf body = {};
    struct fg_json json = {.buf = &body};
    int64_t weight = 0, priority = 0;
    int rc = fg_cli_number(cli, "weight", 1, 1000, 0, &weight, err);
    if (rc == 0)
        rc = fg_cli_number(cli, "priority", -FG_PRIORITY_MAX, FG_PRIORITY_MAX, 0, &priority,
                           err);
    if (rc < 0)
        return rc;
    fg_json_object(&json);
    if (fg_args_has(&cli->args, "weight"))
        fg_json_kv_int(&json, "weight", weight);
    if (fg_args_has(&cli->args, "priority"))
        fg_json_kv_int(&json, "priority", priority);
    write_terms(cli, &json);
    rc = write_guarantee(cli, &json, err);
    if (rc == 0)
        rc = write_quota(cli, &json, err);
    if (rc == 0)
        rc = fg_project_write_limits(cli, &json, err);
    fg_json_end(&json);
    return rc < 0 ? rc : put_project(cli, body.text, err);
}

int fg_cmd_project_archive(struct fg_cli *cli, struct fg_err *err)
{
    /* PUT makes what is not there; a project that never was cannot be archived. */
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    bool undo = fg_args_has(&cli->args, "undo");
    return put_project(cli, undo ? "{\"archived\":false}" : "{\"archived\":true}", err);
}
