/* joules.h - how much energy a device has used, from readings that come, stay away, and lie.
 *
 *     struct fg_joules joules = {};
 *     fg_joules_read(&joules, time_us, counter_mj, power_mw);   each reading
 *     joules.used_mj                                             only grows; two of them, subtracted, are what was used between
 *
 * The device's own counter is preferred: it also counts what was used while nobody asked.  It starts again at 0 when the driver is
 * loaded anew; then, and for devices without one, power is integrated by the trapezoid rule.  A counter that would mean more than
 * FG_JOULES_WATTS_MAX, and a power of more, are lies and skipped.  Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define FG_JOULES_WATTS_MAX 20000
#define FG_JOULES_GAP_US                                                                       \
    60000000LL /* what was not read for longer is unknown, and counted for so long only */
#define FG_JOULES_RECENT_US 5000000LL

struct fg_joules {
    int64_t
        used_mj; /* with a counter from the first reading on: the counter itself, as long as that never restarts */
    int64_t rest;       /* of the integral: mW x us below a millijoule */
    int64_t time_us;    /* of the last reading; 0 none yet */
    int64_t counter_mj; /* -1 unknown */
    int64_t power_mw;   /* -1 unknown */
    bool is_counted;    /* all of used_mj is the counter's */
};

/* One reading; -1: unknown.  One from before the last begins a new interval and adds nothing. */
void fg_joules_read(struct fg_joules *joules,
                    int64_t time_us,
                    int64_t counter_mj,
                    int64_t power_mw);

/* What it had used at `now_us`, shortly after the last reading: at the power it drew then. */
int64_t fg_joules_at(const struct fg_joules *joules, int64_t now_us);
