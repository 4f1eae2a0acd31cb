/* block_format.h - the header of a block as it lies in the file; see block.h */
#pragma once

#include "telemetry/block.h"

#define FG_BLOCK_MAGIC   UINT64_C(0x0131424753474c46) /* "FLGSGB1" and 1 */
#define FG_BLOCK_PARTS   (1 + FG_SERIES_PLACES)       /* times, then columns by their place */
#define FG_BLOCK_STREAMS 5 /* of a column whose buckets have several values */

struct fg_block_section {
    uint64_t at, len;       /* of a part: `at` its table, `len` the bytes after it */
    uint32_t check, unused; /* of a part: of its table */
};

struct fg_block_header {
    uint64_t magic, level;
    int64_t start_us, span_us;
    uint64_t tracks_len;
    struct fg_block_section tracks, parts[FG_BLOCK_PARTS];
    uint64_t check; /* of all before */
};

static inline uint64_t fg_block_header_check(const struct fg_block_header *header)
{
    return fg_bytes_check(header, offsetof(struct fg_block_header, check));
}
