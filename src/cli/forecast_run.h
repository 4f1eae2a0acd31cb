/* forecast_run.h - the forecasts of many series, on all cores, with a bar. */
#pragma once

#include "cli/term.h"

#include "demand/ask.h"

/* What is left of one series' forecast when it has been told: the rest would fill the memory. */
struct fg_forecast_told {
    struct fg_buf text; /* JSON, or a plot */
    /* For a row of the table. */
    char model[96];
    double wape, naive_wape; /* NAN: not known */
    double last, next, next_lo, next_hi, mean, peak;
    double level; /* of next_lo, next_hi and peak; 0: no bands */
    int rc;
    struct fg_err err;
};

enum fg_forecast_form { FG_FORECAST_TABLE, FG_FORECAST_JSON, FG_FORECAST_PLOT };

struct fg_forecast_run {
    const struct fg_demand_ask *ask;
    const struct fg_demand_set *set;
    enum fg_forecast_form form;
    const struct fg_term *term; /* for plots */
    size_t threads;
    struct fg_forecast_told *told; /* one a series; owned */
};

/* Fill `told`.  A series that cannot be forecast says so in its rc and err. */
void fg_forecast_run(struct fg_forecast_run *run);
void fg_forecast_run_free(struct fg_forecast_run *run);

/* Tell one forecast in the form of the run. */
void fg_forecast_tell(const struct fg_forecast_run *run,
                      const struct fg_demand_series *series,
                      const struct fg_forecast *forecast,
                      struct fg_forecast_told *told);

/* forecast_print.c: the table, or {"series": [...], "seconds": ...}.  Returns the first error if no series was forecast;
 * what became of single ones goes to standard error. */
[[nodiscard]] int fg_forecast_print(const struct fg_forecast_run *run,
                                    double seconds,
                                    struct fg_err *err);

/* forecast_plot.c: history, median and bands, `width` columns and `height` lines of picture. */
void fg_forecast_plot(struct fg_buf *out,
                      const struct fg_term *term,
                      const struct fg_demand_series *series,
                      const struct fg_forecast *forecast);
