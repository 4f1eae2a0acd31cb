/* memory.h - will a task run out of its memory, and when: a robust trend of what it held lately.
 *
 * Points are the greatest value of a stretch of time each, FG_TREND_MAX of them; the slope is that of Theil and Sen, so a
 * collector of garbage that saws, or one wild value, does not make a trend.
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
};

/* A reading; stretches are of `stretch_us`. */
void fg_memory_note(struct fg_memory_track *track,
                    int64_t time_us,
                    int64_t mem_mib,
                    int64_t stretch_us);

/* Until it reaches `limit_mib`: as the trend goes, and as its quartiles do (`late` INT64_MAX: never). */
struct fg_memory_left {
    int64_t early_us, likely_us, late_us;
    double mib_a_minute;
};
/* false: it does not grow, or not beyond doubt (less than three of four pairs of points rise), or uses less than half of it. */
bool fg_memory_left(const struct fg_memory_track *track,
                    int64_t limit_mib,
                    struct fg_memory_left *out);
