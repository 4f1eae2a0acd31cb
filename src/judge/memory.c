/* memory.c - see memory.h */
#include "judge/memory.h"

#include <assert.h>
#include <math.h>

#define HIGHER_PERCENT 2 /* less than that is no difference */

void fg_memory_note(struct fg_memory_track *track,
                    int64_t time_us,
                    int64_t mem_mib,
                    int64_t stretch_us)
{
    if (track->begin_us == 0) {
        track->begin_us = time_us;
        track->most_mib = mem_mib;
    }
    track->now_mib = mem_mib;
    if (mem_mib > track->most_mib)
        track->most_mib = mem_mib;
    if (mem_mib > track->peak_mib)
        track->peak_mib = mem_mib;
    if (time_us - track->begin_us < stretch_us)
        return;
    track->x_s[track->next] = (double)time_us / 1e6;
    track->y_mib[track->next] = (double)track->most_mib;
    track->next = (track->next + 1) % FG_TREND_MAX;
    track->len += track->len < FG_TREND_MAX;
    track->begin_us = time_us;
    track->most_mib = mem_mib;
}

static int64_t until_us(double left_mib, double mib_a_s)
{
    double us = mib_a_s > 0 ? left_mib / mib_a_s * 1e6 : 1e18;
    return us < 1e18 ? (int64_t)us : INT64_MAX;
}

/* The newest point is 0. */
static size_t nth_newest(const struct fg_memory_track *track, size_t nth)
{
    return (track->next + FG_TREND_MAX - 1 - nth) % FG_TREND_MAX;
}

/* Cheap, for what is flat is most: can it be there by then at all, from the least to the greatest in all of its time? */
static bool is_steep(const struct fg_memory_track *track,
                     const struct fg_memory_limit *limit,
                     double left_mib)
{
    size_t newest = nth_newest(track, 0), oldest = nth_newest(track, track->len - 1);
    double least = track->y_mib[newest], most = least;
    for (size_t i = 0; i < track->len; i++) {
        least = track->y_mib[i] < least ? track->y_mib[i] : least;
        most = track->y_mib[i] > most ? track->y_mib[i] : most;
    }
    double span_s = track->x_s[newest] - track->x_s[oldest];
    return most > least
           && 2 * (most - least) * (double)limit->horizon_us / 1e6 >= left_mib * span_s;
}

/* Of `len` points, the newest of them `first`; 0: it has none. */
static double slope_of(const struct fg_memory_track *track, size_t first, size_t len)
{
    double x_s[FG_TREND_MAX], y_mib[FG_TREND_MAX];
    struct fg_robust_trend trend = {};
    for (size_t i = 0; i < len; i++) {
        x_s[i] = track->x_s[nth_newest(track, first + i)];
        y_mib[i] = track->y_mib[nth_newest(track, first + i)];
    }
    return fg_robust_trend(x_s, y_mib, len, &trend) ? trend.middle : 0;
}

/* What grows in each half of its points by the same part less than before: so much is to come. */
static double still_to_come(double older, double newer, double half_s)
{
    return newer < older ? newer * half_s * newer / (older - newer) : HUGE_VAL;
}

bool fg_memory_left(const struct fg_memory_track *track,
                    const struct fg_memory_limit *limit,
                    struct fg_memory_left *out)
{
    struct fg_robust_trend trend;
    double left_mib = (double)(limit->mib > track->now_mib ? limit->mib - track->now_mib : 0);
    assert(limit->points >= 8); /* in each half those of a trend */
    if (track->now_mib * 2 < limit->mib || track->len < limit->points
        || !is_steep(track, limit, left_mib)
        || !fg_robust_trend(track->x_s, track->y_mib, track->len, &trend) || trend.low <= 0)
        return false;
    size_t half = track->len / 2;
    double older = slope_of(track, half, track->len - half), slope = slope_of(track, 0, half);
    double span_s =
        track->x_s[nth_newest(track, 0)] - track->x_s[nth_newest(track, track->len - 1)];
    if (slope <= 0 || still_to_come(older, slope, span_s / 2) < left_mib)
        return false;
    slope = slope < trend.middle ? slope : trend.middle;
    *out = (struct fg_memory_left){
        .early_us = until_us(left_mib, trend.high),
        .likely_us = until_us(left_mib, slope),
        .late_us = until_us(left_mib, slope < trend.low ? slope : trend.low),
        .mib_a_minute = slope * 60,
        .was_higher = track->now_mib * 100 < track->peak_mib * (100 - HIGHER_PERCENT)};
    return out->likely_us < limit->horizon_us;
}
