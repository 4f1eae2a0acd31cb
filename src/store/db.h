/* db.h - one SQLite connection: opened safely, its statements kept, its errors in our words.
 *
 *     sqlite_store, reader --fg_query--> DB --> libsqlite3
 *
 * Threads:   a connection is used by one thread at a time.
 * Ownership: fg_db_close() frees every statement.
 * Errors:    FG_ENOSPC (disk full), FG_EIO (input/output, damage), FG_EBUSY (locked), FG_EEXIST
 *            (a row with that key is there), FG_ENOMEM.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* Every fixed statement of the store, once: sql.def. */
enum fg_sql {
#define X(name, text) FG_SQL_##name,
#include "store/sql.def"
#undef X
    FG_SQL_LEN
};

struct fg_db {
    sqlite3 *handle;
    sqlite3_stmt *stmts[FG_SQL_LEN]; /* made at first use */
};

enum fg_db_mode {
    FG_DB_WRITE, /* created if absent, mode 0600; WAL, a commit is on the disk when it returns */
    FG_DB_READ,  /* must exist; cannot write */
};

/* Open `path`.  Does not look at the schema.  On failure `db` is closed. */
int fg_db_open(struct fg_db *db, const char *path, enum fg_db_mode mode, struct fg_err *err);
void fg_db_close(struct fg_db *db); /* a zeroed one is allowed */
static inline void fg_db_drop(struct fg_db *db)
{
    fg_db_close(db);
}

/* The error of the last call on `db`, which returned `rc`; `what` was tried. */
int fg_db_fail(const struct fg_db *db, int rc, const char *what, struct fg_err *err);

/* Run SQL text that gives no rows. */
int fg_db_exec(struct fg_db *db, const char *sql, struct fg_err *err);
/* The integer that `sql` gives in its first row and column (0 if there is no row). */
int fg_db_int(struct fg_db *db, const char *sql, int64_t *out, struct fg_err *err);

/* The number of that name in the table meta; one that is not there is 0. */
int fg_meta_get(struct fg_db *db, const char *key, int64_t *out, struct fg_err *err);
int fg_meta_put(struct fg_db *db, const char *key, int64_t value, struct fg_err *err);

/* One use of a statement: begin, bind in order, step or run; the end of the scope resets it.
 *
 *     FG_AUTO(fg_query) struct fg_query query = {};
 *     int rc = fg_query_begin(&query, db, FG_SQL_job_state, err);
 *     if (rc < 0) return rc;
 *     fg_query_int(&query, id);
 *     rc = fg_query_step(&query, err);
 *
 * Bound texts are borrowed until the last step. */
struct fg_query {
    struct fg_db *db;
    sqlite3_stmt *stmt;
    int bound;
};

int fg_query_begin(struct fg_query *query,
                   struct fg_db *db,
                   enum fg_sql sql,
                   struct fg_err *err);
/* 1: a row is there; 0: no more; or an error. */
int fg_query_step(struct fg_query *query, struct fg_err *err);
/* For statements that give no rows: do it and reset, ready to bind again. */
int fg_query_run(struct fg_query *query, struct fg_err *err);
void fg_query_end(struct fg_query *query);
static inline void fg_query_drop(struct fg_query *query)
{
    fg_query_end(query);
}

static inline void fg_query_int(struct fg_query *query, int64_t value)
{
    sqlite3_bind_int64(query->stmt, ++query->bound, value);
}
static inline void fg_query_text_len(struct fg_query *query, const char *text, size_t len)
{
    sqlite3_bind_text64(query->stmt, ++query->bound, text, len, SQLITE_STATIC, SQLITE_UTF8);
}
static inline void fg_query_text(struct fg_query *query, const char *text)
{
    sqlite3_bind_text(query->stmt, ++query->bound, text ? text : "", -1, SQLITE_STATIC);
}
static inline void fg_query_blob(struct fg_query *query, const void *bytes, size_t len)
{
    sqlite3_bind_blob64(query->stmt, ++query->bound, bytes, len, SQLITE_STATIC);
}

/* Columns of the present row, from 0.  Texts are never NULL and live until the next step. */
static inline int64_t fg_query_get(const struct fg_query *query, int column)
{
    return sqlite3_column_int64(query->stmt, column);
}
static inline const char *fg_query_get_text(const struct fg_query *query, int column)
{
    const unsigned char *text = sqlite3_column_text(query->stmt, column);
    return text ? (const char *)text : "";
}
