/* buf.h - text that grows.  Out of memory ends the process; see STYLE: the store makes that safe. */
#pragma once

#include "base/auto.h"

#include <stdarg.h>
#include <stddef.h>

/* Zero it to begin: `struct fg_buf buf = {};`.  `text` is always ended by 0 once something was added. */
struct fg_buf {
    char *text; /* owned; NULL while empty and never used */
    size_t len, room;
};

void fg_buf_free(struct fg_buf *buf); /* back to zero; NULL is allowed */
static inline void fg_buf_drop(struct fg_buf *buf)
{
    fg_buf_free(buf);
}
void fg_buf_clear(struct fg_buf *buf); /* len 0, the memory is kept */
void fg_buf_add(struct fg_buf *buf, const void *bytes, size_t len);
void fg_buf_puts(struct fg_buf *buf, const char *text);
[[gnu::format(printf, 2, 3)]] void fg_buf_printf(struct fg_buf *buf, const char *fmt, ...);
/* Room for `len` more bytes; the caller writes there and then adds to `len` itself. */
char *fg_buf_reserve(struct fg_buf *buf, size_t len);
