/* backup.h - a copy of the database beside a running service, or without one.
 *
 * Only the database: it says what there is.  Blobs (DATA/blobs) never change once they are there, and what the jobs wrote
 * (DATA/jobs) is plain files: both are copied as folders, after the database, so that what it names is in the copy.
 */
#pragma once

#include "base/err.h"

/* Write it to the file `to` (0600), complete or not at all.  Reads as another process than the daemon may: SQLite's own
 * locks keep the two apart.
 * FG_ENOENT: `data_dir` has no database; FG_EEXIST: `to` is there already; FG_ENOSPC; FG_EIO; FG_ESTATE: written by
 * another version. */
int fg_daemon_backup(const char *data_dir, const char *to, struct fg_err *err);
