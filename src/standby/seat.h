/* seat.h - who leads, and the log of what was done: the tables of an installation in PostgreSQL.
 *
 *     fastgpu_seat    one row: epoch, beat, holder, address of the leader
 *     fastgpu_log     one row a batch: number, epoch, schema, changes
 *
 * The seat has no lock that somebody holds: a lock of a session is kept alive by the kernel of a frozen leader, and is
 * lost by a healthy one when PostgreSQL is started again.  It is taken by writing epoch + 1 where nobody has beaten
 * for the patience of the taker, measured with his own clock:
 *
 *     leader    beats every patience / 8; ends itself when its last confirmed beat was *sent* 3/4 patience ago
 *     standby   takes the seat when it has *seen* no new beat for the whole patience
 *
 * A beat is seen after it was sent, so an old leader has been silent for a quarter of the patience when a new one
 * begins, without any two clocks being compared.  A leader that was frozen meanwhile can do no harm either: what it
 * appends is refused (the row of the seat is locked and its epoch compared in the statement that appends).
 *
 * Each function is one statement: there is no moment at which a caller that is frozen holds a lock.
 */
#pragma once

#include "base/buf.h"
#include "standby/pg.h"
#include "store/batch.h"

#define FG_SEAT_HOLDER_MAX 128
#define FG_SEAT_URL_MAX    256

struct fg_seat {
    int64_t install;                 /* random, made with the tables */
    uint64_t epoch;                  /* rises with each leader; never goes back */
    uint64_t beat;                   /* changes while there is one */
    char holder[FG_SEAT_HOLDER_MAX]; /* names one life of one process; "": it was left */
    char url[FG_SEAT_URL_MAX];       /* where clients reach it */
};

/* Make what is missing, in a new installation `install`. */
int fg_seat_prepare(struct fg_pg *pg, int64_t install, struct fg_err *err);
int fg_seat_read(struct fg_pg *pg, struct fg_seat *out, struct fg_err *err);
/* 1: it is ours, and `seat` says so; 0: somebody was faster, or is alive; or an error: it is not known. */
int fg_seat_take(struct fg_pg *pg,
                 struct fg_seat *seat,
                 const char *holder,
                 const char *url,
                 struct fg_err *err);
/* 1: still ours; 0: not any more. */
int fg_seat_beat(struct fg_pg *pg, uint64_t epoch, struct fg_err *err);
/* A new epoch for its holder, so that whatever he sent before and was not answered cannot come later.  1, or 0. */
int fg_seat_renew(struct fg_pg *pg,
                  const char *holder,
                  uint64_t *out_epoch,
                  struct fg_err *err);
/* An orderly end: the next one need not wait. */
void fg_seat_leave(struct fg_pg *pg, const char *holder);

/* 1: the batch is durable; 0: the epoch is over, nothing was written. */
int fg_log_append(struct fg_pg *pg, const struct fg_batch *batch, struct fg_err *err);
/* Batches after `seq`, in order, one call each; `take` gives 0 or an error, which ends it.  Returns how many there were
 * (at most FG_LOG_FETCH_MAX: call again), or an error. */
#define FG_LOG_FETCH_MAX 64
int fg_log_fetch(struct fg_pg *pg,
                 uint64_t seq,
                 int (*take)(void *self, const struct fg_batch *batch, struct fg_err *err),
                 void *self,
                 struct fg_err *err);
/* The journal of what was sent to couriers: 1, or 0 as fg_log_append(). */
int fg_journal_append(struct fg_pg *pg,
                      uint64_t epoch,
                      bool anew,
                      const void *bytes,
                      size_t len,
                      struct fg_err *err);
/* All of it into `out` (cleared first).  1; 0: there never was any. */
int fg_journal_fetch(struct fg_pg *pg, struct fg_buf *out, struct fg_err *err);
/* The number of the last batch (0 none). */
int fg_log_last(struct fg_pg *pg, uint64_t *out, struct fg_err *err);
/* How many bytes its batches have. */
int fg_log_bytes(struct fg_pg *pg, uint64_t *out, struct fg_err *err);
/* Forget batches up to that one: a snapshot has them. */
int fg_log_trim(struct fg_pg *pg, uint64_t seq, struct fg_err *err);
