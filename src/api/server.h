/* server.h - HTTP in, commands and rows out.
 *
 *     client --HTTP--> API --command--> control thread --done()--> API --answer--> client
 *                       '--query--> store readers, telemetry
 *
 * Threads:   its own (libmicrohttpd epoll threads); a request that waits for the control thread is
 *            suspended, no thread waits with it.
 * Order:     start after the store is open; stop before the control thread ends (posts are answered).
 */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "model/command.h"
#include "publish/publisher.h"
#include "telemetry/series.h"

struct fg_api;

struct fg_api_options {
    const char *tcp_host;  /* "127.0.0.1"; NULL: no TCP */
    uint16_t tcp_port;     /* 0: any free one */
    const char *unix_path; /* NULL: no Unix socket */
    const char *db_path;   /* for readers */
    const char *data_dir;  /* logs are DATA/jobs/..., see engine/job_path.h; blobs DATA/blobs */
    const struct fg_config *config;
    const char
        *energy_region; /* of nodes whose region nobody knows; NULL or "": the world's mean */
    const struct fg_clock *clock;
    struct fg_series *series;
    struct fg_offer_store *offers;  /* the catalogue of offers; NULL: it could not be opened */
    struct fg_publisher *publisher; /* who is told of events; NULL: nobody */
    /* Hand a command to the control thread; callable from any thread, never blocks. */
    void (*post)(void *self, struct fg_command *command);
    /* End a FG_CMD_WAIT early (the client went away, or its time is over): done() comes soon with
     * rc FG_ETIMEOUT unless it came already. */
    void (*wait_cancel)(void *self, struct fg_command *command);
    /* Why nothing is served but the public routes: another daemon leads.  False: this one does.  NULL: it always does. */
    bool (*stands_by)(void *self, struct fg_err *why);
    /* A blob was uploaded: 0 once it is where the next leader can read it.  On a thread of its own.  NULL: not needed. */
    int (*keep_blob)(void *self, const char *hash, struct fg_err *err);
    /* NULL if healthy, else a static text why not. */
    const char *(*health)(void *self);
    void *self;
};

/* Start to serve.  NULL and `err` on failure (address in use, bad path). */
struct fg_api *fg_api_start(const struct fg_api_options *options, struct fg_err *err);
/* Refuse new work, answer what is under way, close. */
void fg_api_stop(struct fg_api *api);
/* "http://127.0.0.1:8642"; valid while the api is. */
const char *fg_api_url(const struct fg_api *api);
/* Tell subscribers of a committed event.  Any thread; copies; never blocks on clients. */
void fg_api_publish(struct fg_api *api, const struct fg_event *event);
