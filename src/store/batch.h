/* batch.h - what a batch changed, as bytes: written here, kept elsewhere, applied to another copy of the database.
 *
 *     writer --begin, writes, commit--> changes of the rows --LOG--> durable there --> then committed here
 *                                                            '--> fg_batch_apply() on a copy, in order
 *
 * The bytes are a changeset of SQLite's session extension: the old and new values of the rows, by primary key.  So a
 * copy that is not what the writer's database was refuses the batch rather than going wrong.  The number of the last
 * batch and who wrote it stand in the table `meta`, changed by the batch itself: a copy knows where it is.
 */
#pragma once

#include "store/db.h"

struct fg_store;

/* Where a database is in the history of its installation; all 0: it never had a log. */
struct fg_batch_at {
    int64_t install; /* a random number, the same in all copies */
    uint64_t seq;    /* of the last batch, 1, 2, ... */
    uint64_t epoch;  /* of the writer that made it */
};

struct fg_batch {
    uint64_t seq, epoch;
    int schema; /* version that it was written with: only a database of this one can take it */
    const void *changes;
    size_t len;
};

/* Where a batch must be durable before it counts.  Called by the writer's thread.
 *
 * begin(): may this writer write?  If batches stand in the log that the store has not, they are given to
 * fg_sqlite_apply() now and FG_EBUSY is returned: the caller's state is old, and it has to read again.
 * FG_EUNREACH: the log cannot be reached, or another one writes now.
 * append(): the batch must be the next of this epoch; 0: it is durable.  FG_EUNREACH: it is not, another one writes now;
 * other errors: nobody knows yet, the next begin() finds out. */
struct fg_batch_log {
    void *self;
    int64_t install;
    int (*begin)(void *self,
                 struct fg_store *store,
                 uint64_t seq,
                 uint64_t *out_epoch,
                 struct fg_err *err);
    int (*append)(void *self, const struct fg_batch *batch, struct fg_err *err);
};

/* Where the database is.  It must have our schema. */
int fg_batch_at(struct fg_db *db, struct fg_batch_at *out, struct fg_err *err);
/* From now on it is there; within a transaction, or one of its own. */
int fg_batch_mark(struct fg_db *db, const struct fg_batch_at *at, struct fg_err *err);
/* From now on it is nowhere. */
int fg_batch_unmark(struct fg_db *db, struct fg_err *err);
/* One batch, in a transaction.  FG_ESTATE: it is not the next one, or of another schema, or the database is not what
 * the writer's was; nothing is changed then. */
int fg_batch_apply(struct fg_db *db, const struct fg_batch *batch, struct fg_err *err);
