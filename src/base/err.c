/* err.c - see err.h */
#include "base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef fg_fail /* the analyser's, see err.h */
#undef fg_wrap

int fg_fail(struct fg_err *err, int code, const char *fmt, ...)
{
    assert(code < 0);
    if (!err)
        return code;

    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    err->code = code;
    return code;
}

int fg_wrap(struct fg_err *err, int code, const char *fmt, ...)
{
    assert(code < 0);
    if (!err)
        return code;

    char inner[FG_ERR_TEXT_MAX];
    memcpy(inner, err->text, sizeof(inner));

    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof(err->text))
        snprintf(err->text + n, sizeof(err->text) - (size_t)n, ": %s", inner);
    err->code = code;
    return code;
}

struct row {
    const char *name, *text;
    int http, exit;
    bool retry;
};

static const struct row rows[] = {
    {"FG_OK", "no error", 200, 0, false},
#define X(name, value, http, exit, retry, text) [-(value)] = {#name, text, http, exit, retry},
#include "base/err.def"
#undef X
};

static const struct row unknown = {"FG_E?", "unknown error", 500, 1, false};

static const struct row *row_of(int code)
{
    int last = (int)(sizeof(rows) / sizeof(rows[0])) - 1;
    return code <= 0 && code >= -last ? &rows[-code] : &unknown;
}

const char *fg_code_name(int code)
{
    return row_of(code)->name;
}

const char *fg_code_text(int code)
{
    return row_of(code)->text;
}

bool fg_code_retry(int code)
{
    return row_of(code)->retry;
}

int fg_code_http(int code)
{
    return row_of(code)->http;
}

int fg_code_exit(int code)
{
    return row_of(code)->exit;
}
