/* cmd_learn.c - fastgpu learn list, show: what ends of jobs taught about those that come */
#include "cli/human.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_learn_list[] = {
    {"search", 's', "TEXT", "only classes with that in project, user or name", NULL},
    {"limit", 'n', "N", "so many classes (30)", NULL},
    FG_OPT_JSON,
    {},
};
const struct fg_opt fg_opts_learn_show[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_learn_list, fg_cmd_learn_show;

#define SHOWN_MAX 500

static const struct fg_column class_columns[] = {
    {"CLASS", false, 0},   {"PROJECT", false, 8}, {"USER", false, 8},  {"NAME", false, 8},
    {"REQUEST", false, 0}, {"JOBS", true, 0},     {"HALF", true, 0},   {"4 OF 5", true, 0},
    {"95 %", true, 0},     {"MEMORY", true, 0},   {"FAILED", true, 0}, {},
};
static const struct fg_column speed_columns[] = {{"KIND", false, 8},   {"SPEED", true, 0},
                                                 {"WITHIN", true, 0},  {"RUNS", true, 0},
                                                 {"CLASSES", true, 0}, {}};
static const struct fg_column place_columns[] = {
    {"SUPPLIER", false, 8},   {"NODE", false, 8},
    {"ATTEMPTS", true, 0},    {"FAILED", true, 0},
    {"INTERRUPTED", true, 0}, {"FAILS NEXT", true, 0},
    {"TAKEN NEXT", true, 0},  {"IN 1000H", true, 0},
    {"SURE", true, 0},        {},
};

/* "2 x 8 h100", "4 cores" */
static void request_text(const struct fg_doc *request, char out[64])
{
    char cores[FG_HUMAN_MAX], devices[FG_HUMAN_MAX];
    int64_t tasks = fg_view_int(request, "tasks", 1), count = fg_view_int(request, "count", 0);
    size_t at = tasks > 1 ? (size_t)snprintf(out, 64, "%" PRId64 " x ", tasks) : 0;
    fg_human_milli(fg_view_int(request, "cpu_milli", 0), cores);
    fg_human_milli(count * fg_view_int(request, "gpu_milli", 1000), devices);
    if (count > 0)
        snprintf(out + at, 64 - at, "%s %.24s", devices, fg_view_text(request, "accelerators"));
    else
        snprintf(out + at, 64 - at, "%s cores", cores);
}

static void add_seconds(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    char text[FG_HUMAN_MAX];
    int64_t us = fg_view_seconds(item, key);
    fg_human_duration(us, text);
    fg_table_add(table, FG_PLAIN, us > 0 ? text : NULL);
}

static const char *or_none(const char *text)
{
    return text[0] ? text : NULL;
}

static void add_class(struct fg_table *table, const struct fg_doc *item)
{
    const struct fg_doc *request = fg_doc_get(item, "request");
    char text[64] = "";
    if (request)
        request_text(request, text);
    fg_table_add(table, FG_DIM, fg_view_text(item, "class"));
    fg_table_add(table, FG_PLAIN, or_none(fg_view_text(item, "project")));
    fg_table_add(table, FG_PLAIN, or_none(fg_view_text(item, "user")));
    fg_table_add(table, FG_BOLD, or_none(fg_view_text(item, "name")));
    fg_table_add(table, FG_PLAIN, or_none(text));
    fg_table_addf(table, "%" PRId64, fg_view_int(item, "jobs", 0));
    add_seconds(table, item, "p50_s");
    add_seconds(table, item, "p80_s");
    add_seconds(table, item, "p95_s");
    int64_t most = fg_view_int(item, "memory_most_mib", 0);
    fg_human_mib(most, text);
    fg_table_add(table, FG_PLAIN, most > 0 ? text : NULL);
    fg_table_addf(table, "%" PRId64, fg_view_int(item, "failed", 0));
}

static void print_classes(const struct fg_cli *cli, const struct fg_doc *doc, int64_t limit)
{
    const struct fg_doc *item = fg_view_first(doc, "classes");
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(class_columns);
    if (!item) {
        printf("Nothing was learned yet: no job of yours is over.\n");
        return;
    }
    for (; item && limit-- > 0; item = item->next)
        add_class(table, item);
    fg_table_print(table, &cli->out, stdout);
    int64_t known = fg_view_int(doc, "classes_known", 0);
    if (known > (int64_t)fg_table_len(table))
        printf("%" PRId64 " more; --search TEXT finds them, --limit shows more\n",
               known - (int64_t)fg_table_len(table));
}

/* Kinds that no work was seen on besides another say nothing. */
static void print_speeds(const struct fg_cli *cli, const struct fg_doc *doc)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(speed_columns);
    for (const struct fg_doc *item = fg_view_first(doc, "speeds"); item; item = item->next) {
        if (fg_view_int(item, "classes", 0) == 0)
            continue;
        fg_table_add(table, FG_BOLD, fg_view_text(item, "kind"));
        fg_table_addf(table, "%.2f", fg_view_real(item, "rate", 1));
        fg_table_addf(table, "%.0f %%", 100 * fg_view_real(item, "error", 0));
        fg_table_addf(table, "%" PRId64, fg_view_int(item, "runs", 0));
        fg_table_addf(table, "%" PRId64, fg_view_int(item, "classes", 0));
    }
    if (fg_table_len(table) == 0)
        return;
    printf("\nHow fast kinds of device are\n");
    fg_table_print(table, &cli->out, stdout);
}

static void print_places(const struct fg_cli *cli, const struct fg_doc *doc)
{
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(place_columns);
    for (const struct fg_doc *item = fg_view_first(doc, "places"); item; item = item->next) {
        const char *supplier = fg_view_text(item, "supplier");
        char name[160];
        snprintf(name, sizeof(name), "%s%s", supplier[0] ? supplier : "(here)",
                 fg_view_bool(item, "is_spot") ? ", spot" : "");
        fg_table_add(table, FG_PLAIN, name);
        fg_table_add(table, FG_BOLD, or_none(fg_view_text(item, "node")));
        fg_table_addf(table, "%" PRId64, fg_view_int(item, "attempts", 0));
        fg_table_addf(table, "%" PRId64, fg_view_int(item, "failed", 0));
        fg_table_addf(table, "%" PRId64, fg_view_int(item, "interrupted", 0));
        fg_table_addf(table, "%.1f %%", 100 * fg_view_real(item, "failed_share", 0));
        fg_table_addf(table, "%.1f %%", 100 * fg_view_real(item, "interrupted_share", 0));
        fg_table_addf(table, "%.1f", fg_view_real(item, "interruptions_per_khour", 0));
        fg_table_addf(table, "+%" PRId64, fg_view_int(item, "excess_per_khour", 0));
    }
    if (fg_table_len(table) == 0)
        return;
    printf("\nHow attempts ended, by place\n");
    fg_table_print(table, &cli->out, stdout);
}

int fg_cmd_learn_list(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    const char *search = fg_args_get(&cli->args, "search");
    int64_t limit = 0;
    int rc = fg_cli_number(cli, "limit", 1, SHOWN_MAX, 30, &limit, err);
    fg_buf_puts(&path, "/v1/learned");
    if (search) {
        fg_buf_puts(&path, "?search=");
        fg_url_escape(&path, search, false);
    }
    if (rc == 0)
        rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0 || fg_cli_json(cli, answer.doc))
        return rc;
    print_classes(cli, answer.doc, limit);
    if (!search) {
        print_speeds(cli, answer.doc);
        print_places(cli, answer.doc);
    }
    return 0;
}

/* -- one class ------------------------------------------------------------------------------------------- */

static void line(const char *name, const char *text)
{
    if (text[0])
        printf("%-12s %s\n", name, text);
}

static void seconds_line(const struct fg_doc *doc, const char *name, const char *key)
{
    char text[FG_HUMAN_MAX];
    fg_human_duration(fg_view_seconds(doc, key), text);
    if (fg_view_seconds(doc, key) > 0)
        line(name, text);
}

static void print_memory(const struct fg_doc *doc)
{
    char half[FG_HUMAN_MAX], nearly[FG_HUMAN_MAX], most[FG_HUMAN_MAX];
    if (fg_view_int(doc, "memory_most_mib", 0) <= 0)
        return;
    fg_human_mib(fg_view_int(doc, "memory_p50_mib", 0), half);
    fg_human_mib(fg_view_int(doc, "memory_p95_mib", 0), nearly);
    fg_human_mib(fg_view_int(doc, "memory_most_mib", 0), most);
    printf("%-12s half up to %s, 95 %% up to %s, the most %s (host memory of a task)\n",
           "memory", half, nearly, most);
}

static void print_one(const struct fg_doc *doc)
{
    const struct fg_doc *request = fg_doc_get(doc, "request");
    char text[64] = "";
    if (request)
        request_text(request, text);
    line("class", fg_view_text(doc, "class"));
    line("of", fg_view_text(doc, "level"));
    line("project", fg_view_text(doc, "project"));
    line("user", fg_view_text(doc, "user"));
    line("name", fg_view_text(doc, "name"));
    line("request", text);
    printf("%-12s %" PRId64 " over; of their attempts %" PRId64 " failed, %" PRId64
           " were interrupted\n",
           "jobs", fg_view_int(doc, "jobs", 0), fg_view_int(doc, "failed", 0),
           fg_view_int(doc, "interrupted", 0));
    seconds_line(doc, "half", "p50_s");
    seconds_line(doc, "4 of 5", "p80_s");
    seconds_line(doc, "95 %", "p95_s");
    seconds_line(doc, "mean", "mean_s");
    print_memory(doc);
    printf("%-12s %.1f runs, as they count today\n", "made of", fg_view_real(doc, "weight", 0));
    line("first", fg_view_text(doc, "first"));
    line("last", fg_view_text(doc, "last"));
}

int fg_cmd_learn_show(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_puts(&path, "/v1/learned/");
    fg_url_escape(&path, cli->args.words[0], false);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc == 0 && !fg_cli_json(cli, answer.doc))
        print_one(answer.doc);
    return rc;
}
