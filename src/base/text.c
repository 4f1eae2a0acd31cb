/* text.c - see text.h */
#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define WORD_MAX 64 /* longer words are not compared */

bool fg_copy(char *dst, size_t size, const char *src)
{
    size_t len = strnlen(src, size);
    bool fits = len < size;
    if (!fits)
        len = size - 1;
    memcpy(dst, src, len);
    dst[len] = '\0';
    return fits;
}

const char *fg_trim(const char *text, size_t *len)
{
    while (*len > 0 && isspace((unsigned char)text[0])) {
        text++;
        (*len)--;
    }
    while (*len > 0 && isspace((unsigned char)text[*len - 1]))
        (*len)--;
    return text;
}

size_t fg_utf8_len(const char *text, size_t left)
{
    static const struct {
        unsigned char mask, lead, len;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 1, 0},
                 {0xe0, 0xc0, 2, 0x80},
                 {0xf0, 0xe0, 3, 0x800},
                 {0xf8, 0xf0, 4, 0x10000}};

    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if ((bytes[0] & forms[i].mask) != forms[i].lead)
            continue;
        if (left < forms[i].len)
            return 0;
        uint32_t point = bytes[0] & (uint32_t)~forms[i].mask & 0xff;
        for (size_t k = 1; k < forms[i].len; k++) {
            if ((bytes[k] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (bytes[k] & 0x3fu);
        }
        bool surrogate = point >= 0xd800 && point <= 0xdfff;
        return point >= forms[i].least && point <= 0x10ffff && !surrogate ? forms[i].len : 0;
    }
    return 0;
}

/* U+0000 to U+001F, U+007F to U+009F. */
static bool is_control(const char *text, size_t len)
{
    unsigned char lead = (unsigned char)text[0];
    return len == 1 ? lead < 0x20 || lead == 0x7f
                    : len == 2 && lead == 0xc2 && (unsigned char)text[1] < 0xa0;
}

bool fg_copy_clean(char *dst, size_t size, const char *src)
{
    size_t left = strlen(src), at = 0;
    while (left > 0) {
        size_t len = fg_utf8_len(src, left), step = len ? len : 1;
        const char *piece = !len ? "?" : is_control(src, len) ? " " : src;
        size_t piece_len = piece == src ? len : 1;
        if (at + piece_len >= size)
            break;
        memcpy(dst + at, piece, piece_len);
        at += piece_len;
        src += step;
        left -= step;
    }
    dst[at] = '\0';
    return left == 0;
}

static int lower(char letter)
{
    return tolower((unsigned char)letter);
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be put in, taken out or changed to make `a` into `b`. */
static size_t edits(const char *a, const char *b)
{
    size_t b_len = strlen(b);
    if (strlen(a) > WORD_MAX || b_len > WORD_MAX)
        return SIZE_MAX;

    size_t row[WORD_MAX + 1]; /* row[k]: edits from the part of `a` read so far to b[0..k) */
    for (size_t k = 0; k <= b_len; k++)
        row[k] = k;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 0; k < b_len; k++) {
            size_t change = diagonal + (lower(a[i]) != lower(b[k]));
            diagonal = row[k + 1];
            row[k + 1] = least(change, row[k] + 1, row[k + 1] + 1);
        }
    }
    return row[b_len];
}

const char *fg_nearest(const char *name, const char *const *names, size_t names_len)
{
    const char *best = NULL;
    size_t best_edits =
        strlen(name) / 3 + 2; /* one less: the most that still looks like a slip */
    for (size_t i = 0; i < names_len; i++) {
        size_t count = edits(name, names[i]);
        if (count < best_edits) {
            best_edits = count;
            best = names[i];
        }
    }
    return best;
}
