/* rows.h - lines, fields and numbers of text files, in place and without copies.  Input is hostile. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_FIELDS_MAX 128
#define FG_FIELD_DURATION_MAX                                                                  \
    315'360'000'000'000LL /* ten years, in microseconds: the greatest of any duration */

struct fg_field {
    const char *text; /* not ended by 0 */
    size_t len;
};

/* A walk over the lines of `bytes`.  Zero it but for these two. */
struct fg_rows {
    const char *bytes;
    size_t len;
    size_t at;
    size_t line; /* the number of the last line given, from 1 */
};

/* The next line without its end (LF or CRLF), blanks at both ends dropped; a byte order mark before the first is no part
 * of it.  false: no more. */
bool fg_rows_next(struct fg_rows *rows, struct fg_field *out);

/* Split at `separator` (' ' means any run of blanks); a field in double quotes may hold it, "" is a quote that stays
 * doubled.  Returns their number, or FG_FIELDS_MAX + 1 if there are more than `out` holds. */
size_t fg_fields_split(struct fg_field line,
                       char separator,
                       struct fg_field out[FG_FIELDS_MAX]);

/* The field that begins at `*at` (0 at first), by the same rules, of lines with more fields than that; `*at` moves past its
 * separator.  false: the line is over. */
bool fg_fields_next(struct fg_field line, char separator, size_t *at, struct fg_field *out);

/* One line of a table, in fields. */
struct fg_row {
    struct fg_field fields[FG_FIELDS_MAX];
    size_t len;
};

/* Split a line of a table whose first line has `expected` columns (0: any number).  Returns 0, or FG_EINVAL: another number
 * (the file is cut off, or a separator too many moves every column), more than FG_FIELDS_MAX, a byte of value 0. */
[[nodiscard]] int fg_row_split(struct fg_field line,
                               char separator,
                               size_t expected,
                               struct fg_row *out,
                               struct fg_err *err);

bool fg_field_is(struct fg_field field, const char *text); /* equal but for letter case */

/* A whole number; a decimal one ("66.0", "0.25") in units of 1/1,000,000, further digits dropped.  false: it is no such
 * number, or beyond 64 bits. */
bool fg_field_int(struct fg_field field, int64_t *out);
bool fg_field_micro(struct fg_field field, int64_t *out);

/* A decimal number in any usual writing ("3", "-0.5", "1e6"); an empty field, "NA" and "NaN" are NaN: not known.  false: no
 * number, or not finite. */
bool fg_field_real(struct fg_field field, double *out);

/* A whole number with bounds and a message: "duration: -3, expected 0 to 100 s" (FG_EINVAL). */
[[nodiscard]] int fg_field_int_in(struct fg_field field,
                                  const char *name,
                                  int64_t min,
                                  int64_t max,
                                  int64_t *out,
                                  struct fg_err *err);
/* Seconds, whole or not, as microseconds: 0 .. FG_FIELD_DURATION_MAX. */
[[nodiscard]] int fg_field_seconds(struct fg_field field,
                                   const char *name,
                                   int64_t *out_us,
                                   struct fg_err *err);
/* "2017-10-09 07:01:55", ISO 8601 with or without a zone (none is UTC), or seconds since 1970. */
[[nodiscard]] int fg_field_moment(struct fg_field field,
                                  const char *name,
                                  int64_t *out_us,
                                  struct fg_err *err);
/* The field's text for a message, cut and with strange bytes replaced. */
#define FG_FIELD_SHOWN 40
const char *fg_field_shown(struct fg_field field, char out[FG_FIELD_SHOWN]);
