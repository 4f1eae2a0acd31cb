/* target.c - see target.h */
#include "api/target.h"

#include "base/auto.h"
#include "base/buf.h"
#include "base/text.h"
#include "model/limits.h"

#include <stdio.h>
#include <string.h>

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

bool fg_text_is_clean(const char *text)
{
    size_t left = strlen(text);
    while (left) {
        size_t step = fg_utf8_len(text, left);
        if (step == 0 || (unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
        text += step;
        left -= step;
    }
    return true;
}

/* Decode %XX (and '+', in a query) in place.  False: not decodable, or not clean text. */
static bool decode(char *text, bool plus_is_space)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from == '%') {
            int high = hex_value(from[1]);
            int low = high < 0 ? -1 : hex_value(from[2]);
            if (low < 0 || high + low == 0)
                return false;
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = plus_is_space && *from == '+' ? ' ' : *from;
        }
    }
    *to = 0;
    return fg_text_is_clean(text);
}

static int parse_path(char *path, struct fg_target *out, struct fg_err *err)
{
    if (path[0] != '/')
        return fg_fail(err, FG_EINVAL, "request target: expected a path that begins with /");
    if (path[1] == 0)
        return 0;

    char *rest = path + 1;
    while (rest) {
        char *segment = strsep(&rest, "/");
        if (out->segments_len == FG_SEGMENTS_MAX)
            return fg_fail(err, FG_ETOOBIG, "path: more than %d segments", FG_SEGMENTS_MAX);
        if (!decode(segment, false))
            return fg_fail(err, FG_EINVAL,
                           "path: bad %% sequence or bytes that are not clean UTF-8");
        if (segment[0] == 0 || strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)
            return fg_fail(err, FG_EINVAL, "path: empty, . and .. segments are not allowed");
        out->segments[out->segments_len++] = segment;
    }
    return 0;
}

static int parse_query(char *query, struct fg_target *out, struct fg_err *err)
{
    while (query) {
        char *value = strsep(&query, "&");
        if (value[0] == 0)
            continue;
        const char *name = strsep(&value, "=");
        if (!value || name[0] == 0)
            return fg_fail(err, FG_EINVAL, "query: expected name=value");
        if (!decode((char *)(uintptr_t)name, true) || !decode(value, true))
            return fg_fail(err, FG_EINVAL,
                           "query: bad %% sequence or bytes that are not clean UTF-8");
        if (fg_target_param(out, name))
            return fg_fail(err, FG_EINVAL, "query: %.40s is there twice", name);
        if (out->params_len == FG_PARAMS_MAX)
            return fg_fail(err, FG_ETOOBIG, "query: more than %d parameters", FG_PARAMS_MAX);
        out->params[out->params_len++] = (struct fg_param){name, value};
    }
    return 0;
}

int fg_target_parse(char *text, struct fg_target *out, struct fg_err *err)
{
    out->segments_len = out->params_len = 0;
    if (strlen(text) >= FG_TARGET_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "request target: longer than %d bytes",
                       FG_TARGET_BYTES_MAX - 1);
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at == 0x7f || *at == '#' || *at == '\\')
            return fg_fail(err, FG_EINVAL, "request target: byte 0x%02x is not allowed",
                           (unsigned)(unsigned char)*at);

    char *query = text;
    const char *path = strsep(&query, "?");
    int rc = parse_path((char *)(uintptr_t)path, out, err);
    return rc < 0 ? rc : parse_query(query, out, err);
}

const char *fg_target_param(const struct fg_target *target, const char *name)
{
    for (size_t i = 0; i < target->params_len; i++)
        if (strcmp(target->params[i].name, name) == 0)
            return target->params[i].value;
    return NULL;
}

/* Whether `word` is one of the words of `list`, which single spaces part. */
static bool is_among(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; *at;) {
        size_t step = strcspn(at, " ");
        if (step == len && memcmp(at, word, len) == 0)
            return true;
        at += step + (at[step] == ' ');
    }
    return false;
}

int fg_target_check(const struct fg_target *target, const char *known, struct fg_err *err)
{
    for (size_t i = 0; i < target->params_len; i++) {
        const char *name = target->params[i].name;
        if (!is_among(known, name) || strchr(name, ' '))
            return fg_fail(err, FG_EINVAL, "query: unknown parameter %.40s, known here: %s",
                           name, known[0] ? known : "none");
    }
    return 0;
}

bool fg_parse_uint(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    if (text[0] == 0 || (text[0] == '0' && text[1] != 0))
        return false;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || __builtin_mul_overflow(value, 10U, &value)
            || __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

int fg_target_uint(const struct fg_target *target,
                   const char *name,
                   uint64_t min,
                   uint64_t max,
                   uint64_t *out,
                   struct fg_err *err)
{
    const char *text = fg_target_param(target, name);
    uint64_t value;
    if (!text)
        return 0;
    if (!fg_parse_uint(text, &value) || value < min || value > max)
        return fg_fail(err, FG_EINVAL, "query: %s: %.40s, expected %llu to %llu", name, text,
                       (unsigned long long)min, (unsigned long long)max);
    *out = value;
    return 0;
}

int fg_target_page(const struct fg_target *target,
                   uint64_t *limit,
                   uint64_t *cursor,
                   struct fg_err *err)
{
    *limit = FG_PAGE_DEFAULT;
    int rc = fg_target_uint(target, "limit", 1, FG_PAGE_MAX, limit, err);
    return rc < 0 ? rc : fg_target_uint(target, "cursor", 1, INT64_MAX, cursor, err);
}

int fg_target_word(const struct fg_target *target,
                   const char *name,
                   const char *const *words,
                   size_t len,
                   size_t *out,
                   struct fg_err *err)
{
    const char *value = fg_target_param(target, name);
    FG_AUTO(fg_buf) struct fg_buf list = {};
    if (!value)
        return 0;
    for (size_t i = 0; i < len; i++) {
        if (strcmp(words[i], value) == 0) {
            *out = i;
            return 0;
        }
        fg_buf_printf(&list, "%s%s", i == 0 ? "" : i + 1 < len ? ", " : " or ", words[i]);
    }
    return fg_fail(err, FG_EINVAL, "query: %s: %.40s, expected %s", name, value, list.text);
}

int fg_target_bool(const struct fg_target *target,
                   const char *name,
                   bool *out,
                   struct fg_err *err)
{
    const char *text = fg_target_param(target, name);
    if (!text)
        return 0;
    bool yes = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
    bool no = strcmp(text, "0") == 0 || strcmp(text, "false") == 0;
    if (!yes && !no)
        return fg_fail(err, FG_EINVAL, "query: %s: %.40s, expected 0 or 1", name, text);
    *out = yes;
    return 0;
}
