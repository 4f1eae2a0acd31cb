/* deadline.h - a job with a deadline: ride spot, wait for it, or pay for on-demand.
 *
 *     job's work and time left, spot there or not, prices, outlook --> DEADLINE --ride and zone, why--> schedule, replays
 *
 * Idea:      spot is cheap and comes and goes; waiting for it costs slack (time left minus work left), each start costs
 *            slack too, and a job without slack has to stay on on-demand, on which spot that comes back is of no use.
 * Policies:  one row each below.  `adaptive` is ours; `uniform` is Uniform Progress with its hysteresis, `greedy` rides spot
 *            until the safety net (both: Wu et al., "Can't Be Late", NSDI 2024, sections 3 and 5.2).
 * Safety:    whatever a policy wishes, fg_deadline_choose() gives no ride that can miss the deadline:
 *
 *            Let S = time left - work left, d the start (restart_us), h what is left of the start under way, l the most
 *            progress that a loss of spot costs (loss_us: since the last checkpoint, and until we look again), g the time
 *            until the next look.  It allows
 *              waiting          only if S - g     >= d,
 *              staying on spot  only if S - h - l >= d,
 *              a start on spot  only if S - d - l >= d,
 *              on-demand        always.
 *            Claim: if S >= d at first, S >= d at each look off on-demand.  Waiting takes g from S.  On spot S - h does
 *            not change, and a loss takes at most l.  A start on spot that is lost at once took at most d + l.  From
 *            on-demand the same three conditions hold for leaving it.  So on-demand can be started at any look and, as it
 *            is not lost, ends after d + work left <= time left.  A job that begins with less than d of slack goes to
 *            on-demand at once and misses by no more than any policy must.
 *            For this on-demand must be there whenever it is asked for, and loss_us must be true.
 */
#pragma once

#include "plan/spot_outlook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_SPOT_ZONES_MAX 64

struct fg_spot_value;

enum fg_ride { FG_RIDE_IDLE, FG_RIDE_SPOT, FG_RIDE_ON_DEMAND };
const char *fg_ride_name(enum fg_ride ride); /* "wait", "spot", "on-demand" */

/* What does not change from look to look. */
struct fg_deadline_terms {
    int64_t work_us, time_us; /* at the beginning: work, and time until the deadline */
    int64_t restart_us;       /* each start on a machine takes so long, and is paid */
    int64_t loss_us;          /* most progress that a loss of spot costs */
    int64_t look_us;          /* from one look to the next */
    int64_t on_demand_uusd_per_hour;
};

struct fg_spot_zone {
    bool is_there; /* a machine is there now, or the one that is held is still there */
    int64_t price_uusd_per_hour;
    const struct fg_spot_outlook *outlook; /* NULL: nothing known */
};

struct fg_deadline_view {
    const struct fg_deadline_terms *terms;
    int64_t work_left_us, time_left_us;
    enum fg_ride ride;     /* now; spot only if its machine is still there */
    uint32_t zone;         /* of the machine held, if spot */
    int64_t start_left_us; /* of the start under way */
    const struct fg_spot_zone *zones;
    uint32_t zones_len;
    /* For `adaptive`: of "in some zone", and the worth of what is left (spot_value.h), for these terms. */
    const struct fg_spot_outlook *outlook;
    const struct fg_spot_value *value;
};

struct fg_deadline_choice {
    enum fg_ride ride;
    uint32_t zone;      /* of spot */
    bool is_net;        /* the safety net decided */
    const char *reason; /* one line, static */
    double cost_spot, cost_wait,
        cost_on_demand; /* `adaptive`: what the rest costs to expect, in hours of on-demand; 0 not weighed */
};

struct fg_deadline_policy {
    const char *name;    /* "adaptive" */
    const char *summary; /* one line */
    bool needs_value;    /* view.outlook and view.value */
    void (*wish)(const struct fg_deadline_view *view, struct fg_deadline_choice *out);
};

extern const struct fg_deadline_policy
    fg_deadline_policies[]; /* ends with a row without name */
const struct fg_deadline_policy *fg_deadline_policy_find(const char *name); /* or NULL */

/* The rule above: what to do until the next look.  A job without work left waits. */
void fg_deadline_choose(const struct fg_deadline_policy *policy,
                        const struct fg_deadline_view *view,
                        struct fg_deadline_choice *out);

/* May the job ride so until the next look and be in time whatever spot does? */
bool fg_deadline_is_safe(const struct fg_deadline_view *view, enum fg_ride ride, uint32_t zone);

/* How many times longer work takes that is interrupted so often in an hour, by chance: what was done of the piece between two
 * checkpoints (`piece_us`) is lost, and a start comes before it is done again.  1 without interruptions. */
double fg_deadline_stretch(double per_hour, int64_t piece_us, int64_t start_us);

/* The zone whose spot costs least an hour of work, starts counted by how long it is expected to stay; zones_len: none
 * is there. */
uint32_t fg_deadline_best_zone(const struct fg_deadline_view *view);
