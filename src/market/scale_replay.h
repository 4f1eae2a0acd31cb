/* scale_replay.h - a policy of autoscaling on demand that was: what it would have held, and what would have waited.
 *
 *     demand step by step, lead time, policy --> SCALE REPLAY (plan/scale, demand/forecast) --machine-hours, unmet-->
 *
 * At each step machines that were ordered long enough ago are there; demand up to what they hold is met, the rest is
 * unmet in that step (it does not come again later: a series of demand has it in the next step if it waits).  Busy
 * machines are those held the longest.  Forecasts see only what was before.
 */
#pragma once

#include "base/err.h"
#include "demand/forecast.h"
#include "plan/scale.h"

struct fg_scale_case {
    const char *class;
    const double *demand; /* devices in each step; NAN: as the step before */
    size_t len;
    size_t first; /* figures begin here; what is before is history */
    int64_t step_us;
    int64_t lead_us; /* from an order until the machine is there */
    uint32_t devices_per_machine;
    struct fg_scale_policy policy;
    double quantile;       /* of the forecast that is planned for, 0 to 1; 0: no forecast */
    size_t forecast_every; /* steps from one forecast to the next; at least 1 */
    uint32_t seasons[FG_FORECAST_SEASONS_MAX];
    size_t seasons_len;
};

struct fg_scale_figures {
    double machine_hours, device_hours; /* held; asked */
    double unmet_device_hours;
    uint32_t most; /* machines at one time */
    uint32_t ups, downs;
};

/* FG_EINVAL: of the forecast. */
[[nodiscard]] int fg_scale_replay(const struct fg_scale_case *scale,
                                  struct fg_scale_figures *out,
                                  struct fg_err *err);
/* So many machines all the time. */
void fg_scale_fixed(const struct fg_scale_case *scale,
                    uint32_t machines,
                    struct fg_scale_figures *out);
/* The smallest fleet that leaves no more unmet than `unmet_device_hours`. */
uint32_t fg_scale_fleet_for(const struct fg_scale_case *scale, double unmet_device_hours);
/* Machine-hours of who knows the future and has machines at once. */
double fg_scale_least_hours(const struct fg_scale_case *scale);
