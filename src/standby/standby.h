/* standby.h - several daemons, one state: who does not lead follows, and takes over.
 *
 *     daemon that follows:  PostgreSQL --batches--> STANDBY --> its DIR/fastgpu.db        (fg_standby_follow)
 *     daemon that leads:    control --batch--> store --STANDBY--> PostgreSQL, then SQLite (fg_standby_log)
 *
 * The state stays in SQLite, at each daemon; PostgreSQL holds the durable log of its batches and the seat of
 * leadership (seat.h, which says why no two lead at a time).  A batch counts when it is in the log.
 *
 * Threads:   fg_standby_follow(), fg_standby_log() and fg_standby_free() belong to the thread of the store; the
 *            others may be called by any.  A leader has three threads of its own: one that beats, one that watches the
 *            time, one that makes snapshots.
 * Time:      CLOCK_BOOTTIME, which goes on while a machine sleeps.
 * Invariant: who cannot confirm that it leads for three quarters of the patience calls step_down(), which does not
 *            return: nothing of that process has any effect after it.
 */
#pragma once

#include "base/auto.h"
#include "standby/seat.h"

struct fg_standby;

struct fg_standby_options {
    const char *url;      /* of PostgreSQL, see pg.h */
    const char *password; /* "" none */
    const char *db_path;
    const char *data_dir;
    const char *service_url; /* where clients reach this daemon */
    int64_t patience_us;     /* the same at all daemons of an installation */
    /* Something changed that people want to know; one line.  Any thread. */
    void (*note)(void *self, const char *text);
    /* It follows, or waits: it does not lead at once.  Called once, within fg_standby_follow().  May be NULL. */
    void (*follows)(void *self);
    /* We do not lead any more, or cannot know it: end now.  Must not return.  Any thread. */
    void (*step_down)(void *self, const char *why);
    void *self;
};

/* Nothing is connected yet.  NULL and `err` on failure. */
struct fg_standby *fg_standby_new(const struct fg_standby_options *options, struct fg_err *err);
/* Leaves the seat if it is ours: close the store before. */
void fg_standby_free(struct fg_standby *standby);
FG_AUTO_DEFINE(fg_standby)

/* Follow until the seat is ours: 1, and the database at db_path is complete, of our schema and closed; or until
 * `stop_fd` is readable: 0; or until a person has to decide: an error. */
int fg_standby_follow(struct fg_standby *standby, int stop_fd, struct fg_err *err);

/* For fg_sqlite_open_logged(), once the seat is ours; lives as long as `standby`. */
const struct fg_batch_log *fg_standby_log(struct fg_standby *standby);
/* The token of this leader: goes on every effect, so that what an older one still says is not obeyed.  0: we do not
 * lead.  It may rise while we do. */
uint64_t fg_standby_epoch(struct fg_standby *standby);
/* Who leads, as far as is known; "" nobody.  `out` holds FG_SEAT_URL_MAX. */
void fg_standby_leader(struct fg_standby *standby, char *out);

/* Files that must be where the next leader can read them; any thread, one call at a time waits for another.  `name` is
 * relative to the data folder ("link.key", "blobs/ab/abcd...").  0: it is durable in PostgreSQL. */
int fg_standby_keep(struct fg_standby *standby, const char *name, struct fg_err *err);

/* What the leader sent to which courier, as text that only grows; `anew`: in the place of all before.  It is in
 * DATA/slurm/bound of the next leader before that one leads.  0: it is durable; FG_EUNREACH: another one leads; other
 * errors: not known.  On the thread of the store. */
int fg_standby_journal(
    struct fg_standby *standby, bool anew, const char *bytes, size_t len, struct fg_err *err);
