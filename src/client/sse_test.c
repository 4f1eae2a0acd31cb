/* sse_test.c - the event stream, whole, in single bytes, and cut at every place. */
#include "client/sse.h"

#include "base/buf.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

static int collect(void *self, const struct fg_sse_event *event)
{
    struct fg_buf *out = self;
    fg_buf_printf(out, "[%s|%.*s]", event->event, (int)event->data_len, event->data);
    return 0;
}

/* What comes out when `text` arrives in portions of `step` bytes. */
static void run(const char *text, size_t step, struct fg_buf *out, char *id, size_t id_size)
{
    FG_AUTO(fg_sse) struct fg_sse *sse = fg_sse_new();
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += step) {
        size_t part = len - at < step ? len - at : step;
        EQ(fg_sse_feed(sse, text + at, part, collect, out, NULL), 0);
    }
    snprintf(id, id_size, "%s", fg_sse_last_id(sse));
}

static void what_the_standard_says(void)
{
    static const struct {
        const char *why, *in, *out, *id;
    } rows[] = {
        {"one event", "data: hello\n\n", "[message|hello]", ""},
        {"named", "event: log\ndata: x\n\n", "[log|x]", ""},
        {"the name holds for one event", "event: a\ndata: 1\n\ndata: 2\n\n", "[a|1][message|2]",
         ""},
        {"data of several lines", "data: a\ndata: b\n\n", "[message|a\nb]", ""},
        {"no space after the colon, and only one is taken", "data:a\ndata:  b\n\n",
         "[message|a\n b]", ""},
        {"CRLF and CR", "data: a\r\n\r\ndata: b\r\rdata: c\r\n\n",
         "[message|a][message|b][message|c]", ""},
        {"comments", ": keep-alive\n\n:x\ndata: a\n\n", "[message|a]", ""},
        {"an event without data does not count", "event: a\n\n", "", ""},
        {"empty data does", "data\n\n", "[message|]", ""},
        {"id stays", "id: stdout:5\ndata: a\n\ndata: b\n\n", "[message|a][message|b]",
         "stdout:5"},
        {"unknown fields", "retry: 5\nother\ndata: a\n\n", "[message|a]", ""},
        {"byte order mark",
         "\xEF\xBB\xBF"
         "data: a\n\n",
         "[message|a]", ""},
        {"not ended", "data: a\n", "", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (size_t step = 1; step < 40; step += 6) {
            FG_AUTO(fg_buf) struct fg_buf out = {};
            char id[64];
            run(rows[i].in, step, &out, id, sizeof(id));
            bool good = strcmp(out.text ? out.text : "", rows[i].out) == 0
                        && strcmp(id, rows[i].id) == 0;
            if (!OK(good))
                printf("# %s, portions of %zu: %s id %s\n", rows[i].why, step,
                       out.text ? out.text : "", id);
        }
}

static int stop_at_once(void *self, const struct fg_sse_event *)
{
    ++*(int *)self;
    return 7;
}

static void the_reader_may_stop(void)
{
    FG_AUTO(fg_sse) struct fg_sse *sse = fg_sse_new();
    static const char text[] = "data: a\n\ndata: b\n\n";
    int calls = 0;
    EQ(fg_sse_feed(sse, text, strlen(text), stop_at_once, &calls, NULL), 7);
    EQ(calls, 1);
}

static void too_large_is_refused(void)
{
    FG_AUTO(fg_sse) struct fg_sse *sse = fg_sse_new();
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_err err = {};
    size_t size = FG_SSE_EVENT_MAX + 100;
    char *big = malloc(size);
    memset(big, 'x', size);
    EQ(fg_sse_feed(sse, big, size, collect, &out, &err), FG_ETOOBIG);
    free(big);
}

int main(void)
{
    RUN(what_the_standard_says);
    RUN(the_reader_may_stop);
    RUN(too_large_is_refused);
    return tap_done();
}
