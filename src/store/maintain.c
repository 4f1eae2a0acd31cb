/* maintain.c - see maintain.h */
#include "store/maintain.h"
#include "store/db.h"
#include "store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEPS_A_LOOK 20000 /* of SQLite's machine: a few milliseconds */

struct stop {
    bool (*stop)(void *self);
    void *self;
};

static int wants_stop(void *self)
{
    const struct stop *stop = self;
    return stop->stop(stop->self);
}

/* The last line of what SQLite found: the one before only says in which database. */
static int damaged(const char *answer, struct fg_err *err)
{
    const char *line = strrchr(answer, '\n');
    return fg_fail(err, FG_EIO, "the database is damaged: %s", line ? line + 1 : answer);
}

int fg_store_check_until(const char *path,
                         bool (*stop)(void *self),
                         void *self,
                         struct fg_err *err)
{
    struct stop ask = {stop, self};
    FG_AUTO(fg_db) struct fg_db db = {};
    int rc = fg_db_open(&db, path, FG_DB_READ, err);
    if (rc < 0)
        return rc;
    if (stop)
        sqlite3_progress_handler(db.handle, STEPS_A_LOOK, wants_stop, &ask);

    sqlite3_stmt *stmt = NULL;
    int sql_rc = sqlite3_prepare_v2(db.handle, "PRAGMA quick_check(1)", -1, &stmt, NULL);
    if (sql_rc == SQLITE_OK)
        sql_rc = sqlite3_step(stmt);
    const char *answer = "no answer";
    if (sql_rc == SQLITE_ROW)
        answer = (const char *)sqlite3_column_text(stmt, 0);
    if (sql_rc == SQLITE_INTERRUPT)
        rc = 0;
    else if (sql_rc != SQLITE_ROW)
        rc = fg_db_fail(&db, sql_rc, "integrity check", err);
    else if (!answer || strcmp(answer, "ok") != 0)
        rc = damaged(answer ? answer : "no answer", err);
    sqlite3_finalize(stmt);
    return rc;
}

int fg_store_check(const char *path, struct fg_err *err)
{
    return fg_store_check_until(path, NULL, NULL, err);
}

/* The read transaction holds one moment of the source, so that a busy writer cannot make the copy
 * start over. */
static int copy_all(struct fg_db *from, sqlite3 *to, struct fg_err *err)
{
    int64_t ignored = 0;
    int rc = fg_db_exec(from, "BEGIN", err);
    if (rc == 0)
        rc = fg_db_int(from, "SELECT count(*) FROM sqlite_schema", &ignored, err);
    if (rc < 0)
        return rc;
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from->handle, "main");
    int step = SQLITE_ERROR;
    if (backup) {
        while ((step = sqlite3_backup_step(backup, 4096)) == SQLITE_OK)
            ;
        sqlite3_backup_finish(backup);
    }
    fg_db_exec(from, "ROLLBACK", NULL);
    if (step == SQLITE_DONE)
        return 0;
    struct fg_db there = {.handle = to}; /* the fault is written on the side that failed */
    return fg_db_fail(&there, backup ? step : sqlite3_errcode(to), "backup", err);
}

/* A database of jobs must be of this version: what nobody here could read is no backup. */
enum verify { ANY_SCHEMA, OUR_SCHEMA };

static int copy_to(const char *path,
                   const char *partial,
                   enum verify verify,
                   struct fg_err *err)
{
    FG_AUTO(fg_db) struct fg_db from = {};
    int rc = fg_db_open(&from, path, FG_DB_READ, err);
    if (rc == 0 && verify == OUR_SCHEMA)
        rc = fg_schema_verify(&from, err);
    if (rc < 0)
        return rc;
    struct fg_db to = {};
    int sql_rc =
        sqlite3_open_v2(partial, &to.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (sql_rc != SQLITE_OK)
        rc = fg_db_fail(&to, sql_rc, partial, err);
    else
        rc = copy_all(&from, to.handle, err);
    fg_db_close(&to);
    return rc;
}

static int make_new(const char *path, struct fg_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fg_fail(err,
                       errno == EEXIST   ? FG_EEXIST
                       : errno == ENOSPC ? FG_ENOSPC
                                         : FG_EIO,
                       "%s: cannot be created: %s", path, strerror(errno));
    close(fd);
    return 0;
}

static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path + 1) : 2;
    snprintf(folder, sizeof(folder), "%.*s", len, slash ? path : "./");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static int backup(const char *path, const char *to, enum verify verify, struct fg_err *err)
{
    char partial[PATH_MAX];
    if ((size_t)snprintf(partial, sizeof(partial), "%s.partial", to) >= sizeof(partial))
        return fg_fail(err, FG_EINVAL, "backup: the path is too long");
    if (access(to, F_OK) == 0)
        return fg_fail(err, FG_EEXIST, "%s: exists already", to);

    int rc = make_new(partial, err);
    if (rc < 0)
        return fg_wrap(err, rc, "backup");
    rc = copy_to(path, partial, verify, err);
    /* link() and not rename(): it does not replace a file that has come meanwhile. */
    if (rc == 0 && link(partial, to) < 0)
        rc = fg_fail(err, errno == EEXIST ? FG_EEXIST : FG_EIO, "%s: %s", to, strerror(errno));
    unlink(partial);
    if (rc == 0)
        sync_folder_of(to);
    return rc;
}

int fg_store_backup(const char *path, const char *to, struct fg_err *err)
{
    return backup(path, to, OUR_SCHEMA, err);
}

int fg_store_copy(const char *path, const char *to, struct fg_err *err)
{
    return backup(path, to, ANY_SCHEMA, err);
}
