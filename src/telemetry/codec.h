/* codec.h - columns of integers in few bytes: what telemetry keeps, in memory and on disk.
 *
 * A column is what one reading was over time.  It is taken by its greatest common divisor (a share in whole percent is a
 * multiple of 10), as it is, as differences, or as differences of differences, whichever is smallest, and written with Rice codes
 * (Rice 1979) whose parameter is chosen anew for each 32 values; a column that does not change takes a few bytes, one that
 * seldom does runs of equal values.
 *
 * Pure: bytes in, numbers out.  Bytes may be anybody's: reading never goes beyond them, and what it refuses is FG_EINVAL.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

/* The most values of one column. */
#define FG_CODEC_VALUES_MAX 65536

/* Add `len` values (1 to FG_CODEC_VALUES_MAX) to `out`. */
void fg_codec_put(struct fg_buf *out, const int64_t *values, size_t len);

/* Bytes being read.  Zero it but for the first two. */
struct fg_bytes {
    const uint8_t *bytes;
    size_t len;
    size_t at;
};

/* Take the column of `len` values that begins at `in->at`; where it ends is known from the bytes.
 * FG_EINVAL: there is no such column, `values` is worth nothing. */
[[nodiscard]] int fg_codec_get(struct fg_bytes *in, int64_t *values, size_t len);

/* Numbers of 7 bits a byte, the lowest first (LEB128); signed ones with the sign in the lowest bit. */
void fg_varint_put(struct fg_buf *out, uint64_t value);
[[nodiscard]] int fg_varint_get(struct fg_bytes *in, uint64_t *out);
static inline uint64_t fg_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}
static inline int64_t fg_unzigzag(uint64_t value)
{
    return (int64_t)((value >> 1) ^ (value & 1 ? UINT64_MAX : 0));
}

/* A check of bytes against bad disks and torn writes (not against anybody's intent): FNV-1a over words of 8 bytes, folded. */
uint32_t fg_bytes_check(const void *bytes, size_t len);
