/* memory.h - will a task run out of its memory, or a device of its own, and when: a robust trend of what was held lately.
 *
 * Points are the greatest value of a stretch of time each, FG_TREND_MAX of them; the slope is that of Theil and Sen, so a
 * collector of garbage that saws, or one wild value, does not make a trend.  What grows less and less (caches that fill,
 * the longest input so far) is told by the two halves of the points: the slower of the whole and the newer half counts, and
 * what by that slowing down will end below the limit does not.
 */
#pragma once

#include "judge/robust.h"

#include <stdint.h>

struct fg_memory_track {
    double x_s[FG_TREND_MAX], y_mib[FG_TREND_MAX]; /* a ring */
    size_t len, next;
    int64_t begin_us; /* of the stretch under way; 0: none is */
    int64_t most_mib; /* in it */
    int64_t now_mib;  /* the newest */
    int64_t peak_mib; /* ever */
};

/* A reading; stretches are of `stretch_us`. */
void fg_memory_note(struct fg_memory_track *track,
                    int64_t time_us,
                    int64_t mem_mib,
                    int64_t stretch_us);

/* Until it reaches the limit: as the trend goes, and as its quartiles do (`late` INT64_MAX: never). */
struct fg_memory_left {
    int64_t early_us, likely_us, late_us;
    double mib_a_minute;
    bool was_higher; /* it held more before, and went on: it may do so again */
};
struct fg_memory_limit {
    int64_t mib;
    int64_t horizon_us; /* what is later is not looked for */
    size_t points;      /* so many at least */
};
/* false: it does not grow, or not beyond doubt (less than three of four pairs of points rise), or uses less than half of the limit,
 * or there is more time. */
bool fg_memory_left(const struct fg_memory_track *track,
                    const struct fg_memory_limit *limit,
                    struct fg_memory_left *out);
