/* quiet_hours.h - hours of the day in which the service may do what can wait: "02-05", "22-04", "00-24". */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct fg_quiet_hours {
    int from_h, until_h; /* 0 .. 24; the end is not in it; both 0: never */
};

/* "" is never.  FG_EINVAL. */
[[nodiscard]] int fg_quiet_hours_parse(const char *text,
                                       struct fg_quiet_hours *out,
                                       struct fg_err *err);
/* Is that second of the day within them?  How long ago they began, and how long they still last. */
bool fg_quiet_hours_at(const struct fg_quiet_hours *hours,
                       int second_of_day,
                       int64_t *out_since_s,
                       int64_t *out_left_s);
