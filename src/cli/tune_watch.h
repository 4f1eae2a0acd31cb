/* tune_watch.h - proposals of a tuning: posted, adopted if that is allowed, and watched since (tune/guard.h). */
#pragma once

#include "cli/verb.h"

#include "tune/tune.h"

/* So long a policy that was adopted is watched, and no other adopted by itself. */
#define FG_TUNE_WATCH_DAYS 14

/* Post what is better; with `adopts` it is adopted, unless one that was is still watched, or the same change was rolled back
 * before.  What was done is said on standard error. */
[[nodiscard]] int fg_tune_propose(struct fg_cli *cli,
                                  const struct fg_proposal_body *body,
                                  bool adopts,
                                  struct fg_err *err);
/* Look at the policy that was adopted last: roll it back if it is worse than it promised.  `out_over`: it was, and nothing new
 * is to be tried today.  `first_us`: when the first of the days began. */
[[nodiscard]] int fg_tune_watch(struct fg_cli *cli,
                                const struct fg_tune_options *options,
                                const struct fg_tune_days *measured,
                                int64_t first_us,
                                bool *out_over,
                                struct fg_err *err);
