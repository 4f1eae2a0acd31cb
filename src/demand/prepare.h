/* prepare.h - a series as the models can take it: no gaps, no freak values, no events.  Inside of demand/ only. */
#pragma once

#include "demand/forecast.h"

struct fg_prepared {
    double *y; /* n values for the models */
    double *
        actual; /* n values to be held against: as given, gaps NAN, effects of events taken out */
    size_t n;
    size_t from; /* the step of the series that y[0] is */
    size_t gaps, outliers;
    size_t shift_at; /* as in fg_forecast */
    bool floor_at_zero;
    /* What each event does: values are multiplied by it where nothing is negative, else it is added. */
    double effects[FG_FORECAST_EVENTS_MAX];
};

/* FG_EINVAL as fg_forecast says. */
[[nodiscard]] int fg_forecast_check(const struct fg_forecast_task *task, struct fg_err *err);

/* Take the newest values of a checked task and clean them. All lies in `scratch`. */
void fg_prepare(const struct fg_forecast_task *task,
                struct fg_arena *scratch,
                struct fg_prepared *out_prepared);

/* Put the effects of events back on `values`, which are the steps from the end of the series on. */
void fg_prepared_events(const struct fg_prepared *prepared,
                        const struct fg_forecast_task *task,
                        double *values,
                        uint32_t len);
