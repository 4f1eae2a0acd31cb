/* clock.c - the system's clock; see clock.h.  Formats and parsers of time are in time_text.c. */
#include "base/clock.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1'000'000 + now.tv_nsec / 1000;
}

static int64_t system_now([[maybe_unused]] void *self)
{
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_mono([[maybe_unused]] void *self)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t fg_clock_boot_us(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

const struct fg_clock *fg_clock_system(void)
{
    static const struct fg_clock clock = {.now_us = system_now, .mono_us = system_mono};
    return &clock;
}
