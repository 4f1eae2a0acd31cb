/* top_screen.h - lines of `fastgpu top`: cut to the width of the terminal, no more than fit. */
#pragma once

#include "cli/verb.h"

struct fg_top_screen {
    struct fg_cli *cli;
    struct fg_buf *out;
    size_t width;
    int lines_left; /* -1: no limit */
};

/* Add one line; `style` for all of it. */
void fg_top_line(struct fg_top_screen *screen, enum fg_style style, const char *text);
/* An empty line, and the head of what follows. */
void fg_top_head(struct fg_top_screen *screen, const char *text);
/* `text` in a column of `width`, cut or filled, and a space. */
void fg_top_column(const struct fg_top_screen *screen,
                   struct fg_buf *out,
                   const char *text,
                   size_t width);
bool fg_top_utf8(const struct fg_top_screen *screen);
