/* level.h - how finely readings are kept: all rows for a day, a bucket a minute for a month, a bucket an hour for two years.
 *
 * A bucket is what is known of a reading in its span.  A row is a bucket of one value, so whoever asks need not know the level.
 * Pure.
 */
#pragma once

#include "telemetry/track.h"

enum fg_level { FG_LEVEL_RAW, FG_LEVEL_MINUTE, FG_LEVEL_HOUR, FG_LEVELS };

struct fg_bin {
    int64_t count; /* values in it; 0: it was not known, and the rest is 0 */
    int64_t min, max, last;
    int64_t
        sum; /* of a counter: by how much it grew from the first to the last value, which may be set back meanwhile */
};

/* Buckets of one track, oldest first. */
struct fg_bins {
    size_t len, room;
    int64_t *times; /* when each begins */
    struct fg_bin *buckets;
};
void fg_bins_free(struct fg_bins *points);
static inline void fg_bins_drop(struct fg_bins *points)
{
    fg_bins_free(points);
}
/* Room for `len` in all; what was there stays. */
void fg_bins_reserve(struct fg_bins *points, size_t len);

const char *fg_level_name(enum fg_level level);  /* "raw", "minute", "hour" */
int64_t fg_level_bucket_us(enum fg_level level); /* 0 of FG_LEVEL_RAW */
/* Periods of blocks, the last the longest: an hour as it is written, then what that is merged into.  0 beyond the last. */
int64_t fg_level_span_us(enum fg_level level, unsigned tier);
/* Of the longest periods so many that have data are kept. */
size_t fg_level_periods(enum fg_level level);

/* The bucket of one value; -1 is not known.  `counts`: of a counter. */
struct fg_bin fg_bin_of(int64_t value, bool counts);
/* `next`, which comes later, into `bucket`. */
void fg_bin_join(struct fg_bin *bucket, const struct fg_bin *next, bool counts);
/* By how much a counter grew from the end of `before` to the begin of `next`; one that was set back grew by what it shows. */
int64_t fg_bin_growth(const struct fg_bin *before, const struct fg_bin *next);

/* `in` in buckets of the level, appended to `out`; also those without a value. */
void fg_level_roll(enum fg_level level,
                   bool counts,
                   const struct fg_bins *in,
                   struct fg_bins *out);

/* Put buckets into order; those of one moment become one: joined, or (`first`) the first of them. */
void fg_bins_order(struct fg_bins *points, bool first, bool counts);
