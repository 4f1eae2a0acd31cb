/* governor.h - which power cap each device gets now: probes for the curves of its work, the cap that saves within a bound on
 * slowdown, and a budget for all devices together.
 *
 *     devices, who holds them, power and work done --GOVERNOR--> caps
 *
 * The curves are of classes of work (curve.h): a job of a class that was measured before begins with its cap.  A new one runs at
 * full power first, then at a few lower caps, each for `probe_us`; what a device does in the first `settle_us` after a change is
 * not counted.  A device that several jobs share is never held down to save, only by the budget.  Pure.
 */
#pragma once

#include "base/auto.h"
#include "energy/savings.h"

struct fg_governor_terms {
    uint32_t slowdown_milli; /* of any job; 0: caps are not set to save */
    int64_t budget_mw;       /* of all devices together; 0: none */
    int64_t probe_us, settle_us;
};

/* A device as it is. */
struct fg_governed {
    uint64_t id;   /* of the device, from call to call; not 0 */
    uint64_t work; /* class of the one job that has it; 0 none; FG_GOVERNOR_SHARED several */
    uint64_t job;  /* that one: what was saved is one job's, whole */
    struct fg_cap_range range;
    int64_t time_us; /* of the reading */
    int64_t power_mw,
        rate; /* -1 unknown; the rate in anything that is the same for all readings of a class */
};
#define FG_GOVERNOR_SHARED UINT64_MAX /* or work that may not be slowed down to save */

struct fg_governor;
struct fg_governor *fg_governor_new(void); /* never NULL */
void fg_governor_free(struct fg_governor *governor);
FG_AUTO_DEFINE(fg_governor)

/* The caps of these devices, each of them once; range.max_mw: none.  What a device did so far is forgotten when it is left out.  A
 * budget below the sum of the least caps: all have the least. */
void fg_governor_step(struct fg_governor *governor,
                      const struct fg_governor_terms *terms,
                      const struct fg_governed *devices,
                      size_t len,
                      int64_t *caps_mw);

/* What the job on that device of the last step saved with its cap, as known since the step before. */
struct fg_saved fg_governor_saved(const struct fg_governor *governor, size_t index);
