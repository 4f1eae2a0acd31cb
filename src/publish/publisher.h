/* publisher.h - events to whom the configuration says, each at least once and in order.
 *
 *     control --commit--> events of the store --PUBLISHER, a thread a sink--> Kafka, webhooks, syslog, journal
 *                                                '--how far it has come--> keep() --> store
 *
 * The events of the store are the outbox: what is sent is read from there, and of each sink no more is kept than the
 * number of the last event that it confirmed.  So a sink that is away holds up nobody and needs no memory; it loses what
 * the store forgets meanwhile (docs/telemetry.md), which is counted and told to it.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "model/publish_row.h"
#include "model/sink.h"

struct fg_publisher;

struct fg_publisher_options {
    const struct fg_publish_config *config; /* copied */
    const char *db_path;                    /* copied; the store is there */
    /* Make this durable some time; any thread, must not wait. */
    void (*keep)(void *self, const struct fg_publish_row *row);
    /* A line for the log: a sink fails, or works again.  Any thread. */
    void (*note)(void *self, const char *text);
    void *self;
};

enum fg_publish_state { FG_PUBLISH_OK, FG_PUBLISH_WAITING, FG_PUBLISH_FAILING };

/* How a sink is. */
struct fg_publish_view {
    const struct fg_sink_setting *setting; /* borrowed from the publisher */
    enum fg_publish_state state;
    struct fg_publish_row row;
    uint64_t waiting;                 /* events after row.seq, of all kinds */
    uint64_t retries;                 /* attempts that failed, since the service started */
    char last_error[FG_ERR_TEXT_MAX]; /* "" none since it worked last */
};

/* NULL and `err` on failure.  Without sinks no thread is made. */
struct fg_publisher *fg_publisher_start(const struct fg_publisher_options *options,
                                        struct fg_err *err);
/* Ends the threads; each keeps how far it came.  The other functions may still be called. */
void fg_publisher_stop(struct fg_publisher *publisher);
/* Stops it too.  NULL is allowed. */
void fg_publisher_free(struct fg_publisher *publisher);
FG_AUTO_DEFINE(fg_publisher)

/* There is an event of that number in the store.  Any thread; never waits long. */
void fg_publisher_told(struct fg_publisher *publisher, uint64_t seq);

const char *fg_publish_state_name(enum fg_publish_state state);
/* The sink at that place of the configuration.  false: there is none (NULL has none).  Any thread. */
bool fg_publisher_look(struct fg_publisher *publisher, size_t at, struct fg_publish_view *out);
/* Send one event publish.test there, now, beside what waits; takes as long as that does.  Any thread.  FG_ENOENT: there is
 * no such sink (NULL has none); FG_EBACKEND: why it could not be sent. */
[[nodiscard]] int fg_publisher_test(struct fg_publisher *publisher,
                                    const char *name,
                                    const char *user,
                                    struct fg_err *err);
