/* db.c - see db.h */
#include "store/db.h"

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const sql_text[FG_SQL_LEN] = {
#define X(name, text) text,
#include "store/sql.def"
#undef X
};

/* Small caches: the daemon has one writer and a reader per API thread, and is to stay small with a
 * million jobs on the disk.  The kernel caches the file anyway. */
#define CACHE_KIB       "1024"
#define BUSY_TIMEOUT_MS 10000

static bool is_disk_full(const struct fg_db *db, int rc)
{
    if ((rc & 0xff) == SQLITE_FULL)
        return true;
    int sys = db->handle ? sqlite3_system_errno(db->handle) : 0;
    return (rc & 0xff) == SQLITE_IOERR && (sys == ENOSPC || sys == EDQUOT);
}

int fg_db_fail(const struct fg_db *db, int rc, const char *what, struct fg_err *err)
{
    const char *text = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc);
    if (is_disk_full(db, rc))
        return fg_fail(err, FG_ENOSPC, "the disk is full: the database cannot be written (%s)",
                       what);
    switch (rc & 0xff) {
    case SQLITE_IOERR:
        return fg_fail(err, FG_EIO, "%s: %s (SQLite code %d, errno %d)", what, text, rc,
                       db->handle ? sqlite3_system_errno(db->handle) : 0);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fg_fail(err, FG_EIO, "%s: the database is damaged: %s (SQLite code %d)", what,
                       text, rc);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fg_fail(err, FG_EBUSY, "%s: the database is locked by another process", what);
    case SQLITE_NOMEM:
        return fg_fail(err, FG_ENOMEM, "%s: no memory", what);
    case SQLITE_CONSTRAINT:
        return fg_fail(err, FG_EEXIST, "%s: %s", what, text);
    case SQLITE_TOOBIG:
        return fg_fail(err, FG_ETOOBIG, "%s: %s", what, text);
    default:
        return fg_fail(err, FG_EIO, "%s: %s (SQLite code %d)", what, text, rc);
    }
}

int fg_db_exec(struct fg_db *db, const char *sql, struct fg_err *err)
{
    int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : fg_db_fail(db, rc, "database", err);
}

int fg_db_int(struct fg_db *db, const char *sql, int64_t *out, struct fg_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        *out = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    int end = sqlite3_finalize(stmt);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        rc = end;
    return rc == SQLITE_OK ? 0 : fg_db_fail(db, rc, "database", err);
}

/* The file must be ours alone from its first moment: it holds job texts and token hashes. */
static int make_private(const char *path, struct fg_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && (errno == ENOSPC || errno == EDQUOT))
        return fg_fail(err, FG_ENOSPC, "%s: the disk is full", path);
    if (fd < 0)
        return fg_fail(err, FG_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    close(fd);
    return 0;
}

/* Nothing in the file can make us run code, and no statement of ours can harm the file itself. */
static void harden(sqlite3 *handle)
{
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024);
    sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
}

/* WAL with synchronous=FULL: one fsync per commit, and what it wrote survives power loss.
 * The writer checkpoints at moments of its own choosing, so not by itself. */
static int configure(struct fg_db *db, enum fg_db_mode mode, struct fg_err *err)
{
    int rc = fg_db_exec(db,
                        "PRAGMA cache_size=-" CACHE_KIB "; PRAGMA mmap_size=0;"
                        "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON;",
                        err);
    if (rc == 0 && mode == FG_DB_WRITE)
        rc = fg_db_exec(db,
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                        "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
                        "PRAGMA foreign_keys=OFF;",
                        err);
    if (rc == 0 && mode == FG_DB_READ)
        rc = fg_db_exec(db, "PRAGMA query_only=ON;", err);
    return rc;
}

int fg_db_open(struct fg_db *db, const char *path, enum fg_db_mode mode, struct fg_err *err)
{
    *db = (struct fg_db){};
    int rc = mode == FG_DB_WRITE ? make_private(path, err) : 0;
    if (rc < 0)
        return rc;

    int flags = mode == FG_DB_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (rc != SQLITE_OK) {
        rc = fg_db_fail(db, rc, path, err);
    } else {
        harden(db->handle);
        rc = configure(db, mode, err);
        if (rc < 0)
            fg_wrap(err, rc, "%s", path);
    }
    if (rc < 0)
        fg_db_close(db);
    return rc;
}

void fg_db_close(struct fg_db *db)
{
    for (size_t i = 0; i < FG_SQL_LEN; i++)
        sqlite3_finalize(db->stmts[i]);
    sqlite3_close_v2(db->handle);
    *db = (struct fg_db){};
}

int fg_query_begin(struct fg_query *query,
                   struct fg_db *db,
                   enum fg_sql sql,
                   struct fg_err *err)
{
    if (!db->stmts[sql]) {
        int rc = sqlite3_prepare_v3(db->handle, sql_text[sql], -1, SQLITE_PREPARE_PERSISTENT,
                                    &db->stmts[sql], NULL);
        if (rc != SQLITE_OK)
            return fg_db_fail(db, rc, "database statement", err);
    }
    *query = (struct fg_query){.db = db, .stmt = db->stmts[sql]};
    return 0;
}

int fg_query_step(struct fg_query *query, struct fg_err *err)
{
    int rc = sqlite3_step(query->stmt);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    rc = fg_db_fail(query->db, rc, "database", err);
    sqlite3_reset(query->stmt);
    return rc;
}

int fg_query_run(struct fg_query *query, struct fg_err *err)
{
    int rc = fg_query_step(query, err);
    sqlite3_reset(query->stmt);
    query->bound = 0;
    return rc < 0 ? rc : 0;
}

void fg_query_end(struct fg_query *query)
{
    if (query->stmt)
        sqlite3_reset(query->stmt);
    query->stmt = NULL;
}

int fg_meta_put(struct fg_db *db, const char *key, int64_t value, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, FG_SQL_meta_put, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, key);
    fg_query_int(&query, value);
    return fg_query_run(&query, err);
}

int fg_meta_get(struct fg_db *db, const char *key, int64_t *out, struct fg_err *err)
{
    FG_AUTO(fg_query) struct fg_query query = {};
    int rc = fg_query_begin(&query, db, FG_SQL_meta_get, err);
    if (rc < 0)
        return rc;
    fg_query_text(&query, key);
    rc = fg_query_step(&query, err);
    *out = rc == 1 ? fg_query_get(&query, 0) : 0;
    return rc < 0 ? rc : 0;
}
