/* deadline.c - the policies, and the safety net that all of them are held to. */
#include "plan/deadline.h"

#include "plan/spot_value.h"

#include <math.h>
#include <string.h>

#define STRETCH_MOST 1e6

const char *fg_ride_name(enum fg_ride ride)
{
    return ride == FG_RIDE_SPOT ? "spot" : ride == FG_RIDE_ON_DEMAND ? "on-demand" : "wait";
}

static int64_t slack_of(const struct fg_deadline_view *view)
{
    return view->time_left_us - view->work_left_us;
}

static bool has_spot(const struct fg_deadline_view *view)
{
    for (uint32_t i = 0; i < view->zones_len; i++)
        if (view->zones[i].is_there)
            return true;
    return false;
}

/* -- zones ----------------------------------------------------------------------------------------------- */

/* Of an hour of work on a machine that stays for its expected life: the start is paid as well. */
static double price_of_work(const struct fg_deadline_view *view,
                            const struct fg_spot_zone *zone)
{
    double price = (double)zone->price_uusd_per_hour;
    double start = (double)view->terms->restart_us / 3.6e9;
    double life = zone->outlook ? fg_spot_life_hours(zone->outlook) : 1;
    return price * (life + start) / life;
}

uint32_t fg_deadline_best_zone(const struct fg_deadline_view *view)
{
    uint32_t best = view->zones_len;
    double least = 0;
    for (uint32_t i = 0; i < view->zones_len; i++) {
        double price = price_of_work(view, &view->zones[i]);
        if (!view->zones[i].is_there || (best < view->zones_len && price >= least))
            continue;
        best = i;
        least = price;
    }
    return best;
}

static void ride(struct fg_deadline_choice *out, enum fg_ride how, const char *reason)
{
    out->ride = how;
    out->reason = reason;
}

static void ride_spot(const struct fg_deadline_view *view,
                      struct fg_deadline_choice *out,
                      const char *reason)
{
    ride(out, FG_RIDE_SPOT, reason);
    out->zone = fg_deadline_best_zone(view);
}

static void stay_on_spot(const struct fg_deadline_view *view, struct fg_deadline_choice *out)
{
    ride(out, FG_RIDE_SPOT, "stays on spot until it is lost");
    out->zone = view->zone;
}

/* -- baselines -------------------------------------------------------------------------------------------- */

static void wish_on_demand([[maybe_unused]] const struct fg_deadline_view *view,
                           struct fg_deadline_choice *out)
{
    ride(out, FG_RIDE_ON_DEMAND, "always on-demand");
}

/* The safety net as published: idle, and no time for two more starts. */
static bool is_published_net(const struct fg_deadline_view *view)
{
    return slack_of(view) < 2 * view->terms->restart_us;
}

static void wish_greedy(const struct fg_deadline_view *view, struct fg_deadline_choice *out)
{
    if (view->ride == FG_RIDE_SPOT)
        stay_on_spot(view, out);
    else if (view->ride == FG_RIDE_ON_DEMAND || is_published_net(view))
        ride(out, FG_RIDE_ON_DEMAND, "no slack is left");
    else if (has_spot(view))
        ride_spot(view, out, "spot is there");
    else
        ride(out, FG_RIDE_IDLE, "spot is not there");
}

/* Is the work done at least what a steady pace would have done `ahead_us` from now? */
static bool is_ahead(const struct fg_deadline_view *view, int64_t ahead_us)
{
    const struct fg_deadline_terms *terms = view->terms;
    double passed = (double)(terms->time_us - view->time_left_us + ahead_us);
    double expected = passed * (double)terms->work_us / (double)terms->time_us;
    return (double)(terms->work_us - view->work_left_us) >= expected;
}

static void wish_uniform_plain(const struct fg_deadline_view *view,
                               struct fg_deadline_choice *out)
{
    if (view->ride == FG_RIDE_SPOT)
        stay_on_spot(view, out);
    else if (is_published_net(view))
        ride(out, FG_RIDE_ON_DEMAND, "no slack is left");
    else if (has_spot(view))
        ride_spot(view, out, "spot is there");
    else if (!is_ahead(view, 0))
        ride(out, FG_RIDE_ON_DEMAND, "behind a steady pace");
    else
        ride(out, FG_RIDE_IDLE, "ahead of a steady pace");
}

static void wish_uniform(const struct fg_deadline_view *view, struct fg_deadline_choice *out)
{
    if (view->ride == FG_RIDE_ON_DEMAND && !is_ahead(view, 2 * view->terms->restart_us))
        ride(out, FG_RIDE_ON_DEMAND, "not ahead of a steady pace by two starts");
    else
        wish_uniform_plain(view, out);
}

/* -- ours -------------------------------------------------------------------------------------------------- */

static void wish_adaptive(const struct fg_deadline_view *view, struct fg_deadline_choice *out)
{
    if (view->ride == FG_RIDE_SPOT) {
        stay_on_spot(view, out);
        return;
    }
    struct fg_spot_costs costs;
    bool is_there = has_spot(view), is_paid = view->ride == FG_RIDE_ON_DEMAND;
    fg_spot_value_of(view->value, view->outlook, is_there, view->work_left_us, slack_of(view),
                     &costs);
    out->cost_spot = costs.spot_start;
    out->cost_wait = costs.wait;
    out->cost_on_demand = is_paid ? costs.on_demand_stay : costs.on_demand_start;
    if (is_there && out->cost_spot < out->cost_on_demand && out->cost_spot <= out->cost_wait)
        ride_spot(view, out, "spot is there and costs least");
    else if (out->cost_wait < out->cost_on_demand)
        ride(out, FG_RIDE_IDLE, "to wait for spot costs least");
    else
        ride(out, FG_RIDE_ON_DEMAND, "to wait for spot would cost more than on-demand now");
}

/* -- the rule ---------------------------------------------------------------------------------------------- */

const struct fg_deadline_policy fg_deadline_policies[] = {
    {"adaptive", "least expected cost, by what was learned of how long spot stays", true,
     wish_adaptive},
    {"uniform", "Uniform Progress with hysteresis (NSDI 2024)", false, wish_uniform},
    {"uniform-plain", "Uniform Progress without hysteresis", false, wish_uniform_plain},
    {"greedy", "spot until the safety net, then on-demand", false, wish_greedy},
    {"on-demand", "never spot", false, wish_on_demand},
    {},
};

const struct fg_deadline_policy *fg_deadline_policy_find(const char *name)
{
    for (const struct fg_deadline_policy *policy = fg_deadline_policies; policy->name; policy++)
        if (strcmp(policy->name, name) == 0)
            return policy;
    return NULL;
}

bool fg_deadline_is_safe(const struct fg_deadline_view *view, enum fg_ride how, uint32_t zone)
{
    const struct fg_deadline_terms *terms = view->terms;
    int64_t slack_us = slack_of(view);
    bool is_held = view->ride == FG_RIDE_SPOT && view->zone == zone;
    int64_t start_us = is_held ? view->start_left_us : terms->restart_us;
    if (how == FG_RIDE_ON_DEMAND)
        return true;
    if (how == FG_RIDE_IDLE)
        return slack_us - terms->look_us >= terms->restart_us;
    return slack_us - start_us - terms->loss_us >= terms->restart_us;
}

/* The time until a piece is done at last: Daly, "A higher order estimate of the optimum checkpoint interval for restart dumps", FGCS 22
 * (2006), equation 9, with checkpoints that take no time. */
double fg_deadline_stretch(double per_hour, int64_t piece_us, int64_t start_us)
{
    double piece = (double)piece_us / 3.6e9, start = (double)start_us / 3.6e9;
    if (per_hour * piece <= 0)
        return 1;
    double stretch = (1 / per_hour + start) * expm1(per_hour * piece) / piece;
    return stretch < STRETCH_MOST ? stretch : STRETCH_MOST;
}

void fg_deadline_choose(const struct fg_deadline_policy *policy,
                        const struct fg_deadline_view *view,
                        struct fg_deadline_choice *out)
{
    *out = (struct fg_deadline_choice){.reason = "done"};
    if (view->work_left_us <= 0)
        return;
    policy->wish(view, out);
    if (fg_deadline_is_safe(view, out->ride, out->zone))
        return;
    out->is_net = true;
    ride(out, FG_RIDE_ON_DEMAND, "anything but on-demand could miss the deadline");
}
