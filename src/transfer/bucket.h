/* bucket.h - a rate shared by all who use it: a token bucket that is one number in a file.
 *
 * The number is the moment at which the bucket is full again (GCRA, ITU-T I.371): whoever sends puts it forward by what that
 * takes, and waits until it is no more than a burst ahead.  No lock: one compare-and-swap of shared memory.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"

#include <stdint.h>

struct fg_bucket;

/* `path`: all processes that open it share the rate; NULL: this bucket is its own.  FG_EIO. */
[[nodiscard]] int fg_bucket_open(const char *path, struct fg_bucket **out, struct fg_err *err);
void fg_bucket_free(struct fg_bucket *bucket);
FG_AUTO_DEFINE(fg_bucket)

/* `bytes` are about to go: how many us to wait first.  `now_us`: a clock that is the same for all processes and never goes
 * back. */
int64_t fg_bucket_take(struct fg_bucket *bucket,
                       int64_t bytes,
                       int64_t bytes_per_s,
                       int64_t now_us);
