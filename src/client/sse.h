/* sse.h - server-sent events: bytes in any portions in, whole events out.
 *
 *     socket --bytes--> SSE --events--> client/stream.c --> cli
 *
 * The format is the event stream of the HTML standard: fields event, data, id; lines end in LF, CR
 * or CRLF; a blank line ends an event; a line that begins with ':' is a comment.
 * Input is hostile: an event larger than FG_SSE_EVENT_MAX is refused.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <stddef.h>

#define FG_SSE_EVENT_MAX ((size_t)(4 * 1024 * 1024)) /* bytes of one event's data */
#define FG_SSE_ID_MAX    256                         /* longer ids are ignored */

struct fg_sse;

/* Texts are valid during the call only. */
struct fg_sse_event {
    const char *event; /* "message" if the server named none */
    const char *data;
    size_t data_len;
};

/* Never NULL. */
struct fg_sse *fg_sse_new(void);
void fg_sse_free(struct fg_sse *sse); /* NULL is allowed */
FG_AUTO_DEFINE(fg_sse)

/* What to do with an event; anything but 0 ends the reading, and fg_sse_feed() gives it back. */
typedef int fg_sse_fn(void *self, const struct fg_sse_event *event);

/* Take the next bytes; each event that they complete goes to `on_event`.
 * Returns 0, what on_event returned, or FG_ETOOBIG. */
[[nodiscard]] int fg_sse_feed(struct fg_sse *sse,
                              const char *bytes,
                              size_t len,
                              fg_sse_fn *on_event,
                              void *self,
                              struct fg_err *err);

/* The id of the last event that had one, "" before: what goes into Last-Event-ID. */
const char *fg_sse_last_id(const struct fg_sse *sse);
