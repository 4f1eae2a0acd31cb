/* cmd_link.c - fastgpu link list: what the links between sites do, as moves measured them */
#include "cli/human.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"

#include <string.h>

const struct fg_opt fg_opts_link_list[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_link_list;

static const struct fg_column columns[] = {
    {"FROM", false, 8},    {"TO", false, 8},        {"BY", false, 0},
    {"LATENCY", true, 0},  {"ONE STREAM", true, 0}, {"SEVERAL", true, 0},
    {"MEASURES", true, 0}, {"NEWEST", false, 0},    {},
};

static void add_rate(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    const struct fg_doc *rate = fg_doc_get(item, key);
    char text[FG_HUMAN_MAX];
    if (!rate || rate->kind != FG_DOC_INT) {
        fg_table_add(table, FG_DIM, NULL);
        return;
    }
    fg_human_bytes((uint64_t)rate->integer, text);
    fg_table_addf(table, "%s/s", text);
}

static void add_row(struct fg_table *table, const struct fg_doc *item)
{
    const struct fg_doc *sites = fg_doc_get(item, "sites"),
                        *latency = fg_doc_get(item, "latency_us");
    const struct fg_doc *a = sites && sites->kind == FG_DOC_LIST ? sites->first : NULL;
    const struct fg_doc *b = a ? a->next : NULL;
    char text[FG_TIME_TEXT_MAX];
    fg_table_add(table, FG_PLAIN, a && a->kind == FG_DOC_TEXT ? a->text : NULL);
    fg_table_add(table, FG_PLAIN, b && b->kind == FG_DOC_TEXT ? b->text : NULL);
    fg_table_add(table, FG_PLAIN, fg_view_text(item, "protocol"));
    if (latency && latency->kind == FG_DOC_INT) {
        fg_duration_format(latency->integer, text);
        fg_table_add(table, FG_PLAIN, text);
    } else {
        fg_table_add(table, FG_DIM, NULL);
    }
    add_rate(table, item, "bytes_per_s");
    add_rate(table, item, "many_bytes_per_s");
    fg_table_addf(table, "%lld", (long long)fg_view_int(item, "measures", 0));
    fg_table_add(table, FG_PLAIN, fg_view_text(item, "newest"));
}

int fg_cmd_link_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/links", &answer, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *items = fg_doc_get(answer.doc, "items");
    if (fg_cli_json(cli, items))
        return 0;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *item = items ? items->first : NULL; item; item = item->next)
        add_row(table, item);
    fg_table_print(table, &cli->out, stdout);
    return 0;
}
