/* events.c - what happened: pages from the store, or a live stream from the ring. */
#include "api/answer.h"
#include "api/event_ring.h"
#include "api/job_view.h"
#include "api/sse.h"
#include "api/worker.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define BURST 200 /* events per fill */

struct subscriber {
    struct fg_sse sse;
    struct fg_event_filter filter; /* after: the last one that was sent or passed over */
    struct fg_buf data;
};

struct page {
    struct fg_json *json;
    size_t len;
    uint64_t last;
};

static void write_event(struct fg_json *json, const struct fg_event *event)
{
    bool has_data = event->json && event->json[0];
    fg_json_object(json);
    fg_json_kv_int(json, "seq", (int64_t)event->seq);
    fg_json_kv_time(json, "time", event->time_us);
    fg_json_kv(json, "kind", event->kind);
    if (event->job)
        fg_json_kv_id(json, "job", event->job);
    else
        fg_json_kv(json, "job", NULL);
    fg_json_key(json, "data");
    fg_json_raw(json, has_data ? event->json : "{}", has_data ? strlen(event->json) : 2);
    fg_json_end(json);
}

static int add_event(void *self, const struct fg_event *event)
{
    struct page *page = self;
    write_event(page->json, event);
    page->last = event->seq;
    page->len++;
    return 0;
}

static void answer_page(struct fg_call *call, const struct fg_event_filter *filter)
{
    struct fg_err err = {};
    struct fg_json *json = &call->json;
    struct page page = {.json = json};
    struct fg_reader *reader = fg_worker_reader(call->worker, &err);

    fg_list_begin(call);
    if (!reader || fg_reader_events(reader, filter, add_event, &page, &err) < 0) {
        fg_answer_error(call, &err);
        return;
    }
    fg_list_end(call, page.len == filter->limit ? page.last : 0);
}

static bool wants(const struct fg_event_filter *filter, const struct fg_event *event)
{
    return (filter->job == 0 || event->job == filter->job)
           && (filter->project == 0 || event->project == 0 || event->project == filter->project)
           && (!filter->kind[0] || fnmatch(filter->kind, event->kind, 0) == 0);
}

static void send_event(void *self, const struct fg_event *event)
{
    struct subscriber *subscriber = self;
    char id[24];

    subscriber->filter.after = event->seq;
    if (!wants(&subscriber->filter, event))
        return;
    fg_buf_clear(&subscriber->data);
    struct fg_json json = {.buf = &subscriber->data};
    write_event(&json, event);
    snprintf(id, sizeof(id), "%llu", (unsigned long long)event->seq);
    fg_sse_event(&subscriber->sse, id, NULL, &subscriber->data);
}

static int send_row(void *self, const struct fg_event *event)
{
    send_event(self, event);
    return 0;
}

/* The store knows them all: for who comes from long ago, or fell behind the ring. */
static int read_store(struct subscriber *subscriber,
                      struct fg_worker *worker,
                      struct fg_err *err)
{
    uint64_t last = 0;
    struct fg_reader *reader = fg_worker_reader(worker, err);
    if (!reader)
        return FG_EIO;
    int rc = fg_reader_last_event(reader, &last, err);
    if (rc == 0)
        rc = fg_reader_events(reader, &subscriber->filter, send_row, subscriber, err);
    /* Nothing (more) for us up to `last`: do not look there again. */
    if (rc == 0 && subscriber->sse.out.len == 0 && subscriber->filter.after < last)
        subscriber->filter.after = last;
    return rc;
}

static int fill(struct fg_sse *sse, struct fg_worker *worker, struct fg_err *err)
{
    struct subscriber *subscriber = (struct subscriber *)sse;
    struct fg_event_ring *ring = sse->api->ring;
    int got = 1;

    while (got > 0 && sse->out.len < FG_SSE_BYTES_MAX)
        got = fg_event_ring_read(ring, subscriber->filter.after, BURST, send_event, subscriber);
    return got < 0 && sse->out.len == 0 ? read_store(subscriber, worker, err) : 0;
}

static bool is_ready(struct fg_sse *sse)
{
    return fg_event_ring_last(sse->api->ring) > ((struct subscriber *)sse)->filter.after;
}

static void free_subscriber(struct fg_sse *sse)
{
    fg_buf_free(&((struct subscriber *)sse)->data);
    free(sse);
}

static void answer_stream(struct fg_call *call, const struct fg_event_filter *filter)
{
    struct fg_err err = {};
    struct subscriber *subscriber =
        fg_sse_room(call->api, &err) == 0 ? calloc(1, sizeof(*subscriber)) : NULL;
    if (!subscriber) {
        if (!err.code)
            fg_fail(&err, FG_ENOMEM, "no memory for a stream");
        fg_answer_error(call, &err);
        return;
    }
    subscriber->filter = *filter;
    subscriber->filter.limit = BURST;
    subscriber->sse.fill = fill;
    subscriber->sse.ready = is_ready;
    subscriber->sse.free = free_subscriber;
    fg_sse_answer(call, &subscriber->sse);
}

/* Without a word on where to begin, a stream begins now. */
static int find_start(struct fg_call *call, struct fg_event_filter *filter, struct fg_err *err)
{
    const char *seen = call->headers.last_event_id;
    if (seen && (!fg_parse_uint(seen, &filter->after) || filter->after > INT64_MAX))
        return fg_fail(err, FG_EINVAL, "Last-Event-ID: expected the number of an event");
    if (seen || fg_target_param(&call->target, "after"))
        return 0;
    struct fg_reader *reader = fg_worker_reader(call->worker, err);
    return reader ? fg_reader_last_event(reader, &filter->after, err) : FG_EIO;
}

/* A kind, or what it begins with and a star. */
static int read_kind(struct fg_call *call, struct fg_event_filter *filter, struct fg_err *err)
{
    const char *kind = fg_target_param(&call->target, "kind");
    size_t plain = kind ? strspn(kind, "abcdefghijklmnopqrstuvwxyz._") : 0;
    if (!kind)
        return 0;
    if ((kind[plain] && strcmp(kind + plain, "*") != 0) || strlen(kind) >= sizeof(filter->kind))
        return fg_fail(err, FG_EINVAL, "kind: %.60s, expected one like job.finished or node.*",
                       kind);
    strcpy(filter->kind, kind);
    return 0;
}

/* The newest first, those of people only; a page at a time. */
void fg_handle_audit(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_event_filter filter = {.before = INT64_MAX, .deeds = true};
    uint64_t limit = FG_PAGE_DEFAULT;
    int rc = fg_target_uint(&call->target, "before", 1, INT64_MAX, &filter.before, &err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "limit", 1, FG_PAGE_MAX, &limit, &err);
    filter.limit = limit;
    if (rc < 0)
        fg_answer_error(call, &err);
    else
        answer_page(call, &filter);
}

void fg_handle_event_list(struct fg_call *call)
{
    struct fg_err err = {};
    struct fg_event_filter filter = {.project = call->actor.project};
    uint64_t limit = FG_PAGE_DEFAULT;
    bool stream = fg_accepts(call->headers.accept, "text/event-stream") && !call->is_head;

    int rc = fg_target_uint(&call->target, "after", 0, INT64_MAX, &filter.after, &err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "before", 1, INT64_MAX, &filter.before, &err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "job", 1, INT64_MAX, &filter.job, &err);
    if (rc == 0)
        rc = read_kind(call, &filter, &err);
    if (rc == 0)
        rc = fg_target_uint(&call->target, "limit", 1, FG_PAGE_MAX, &limit, &err);
    filter.limit = limit;
    if (rc == 0 && stream)
        rc = find_start(call, &filter, &err);
    if (rc < 0)
        fg_answer_error(call, &err);
    else if (stream && !filter.before)
        answer_stream(call, &filter);
    else
        answer_page(call, &filter);
}
