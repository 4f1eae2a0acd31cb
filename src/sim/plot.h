/* plot.h - a line plot as SVG, for a page that needs nothing else.  Inside of sim/ only.
 *
 * Colours and dashes come from the page's style sheet by class l0, l1, ... (page.c), so that they follow light and dark.
 */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct fg_plot_line {
    const char *name;
    const double *x, *y; /* x rises; points that are not finite are left out */
    size_t len;
    size_t number; /* of its colour */
};

struct fg_plot {
    const char *title;
    const char *x_unit, *y_unit; /* behind the numbers: " h", " %" */
    bool is_log_x;               /* of seconds, with marks at 1 s, 1 min, 1 h, 1 d, ... */
    double y_max;                /* 0: what the lines reach */
    const struct fg_plot_line *lines;
    size_t lines_len;
};

/* <figure> with a caption, axes, and a path a line. */
void fg_plot_svg(struct fg_buf *out, const struct fg_plot *plot);

/* Text for HTML: & < > " ' escaped, control characters replaced. */
void fg_html_text(struct fg_buf *out, const char *text);
