/* report_page.c - the page itself; see report_html.h */
#include "cli/human.h"
#include "cli/report_html.h"
#include "cli/saved_text.h"
#include "cli/view.h"

#include "base/clock.h"
#include "sim/plot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_SHOWN 12
/* What is said of a class of jobs, or a node, needs so many cases. */
#define CASES_LEAST 5

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta name=\"color-scheme\" content=\"light dark\"><title>FastGPU report</title><style>\n"
    ":root{--bg:#fbfbfa;--panel:#fff;--ink:#1c1f23;--soft:#5b646e;--rule:#e1e4e8;--bar:#1f6feb}"
    "\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--panel:#1c2024;--ink:#e6e8ea;"
    "--soft:#9aa4ae;--rule:#30363d;--bar:#6cb0ff}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif}main{max-width:1080px;margin:0 auto;padding:28px 20px "
    "48px}\n"
    "h1{font-size:24px;margin:0}h2{font-size:18px;margin:34px 0 8px}p{margin:6px "
    "0}.soft{color:var(--soft)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;"
    "margin:20px 0}"
    ".tiles div{background:var(--panel);border:1px solid "
    "var(--rule);border-radius:8px;padding:12px 14px}"
    ".tiles b{display:block;font-size:22px}.tiles span{color:var(--soft)}\n"
    ".scroll{overflow-x:auto;background:var(--panel);border:1px solid "
    "var(--rule);border-radius:8px;margin:10px 0}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{padding:7px 12px;text-align:right;white-space:nowrap;border-bottom:1px solid "
    "var(--rule)}"
    "th{font-weight:600;color:var(--soft)}th:first-child,td:first-child,.text{text-align:left}"
    "td.text{white-space:normal}.words th,.words td{text-align:left}tr:last-child "
    "td{border-bottom:0}"
    ".bar{display:inline-block;height:9px;background:var(--bar);border-radius:2px;margin-right:"
    "6px}\n"
    "ul{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:12px "
    "14px 12px 32px}li{margin:4px 0}\n"
    "</style></head><body><main>\n";

/* -- pieces ---------------------------------------------------------------------------------------------- */

static void tile(struct fg_buf *out, const char *value, const char *name)
{
    fg_buf_puts(out, "<div><b>");
    fg_html_text(out, value);
    fg_buf_printf(out, "</b><span>%s</span></div>\n", name);
}

/* `titles` by |; the first column is text, the others are numbers, unless `class` is "words". */
static void table_begin(struct fg_buf *out, const char *class, const char *titles)
{
    fg_buf_printf(out, "<div class=\"scroll\"><table class=\"%s\"><tr><th>", class);
    for (; *titles; titles++)
        if (*titles == '|')
            fg_buf_puts(out, "</th><th>");
        else
            fg_buf_printf(out, "%c", *titles);
    fg_buf_puts(out, "</th></tr>\n");
}

static void table_end(struct fg_buf *out)
{
    fg_buf_puts(out, "</table></div>\n");
}

static void cell(struct fg_buf *out, const char *text)
{
    fg_buf_puts(out, "<td>");
    fg_html_text(out, text);
    fg_buf_puts(out, "</td>");
}

static void text_cell(struct fg_buf *out, const char *text)
{
    fg_buf_puts(out, "<td class=\"text\">");
    fg_html_text(out, text);
    fg_buf_puts(out, "</td>");
}

static void count_cell(struct fg_buf *out, int64_t count)
{
    fg_buf_printf(out, "<td>%" PRId64 "</td>", count);
}

static void time_cell(struct fg_buf *out, int64_t us)
{
    char text[FG_HUMAN_MAX] = "-";
    if (us >= 0)
        fg_human_duration(us, text);
    cell(out, text);
}

static void money_cell(struct fg_buf *out, int64_t uusd)
{
    char text[FG_HUMAN_MAX];
    fg_human_money(uusd, text);
    cell(out, text);
}

static void percent_cell(struct fg_buf *out, const struct fg_doc *item, const char *key)
{
    if (fg_view_has(item, key))
        fg_buf_printf(out, "<td>%.1f %%</td>", 100 * fg_view_real(item, key, 0));
    else
        fg_buf_puts(out, "<td>-</td>");
}

static void energy_cell(struct fg_buf *out, double energy_j)
{
    if (energy_j > 0)
        fg_buf_printf(out, "<td>%.2f</td>", energy_j / 3.6e6);
    else
        fg_buf_puts(out, "<td>-</td>");
}

static void hours_cell(struct fg_buf *out, int64_t gpu_us, int64_t most_us)
{
    double part = most_us > 0 ? (double)gpu_us / (double)most_us : 0;
    fg_buf_printf(out, "<td><span class=\"bar\" style=\"width:%.0fpx\"></span>%.1f</td>",
                  80 * part, (double)gpu_us / 3.6e9);
}

/* -- what ran, what waited ------------------------------------------------------------------------------- */

static int more_time_first(const void *a, const void *b)
{
    const struct fg_report_owner *x = a, *y = b;
    if (x->gpu_us != y->gpu_us)
        return x->gpu_us > y->gpu_us ? -1 : 1;
    return x->jobs != y->jobs ? (x->jobs > y->jobs ? -1 : 1) : strcmp(x->name, y->name);
}

static void write_owners(struct fg_buf *out,
                         const char *titles,
                         struct fg_report_owner *owners,
                         size_t len)
{
    qsort(owners, len, sizeof(*owners), more_time_first);
    table_begin(out, "figures", titles);
    for (size_t i = 0; i < len && i < ROWS_SHOWN; i++) {
        struct fg_report_owner *owner = &owners[i];
        fg_buf_puts(out, "<tr>");
        cell(out, owner->name);
        count_cell(out, owner->jobs);
        count_cell(out, owner->succeeded);
        count_cell(out, owner->failed);
        count_cell(out, owner->waiting);
        time_cell(out, fg_report_wait_us(owner, 0.5));
        time_cell(out, fg_report_wait_us(owner, 0.95));
        hours_cell(out, owner->gpu_us, owners[0].gpu_us);
        energy_cell(out, owner->energy_j);
        money_cell(out, owner->cost_uusd);
        fg_buf_puts(out, "</tr>\n");
    }
    table_end(out);
}

static void write_ran(struct fg_buf *out, struct fg_report_jobs *jobs)
{
    fg_buf_puts(out, "<h2>What ran</h2>\n");
    if (jobs->all.jobs == 0) {
        fg_buf_puts(out, "<p>No job was submitted.</p>\n");
        return;
    }
    write_owners(out,
                 "Project|Jobs|Succeeded|Failed|Waiting|Wait, half|95 %|Device hours|kWh|Cost",
                 jobs->projects, jobs->projects_len);
    write_owners(out,
                 "User|Jobs|Succeeded|Failed|Waiting|Wait, half|95 %|Device hours|kWh|Cost",
                 jobs->users, jobs->users_len);
}

static void write_waits(struct fg_buf *out,
                        const char *titles,
                        const struct fg_report_wait *waits,
                        size_t len,
                        const char *const *reasons)
{
    table_begin(out, "words", titles);
    for (size_t i = 0; i < len; i++) {
        fg_buf_puts(out, "<tr>");
        cell(out, waits[i].id);
        text_cell(out, waits[i].name);
        text_cell(out, waits[i].project);
        time_cell(out, waits[i].wait_us);
        if (reasons)
            text_cell(out, reasons[i] ? reasons[i] : "");
        fg_buf_puts(out, "</tr>\n");
    }
    table_end(out);
}

static void write_waited(struct fg_buf *out, const struct fg_report_page *page)
{
    const struct fg_report_jobs *jobs = page->jobs;
    fg_buf_puts(out, "<h2>What waited, and why</h2>\n");
    if (jobs->waits_len)
        write_waits(out, "Waiting now|Name|Project|So long|Because", jobs->waits,
                    jobs->waits_len, page->reasons);
    else
        fg_buf_puts(out, "<p>Nobody waits now.</p>\n");
    if (jobs->began_len)
        write_waits(out, "Waited longest|Name|Project|So long", jobs->began, jobs->began_len,
                    NULL);
}

/* -- who wasted what ------------------------------------------------------------------------------------- */

static void write_waste(struct fg_buf *out, const struct fg_report_jobs *jobs)
{
    fg_buf_puts(out, "<h2>What came to nothing</h2>\n<p class=\"soft\">Device hours of jobs "
                     "that failed, ran out "
                     "of time or were cancelled; host memory that was asked for and never "
                     "used.</p>\n");
    table_begin(out, "figures",
                "User|Device hours lost|Of all its|Memory asked, GiB h|At most used|Used");
    for (size_t i = 0; i < jobs->users_len && i < ROWS_SHOWN; i++) {
        const struct fg_report_owner *user = &jobs->users[i];
        double lost =
            user->gpu_us > 0 ? 100.0 * (double)user->lost_gpu_us / (double)user->gpu_us : 0;
        double used = user->asked_gib_hours > 0
                          ? 100 * user->used_gib_hours / user->asked_gib_hours
                          : 100;
        fg_buf_puts(out, "<tr>");
        cell(out, user->name);
        fg_buf_printf(
            out,
            "<td>%.1f</td><td>%.0f %%</td><td>%.1f</td><td>%.1f</td><td>%.0f %%</td></tr>\n",
            (double)user->lost_gpu_us / 3.6e9, lost, user->asked_gib_hours,
            user->used_gib_hours, used);
    }
    table_end(out);
}

/* -- forecast, plans, suppliers -------------------------------------------------------------------------- */

static void write_forecast(struct fg_buf *out, const struct fg_doc *report)
{
    const struct fg_doc *item = fg_view_first(fg_doc_get(report, "demand"), "classes");
    fg_buf_puts(out, "<h2>How good the forecast was</h2>\n");
    if (!item) {
        fg_buf_puts(out, "<p>Too little demand is known yet to judge it.</p>\n");
        return;
    }
    table_begin(out, "figures", "Class|Days judged|Error|Error of as now|In the band of 80 %");
    for (; item; item = item->next) {
        fg_buf_puts(out, "<tr>");
        cell(out, fg_view_text(item, "class"));
        count_cell(out, fg_view_int(item, "days", 0));
        percent_cell(out, item, "wape");
        percent_cell(out, item, "as_now_wape");
        percent_cell(out, item, "coverage80");
        fg_buf_puts(out, "</tr>\n");
    }
    table_end(out);
}

static void write_plans(struct fg_buf *out, const struct fg_doc *report)
{
    const struct fg_doc *item = fg_view_first(report, "plans");
    fg_buf_puts(out, "<h2>How good plans were</h2>\n");
    if (!item) {
        fg_buf_puts(out, "<p>No plan was carried out, and no order ran.</p>\n");
        return;
    }
    table_begin(out, "figures", "Plan|Planned|Cost|Orders|Late|Refused|Taken back");
    for (; item; item = item->next) {
        const char *plan = fg_view_text(item, "plan");
        fg_buf_puts(out, "<tr>");
        cell(out, plan[0] ? plan : "(none)");
        money_cell(out, fg_view_int(item, "planned_uusd", 0));
        money_cell(out, fg_view_int(item, "cost_uusd", 0));
        count_cell(out, fg_view_int(item, "orders", 0));
        count_cell(out, fg_view_int(item, "late", 0));
        count_cell(out, fg_view_int(item, "refused", 0));
        count_cell(out, fg_view_int(item, "reclaimed", 0));
        fg_buf_puts(out, "</tr>\n");
    }
    table_end(out);
}

static void write_suppliers(struct fg_buf *out, const struct fg_report_page *page)
{
    const struct fg_doc *item = fg_view_first(page->report, "suppliers");
    fg_buf_puts(out, "<h2>How good suppliers were</h2>\n");
    if (!item)
        fg_buf_puts(out, "<p>Nothing was ordered, nothing ran.</p>\n");
    else
        table_begin(out, "figures",
                    "Supplier|Orders|Lead time|Promised|Late|Refused|Rejected|Taken back|Cost");
    for (const struct fg_doc *row = item; row; row = row->next) {
        static const char *const counts[] = {"late", "refused", "rejected", "reclaimed"};
        fg_buf_puts(out, "<tr>");
        cell(out, fg_view_text(row, "supplier"));
        count_cell(out, fg_view_int(row, "orders", 0));
        time_cell(out, fg_view_seconds(row, "lead_s"));
        time_cell(out, fg_view_seconds(row, "promised_lead_s"));
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
            count_cell(out, fg_view_int(row, counts[i], 0));
        money_cell(out, fg_view_int(row, "cost_uusd", 0));
        fg_buf_puts(out, "</tr>\n");
    }
    if (item)
        table_end(out);
}

/* -- what to change -------------------------------------------------------------------------------------- */

static void advise_users(struct fg_buf *out, const struct fg_report_jobs *jobs)
{
    for (size_t i = 0; i < jobs->users_len; i++) {
        const struct fg_report_owner *user = &jobs->users[i];
        if (user->asked_gib_hours > 1 && user->used_gib_hours < user->asked_gib_hours / 2) {
            fg_buf_puts(out, "<li>Jobs of ");
            fg_html_text(out, user->name);
            fg_buf_printf(out,
                          " ask for %.1f times the memory that they ever use: less lets more "
                          "start beside them.</li>\n",
                          user->asked_gib_hours / user->used_gib_hours);
        }
        if (user->jobs >= CASES_LEAST && user->lost_gpu_us > user->gpu_us / 4) {
            fg_buf_puts(out, "<li>Of the device hours of ");
            fg_html_text(out, user->name);
            fg_buf_printf(out,
                          " %.0f %% came to nothing: checkpoints, or a short try first, save "
                          "most of that.</li>\n",
                          100.0 * (double)user->lost_gpu_us / (double)user->gpu_us);
        }
    }
}

static void advise_classes(struct fg_buf *out, const struct fg_doc *learned)
{
    for (const struct fg_doc *item = fg_view_first(learned, "classes"); item;
         item = item->next) {
        int64_t jobs = fg_view_int(item, "jobs", 0), failed = fg_view_int(item, "failed", 0);
        if (strcmp(fg_view_text(item, "level"), "work") != 0 || jobs < CASES_LEAST
            || failed * 2 < jobs)
            continue;
        fg_buf_puts(out, "<li>Work named ");
        fg_html_text(out, fg_view_text(item, "name"));
        fg_buf_puts(out, " of ");
        fg_html_text(out, fg_view_text(item, "user"));
        fg_buf_printf(out, ": %" PRId64 " attempts of %" PRId64 " jobs failed.</li>\n", failed,
                      jobs);
    }
}

static void advise_places(struct fg_buf *out, const struct fg_doc *learned)
{
    for (const struct fg_doc *item = fg_view_first(learned, "places"); item;
         item = item->next) {
        double bad = fg_view_real(item, "interrupted_share", 0);
        if (!fg_view_text(item, "node")[0] || fg_view_int(item, "attempts", 0) < CASES_LEAST
            || bad < 0.2)
            continue;
        fg_buf_puts(out, "<li>On node ");
        fg_html_text(out, fg_view_text(item, "node"));
        fg_buf_printf(out,
                      " %.0f %% of attempts are interrupted: see fastgpu node show.</li>\n",
                      100 * bad);
    }
}

static void advise_forecast(struct fg_buf *out, const struct fg_doc *report)
{
    for (const struct fg_doc *item = fg_view_first(fg_doc_get(report, "demand"), "classes");
         item; item = item->next) {
        double wape = fg_view_real(item, "wape", 0), now = fg_view_real(item, "as_now_wape", 0);
        if (wape <= now || fg_view_int(item, "days", 0) < 3)
            continue;
        fg_buf_puts(out, "<li>Demand for ");
        fg_html_text(out, fg_view_text(item, "class"));
        fg_buf_puts(out, " was forecast worse than \"all stays as it is\": the next plan "
                         "corrects for it.</li>\n");
    }
}

static void write_advice(struct fg_buf *out, const struct fg_report_page *page)
{
    FG_AUTO(fg_buf) struct fg_buf advice = {};
    advise_users(&advice, page->jobs);
    fg_report_waste_advise(&advice, page->findings);
    advise_classes(&advice, page->learned);
    advise_places(&advice, page->learned);
    advise_forecast(&advice, page->report);
    fg_buf_puts(out, "<h2>What to change</h2>\n");
    if (advice.len > 0)
        fg_buf_printf(out, "<ul>\n%s</ul>\n", advice.text);
    else
        fg_buf_puts(out, "<p>Nothing that stands out.</p>\n");
}

/* -- all of it ------------------------------------------------------------------------------------------- */

/* What caps and sleep saved. */
static void write_savings(struct fg_buf *out, const struct fg_doc *savings)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    if (savings)
        fg_saved_text(&text, savings);
    for (char *at = text.text, *end; at && (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        fg_buf_puts(out, "<p>");
        fg_html_text(out, at);
        fg_buf_puts(out, ".</p>\n");
    }
}

static void write_tiles(struct fg_buf *out, struct fg_report_owner *all)
{
    char text[FG_HUMAN_MAX];
    int64_t over = all->succeeded + all->failed;
    fg_buf_puts(out, "<div class=\"tiles\">\n");
    snprintf(text, sizeof(text), "%" PRId64, all->jobs);
    tile(out, text, "jobs submitted");
    snprintf(text, sizeof(text), "%.1f %%",
             over ? 100.0 * (double)all->succeeded / (double)over : 0);
    tile(out, over ? text : "-", "of those that ended succeeded");
    snprintf(text, sizeof(text), "%.1f", (double)all->gpu_us / 3.6e9);
    tile(out, text, "device hours");
    int64_t half_us = fg_report_wait_us(all, 0.5), most_us = fg_report_wait_us(all, 0.95);
    fg_human_duration(half_us, text);
    tile(out, half_us >= 0 ? text : "-", "wait of half at most");
    fg_human_duration(most_us, text);
    tile(out, most_us >= 0 ? text : "-", "wait of 95 % at most");
    snprintf(text, sizeof(text), "%.2f kWh", all->energy_j / 3.6e6);
    if (all->energy_j > 0)
        tile(out, text, "energy, where it is known");
    fg_human_money(all->cost_uusd, text);
    tile(out, text, "cost of these jobs");
    fg_buf_puts(out, "</div>\n");
}

void fg_report_page_write(struct fg_buf *out, const struct fg_report_page *page)
{
    char from[FG_TIME_TEXT_MAX], to[FG_TIME_TEXT_MAX];
    fg_time_format(fg_view_time(page->report, "from"), from);
    fg_time_format(page->jobs->now_us, to);
    fg_buf_puts(out, head);
    fg_buf_printf(
        out,
        "<h1>FastGPU report</h1>\n<p class=\"soft\">%.10s to %.16s UTC. Jobs are those "
        "submitted in it.</p>\n",
        from, to);
    write_tiles(out, &page->jobs->all);
    write_savings(out, page->savings);
    write_advice(out, page);
    write_ran(out, page->jobs);
    write_waited(out, page);
    write_waste(out, page->jobs);
    fg_report_waste_write(out, page->findings);
    write_forecast(out, page->report);
    write_plans(out, page->report);
    write_suppliers(out, page);
    fg_buf_puts(out, "</main></body></html>\n");
}
