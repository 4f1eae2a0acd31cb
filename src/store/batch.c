/* batch.c - see batch.h */
#define SQLITE_ENABLE_SESSION        1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include "store/batch.h"

#include "base/text.h"
#include "store/schema.h"

#define TABLE_MAX 64

/* A value of `meta` is 64 bits, signed; epochs and numbers of batches never come near. */
int fg_batch_at(struct fg_db *db, struct fg_batch_at *out, struct fg_err *err)
{
    int64_t seq = 0, epoch = 0;
    *out = (struct fg_batch_at){};
    int rc = fg_meta_get(db, "log_install", &out->install, err);
    if (rc == 0)
        rc = fg_meta_get(db, "log_seq", &seq, err);
    if (rc == 0)
        rc = fg_meta_get(db, "log_epoch", &epoch, err);
    out->seq = (uint64_t)seq;
    out->epoch = (uint64_t)epoch;
    return rc;
}

int fg_batch_mark(struct fg_db *db, const struct fg_batch_at *at, struct fg_err *err)
{
    int rc = fg_meta_put(db, "log_install", at->install, err);
    if (rc == 0)
        rc = fg_meta_put(db, "log_seq", (int64_t)at->seq, err);
    return rc == 0 ? fg_meta_put(db, "log_epoch", (int64_t)at->epoch, err) : rc;
}

int fg_batch_unmark(struct fg_db *db, struct fg_err *err)
{
    return fg_db_exec(
        db, "DELETE FROM meta WHERE key IN ('log_install', 'log_seq', 'log_epoch')", err);
}

/* A row that is not as the writer had it. */
static int on_conflict(void *self, int kind, sqlite3_changeset_iter *change)
{
    char *out_table = self; /* the name does not outlive the iterator */
    const char *table = NULL;
    int columns, operation, indirect;
    (void)kind;
    if (sqlite3changeset_op(change, &table, &columns, &operation, &indirect) == SQLITE_OK)
        fg_copy(out_table, TABLE_MAX, table);
    return SQLITE_CHANGESET_ABORT;
}

static int apply(struct fg_db *db, const struct fg_batch *batch, struct fg_err *err)
{
    char table[TABLE_MAX] = "?";
    /* The parameter is not const by accident of the interface: the bytes are only read. */
    int rc =
        sqlite3changeset_apply(db->handle, (int)batch->len, (void *)(uintptr_t)batch->changes,
                               NULL, on_conflict, &table);
    if (rc == SQLITE_ABORT)
        return fg_fail(err, FG_ESTATE,
                       "batch %llu: the table %s here is not what it was where the batch was "
                       "written",
                       (unsigned long long)batch->seq, table);
    if (rc != SQLITE_OK)
        return fg_db_fail(db, rc, "apply a batch", err);
    struct fg_batch_at at;
    rc = fg_batch_at(db, &at, err);
    if (rc == 0 && (at.seq != batch->seq || at.epoch != batch->epoch))
        return fg_fail(err, FG_ESTATE, "batch %llu of epoch %llu says it is %llu of %llu",
                       (unsigned long long)batch->seq, (unsigned long long)batch->epoch,
                       (unsigned long long)at.seq, (unsigned long long)at.epoch);
    return rc;
}

static int check_next(struct fg_db *db, const struct fg_batch *batch, struct fg_err *err)
{
    struct fg_batch_at at;
    int64_t schema = 0;
    int rc = fg_batch_at(db, &at, err);
    if (rc == 0)
        rc = fg_db_int(db, "PRAGMA user_version", &schema, err);
    if (rc < 0)
        return rc;
    if (batch->schema != schema)
        return fg_fail(err, FG_ESTATE, "batch %llu has schema %d, the database here %lld",
                       (unsigned long long)batch->seq, batch->schema, (long long)schema);
    if (batch->seq != at.seq + 1 || batch->epoch < at.epoch)
        return fg_fail(err, FG_ESTATE,
                       "batch %llu of epoch %llu, expected %llu of %llu or later",
                       (unsigned long long)batch->seq, (unsigned long long)batch->epoch,
                       (unsigned long long)at.seq + 1, (unsigned long long)at.epoch);
    return 0;
}

int fg_batch_apply(struct fg_db *db, const struct fg_batch *batch, struct fg_err *err)
{
    int rc = check_next(db, batch, err);
    if (rc == 0)
        rc = fg_db_exec(db, "BEGIN IMMEDIATE", err);
    if (rc < 0)
        return rc;
    rc = apply(db, batch, err);
    if (rc == 0)
        rc = fg_db_exec(db, "COMMIT", err);
    if (rc < 0 && !sqlite3_get_autocommit(db->handle))
        fg_db_exec(db, "ROLLBACK", NULL);
    return rc;
}
