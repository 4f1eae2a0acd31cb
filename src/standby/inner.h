/* inner.h - what the files of this folder share about a standby.  Only for src/standby. */
#pragma once

#include "standby/object.h"
#include "standby/replica.h"
#include "standby/standby.h"

#include <pthread.h>
#include <stdatomic.h>

struct fg_standby {
    struct fg_standby_options options; /* its texts are copies */
    char holder[FG_SEAT_HOLDER_MAX];   /* names this life of this process */
    struct fg_replica *replica;        /* while it follows */
    struct fg_pg *pg;                  /* of the thread of the store */
    struct fg_batch_log log;
    uint64_t logged_seq; /* the last batch that is known to be in the log */
    bool unsure;         /* what was sent last may be in the log, or come there yet */

    pthread_mutex_t file_lock; /* file_pg */
    struct fg_pg *file_pg;
    int64_t file_stamp; /* files up to that one are here */

    /* A leader's threads. */
    pthread_t beater, guard, keeper;
    bool leads; /* they run */
    struct fg_pg *beat_pg, *keep_pg;
    pthread_mutex_t seat_lock; /* held while the epoch is compared or changed in PostgreSQL */
    _Atomic uint64_t epoch;
    _Atomic int64_t confirmed_us;  /* when the last beat was sent that was confirmed */
    _Atomic uint64_t logged_bytes; /* since the last snapshot */
    atomic_bool snapshot_wanted;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    bool stopping, lost;
    char leader_url[FG_SEAT_URL_MAX];
    char said[FG_ERR_TEXT_MAX + 64]; /* the last note: nothing is said twice */
};

int64_t fg_standby_now_us(void); /* CLOCK_BOOTTIME */
int64_t fg_standby_random(void); /* 63 bits */
struct fg_pg *fg_standby_pg(const struct fg_standby *standby, bool lazy_commit);
[[gnu::format(printf, 2, 3)]] void fg_standby_note(struct fg_standby *standby,
                                                   const char *fmt,
                                                   ...);
/* Sleep so long, or until we are told to stop (true). */
bool fg_standby_sleep(struct fg_standby *standby, int64_t pause_us);
/* We do not lead any more: the guard hears of it. */
void fg_standby_lose(struct fg_standby *standby);

/* leader.c */
int fg_leader_start(struct fg_standby *standby,
                    uint64_t epoch,
                    int64_t sent_us,
                    struct fg_err *err);
void fg_leader_stop(struct fg_standby *standby);
/* keeper.c: the thread, and what a follower takes of files. */
void *fg_keeper_run(void *self);
int fg_keeper_fetch_journal(struct fg_standby *standby, struct fg_pg *pg, struct fg_err *err);
int fg_keeper_fetch_files(struct fg_standby *standby, struct fg_pg *pg, struct fg_err *err);
