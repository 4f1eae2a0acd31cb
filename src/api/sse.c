/* sse.c - see sse.h */
#include "api/sse.h"
#include "api/answer.h"
#include "api/connection.h"
#include "api/loop.h"
#include "api/worker.h"

#include <stdlib.h>
#include <string.h>

#define PING_US     15000000 /* a comment, so that a dead client is noticed and proxies stay calm */
#define BLOCK_BYTES 16384

static struct fg_sse *sse_of(struct fg_waiter *waiter)
{
    return (struct fg_sse *)((char *)waiter - offsetof(struct fg_sse, waiter));
}

static bool is_ready(struct fg_waiter *waiter)
{
    struct fg_sse *sse = sse_of(waiter);
    return sse->ready(sse);
}

static void suspend(struct fg_waiter *waiter)
{
    MHD_suspend_connection(sse_of(waiter)->mhd);
}

static void wake(struct fg_waiter *waiter)
{
    struct fg_sse *sse = sse_of(waiter);
    fg_loop_resume(sse->loop, sse->mhd);
}

void fg_sse_event(struct fg_sse *sse,
                  const char *id,
                  const char *name,
                  const struct fg_buf *data)
{
    if (id)
        fg_buf_printf(&sse->out, "id: %s\n", id);
    if (name)
        fg_buf_printf(&sse->out, "event: %s\n", name);
    fg_buf_puts(&sse->out, "data: ");
    fg_buf_add(&sse->out, data->text, data->len);
    fg_buf_puts(&sse->out, "\n\n");
}

static ssize_t hand_out(struct fg_sse *sse, char *to, size_t max)
{
    size_t left = sse->out.len - sse->taken;
    size_t step = left < max ? left : max;
    memcpy(to, sse->out.text + sse->taken, step);
    sse->taken += step;
    sse->sent_us = fg_api_mono_us(sse->api);
    if (sse->taken == sse->out.len) {
        fg_buf_clear(&sse->out);
        sse->taken = 0;
    }
    return (ssize_t)step;
}

/* The library asks for bytes: it only does so when the client has taken the last ones. */
static ssize_t read_stream(void *self, uint64_t, char *to, size_t max)
{
    struct fg_sse *sse = self;
    struct fg_err err = {};
    struct fg_worker *worker = fg_worker_of(sse->api->workers);

    if (sse->out.len > 0)
        return hand_out(sse, to, max);
    if (sse->ended || sse->waiter.gone || atomic_load(&sse->api->stopping))
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!worker || sse->fill(sse, worker, &err) < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (sse->out.len == 0 && fg_api_mono_us(sse->api) - sse->sent_us >= PING_US)
        fg_buf_puts(&sse->out, ": still here\n\n");
    if (sse->out.len > 0)
        return hand_out(sse, to, max);
    if (sse->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    sse->waiter.deadline_us = sse->sent_us + PING_US;
    return fg_hub_park(sse->api->hub, &sse->waiter, suspend) ? 0
                                                             : MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_stream(void *self)
{
    struct fg_sse *sse = self;
    fg_hub_remove(sse->api->hub, &sse->waiter);
    fg_buf_free(&sse->out);
    sse->free(sse);
}

int fg_sse_room(struct fg_api *api, struct fg_err *err)
{
    if (fg_hub_len(api->hub) < api->connections_max / 2)
        return 0;
    return fg_fail(err, FG_EBUSY, "streams: %zu are open, more are not served",
                   fg_hub_len(api->hub));
}

void fg_sse_answer(struct fg_call *call, struct fg_sse *sse)
{
    sse->api = call->api;
    sse->mhd = call->mhd;
    sse->loop = call->connection->loop;
    sse->sent_us = fg_api_mono_us(call->api);
    sse->waiter.fd = fg_call_fd(call);
    sse->waiter.ready = is_ready;
    sse->waiter.wake = wake;
    /* The first bytes go out at once, so that the client knows it is connected. */
    fg_buf_puts(&sse->out, ": hello\n\n");

    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, sse, free_stream);
    MHD_add_response_header(response, "Content-Type", "text/event-stream");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Accel-Buffering", "no");
    fg_answer_stream(call, response);
}
