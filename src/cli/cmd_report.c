/* cmd_report.c - fastgpu report: what a period has shown, in plain words */
#include "cli/correction_print.h"
#include "cli/human.h"
#include "cli/report_html.h"
#include "cli/saved_text.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "cli/view.h"

#include "base/clock.h"
#include "model/period.h"

#include <inttypes.h>
#include <string.h>

const struct fg_opt fg_opts_report[] = {
    {"period", 0, "PERIOD", "how far it looks back (week)", "day|week|month"},
    {"html", 0, "FILE", "write it as a page, with jobs, waits, waste and what to change",
     "file"},
    FG_OPT_JSON,
    {},
};

fg_verb_fn fg_cmd_report;

static double percent(const struct fg_doc *doc, const char *key)
{
    return 100 * fg_view_real(doc, key, 0);
}

/* -- the forecast ---------------------------------------------------------------------------------------------- */

static const struct fg_column demand_columns[] = {
    {"CLASS", false, 8}, {"DAYS", true, 0},   {"ASKED", true, 0},   {"FORECAST", true, 0},
    {"ERROR", true, 0},  {"AS NOW", true, 0}, {"IN BAND", true, 0}, {},
};

static void add_percent(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    if (fg_view_has(item, key))
        fg_table_addf(table, "%.1f %%", percent(item, key));
    else
        fg_table_add(table, FG_PLAIN, NULL);
}

static void add_class(struct fg_table *table, const struct fg_doc *item)
{
    fg_table_add(table, FG_BOLD, fg_view_text(item, "class"));
    fg_table_addf(table, "%" PRId64, fg_view_int(item, "days", 0));
    fg_table_addf(table, "%.1f", fg_view_real(item, "asked_device_hours", 0));
    fg_table_addf(table, "%.1f", fg_view_real(item, "forecast_device_hours", 0));
    add_percent(table, item, "wape");
    add_percent(table, item, "as_now_wape");
    add_percent(table, item, "coverage80");
}

static void print_demand(const struct fg_cli *cli, const struct fg_doc *demand)
{
    const struct fg_doc *first = fg_view_first(demand, "classes");
    int64_t left_out = fg_view_int(demand, "left_out", 0), days = 0;
    printf("Forecast, a day ahead, and what came (device-hours)\n");
    if (!first) {
        printf("  Nothing was asked yet: there is no history of demand.\n");
        return;
    }
    for (const struct fg_doc *item = first; item; item = item->next)
        days += fg_view_int(item, "days", 0);
    if (days == 0) {
        printf("  %" PRId64 " hours of demand are known: a day can be judged after 72.\n",
               fg_view_int(demand, "history_hours", 0));
        return;
    }
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(demand_columns);
    for (const struct fg_doc *item = first; item; item = item->next)
        add_class(table, item);
    fg_table_print(table, &cli->out, stdout);
    if (left_out)
        printf("  %" PRId64 " more classes are not judged.\n", left_out);
    printf("AS NOW: the error of \"all stays as it is\". IN BAND should be 80 %%.\n");
    printf("\nWhat the next plan learns from it\n");
    for (const struct fg_doc *item = first; item; item = item->next)
        fg_correction_print(item);
}

/* -- plans ------------------------------------------------------------------------------------------------------- */

static const struct fg_column plan_columns[] = {
    {"PLAN", false, 0},     {"PLANNED", true, 0},
    {"APPROVED", true, 0},  {"COST", true, 0},
    {"DIFFERS", true, 0},   {"ORDERS", true, 0},
    {"LATE", true, 0},      {"REFUSED", true, 0},
    {"RECLAIMED", true, 0}, {},
};

static void add_money(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    char money[FG_HUMAN_MAX];
    fg_human_money(fg_view_int(item, key, 0), money);
    fg_table_add(table, FG_PLAIN, fg_view_has(item, key) ? money : NULL);
}

static void add_count(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    fg_table_addf(table, "%" PRId64, fg_view_int(item, key, 0));
}

/* By how much what it cost differs from what was planned, or, without a plan, approved. */
static void add_difference(struct fg_table *table, const struct fg_doc *item)
{
    int64_t planned = fg_view_int(
        item, fg_view_has(item, "planned_uusd") ? "planned_uusd" : "approved_uusd", 0);
    int64_t cost = fg_view_int(item, "cost_uusd", 0);
    if (planned > 0)
        fg_table_addf(table, "%+.1f %%", 100 * (double)(cost - planned) / (double)planned);
    else
        fg_table_add(table, FG_PLAIN, NULL);
}

static void print_plans(const struct fg_cli *cli, const struct fg_doc *report)
{
    const struct fg_doc *first = fg_view_first(report, "plans");
    printf("\nPlans, and what they cost\n");
    if (!first) {
        printf("  No plan was carried out, and no order ran.\n");
        return;
    }
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(plan_columns);
    for (const struct fg_doc *item = first; item; item = item->next) {
        const char *plan = fg_view_text(item, "plan");
        fg_table_add(table, FG_BOLD, plan[0] ? plan : "(none)");
        add_money(table, item, "planned_uusd");
        add_money(table, item, "approved_uusd");
        add_money(table, item, "cost_uusd");
        add_difference(table, item);
        add_count(table, item, "orders");
        add_count(table, item, "late");
        add_count(table, item, "refused");
        add_count(table, item, "reclaimed");
    }
    fg_table_print(table, &cli->out, stdout);
}

/* -- suppliers ----------------------------------------------------------------------------------------------------- */

static const struct fg_column supplier_columns[] = {
    {"SUPPLIER", false, 8}, {"ORDERS", true, 0},  {"LEAD", true, 0},     {"PROMISED", true, 0},
    {"LATE", true, 0},      {"REFUSED", true, 0}, {"REJECTED", true, 0}, {"RECLAIMED", true, 0},
    {"COST", true, 0},      {"SCORE", true, 0},   {"BEFORE", true, 0},   {},
};

static void add_lead(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    char text[FG_HUMAN_MAX];
    fg_human_duration((int64_t)(fg_view_real(item, key, 0) * 1e6), text);
    fg_table_add(table, FG_PLAIN, fg_view_has(item, key) ? text : NULL);
}

static void add_score(struct fg_table *table, const struct fg_doc *item, const char *key)
{
    if (fg_view_has(item, key))
        fg_table_addf(table, "%.3f", fg_view_real(item, key, 0));
    else
        fg_table_add(table, FG_PLAIN, NULL);
}

static void print_suppliers(const struct fg_cli *cli, const struct fg_doc *report)
{
    static const char *const counts[] = {"late", "refused", "rejected", "reclaimed"};
    const struct fg_doc *first = fg_view_first(report, "suppliers");
    printf("\nSuppliers, and what they promised\n");
    if (!first) {
        printf("  Nothing was ordered, nothing ran.\n");
        return;
    }
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(supplier_columns);
    for (const struct fg_doc *item = first; item; item = item->next) {
        fg_table_add(table, FG_BOLD, fg_view_text(item, "supplier"));
        add_count(table, item, "orders");
        add_lead(table, item, "lead_s");
        add_lead(table, item, "promised_lead_s");
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
            add_count(table, item, counts[i]);
        add_money(table, item, "cost_uusd");
        add_score(table, item, "score");
        add_score(table, item, "score_before");
    }
    fg_table_print(table, &cli->out, stdout);
}

/* -- all of it ------------------------------------------------------------------------------------------------------- */

/* -- energy ------------------------------------------------------------------------------------------------------ */

static const struct fg_column energy_columns[] = {
    {"PROJECT", false, 8}, {"ENERGY", true, 0}, {"CO2", true, 0}, {}};

static void add_energy(struct fg_table *table, const struct fg_doc *item, const char *name)
{
    char text[FG_HUMAN_MAX];
    fg_table_add(table, FG_BOLD, name);
    fg_human_energy(fg_view_real(item, "energy_j", 0), text);
    fg_table_add(table, FG_PLAIN, text);
    fg_human_mass(fg_view_real(item, "co2_g", 0), text);
    fg_table_add(table, FG_PLAIN, text);
}

/* Of the whole days of the period. */
static int print_energy(struct fg_cli *cli, const struct fg_doc *report, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    char from[FG_TIME_TEXT_MAX], to[FG_TIME_TEXT_MAX];
    fg_time_format(fg_view_time(report, "from"), from);
    fg_time_format(fg_view_time(report, "to") + FG_DAY_US, to);
    fg_buf_printf(&path, "/v1/energy?by=project&from=%.10s&to=%.10s", from, to);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    const struct fg_doc *first = fg_view_first(answer.doc, "items");
    printf("\nEnergy of the devices of jobs, and its CO2\n");
    FG_AUTO(fg_buf) struct fg_buf saved = {};
    fg_saved_text(&saved, fg_doc_get(answer.doc, "savings"));
    if (!first) {
        printf("  Nothing that ran has told any.\n%s", saved.len ? saved.text : "");
        return 0;
    }
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(energy_columns);
    for (const struct fg_doc *item = first; item; item = item->next)
        add_energy(table, item, fg_view_text(item, "key"));
    add_energy(table, fg_doc_get(answer.doc, "total"), "total");
    fg_table_print(table, &cli->out, stdout);
    fputs(saved.len ? saved.text : "", stdout);
    return 0;
}

int fg_cmd_report(struct fg_cli *cli, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    const char *period = fg_args_get(&cli->args, "period");
    char from[FG_TIME_TEXT_MAX], to[FG_TIME_TEXT_MAX];
    fg_buf_puts(&path, "/v1/report?period=");
    fg_url_escape(&path, period ? period : "week", false);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    if (rc < 0)
        return rc;
    const char *html = fg_args_get(&cli->args, "html");
    if (html)
        return fg_report_html(cli, answer.doc, html, err);
    if (fg_cli_json(cli, answer.doc))
        return 0;
    fg_time_format(fg_view_time(answer.doc, "from"), from);
    fg_time_format(fg_view_time(answer.doc, "to"), to);
    printf("%.16s to %.16s UTC\n\n", from, to);
    print_demand(cli, fg_doc_get(answer.doc, "demand"));
    print_plans(cli, answer.doc);
    print_suppliers(cli, answer.doc);
    return print_energy(cli, answer.doc, err);
}
