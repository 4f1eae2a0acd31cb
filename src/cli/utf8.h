/* utf8.h - how much room text takes on a terminal.  Bytes that are no UTF-8 count as one character each. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Columns of `text`: 1 a character, 2 for the wide ones of East Asia and for pictures, 0 for marks that
 * combine with the one before. */
size_t fg_utf8_width(const char *text);

/* Add `text` cut to `width` columns; what was cut ends in "…" ("." if not `utf8`).  Control characters and
 * broken bytes become '?', so that no name can move the cursor.  Returns the columns used. */
size_t fg_utf8_add(struct fg_buf *out, const char *text, size_t width, bool utf8);
