/* cmd_node.c - fastgpu node list, show, drain, resume */
#include "cli/human.h"
#include "cli/list_print.h"
#include "cli/pages.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/json_write.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_node_list[] = {
    {"supplier", 's', "NAME", "only those of it; local: of this machine", NULL},
    FG_OPT_JSON,
    FG_OPT_QUIET,
    {}};
const struct fg_opt fg_opts_node_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_node_drain[] = {
    {"reason", 'r', "TEXT", "why, for those who ask", NULL},
    {"move", 0, NULL, "stop the preemptible jobs there: they start again elsewhere", NULL},
    FG_OPT_JSON,
    {}};
const struct fg_opt fg_opts_node_resume[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_node_lost[] = {
    {"reason", 'r', "TEXT", "why, for those who ask", NULL},
    {"yes", 'y', NULL, "it is surely off", NULL},
    FG_OPT_JSON,
    {}};

fg_verb_fn fg_cmd_node_list, fg_cmd_node_show, fg_cmd_node_drain, fg_cmd_node_resume,
    fg_cmd_node_lost;

static const struct fg_column node_columns[] = {
    {"NODE", false, 8},
    {"STATE", false, 0},
    {"CPU", true, 0},
    {"MEMORY", true, 0},
    {"DEVICE", false, 6},
    {"KIND", false, 6},
    {"IN USE", true, 0},
    {"OF MEMORY", true, 0},
    {"SHARED", false, 0},
    {"JOBS", false, 6},
    {},
};

static void add_share(struct fg_table *table, int64_t used_milli, int64_t milli)
{
    char used[FG_HUMAN_MAX], all[FG_HUMAN_MAX];
    fg_human_milli(used_milli, used);
    fg_human_milli(milli, all);
    fg_table_addf(table, "%s/%s", used, all);
}

static void add_device(struct fg_table *table, const struct fg_doc *device)
{
    FG_AUTO(fg_buf) struct fg_buf jobs = {};
    char memory[FG_HUMAN_MAX] = "";
    if (fg_view_int(device, "mem_mib", 0) > 0)
        fg_human_mib(fg_view_int(device, "mem_mib", 0), memory);
    fg_table_add(table, FG_PLAIN, fg_view_text(device, "name"));
    fg_table_add(table, FG_PLAIN, fg_view_text(device, "kind"));
    const char *state = fg_view_text(device, "state");
    if (state[0] && strcmp(state, "up") != 0)
        fg_table_add(table, FG_WARN, state);
    else
        add_share(table, fg_view_int(device, "used_milli", 0),
                  fg_view_int(device, "milli", 1000));
    fg_table_add(table, FG_PLAIN, memory);
    fg_table_add(table, FG_PLAIN, fg_view_text(device, "share"));
    fg_view_join(&jobs, device, "jobs", " ");
    fg_table_add(table, FG_PLAIN, jobs.text);
}

/* A line a device; what is the node's stands on its first. */
static void add_node(struct fg_table *table, const struct fg_doc *node)
{
    char used[FG_HUMAN_MAX], all[FG_HUMAN_MAX];
    bool is_first = true;
    for (const struct fg_doc *at = fg_view_first(node, "devices"); at; at = at->next) {
        if (is_first) {
            const char *state = fg_view_text(node, "state");
            fg_table_add(table, FG_BOLD, fg_view_text(node, "name"));
            fg_table_add(table, fg_style_of_state(state), state);
            add_share(table, fg_view_int(node, "cpu_used_milli", 0),
                      fg_view_int(node, "cpu_milli", 0));
            fg_human_mib(fg_view_int(node, "mem_used_mib", 0), used);
            fg_human_mib(fg_view_int(node, "mem_mib", 0), all);
            fg_table_addf(table, "%s of %s", used, all);
        } else {
            for (int i = 0; i < 4; i++)
                fg_table_add(table, FG_PLAIN, " ");
        }
        add_device(table, at);
        is_first = false;
    }
}

static void put_reason(struct fg_cli *cli, const struct fg_doc *node)
{
    const struct fg_doc *health = fg_doc_get(node, "health");
    const char *hint = health ? fg_view_text(health, "hint") : "";
    if (fg_view_text(node, "reason")[0])
        printf("%s%s: %s%s\n", fg_style_text(&cli->out, FG_WARN), fg_view_text(node, "name"),
               fg_view_text(node, "reason"), fg_style_text(&cli->out, FG_PLAIN));
    if (fg_view_text(node, "reason")[0] && hint[0])
        printf("  %s\n", hint);
}

static int print_node(struct fg_cli *cli, const struct fg_doc *node)
{
    if (fg_cli_json(cli, node))
        return 0;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(node_columns);
    add_node(table, node);
    fg_table_print(table, &cli->out, stdout);
    put_reason(cli, node);
    return 0;
}

int fg_cmd_node_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    const char *supplier = fg_args_get(&cli->args, "supplier");
    fg_buf_puts(&path, "/v1/nodes");
    if (supplier) {
        fg_buf_puts(&path, "?supplier=");
        fg_url_escape(&path, supplier, false);
    }
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0 || !fg_list_print(cli, answer.doc, node_columns, add_node))
        return rc;
    for (const struct fg_doc *node = fg_view_first(answer.doc, "items"); node;
         node = node->next)
        put_reason(cli, node);
    return 0;
}

static void path_of(const struct fg_cli *cli, const char *end, struct fg_buf *out)
{
    fg_buf_puts(out, "/v1/nodes/");
    fg_url_escape(out, cli->args.words[0], false);
    fg_buf_puts(out, end);
}

int fg_cmd_node_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, "", &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    return rc < 0 ? rc : print_node(cli, answer.doc);
}

int fg_cmd_node_drain(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    const char *reason = fg_args_get(&cli->args, "reason");
    fg_json_object(&json);
    if (reason)
        fg_json_kv(&json, "reason", reason);
    if (fg_args_has(&cli->args, "move"))
        fg_json_kv_bool(&json, "move", true);
    fg_json_end(&json);
    path_of(cli, "/drain", &path);
    int rc = fg_cli_send(cli, "POST", path.text, body.text, &answer, err);
    return rc < 0 ? rc : print_node(cli, answer.doc);
}

int fg_cmd_node_resume(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, "/resume", &path);
    int rc = fg_cli_send(cli, "POST", path.text, "{}", &answer, err);
    return rc < 0 ? rc : print_node(cli, answer.doc);
}

/* Who says so of a machine that is on has its work run twice. */
int fg_cmd_node_lost(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    const char *reason = fg_args_get(&cli->args, "reason");
    if (!fg_args_has(&cli->args, "yes"))
        return fg_fail(
            err, FG_EINVAL,
            "node %.63s: what runs there is started elsewhere at once; if the machine "
            "is not off, it runs twice. Expected --yes",
            cli->args.words[0]);
    fg_json_object(&json);
    if (reason)
        fg_json_kv(&json, "reason", reason);
    fg_json_end(&json);
    path_of(cli, "/lost", &path);
    int rc = fg_cli_send(cli, "POST", path.text, body.text, &answer, err);
    return rc < 0 ? rc : print_node(cli, answer.doc);
}
