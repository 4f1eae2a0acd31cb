/* doc_read.c - see doc_read.h */
#include "base/doc_read.h"
#include "base/clock.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 40 /* bytes of a wrong value in a message */
#define YEAR_9999 253'402'300'799'000'000ll

/* Keys are the user's: what is not printable ASCII is shown as '?'. */
static void add_to_path(struct fg_doc_reader *reader, const char *text)
{
    for (; *text && reader->path_len + 1 < sizeof(reader->path); text++)
        reader->path[reader->path_len++] = *text > 0x20 && *text < 0x7f ? *text : '?';
    reader->path[reader->path_len] = '\0';
}

size_t fg_read_enter(struct fg_doc_reader *reader, const char *member)
{
    size_t mark = reader->path_len;
    if (mark > 0)
        add_to_path(reader, ".");
    add_to_path(reader, member);
    return mark;
}

size_t fg_read_enter_at(struct fg_doc_reader *reader, size_t index)
{
    size_t mark = reader->path_len;
    char text[24];
    snprintf(text, sizeof(text), "[%zu]", index);
    add_to_path(reader, text);
    return mark;
}

void fg_read_leave(struct fg_doc_reader *reader, size_t mark)
{
    reader->path_len = mark;
    reader->path[mark] = '\0';
}

int fg_read_wrap(struct fg_doc_reader *reader, const struct fg_doc *at, int rc)
{
    if (!reader->file_name)
        return rc;
    return at->line ? fg_wrap(reader->err, rc, "%s:%u", reader->file_name, at->line)
                    : fg_wrap(reader->err, rc, "%s", reader->file_name);
}

int fg_read_fail(struct fg_doc_reader *reader, const struct fg_doc *at, const char *fmt, ...)
{
    char text[FG_ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    const char *colon = reader->path_len ? ": " : "";
    int rc = fg_fail(reader->err, FG_EINVAL, "%s%s%s", reader->path, colon, text);
    return fg_read_wrap(reader, at, rc);
}

int fg_read_name_file(const char *file_name, int rc, struct fg_err *err)
{
    if (!err)
        return rc;
    char text[FG_ERR_TEXT_MAX];
    bool has_line = strncmp(err->text, "line ", 5) == 0;
    memcpy(text, err->text, sizeof(text));
    return fg_fail(err, rc, "%s:%s%s", file_name, has_line ? "" : " ",
                   has_line ? text + 5 : text);
}

int fg_read_fail_unknown(struct fg_doc_reader *reader,
                         const struct fg_doc *member,
                         const char *const *names,
                         size_t names_len)
{
    const char *near = fg_nearest(member->key, names, names_len);
    size_t mark = fg_read_enter(reader, member->key);
    int rc = near ? fg_read_fail(reader, member, "unknown member, did you mean %s?", near)
                  : fg_read_fail(reader, member, "unknown member");
    fg_read_leave(reader, mark);
    return rc;
}

/* The value, for a message: numbers in full, text in quotes and cut. */
static const char *shown(const struct fg_doc *doc, char out[SHOWN_MAX + 8])
{
    if (doc->text && doc->kind != FG_DOC_NULL) {
        size_t len = 0;
        out[len++] = '"';
        for (const char *at = doc->text; *at && len < SHOWN_MAX; at++)
            out[len++] = *at >= 0x20 && *at < 0x7f ? *at : '?';
        out[len++] = '"';
        out[len] = '\0';
        if (doc->kind != FG_DOC_TEXT) { /* a number as it was written */
            out[len - 1] = '\0';
            return out + 1;
        }
        return out;
    }
    if (doc->kind == FG_DOC_INT)
        snprintf(out, SHOWN_MAX, "%lld", (long long)doc->integer);
    else if (doc->kind == FG_DOC_REAL)
        snprintf(out, SHOWN_MAX, "%g", doc->real);
    else
        snprintf(out, SHOWN_MAX, "%s", fg_doc_kind_name(doc->kind));
    return out;
}

int fg_read_kind(struct fg_doc_reader *reader, const struct fg_doc *doc, enum fg_doc_kind kind)
{
    if (doc->kind == kind)
        return 0;
    return fg_read_fail(reader, doc, "%s, expected %s", fg_doc_kind_name(doc->kind),
                        fg_doc_kind_name(kind));
}

int fg_read_bool(struct fg_doc_reader *reader, const struct fg_doc *doc, bool *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_BOOL);
    if (rc == 0)
        *out = doc->integer != 0;
    return rc;
}

int fg_read_int(struct fg_doc_reader *reader,
                const struct fg_doc *doc,
                int64_t min,
                int64_t max,
                int64_t *out)
{
    char text[SHOWN_MAX + 8];
    if (doc->kind != FG_DOC_INT || doc->integer < min || doc->integer > max)
        return fg_read_fail(reader, doc, "%s, expected a whole number from %lld to %lld",
                            shown(doc, text), (long long)min, (long long)max);
    *out = doc->integer;
    return 0;
}

int fg_read_text(struct fg_doc_reader *reader,
                 const struct fg_doc *doc,
                 size_t len_max,
                 const char **out)
{
    const char *text = doc->text;
    size_t len = doc->text_len;
    char number[24];
    if (!text && doc->kind == FG_DOC_INT) {
        len = (size_t)snprintf(number, sizeof(number), "%lld", (long long)doc->integer);
        text = number;
    } else if (!text && doc->kind == FG_DOC_BOOL) {
        text = doc->integer ? "true" : "false";
        len = strlen(text);
    }
    if (doc->kind == FG_DOC_NULL)
        text = "", len = 0;
    if (!text)
        return fg_read_fail(reader, doc, "%s, expected text", fg_doc_kind_name(doc->kind));
    if (len > len_max)
        return fg_read_fail(reader, doc, "%zu bytes, expected %zu at most", len, len_max);
    if (len > reader->text_left) {
        int rc =
            fg_fail(reader->err, FG_ETOOBIG, "%s: the whole has too much text", reader->path);
        return fg_read_wrap(reader, doc, rc);
    }
    reader->text_left -= len;
    char *copy = FG_NEW(reader->arena, char, len + 1);
    memcpy(copy, text, len);
    *out = copy;
    return 0;
}

static bool is_number(const struct fg_doc *doc)
{
    return doc->kind == FG_DOC_INT || doc->kind == FG_DOC_REAL;
}

int fg_read_milli(struct fg_doc_reader *reader,
                  const struct fg_doc *doc,
                  int64_t min_milli,
                  int64_t max_milli,
                  int64_t *out_milli)
{
    double milli = is_number(doc) ? round(doc->real * 1000) : -INFINITY;
    char text[SHOWN_MAX + 8];
    if (!(milli >= (double)min_milli && milli <= (double)max_milli))
        return fg_read_fail(reader, doc, "%s, expected %g to %g", shown(doc, text),
                            (double)min_milli / 1000, (double)max_milli / 1000);
    *out_milli = (int64_t)milli;
    return 0;
}

/* Bytes in one unit of that name, or 0. */
static double unit_bytes(const char *name)
{
    static const char letters[] = "kmgt";
    const char *letter = *name ? strchr(letters, tolower((unsigned char)*name)) : NULL;
    if (!letter)
        return 0;
    bool decimal = strcasecmp(name + 1, "b") == 0;
    if (!decimal && name[1] && strcasecmp(name + 1, "i") != 0
        && strcasecmp(name + 1, "ib") != 0)
        return 0;
    return pow(decimal ? 1000 : 1024, (double)(letter - letters + 1));
}

static int size_of(double amount, double bytes, int64_t *out_mib)
{
    double mib = ceil(amount * bytes / (1024 * 1024));
    if (!(mib >= 0 && mib < 1e15))
        return FG_EINVAL;
    *out_mib = (int64_t)mib;
    return 0;
}

int fg_size_parse(const char *text, int64_t unit_mib, int64_t *out_mib)
{
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0 || digits > 20)
        return FG_EINVAL;
    char *end;
    double amount = strtod(text, &end);
    if (end != text + digits)
        return FG_EINVAL;
    while (*end == ' ')
        end++;
    double bytes = *end ? unit_bytes(end) : (double)unit_mib * 1024 * 1024;
    return bytes > 0 ? size_of(amount, bytes, out_mib) : FG_EINVAL;
}

int fg_read_size(struct fg_doc_reader *reader,
                 const struct fg_doc *doc,
                 int64_t unit_mib,
                 int64_t max_mib,
                 int64_t *out_mib)
{
    int64_t mib = -1;
    int rc = FG_EINVAL;
    if (is_number(doc))
        rc = size_of(doc->real, (double)unit_mib * 1024 * 1024, &mib);
    else if (doc->kind == FG_DOC_TEXT)
        rc = fg_size_parse(doc->text, unit_mib, &mib);
    char text[SHOWN_MAX + 8];
    if (rc < 0 || mib > max_mib)
        return fg_read_fail(reader, doc, "%s, expected a size like 64GiB, up to %lldGiB",
                            shown(doc, text), (long long)max_mib / 1024);
    *out_mib = mib;
    return 0;
}

static int duration_of(const struct fg_doc *doc, int64_t max_us, int64_t *out_us)
{
    int64_t us = -1;
    if (doc->kind == FG_DOC_TEXT) {
        if (fg_duration_parse(doc->text, &us) < 0)
            return FG_EINVAL;
    } else if (is_number(doc) && doc->real >= 0 && doc->real < 1e12) {
        us = (int64_t)(doc->real * 1e6 + 0.5);
    }
    if (us < 0 || us > max_us)
        return FG_EINVAL;
    *out_us = us;
    return 0;
}

int fg_read_duration(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     int64_t max_us,
                     int64_t *out_us)
{
    char text[SHOWN_MAX + 8], most[FG_TIME_TEXT_MAX];
    if (duration_of(doc, max_us, out_us) == 0)
        return 0;
    fg_duration_format(max_us, most);
    return fg_read_fail(reader, doc, "%s, expected a duration like 90s, 1h30m or 2d, up to %s",
                        shown(doc, text), most);
}

int fg_read_moment(struct fg_doc_reader *reader,
                   const struct fg_doc *doc,
                   int64_t now_us,
                   int64_t *out_us)
{
    int64_t us;
    if (doc->kind == FG_DOC_TEXT && fg_time_parse(doc->text, &us) == 0 && us > 0
        && us <= YEAR_9999) {
        *out_us = us;
        return 0;
    }
    if (duration_of(doc, YEAR_9999, &us) == 0 && us <= YEAR_9999 - now_us) {
        *out_us = now_us + us;
        return 0;
    }
    char text[SHOWN_MAX + 8];
    return fg_read_fail(
        reader, doc,
        "%s, expected a time like 2026-11-21T02:36:55Z, or a duration from now like 2h",
        shown(doc, text));
}
