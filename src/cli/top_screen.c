/* top_screen.c - see top_screen.h */
#include "cli/top_screen.h"

#include "cli/utf8.h"

void fg_top_line(struct fg_top_screen *screen, enum fg_style style, const char *text)
{
    const struct fg_term *term = &screen->cli->out;
    if (screen->lines_left == 0)
        return;
    if (screen->lines_left > 0)
        screen->lines_left--;
    fg_buf_puts(screen->out, style == FG_PLAIN ? "" : fg_style_text(term, style));
    fg_utf8_add(screen->out, text, screen->width, term->utf8);
    fg_buf_puts(screen->out, style == FG_PLAIN ? "" : fg_style_text(term, FG_PLAIN));
    fg_buf_puts(screen->out, term->is_terminal ? "\033[K\n" : "\n");
}

void fg_top_head(struct fg_top_screen *screen, const char *text)
{
    fg_top_line(screen, FG_PLAIN, "");
    fg_top_line(screen, FG_DIM, text);
}

void fg_top_column(const struct fg_top_screen *screen,
                   struct fg_buf *out,
                   const char *text,
                   size_t width)
{
    size_t used = fg_utf8_add(out, text, width, fg_top_utf8(screen));
    fg_buf_printf(out, "%*s", (int)(width - used + 1), "");
}

bool fg_top_utf8(const struct fg_top_screen *screen)
{
    return screen->cli->out.utf8;
}
