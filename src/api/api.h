/* api.h - what the files of this folder share.  Nobody else includes it.
 *
 *     listener --bytes--> request --route, auth--> handler --command--> control thread
 *                                                   '--rows--> worker's reader
 *
 * Threads: a worker is a thread of the HTTP library with its own reader and caches (worker.h); the
 *          hub is one thread with a clock that wakes whoever waits (hub.h).
 */
#pragma once

#include "api/server.h"

#include <stdatomic.h>

struct fg_worker;
struct fg_call_pool;
struct fg_connections;
struct fg_hub;
struct fg_event_ring;
struct fg_listener;
struct fg_blobs;
struct fg_forecasts;
struct fg_tally;

#define FG_JOB_CHANGE_SLOTS 1024

/* Everything in here is set before the first request and read-only after, but for the atomics. */
struct fg_api {
    struct fg_api_options options; /* its texts are our own copies */
    char url[128];
    size_t connections_max;
    int64_t started_us, started_mono_us;
    struct fg_listener *tcp, *local;
    struct fg_workers *workers;
    struct fg_call_pool *calls;
    struct fg_connections *connections;
    struct fg_hub *hub;
    struct fg_event_ring *ring;
    struct fg_blobs *blobs;
    struct fg_forecasts *forecasts;
    struct fg_tally *tally;
    atomic_bool planning; /* a plan is being made: one at a time */
    atomic_bool stopping;
    /* Bumped when something happened to a job; slot by its id.  Who shares a slot looks in vain. */
    atomic_uint job_changes[FG_JOB_CHANGE_SLOTS];
    atomic_uint generation; /* rises when a token or project changed: caches are stale */
    atomic_uint_fast64_t answers[6]; /* by first digit of the status, for /metrics */
};

static inline int64_t fg_api_now_us(const struct fg_api *api)
{
    return api->options.clock->now_us(api->options.clock->self);
}

static inline int64_t fg_api_mono_us(const struct fg_api *api)
{
    return api->options.clock->mono_us(api->options.clock->self);
}
