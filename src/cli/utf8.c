/* utf8.c - see utf8.h */
#include "cli/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The character at `*text`, and past it; broken bytes give U+FFFD. */
static uint32_t next_char(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    size_t more = at[0] < 0x80   ? 0
                  : at[0] < 0xc2 ? 9
                  : at[0] < 0xe0 ? 1
                  : at[0] < 0xf0 ? 2
                  : at[0] < 0xf5 ? 3
                                 : 9;
    ++*text;
    if (more == 0)
        return at[0];
    if (more == 9)
        return 0xfffd;
    uint32_t value = at[0] & (0x3fu >> more);
    for (size_t i = 1; i <= more; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0xfffd;
        value = value << 6 | (at[i] & 0x3f);
    }
    *text += more;
    return value;
}

static size_t width_of(uint32_t value)
{
    static const struct {
        uint32_t first, last;
        size_t width;
    } ranges[] = {
        {0x0300, 0x036f, 0}, {0x200b, 0x200f, 0}, {0x20d0, 0x20ff, 0},   {0xfe00, 0xfe0f, 0},
        {0x1100, 0x115f, 2}, {0x2e80, 0xa4cf, 2}, {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},
        {0xfe30, 0xfe6f, 2}, {0xff00, 0xff60, 2}, {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (value >= ranges[i].first && value <= ranges[i].last)
            return ranges[i].width;
    return 1;
}

size_t fg_utf8_width(const char *text)
{
    size_t width = 0;
    while (*text)
        width += width_of(next_char(&text));
    return width;
}

static bool is_control(uint32_t value)
{
    /* Besides the controls: marks that turn the direction of writing. */
    return value < 0x20 || (value >= 0x7f && value < 0xa0)
           || (value >= 0x202a && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
}

size_t fg_utf8_add(struct fg_buf *out, const char *text, size_t width, bool utf8)
{
    bool is_cut = fg_utf8_width(text) > width;
    size_t room = is_cut && width > 0 ? width - 1 : width, used = 0;
    while (*text) {
        const char *start = text;
        uint32_t value = next_char(&text);
        size_t columns = width_of(value);
        if (used + columns > room)
            break;
        if (is_control(value) || value == 0xfffd)
            fg_buf_puts(out, "?");
        else
            fg_buf_add(out, start, (size_t)(text - start));
        used += columns;
    }
    if (is_cut && width > 0) {
        fg_buf_puts(out, utf8 ? "…" : ".");
        used++;
    }
    return used;
}
