/* leader.c - see standby.h: beats, the watch over them, and batches into the log. */
#include "standby/inner.h"

#include "store/sqlite_store.h"

#define BEATS_A_PATIENCE 8

/* -- threads ------------------------------------------------------------------------------------------- */

void fg_standby_lose(struct fg_standby *standby)
{
    pthread_mutex_lock(&standby->lock);
    standby->lost = true;
    pthread_cond_broadcast(&standby->wake);
    pthread_mutex_unlock(&standby->lock);
}

/* A beat of an epoch that was renewed in between says nothing: the lock keeps the two apart. */
static int beat(struct fg_standby *standby)
{
    int rc = fg_pg_ready(standby->beat_pg, NULL);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&standby->seat_lock);
    int64_t sent_us = fg_standby_now_us();
    rc = fg_seat_beat(standby->beat_pg, atomic_load(&standby->epoch), NULL);
    pthread_mutex_unlock(&standby->seat_lock);
    if (rc == 1)
        atomic_store(&standby->confirmed_us, sent_us);
    return rc;
}

static void *run_beater(void *self)
{
    struct fg_standby *standby = self;
    while (!fg_standby_sleep(standby, standby->options.patience_us / BEATS_A_PATIENCE)) {
        if (beat(standby) == 0) {
            fg_standby_lose(standby);
            break;
        }
    }
    return NULL;
}

/* Sleeps in short pieces: the clock of the pieces stands still while the machine sleeps. */
static void *run_guard(void *self)
{
    struct fg_standby *standby = self;
    int64_t limit_us = standby->options.patience_us * 3 / 4;
    for (;;) {
        bool stopping = fg_standby_sleep(standby, limit_us / 30);
        pthread_mutex_lock(&standby->lock);
        bool lost = standby->lost;
        pthread_mutex_unlock(&standby->lock);
        if (stopping)
            return NULL;
        int64_t silent_us = fg_standby_now_us() - atomic_load(&standby->confirmed_us);
        if (lost)
            standby->options.step_down(standby->options.self, "another daemon leads now");
        else if (silent_us > limit_us)
            standby->options.step_down(standby->options.self,
                                       "PostgreSQL does not confirm that we lead");
        if (lost || silent_us > limit_us)
            return NULL;
    }
}

static int start_thread(pthread_t *thread,
                        void *(*run)(void *),
                        struct fg_standby *standby,
                        struct fg_err *err)
{
    return pthread_create(thread, NULL, run, standby) == 0
               ? 0
               : fg_fail(err, FG_ENOMEM, "no thread for the shared store");
}

static void halt(struct fg_standby *standby)
{
    pthread_mutex_lock(&standby->lock);
    standby->stopping = true;
    pthread_cond_broadcast(&standby->wake);
    pthread_mutex_unlock(&standby->lock);
}

int fg_leader_start(struct fg_standby *standby,
                    uint64_t epoch,
                    int64_t sent_us,
                    struct fg_err *err)
{
    atomic_store(&standby->epoch, epoch);
    atomic_store(&standby->confirmed_us, sent_us);
    int rc = start_thread(&standby->guard, run_guard, standby, err);
    if (rc < 0)
        return rc;
    rc = start_thread(&standby->beater, run_beater, standby, err);
    if (rc == 0) {
        rc = start_thread(&standby->keeper, fg_keeper_run, standby, err);
        if (rc == 0) {
            standby->leads = true;
            return 0;
        }
        halt(standby);
        pthread_join(standby->beater, NULL);
    }
    halt(standby);
    pthread_join(standby->guard, NULL);
    return rc;
}

void fg_leader_stop(struct fg_standby *standby)
{
    if (!standby->leads)
        return;
    halt(standby);
    pthread_join(standby->beater, NULL);
    pthread_join(standby->keeper, NULL);
    pthread_join(standby->guard, NULL);
    standby->leads = false;
}

/* -- the log -------------------------------------------------------------------------------------------- */

static bool is_lost(struct fg_standby *standby)
{
    pthread_mutex_lock(&standby->lock);
    bool lost = standby->lost;
    pthread_mutex_unlock(&standby->lock);
    return lost;
}

static int refuse(struct fg_err *err)
{
    return fg_fail(err, FG_EUNREACH, "this daemon does not lead any more");
}

struct applying {
    struct fg_standby *standby;
    struct fg_store *store;
    size_t len;
};

static int apply(void *self, const struct fg_batch *batch, struct fg_err *err)
{
    struct applying *applying = self;
    int rc = fg_sqlite_apply(applying->store, batch, err);
    if (rc < 0)
        return rc;
    applying->standby->logged_seq = batch->seq;
    applying->len++;
    return 0;
}

/* A new epoch, so that what was sent and not answered cannot come into the log any more; then what did come. */
static int find_out(struct fg_standby *standby,
                    struct fg_store *store,
                    uint64_t seq,
                    struct fg_err *err)
{
    uint64_t epoch = 0;
    int rc = fg_pg_ready(standby->pg, err);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&standby->seat_lock);
    rc = fg_seat_renew(standby->pg, standby->holder, &epoch, err);
    if (rc == 1)
        atomic_store(&standby->epoch, epoch);
    pthread_mutex_unlock(&standby->seat_lock);
    if (rc == 0) {
        fg_standby_lose(standby);
        return refuse(err);
    }
    struct applying applying = {.standby = standby, .store = store};
    standby->logged_seq = seq;
    while (rc > 0)
        rc = fg_log_fetch(standby->pg, standby->logged_seq, apply, &applying, err);
    if (rc < 0)
        return rc;
    standby->unsure = false;
    if (applying.len > 0)
        return fg_fail(err, FG_EBUSY,
                       "PostgreSQL was away: what it had taken before was read again");
    return 0;
}

static int log_begin(
    void *self, struct fg_store *store, uint64_t seq, uint64_t *out_epoch, struct fg_err *err)
{
    struct fg_standby *standby = self;
    if (is_lost(standby))
        return refuse(err);
    int rc = 0;
    if (standby->unsure || standby->logged_seq != seq)
        rc = find_out(standby, store, seq, err);
    *out_epoch = atomic_load(&standby->epoch);
    return rc;
}

static int log_append(void *self, const struct fg_batch *batch, struct fg_err *err)
{
    struct fg_standby *standby = self;
    if (is_lost(standby))
        return refuse(err);
    int rc = fg_log_append(standby->pg, batch, err);
    if (rc == 1) {
        standby->logged_seq = batch->seq;
        atomic_fetch_add(&standby->logged_bytes, batch->len);
        return 0;
    }
    if (rc == 0) {
        fg_standby_lose(standby);
        return refuse(err);
    }
    standby->unsure = true;
    return fg_wrap(err, FG_EBACKEND, "whether it was kept is not known");
}

const struct fg_batch_log *fg_standby_log(struct fg_standby *standby)
{
    standby->log.self = standby;
    standby->log.begin = log_begin;
    standby->log.append = log_append;
    return &standby->log;
}
