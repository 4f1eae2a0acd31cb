/* cmd_node_defrag.c - fastgpu node defrag: moves of running jobs that let a waiting one start */
#include "cli/human.h"
#include "cli/job_text.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>

const struct fg_opt fg_opts_node_defrag[] = {
    {"apply", 0, "ID", "make the moves that let this job start", NULL}, FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_node_defrag;

static const struct fg_column columns[] = {
    {"WAITS", false, 4}, {"WITHOUT", false, 8}, {"GAIN", true, 6}, {"COST", true, 6},
    {"MOVES", false, 4}, {"FROM", false, 12},   {"TO", false, 12}, {},
};

static void add_seconds(struct fg_table *table, const struct fg_doc *doc, const char *key)
{
    char text[FG_HUMAN_MAX] = "?";
    if (fg_view_has(doc, key))
        fg_human_duration(fg_view_int(doc, key, 0) * 1000000, text);
    fg_table_add(table, FG_PLAIN, text);
}

static void add_place(struct fg_table *table, const struct fg_doc *doc, const char *key)
{
    FG_AUTO(fg_buf) struct fg_buf devices = {};
    const struct fg_doc *place = fg_doc_get(doc, key);
    if (place)
        fg_view_join(&devices, place, "devices", " ");
    fg_table_addf(table, "%s %s", place ? fg_view_text(place, "node") : "",
                  devices.text ? devices.text : "");
}

/* A line for the job that waits, then one for each that moves. */
static void add_moves(struct fg_table *table, const struct fg_doc *item)
{
    char without[FG_HUMAN_MAX] = "unknown";
    if (fg_view_has(item, "start_without"))
        fg_human_moment(fg_view_time(item, "start_without"), fg_now_us(), without);
    fg_table_add(table, FG_BOLD, fg_view_text(item, "job"));
    fg_table_add(table, FG_PLAIN, without);
    add_seconds(table, item, "gain_device_s");
    add_seconds(table, item, "cost_device_s");
    fg_table_add(table, FG_PLAIN, " ");
    fg_table_add(table, FG_PLAIN, " ");
    add_place(table, item, "to");
    for (const struct fg_doc *move = fg_view_first(item, "moves"); move; move = move->next) {
        for (int i = 0; i < 3; i++)
            fg_table_add(table, FG_PLAIN, " ");
        add_seconds(table, move, "cost_device_s");
        fg_table_add(table, FG_BOLD, fg_view_text(move, "job"));
        add_place(table, move, "from");
        add_place(table, move, "to");
    }
}

static int apply(struct fg_cli *cli, const char *word, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    char path[64];
    uint64_t id;
    int rc = fg_cli_id(word, &id, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "/v1/jobs/%" PRIu64 "/make-room", id);
    rc = fg_cli_send(cli, "POST", path, "{}", &answer, err);
    if (rc < 0)
        return rc;
    if (fg_cli_json(cli, answer.doc))
        return 0;
    if (!fg_view_first(answer.doc, "moves")) {
        printf("job %" PRIu64 " fits as it is: nothing to move\n", id);
        return 0;
    }
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    add_moves(table, answer.doc);
    fg_table_print(table, &cli->out, stdout);
    return 0;
}

int fg_cmd_node_defrag(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    const char *job = fg_args_get(&cli->args, "apply");
    if (job)
        return apply(cli, job, err);
    int rc = fg_cli_get(cli, "/v1/moves", &answer, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *items = fg_doc_get(answer.doc, "items");
    if (fg_cli_json(cli, items ? items : answer.doc))
        return 0;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *item = fg_view_first(answer.doc, "items"); item;
         item = item->next)
        add_moves(table, item);
    if (fg_table_len(table) == 0) {
        printf("no moves would let a waiting job start now\n");
        return 0;
    }
    fg_table_print(table, &cli->out, stdout);
    return 0;
}
