/* term.h - what the other end of a stream can show. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum fg_style { FG_PLAIN, FG_BOLD, FG_DIM, FG_GOOD, FG_BAD, FG_WARN, FG_ACCENT };

struct fg_term {
    bool is_terminal;
    bool colour;       /* a terminal, and neither NO_COLOR nor TERM=dumb */
    bool utf8;         /* the locale's */
    int width, height; /* characters; 0: not a terminal, so nothing is cut */
};

struct fg_term fg_term_look(FILE *stream);

/* The escape sequence that begins a style, "" without colour; FG_PLAIN ends it. */
const char *fg_style_text(const struct fg_term *term, enum fg_style style);

/* The style of a job's or node's state. */
enum fg_style fg_style_of_state(const char *state);
