/* review.h - what a period has shown: the forecast against what came, orders and plans against what they cost, and what
 * the next forecast is to learn from it.
 *
 *     demand by the hour, orders, plans --> REVIEW --measures, correction--> fastgpu report, the next plan
 *
 * Each day is forecast from what was known when it began.  The correction is learned from the last days of that: where
 * demand was lastingly more or less than forecast the median is moved, where the bands held too few or too many hours
 * they are made wider or narrower (split conformal: Vovk et al., Algorithmic Learning in a Random World, 2005).  Of
 * little evidence little is believed, and a median that would not have been better on the days it was not learned from
 * (jackknife) stays as it is.
 */
#pragma once

#include "demand/forecast.h"
#include "demand/series.h"
#include "model/order.h"

#define FG_REVIEW_LEVEL    80 /* per cent of outcomes that the judged band is to hold */
#define FG_REVIEW_DAY      24 /* hours that are forecast at once */
#define FG_REVIEW_DAYS_MAX 31
#define FG_REVIEW_LEARN    14 /* days that a correction is learned from, at most */
#define FG_REVIEW_LEAST    3  /* and at least */
#define FG_REVIEW_PAST     48 /* hours that must be known before a day is forecast */

/* One hour of a class, in devices. */
struct fg_review_hour {
    double actual;         /* NAN: not known, nothing is learned from it */
    double median, lo, hi; /* as it was forecast when its day began */
    double naive;          /* the last hour before its day began: "as now" */
};

struct fg_review_correction {
    double factor; /* of the median: 0.5 to 2; 1 none */
    double width;  /* of the bands: 0.5 to 3; 1 none */
    uint32_t days; /* it was learned from; 0: there were too few */
};

struct fg_review_demand {
    uint32_t days, hours;    /* that were judged */
    double actual, forecast; /* device-hours */
    double wape, naive_wape; /* absolute errors over what came; NAN: nothing came */
    double coverage;         /* share of hours within the band; NAN: no hours */
    struct fg_review_correction correction; /* for what comes next */
};

/* Days of FG_REVIEW_DAY hours, oldest first: the measures are of the last `judged` of them, the correction is learned
 * from the last FG_REVIEW_LEARN. */
void fg_review_judge(const struct fg_review_hour *hours,
                     size_t days,
                     size_t judged,
                     struct fg_review_demand *out);

/* Forecast the last days of a series of hours again, each from what was known when it began, and judge `judged` of them
 * (1 to FG_REVIEW_DAYS_MAX, as many as the past allows).  `scratch`: FG_DEMAND_SCRATCH_ROOM. */
[[nodiscard]] int fg_review_series(const struct fg_demand_series *series,
                                   size_t judged,
                                   struct fg_arena *scratch,
                                   struct fg_review_demand *out,
                                   struct fg_err *err);

/* Move the median, the bands, the scale and the paths of a forecast: what is drawn from it is corrected too. Bands are made
 * narrower for the first day only, wider for all. */
void fg_review_correct(const struct fg_review_correction *correction,
                       struct fg_forecast *forecast);

/* Orders of a supplier, or of a plan. */
struct fg_review_orders {
    uint32_t asked;     /* orders that the supplier was asked for in the period */
    uint32_t delivered; /* that were delivered in it */
    uint32_t
        late; /* came late in it, or were due in it and had not come (supply/history.h has the grace) */
    uint32_t refused;         /* ended in it: the supplier said no, or wanted more */
    uint32_t rejected;        /* ended in it: not what was ordered */
    uint32_t reclaimed;       /* ended in it: taken back by the supplier */
    uint32_t leads;           /* of the delivered: a time was promised */
    int64_t promised_lead_us; /* summed over these */
    int64_t lead_us;          /* summed over these */
    int64_t
        approved_uusd; /* what approved orders would have cost in it: there at the time and price agreed, until their end */
    int64_t cost_uusd; /* what they did cost */
};

/* What lies from `from_us` to before `to_us`, which is now or earlier. */
void fg_review_order_add(struct fg_review_orders *sum,
                         const struct fg_order *order,
                         int64_t from_us,
                         int64_t to_us);

/* The order as it stood at an earlier moment; false: it was not there.  Instances that were lost one by one are not known
 * by the moment: they count from the delivery on. */
bool fg_review_order_at(const struct fg_order *order, int64_t at_us, struct fg_order *out);

/* Of what a plan was expected to cost, the part of the period: from its application to the end of its horizon, or until the
 * next one was applied (0: none was), evenly. */
struct fg_review_plan {
    int64_t applied_us, horizon_us, next_us;
    int64_t cost_uusd;
};
int64_t fg_review_plan_uusd(const struct fg_review_plan *plan, int64_t from_us, int64_t to_us);
