/* memory.c - see memory.h */
#include "judge/memory.h"

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

bool fg_memory_left(const struct fg_memory_track *track,
                    int64_t limit_mib,
                    struct fg_memory_left *out)
{
    struct fg_robust_trend trend;
    if (track->now_mib * 2 < limit_mib
        || !fg_robust_trend(track->x_s, track->y_mib, track->len, &trend) || trend.low <= 0)
        return false;
    double left_mib = (double)(limit_mib > track->now_mib ? limit_mib - track->now_mib : 0);
    *out = (struct fg_memory_left){.early_us = until_us(left_mib, trend.high),
                                   .likely_us = until_us(left_mib, trend.middle),
                                   .late_us = until_us(left_mib, trend.low),
                                   .mib_a_minute = trend.middle * 60};
    return true;
}
