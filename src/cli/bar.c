/* bar.c - see bar.h */
#include "cli/bar.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/utf8.h"

#include <string.h>

#define BAR_WIDTH_MAX 40
#define BAR_WIDTH_MIN 8
#define REDRAW_US     100'000

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

struct fg_bar fg_bar_new(FILE *out)
{
    struct fg_bar bar = {.term = fg_term_look(out)};
    bar.out = bar.term.is_terminal ? out : NULL;
    return bar;
}

static void add_bar(struct fg_buf *line, int width, bool utf8, double fraction)
{
    int full = (int)(fraction * width + 0.5);
    fg_buf_puts(line, " [");
    for (int i = 0; i < width; i++)
        fg_buf_puts(line, i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : "-"));
    fg_buf_printf(line, "] %3d%%", (int)(fraction * 100 + 0.5));
}

void fg_bar_text(char out[FG_BAR_TEXT_MAX],
                 int width,
                 bool utf8,
                 const char *label,
                 double fraction,
                 const char *tail)
{
    FG_AUTO(fg_buf) struct fg_buf line = {};
    bool has_bar = fraction >= 0 && fraction <= 1;
    bool has_tail = tail && tail[0];
    int tail_width = has_tail ? (int)fg_utf8_width(tail) + 2 : 0;
    int rest = width - (has_bar ? 8 : 0) - tail_width;
    int label_width = (int)fg_utf8_width(label);
    int bar_width = rest - label_width;
    if (bar_width > BAR_WIDTH_MAX)
        bar_width = BAR_WIDTH_MAX;
    if (has_bar && bar_width < BAR_WIDTH_MIN)
        bar_width = rest > 2 * BAR_WIDTH_MIN ? BAR_WIDTH_MIN : 0;
    int label_room = has_bar ? rest - bar_width : rest;
    fg_utf8_add(&line, label, label_room > 0 ? (size_t)label_room : 0, utf8);
    if (has_bar && bar_width > 0)
        add_bar(&line, bar_width, utf8, fraction);
    if (has_tail && rest > 0) {
        fg_buf_puts(&line, "  ");
        fg_utf8_add(&line, tail, (size_t)tail_width, utf8);
    }
    fg_copy(out, FG_BAR_TEXT_MAX, line.text ? line.text : "");
}

void fg_bar_draw(
    struct fg_bar *bar, const char *label, double fraction, const char *tail, bool now)
{
    if (!bar->out)
        return;
    int64_t time_us = mono_us();
    if (!now && bar->is_shown && time_us - bar->drawn_us < REDRAW_US)
        return;
    char text[FG_BAR_TEXT_MAX];
    bar->term = fg_term_look(bar->out); /* the window may have a new size */
    fg_bar_text(text, bar->term.width - 1, bar->term.utf8, label, fraction, tail);
    bar->drawn_us = time_us;
    if (bar->is_shown && strcmp(text, bar->shown) == 0)
        return;
    fprintf(bar->out, "\r\033[K%s", text);
    fflush(bar->out);
    fg_copy(bar->shown, sizeof(bar->shown), text);
    bar->is_shown = true;
}

void fg_bar_clear(struct fg_bar *bar)
{
    if (bar->out && bar->is_shown) {
        fputs("\r\033[K", bar->out);
        fflush(bar->out);
    }
    bar->is_shown = false;
}
