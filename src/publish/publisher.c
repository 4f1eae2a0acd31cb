/* publisher.c - see publisher.h
 *
 * A thread a sink: read what comes next, give it to the outlet, remember how far it has come; after a failure wait, each
 * time twice as long.  An outlet may have several batches under way, each read after the one before; after a failure, or
 * something that is refused, one.  What others see of a sink (row, state, ...) is changed under the one lock.
 */
#include "publish/publisher.h"

#include "base/clock.h"
#include "base/text.h"
#include "publish/flight.h"
#include "publish/gather.h"
#include "publish/outlet.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_US      20'000    /* after an event: others of its burst go with it */
#define KEEP_US        1'000'000 /* a crash lets us send that much again */
#define PAUSE_LEAST_US 250'000
#define PAUSE_MOST_US  60'000'000
#define ARENA_BYTES    ((size_t)64 << 20)

struct worker {
    struct fg_publisher *publisher;
    const struct fg_sink_setting *setting;
    pthread_t thread;
    /* The thread's alone. */
    const struct fg_outlet_ops *ops;
    void *outlet;             /* NULL: not open */
    struct fg_reader *reader; /* NULL: not open */
    struct fg_gather *gather; /* big: not on the stack */
    struct fg_flight *flight; /* the same */
    uint64_t kept_seq;
    int64_t kept_us;
    size_t batch_max;
    unsigned failures; /* in a row */
    /* Under the lock. */
    struct fg_publish_row row;
    uint64_t retries;
    char last_error[FG_ERR_TEXT_MAX];
};

struct fg_publisher {
    struct fg_publisher_options options;
    struct fg_publish_config config;
    struct fg_outlet_site site;
    char *db_path;
    struct worker workers[FG_SINKS_MAX];
    size_t workers_len; /* with a thread */
    pthread_mutex_t lock;
    pthread_cond_t bell;
    uint64_t born;           /* the newest event at the start */
    _Atomic uint64_t newest; /* event */
    atomic_bool stop;
    atomic_int asleep; /* threads that wait for an event */
};

static const struct fg_outlet_ops *const outlets[FG_SINK_KINDS] = {
    [FG_SINK_KAFKA] = &fg_outlet_kafka,
    [FG_SINK_WEBHOOK] = &fg_outlet_webhook,
    [FG_SINK_SYSLOG] = &fg_outlet_syslog,
    [FG_SINK_JOURNAL] = &fg_outlet_journal,
};

static bool stopping(void *self)
{
    struct fg_publisher *publisher = self;
    return atomic_load(&publisher->stop);
}

static int64_t mono_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

/* -- how far it has come ------------------------------------------------------------------------------------------- */

static void keep(struct worker *worker)
{
    struct fg_publisher *publisher = worker->publisher;
    if (worker->row.seq == worker->kept_seq)
        return;
    worker->kept_seq = worker->row.seq;
    worker->kept_us = mono_us();
    publisher->options.keep(publisher->options.self, &worker->row);
}

/* A sink that is new hears of what happens since the publisher was started. */
static int find_start(struct worker *worker, struct fg_err *err)
{
    struct fg_publish_row row = {};
    int rc = fg_reader_publish(worker->reader, worker->setting->name, &row, err);
    bool is_new = rc == FG_ENOENT;
    if (is_new) {
        fg_copy(row.name, sizeof(row.name), worker->setting->name);
        row.seq = worker->publisher->born;
        rc = 0;
    }
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&worker->publisher->lock);
    worker->row = row;
    pthread_mutex_unlock(&worker->publisher->lock);
    worker->kept_seq = is_new ? UINT64_MAX : row.seq;
    fg_flight_reset(worker->flight, row.seq);
    keep(worker);
    return 0;
}

/* -- a turn -------------------------------------------------------------------------------------------------------- */

static int open_reader(struct worker *worker, struct fg_err *err)
{
    if (worker->reader)
        return 0;
    worker->reader = fg_reader_open(worker->publisher->db_path, err);
    int rc = worker->reader ? find_start(worker, err) : err->code;
    if (rc < 0) {
        fg_reader_free(worker->reader);
        worker->reader = NULL;
    }
    return rc;
}

/* Of what is under way `done` are confirmed, and the next one perhaps refused for good. */
static void settle(struct worker *worker, size_t done, bool is_refused)
{
    const struct fg_clock *clock = fg_clock_system();
    pthread_mutex_lock(&worker->publisher->lock);
    fg_flight_settle(worker->flight, done, is_refused, &worker->row);
    if (done > 0)
        worker->row.sent_us = clock->now_us(clock->self);
    pthread_mutex_unlock(&worker->publisher->lock);
}

/* May the outlet get a batch beside what it has? */
static bool has_room(const struct worker *worker)
{
    size_t len = worker->flight->len;
    bool is_well = worker->failures == 0 && worker->batch_max == FG_GATHER_MAX;
    return len == 0 || (is_well && len + FG_GATHER_MAX + 1 <= FG_FLIGHT_MAX);
}

/* Empty where there is no room.  What nobody wanted counts as looked at. */
static int take_next(struct worker *worker, struct fg_err *err)
{
    struct fg_gather *gather = worker->gather;
    struct fg_flight *flight = worker->flight;
    gather->sink = worker->setting;
    gather->after = flight->looked;
    gather->len = 0;
    if (!has_room(worker))
        return 0;
    int rc = fg_gather(gather, worker->reader, worker->batch_max, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < gather->len; i++)
        fg_flight_add(flight, (struct fg_flight_note){gather->notes[i].seq,
                                                      i == 0 ? gather->dropped : 0});
    flight->looked = gather->last;
    return 0;
}

/* Give what was taken to the outlet, and count what it confirms; after an error all that is not goes again. */
static int send_some(struct worker *worker, size_t *out_done, struct fg_err *err)
{
    struct fg_gather *gather = worker->gather;
    struct fg_flight *flight = worker->flight;
    size_t done = 0;
    int rc = 0;
    if (!worker->outlet)
        rc = worker->ops->open(worker->setting, &worker->publisher->site, &worker->outlet, err);
    if (rc == 0 && flight->len > 0)
        rc = worker->ops->send(worker->outlet, gather->notes, gather->len, &done, err);
    /* One that is refused for itself is left out; of several nobody knows which. */
    bool is_refused = rc == FG_ETOOBIG && flight->len - done == 1;
    settle(worker, done, is_refused);
    if (rc == FG_ETOOBIG)
        worker->batch_max = 1;
    else if (rc == 0 && flight->len == 0 && worker->batch_max < FG_GATHER_MAX)
        worker->batch_max *= 2;
    if (rc < 0)
        fg_flight_reset(flight, worker->row.seq);
    *out_done = done;
    return rc == FG_ETOOBIG ? 0 : rc;
}

/* 1: there may be more; 0: nothing is left. */
static int turn(struct worker *worker, bool *out_works, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(ARENA_BYTES);
    size_t done = 0;
    int rc = open_reader(worker, err);
    if (rc < 0)
        return rc;
    uint64_t looked = worker->flight->looked;
    worker->gather->arena = arena;
    rc = take_next(worker, err);
    bool is_idle = worker->flight->len == 0 && worker->flight->looked == looked;
    if (rc == 0 && !is_idle)
        rc = send_some(worker, &done, err);
    *out_works = done > 0 || worker->flight->len == 0;
    return rc < 0 ? rc : !is_idle;
}

/* -- the thread ---------------------------------------------------------------------------------------------------- */

static void sleep_until(struct fg_publisher *publisher, int64_t until_us)
{
    const struct timespec until = {.tv_sec = until_us / 1'000'000,
                                   .tv_nsec = until_us % 1'000'000 * 1000};
    pthread_cond_timedwait(&publisher->bell, &publisher->lock, &until);
}

/* At least `pause_us`, or until the end.  false: the end. */
static bool rest(struct fg_publisher *publisher, int64_t pause_us)
{
    int64_t until_us = mono_us() + pause_us;
    pthread_mutex_lock(&publisher->lock);
    while (!atomic_load(&publisher->stop) && mono_us() < until_us)
        sleep_until(publisher, until_us);
    pthread_mutex_unlock(&publisher->lock);
    return !atomic_load(&publisher->stop);
}

/* Until there is an event, or it is time to keep how far it has come.  false: the end. */
static bool wait_for_event(struct worker *worker)
{
    struct fg_publisher *publisher = worker->publisher;
    bool is_kept = worker->row.seq == worker->kept_seq;
    int64_t keep_us = worker->kept_us + KEEP_US;
    pthread_mutex_lock(&publisher->lock);
    atomic_fetch_add(&publisher->asleep, 1);
    while (!atomic_load(&publisher->stop) && atomic_load(&publisher->newest) <= worker->row.seq
           && (is_kept || mono_us() < keep_us)) {
        if (is_kept)
            pthread_cond_wait(&publisher->bell, &publisher->lock);
        else
            sleep_until(publisher, keep_us);
    }
    atomic_fetch_sub(&publisher->asleep, 1);
    pthread_mutex_unlock(&publisher->lock);
    return !atomic_load(&publisher->stop) && rest(publisher, GATHER_US);
}

/* What others see, and a line in the log at each change. */
static void tell(struct worker *worker, int rc, const struct fg_err *err)
{
    struct fg_publisher *publisher = worker->publisher;
    char line[FG_ERR_TEXT_MAX + 128];
    bool was_failing = worker->failures > 0;
    worker->failures = rc < 0 ? worker->failures + 1 : 0;
    pthread_mutex_lock(&publisher->lock);
    worker->retries += rc < 0;
    fg_copy(worker->last_error, sizeof(worker->last_error), rc < 0 ? err->text : "");
    pthread_mutex_unlock(&publisher->lock);
    if (was_failing == (rc < 0))
        return;
    if (rc < 0)
        snprintf(line, sizeof(line), "event=publish-failing sink=%s why=\"%s\"",
                 worker->setting->name, err->text);
    else
        snprintf(line, sizeof(line), "event=publish-works sink=%s", worker->setting->name);
    publisher->options.note(publisher->options.self, line);
}

/* Twice as long each time, and not all sinks in the same moment. */
static int64_t pause_of(const struct worker *worker)
{
    int64_t pause_us = PAUSE_LEAST_US;
    for (unsigned i = 1; i < worker->failures && pause_us < PAUSE_MOST_US; i++)
        pause_us *= 2;
    pause_us = pause_us > PAUSE_MOST_US ? PAUSE_MOST_US : pause_us;
    return pause_us - mono_us() % (pause_us / 4);
}

static void *run(void *self)
{
    struct worker *worker = self;
    struct fg_publisher *publisher = worker->publisher;
    for (bool goes_on = true; goes_on;) {
        struct fg_err err = {};
        bool works = false;
        int rc = turn(worker, &works, &err);
        if (rc < 0 && stopping(publisher))
            break; /* it was interrupted, which is no failure */
        if (rc < 0 || works)
            tell(worker, rc, &err);
        if (worker->reader && mono_us() - worker->kept_us >= KEEP_US)
            keep(worker);
        if (rc < 0)
            goes_on = rest(publisher, pause_of(worker));
        else
            goes_on = rc > 0 ? !stopping(publisher) : wait_for_event(worker);
    }
    if (worker->reader)
        keep(worker);
    return NULL;
}

/* -- start and stop ------------------------------------------------------------------------------------------------ */

static void free_worker(struct worker *worker)
{
    if (worker->outlet)
        worker->ops->free(worker->outlet);
    fg_reader_free(worker->reader);
    free(worker->gather);
    free(worker->flight);
}

static int start_worker(struct fg_publisher *publisher, struct fg_err *err)
{
    struct worker *worker = &publisher->workers[publisher->workers_len];
    const struct fg_sink_setting *setting = &publisher->config.sinks[publisher->workers_len];
    *worker = (struct worker){.publisher = publisher,
                              .setting = setting,
                              .ops = outlets[setting->kind],
                              .gather = calloc(1, sizeof(*worker->gather)),
                              .flight = calloc(1, sizeof(*worker->flight)),
                              .batch_max = FG_GATHER_MAX};
    if (!worker->gather || !worker->flight
        || pthread_create(&worker->thread, NULL, run, worker) != 0) {
        free_worker(worker);
        return fg_fail(err, FG_ENOMEM, "publish: no memory for sink %s", setting->name);
    }
    publisher->workers_len++;
    return 0;
}

static void init_locks(struct fg_publisher *publisher)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&publisher->bell, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&publisher->lock, NULL);
}

static int find_newest(struct fg_publisher *publisher, struct fg_err *err)
{
    FG_AUTO(fg_reader)
    struct fg_reader *reader = fg_reader_open(publisher->db_path, err);
    int rc = reader ? fg_reader_last_event(reader, &publisher->born, err) : err->code;
    atomic_store(&publisher->newest, publisher->born);
    return rc;
}

struct fg_publisher *fg_publisher_start(const struct fg_publisher_options *options,
                                        struct fg_err *err)
{
    struct fg_publisher *publisher = calloc(1, sizeof(*publisher));
    char *db_path = strdup(options->db_path);
    if (!publisher || !db_path || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fg_fail(err, FG_ENOMEM, "publish: no memory");
        free(publisher);
        free(db_path);
        return NULL;
    }
    publisher->options = *options;
    publisher->config = *options->config;
    publisher->db_path = db_path;
    publisher->site = (struct fg_outlet_site){stopping, publisher};
    init_locks(publisher);
    int rc = publisher->config.sinks_len ? find_newest(publisher, err) : 0;
    while (rc == 0 && publisher->workers_len < publisher->config.sinks_len)
        rc = start_worker(publisher, err);
    if (rc == 0)
        return publisher;
    fg_publisher_free(publisher);
    return NULL;
}

void fg_publisher_stop(struct fg_publisher *publisher)
{
    pthread_mutex_lock(&publisher->lock);
    bool was_running = !atomic_exchange(&publisher->stop, true);
    pthread_cond_broadcast(&publisher->bell);
    pthread_mutex_unlock(&publisher->lock);
    for (size_t i = 0; was_running && i < publisher->workers_len; i++)
        pthread_join(publisher->workers[i].thread, NULL);
}

void fg_publisher_free(struct fg_publisher *publisher)
{
    if (!publisher)
        return;
    fg_publisher_stop(publisher);
    for (size_t i = 0; i < publisher->workers_len; i++)
        free_worker(&publisher->workers[i]);
    pthread_cond_destroy(&publisher->bell);
    pthread_mutex_destroy(&publisher->lock);
    curl_global_cleanup();
    free(publisher->db_path);
    free(publisher);
}

/* -- from other threads -------------------------------------------------------------------------------------------- */

void fg_publisher_told(struct fg_publisher *publisher, uint64_t seq)
{
    atomic_store(&publisher->newest, seq);
    if (atomic_load(&publisher->asleep) == 0)
        return;
    pthread_mutex_lock(&publisher->lock);
    pthread_cond_broadcast(&publisher->bell);
    pthread_mutex_unlock(&publisher->lock);
}

const char *fg_publish_state_name(enum fg_publish_state state)
{
    static const char *const names[] = {"ok", "waiting", "failing"};
    return names[state];
}

bool fg_publisher_look(struct fg_publisher *publisher, size_t at, struct fg_publish_view *out)
{
    if (!publisher || at >= publisher->workers_len)
        return false;
    const struct worker *worker = &publisher->workers[at];
    pthread_mutex_lock(&publisher->lock);
    uint64_t newest = atomic_load(&publisher->newest);
    *out = (struct fg_publish_view){
        .setting = worker->setting, .row = worker->row, .retries = worker->retries};
    fg_copy(out->last_error, sizeof(out->last_error), worker->last_error);
    pthread_mutex_unlock(&publisher->lock);
    out->waiting = newest > out->row.seq ? newest - out->row.seq : 0;
    out->state = out->last_error[0] ? FG_PUBLISH_FAILING
                 : out->waiting     ? FG_PUBLISH_WAITING
                                    : FG_PUBLISH_OK;
    return true;
}

static int send_test(struct fg_publisher *publisher,
                     const struct fg_sink_setting *setting,
                     const char *user,
                     struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    const struct fg_outlet_ops *ops = outlets[setting->kind];
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_json_object(&json);
    fg_json_kv(&json, "by", user);
    fg_json_end(&json);
    const struct fg_note note = {.time_us = clock->now_us(clock->self),
                                 .kind = "publish.test",
                                 .project = "",
                                 .json = text.text};
    void *outlet = NULL;
    size_t done = 0;
    int rc = ops->open(setting, &publisher->site, &outlet, err);
    if (rc < 0)
        return rc;
    rc = ops->send(outlet, &note, 1, &done, err);
    while (rc == 0 && done == 0)
        rc = ops->send(outlet, NULL, 0, &done, err);
    ops->free(outlet);
    return rc;
}

int fg_publisher_test(struct fg_publisher *publisher,
                      const char *name,
                      const char *user,
                      struct fg_err *err)
{
    for (size_t i = 0; publisher && i < publisher->workers_len; i++) {
        const struct fg_sink_setting *setting = publisher->workers[i].setting;
        if (strcmp(setting->name, name) == 0)
            return send_test(publisher, setting, user, err) == 0
                       ? 0
                       : fg_wrap(err, FG_EBACKEND, "sink %s", name);
    }
    return fg_fail(err, FG_ENOENT, "sink %s: the configuration has none of that name", name);
}
