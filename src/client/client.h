/* client.h - the service's HTTP interface, seen from outside.
 *
 *     cli --call--> CLIENT --HTTP over TCP or a Unix socket--> api
 *         <-body or error--
 *
 * Threads:   one client, one thread.
 * Errors:    a refusal of the server is its problem document as `struct fg_err`, with its code;
 *            FG_EUNREACH: nothing answers; FG_ETIMEOUT: not in time; FG_ETOOBIG: the answer is.
 * Secrets:   the token is in the client only: in no error, no argument, no URL.
 * Limits:    every call has an end (timeout_s); no proxy is used and no redirect followed.
 */
#pragma once

#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"
#include "client/sse.h"

#include <stdint.h>
#include <stdio.h>

#define FG_CLIENT_BODY_MAX      ((size_t)(64 * 1024 * 1024)) /* an answer kept in memory */
#define FG_CLIENT_TIMEOUT_S     60
#define FG_CLIENT_ADDRESSES_MAX 8
#define FG_CLIENT_LEADER_S      20 /* with several addresses: so long one is looked for that leads */

struct fg_client;

/* `url`: http://host:port, https://host:port or unix:/path, or several of them, comma separated: daemons with one state,
 * of which one leads.  They are asked in turn until it is found; a call that may have been carried out already is made
 * again only if that does no harm (it reads, or has an idempotency key).  `token` may be NULL or "".  Both are
 * copied.  NULL and `err` (FG_EINVAL, FG_ENOMEM) on failure.  Nothing is connected yet. */
struct fg_client *fg_client_new(const char *url, const char *token, struct fg_err *err);
void fg_client_free(struct fg_client *client); /* NULL is allowed */
FG_AUTO_DEFINE(fg_client)

const char *fg_client_url(const struct fg_client *client); /* as given */

/* How far an upload or download is; `total` 0: not known. */
typedef void fg_progress_fn(void *self, uint64_t done, uint64_t total);

struct fg_call {
    const char *method; /* "GET", "POST", ... */
    const char *path;   /* "/v1/jobs?limit=5" */
    const char *json;   /* body; NULL none.  Sent as application/json ... */
    size_t json_len;
    const char *type; /* of that body, if it is no JSON: "text/csv"; NULL: it is */
    FILE *upload;     /* ... or this file from where it stands, as octets */
    uint64_t upload_size;
    FILE *download;              /* the body goes here instead of into `out` */
    const char *idempotency_key; /* NULL none */
    int timeout_s;            /* 0: FG_CLIENT_TIMEOUT_S; with a file: silence, not duration */
    fg_progress_fn *progress; /* NULL none */
    void *progress_self;
};

/* One request.  The body goes to `out` (cleared first; may be NULL: dropped).
 * Returns the HTTP status (200 to 299), or a negative code. */
[[nodiscard]] int fg_client_call(struct fg_client *client,
                                 const struct fg_call *call,
                                 struct fg_buf *out,
                                 struct fg_err *err);

[[nodiscard]] int fg_client_get(struct fg_client *client,
                                const char *path,
                                struct fg_buf *out,
                                struct fg_err *err);
/* `json` NULL: an empty object. */
[[nodiscard]] int fg_client_post(struct fg_client *client,
                                 const char *path,
                                 const char *json,
                                 struct fg_buf *out,
                                 struct fg_err *err);

/* A header of the last answer, or NULL; valid until the next call. */
const char *fg_client_header(struct fg_client *client, const char *name);

/* A part of a path or query as it must be written there: all but A-Z a-z 0-9 - . _ ~ (and '/' if
 * `keep_slash`) in the form %41. */
void fg_url_escape(struct fg_buf *out, const char *text, bool keep_slash);

/* A live stream of events. */
struct fg_stream {
    const char *path;
    const char *last_event_id; /* NULL or "": from the start */
    fg_sse_fn *on_event;       /* anything but 0 ends the stream */
    /* Called at least every tick_ms, and at once when watch_fd becomes readable (-1: none); it may
     * make other calls of the same client.  Anything but 0 ends the stream. */
    int (*on_tick)(void *self);
    int tick_ms;
    int watch_fd;
    int silence_s; /* FG_ETIMEOUT after so long without a byte */
    void *self;
    /* Filled: the id to go on from after the stream has broken. */
    char out_last_id[FG_SSE_ID_MAX];
};

/* Read a stream until it ends.  Returns 0: the server ended it; what a callback gave, if positive; or
 * a negative code: FG_EUNREACH and FG_ETIMEOUT are worth another try from out_last_id. */
[[nodiscard]] int fg_client_stream(struct fg_client *client,
                                   struct fg_stream *stream,
                                   struct fg_err *err);
