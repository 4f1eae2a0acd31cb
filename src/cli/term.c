/* term.c - see term.h */
#include "cli/term.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH_DEFAULT  80
#define HEIGHT_DEFAULT 24

static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0])
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

struct fg_term fg_term_look(FILE *stream)
{
    struct fg_term term = {.utf8 = locale_is_utf8()};
    term.is_terminal = isatty(fileno(stream)) == 1;
    if (!term.is_terminal)
        return term;
    const char *no_color = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool is_dumb = !kind || strcmp(kind, "dumb") == 0;
    term.colour = !(no_color && no_color[0]) && !is_dumb;

    struct winsize size;
    bool known =
        ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    term.width = known ? size.ws_col : WIDTH_DEFAULT;
    term.height = known ? size.ws_row : HEIGHT_DEFAULT;
    return term;
}

const char *fg_style_text(const struct fg_term *term, enum fg_style style)
{
    static const char *const texts[] = {
        [FG_PLAIN] = "\033[0m",   [FG_BOLD] = "\033[1m", [FG_DIM] = "\033[2m",
        [FG_GOOD] = "\033[32m",   [FG_BAD] = "\033[31m", [FG_WARN] = "\033[33m",
        [FG_ACCENT] = "\033[36m",
    };
    return term->colour ? texts[style] : "";
}

enum fg_style fg_style_of_state(const char *state)
{
    static const struct {
        const char *state;
        enum fg_style style;
    } rows[] = {
        {"running", FG_GOOD},  {"starting", FG_ACCENT}, {"queued", FG_WARN}, {"failed", FG_BAD},
        {"timed_out", FG_BAD}, {"cancelled", FG_DIM},   {"up", FG_GOOD},     {"down", FG_BAD},
        {"draining", FG_WARN}, {"drained", FG_WARN},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(state, rows[i].state) == 0)
            return rows[i].style;
    return FG_PLAIN;
}
