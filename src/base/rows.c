/* rows.c - see rows.h */
#include "base/rows.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MICRO_MAX                                                                              \
    9'000'000'000'000LL /* whole part of a decimal: its millionths stay within 64 bits */
#define MOMENT_MAX 253'402'300'799'000'000LL /* the end of year 9999 */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct fg_field trim(struct fg_field field)
{
    while (field.len && is_blank(field.text[0])) {
        field.text++;
        field.len--;
    }
    while (field.len && is_blank(field.text[field.len - 1]))
        field.len--;
    return field;
}

bool fg_rows_next(struct fg_rows *rows, struct fg_field *out)
{
    if (rows->at >= rows->len)
        return false;
    if (rows->at == 0 && rows->len >= 3 && memcmp(rows->bytes, "\xef\xbb\xbf", 3) == 0)
        rows->at = 3;
    const char *start = rows->bytes + rows->at;
    const char *end = memchr(start, '\n', rows->len - rows->at);
    size_t len = end ? (size_t)(end - start) : rows->len - rows->at;
    rows->at += len + 1;
    rows->line++;
    *out = trim((struct fg_field){start, len});
    return true;
}

static size_t field_end(struct fg_field line, size_t at, char separator)
{
    bool quoted = false;
    for (; at < line.len; at++) {
        char c = line.text[at];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == separator || (separator == ' ' && is_blank(c))))
            break;
    }
    return at;
}

static struct fg_field unquote(struct fg_field field)
{
    field = trim(field);
    if (field.len >= 2 && field.text[0] == '"' && field.text[field.len - 1] == '"')
        return (struct fg_field){field.text + 1, field.len - 2};
    return field;
}

size_t fg_fields_split(struct fg_field line, char separator, struct fg_field out[FG_FIELDS_MAX])
{
    size_t len = 0, at = 0;
    if (line.len == 0)
        return 0;
    for (;;) {
        while (separator == ' ' && at < line.len && is_blank(line.text[at]))
            at++;
        if (len == FG_FIELDS_MAX)
            return FG_FIELDS_MAX + 1;
        size_t end = field_end(line, at, separator);
        out[len++] = unquote((struct fg_field){line.text + at, end - at});
        if (end >= line.len)
            return len;
        at = end + 1;
    }
}

bool fg_fields_next(struct fg_field line, char separator, size_t *at, struct fg_field *out)
{
    if (*at > line.len || line.len == 0)
        return false;
    size_t end = field_end(line, *at, separator);
    *out = unquote((struct fg_field){line.text + *at, end - *at});
    *at = end + 1;
    return true;
}

int fg_row_split(struct fg_field line,
                 char separator,
                 size_t expected,
                 struct fg_row *out,
                 struct fg_err *err)
{
    if (memchr(line.text, '\0', line.len))
        return fg_fail(err, FG_EINVAL, "a byte of value 0, expected text");
    out->len = fg_fields_split(line, separator, out->fields);
    if (out->len > FG_FIELDS_MAX)
        return fg_fail(err, FG_EINVAL, "more than %d columns", FG_FIELDS_MAX);
    if (expected && out->len != expected)
        return fg_fail(err, FG_EINVAL, "%zu columns, expected %zu as in the first line",
                       out->len, expected);
    return 0;
}

bool fg_field_is(struct fg_field field, const char *text)
{
    return strlen(text) == field.len && strncasecmp(field.text, text, field.len) == 0;
}

/* Digits from `*at` on into `*out`; false: none, or more than `max`. */
static bool digits(struct fg_field field, size_t *at, int64_t max, int64_t *out)
{
    size_t first = *at;
    int64_t value = 0;
    for (; *at < field.len && field.text[*at] >= '0' && field.text[*at] <= '9'; (*at)++) {
        int digit = field.text[*at] - '0';
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return *at > first;
}

bool fg_field_int(struct fg_field field, int64_t *out)
{
    size_t at = field.len && field.text[0] == '-';
    int64_t value;
    bool minus = at == 1;
    if (!digits(field, &at, INT64_MAX, &value) || at != field.len)
        return false;
    *out = minus ? -value : value;
    return true;
}

bool fg_field_micro(struct fg_field field, int64_t *out)
{
    size_t at = field.len && field.text[0] == '-';
    int64_t whole, part = 0;
    bool minus = at == 1;
    if (!digits(field, &at, MICRO_MAX, &whole))
        return false;
    if (at < field.len && field.text[at] == '.') {
        at++;
        for (int64_t unit = 100'000;
             at < field.len && field.text[at] >= '0' && field.text[at] <= '9'; at++, unit /= 10)
            part += (field.text[at] - '0') * unit;
    }
    if (at != field.len)
        return false;
    *out = minus ? -(whole * 1'000'000 + part) : whole * 1'000'000 + part;
    return true;
}

bool fg_field_real(struct fg_field field, double *out)
{
    char text[64], *end;
    *out = NAN;
    if (field.len == 0 || fg_field_is(field, "NA") || fg_field_is(field, "NaN"))
        return true;
    if (field.len >= sizeof(text))
        return false;
    memcpy(text, field.text, field.len);
    text[field.len] = '\0';
    if (strspn(text, "0123456789.eE+-") != field.len) /* no hexadecimal, no infinity */
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

const char *fg_field_shown(struct fg_field field, char out[FG_FIELD_SHOWN])
{
    size_t len = field.len < FG_FIELD_SHOWN ? field.len : FG_FIELD_SHOWN - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = field.text[i] >= ' ' && field.text[i] <= '~' ? field.text[i] : '?';
    out[len] = '\0';
    return out;
}

int fg_field_int_in(struct fg_field field,
                    const char *name,
                    int64_t min,
                    int64_t max,
                    int64_t *out,
                    struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    if (fg_field_int(field, out) && *out >= min && *out <= max)
        return 0;
    return fg_fail(err, FG_EINVAL, "%s: `%s`, expected a whole number from %lld to %lld", name,
                   fg_field_shown(field, shown), (long long)min, (long long)max);
}

int fg_field_seconds(struct fg_field field,
                     const char *name,
                     int64_t *out_us,
                     struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    if (fg_field_micro(field, out_us) && *out_us >= 0 && *out_us <= FG_FIELD_DURATION_MAX)
        return 0;
    return fg_fail(err, FG_EINVAL, "%s: `%s`, expected seconds from 0 to %lld", name,
                   fg_field_shown(field, shown), FG_FIELD_DURATION_MAX / 1'000'000);
}

/* A moment as fg_time_parse() wants it: with a T, and a zone. */
static bool parse_iso(struct fg_field field, int64_t *out_us)
{
    char text[48];
    if (field.len < 10 || field.len > sizeof(text) - 2)
        return false;
    memcpy(text, field.text, field.len);
    text[field.len] = '\0';
    if (field.len > 10 && text[10] == ' ')
        text[10] = 'T';
    bool has_zone =
        field.len == 10 || strpbrk(text + 10, "Zz+") || strchr(text + 10, '-') != NULL;
    if (!has_zone)
        memcpy(text + field.len, "Z", 2);
    return fg_time_parse(text, out_us) == 0;
}

int fg_field_moment(struct fg_field field,
                    const char *name,
                    int64_t *out_us,
                    struct fg_err *err)
{
    char shown[FG_FIELD_SHOWN];
    if (parse_iso(field, out_us))
        return 0;
    if (fg_field_micro(field, out_us) && *out_us >= 0 && *out_us <= MOMENT_MAX)
        return 0;
    return fg_fail(err, FG_EINVAL,
                   "%s: `%s`, expected a moment like 2017-10-09 07:01:55, or seconds", name,
                   fg_field_shown(field, shown));
}
