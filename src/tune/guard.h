/* guard.h - is a policy that was adopted as good as it was promised?
 *
 *     measured, by day, before and since --GUARD--> keep | wait | roll back
 *     the same days replayed with the policy of before ----/
 *
 * Days differ more than policies do, so what is measured since is not compared with what was measured before, but with what the
 * policy of before would have made of the same jobs.  A replay is never quite what a machine does: it is scaled by what was
 * measured over what was replayed on the days before, when that policy ran.
 *
 * The test: of the relative change, measured over expected, the 95 % interval (compare.h) over the days since.  It is rolled
 * back when the interval is wholly above what was promised (the upper end of the interval of the proposal) and the mean is
 * worse than no change, on FG_GUARD_DAYS days at least.  What only falls short of its promise stays.
 */
#pragma once

#include "tune/compare.h"

#define FG_GUARD_DAYS 5

enum fg_guard_verdict { FG_GUARD_WAIT, FG_GUARD_KEEP, FG_GUARD_ROLL_BACK };

/* `measured` and `replayed` have `before` days and then `since` days of the objective, 400 at most in all; days without jobs are
 * left out by the caller.  `promised`: a relative change, below 0.  `out` (what was expected is `now`, what was measured `then`). */
enum fg_guard_verdict fg_guard(const double *measured,
                               const double *replayed,
                               size_t before,
                               size_t since,
                               double promised,
                               struct fg_change *out);
