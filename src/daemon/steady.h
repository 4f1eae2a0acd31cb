/* steady.h - UTC that neither jumps nor goes back.
 *
 * The wall clock may be set by hand or by a faulty time server.  Steady time starts at the wall clock, advances with
 * the boot clock and leans towards the wall clock by at most a tenth of what has passed.  So a jump of an hour
 * neither fires timers early nor loses them, and time stamps in the database never go back within one life.
 */
#pragma once

#include "base/clock.h"

struct fg_steady {
    int64_t wall_us, mono_us; /* steady time and boot time at the last reading */
};

void fg_steady_init(struct fg_steady *steady, int64_t wall_us, int64_t mono_us);
int64_t fg_steady_now_us(struct fg_steady *steady, int64_t wall_us, int64_t mono_us);
