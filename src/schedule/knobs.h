/* knobs.h - the settings of the policy that may change while the service runs, by name.
 *
 *     knobs.def --> KNOBS: get, set by name --> control (live), tune (the space that is searched)
 *
 * A set of knobs is a plain value: all numbers of the configuration, and the policies that were named.  Which of them may
 * change, and what tuning tries, stands in knobs.def; what is allowed, in config.def and the lists of the policies.
 */
#pragma once

#include "base/config.h"
#include "place/policy.h"
#include "schedule/ranking.h"
#include "schedule/schedule.h"

#define FG_KNOB_TEXT_MAX 32 /* of a value, the final 0 counted */

struct fg_knobs {
    struct fg_config config;
    const struct fg_job_order *order;
    const struct fg_place_policy *place;
    enum fg_preempt preempt;
    enum fg_backfill backfill;
};

/* "schedule.order" or "backfill_depth"; by number, from 0 on.  NULL: there is none. */
const char *fg_knob_name(size_t knob);
size_t fg_knobs_len(void);
/* Its number; fg_knobs_len(): no such knob. */
size_t fg_knob_find(const char *name);
/* Values that a search tries, with a space in between. */
const char *fg_knob_tries(size_t knob);

void fg_knob_get(const struct fg_knobs *knobs, size_t knob, char out[FG_KNOB_TEXT_MAX]);
/* FG_EINVAL: not a value that it may have, which is said; the set is as it was. */
[[nodiscard]] int fg_knob_set(struct fg_knobs *knobs,
                              size_t knob,
                              const char *value,
                              struct fg_err *err);
