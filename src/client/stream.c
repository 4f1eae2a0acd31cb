/* stream.c - a request whose answer goes on: server-sent events, with a tick beside them. */
#include "client/client_inner.h"
#include "client/problem.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

#define REFUSAL_SIZE_MAX ((size_t)(64 * 1024))

struct reading {
    struct fg_stream *stream;
    struct fg_sse *sse;
    CURL *curl;
    struct fg_buf refusal; /* the body of an answer that is no stream */
    struct fg_err *err;
    int rc; /* of a callback or the parser; 0 go on */
};

static long status_of(CURL *curl)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *self)
{
    struct reading *reading = self;
    size_t len = size * count;
    if (status_of(reading->curl) >= 300) {
        if (reading->refusal.len + len <= REFUSAL_SIZE_MAX)
            fg_buf_add(&reading->refusal, bytes, len);
        return len;
    }
    reading->rc = fg_sse_feed(reading->sse, bytes, len, reading->stream->on_event,
                              reading->stream->self, reading->err);
    return reading->rc == 0 ? len : 0;
}

/* Move bytes until the transfer has ended or a callback says stop; the result of libcurl. */
static CURLcode pump(CURLM *multi, struct reading *reading)
{
    struct fg_stream *stream = reading->stream;
    for (;;) {
        int running = 0;
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
        if (running == 0)
            break;
        struct curl_waitfd watch = {.fd = stream->watch_fd, .events = CURL_WAIT_POLLIN};
        int tick_ms = stream->tick_ms > 0 ? stream->tick_ms : 1000;
        curl_multi_poll(multi, &watch, stream->watch_fd >= 0 ? 1 : 0, tick_ms, NULL);
        if (stream->on_tick && reading->rc == 0)
            reading->rc = stream->on_tick(stream->self);
        if (reading->rc != 0)
            return CURLE_OK;
    }
    int left;
    CURLMsg *message = curl_multi_info_read(multi, &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OK;
}

static struct curl_slist *stream_headers(const struct fg_client *client,
                                         const struct fg_stream *stream)
{
    struct curl_slist *list = fg_client_headers(client);
    list = curl_slist_append(list, "Accept: text/event-stream");
    if (stream->last_event_id && stream->last_event_id[0]) {
        char header[FG_SSE_ID_MAX + 32];
        snprintf(header, sizeof(header), "Last-Event-ID: %s", stream->last_event_id);
        list = curl_slist_append(list, header);
    }
    return list;
}

static CURLcode run(struct fg_client *client, struct reading *reading)
{
    CURL *curl = reading->curl;
    fg_client_prepare(client, curl, reading->stream->path);
    struct curl_slist *headers = stream_headers(client, reading->stream);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, reading);
    if (reading->stream->silence_s > 0) {
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)reading->stream->silence_s);
    }
    CURLcode result = CURLE_OUT_OF_MEMORY;
    CURLM *multi = curl_multi_init();
    if (multi) {
        curl_multi_add_handle(multi, curl);
        result = pump(multi, reading);
        curl_multi_remove_handle(multi, curl);
        curl_multi_cleanup(multi);
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return result;
}

int fg_client_stream(struct fg_client *client, struct fg_stream *stream, struct fg_err *err)
{
    FG_AUTO(fg_sse) struct fg_sse *sse = fg_sse_new();
    struct reading reading = {.stream = stream, .sse = sse, .err = err};
    reading.curl = curl_easy_init();
    if (!reading.curl)
        return fg_fail(err, FG_ENOMEM, "no memory for the request");

    CURLcode result = run(client, &reading);
    long status = status_of(reading.curl);
    fg_copy(stream->out_last_id, sizeof(stream->out_last_id), fg_sse_last_id(sse));

    int rc = reading.rc;
    if (rc == 0 && result != CURLE_OK)
        rc = fg_client_fault(client, result, err);
    else if (rc == 0 && status >= 300)
        rc = fg_problem_read((int)status, reading.refusal.text ? reading.refusal.text : "",
                             reading.refusal.len, err);
    /* The caller comes again: then to the next one. */
    if (rc == FG_EUNREACH || rc == FG_ETIMEOUT)
        fg_client_turn(client);
    curl_easy_cleanup(reading.curl);
    fg_buf_free(&reading.refusal);
    return rc;
}
