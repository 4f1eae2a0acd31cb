/* err.h - how a FastGPU function says no.
 *
 * A function that can fail returns 0, or a negative code of err.def, and leaves the
 * caller's objects as they were.  Where a person will read the reason, the last parameter is a
 * `struct fg_err *`: storage of the caller, no allocation, may be NULL.
 * Libraries return errors; only main programs log them.
 */
#pragma once

#include <stdbool.h>

enum fg_code {
    FG_OK = 0,
#define X(name, value, http, exit, retry, text) name = value,
#include "base/err.def"
#undef X
};

#define FG_ERR_TEXT_MAX 240

struct fg_err {
    int code;                   /* an fg_code */
    char text[FG_ERR_TEXT_MAX]; /* one line, lower case, no final stop; cut if too long */
};

/* Fill `err` (if not NULL) and return `code`, so that a caller can write
 *     return fg_fail(err, FG_ENOENT, "node %s: not in the pool", name);
 */
[[gnu::format(printf, 3, 4)]] int fg_fail(struct fg_err *err, int code, const char *fmt, ...);

/* Put context before the text that is there: "load rack7.csv: " + "line 3: no gpu count". */
[[gnu::format(printf, 3, 4)]] int fg_wrap(struct fg_err *err, int code, const char *fmt, ...);
#ifdef __clang_analyzer__ /* which sees one file at a time, is told what they return */
#define fg_fail(err, code, ...) ((fg_fail)(err, code, __VA_ARGS__), (code))
#define fg_wrap(err, code, ...) ((fg_wrap)(err, code, __VA_ARGS__), (code))
#endif

/* Columns of err.def.  An unknown code is "FG_E?", "unknown error", not worth a retry. */
const char *fg_code_name(int code);
const char *fg_code_text(int code);
bool fg_code_retry(int code);
int fg_code_http(int code); /* 200 for FG_OK */
int fg_code_exit(int code); /* the exit status of the command line */
