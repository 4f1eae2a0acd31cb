/* plan_print.c - see plan_print.h */
#include "cli/plan_print.h"

#include "cli/correction_print.h"
#include "cli/human.h"
#include "cli/spark.h"
#include "cli/table.h"
#include "cli/view.h"

#include "base/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPARK_WIDTH 40

static const char *when(const struct fg_doc *doc, const char *key, char out[FG_TIME_TEXT_MAX])
{
    int64_t us = fg_view_time(doc, key);
    if (us == 0)
        return "now";
    fg_time_format(us / 60000000 * 60000000, out);
    return out;
}

static void print_head(const struct fg_doc *doc, const struct fg_doc *plan)
{
    char created[FG_TIME_TEXT_MAX], begin[FG_TIME_TEXT_MAX];
    const struct fg_doc *periods = fg_doc_get(plan, "periods");
    printf("plan %s: %s, made %s by %s; %zu periods of %g h from %s\n", fg_view_text(doc, "id"),
           fg_view_text(doc, "state"), when(doc, "created", created),
           fg_view_text(doc, "created_by"), periods ? periods->len : 0,
           fg_view_real(plan, "period_hours", 0), when(plan, "begin", begin));
    if (fg_view_text(doc, "decided_by")[0])
        printf("%s by %s%s%s\n",
               strcmp(fg_view_text(doc, "state"), "rejected") == 0 ? "rejected" : "approved",
               fg_view_text(doc, "decided_by"), fg_view_text(doc, "remark")[0] ? ": " : "",
               fg_view_text(doc, "remark"));
    int64_t hours = fg_view_int(plan, "history_hours", 0);
    if (hours > 0)
        printf("from %" PRId64 " hours of history%s\n", hours,
               hours < 168 ? ", less than a week: take it with care" : "");
    for (const struct fg_doc *at = fg_view_first(plan, "corrections"); at; at = at->next)
        fg_correction_print(at);
}

/* -- what is forecast ------------------------------------------------------------------------------------------ */

/* A period is [mean, low, high]. */
static double part(const struct fg_doc *period, int which)
{
    const struct fg_doc *at = period->first;
    while (at && which-- > 0)
        at = at->next;
    return at ? at->real : 0;
}

static void print_class(const struct fg_doc *class, const struct fg_term *term)
{
    FG_AUTO(fg_buf) struct fg_buf spark = {};
    const struct fg_doc *first = fg_view_first(class, "periods"), *last = first;
    double values[SPARK_WIDTH * 25], top = 0, low = INFINITY, high = 0;
    size_t len = 0;
    for (const struct fg_doc *at = first; at; last = at, at = at->next) {
        if (len < sizeof(values) / sizeof(values[0]))
            values[len++] = part(at, 0);
        top = fmax(top, part(at, 0));
        low = fmin(low, part(at, 1));
        high = fmax(high, part(at, 2));
    }
    for (size_t i = 0; i < len; i++)
        values[i] = top > 0 ? values[i] / top : 0;
    size_t width = len < SPARK_WIDTH ? len : SPARK_WIDTH;
    fg_spark_add(&spark, values, len, width, term->utf8);
    if (len > 0)
        printf("  %-16s %s  %.1f devices first, %.1f last; 80 %% between %.1f and %.1f\n",
               fg_view_text(class, "class"), spark.text, part(first, 0), part(last, 0), low,
               high);
}

/* -- orders ------------------------------------------------------------------------------------------------------ */

static void print_orders(const struct fg_doc *plan, const struct fg_term *term)
{
    static const struct fg_column columns[] = {{"ORDERS", false, 8},   {"FROM", false, 6},
                                               {"CONTRACT", false, 0}, {"REGION", false, 6},
                                               {"ORDER", false, 0},    {"THERE", false, 0},
                                               {"UNTIL", false, 0},    {"COST USD", true, 0},
                                               {"DUE USD", true, 0},   {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    char text[FG_TIME_TEXT_MAX];
    const struct fg_doc *ask = fg_view_first(plan, "asks");
    for (const struct fg_doc *at = fg_view_first(plan, "orders"); at; at = at->next) {
        fg_table_addf(table, "+ %" PRId64 " x %s (%" PRId64 " %s)", fg_view_int(at, "count", 0),
                      fg_view_text(at, "instance_type"),
                      fg_view_int(at, "accelerator_count", 0), fg_view_text(at, "accelerator"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "supplier"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "contract"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "region"));
        fg_table_add(table, FG_PLAIN, when(at, "order_time", text));
        fg_table_add(table, FG_PLAIN, when(at, "start_time", text));
        fg_table_add(table, FG_PLAIN,
                     ask && fg_view_has(ask, "until") ? when(ask, "until", text) : NULL);
        fg_table_addf(table, "%.2f", fg_view_real(at, "cost", 0));
        fg_table_addf(table, "%.2f", fg_view_real(at, "cash", 0));
        ask = ask ? ask->next : NULL;
    }
    printf("\n");
    if (fg_table_len(table))
        fg_table_print(table, term, stdout);
    else
        printf("it orders nothing: what there is, and what is rented as needed, is cheaper\n");
}

static void print_as_needed(const struct fg_doc *plan, const struct fg_term *term)
{
    static const struct fg_column columns[] = {{"AS NEEDED", false, 8},
                                               {"FROM", false, 6},
                                               {"CONTRACT", false, 0},
                                               {"REGION", false, 6},
                                               {"INSTANCE HOURS", true, 0},
                                               {"COST USD", true, 0},
                                               {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (const struct fg_doc *at = fg_view_first(plan, "recourse_offers"); at; at = at->next) {
        fg_table_addf(table, "%s (%" PRId64 " %s)", fg_view_text(at, "instance_type"),
                      fg_view_int(at, "accelerator_count", 0), fg_view_text(at, "accelerator"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "supplier"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "contract"));
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "region"));
        fg_table_addf(table, "%.1f", fg_view_real(at, "instance_hours", 0));
        fg_table_addf(table, "%.2f", fg_view_real(at, "cost", 0));
    }
    if (!fg_table_len(table))
        return;
    printf("\n");
    fg_table_print(table, term, stdout);
}

static double greatest(const struct fg_doc *list)
{
    double most = 0;
    for (const struct fg_doc *at = list ? list->first : NULL; at; at = at->next)
        most = fmax(most, at->real);
    return most;
}

/* A line of what is put off, or caught up, by period. */
static void add_spark(struct fg_buf *out, const struct fg_doc *list, bool utf8)
{
    double values[SPARK_WIDTH * 25], top = greatest(list);
    size_t len = 0;
    for (const struct fg_doc *at = list ? list->first : NULL; at; at = at->next)
        if (len < sizeof(values) / sizeof(values[0]))
            values[len++] = top > 0 ? at->real / top : 0;
    fg_spark_add(out, values, len, len < SPARK_WIDTH ? len : SPARK_WIDTH, utf8);
}

static void print_waits(const struct fg_doc *plan, const struct fg_term *term)
{
    const struct fg_doc *first = fg_view_first(plan, "waits");
    if (first)
        printf("\nmay wait\n");
    for (const struct fg_doc *at = first; at; at = at->next) {
        FG_AUTO(fg_buf) struct fg_buf off = {}, in = {};
        const struct fg_doc *put_off = fg_doc_get(at, "put_off"),
                            *caught_up = fg_doc_get(at, "caught_up");
        printf("  %-16s %.1f %% for up to %g h: %.1f device hours put off\n",
               fg_view_text(at, "class"), 100 * fg_view_real(at, "share", 0),
               fg_view_real(at, "wait_hours", 0), fg_view_real(at, "unit_hours_put_off", 0));
        if (greatest(put_off) <= 0)
            continue;
        add_spark(&off, put_off, term->utf8);
        add_spark(&in, caught_up, term->utf8);
        printf("    put off        %s  %.2f devices at most\n", off.text, greatest(put_off));
        printf("    caught up      %s  %.2f devices at most\n", in.text, greatest(caught_up));
    }
}

static void print_sums(const struct fg_doc *plan)
{
    printf("\ncost      %.2f USD: %.2f committed, %.2f as needed (expected)\n",
           fg_view_real(plan, "cost", 0), fg_view_real(plan, "committed", 0),
           fg_view_real(plan, "recourse", 0));
    printf("unmet     %.4f %% of demand, %.4f %% in the worst scenario\n",
           100 * fg_view_real(plan, "unmet", 0), 100 * fg_view_real(plan, "unmet_worst", 0));
    if (fg_view_has(plan, "cvar"))
        printf("risk      %.2f USD on average in the worst cases (CVaR)\n",
               fg_view_real(plan, "cvar", 0));
    printf("how good  within %.4f %% of the best plan there is\n",
           100 * fg_view_real(plan, "gap", 0));
}

static const struct fg_doc *item(const struct fg_doc *plan, const char *list, int64_t number)
{
    const struct fg_doc *at = fg_view_first(plan, list);
    while (at && number-- > 0)
        at = at->next;
    return at;
}

static void print_why(const struct fg_doc *plan)
{
    for (const struct fg_doc *at = fg_view_first(plan, "runners_up"); at; at = at->next) {
        const struct fg_doc *order = item(plan, "orders", fg_view_int(at, "order", 0));
        printf("instead of %s: %s %s (%s) was second, %.4f USD a device hour too dear\n",
               fg_view_text(order, "instance_type"), fg_view_text(at, "supplier"),
               fg_view_text(at, "instance_type"), fg_view_text(at, "contract"),
               fg_view_real(at, "too_dear_by_usd_per_device_hour", 0));
    }
    for (const struct fg_doc *at = fg_view_first(plan, "binds"); at; at = at->next)
        printf("binds: %s %s%s%s, one more saves %.2f USD\n", fg_view_text(at, "limit"),
               fg_view_text(at, "supplier"), fg_view_text(at, "class"),
               fg_view_text(at, "instance_type"), fg_view_real(at, "gain", 0));
}

static void print_what_ifs(const struct fg_doc *plan, const struct fg_term *term)
{
    static const struct fg_column columns[] = {
        {"WHAT IF", false, 16}, {"OBJECTIVE USD", true, 0}, {"CHANGE", true, 0},
        {"UNMET", true, 0},     {"ORDERS", true, 0},        {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    double now = fg_view_real(plan, "upper_bound", 0);
    for (const struct fg_doc *at = fg_view_first(plan, "what_if"); at; at = at->next) {
        double then = fg_view_real(at, "upper_bound", 0);
        fg_table_add(table, FG_PLAIN, fg_view_text(at, "what"));
        fg_table_addf(table, "%.2f", then);
        fg_table_addf(table, "%+.2f %%", now > 0 ? 100 * (then / now - 1) : 0);
        fg_table_addf(table, "%.3f %%", 100 * fg_view_real(at, "unmet", 0));
        fg_table_addf(table, "%" PRId64, fg_view_int(at, "orders", 0));
    }
    if (!fg_table_len(table))
        return;
    printf("\n");
    fg_table_print(table, term, stdout);
}

void fg_plan_print(const struct fg_doc *doc, const struct fg_term *term)
{
    const struct fg_doc *plan = fg_doc_get(doc, "plan");
    print_head(doc, plan);
    printf("\nforecast\n");
    for (const struct fg_doc *at = fg_view_first(plan, "forecasts"); at; at = at->next)
        print_class(at, term);
    print_orders(plan, term);
    print_as_needed(plan, term);
    print_waits(plan, term);
    print_sums(plan);
    print_why(plan);
    print_what_ifs(plan, term);
    if (strcmp(fg_view_text(doc, "state"), "draft") == 0)
        printf("\nfastgpu plan approve %s, then plan apply; or plan reject\n",
               fg_view_text(doc, "id"));
}

/* -- differences --------------------------------------------------------------------------------------------------- */

#define LINES_MAX 512

/* So much of one thing for sale, here and there. */
struct line {
    const char *supplier, *instance, *contract, *region;
    int64_t here, there;
};

struct lines {
    struct line list[LINES_MAX];
    size_t len;
};

static struct line *find(struct lines *lines, const struct line *like)
{
    for (size_t i = 0; i < lines->len; i++) {
        struct line *at = &lines->list[i];
        if (strcmp(at->supplier, like->supplier) == 0
            && strcmp(at->instance, like->instance) == 0
            && strcmp(at->contract, like->contract) == 0
            && strcmp(at->region, like->region) == 0)
            return at;
    }
    if (lines->len == LINES_MAX)
        return NULL;
    lines->list[lines->len] = *like;
    return &lines->list[lines->len++];
}

static void add_plan(struct lines *lines, const struct fg_doc *doc, bool is_here)
{
    for (const struct fg_doc *at = fg_view_first(fg_doc_get(doc, "plan"), "orders"); at;
         at = at->next) {
        struct line *line =
            find(lines, &(struct line){.supplier = fg_view_text(at, "supplier"),
                                       .instance = fg_view_text(at, "instance_type"),
                                       .contract = fg_view_text(at, "contract"),
                                       .region = fg_view_text(at, "region")});
        if (line)
            *(is_here ? &line->here : &line->there) += fg_view_int(at, "count", 0);
    }
}

static bool is_alive(const char *state)
{
    static const char *const alive[] = {"approved", "ordered", "delivered", "inspected",
                                        "active"};
    for (size_t i = 0; i < sizeof(alive) / sizeof(alive[0]); i++)
        if (strcmp(alive[i], state) == 0)
            return true;
    return false;
}

static void add_orders(struct lines *lines, const struct fg_doc *items)
{
    for (const struct fg_doc *at = items ? items->first : NULL; at; at = at->next) {
        const struct fg_doc *offer = fg_doc_get(at, "offer");
        if (!offer || !is_alive(fg_view_text(at, "state")))
            continue;
        struct line *line =
            find(lines, &(struct line){.supplier = fg_view_text(offer, "supplier"),
                                       .instance = fg_view_text(offer, "instance"),
                                       .contract = fg_view_text(offer, "contract"),
                                       .region = fg_view_text(offer, "region")});
        if (line)
            line->there += fg_view_int(at, "count", 0);
    }
}

void fg_plan_diff_print(const struct fg_doc *plan,
                        const struct fg_doc *other,
                        const struct fg_doc *orders,
                        const struct fg_term *term)
{
    static const struct fg_column columns[] = {{"", false, 0},       {"INSTANCE", false, 8},
                                               {"FROM", false, 6},   {"CONTRACT", false, 0},
                                               {"REGION", false, 6}, {"THERE", true, 0},
                                               {"PLAN", true, 0},    {}};
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    struct lines lines = {};
    add_plan(&lines, plan, true);
    if (other)
        add_plan(&lines, other, false);
    else
        add_orders(&lines, orders);
    for (size_t i = 0; i < lines.len; i++) {
        const struct line *line = &lines.list[i];
        bool adds = other ? line->here > line->there : line->here > 0;
        if (other && line->here == line->there)
            continue;
        fg_table_add(table, FG_BOLD, adds ? "+" : other ? "-" : " ");
        fg_table_add(table, FG_PLAIN, line->instance);
        fg_table_add(table, FG_PLAIN, line->supplier);
        fg_table_add(table, FG_PLAIN, line->contract);
        fg_table_add(table, FG_PLAIN, line->region);
        fg_table_addf(table, "%" PRId64, line->there);
        fg_table_addf(table, "%+" PRId64, other ? line->here - line->there : line->here);
    }
    if (fg_table_len(table))
        fg_table_print(table, term, stdout);
    else
        printf("no difference\n");
    if (other)
        printf("cost: %.2f USD, the other %.2f USD\n",
               fg_view_real(fg_doc_get(plan, "plan"), "cost", 0),
               fg_view_real(fg_doc_get(other, "plan"), "cost", 0));
}
