/* cmd_cost.c - fastgpu cost: what was spent, and the same as a FOCUS 1.2 file; is a file one */
#include "cli/bar.h"
#include "cli/day_range.h"
#include "cli/human.h"
#include "cli/sim_files.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "model/period.h"
#include "plan/focus_check.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

const struct fg_opt fg_opts_cost[] = {
    {"by", 0, "WHAT", "one line for each of them (project)", "project|user|job|order|day"},
    {"from", 0, "DAY", "the first day, UTC (the first of this month)", NULL},
    {"to", 0, "DAY", "the last day, UTC (today)", NULL},
    {"project", 'p', "NAME", "only what it has to pay", NULL},
    {"limit", 0, "N", "so many lines, the rest in one (100)", NULL},
    {"focus", 0, "FILE", "write each job and day as a CSV of FOCUS 1.2; - is standard output",
     "file"},
    FG_OPT_JSON,
    {},
};
const struct fg_opt fg_opts_cost_validate[] = {FG_OPT_JSON, {}};

fg_verb_fn fg_cmd_cost, fg_cmd_cost_validate;

#define PIECE     65536
#define SHOWN_MAX 20 /* problems on the screen */

/* -- the table -------------------------------------------------------------------------------------------------- */

static const struct fg_column by_job[] = {
    {"JOB", true, 0},  {"NAME", false, 12}, {"PROJECT", false, 8}, {"USER", false, 8},
    {"COST", true, 0}, {"ENERGY", true, 0}, {"CO2", true, 0},      {},
};
static const struct fg_column by_order[] = {
    {"ORDER", true, 0},  {"SUPPLIER", false, 8}, {"INSTANCE", false, 8}, {"USED", true, 0},
    {"UNUSED", true, 0}, {"COST", true, 0},      {"DUE", true, 0},       {},
};
static const struct fg_column by_key[] = {
    {"", false, 8},   {"USED", true, 0},   {"UNUSED", true, 0}, {"COST", true, 0},
    {"DUE", true, 0}, {"ENERGY", true, 0}, {"CO2", true, 0},    {},
};

static void add_money(struct fg_table *table,
                      enum fg_style style,
                      const struct fg_doc *item,
                      const char *key)
{
    char money[FG_HUMAN_MAX];
    fg_human_money(fg_view_int(item, key, 0), money);
    fg_table_add(table, style, money);
}

static void add_energy(struct fg_table *table, const struct fg_doc *item)
{
    char text[FG_HUMAN_MAX];
    double joules = fg_view_real(item, "energy_j", 0);
    fg_human_energy(joules, text);
    fg_table_add(table, FG_PLAIN, joules > 0 ? text : "-");
    fg_human_mass(fg_view_real(item, "co2_g", 0), text);
    fg_table_add(table, FG_PLAIN, joules > 0 ? text : "-");
}

static void add_texts(struct fg_table *table,
                      const struct fg_doc *item,
                      const char *const *keys)
{
    for (; *keys; keys++)
        fg_table_add(table, FG_PLAIN, fg_view_text(item, *keys));
}

static void add_line(struct fg_table *table,
                     const char *by,
                     const struct fg_doc *item,
                     const char *key)
{
    static const char *const of_job[] = {"name", "project", "user", NULL},
                             *const of_order[] = {"supplier", "instance", NULL},
                             *const of_key[] = {NULL};
    bool is_job = strcmp(by, "job") == 0, is_order = strcmp(by, "order") == 0;
    fg_table_add(table, FG_BOLD, key);
    add_texts(table, item, is_job ? of_job : is_order ? of_order : of_key);
    if (!is_job) {
        add_money(table, FG_PLAIN, item, "used_uusd");
        add_money(table, FG_PLAIN, item, "unused_uusd");
    }
    add_money(table, FG_PLAIN, item, "uusd");
    if (!is_job)
        add_money(table, FG_PLAIN, item, "due_uusd");
    if (!is_order)
        add_energy(table, item);
}

static const char *key_of(const char *by, const struct fg_doc *item)
{
    const char *key = fg_view_text(item, "key");
    return *key ? key : strcmp(by, "project") == 0 ? "(the pool)" : "(unknown)";
}

static void print_costs(const struct fg_cli *cli,
                        const struct fg_doc *answer,
                        struct fg_days days)
{
    const char *by = fg_view_text(answer, "by");
    const struct fg_doc *others = fg_doc_get(answer, "others");
    bool is_job = strcmp(by, "job") == 0;
    FG_AUTO(fg_table)
    struct fg_table *table = fg_table_new(is_job                     ? by_job
                                          : strcmp(by, "order") == 0 ? by_order
                                                                     : by_key);
    for (const struct fg_doc *item = fg_view_first(answer, "items"); item; item = item->next)
        add_line(table, by, item, key_of(by, item));
    if (fg_view_int(others, "uusd", 0) != 0 || fg_view_real(others, "energy_j", 0) > 0)
        add_line(table, by, others, "(others)");
    add_line(table, by, fg_doc_get(answer, "total"), "total");
    fg_days_print(days);
    fg_table_print(table, &cli->out, stdout);
    if (is_job)
        printf("Of jobs whose records are kept; --by day has all.\n");
}

static int show_costs(struct fg_cli *cli, struct fg_days days, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_days_ask(cli, "/v1/cost", days, &answer, err);
    if (rc == 0 && answer.doc)
        print_costs(cli, answer.doc, days);
    return rc;
}

/* -- FOCUS ---------------------------------------------------------------------------------------------------------- */

/* One day at a time, so that nobody has to hold a year; the names of the columns once. */
static int write_day(
    struct fg_cli *cli, int64_t day, FILE *out, bool is_first, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf path = {}, body = {};
    fg_days_path(cli, "/v1/cost/focus", (struct fg_days){day, day + 1}, &path);
    int rc = fg_client_get(cli->client, path.text, &body, err);
    if (rc < 0)
        return rc;
    const char *text = body.text ? body.text : "", *line = strchr(text, '\n');
    if (!is_first)
        text = line ? line + 1 : "";
    if (fputs(text, out) < 0)
        return fg_fail(err, FG_EIO, "%s", strerror(errno));
    return 0;
}

static int write_days(struct fg_cli *cli, struct fg_days days, FILE *out, struct fg_err *err)
{
    struct fg_bar bar = fg_bar_new(stderr);
    int rc = 0;
    for (int64_t day = days.from; day < days.to && rc == 0; day++) {
        char text[11];
        fg_days_text(day, text);
        fg_bar_draw(&bar, "cost", (double)(day - days.from) / (double)(days.to - days.from),
                    text, false);
        rc = write_day(cli, day, out, day == days.from, err);
    }
    fg_bar_clear(&bar);
    if (rc == 0 && fflush(out) != 0)
        rc = fg_fail(err, FG_EIO, "%s", strerror(errno));
    return rc;
}

/* Beside the file first: whoever reads it sees all or nothing. */
static int write_file(struct fg_cli *cli,
                      struct fg_days days,
                      const char *path,
                      struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf part = {};
    fg_buf_printf(&part, "%s.part", path);
    FG_AUTO(fg_file) FILE *file = fopen(part.text, "we");
    if (!file)
        return fg_fail(err, FG_EIO, "%s: %s", part.text, strerror(errno));
    int rc = write_days(cli, days, file, err);
    if (rc == 0 && (fsync(fileno(file)) != 0 || rename(part.text, path) != 0))
        rc = fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    if (rc < 0)
        unlink(part.text);
    return rc;
}

int fg_cmd_cost(struct fg_cli *cli, struct fg_err *err)
{
    const char *path = fg_args_get(&cli->args, "focus");
    struct fg_days days;
    if (path && fg_args_has(&cli->args, "by"))
        return fg_fail(err, FG_EINVAL, "--focus and --by: expected one of them");
    int rc = fg_days_read(cli, &days, err);
    if (rc < 0)
        return rc;
    if (!path)
        return show_costs(cli, days, err);
    return strcmp(path, "-") == 0 ? write_days(cli, days, stdout, err)
                                  : write_file(cli, days, path, err);
}

/* -- validate ---------------------------------------------------------------------------------------------------------- */

static void print_report_json(const struct fg_focus_report *report)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    fg_json_object(&json);
    fg_json_kv_bool(&json, "valid", report->problems == 0);
    fg_json_kv(&json, "version", "1.2");
    fg_json_kv_int(&json, "rows", (int64_t)report->rows);
    fg_json_kv_int(&json, "bad_rows", (int64_t)report->bad_rows);
    fg_json_kv_int(&json, "columns", report->columns);
    fg_json_kv_int(&json, "mandatory_columns", report->mandatory_columns);
    fg_json_kv_int(&json, "custom_columns", report->custom_columns);
    fg_json_kv_int(&json, "problems", (int64_t)report->problems);
    fg_json_key(&json, "first");
    fg_json_array(&json);
    for (size_t i = 0; i < report->kept_len; i++) {
        fg_json_object(&json);
        fg_json_kv_int(&json, "line", (int64_t)report->kept[i].line);
        fg_json_kv(&json, "column", report->kept[i].column[0] ? report->kept[i].column : NULL);
        fg_json_kv(&json, "why", report->kept[i].why);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    fg_json_end(&json);
    printf("%s\n", out.text);
}

static void print_report(const char *path, const struct fg_focus_report *report)
{
    for (size_t i = 0; i < report->kept_len && i < SHOWN_MAX; i++)
        printf("%s:%" PRIu64 ": %s%s%s\n", path, report->kept[i].line, report->kept[i].column,
               report->kept[i].column[0] ? ": " : "", report->kept[i].why);
    if (report->problems > SHOWN_MAX)
        printf("and %" PRIu64 " more\n", report->problems - SHOWN_MAX);
    printf("%s: %" PRIu64 " rows, %u columns, %u of 21 mandatory, %u of its own: ", path,
           report->rows, report->columns, report->mandatory_columns, report->custom_columns);
    if (report->problems)
        printf("%" PRIu64 " problems in %" PRIu64 " rows\n", report->problems,
               report->bad_rows);
    else
        printf("valid FOCUS 1.2\n");
}

static int feed(FILE *file, const char *path, struct fg_focus_check *check, struct fg_err *err)
{
    static const size_t size = PIECE;
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    char *piece = fg_buf_reserve(&buf, size);
    for (size_t len; (len = fread(piece, 1, size, file)) > 0;)
        fg_focus_check_feed(check, piece, len);
    return ferror(file) ? fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno)) : 0;
}

int fg_cmd_cost_validate(struct fg_cli *cli, struct fg_err *err)
{
    const char *path = cli->args.words[0];
    bool is_input = strcmp(path, "-") == 0;
    FG_AUTO(fg_file) FILE *opened = is_input ? NULL : fopen(path, "re");
    FG_AUTO(fg_focus_check) struct fg_focus_check *check = fg_focus_check_new();
    if (!is_input && !opened)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "%s: %s", path,
                       strerror(errno));
    int rc = feed(is_input ? stdin : opened, path, check, err);
    if (rc < 0)
        return rc;
    struct fg_focus_report report = fg_focus_check_end(check);
    if (fg_args_has(&cli->args, "json"))
        print_report_json(&report);
    else
        print_report(path, &report);
    return report.problems ? 1 : 0;
}
