/* cmd_energy.c - fastgpu energy: what the devices of jobs used, the CO2 of it, and what caps and sleep saved */
#include "cli/day_range.h"
#include "cli/human.h"
#include "cli/saved_text.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct fg_opt fg_opts_energy[] = {
    {"by", 0, "WHAT", "one line for each of them (project)",
     "project|user|kind|supplier|job|day"},
    {"from", 0, "DAY", "the first day, UTC (the first of this month)", NULL},
    {"to", 0, "DAY", "the last day, UTC (today)", NULL},
    {"project", 'p', "NAME", "only of its jobs", NULL},
    {"limit", 0, "N", "so many lines, the rest in one (100)", NULL},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_energy;

static const struct fg_column by_job[] = {
    {"JOB", true, 0},   {"NAME", false, 12}, {"PROJECT", false, 8},
    {"USER", false, 8}, {"ENERGY", true, 0}, {"WATTS", true, 0},
    {"CO2", true, 0},   {"SAVED", true, 0},  {},
};
static const struct fg_column by_key[] = {
    {"", false, 8},   {"ENERGY", true, 0}, {"WATTS", true, 0},
    {"CO2", true, 0}, {"SAVED", true, 0},  {},
};

/* WATTS are those of a device while it was held. */
static void add_line(struct fg_table *table,
                     bool is_job,
                     const struct fg_doc *item,
                     const char *key)
{
    double joules = fg_view_real(item, "energy_j", 0),
           held_s = fg_view_real(item, "device_s", 0);
    char text[FG_HUMAN_MAX];
    fg_table_add(table, FG_BOLD, key);
    if (is_job) {
        fg_table_add(table, FG_PLAIN, fg_view_text(item, "name"));
        fg_table_add(table, FG_PLAIN, fg_view_text(item, "project"));
        fg_table_add(table, FG_PLAIN, fg_view_text(item, "user"));
    }
    fg_human_energy(joules, text);
    fg_table_add(table, FG_PLAIN, text);
    snprintf(text, sizeof(text), "%.0f W", held_s > 0 ? joules / held_s : 0);
    fg_table_add(table, FG_PLAIN, held_s > 0 ? text : "-");
    fg_human_mass(fg_view_real(item, "co2_g", 0), text);
    fg_table_add(table, FG_PLAIN, text);
    double saved = fg_view_real(item, "saved_j", 0);
    fg_saved_joules(saved, text);
    fg_table_add(table, FG_PLAIN, saved < 0 || saved > 0 ? text : "-");
}

static const char *key_of(const char *by, const struct fg_doc *item)
{
    const char *key = fg_view_text(item, "key");
    return *key ? key : strcmp(by, "supplier") == 0 ? "(this machine)" : "(unknown)";
}

static void print_grids(const struct fg_doc *answer)
{
    for (const struct fg_doc *grid = fg_view_first(answer, "grids"); grid; grid = grid->next) {
        char text[FG_HUMAN_MAX];
        fg_human_energy(fg_view_real(grid, "energy_j", 0), text);
        printf("%s at %" PRId64 " g CO2/kWh: %s (%s)\n", text,
               fg_view_int(grid, "g_per_kwh", 0), fg_view_text(grid, "name"),
               fg_view_text(grid, "source"));
    }
}

static void print_energy(const struct fg_cli *cli,
                         const struct fg_doc *answer,
                         struct fg_days days)
{
    const char *by = fg_view_text(answer, "by");
    const struct fg_doc *others = fg_doc_get(answer, "others");
    bool is_job = strcmp(by, "job") == 0;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(is_job ? by_job : by_key);
    for (const struct fg_doc *item = fg_view_first(answer, "items"); item; item = item->next)
        add_line(table, is_job, item, key_of(by, item));
    FG_AUTO(fg_buf) struct fg_buf saved = {};
    fg_saved_text(&saved, fg_doc_get(answer, "savings"));
    if (fg_view_real(others, "energy_j", 0) > 0)
        add_line(table, is_job, others, "(others)");
    add_line(table, is_job, fg_doc_get(answer, "total"), "total");
    fg_days_print(days);
    fg_table_print(table, &cli->out, stdout);
    print_grids(answer);
    fputs(saved.len ? saved.text : "", stdout);
}

int fg_cmd_energy(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    struct fg_days days;
    int rc = fg_days_read(cli, &days, err);
    if (rc == 0)
        rc = fg_days_ask(cli, "/v1/energy", days, &answer, err);
    if (rc == 0 && answer.doc)
        print_energy(cli, answer.doc, days);
    return rc;
}
