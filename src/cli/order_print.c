/* order_print.c - see order_print.h */
#include "cli/order_print.h"

#include "cli/human.h"

#include "base/clock.h"

#include <inttypes.h>
#include <string.h>

const struct fg_column fg_order_columns[] = {
    {"ID", true, 0},
    {"STATE", false, 0},
    {"SUPPLIER", false, 8},
    {"INSTANCE", false, 8},
    {"N", true, 0},
    {"DEVICES", false, 8},
    {"PROJECT", false, 6},
    {"USD/H", true, 0},
    {"COST", true, 0},
    {"WHY", false, 12},
    {},
};

static int64_t count(const struct fg_doc *order)
{
    return fg_view_int(order, "count", 0);
}

/* Up to now, where that is told. */
static int64_t cost_of(const struct fg_doc *order)
{
    return fg_view_int(order, "accrued_uusd", fg_view_int(order, "cost_uusd", 0));
}

static enum fg_style style_of(const char *state)
{
    if (strcmp(state, "active") == 0)
        return FG_GOOD;
    if (strcmp(state, "rejected") == 0)
        return FG_BAD;
    return strcmp(state, "released") == 0 || strcmp(state, "cancelled") == 0 ? FG_DIM : FG_WARN;
}

void fg_order_add_row(struct fg_table *table, const struct fg_doc *order)
{
    const struct fg_doc *offer = fg_doc_get(order, "offer");
    const char *state = fg_view_text(order, "state"), *project = fg_view_text(order, "project"),
               *reason = fg_view_text(order, "reason");
    char cost[FG_HUMAN_MAX], hourly[FG_HUMAN_MAX];
    fg_human_money(cost_of(order), cost);
    fg_human_money(count(order) * fg_view_int(offer, "price_uusd_per_hour", 0), hourly);
    fg_table_add(table, FG_BOLD, fg_view_text(order, "id"));
    fg_table_add(table, style_of(state), fg_view_bool(order, "leaving") ? "leaving" : state);
    fg_table_add(table, FG_PLAIN, fg_view_text(order, "supplier"));
    fg_table_add(table, FG_PLAIN, fg_view_text(offer, "instance"));
    fg_table_addf(table, "%" PRId64, count(order));
    fg_table_addf(table, "%" PRId64 " x %s",
                  count(order) * fg_view_int(offer, "accelerators", 0),
                  fg_view_text(offer, "accelerator"));
    fg_table_add(table, FG_PLAIN, project[0] ? project : "-");
    fg_table_add(table, FG_PLAIN, hourly);
    fg_table_add(table, FG_PLAIN, cost);
    fg_table_add(table, FG_DIM, reason[0] ? reason : fg_view_text(order, "cause"));
}

/* -- one --------------------------------------------------------------------------------------------------------- */

static void line(const char *label, const char *text)
{
    if (text[0])
        printf("%-12s %s\n", label, text);
}

static void moment(const char *label, const struct fg_doc *doc, const char *key)
{
    char text[FG_TIME_TEXT_MAX] = "";
    int64_t time_us = fg_view_time(doc, key);
    if (time_us)
        fg_time_format(time_us / 1000000 * 1000000, text);
    line(label, text);
}

static void money(const char *label, int64_t uusd, const char *more)
{
    char text[FG_HUMAN_MAX];
    fg_human_money(uusd, text);
    printf("%-12s %s%s\n", label, text, more);
}

static void print_lead(const struct fg_doc *order)
{
    int64_t ordered_us = fg_view_time(order, "ordered"),
            delivered_us = fg_view_time(order, "delivered_at"),
            promised_us = fg_view_time(order, "promised");
    char lead[FG_HUMAN_MAX], promised[FG_HUMAN_MAX];
    if (!ordered_us || !delivered_us)
        return;
    fg_human_duration(delivered_us - ordered_us, lead);
    printf("%-12s %s", "lead time", lead);
    if (promised_us >= ordered_us) {
        fg_human_duration(promised_us - ordered_us, promised);
        printf(", promised %s", promised);
    }
    printf("\n");
}

static void print_terms(const struct fg_doc *order)
{
    const struct fg_doc *offer = fg_doc_get(order, "offer");
    line("contract", fg_view_text(offer, "contract"));
    line("region", fg_view_text(offer, "region"));
    money("at most", fg_view_int(order, "max_uusd_per_hour", 0), " an instance and hour");
    line("approved by", fg_view_text(order, "approved_by"));
    line("reference", fg_view_text(order, "reference"));
    line("key", fg_view_text(order, "key"));
    moment("wanted", order, "wanted");
    moment("promised", order, "promised");
    moment("until", order, "until");
    print_lead(order);
    money("cost", cost_of(order), " so far");
    money("  booked", fg_view_int(order, "cost_uusd", 0), "");
    money("  unused", fg_view_int(order, "idle_uusd", 0), "");
    for (const struct fg_doc *at = fg_view_first(order, "used"); at; at = at->next) {
        FG_AUTO(fg_buf) struct fg_buf more = {};
        fg_buf_printf(&more, " by project %s", fg_view_text(at, "project"));
        money("  used", fg_view_int(at, "uusd", 0), more.text);
    }
    money("due", fg_view_int(order, "cash_uusd", 0), " to the supplier so far");
}

static void print_machines(const struct fg_cli *cli, const struct fg_doc *order)
{
    static const struct fg_column columns[] = {
        {"MACHINE", false, 8}, {"ADDRESS", false, 8}, {"INSPECTION", false, 12}, {}};
    const struct fg_doc *first = fg_view_first(order, "instances");
    if (!first)
        return;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = first; at; at = at->next) {
        const char *verdict = fg_view_text(at, "verdict");
        bool gone = fg_view_has(at, "gone");
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "id"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "address"));
        fg_table_add(table,
                     gone                               ? FG_BAD
                     : strcmp(verdict, "accepted") == 0 ? FG_GOOD
                                                        : FG_WARN,
                     gone         ? "lost"
                     : verdict[0] ? verdict
                                  : "not yet");
    }
    printf("\n");
    fg_table_print(table, &cli->out, stdout);
}

static void print_story(const struct fg_cli *cli, const struct fg_doc *order)
{
    static const struct fg_column columns[] = {
        {"TIME", false, 0}, {"WHAT", false, 0}, {"BY", false, 6}, {"", false, 20}, {}};
    const struct fg_doc *first = fg_view_first(order, "story");
    if (!first)
        return;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = first; at; at = at->next) {
        char time[FG_TIME_TEXT_MAX];
        fg_time_format(fg_view_time(at, "time") / 1000000 * 1000000, time);
        fg_table_add(table, FG_DIM, time);
        fg_table_add(table, FG_BOLD, fg_view_text(at, "kind"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "by"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "text"));
    }
    printf("\n");
    fg_table_print(table, &cli->out, stdout);
}

void fg_order_print(const struct fg_cli *cli, const struct fg_doc *order)
{
    if (fg_cli_json(cli, order))
        return;
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(fg_order_columns);
    fg_order_add_row(table, order);
    fg_table_print(table, &cli->out, stdout);
    if (!fg_view_has(order, "story"))
        return;
    printf("\n");
    print_terms(order);
    print_machines(cli, order);
    print_story(cli, order);
}
