/* spot_replay.c - a job, a trace, a policy, look by look. */
#include "market/spot_replay.h"

#include <assert.h>

struct replay {
    const struct fg_spot_case *job;
    struct fg_deadline_terms terms;
    struct fg_deadline_view view;
    struct fg_spot_zone zones[FG_SPOT_ZONES_MAX];
    struct fg_spot_outlook outlooks[FG_SPOT_ZONES_MAX], any; /* any: in some zone */
    int64_t gap_us;
    struct fg_spot_outcome *out;
};

/* See what is there at a look.  A single zone is its own "any". */
static void look(struct replay *replay, size_t at)
{
    const struct fg_spot_case *job = replay->job;
    bool is_any = false;
    for (uint32_t i = 0; i < job->zones_len; i++) {
        bool is_there = fg_spot_trace_has(&job->zones[i], at, job->machines);
        replay->zones[i].is_there = is_there;
        is_any |= is_there;
        if (replay->view.value)
            fg_spot_outlook_look(&replay->outlooks[i], is_there, replay->gap_us);
    }
    if (replay->view.value && job->zones_len > 1)
        fg_spot_outlook_look(&replay->any, is_any, replay->gap_us);
}

static void start(struct replay *replay)
{
    const struct fg_spot_case *job = replay->job;
    replay->terms =
        (struct fg_deadline_terms){.work_us = job->work_us,
                                   .time_us = job->time_us,
                                   .restart_us = job->restart_us,
                                   .look_us = replay->gap_us,
                                   .on_demand_uusd_per_hour = job->on_demand_uusd_per_hour};
    replay->view.terms = &replay->terms;
    replay->view.work_left_us = job->work_us;
    replay->view.time_left_us = job->time_us;
    replay->view.zones = replay->zones;
    replay->view.zones_len = job->zones_len;
    replay->view.outlook = job->zones_len > 1 ? &replay->any : &replay->outlooks[0];
    fg_spot_outlook_start(&replay->any);
    for (uint32_t i = 0; i < job->zones_len; i++) {
        fg_spot_outlook_start(&replay->outlooks[i]);
        replay->zones[i].price_uusd_per_hour = job->spot_uusd_per_hour;
        replay->zones[i].outlook = replay->view.value ? &replay->outlooks[i] : NULL;
    }
    for (size_t at = job->first > job->history ? job->first - job->history : 0; at < job->first;
         at++)
        look(replay, at);
}

static bool is_same(const struct fg_deadline_view *view,
                    const struct fg_deadline_choice *choice)
{
    return view->ride == choice->ride
           && (choice->ride != FG_RIDE_SPOT || view->zone == choice->zone);
}

/* Do what was chosen until the next look, or until the work is done. */
static void step(struct replay *replay, const struct fg_deadline_choice *choice)
{
    struct fg_deadline_view *view = &replay->view;
    struct fg_spot_outcome *out = replay->out;
    if (!is_same(view, choice) && choice->ride != FG_RIDE_IDLE) {
        out->starts++;
        view->start_left_us = replay->job->restart_us;
    }
    view->ride = choice->ride;
    view->zone = choice->zone;
    int64_t passed_us = replay->gap_us;
    if (choice->ride == FG_RIDE_IDLE) {
        out->wait_us += passed_us;
    } else {
        int64_t start_us = view->start_left_us < passed_us ? view->start_left_us : passed_us;
        int64_t work_us = passed_us - start_us;
        if (work_us > view->work_left_us)
            work_us = view->work_left_us;
        passed_us = start_us + work_us;
        view->start_left_us -= start_us;
        view->work_left_us -= work_us;
        *(choice->ride == FG_RIDE_SPOT ? &out->spot_us : &out->on_demand_us) += passed_us;
    }
    view->time_left_us -= passed_us;
}

static int64_t cost_uusd(int64_t uusd_per_hour, int64_t us)
{
    return (int64_t)((__int128)uusd_per_hour * us / 3'600'000'000);
}

void fg_spot_replay(const struct fg_spot_case *job,
                    const struct fg_deadline_policy *policy,
                    const struct fg_spot_value *value,
                    struct fg_spot_outcome *out)
{
    assert(job->zones_len >= 1 && job->zones_len <= FG_SPOT_ZONES_MAX);
    struct replay replay = {.job = job, .gap_us = job->zones[0].gap_us, .out = out};
    *out = (struct fg_spot_outcome){};
    replay.view.value = policy->needs_value ? value : NULL;
    start(&replay);
    for (size_t at = job->first; replay.view.work_left_us > 0; at++) {
        struct fg_deadline_choice choice;
        look(&replay, at);
        if (replay.view.ride == FG_RIDE_SPOT && !replay.zones[replay.view.zone].is_there) {
            replay.view.ride = FG_RIDE_IDLE;
            out->losses++;
        }
        fg_deadline_choose(policy, &replay.view, &choice);
        step(&replay, &choice);
    }
    out->late_us = replay.view.time_left_us < 0 ? -replay.view.time_left_us : 0;
    out->cost_uusd = cost_uusd(job->spot_uusd_per_hour, out->spot_us)
                     + cost_uusd(job->on_demand_uusd_per_hour, out->on_demand_us);
}

int64_t fg_spot_on_demand_uusd(const struct fg_spot_case *job)
{
    return cost_uusd(job->on_demand_uusd_per_hour, job->restart_us + job->work_us);
}
