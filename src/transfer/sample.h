/* sample.h - how well does this file pack, and how fast does this machine do it? */
#pragma once

#include "transfer/way.h"

/* Pack pieces from all over the file (1 MiB in all) with a few levels of zstd and measure.  Returns how many levels were
 * measured; 0: the file cannot be read, or is too small to say. */
size_t fg_sample_file(int fd, int64_t bytes, struct fg_pack_level out[FG_WAY_LEVELS_MAX]);
