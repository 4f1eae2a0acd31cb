/* top_overview.c - see top_overview.h */
#include "cli/top_overview.h"

#include "cli/human.h"
#include "cli/spark.h"
#include "cli/view.h"

#include <inttypes.h>
#include <string.h>

#define CURVE_WIDTH    40
#define NAME_WIDTH     12
#define SUPPLIER_WIDTH 75 /* columns before its curve */
#define GAUGE_WIDTH    16
#define WAITS_PERIOD   15 /* pictures between two questions about decisions */
#define NAMES_MAX      3
#define BUDGET_TENTHS  9 /* of a budget: from here on it is named */

/* -- curves ------------------------------------------------------------------------------------------ */

static double share(int64_t part, int64_t all)
{
    return all > 0 ? (double)part / (double)all : -1;
}

static double granted(const struct fg_top_sums *sums)
{
    return share(sums->used_milli, 1000 * sums->devices);
}

void fg_top_learn(struct fg_top *top,
                  const struct fg_doc *status,
                  const struct fg_top_pool *pool)
{
    const struct fg_doc *jobs = fg_doc_get(status, "jobs");
    const struct fg_top_sums *all = &pool->all;
    fg_top_curve_add(&top->totals[FG_TOP_QUEUED], (double)fg_view_int(jobs, "queued", 0));
    fg_top_curve_add(
        &top->totals[FG_TOP_RUNNING],
        (double)(fg_view_int(jobs, "running", 0) + fg_view_int(jobs, "starting", 0)));
    fg_top_curve_add(&top->totals[FG_TOP_GRANTED], granted(all));
    fg_top_curve_add(&top->totals[FG_TOP_BUSY], share(all->busy_milli, 1000 * all->busy_len));
    fg_top_curve_add(&top->totals[FG_TOP_POWER],
                     all->power_len ? (double)all->power_mw / 1000 : -1);
    for (size_t i = 0; i < pool->by_len; i++) {
        struct fg_top_curve *curve = fg_top_supplier(top, pool->by[i].name);
        if (curve)
            fg_top_curve_add(curve, granted(&pool->by[i]));
    }
}

/* A curve as blocks behind `used` columns, the highest of it a full one; shares as they are. */
static void add_curve(struct fg_top_screen *screen,
                      struct fg_buf *text,
                      const struct fg_top_curve *curve,
                      size_t used,
                      bool is_share)
{
    size_t left = screen->width > used ? screen->width - used : 0;
    double values[FG_TOP_HISTORY], most = is_share ? 1 : 0;
    for (size_t i = 0; i < curve->len && !is_share; i++)
        most = curve->values[i] > most ? curve->values[i] : most;
    for (size_t i = 0; i < curve->len; i++)
        values[i] =
            curve->values[i] < 0 || most <= 0 ? curve->values[i] : curve->values[i] / most;
    fg_spark_add(text, values, curve->len, left < CURVE_WIDTH ? left : CURVE_WIDTH,
                 fg_top_utf8(screen));
}

/* -- totals ------------------------------------------------------------------------------------------ */

static void total(struct fg_top_screen *screen,
                  const struct fg_top_curve *curve,
                  const char *name,
                  const char *unit,
                  bool is_share)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    double now = curve->len > 0 ? curve->values[curve->len - 1] : -1;
    if (now < 0)
        return;
    fg_top_column(screen, &text, name, NAME_WIDTH);
    fg_buf_printf(&text, "%9.0f%-3s ", is_share ? 100 * now : now, unit);
    add_curve(screen, &text, curve, NAME_WIDTH + 14, is_share);
    fg_top_line(screen, FG_PLAIN, text.text);
}

void fg_top_totals(struct fg_top_screen *screen,
                   const struct fg_top *top,
                   const struct fg_doc *status,
                   const struct fg_top_pool *pool)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    fg_buf_printf(&text, "POOL  %" PRId64 " of %" PRId64 " nodes up, devices: %" PRId64,
                  pool->all.nodes_up, pool->all.nodes, pool->all.devices);
    if (pool->all.out_of_service > 0)
        fg_buf_printf(&text, ", %" PRId64 " out of service", pool->all.out_of_service);
    if (fg_view_has(status, "isolation"))
        fg_buf_printf(&text, "   isolation %s", fg_view_text(status, "isolation"));
    fg_top_head(screen, text.text);
    total(screen, &top->totals[FG_TOP_QUEUED], "queued", "", false);
    total(screen, &top->totals[FG_TOP_RUNNING], "running", "", false);
    total(screen, &top->totals[FG_TOP_GRANTED], "granted", "%", true);
    total(screen, &top->totals[FG_TOP_BUSY], "busy", "%", true);
    total(screen, &top->totals[FG_TOP_POWER], "power", " W", false);
}

/* -- suppliers --------------------------------------------------------------------------------------- */

static void supplier(struct fg_top_screen *screen,
                     struct fg_top *top,
                     const struct fg_top_sums *sums)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    char part[3 * FG_HUMAN_MAX];
    struct fg_top_curve *curve = fg_top_supplier(top, sums->name);
    fg_top_column(screen, &text, sums->name[0] ? sums->name : "this machine", 18);
    snprintf(part, sizeof(part), "%" PRId64 "/%" PRId64, sums->nodes_up, sums->nodes);
    fg_top_column(screen, &text, part, 9);
    fg_buf_puts(&text, "[");
    fg_gauge_add(&text, granted(sums), GAUGE_WIDTH, fg_top_utf8(screen));
    snprintf(part, sizeof(part), "] %.1f/%" PRId64, (double)sums->used_milli / 1000,
             sums->devices);
    fg_top_column(screen, &text, part, 18);
    if (sums->power_len > 0)
        snprintf(part, sizeof(part), "%.0f W", (double)sums->power_mw / 1000);
    fg_top_column(screen, &text, sums->power_len > 0 ? part : "", 9);
    if (curve)
        add_curve(screen, &text, curve, SUPPLIER_WIDTH, true);
    fg_top_line(screen, sums->nodes_up < sums->nodes ? FG_WARN : FG_PLAIN, text.text);
}

void fg_top_suppliers(struct fg_top_screen *screen,
                      struct fg_top *top,
                      const struct fg_top_pool *pool)
{
    if (pool->by_len < 2)
        return;
    fg_top_head(screen,
                "SUPPLIER           NODES UP  DEVICES GRANTED                      POWER");
    for (size_t i = 0; i < pool->by_len; i++)
        if (pool->by[i].nodes > 0)
            supplier(screen, top, &pool->by[i]);
}

/* -- what needs attention ---------------------------------------------------------------------------- */

/* Nodes in `state`: how many, and the first names. */
static void nodes_in(struct fg_top_screen *screen, const struct fg_doc *map, const char *state)
{
    FG_AUTO(fg_buf) struct fg_buf text = {}, names = {};
    const struct fg_doc *pool = fg_doc_get(map, "pool"),
                        *nodes = pool ? fg_doc_get(pool, "nodes") : NULL;
    const struct fg_doc *name = nodes ? fg_view_first(nodes, "name") : NULL;
    int64_t len = 0;
    for (const struct fg_doc *at = nodes ? fg_view_first(nodes, "state") : NULL; at && name;
         at = at->next, name = name->next)
        if (at->kind == FG_DOC_TEXT && strcmp(at->text, state) == 0 && len++ < NAMES_MAX)
            fg_buf_printf(&names, "%s %s", len > 1 ? "," : "", name->text);
    if (len == 0)
        return;
    fg_buf_printf(&text, "%" PRId64 " node%s %s:%s%s", len, len == 1 ? "" : "s", state,
                  names.text, len > NAMES_MAX ? ", ..." : "");
    fg_top_line(screen, FG_WARN, text.text);
}

static int64_t count_items(const struct fg_doc *doc, const char *state)
{
    int64_t len = 0;
    for (const struct fg_doc *at = fg_view_first(doc, "items"); at; at = at->next)
        len += strcmp(fg_view_text(at, "state"), state) == 0;
    return len;
}

/* Alerts that nobody has acknowledged: the worst by name.  What the pool tells of itself is left to it. */
static void ask_alerts(struct fg_cli *cli, struct fg_buf *out)
{
    static const char *const severities[] = {"critical", "warning"};
    FG_AUTO(fg_answer) struct fg_answer alerts = {};
    int64_t len = 0;
    if (fg_cli_get(cli, "/v1/alerts?state=open&limit=100", &alerts, NULL) < 0)
        return;
    for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++)
        for (const struct fg_doc *at = fg_view_first(alerts.doc, "items"); at; at = at->next)
            if (strcmp(fg_view_text(at, "severity"), severities[i]) == 0
                && strcmp(fg_view_text(at, "cause"), "node_down") != 0 && len++ < NAMES_MAX)
                fg_buf_printf(out, "%s: %s\n", severities[i], fg_view_text(at, "text"));
    if (len > NAMES_MAX)
        fg_buf_printf(out, "%" PRId64 " alerts more: fastgpu alert list\n", len - NAMES_MAX);
}

static void ask_decisions(struct fg_cli *cli, struct fg_buf *out)
{
    FG_AUTO(fg_answer) struct fg_answer orders = {}, plans = {}, proposals = {};
    int64_t len = 0;
    if (fg_cli_get(cli, "/v1/orders?state=planned&limit=100", &orders, NULL) == 0
        && (len = count_items(orders.doc, "planned")) > 0)
        fg_buf_printf(out, "%" PRId64 " order%s to approve: fastgpu order list\n", len,
                      len == 1 ? "" : "s");
    if (fg_cli_get(cli, "/v1/plans?limit=20", &plans, NULL) == 0
        && (len = count_items(plans.doc, "draft")) > 0)
        fg_buf_printf(out, "%" PRId64 " plan%s to decide about: fastgpu plan list\n", len,
                      len == 1 ? "" : "s");
    if (fg_cli_get(cli, "/v1/proposals?limit=20", &proposals, NULL) == 0
        && count_items(proposals.doc, "proposed") > 0)
        fg_buf_puts(out, "a better policy is proposed: fastgpu tune list\n");
}

static void ask_budgets(struct fg_cli *cli, struct fg_buf *out)
{
    FG_AUTO(fg_answer) struct fg_answer projects = {};
    if (fg_cli_get(cli, "/v1/projects", &projects, NULL) < 0)
        return;
    for (const struct fg_doc *at = fg_view_first(projects.doc, "items"); at; at = at->next) {
        const struct fg_doc *budget = fg_doc_get(at, "budget"),
                            *usage = fg_doc_get(at, "usage");
        int64_t all = budget ? fg_view_int(budget, "uusd", 0) : 0;
        int64_t spent = usage ? fg_view_int(usage, "spent_uusd", 0) : 0;
        char spent_text[FG_HUMAN_MAX], all_text[FG_HUMAN_MAX];
        if (all <= 0 || spent < all / 10 * BUDGET_TENTHS)
            continue;
        fg_human_money(spent, spent_text);
        fg_human_money(all, all_text);
        fg_buf_printf(out, "budget of %s: %s of %s spent\n", fg_view_text(at, "name"),
                      spent_text, all_text);
    }
}

void fg_top_attention(struct fg_top_screen *screen,
                      struct fg_top *top,
                      const struct fg_doc *map)
{
    if (top->waits_age++ % WAITS_PERIOD == 0) {
        fg_buf_clear(&top->waits);
        ask_alerts(screen->cli, &top->waits);
        ask_decisions(screen->cli, &top->waits);
        ask_budgets(screen->cli, &top->waits);
    }
    nodes_in(screen, map, "down");
    nodes_in(screen, map, "draining");
    for (const char *at = top->waits.text; at && *at;) {
        FG_AUTO(fg_buf) struct fg_buf text = {};
        size_t len = strcspn(at, "\n");
        fg_buf_add(&text, at, len);
        fg_top_line(screen, strncmp(text.text, "critical", 8) == 0 ? FG_BAD : FG_WARN,
                    text.text);
        at += len + (at[len] == '\n');
    }
}
