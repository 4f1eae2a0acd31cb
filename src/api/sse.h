/* sse.h - server-sent events: a stream that waits without a thread.
 *
 *     fill() --events--> buffer --as the socket takes it--> client
 *        '-- nothing: suspended at the hub until ready(), a comment is due, or the client is gone
 *
 * Only what the client is about to read is buffered: one who reads slowly falls behind, holds no memory,
 * and is ended when it has taken nothing for the idle timeout.
 */
#pragma once

#include "api/call.h"

struct fg_sse {
    struct fg_waiter waiter;
    struct fg_api *api;
    struct MHD_Connection *mhd;
    struct fg_loop *loop;
    struct fg_buf out; /* not yet taken by the client */
    size_t taken;
    int64_t sent_us; /* monotonic, of the last bytes */
    bool ended;      /* fill() has written its last event */

    /* Write events that are there now, some 64 KiB at most.  A worker's thread. */
    int (*fill)(struct fg_sse *sse, struct fg_worker *worker, struct fg_err *err);
    /* May fill() have something?  The hub's thread; cheap. */
    bool (*ready)(struct fg_sse *sse);
    void (*free)(struct fg_sse *sse);
};

#define FG_SSE_BYTES_MAX (64 * 1024)

/* Answer with the stream, which is taken over. */
void fg_sse_answer(struct fg_call *call, struct fg_sse *sse);
/* Too many streams and long polls?  FG_EBUSY. */
[[nodiscard]] int fg_sse_room(struct fg_api *api, struct fg_err *err);

/* One event; `data` is one line. */
void fg_sse_event(struct fg_sse *sse,
                  const char *id,
                  const char *name,
                  const struct fg_buf *data);
