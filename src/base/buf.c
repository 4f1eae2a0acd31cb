/* buf.c - see buf.h */
#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_MIN 256

void fg_buf_free(struct fg_buf *buf)
{
    if (!buf)
        return;
    free(buf->text);
    *buf = (struct fg_buf){};
}

void fg_buf_clear(struct fg_buf *buf)
{
    buf->len = 0;
    if (buf->text)
        buf->text[0] = '\0';
}

/* Make room for `want` bytes in all. */
static void grow(struct fg_buf *buf, size_t want)
{
    size_t room = buf->room < ROOM_MIN ? ROOM_MIN : buf->room;
    while (room < want)
        if (__builtin_mul_overflow(room, 2, &room))
            abort();
    char *text = realloc(buf->text, room);
    if (!text)
        abort();
    buf->text = text;
    buf->room = room;
}

char *fg_buf_reserve(struct fg_buf *buf, size_t len)
{
    size_t want;
    if (__builtin_add_overflow(buf->len, len, &want) || __builtin_add_overflow(want, 1, &want))
        abort();
    if (want > buf->room)
        grow(buf, want);
    return buf->text + buf->len;
}

void fg_buf_add(struct fg_buf *buf, const void *bytes, size_t len)
{
    char *at = fg_buf_reserve(buf, len);
    if (len > 0)
        memcpy(at, bytes, len);
    at[len] = '\0';
    buf->len += len;
}

void fg_buf_puts(struct fg_buf *buf, const char *text)
{
    fg_buf_add(buf, text, strlen(text));
}

void fg_buf_printf(struct fg_buf *buf, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    assert(len >= 0);

    char *at = fg_buf_reserve(buf, (size_t)len);
    va_start(ap, fmt);
    vsnprintf(at, (size_t)len + 1, fmt, ap);
    va_end(ap);
    buf->len += (size_t)len;
}
