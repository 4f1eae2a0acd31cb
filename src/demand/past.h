/* past.h - what a model may see: a series up to an origin, without gaps.  Inside of demand/ only. */
#pragma once

#include "base/arena.h"
#include "demand/forecast.h"

#include <stddef.h>
#include <stdint.h>

struct fg_split;

struct fg_past {
    const double *y;
    size_t n; /* at least 1 */
    uint32_t horizon;
    /* Ascending; each fits at least twice into n. */
    uint32_t seasons[FG_FORECAST_SEASONS_MAX];
    size_t seasons_len;
    struct fg_arena *arena; /* for whatever is needed until the next origin */
    struct fg_split *split; /* made by fg_past_split() when first asked for */
};

/* The series as level and seasons (see split.c). */
struct fg_split {
    double *adjusted; /* n values: y less all seasons */
    double *season;   /* n values: the sum of the seasons */
    double *ahead;    /* horizon values: the seasons as they go on */
};

/* The first `n` of `y`, with those of the seasons of `task` that fit. */
struct fg_past fg_past_make(const struct fg_forecast_task *task,
                            const double *y,
                            size_t n,
                            struct fg_arena *arena);
/* The same with other values. */
struct fg_past fg_past_with(const struct fg_past *past, const double *y);
/* Computed once. */
const struct fg_split *fg_past_split(struct fg_past *past);
