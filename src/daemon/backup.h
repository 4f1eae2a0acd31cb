/* backup.h - a copy of the databases beside a running service, or without one.
 *
 * Only the databases: they say what there is, and what is for sale.  Blobs (DATA/blobs) never change once they are there, and what the jobs wrote
 * (DATA/jobs) is plain files: both are copied as folders, after the database, so that what it names is in the copy.
 */
#pragma once

#include "base/err.h"

/* Write the database to the file `to` (0600), and the catalogue of offers, if there is one, to a file beside it
 * (fg_daemon_backup_offers()); each complete or not at all.  Reads as another process than the daemon may: SQLite's own
 * locks keep the two apart.
 * FG_ENOENT: `data_dir` has no database; FG_EEXIST: `to` is there already; FG_ENOSPC; FG_EIO; FG_ESTATE: written by
 * another version. */
int fg_daemon_backup(const char *data_dir, const char *to, struct fg_err *err);

#define FG_BACKUP_PATH_MAX 4200
/* Where the copy of the catalogue goes: "b/fastgpu.db" has "b/fastgpu-offers.db" beside it. */
void fg_daemon_backup_offers(const char *to, char out[FG_BACKUP_PATH_MAX]);
