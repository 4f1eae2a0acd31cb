/* scale_replay.c - see scale_replay.h */
#include "market/scale_replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_ROOM  ((size_t)64 << 20)
#define ROOM_A_STEP   1024
#define ROOM_AT_LEAST ((size_t)1 << 20)

struct replay {
    const struct fg_scale_case *scale;
    struct fg_scale_machine *machines; /* the longest held first */
    size_t len;
    int64_t *comes_us; /* soonest first */
    size_t coming;
    uint32_t *back;
    double *outlook; /* the quantile, step by step from the last forecast on */
    size_t outlook_len, outlook_at;
    struct fg_arena *scratch, *arena;
    int64_t worked_us, changed_us;
    struct fg_scale_figures *out;
};

static double demand_at(const struct fg_scale_case *scale, size_t at)
{
    while (at > 0 && isnan(scale->demand[at]))
        at--;
    return isnan(scale->demand[at]) ? 0 : scale->demand[at];
}

/* Steps until an order of now is there, and the one after. */
static size_t steps_ahead(const struct fg_scale_case *scale)
{
    return (size_t)((scale->lead_us + scale->step_us - 1) / scale->step_us) + 1;
}

/* -- forecasts -------------------------------------------------------------------------------------------- */

static int look_ahead(struct replay *replay, size_t at, struct fg_err *err)
{
    const struct fg_scale_case *scale = replay->scale;
    struct fg_forecast forecast;
    struct fg_forecast_task task = {.values = scale->demand,
                                    .values_len = at,
                                    .horizon = (uint32_t)replay->outlook_len,
                                    .seasons_len = scale->seasons_len};
    memcpy(task.seasons, scale->seasons, sizeof(task.seasons));
    fg_arena_reset(replay->arena);
    int rc = fg_forecast(&task, replay->scratch, replay->arena, &forecast, err);
    for (size_t i = 0; rc == 0 && i < replay->outlook_len; i++)
        replay->outlook[i] = fg_forecast_quantile(&forecast, (uint32_t)i, scale->quantile);
    replay->outlook_at = at;
    return rc;
}

/* The most that is forecast for the steps until an order would be there. */
static double forecast_at(const struct replay *replay, size_t at)
{
    double most = 0;
    size_t ahead = steps_ahead(replay->scale);
    for (size_t i = at + 1 - replay->outlook_at; i <= at + ahead - replay->outlook_at; i++)
        if (i < replay->outlook_len)
            most = fmax(most, replay->outlook[i]);
    return most;
}

/* -- a step ------------------------------------------------------------------------------------------------ */

static void arrive(struct replay *replay, int64_t now_us)
{
    size_t there = 0;
    while (there < replay->coming && replay->comes_us[there] <= now_us) {
        replay->machines[replay->len++] = (struct fg_scale_machine){now_us, now_us};
        there++;
    }
    replay->coming -= there;
    memmove(replay->comes_us, replay->comes_us + there,
            replay->coming * sizeof(replay->comes_us[0]));
}

static void work(struct replay *replay, double devices, int64_t now_us)
{
    double per = replay->scale->devices_per_machine;
    for (size_t i = 0; i < replay->len; i++) {
        struct fg_scale_machine *machine = &replay->machines[i];
        if ((double)i * per < devices)
            machine->idle_us = INT64_MAX;
        else if (machine->idle_us == INT64_MAX)
            machine->idle_us = now_us;
    }
    if (devices > 0)
        replay->worked_us = now_us;
}

static void carry_out(struct replay *replay,
                      const struct fg_scale_decision *decision,
                      int64_t now_us)
{
    if (decision->change == 0)
        return;
    replay->changed_us = now_us;
    replay->out->ups += decision->change > 0;
    replay->out->downs += decision->change < 0;
    for (int32_t i = 0; i < decision->change; i++)
        replay->comes_us[replay->coming++] = now_us + replay->scale->lead_us;
    for (int32_t i = 0; i < -decision->change; i++)
        replay->machines[replay->back[i]].held_us = INT64_MIN;
    size_t left = 0;
    for (size_t i = 0; i < replay->len; i++)
        if (replay->machines[i].held_us != INT64_MIN)
            replay->machines[left++] = replay->machines[i];
    replay->len = left;
}

static void step(struct replay *replay, size_t at)
{
    const struct fg_scale_case *scale = replay->scale;
    int64_t now_us = (int64_t)(at + 1) * scale->step_us; /* 0 is never */
    arrive(replay, now_us);
    double hours = (double)scale->step_us / 3.6e9, asked = demand_at(scale, at);
    double met = fmin(asked, (double)replay->len * scale->devices_per_machine);
    work(replay, asked, now_us);
    replay->out->machine_hours += (double)replay->len * hours;
    replay->out->device_hours += asked * hours;
    replay->out->unmet_device_hours += (asked - met) * hours;
    if (replay->len > replay->out->most)
        replay->out->most = (uint32_t)replay->len;
    const struct fg_scale_view view = {.class = scale->class,
                                       .now_us = now_us,
                                       .devices_per_machine = scale->devices_per_machine,
                                       .machines = replay->machines,
                                       .machines_len = replay->len,
                                       .coming = (uint32_t)replay->coming,
                                       .devices_running = met,
                                       .devices_waiting = asked - met,
                                       .devices_forecast =
                                           scale->quantile > 0 ? forecast_at(replay, at) : 0,
                                       .worked_us = replay->worked_us,
                                       .changed_us = replay->changed_us};
    struct fg_scale_decision decision;
    fg_scale_decide(&scale->policy, &view, &decision, replay->back);
    carry_out(replay, &decision, now_us);
}

/* -- the whole ---------------------------------------------------------------------------------------------- */

static void *some(size_t len, size_t size)
{
    void *items = calloc(len + 1, size);
    if (!items)
        abort(); /* as arenas do */
    return items;
}

/* It begins with what the first step asks for. */
static void begin(struct replay *replay)
{
    const struct fg_scale_case *scale = replay->scale;
    size_t most = scale->policy.most;
    replay->outlook_len = scale->forecast_every + steps_ahead(scale) + 1;
    replay->machines = some(most, sizeof(*replay->machines));
    replay->comes_us = some(most, sizeof(*replay->comes_us));
    replay->back = some(most, sizeof(*replay->back));
    replay->outlook = some(replay->outlook_len, sizeof(*replay->outlook));
    replay->scratch = fg_arena_new(SCRATCH_ROOM);
    replay->arena = fg_arena_new(ROOM_AT_LEAST + replay->outlook_len * ROOM_A_STEP);
    double asked = demand_at(scale, scale->first);
    while (replay->len < most && (double)replay->len * scale->devices_per_machine < asked)
        replay->machines[replay->len++] = (struct fg_scale_machine){.idle_us = INT64_MAX};
}

static void end(struct replay *replay)
{
    free(replay->machines);
    free(replay->comes_us);
    free(replay->back);
    free(replay->outlook);
    fg_arena_free(replay->scratch);
    fg_arena_free(replay->arena);
}

int fg_scale_replay(const struct fg_scale_case *scale,
                    struct fg_scale_figures *out,
                    struct fg_err *err)
{
    struct replay replay = {.scale = scale, .out = out};
    int rc = 0;
    *out = (struct fg_scale_figures){};
    begin(&replay);
    for (size_t at = scale->first; rc == 0 && at < scale->len; at++) {
        bool is_due = (at - scale->first) % scale->forecast_every == 0;
        if (scale->quantile > 0 && is_due && at > 0)
            rc = look_ahead(&replay, at, err);
        if (rc == 0)
            step(&replay, at);
    }
    end(&replay);
    return rc;
}

void fg_scale_fixed(const struct fg_scale_case *scale,
                    uint32_t machines,
                    struct fg_scale_figures *out)
{
    double hours = (double)scale->step_us / 3.6e9,
           room = (double)machines * scale->devices_per_machine;
    *out = (struct fg_scale_figures){.most = machines};
    for (size_t at = scale->first; at < scale->len; at++) {
        double asked = demand_at(scale, at);
        out->machine_hours += machines * hours;
        out->device_hours += asked * hours;
        out->unmet_device_hours += fmax(asked - room, 0) * hours;
    }
}

uint32_t fg_scale_fleet_for(const struct fg_scale_case *scale, double unmet_device_hours)
{
    uint32_t low = 0, high = FG_SCALE_MACHINES_MAX; /* `high` surely suffices */
    while (low < high) {
        struct fg_scale_figures figures;
        uint32_t middle = low + (high - low) / 2;
        fg_scale_fixed(scale, middle, &figures);
        if (figures.unmet_device_hours <= unmet_device_hours)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double fg_scale_least_hours(const struct fg_scale_case *scale)
{
    double sum = 0;
    for (size_t at = scale->first; at < scale->len; at++)
        sum += ceil(demand_at(scale, at) / scale->devices_per_machine - 1e-9);
    return sum * (double)scale->step_us / 3.6e9;
}
