/* page.c - see page.h */
#include "sim/page.h"
#include "sim/plot.h"

#include <math.h>
#include <stdlib.h>

#define COLOURS    8 /* then the same again, dashed */
#define CDF_POINTS 240

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta name=\"color-scheme\" content=\"light dark\"><title>FastGPU "
    "simulation</title><style>\n"
    ":root{--bg:#fbfbfa;--panel:#fff;--ink:#1c1f23;--soft:#5b646e;--rule:#e1e4e8;"
    "--c0:#1f6feb;--c1:#d1480f;--c2:#12805c;--c3:#8a3ffc;--c4:#b0184a;--c5:#7a5d00;--c6:#"
    "007d9c;--c7:#5b646e}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--panel:#1c2024;--ink:#e6e8ea;--soft:"
    "#9aa4ae;"
    "--rule:#30363d;--c0:#6cb0ff;--c1:#ff9a62;--c2:#4ccb98;--c3:#c09bff;--c4:#ff7f9f;--c5:#"
    "e0b93c;--c6:#4cc7e6;"
    "--c7:#aab4be}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif}main{max-width:1240px;margin:0 auto;padding:28px 20px "
    "48px}\n"
    "h1{font-size:24px;margin:0}h2{font-size:17px;margin:32px 0 10px}p{margin:2px 0 "
    "0;color:var(--soft)}\n"
    ".key{display:flex;flex-wrap:wrap;gap:6px 20px;list-style:none;padding:0;margin:18px 0}"
    ".key li{display:flex;align-items:center;gap:8px}.key svg{width:26px;height:8px}\n"
    ".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));"
    "gap:16px}\n"
    "figure{margin:0;background:var(--panel);border:1px solid "
    "var(--rule);border-radius:8px;padding:12px 12px 4px}"
    "figcaption{font-weight:600;margin:0 0 6px}figure "
    "svg{width:100%;height:auto;display:block}\n"
    "svg text{font:12px "
    "system-ui,sans-serif;fill:var(--soft)}.grid{stroke:var(--rule);stroke-width:1}"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round}.line:hover{stroke-width:4}\n"
    ".scroll{overflow-x:auto;background:var(--panel);border:1px solid "
    "var(--rule);border-radius:8px}"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{padding:7px 12px;text-align:right;white-space:nowrap;border-bottom:1px solid "
    "var(--rule)}"
    "th{font-weight:600;color:var(--soft)}th:first-child,td:first-child{text-align:left}"
    "tr:last-child td{border-bottom:0}td.best{font-weight:700}"
    "@media(max-width:560px){svg{overflow:visible}svg text{font-size:15px}}\n";

static void style_lines(struct fg_buf *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fg_buf_printf(out, ".l%zu{stroke:var(--c%zu)%s}", i, i % COLOURS,
                      i >= COLOURS ? ";stroke-dasharray:6 3" : "");
    fg_buf_puts(out, "\n</style></head><body><main>\n");
}

static void key(struct fg_buf *out, const struct fg_sim_page_case *cases, size_t len)
{
    fg_buf_puts(out, "<ul class=\"key\" aria-label=\"Policies\">");
    for (size_t i = 0; i < len; i++) {
        fg_buf_printf(
            out,
            "<li><svg viewBox=\"0 0 26 8\" aria-hidden=\"true\"><path class=\"line l%zu\" "
            "d=\"M0 4L26 4\"/></svg>",
            i);
        fg_html_text(out, cases[i].name);
        fg_buf_puts(out, "</li>");
    }
    fg_buf_puts(out, "</ul>\n");
}

/* -- plots over time -------------------------------------------------------------------------------- */

static double busy_part(const struct fg_sim_sample *sample)
{
    return sample->gpus_up > 0 ? 100 * sample->gpus_busy / sample->gpus_up : 0;
}

static double stranded_part(const struct fg_sim_sample *sample)
{
    return sample->gpus_up > 0 ? 100 * sample->gpus_stranded / sample->gpus_up : 0;
}

static double waiting(const struct fg_sim_sample *sample)
{
    return sample->jobs_waiting;
}

static double usd_per_hour(const struct fg_sim_sample *sample)
{
    return sample->usd_per_hour;
}

static double kilowatts(const struct fg_sim_sample *sample)
{
    return sample->watts / 1000;
}

struct over_time {
    const char *title, *unit;
    double (*value)(const struct fg_sim_sample *sample);
    double y_max;
    bool is_sum; /* added up over the hours */
};

static const struct over_time charts[] = {
    {"Utilisation: devices granted, of those that are up", " %", busy_part, 100, false},
    {"Queue: jobs that wait", "", waiting, 0, false},
    {"Fragmentation: idle devices on nodes in use, of those that are up", " %", stranded_part,
     0, false},
    {"Cost so far", " $", usd_per_hour, 0, true},
    {"Energy so far", " kWh", kilowatts, 0, true},
};

/* Hours up to four days, then days. */
static double unit_us(const struct fg_sim_page_case *cases, size_t len, const char **out_name)
{
    double most = 0;
    for (size_t i = 0; i < len; i++)
        most =
            fmax(most, (double)cases[i].result->samples_len * (double)cases[i].result->step_us);
    *out_name = most > 4 * 86.4e9 ? " d" : " h";
    return most > 4 * 86.4e9 ? 86.4e9 : 3.6e9;
}

/* Its points, in memory that is `x` (owned by the caller), x first and then y. */
static struct fg_plot_line line_of(const struct over_time *chart,
                                   const struct fg_sim_result *result,
                                   double unit,
                                   double *x)
{
    double *y = x + result->samples_len, sum = 0;
    double hours = (double)result->step_us / 3.6e9;
    for (size_t i = 0; i < result->samples_len; i++) {
        double value = chart->value(&result->samples[i]);
        sum += value * hours;
        x[i] = (double)result->samples[i].at_us / unit;
        y[i] = chart->is_sum ? sum : value;
    }
    return (struct fg_plot_line){.x = x, .y = y, .len = result->samples_len};
}

static void *room_for(size_t count, size_t size)
{
    void *room = calloc(count + 1, size);
    if (!room)
        abort();
    return room;
}

static void plot_over_time(struct fg_buf *out,
                           const struct over_time *chart,
                           const struct fg_sim_page_case *cases,
                           size_t len)
{
    struct fg_plot_line *lines = room_for(len, sizeof(*lines));
    const char *unit_name;
    double unit = unit_us(cases, len, &unit_name), most = 0;
    for (size_t i = 0; i < len; i++) {
        const struct fg_sim_result *result = cases[i].result;
        lines[i] =
            line_of(chart, result, unit, room_for(2 * result->samples_len, sizeof(double)));
        lines[i].name = cases[i].name;
        lines[i].number = i;
        for (size_t k = 0; k < lines[i].len; k++)
            most = fmax(most, lines[i].y[k]);
    }
    if (most > 0) /* nothing to show: no prices, no power */
        fg_plot_svg(out, &(struct fg_plot){.title = chart->title,
                                           .x_unit = unit_name,
                                           .y_unit = chart->unit,
                                           .y_max = chart->y_max,
                                           .lines = lines,
                                           .lines_len = len});
    for (size_t i = 0; i < len; i++)
        free((double *)lines[i].x);
    free(lines);
}

/* -- completion times --------------------------------------------------------------------------------- */

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Seconds from submission to end, sorted; returns how many jobs ended. */
static size_t sorted_jct(const struct fg_sim_page_case *one, double *out)
{
    size_t len = 0;
    for (size_t i = one->summary->first; i < one->summary->end && i < one->result->jobs_len;
         i++) {
        const struct fg_sim_outcome *job = &one->result->jobs[i];
        if (job->end_us >= 0)
            out[len++] = fmax((double)(job->end_us - job->submit_us) / 1e6, 1);
    }
    qsort(out, len, sizeof(out[0]), compare_double);
    return len;
}

static struct fg_plot_line cdf_of(const struct fg_sim_page_case *one, size_t number)
{
    double *jct = room_for(one->result->jobs_len, sizeof(*jct));
    double *x = room_for(2 * CDF_POINTS, sizeof(*x)), *y = x + CDF_POINTS;
    size_t len = sorted_jct(one, jct), points = len < CDF_POINTS ? len : CDF_POINTS;
    for (size_t i = 0; i < points; i++) {
        size_t at = points > 1 ? i * (len - 1) / (points - 1) : 0;
        x[i] = jct[at];
        y[i] = 100.0 * (double)(at + 1) / (double)len;
    }
    free(jct);
    return (struct fg_plot_line){
        .name = one->name, .x = x, .y = y, .len = points, .number = number};
}

static void plot_jct(struct fg_buf *out, const struct fg_sim_page_case *cases, size_t len)
{
    struct fg_plot_line *lines = room_for(len, sizeof(*lines));
    for (size_t i = 0; i < len; i++)
        lines[i] = cdf_of(&cases[i], i);
    fg_plot_svg(out, &(struct fg_plot){.title = "Completion: jobs that took at most so long",
                                       .x_unit = "",
                                       .y_unit = " %",
                                       .y_max = 100,
                                       .is_log_x = true,
                                       .lines = lines,
                                       .lines_len = len});
    for (size_t i = 0; i < len; i++)
        free((double *)lines[i].x);
    free(lines);
}

/* -- tables ----------------------------------------------------------------------------------------------- */

struct figure {
    const char *title, *format;
    double (*value)(const struct fg_sim_page_case *one);
    int better; /* 1 more, -1 less, 0 neither */
};

#define FIGURE(name, expression)                                                               \
    static double name(const struct fg_sim_page_case *one)                                     \
    {                                                                                          \
        return expression;                                                                     \
    }
FIGURE(jct_mean, one->summary->jct_us.mean / 3.6e9)
FIGURE(jct_p50, one->summary->jct_us.p50 / 3.6e9)
FIGURE(jct_p99, one->summary->jct_us.p99 / 3.6e9)
FIGURE(wait_mean, one->summary->wait_us.mean / 3.6e9)
FIGURE(wait_p95, one->summary->wait_us.p95 / 3.6e9)
FIGURE(makespan, (double)one->summary->makespan_us / 86.4e9)
FIGURE(used, 100 * one->summary->utilisation)
FIGURE(rho, one->summary->rho.mean)
FIGURE(jain, one->summary->jain_projects)
FIGURE(preempted, (double)one->result->sums.preemptions)
FIGURE(lost, (double)one->result->sums.gpu_lost_us / 3.6e9)
FIGURE(cost, (double)one->result->sums.cost_uusd / 1e6)
FIGURE(energy, (double)one->result->sums.energy_j / 3.6e6)

static const struct figure figures[] = {
    {"JCT", "%.2f h", jct_mean, -1},  {"median", "%.2f h", jct_p50, -1},
    {"99 %", "%.1f h", jct_p99, -1},  {"wait", "%.2f h", wait_mean, -1},
    {"95 %", "%.2f h", wait_p95, -1}, {"makespan", "%.1f d", makespan, -1},
    {"used", "%.1f %%", used, 1},     {"slowed (ρ)", "%.2f", rho, -1},
    {"Jain", "%.3f", jain, 1},        {"preempted", "%.0f", preempted, 0},
    {"lost GPU-h", "%.0f", lost, -1}, {"cost $", "%.0f", cost, -1},
    {"kWh", "%.0f", energy, -1},
};
#define FIGURES_LEN (sizeof(figures) / sizeof(figures[0]))

static double best_of(const struct figure *figure,
                      const struct fg_sim_page_case *cases,
                      size_t len)
{
    double best = figure->value(&cases[0]);
    for (size_t i = 1; i < len; i++) {
        double value = figure->value(&cases[i]);
        best = figure->better > 0 ? fmax(best, value) : fmin(best, value);
    }
    return best;
}

static void cell(struct fg_buf *out, const char *format, double value, bool is_best)
{
    char text[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof(text), format, value);
#pragma GCC diagnostic pop
    fg_buf_printf(out, "<td%s>%s</td>", is_best ? " class=\"best\"" : "", text);
}

static void table(struct fg_buf *out, const struct fg_sim_page_case *cases, size_t len)
{
    fg_buf_puts(
        out,
        "<h2>Figures</h2><p>The best of each column is bold.</p>"
        "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Policy</th>");
    for (size_t k = 0; k < FIGURES_LEN; k++)
        fg_buf_printf(out, "<th scope=\"col\">%s</th>", figures[k].title);
    fg_buf_puts(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < len; i++) {
        fg_buf_puts(out, "<tr><td>");
        fg_html_text(out, cases[i].name);
        fg_buf_puts(out, "</td>");
        for (size_t k = 0; k < FIGURES_LEN; k++) {
            double value = figures[k].value(&cases[i]);
            bool is_best =
                len > 1 && figures[k].better != 0 && value == best_of(&figures[k], cases, len);
            cell(out, figures[k].format, value, is_best);
        }
        fg_buf_puts(out, "</tr>\n");
    }
    fg_buf_puts(out, "</tbody></table></div>\n");
}

/* Who pays: the mean wait by size of job. */
static void size_table(struct fg_buf *out, const struct fg_sim_page_case *cases, size_t len)
{
    fg_buf_puts(
        out,
        "<h2>Mean wait by devices asked</h2><div class=\"scroll\" tabindex=\"0\"><table><thead>"
        "<tr><th scope=\"col\">Policy</th>");
    for (size_t k = 0; k < FG_SIM_SIZES; k++)
        if (cases[0].summary->sizes[k].jobs)
            fg_buf_printf(out, "<th scope=\"col\">%s (%zu jobs)</th>",
                          cases[0].summary->sizes[k].name, cases[0].summary->sizes[k].jobs);
    fg_buf_puts(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < len; i++) {
        fg_buf_puts(out, "<tr><td>");
        fg_html_text(out, cases[i].name);
        fg_buf_puts(out, "</td>");
        for (size_t k = 0; k < FG_SIM_SIZES; k++)
            if (cases[0].summary->sizes[k].jobs)
                cell(out, "%.2f h", cases[i].summary->sizes[k].wait_mean_us / 3.6e9, false);
        fg_buf_puts(out, "</tr>\n");
    }
    fg_buf_puts(out, "</tbody></table></div>\n");
}

void fg_sim_page(struct fg_buf *out,
                 const char *subtitle,
                 const struct fg_sim_page_case *cases,
                 size_t cases_len)
{
    fg_buf_puts(out, head);
    style_lines(out, cases_len);
    fg_buf_puts(out, "<h1>Simulation</h1><p>");
    fg_html_text(out, subtitle);
    fg_buf_puts(out, "</p>\n");
    key(out, cases, cases_len);
    fg_buf_puts(out, "<div class=\"plots\">\n");
    plot_jct(out, cases, cases_len);
    for (size_t i = 0; i < sizeof(charts) / sizeof(charts[0]); i++)
        plot_over_time(out, &charts[i], cases, cases_len);
    fg_buf_puts(out, "</div>\n");
    if (cases_len > 0) {
        table(out, cases, cases_len);
        size_table(out, cases, cases_len);
    }
    fg_buf_puts(out, "</main></body></html>\n");
}
