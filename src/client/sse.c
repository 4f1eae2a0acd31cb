/* sse.c - see sse.h */
#include "client/sse.h"

#include "base/buf.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_NAME_MAX 64
#define LINE_MAX_SIZE  (FG_SSE_EVENT_MAX + 64)

struct fg_sse {
    struct fg_buf line; /* the line that is not complete yet */
    /* Of the event that is not complete yet, a LF after each of its lines. */
    struct fg_buf data;
    char event[EVENT_NAME_MAX];
    char id[FG_SSE_ID_MAX];
    bool after_cr;  /* a LF now belongs to the line before */
    bool has_data;  /* the event has a data field, maybe an empty one */
    bool has_begun; /* the first line was seen: a byte order mark counts no more */
};

struct fg_sse *fg_sse_new(void)
{
    struct fg_sse *sse = calloc(1, sizeof(*sse));
    if (!sse)
        abort();
    return sse;
}

void fg_sse_free(struct fg_sse *sse)
{
    if (!sse)
        return;
    fg_buf_free(&sse->line);
    fg_buf_free(&sse->data);
    free(sse);
}

const char *fg_sse_last_id(const struct fg_sse *sse)
{
    return sse->id;
}

static int finish_event(struct fg_sse *sse, fg_sse_fn *on_event, void *self)
{
    int rc = 0;
    if (sse->has_data) {
        sse->data.text[--sse->data.len] = '\0'; /* the LF after the last line */
        struct fg_sse_event event = {
            .event = sse->event[0] ? sse->event : "message",
            .data = sse->data.text,
            .data_len = sse->data.len,
        };
        rc = on_event(self, &event);
    }
    fg_buf_clear(&sse->data);
    sse->event[0] = '\0';
    sse->has_data = false;
    return rc;
}

static int add_data(struct fg_sse *sse, const char *value, size_t len, struct fg_err *err)
{
    if (sse->data.len + len >= FG_SSE_EVENT_MAX)
        return fg_fail(err, FG_ETOOBIG, "event stream: an event of more than %zu bytes",
                       FG_SSE_EVENT_MAX);
    fg_buf_add(&sse->data, value, len);
    fg_buf_add(&sse->data, "\n", 1);
    sse->has_data = true;
    return 0;
}

/* One field: its name ends at the first ':', and one space after that is no part of the value. */
static int take_field(struct fg_sse *sse, const char *line, size_t len, struct fg_err *err)
{
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : len;
    const char *value = colon ? colon + 1 : line + len;
    size_t value_len = (size_t)(line + len - value);
    if (value_len > 0 && *value == ' ') {
        value++;
        value_len--;
    }
    if (name_len == 4 && memcmp(line, "data", 4) == 0)
        return add_data(sse, value, value_len, err);
    if (name_len == 5 && memcmp(line, "event", 5) == 0)
        fg_copy(sse->event, sizeof(sse->event), value);
    if (name_len == 2 && memcmp(line, "id", 2) == 0 && value_len < sizeof(sse->id)
        && !memchr(value, '\0', value_len))
        fg_copy(sse->id, sizeof(sse->id), value);
    return 0;
}

static int take_line(struct fg_sse *sse, fg_sse_fn *on_event, void *self, struct fg_err *err)
{
    const char *line = sse->line.text ? sse->line.text : "";
    size_t len = sse->line.len;
    if (!sse->has_begun && len >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
        line += 3;
        len -= 3;
    }
    sse->has_begun = true;
    int rc = 0;
    if (len == 0)
        rc = finish_event(sse, on_event, self);
    else if (line[0] != ':')
        rc = take_field(sse, line, len, err);
    fg_buf_clear(&sse->line);
    return rc;
}

/* Bytes before the next LF or CR. */
static size_t part_len(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] == '\n' || bytes[i] == '\r')
            return i;
    return len;
}

int fg_sse_feed(struct fg_sse *sse,
                const char *bytes,
                size_t len,
                fg_sse_fn *on_event,
                void *self,
                struct fg_err *err)
{
    while (len > 0) {
        if (sse->after_cr && *bytes == '\n') {
            bytes++;
            len--;
            sse->after_cr = false;
            continue;
        }
        sse->after_cr = false;
        size_t part = part_len(bytes, len);
        if (sse->line.len + part > LINE_MAX_SIZE)
            return fg_fail(err, FG_ETOOBIG, "event stream: a line of more than %zu bytes",
                           (size_t)LINE_MAX_SIZE);
        fg_buf_add(&sse->line, bytes, part);
        if (part == len)
            return 0;
        sse->after_cr = bytes[part] == '\r';
        bytes += part + 1;
        len -= part + 1;
        int rc = take_line(sse, on_event, self, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}
