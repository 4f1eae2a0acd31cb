/* bands.h - how wide the bands have to be, from what the combination missed.  Inside of demand/ only. */
#pragma once

#include "demand/backtest.h"

struct fg_bands {
    size_t paths_len; /* origins; 0: nothing is known */
    size_t len;       /* steps of each */
    double *
        missed; /* [origin][step]: actual minus combination (made without this origin); NAN: not known */
    double *
        scores; /* [origin][step]: missed, in units of the scale of the other origins; NAN as well */
    double *scale; /* [step], the whole horizon: how far off is usual */
    double trust;  /* 0 to 1: how far to go from "as now" to the combination */
    struct fg_arena *arena;
};

/* From a backtest of a series that ends with `y` (n values), and its combination. `season`: the shortest, 0: none.
 * All lies in `scratch`. */
struct fg_bands fg_bands_make(const struct fg_backtest *backtest,
                              const struct fg_past *past,
                              struct fg_arena *scratch);

/* How far the quantile `share` (0 to 1) lies from the median, in units of the scale, by all origins but `without`
 * (-1: by all): at most 0 below a half, at least 0 above. */
double fg_bands_reach(const struct fg_bands *bands, double share, int without);

/* Share of the backtest's steps within the band of `level` that the other origins say. NAN: fewer than two origins. */
double fg_bands_coverage(const struct fg_bands *bands, double level);
