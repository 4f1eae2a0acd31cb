/* lease.h - until when the tasks of a courier may live: a small file that it writes and every supervisor reads.
 *
 *     courier --set--> FILE (shared memory) --look, at least every second--> supervisors
 *
 * Moments are CLOCK_BOOTTIME, so a machine that slept finds its lease run out.  A reader needs nobody else to be alive:
 * a courier that was stopped, or hangs, holds up nothing.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

#define FG_LEASE_LOOK_US 1000000 /* a supervisor looks at least this often */

struct fg_lease; /* one mapping */

/* Make the file (0644) with a lease for ever.  NULL and FG_EIO. */
struct fg_lease *fg_lease_make(const char *path, struct fg_err *err);
/* Map it to read.  NULL: it cannot be. */
struct fg_lease *fg_lease_open(const char *path);
void fg_lease_free(struct fg_lease *lease); /* NULL is allowed */

/* From `stop_us` on programs get TERM, at `kill_us` all must be dead.  0, 0: for ever. */
void fg_lease_set(struct fg_lease *lease, int64_t stop_us, int64_t kill_us);

/* When KILL is due, if TERM is due now; else 0. */
int64_t fg_lease_due(const struct fg_lease *lease, int64_t now_us);
