/* price_blob.h - the prices of one offer over time as bytes: for each point the time since the one before, in microseconds, and
 * what the price changed by, both as zigzag varints (as in Protocol Buffers). */
#pragma once

#include "base/buf.h"
#include "model/price.h"

/* Append the points to `out`. */
void fg_price_blob_write(struct fg_buf *out, const struct fg_price_point *points, size_t len);

/* Read all points; `*out` is grown with realloc() as needed and freed by the caller.  Returns their number; FG_EIO: damaged. */
[[nodiscard]] int64_t fg_price_blob_read(const void *bytes,
                                         size_t len,
                                         struct fg_price_point **out,
                                         size_t *room);

/* What is known after `series` was heard: `known` before its first moment and after its last, and its own points between.
 * `out` has room for known_len + series->len.  Returns the number of points, each another price than the one before. */
size_t fg_price_merge(const struct fg_price_point *known,
                      size_t known_len,
                      const struct fg_price_series *series,
                      struct fg_price_point *out);
