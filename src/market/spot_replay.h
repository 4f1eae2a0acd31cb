/* spot_replay.h - one job with a deadline on a trace of spot machines: what a policy would have paid.
 *
 *     traces of zones, a job, prices, a policy --> SPOT REPLAY --cost, hours on spot and on-demand, starts, late or not-->
 *
 * As in "Can't Be Late" (NSDI 2024, sections 3 and 6): at each look of the trace a machine is there until the next or is
 * not; the policy looks, and rides, waits or pays until the next look.  Each start takes restart_us, which is paid and
 * does no work; work that was done is kept.  On-demand is always there.
 */
#pragma once

#include "market/spot_trace.h"
#include "plan/deadline.h"
#include "plan/spot_value.h"

struct fg_spot_case {
    const struct fg_spot_trace *zones; /* zones_len of them, of one gap */
    uint32_t zones_len;                /* 1 to FG_SPOT_ZONES_MAX */
    uint32_t machines;                 /* that the job needs at one time */
    size_t first;                      /* look at which it begins */
    size_t history; /* looks before it that the policy has seen; not before the trace's first */
    int64_t work_us,
        time_us; /* of the job, and until its deadline: at least work_us + restart_us */
    int64_t restart_us;
    int64_t spot_uusd_per_hour, on_demand_uusd_per_hour; /* of all its machines */
};

struct fg_spot_outcome {
    int64_t cost_uusd;
    int64_t spot_us, on_demand_us, wait_us; /* starts counted */
    uint32_t starts, losses;
    int64_t late_us; /* 0: in time */
};

/* `value` for policies that need it: of this restart and these prices, at least as much work and slack. */
void fg_spot_replay(const struct fg_spot_case *job,
                    const struct fg_deadline_policy *policy,
                    const struct fg_spot_value *value,
                    struct fg_spot_outcome *out);

/* What only on-demand costs: one start and the work. */
int64_t fg_spot_on_demand_uusd(const struct fg_spot_case *job);

/* No policy, not even one that knows the future, pays less: the Lagrangian bound of the integer program of the paper
 * (equations 6 to 10), one multiplier on progress. */
double fg_spot_clairvoyant_uusd(const struct fg_spot_case *job);
