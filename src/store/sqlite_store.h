/* sqlite_store.h - the store on SQLite: the one writer.
 *
 *     controller --store.h--> SQLITE STORE --> DIR/fastgpu.db (+ -wal, -shm)
 *
 * Threads: one, the control thread.  Readers (reader.h) are other connections and never wait for it.
 * A commit that returned 0 is on the disk.  After any failed call rollback() makes the store usable
 * again; it then works as soon as the cause (a full disk) is gone.
 */
#pragma once

#include "store/batch.h"
#include "store/store.h"

/* Open the database, created if absent (mode 0600), with its schema brought up to date and, while the
 * file is small, its integrity checked.  FG_ESTATE: another program's or a newer version's file;
 * FG_EIO: damaged or unreadable; FG_ENOSPC.  `*out` is freed with fg_store_sqlite.free().
 * A database that had a log (below) has none from now on, and does not follow that one any more. */
int fg_sqlite_open(const char *path, struct fg_store **out, struct fg_err *err);

/* The same, and each batch is durable in `log` (borrowed) before it is committed here; so the commit itself need not
 * wait for the disk.  The database must be marked with the installation of the log.  A migration of an older file is
 * not in the log: who opens it makes a new snapshot then. */
int fg_sqlite_open_logged(const char *path,
                          const struct fg_batch_log *log,
                          struct fg_store **out,
                          struct fg_err *err);
/* For begin() of a log: a batch that stands there and is not here yet.  Not within a batch. */
int fg_sqlite_apply(struct fg_store *store, const struct fg_batch *batch, struct fg_err *err);

/* What the clocks of this machine say. */
struct fg_clock_reading {
    int64_t life; /* of the machine: another one after each boot */
    int64_t boot_us, now_us;
};

/* What is open keeps its age when the clock is set, whether the service ran then or not: if UTC and the boot clock are apart by
 * more than a minute from what was noted, `*out_by_us` is by how much, and all moments since which something open is
 * counted (jobs, attempts, levels of demand, orders, alerts) move along; else it is 0.  Moments that people named stay.
 * What is noted is brought up to date.  `out_by_us` NULL: it is noted, nothing moves.  Not within a batch; before load(), if anything can have moved. */
int fg_sqlite_redate(struct fg_store *store,
                     const struct fg_clock_reading *clock,
                     int64_t *out_by_us,
                     struct fg_err *err);

extern const struct fg_store_ops fg_store_sqlite;
