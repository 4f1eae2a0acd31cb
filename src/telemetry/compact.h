/* compact.h - an hour that is over as blocks, and several blocks as one.  Pure but for what it reads of blocks. */
#pragma once

#include "telemetry/block.h"
#include "telemetry/hour.h"

/* The hour at one level as the bytes of a block, in `out`; nobody adds to it meanwhile.  False: it is empty. */
bool fg_compact_hour(const struct fg_hour *hour, enum fg_level level, struct fg_buf *out);

/* Blocks of one level, by time, as one of the period that begins at `start_us`.  Buckets of one moment are joined; of rows the
 * first counts.  What is damaged is left out.  FG_EIO: the disk does not give them. */
[[nodiscard]] int fg_compact_merge(struct fg_block *const *blocks,
                                   size_t len,
                                   int64_t start_us,
                                   int64_t span_us,
                                   struct fg_buf *out);
