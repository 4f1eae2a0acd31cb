/* forecast_plot.c - a forecast as a picture of characters; see forecast_run.h
 *
 *     64 |      ▂▃         │       ░░░░░
 *        |  ▃▅▇███▅        │░▒▒▒▒▒▒▒▒▒▒░░
 *        |▂██████████▃     │━━━━━━━━━━━▒░
 *      0 |█████████████▅▃▂▂│▒▒░░░░
 *
 * The past is a filled curve in eighths of a character; the future is the median and, around it, the narrowest and the
 * widest band.  A column stands for one step, or the mean of several. */
#include "cli/forecast_run.h"

#include "base/clock.h"
#include "cli/utf8.h"

#include <math.h>
#include <string.h>

#define HEIGHT      12
#define LABEL_WIDTH 10 /* "-1.2e+06 |" */
#define WIDTH       80
#define FUTURE      0.4 /* of the width, where there is past enough */

struct plot {
    const struct fg_term *term;
    const struct fg_demand_series *series;
    const struct fg_forecast *forecast;
    size_t step;         /* of the series, a column */
    size_t past, future; /* columns */
    double low, high;    /* of the axis */
};

/* -- columns ----------------------------------------------------------------------------------------- */

static double mean_of(const double *values, size_t from, size_t to)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = from; i < to; i++)
        if (!isnan(values[i])) {
            sum += values[i];
            count++;
        }
    return count ? sum / (double)count : NAN;
}

/* The value of past column `column`, of which the last ends where the series ends. */
static double past_at(const struct plot *plot, size_t column)
{
    size_t back = (plot->past - column) * plot->step, end = back - plot->step;
    size_t len = plot->series->len;
    return mean_of(plot->series->values, back > len ? 0 : len - back, len - end);
}

static double future_at(const struct plot *plot, const double *values, size_t column)
{
    size_t from = column * plot->step, to = from + plot->step;
    if (to > plot->forecast->horizon)
        to = plot->forecast->horizon;
    return mean_of(values, from, to);
}

static const struct fg_forecast_band *band_of(const struct plot *plot, bool widest)
{
    size_t len = plot->forecast->bands_len;
    return len == 0 ? NULL : &plot->forecast->bands[widest ? len - 1 : 0];
}

/* -- the scale --------------------------------------------------------------------------------------- */

static size_t width_of(const struct plot *plot)
{
    return plot->term->width > 30 ? (size_t)plot->term->width : WIDTH;
}

static void lay_out(struct plot *plot)
{
    size_t columns = width_of(plot) - LABEL_WIDTH - 1;
    size_t future_max = (size_t)((double)columns * FUTURE);
    plot->step = (plot->forecast->horizon + future_max - 1) / future_max;
    plot->future = (plot->forecast->horizon + plot->step - 1) / plot->step;
    plot->past = columns - plot->future;
    if (plot->past > plot->series->len / plot->step)
        plot->past = plot->series->len / plot->step;
}

static void see(struct plot *plot, double value)
{
    if (isnan(value))
        return;
    plot->low = value < plot->low ? value : plot->low;
    plot->high = value > plot->high ? value : plot->high;
}

/* From 0 where that costs less than half of the height. */
static void scale(struct plot *plot)
{
    const struct fg_forecast_band *band = band_of(plot, true);
    plot->low = INFINITY;
    plot->high = -INFINITY;
    for (size_t i = 0; i < plot->past; i++)
        see(plot, past_at(plot, i));
    for (size_t i = 0; i < plot->future; i++) {
        see(plot, future_at(plot, plot->forecast->median, i));
        see(plot, band ? future_at(plot, band->lo, i) : NAN);
        see(plot, band ? future_at(plot, band->hi, i) : NAN);
    }
    if (plot->low > 0 && plot->low < plot->high / 2)
        plot->low = 0;
    if (!(plot->high - plot->low > 1e-15 * fabs(plot->high)))
        plot->high = plot->low + 1 + fabs(plot->low) / 1000;
}

/* In lines of the picture from its bottom. */
static double height_of(const struct plot *plot, double value)
{
    return (value - plot->low) / (plot->high - plot->low) * HEIGHT;
}

/* -- cells ------------------------------------------------------------------------------------------- */

struct cell {
    const char *text;
    enum fg_style style;
};

static struct cell past_cell(const struct plot *plot, size_t column, int line)
{
    static const char *const eighths[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double value = past_at(plot, column), fill;
    if (isnan(value))
        return (struct cell){line == 0 ? "?" : " ", FG_DIM};
    fill = height_of(plot, value) - line;
    if (!plot->term->utf8)
        return (struct cell){fill >= 0.5 || (line == 0 && fill >= 0) ? "#" : " ", FG_ACCENT};
    int level = fill >= 1 ? 8 : fill <= 0 ? 0 : (int)(fill * 8 + 0.5);
    if (line == 0 && level == 0)
        level = 1; /* what is known shows, also where it is least */
    return (struct cell){eighths[level], FG_ACCENT};
}

static bool touches(const struct plot *plot,
                    const struct fg_forecast_band *band,
                    size_t column,
                    int line)
{
    return band && height_of(plot, future_at(plot, band->hi, column)) > line + 0.25
           && height_of(plot, future_at(plot, band->lo, column)) < line + 0.75;
}

static struct cell future_cell(const struct plot *plot, size_t column, int line)
{
    double median = height_of(plot, future_at(plot, plot->forecast->median, column));
    int at = median >= HEIGHT ? HEIGHT - 1 : (int)median;
    bool utf8 = plot->term->utf8;
    if (at == line)
        return (struct cell){utf8 ? "━" : "=", FG_BOLD};
    if (touches(plot, band_of(plot, false), column, line))
        return (struct cell){utf8 ? "▒" : ":", FG_WARN};
    if (touches(plot, band_of(plot, true), column, line))
        return (struct cell){utf8 ? "░" : ".", FG_WARN};
    return (struct cell){" ", FG_PLAIN};
}

/* A run of cells of one style needs one escape only. */
static void add_cell(struct fg_buf *out,
                     const struct plot *plot,
                     struct cell cell,
                     enum fg_style *style)
{
    if (cell.style != *style) {
        fg_buf_puts(out, *style == FG_PLAIN ? "" : fg_style_text(plot->term, FG_PLAIN));
        fg_buf_puts(out, cell.style == FG_PLAIN ? "" : fg_style_text(plot->term, cell.style));
        *style = cell.style;
    }
    fg_buf_puts(out, cell.text);
}

/* -- lines ------------------------------------------------------------------------------------------- */

static void add_label(struct fg_buf *out, const struct plot *plot, int line)
{
    double value = plot->low + (plot->high - plot->low) * (line + 1) / HEIGHT;
    char text[32] = "";
    if (line == 0)
        value = plot->low;
    if (line == HEIGHT - 1 || line == HEIGHT / 2 || line == 0)
        snprintf(text, sizeof(text), fabs(value) >= 1000 ? "%.0f" : "%.3g", value);
    if (strlen(text) > LABEL_WIDTH - 2)
        snprintf(text, sizeof(text), "%.1e", value);
    fg_buf_printf(out, "%*s %s", LABEL_WIDTH - 2, text, plot->term->utf8 ? "│" : "|");
}

static void add_line(struct fg_buf *out, const struct plot *plot, int line)
{
    enum fg_style style = FG_PLAIN;
    add_label(out, plot, line);
    for (size_t i = 0; i < plot->past; i++)
        add_cell(out, plot, past_cell(plot, i, line), &style);
    add_cell(out, plot, (struct cell){plot->term->utf8 ? "│" : "|", FG_DIM}, &style);
    for (size_t i = 0; i < plot->future; i++)
        add_cell(out, plot, future_cell(plot, i, line), &style);
    add_cell(out, plot, (struct cell){"\n", FG_PLAIN}, &style);
}

/* "2026-01-17 16:00", or "01-17 16:00" if not `whole`; "17" of an index. */
static void time_text(const struct plot *plot,
                      size_t step,
                      bool whole,
                      char out[FG_TIME_TEXT_MAX])
{
    int64_t time = fg_demand_time_at(&plot->series->time, step);
    bool whole_days =
        plot->series->time.months || plot->series->time.step % 86'400'000'000 == 0;
    char text[FG_TIME_TEXT_MAX];
    if (plot->series->time.is_index) {
        snprintf(out, FG_TIME_TEXT_MAX, "%lld", (long long)time);
        return;
    }
    fg_time_format(time, text);
    text[10] = whole_days ? '\0' : ' ';
    text[16] = '\0';
    snprintf(out, FG_TIME_TEXT_MAX, "%s", whole || whole_days ? text : text + 5);
}

/* The first moment, the one where the forecast begins, and the last. */
static void add_times(struct fg_buf *out, const struct plot *plot)
{
    char first[FG_TIME_TEXT_MAX], next[FG_TIME_TEXT_MAX], last[FG_TIME_TEXT_MAX];
    size_t len = plot->series->len, columns = plot->past + 1 + plot->future;
    time_text(plot, len - plot->past * plot->step, true, first);
    time_text(plot, len, false, next);
    time_text(plot, len + plot->forecast->horizon - 1, false, last);
    size_t at = strlen(first), width = strlen(next), last_width = strlen(last);
    size_t want = plot->past > width / 2 ? plot->past - width / 2 : 0;
    size_t end = columns > last_width ? columns - last_width : 0;
    fg_buf_printf(out, "%*s%s", LABEL_WIDTH, "", first);
    if (want > at && want + width < end) {
        fg_buf_printf(out, "%*s%s", (int)(want - at), "", next);
        at = want + width;
    }
    if (end <= at)
        end = at + 1;
    if (end + last_width + LABEL_WIDTH <= width_of(plot))
        fg_buf_printf(out, "%*s%s", (int)(end - at), "", last);
    fg_buf_puts(out, "\n");
}

static void add_title(struct fg_buf *out, const struct plot *plot)
{
    const struct fg_forecast *forecast = plot->forecast;
    FG_AUTO(fg_buf) struct fg_buf line = {};
    fg_buf_printf(&line, "%.60s: %s", plot->series->name, forecast->model);
    fg_buf_puts(out, fg_style_text(plot->term, FG_BOLD));
    fg_utf8_add(out, line.text, width_of(plot), plot->term->utf8);
    fg_buf_puts(out, fg_style_text(plot->term, FG_PLAIN));
    fg_buf_clear(&line);
    if (isfinite(forecast->wape))
        fg_buf_printf(&line, "error %.1f %%, \"as now\" %.1f %%", 100 * forecast->wape,
                      100 * forecast->naive_wape);
    for (size_t i = 0; i < forecast->bands_len; i++)
        if (isfinite(forecast->bands[i].coverage))
            fg_buf_printf(&line, "%s%g %% band held %.0f %%", line.len ? ", " : "",
                          forecast->bands[i].level, 100 * forecast->bands[i].coverage);
    if (line.len) {
        fg_buf_printf(out, "\n%*s", LABEL_WIDTH, "");
        fg_utf8_add(out, line.text, width_of(plot) - LABEL_WIDTH, plot->term->utf8);
    }
    fg_buf_puts(out, "\n");
}

void fg_forecast_plot(struct fg_buf *out,
                      const struct fg_term *term,
                      const struct fg_demand_series *series,
                      const struct fg_forecast *forecast)
{
    struct plot plot = {.term = term, .series = series, .forecast = forecast};
    lay_out(&plot);
    scale(&plot);
    add_title(out, &plot);
    for (int line = HEIGHT; line-- > 0;)
        add_line(out, &plot, line);
    add_times(out, &plot);
}
