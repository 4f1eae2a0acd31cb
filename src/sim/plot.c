/* plot.c - see plot.h */
#include "sim/plot.h"

#include <math.h>

#define WIDTH  560.0
#define HEIGHT 260.0
#define LEFT   64.0
#define RIGHT  12.0
#define TOP    10.0
#define BOTTOM 34.0

/* What the axes show. */
struct axes {
    double x_min, x_max, y_max;
    bool is_log_x;
};

void fg_html_text(struct fg_buf *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fg_buf_puts(out, "&amp;");
            break;
        case '<':
            fg_buf_puts(out, "&lt;");
            break;
        case '>':
            fg_buf_puts(out, "&gt;");
            break;
        case '"':
            fg_buf_puts(out, "&quot;");
            break;
        case '\'':
            fg_buf_puts(out, "&#39;");
            break;
        default:
            fg_buf_add(out, (unsigned char)*text < ' ' ? "?" : text, 1);
        }
}

/* -- scales ------------------------------------------------------------------------------------------ */

static bool is_shown(const struct fg_plot *plot, double x, double y)
{
    return isfinite(x) && isfinite(y) && (!plot->is_log_x || x > 0);
}

static struct axes axes_of(const struct fg_plot *plot)
{
    struct axes axes = {INFINITY, -INFINITY, plot->y_max, plot->is_log_x};
    for (size_t i = 0; i < plot->lines_len; i++)
        for (size_t k = 0; k < plot->lines[i].len; k++) {
            double x = plot->lines[i].x[k], y = plot->lines[i].y[k];
            if (!is_shown(plot, x, y))
                continue;
            axes.x_min = fmin(axes.x_min, x);
            axes.x_max = fmax(axes.x_max, x);
            if (plot->y_max <= 0)
                axes.y_max = fmax(axes.y_max, y);
        }
    if (!isfinite(axes.x_min))
        axes.x_min = plot->is_log_x ? 1 : 0;
    if (!(axes.x_max > axes.x_min))
        axes.x_max = axes.x_min + (plot->is_log_x ? axes.x_min * 9 : 1);
    if (!(axes.y_max > 0))
        axes.y_max = 1;
    return axes;
}

static double at_x(const struct axes *axes, double x)
{
    double part = axes->is_log_x ? log(x / axes->x_min) / log(axes->x_max / axes->x_min)
                                 : (x - axes->x_min) / (axes->x_max - axes->x_min);
    return LEFT + part * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct axes *axes, double y)
{
    return HEIGHT - BOTTOM - fmin(y / axes->y_max, 1) * (HEIGHT - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten, so that about five steps make the range. */
static double step_of(double range)
{
    double raw = range / 5, power = pow(10, floor(log10(raw)));
    double lead = raw / power;
    return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

/* -- parts of the picture ---------------------------------------------------------------------------------- */

/* 2500000 -> "2.5M", 100000 -> "100k". */
static void short_number(struct fg_buf *out, double value)
{
    if (value >= 1e6)
        fg_buf_printf(out, "%.4gM", value / 1e6);
    else if (value >= 1e4)
        fg_buf_printf(out, "%.4gk", value / 1e3);
    else
        fg_buf_printf(out, "%.4g", value);
}

static void mark_y(struct fg_buf *out, const struct axes *axes, const char *unit)
{
    double step = step_of(axes->y_max);
    for (int i = 0; i * step <= axes->y_max * 1.0001; i++) {
        double y = at_y(axes, i * step);
        fg_buf_printf(out,
                      "<line class=\"grid\" x1=\"%.0f\" x2=\"%.0f\" y1=\"%.1f\" y2=\"%.1f\"/>",
                      LEFT, WIDTH - RIGHT, y, y);
        fg_buf_printf(out, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 6, y + 4);
        short_number(out, i * step);
        fg_html_text(out, unit);
        fg_buf_puts(out, "</text>");
    }
}

static void mark_at(struct fg_buf *out, double x, const char *text)
{
    fg_buf_printf(out,
                  "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\"/>"
                  "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">",
                  x, x, TOP, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 18);
    fg_html_text(out, text);
    fg_buf_puts(out, "</text>");
}

static void mark_x(struct fg_buf *out, const struct axes *axes, const char *unit)
{
    static const struct {
        double seconds;
        const char *text;
    } times[] = {{1, "1 s"},    {10, "10 s"},   {60, "1 min"},    {600, "10 min"},
                 {3600, "1 h"}, {86400, "1 d"}, {864000, "10 d"}, {8640000, "100 d"}};
    if (axes->is_log_x) {
        for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
            if (times[i].seconds >= axes->x_min && times[i].seconds <= axes->x_max)
                mark_at(out, at_x(axes, times[i].seconds), times[i].text);
        return;
    }
    double step = step_of(axes->x_max - axes->x_min);
    for (double i = ceil(axes->x_min / step); i * step <= axes->x_max; i++) {
        char text[64];
        snprintf(text, sizeof(text), "%.6g%s", i * step, unit);
        mark_at(out, at_x(axes, i * step), text);
    }
}

static void draw_line(struct fg_buf *out,
                      const struct fg_plot *plot,
                      const struct axes *axes,
                      const struct fg_plot_line *line)
{
    bool pen_down = false;
    fg_buf_printf(out, "<path class=\"line l%zu\" d=\"", line->number);
    for (size_t i = 0; i < line->len; i++) {
        if (!is_shown(plot, line->x[i], line->y[i])) {
            pen_down = false;
            continue;
        }
        fg_buf_printf(out, "%c%.1f %.1f", pen_down ? 'L' : 'M', at_x(axes, line->x[i]),
                      at_y(axes, line->y[i]));
        pen_down = true;
    }
    fg_buf_puts(out, "\"><title>");
    fg_html_text(out, line->name);
    fg_buf_puts(out, "</title></path>");
}

void fg_plot_svg(struct fg_buf *out, const struct fg_plot *plot)
{
    struct axes axes = axes_of(plot);
    fg_buf_puts(out, "<figure><figcaption>");
    fg_html_text(out, plot->title);
    fg_buf_printf(out, "</figcaption><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"",
                  WIDTH, HEIGHT);
    fg_html_text(out, plot->title);
    fg_buf_puts(out, "\">");
    mark_y(out, &axes, plot->y_unit);
    mark_x(out, &axes, plot->x_unit);
    for (size_t i = 0; i < plot->lines_len; i++)
        draw_line(out, plot, &axes, &plot->lines[i]);
    fg_buf_puts(out, "</svg></figure>\n");
}
