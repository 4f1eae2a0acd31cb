/* pg.h - a connection to PostgreSQL: statements with parameters, each with a time limit.
 *
 * Values travel in PostgreSQL's binary format, so what a statement gives must be int8, text or bytea.
 * Threads:   a connection belongs to one thread at a time.
 * Errors:    FG_EUNREACH: the connection cannot be made, or broke (it is closed then, and opened again by the next
 *            fg_pg_ready()); what the statement did is not known.  FG_ETIMEOUT: the same, after the limit.
 *            FG_EBACKEND: PostgreSQL refused the statement; nothing was done.
 * Secrets:   the password is in no error.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct fg_pg;

struct fg_pg_options {
    const char
        *url; /* postgresql://user@host/database, or keywords of libpq; no password in it */
    const char *password; /* NULL or "": none is needed, or libpq finds it itself (~/.pgpass) */
    bool lazy_commit;     /* a commit need not survive a crash of PostgreSQL */
};

/* Whether the address is one, and has no password in it.  0, or FG_EINVAL. */
int fg_pg_check_url(const char *url, struct fg_err *err);

/* Nothing is connected yet; `options` is copied.  NULL: no memory. */
struct fg_pg *fg_pg_new(const struct fg_pg_options *options);
void fg_pg_free(struct fg_pg *pg);
FG_AUTO_DEFINE(fg_pg)
/* Connect if it is not; waits at most two seconds an address. */
int fg_pg_ready(struct fg_pg *pg, struct fg_err *err);

enum fg_pg_kind { FG_PG_INT, FG_PG_TEXT, FG_PG_BYTES };

struct fg_pg_arg {
    enum fg_pg_kind kind;
    int64_t number;
    const void *bytes; /* a TEXT ends with 0 */
    size_t len;        /* of BYTES */
};
#define FG_PG_ARG_INT(value)                                                                   \
    {                                                                                          \
        .kind = FG_PG_INT, .number = (int64_t)(value)                                          \
    }
#define FG_PG_ARG_TEXT(value)                                                                  \
    {                                                                                          \
        .kind = FG_PG_TEXT, .bytes = (value)                                                   \
    }
#define FG_PG_ARG_BYTES(value, size)                                                           \
    {                                                                                          \
        .kind = FG_PG_BYTES, .bytes = (value), .len = (size)                                   \
    }

struct fg_pg_call {
    const char *sql; /* one statement, parameters are $1, $2, ... */
    const struct fg_pg_arg *args;
    size_t args_len;
    int timeout_ms;
};

struct fg_pg_rows; /* what a statement gave */

/* `*out` (may be NULL: not wanted) is freed with fg_pg_rows_free().  Returns how many rows there are, or that the
 * statement changed; or an error. */
int fg_pg_run(struct fg_pg *pg,
              const struct fg_pg_call *call,
              struct fg_pg_rows **out,
              struct fg_err *err);
void fg_pg_rows_free(struct fg_pg_rows *rows); /* NULL is allowed */
FG_AUTO_DEFINE(fg_pg_rows)

/* A field; what is not there, or no int8, is 0.  Bytes are borrowed from the rows; a text ends with 0. */
int64_t fg_pg_int(const struct fg_pg_rows *rows, int row, int column);
const char *fg_pg_bytes(const struct fg_pg_rows *rows, int row, int column, size_t *out_len);
