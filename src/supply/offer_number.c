/* offer_number.c - decimal numbers as catalogues write them; see offer_cells.h */
#include "supply/offer_cells.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX   25 /* that are looked at: a 128-bit number holds 38 */
#define EXPONENT_MAX 30

bool fg_offer_is_empty(struct fg_field field)
{
    static const char *const words[] = {"nan", "null", "none", "n/a", "na", "-", NULL};
    if (field.len && isdigit((unsigned char)field.text[0]))
        return false;
    for (size_t i = 0; words[i]; i++)
        if (fg_field_is(field, words[i]))
            return true;
    return field.len == 0;
}

static bool skip_prefix(struct fg_field *field, const char *prefix)
{
    size_t len = strlen(prefix);
    if (field->len < len || strncasecmp(field->text, prefix, len) != 0)
        return false;
    field->text += len;
    field->len -= len;
    return true;
}

static bool skip_suffix(struct fg_field *field, const char *suffix)
{
    size_t len = strlen(suffix);
    if (field->len < len || strncasecmp(field->text + field->len - len, suffix, len) != 0)
        return false;
    field->len -= len;
    return true;
}

static void skip_blanks(struct fg_field *field)
{
    while (field->len && isblank((unsigned char)field->text[0])) {
        field->text++;
        field->len--;
    }
    while (field->len && isblank((unsigned char)field->text[field->len - 1]))
        field->len--;
}

static void skip_dollars(struct fg_field *field, const char **odd)
{
    bool had = skip_prefix(field, "US$") || skip_prefix(field, "$") || skip_prefix(field, "USD")
               || skip_suffix(field, "USD") || skip_suffix(field, "$");
    if (had)
        *odd = "a number with the sign of its currency";
    skip_blanks(field);
}

/* A number in parts. */
struct decimal {
    unsigned __int128 digits;
    int exponent; /* of ten */
    bool minus;
};

/* Thousands as "1,234,567.5": groups of three, and a point after them, which makes them sure. */
static bool has_sure_commas(const char *text, size_t len)
{
    const char *point = memchr(text, '.', len);
    size_t whole = point ? (size_t)(point - text) : 0;
    if (!point || text[0] == ',')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == ',' && (i > whole || (whole - i) % 4 != 0))
            return false;
        if (text[i] != ',' && i < whole && (whole - i) % 4 == 0)
            return false;
    }
    return true;
}

static size_t read_digits(const char *text, size_t len, struct decimal *out, const char **odd)
{
    size_t at = 0, kept = 0, seen = 0;
    bool point = false;
    for (; at < len; at++) {
        char c = text[at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c == ',') {
            *odd = "a number with commas between thousands";
            continue;
        }
        if (!isdigit((unsigned char)c))
            break;
        seen++;
        if (kept < DIGITS_MAX) {
            out->digits = out->digits * 10 + (unsigned)(c - '0');
            kept += out->digits != 0;
            out->exponent -= point;
        } else {
            out->exponent += !point;
        }
    }
    return seen ? at : 0;
}

static bool read_exponent(const char *text, size_t len, struct decimal *out)
{
    size_t at = 1;
    int value = 0;
    if (len == 0)
        return true;
    bool minus = len > 1 && text[1] == '-';
    at += len > 1 && (text[1] == '-' || text[1] == '+');
    if ((text[0] != 'e' && text[0] != 'E') || at >= len)
        return false;
    for (; at < len; at++) {
        if (!isdigit((unsigned char)text[at]) || value > EXPONENT_MAX)
            return false;
        value = value * 10 + (text[at] - '0');
    }
    out->exponent += minus ? -value : value;
    return true;
}

static bool split_number(struct fg_field field, struct decimal *out, const char **odd)
{
    if (field.len && (field.text[0] == '-' || field.text[0] == '+')) {
        out->minus = field.text[0] == '-';
        field.text++;
        field.len--;
    }
    if (field.len == 0
        || (memchr(field.text, ',', field.len) && !has_sure_commas(field.text, field.len)))
        return false;
    size_t end = read_digits(field.text, field.len, out, odd);
    return end > 0 && read_exponent(field.text + end, field.len - end, out);
}

/* digits x 10^(exponent + scale), rounded; false: beyond 64 bits. */
static bool to_scale(struct decimal number, int scale, int64_t *out)
{
    int power = number.exponent + scale;
    unsigned __int128 value = number.digits;
    for (; power > 0 && value; power--) {
        value *= 10;
        if (value > INT64_MAX)
            return false;
    }
    for (; power < 0 && value; power++)
        value = power == -1 ? (value + 5) / 10 : value / 10;
    if (value > INT64_MAX)
        return false;
    *out = number.minus ? -(int64_t)value : (int64_t)value;
    return true;
}

int fg_offer_number(
    struct fg_field field, int scale, int64_t *out, const char **odd, struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    struct decimal number = {};
    if (fg_offer_is_empty(field))
        return 0;
    struct fg_field left = field;
    skip_blanks(&left);
    skip_dollars(&left, odd);
    if (!split_number(left, &number, odd))
        return fg_fail(err, FG_EINVAL, "`%s`, expected a number like 12.34%s",
                       fg_field_shown(field, shown),
                       memchr(field.text, ',', field.len)
                           ? ": a comma may be a decimal point or stand between thousands"
                           : "");
    if (!to_scale(number, scale, out))
        return fg_fail(err, FG_EINVAL, "`%s`, a number beyond all bounds",
                       fg_field_shown(field, shown));
    return 1;
}
