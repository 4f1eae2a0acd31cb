/* standby.c - see standby.h: the life of it, and following. */
#include "standby/inner.h"

#include "base/text.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define LOOKS_A_PATIENCE 20
#define RETRY_US         500000

int64_t fg_standby_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t fg_standby_random(void)
{
    int64_t out = 0;
    if (getrandom(&out, sizeof(out), 0) != (ssize_t)sizeof(out))
        abort();
    return out & INT64_MAX;
}

struct fg_pg *fg_standby_pg(const struct fg_standby *standby, bool lazy_commit)
{
    return fg_pg_new(&(struct fg_pg_options){.url = standby->options.url,
                                             .password = standby->options.password,
                                             .lazy_commit = lazy_commit});
}

void fg_standby_note(struct fg_standby *standby, const char *fmt, ...)
{
    char text[sizeof(standby->said)];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pthread_mutex_lock(&standby->lock);
    bool is_new = strcmp(text, standby->said) != 0;
    fg_copy(standby->said, sizeof(standby->said), text);
    pthread_mutex_unlock(&standby->lock);
    if (is_new)
        standby->options.note(standby->options.self, text);
}

bool fg_standby_sleep(struct fg_standby *standby, int64_t pause_us)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t nanos = end.tv_nsec + pause_us % 1000000 * 1000;
    end.tv_sec += pause_us / 1000000 + nanos / 1000000000;
    end.tv_nsec = nanos % 1000000000;
    pthread_mutex_lock(&standby->lock);
    while (!standby->stopping && !standby->lost
           && pthread_cond_timedwait(&standby->wake, &standby->lock, &end) == 0)
        ;
    bool stopping = standby->stopping;
    pthread_mutex_unlock(&standby->lock);
    return stopping;
}

/* -- life ------------------------------------------------------------------------------------------------ */

static char *copy(const char *text)
{
    char *out = strdup(text ? text : "");
    if (!out)
        abort();
    return out;
}

static void copy_options(struct fg_standby *standby, const struct fg_standby_options *options)
{
    standby->options = *options;
    standby->options.url = copy(options->url);
    standby->options.password = copy(options->password);
    standby->options.db_path = copy(options->db_path);
    standby->options.data_dir = copy(options->data_dir);
    standby->options.service_url = copy(options->service_url);
}

static void init_locks(struct fg_standby *standby)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&standby->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&standby->lock, NULL);
    pthread_mutex_init(&standby->seat_lock, NULL);
    pthread_mutex_init(&standby->file_lock, NULL);
}

struct fg_standby *fg_standby_new(const struct fg_standby_options *options, struct fg_err *err)
{
    if (fg_pg_check_url(options->url, err) < 0) {
        fg_wrap(err, FG_EINVAL, "shared_store");
        return NULL;
    }
    struct fg_standby *standby = calloc(1, sizeof(*standby));
    if (!standby) {
        fg_fail(err, FG_ENOMEM, "no memory for the shared store");
        return NULL;
    }
    char host[64] = "";
    (void)gethostname(host, sizeof(host) - 1);
    copy_options(standby, options);
    init_locks(standby);
    snprintf(standby->holder, sizeof(standby->holder), "%s:%ld:%016llx", host, (long)getpid(),
             (unsigned long long)fg_standby_random());
    standby->replica = fg_replica_new(options->db_path);
    standby->pg = fg_standby_pg(standby, false);
    standby->file_pg = fg_standby_pg(standby, false);
    standby->beat_pg = fg_standby_pg(standby, true);
    standby->keep_pg = fg_standby_pg(standby, false);
    if (!standby->replica || !standby->pg || !standby->file_pg || !standby->beat_pg
        || !standby->keep_pg) {
        fg_fail(err, FG_ENOMEM, "no memory for the shared store");
        fg_standby_free(standby);
        return NULL;
    }
    return standby;
}

void fg_standby_free(struct fg_standby *standby)
{
    if (!standby)
        return;
    bool led = standby->leads;
    fg_leader_stop(standby);
    if (led)
        fg_seat_leave(standby->pg, standby->holder);
    fg_replica_free(standby->replica);
    fg_pg_free(standby->pg);
    fg_pg_free(standby->file_pg);
    fg_pg_free(standby->beat_pg);
    fg_pg_free(standby->keep_pg);
    pthread_mutex_destroy(&standby->lock);
    pthread_mutex_destroy(&standby->seat_lock);
    pthread_mutex_destroy(&standby->file_lock);
    pthread_cond_destroy(&standby->wake);
    char *password = (char *)(uintptr_t)standby->options.password;
    explicit_bzero(password, strlen(password));
    free(password);
    free((void *)(uintptr_t)standby->options.url);
    free((void *)(uintptr_t)standby->options.db_path);
    free((void *)(uintptr_t)standby->options.data_dir);
    free((void *)(uintptr_t)standby->options.service_url);
    free(standby);
}

uint64_t fg_standby_epoch(struct fg_standby *standby)
{
    return atomic_load(&standby->epoch);
}

void fg_standby_leader(struct fg_standby *standby, char *out)
{
    pthread_mutex_lock(&standby->lock);
    fg_copy(out, FG_SEAT_URL_MAX, standby->leader_url);
    pthread_mutex_unlock(&standby->lock);
}

static void set_leader(struct fg_standby *standby, const char *url)
{
    pthread_mutex_lock(&standby->lock);
    fg_copy(standby->leader_url, sizeof(standby->leader_url), url);
    pthread_mutex_unlock(&standby->lock);
}

/* -- following ------------------------------------------------------------------------------------------- */

/* What a follower has seen of the seat, and when it last saw it change, by its own clock. */
struct watch {
    bool prepared;
    struct fg_seat seat;
    int64_t changed_us;
    bool caught_up;
};

/* Whether trying again can help. */
static bool passes(int rc)
{
    return rc == FG_EUNREACH || rc == FG_ETIMEOUT || rc == FG_EBACKEND || rc == FG_ENOENT
           || rc == FG_ENOSPC || rc == FG_EBUSY;
}

static int look(struct fg_standby *standby, struct watch *watch, struct fg_err *err)
{
    struct fg_seat seat = {};
    int rc = watch->prepared ? 0 : fg_seat_prepare(standby->pg, fg_standby_random(), err);
    if (rc == 0)
        rc = fg_seat_read(standby->pg, &seat, err);
    if (rc < 0)
        return rc;
    int64_t now_us = fg_standby_now_us();
    bool same = watch->prepared && seat.epoch == watch->seat.epoch
                && seat.beat == watch->seat.beat
                && strcmp(seat.holder, watch->seat.holder) == 0;
    if (!same)
        watch->changed_us = now_us;
    watch->prepared = true;
    watch->seat = seat;
    set_leader(standby, seat.holder[0] ? seat.url : "");
    return 0;
}

static int catch_up(struct fg_standby *standby, struct watch *watch, struct fg_err *err)
{
    int rc = fg_replica_catch_up(standby->replica, standby->pg, watch->seat.install, err);
    watch->caught_up = rc == 1;
    if (rc == 0)
        fg_standby_note(standby, "event=standby state=waiting why=\"%s\"", err->text);
    if (rc == 1)
        rc = fg_keeper_fetch_files(standby, standby->pg, err);
    const char *holder = watch->seat.holder;
    if (rc >= 0 && watch->caught_up && holder[0] && strcmp(holder, standby->holder) != 0)
        fg_standby_note(standby, "event=standby state=following leader=%s url=%s", holder,
                        watch->seat.url);
    return rc < 0 ? rc : 0;
}

/* 1: the seat is ours. */
static int try_to_lead(struct fg_standby *standby, struct watch *watch, struct fg_err *err)
{
    int64_t now_us = fg_standby_now_us();
    bool is_free = !watch->seat.holder[0];
    bool is_silent = now_us - watch->changed_us >= standby->options.patience_us;
    if (!watch->caught_up || (!is_free && !is_silent))
        return 0;
    char last[FG_SEAT_HOLDER_MAX];
    fg_copy(last, sizeof(last), watch->seat.holder);
    int rc = fg_seat_take(standby->pg, &watch->seat, standby->holder,
                          standby->options.service_url, err);
    if (rc != 1)
        return rc;
    fg_standby_note(standby, "event=leader epoch=%llu after=%s silent_ms=%lld",
                    (unsigned long long)watch->seat.epoch, last[0] ? last : "nobody",
                    (long long)(now_us - watch->changed_us) / 1000);
    set_leader(standby, standby->options.service_url);
    rc = fg_leader_start(standby, watch->seat.epoch, now_us, err);
    return rc < 0 ? rc : 1;
}

/* The seat is ours, and nobody can append any more: take the rest, and make the database ours. */
static int settle(struct fg_standby *standby, struct watch *watch, struct fg_err *err)
{
    bool changed = false;
    int rc = catch_up(standby, watch, err);
    if (rc == 0 && !watch->caught_up)
        rc = FG_ESTATE;
    if (rc == 0)
        rc = fg_keeper_fetch_journal(standby, standby->pg, err);
    if (rc == 0)
        rc = fg_replica_lead(standby->replica, watch->seat.install, &standby->logged_seq,
                             &changed, err);
    if (rc < 0) {
        standby->options.step_down(standby->options.self, err->text);
        return rc;
    }
    uint64_t bytes = 0;
    if (fg_log_bytes(standby->pg, &bytes, NULL) == 0)
        atomic_store(&standby->logged_bytes, bytes);
    standby->log.install = watch->seat.install;
    if (changed)
        atomic_store(&standby->snapshot_wanted, true);
    return 1;
}

static int turn(struct fg_standby *standby, struct watch *watch, struct fg_err *err)
{
    int rc = look(standby, watch, err);
    if (rc == 0)
        rc = catch_up(standby, watch, err);
    if (rc == 0)
        rc = try_to_lead(standby, watch, err);
    return rc == 1 ? settle(standby, watch, err) : rc;
}

int fg_standby_follow(struct fg_standby *standby, int stop_fd, struct fg_err *err)
{
    struct watch watch = {};
    for (;;) {
        int rc = turn(standby, &watch, err);
        if (rc == 1)
            return 1;
        if (rc < 0 && !passes(rc))
            return rc;
        if (standby->options.follows)
            standby->options.follows(standby->options.self);
        standby->options.follows = NULL;
        if (rc < 0) {
            /* While PostgreSQL is away nobody can beat: that is no silence of the leader. */
            watch.changed_us = fg_standby_now_us();
            fg_standby_note(standby, "event=standby state=waiting why=\"%s\"", err->text);
        }
        int64_t pause_us = rc < 0 ? RETRY_US : standby->options.patience_us / LOOKS_A_PATIENCE;
        struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
        if (poll(&stop, 1, (int)(pause_us / 1000)) > 0)
            return 0;
    }
}
