/* housekeeping.h - slow work beside the loop, in a thread of its own: the full integrity check of a
 * large database at start; five minutes later and then once an hour the removal of blobs and job folders
 * that nothing refers to any more (sweep.h), and a line in the log that names the newest deed (store/audit.h).
 *
 * A failure is a line in the log; the thread goes on and tries again an hour later.
 */
#pragma once

#include "base/config.h"
#include "base/err.h"

struct fg_housekeeping;

struct fg_housekeeping_options {
    const char *db_path, *data_dir; /* copied */
    uint64_t blob_bytes_max;        /* above nine tenths of it unused blobs go early */
    /* NULL, or why the service is not sound: what the database does not say may then only not be written
     * yet, so nothing is removed.  Called in the thread.  May be NULL. */
    const char *(*health)(void *self);
    void *self;
};

int fg_housekeeping_start(const struct fg_housekeeping_options *options,
                          struct fg_housekeeping **out,
                          struct fg_err *err);
/* Ends what goes on and waits for the thread.  NULL is allowed. */
void fg_housekeeping_stop(struct fg_housekeeping *housekeeping);
/* NULL, or what the check found: valid while the housekeeping is.  Any thread. */
const char *fg_housekeeping_fault(const struct fg_housekeeping *housekeeping);

/* One removal, now: for the thread, and for tests. */
void fg_housekeeping_sweep(struct fg_housekeeping *housekeeping);
