/* bar.h - one line at the bottom of a terminal that says how far something is. */
#pragma once

#include "cli/term.h"

#include <stdint.h>

#define FG_BAR_TEXT_MAX 1024

struct fg_bar {
    FILE *out; /* a terminal; NULL: nothing is shown */
    struct fg_term term;
    int64_t drawn_us; /* monotonic time of the last drawing */
    bool is_shown;
    char shown[FG_BAR_TEXT_MAX]; /* what is there: the same is not drawn again */
};

/* Shows on `out` if it is a terminal. */
struct fg_bar fg_bar_new(FILE *out);
/* Draw `label` and, if `fraction` is 0..1, a bar behind it, and `tail`.  Drawn at most ten times a second
 * unless `now`. */
void fg_bar_draw(
    struct fg_bar *bar, const char *label, double fraction, const char *tail, bool now);
/* Take the line away, before other text is written. */
void fg_bar_clear(struct fg_bar *bar);

/* The line as text of at most `width` columns, without escapes: "label [####----]  40% tail". */
void fg_bar_text(char out[FG_BAR_TEXT_MAX],
                 int width,
                 bool utf8,
                 const char *label,
                 double fraction,
                 const char *tail);
