/* sse.c - the event stream: the same bytes in one piece and in any portions give the same events, and no
 * event is larger than its bound. */
#include "client/sse.h"

#include "base/buf.h"
#include "fuzz/fuzz.h"

#include <string.h>

static int collect(void *self, const struct fg_sse_event *event)
{
    struct fg_buf *out = self;
    CHECK(event->data_len < FG_SSE_EVENT_MAX);
    CHECK(event->event[0] != '\0');
    fg_buf_puts(out, event->event);
    fg_buf_add(out, "|", 1);
    fg_buf_add(out, event->data, event->data_len);
    fg_buf_add(out, "\0", 1);
    return 0;
}

static int feed(
    struct fg_sse *sse, const uint8_t *bytes, size_t len, size_t step, struct fg_buf *out)
{
    for (size_t at = 0; at < len; at += step) {
        size_t part = len - at < step ? len - at : step;
        int rc = fg_sse_feed(sse, (const char *)bytes + at, part, collect, out, NULL);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    size_t step = 1 + bytes[0] % 16;
    struct fg_sse *whole = fg_sse_new(), *parts = fg_sse_new();
    struct fg_buf one = {}, two = {};
    fg_buf_puts(&one, "");
    fg_buf_puts(&two, "");
    int rc = feed(whole, bytes + 1, len - 1, len, &one);
    CHECK(feed(parts, bytes + 1, len - 1, step, &two) == rc);
    CHECK(one.len == two.len && memcmp(one.text, two.text, one.len) == 0);
    CHECK(strcmp(fg_sse_last_id(whole), fg_sse_last_id(parts)) == 0);
    fg_buf_free(&one);
    fg_buf_free(&two);
    fg_sse_free(whole);
    fg_sse_free(parts);
    return 0;
}
