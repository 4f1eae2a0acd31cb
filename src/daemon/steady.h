/* steady.h - UTC that neither jumps nor goes back.
 *
 * The wall clock may be set by hand or by a faulty time server.  Steady time starts at the wall clock, advances with
 * the boot clock and leans towards the wall clock by at most a tenth of what has passed.  So a clock that is set
 * neither fires timers early nor loses them, and time stamps in the database never go back within one life.
 *
 * A clock that is elsewhere by more than a minute, and stays there, was set: it is not followed for hours, the
 * service begins anew with it (store/sqlite_store.h: fg_sqlite_redate).
 */
#pragma once

#include "base/clock.h"

#include <stdbool.h>

struct fg_steady {
    int64_t wall_us, boot_us; /* steady time and boot time at the last reading */
    int64_t apart_us;         /* for so long the wall clock has been elsewhere */
};

void fg_steady_init(struct fg_steady *steady, int64_t wall_us, int64_t boot_us);
int64_t fg_steady_now_us(struct fg_steady *steady, int64_t wall_us, int64_t boot_us);
/* The wall clock was set, as of the last reading. */
bool fg_steady_is_left(const struct fg_steady *steady);
