/* cmd_reservation.c - fastgpu reservation add, list, show, remove */
#include "cli/list_print.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"
#include "base/json_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const struct fg_opt fg_opts_reservation_add[] = {
    {"start", 0, "WHEN", "when it begins: 2026-12-01T08:00Z, or a time from now like 90m",
     NULL},
    {"end", 0, "WHEN", "when it ends", NULL},
    {"duration", 0, "TIME", "how long it lasts, instead of --end", NULL},
    {"nodes", 0, "NAME,...", "these nodes, whole", "node"},
    {"gpus", 0, "N", "so many devices instead, those that are free soonest", NULL},
    {"accelerator", 0, "KIND", "of this kind (any)", NULL},
    {"project", 'p', "NAME", "only for jobs of this project, and of those below it", "project"},
    {"user", 0, "NAME", "only for jobs of this user", NULL},
    {"repeat", 0, "daily|weekly", "again and again", NULL},
    {"maintenance", 0, NULL, "nobody may run there", NULL},
    FG_OPT_JSON,
    {}};
const struct fg_opt fg_opts_reservation_list[] = {FG_OPT_JSON, FG_OPT_QUIET, {}};
const struct fg_opt fg_opts_reservation_show[] = {FG_OPT_JSON, {}};
const struct fg_opt fg_opts_reservation_remove[] = {{}};

fg_verb_fn fg_cmd_reservation_add, fg_cmd_reservation_list, fg_cmd_reservation_show,
    fg_cmd_reservation_remove;

static const struct fg_column columns[] = {
    {"NAME", false, 8},   {"STATE", false, 0}, {"START", false, 0}, {"END", false, 0},
    {"REPEAT", false, 0}, {"FOR", false, 6},   {"NODES", false, 8}, {},
};

static void add_time(struct fg_table *table, const struct fg_doc *doc, const char *key)
{
    char text[FG_TIME_TEXT_MAX];
    fg_time_format(fg_view_time(doc, key) / 1000000 * 1000000, text);
    fg_table_add(table, FG_PLAIN, text);
}

/* "gpu01 (8), gpu02 (4)": how many devices of each. */
static void put_places(struct fg_buf *out, const struct fg_doc *doc)
{
    for (const struct fg_doc *at = fg_view_first(doc, "places"); at; at = at->next) {
        const struct fg_doc *devices = fg_doc_get(at, "devices");
        fg_buf_printf(out, "%s%s (%zu)", out->len ? ", " : "", fg_view_text(at, "node"),
                      devices ? devices->len : 0);
    }
}

static void put_owner(struct fg_buf *out, const struct fg_doc *doc)
{
    const char *project = fg_view_text(doc, "project"), *user = fg_view_text(doc, "user");
    if (fg_view_bool(doc, "maintenance"))
        fg_buf_puts(out, "nobody");
    else if (!project[0] && !user[0])
        fg_buf_puts(out, "all");
    else
        fg_buf_printf(out, "%s%s%s", project, project[0] && user[0] ? ", " : "", user);
}

static void add_row(struct fg_table *table, const struct fg_doc *doc)
{
    FG_AUTO(fg_buf) struct fg_buf places = {}, owner = {};
    put_places(&places, doc);
    put_owner(&owner, doc);
    fg_table_add(table, FG_BOLD, fg_view_text(doc, "name"));
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "state"));
    add_time(table, doc, "next_start");
    add_time(table, doc, "next_end");
    fg_table_add(table, FG_PLAIN, fg_view_text(doc, "repeat"));
    fg_table_add(table, FG_PLAIN, owner.text ? owner.text : "");
    fg_table_add(table, FG_PLAIN, places.text ? places.text : "");
}

static void put_overrun(struct fg_cli *cli, const struct fg_doc *doc)
{
    FG_AUTO(fg_buf) struct fg_buf jobs = {};
    fg_view_join(&jobs, doc, "overrun", ", ");
    if (jobs.len)
        printf("%sjobs that hold its devices and may still do so when it begins: %s%s\n",
               fg_style_text(&cli->out, FG_WARN), jobs.text,
               fg_style_text(&cli->out, FG_PLAIN));
}

static int print_one(struct fg_cli *cli, const struct fg_doc *doc)
{
    if (fg_list_print_one(cli, doc, columns, add_row))
        put_overrun(cli, doc);
    return 0;
}

int fg_cmd_reservation_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/reservations", &answer, err);
    if (rc == 0)
        fg_list_print(cli, answer.doc, columns, add_row);
    return rc;
}

static void path_of(const struct fg_cli *cli, struct fg_buf *out)
{
    fg_buf_puts(out, "/v1/reservations/");
    fg_url_escape(out, cli->args.words[0], false);
}

int fg_cmd_reservation_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, &path);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    return rc < 0 ? rc : print_one(cli, answer.doc);
}

static void write_nodes(struct fg_json *json, const char *list)
{
    fg_json_key(json, "nodes");
    fg_json_array(json);
    while (*list) {
        size_t len = strcspn(list, ",");
        if (len > 0)
            fg_json_string_len(json, list, len);
        list += len + (list[len] == ',');
    }
    fg_json_end(json);
}

static int write_body(const struct fg_cli *cli, struct fg_json *json, struct fg_err *err)
{
    static const char *const texts[] = {"start",   "end",  "duration", "accelerator",
                                        "project", "user", "repeat"};
    const char *nodes = fg_args_get(&cli->args, "nodes"),
               *gpus = fg_args_get(&cli->args, "gpus");
    fg_json_object(json);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (fg_args_get(&cli->args, texts[i]))
            fg_json_kv(json, texts[i], fg_args_get(&cli->args, texts[i]));
    if (nodes)
        write_nodes(json, nodes);
    if (gpus) {
        char *end;
        long count = strtol(gpus, &end, 10);
        if (end == gpus || *end || count < 1)
            return fg_fail(err, FG_EINVAL, "--gpus: %.40s, expected a number of devices", gpus);
        fg_json_kv_int(json, "gpus", count);
    }
    if (fg_args_has(&cli->args, "maintenance"))
        fg_json_kv_bool(json, "maintenance", true);
    fg_json_end(json);
    return 0;
}

int fg_cmd_reservation_add(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    struct fg_json json = {.buf = &body};
    path_of(cli, &path);
    int rc = write_body(cli, &json, err);
    if (rc == 0)
        rc = fg_cli_send(cli, "PUT", path.text, body.text, &answer, err);
    return rc < 0 ? rc : print_one(cli, answer.doc);
}

int fg_cmd_reservation_remove(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    path_of(cli, &path);
    int rc = fg_cli_send(cli, "DELETE", path.text, NULL, &answer, err);
    if (rc == 0)
        printf("reservation %s removed\n", cli->args.words[0]);
    return rc;
}
