/* review_demand.c - the forecast against what came; see review.h */
#include "plan/review.h"

#include "demand/ask.h"

#include <math.h>
#include <stdlib.h>

#define FACTOR_MIN 0.5
#define FACTOR_MAX 2.0
#define WIDTH_MIN  0.5
#define WIDTH_MAX  3.0
#define DOUBT_DAYS 7 /* days that the belief in bands as they are is worth */

/* -- sums ------------------------------------------------------------------------------------------------------ */

struct sum {
    double actual, forecast, missed, naive_missed;
    uint32_t hours, inside;
};

static bool is_inside(const struct fg_review_hour *hour)
{
    double slack = 1e-9 * (1 + fabs(hour->median));
    return hour->actual >= hour->lo - slack && hour->actual <= hour->hi + slack;
}

static struct sum sum_of(const struct fg_review_hour *hours, size_t len)
{
    struct sum sum = {};
    for (size_t i = 0; i < len; i++) {
        const struct fg_review_hour *hour = &hours[i];
        if (isnan(hour->actual))
            continue;
        sum.hours++;
        sum.inside += is_inside(hour);
        sum.actual += hour->actual;
        sum.forecast += hour->median;
        sum.missed += fabs(hour->actual - hour->median);
        sum.naive_missed += fabs(hour->actual - hour->naive);
    }
    return sum;
}

static double missed_with(const struct fg_review_hour *hours, double factor)
{
    double missed = 0;
    for (size_t i = 0; i < FG_REVIEW_DAY; i++)
        if (!isnan(hours[i].actual))
            missed += fabs(hours[i].actual - factor * hours[i].median);
    return missed;
}

static double clamp(double value, double least, double most)
{
    return fmin(fmax(value, least), most);
}

/* -- the median -------------------------------------------------------------------------------------------------- */

/* The ratio of what came to what was forecast on all days but one (none: `days`), as a logarithm. */
static double log_ratio(const struct sum *sums, size_t days, size_t without)
{
    double actual = 0, forecast = 0;
    for (size_t d = 0; d < days; d++)
        if (d != without) {
            actual += sums[d].actual;
            forecast += sums[d].forecast;
        }
    if (!(actual > 0) || !(forecast > 0))
        return 0;
    return log(clamp(actual / forecast, FACTOR_MIN, FACTOR_MAX));
}

/* How much of it is believed: all where the days agree, little where they differ. */
static double belief(const struct sum *sums, size_t days, double logarithm)
{
    double variance = 0;
    for (size_t d = 0; d < days; d++) {
        double change = log_ratio(sums, days, d) - logarithm;
        variance += change * change;
    }
    variance *= (double)(days - 1) / (double)days;
    double square = logarithm * logarithm;
    return square > 0 ? square / (square + 2 * variance) : 0;
}

/* Would days have been nearer by what the others say? */
static bool is_better(const struct fg_review_hour *hours,
                      const struct sum *sums,
                      size_t days,
                      double share)
{
    double before = 0, after = 0;
    for (size_t d = 0; d < days; d++) {
        before += sums[d].missed;
        after += missed_with(&hours[d * FG_REVIEW_DAY], exp(share * log_ratio(sums, days, d)));
    }
    return after < before;
}

static double factor_of(const struct fg_review_hour *hours, size_t days)
{
    struct sum sums[FG_REVIEW_LEARN] = {};
    for (size_t d = 0; d < days; d++)
        sums[d] = sum_of(&hours[d * FG_REVIEW_DAY], FG_REVIEW_DAY);
    double logarithm = log_ratio(sums, days, days), share = belief(sums, days, logarithm);
    return is_better(hours, sums, days, share) ? exp(share * logarithm) : 1;
}

/* -- the bands ---------------------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

/* How many half bands off the (moved) median it was. */
static double reach_of(const struct fg_review_hour *hour, double factor)
{
    double off = hour->actual - factor * hour->median;
    double half = factor * (off < 0 ? hour->median - hour->lo : hour->hi - hour->median);
    if (fabs(off) <= 1e-9 * (1 + fabs(hour->median)))
        return 0;
    return half > 0 ? fabs(off) / half : INFINITY;
}

static double width_of(const struct fg_review_hour *hours, size_t days, double factor)
{
    double reach[FG_REVIEW_LEARN * FG_REVIEW_DAY];
    size_t len = 0;
    for (size_t i = 0; i < days * FG_REVIEW_DAY; i++)
        if (!isnan(hours[i].actual))
            reach[len++] = reach_of(&hours[i], factor);
    if (len == 0)
        return 1;
    qsort(reach, len, sizeof(reach[0]), by_size);
    size_t at = (len + 1) * FG_REVIEW_LEVEL / 100;
    double width = clamp(reach[at < len ? at : len - 1], WIDTH_MIN, WIDTH_MAX);
    return exp(log(width) * (double)days / (double)(days + DOUBT_DAYS));
}

/* -- together ------------------------------------------------------------------------------------------------------- */

void fg_review_judge(const struct fg_review_hour *hours,
                     size_t days,
                     size_t judged,
                     struct fg_review_demand *out)
{
    size_t learned = days < FG_REVIEW_LEARN ? days : FG_REVIEW_LEARN;
    if (judged > days)
        judged = days;
    const struct fg_review_hour *newest = hours + days * FG_REVIEW_DAY;
    struct sum sum = sum_of(newest - judged * FG_REVIEW_DAY, judged * FG_REVIEW_DAY);
    bool any = sum.actual > 0;
    *out = (struct fg_review_demand){
        .days = (uint32_t)judged,
        .hours = sum.hours,
        .actual = sum.actual,
        .forecast = sum.forecast,
        .wape = any ? sum.missed / sum.actual : NAN,
        .naive_wape = any ? sum.naive_missed / sum.actual : NAN,
        .coverage = sum.hours ? (double)sum.inside / sum.hours : NAN,
        .correction = {1, 1, 0},
    };
    if (learned < FG_REVIEW_LEAST)
        return;
    const struct fg_review_hour *from = newest - learned * FG_REVIEW_DAY;
    double factor = factor_of(from, learned);
    out->correction = (struct fg_review_correction){factor, width_of(from, learned, factor),
                                                    (uint32_t)learned};
}

/* -- forecast again ------------------------------------------------------------------------------------------------- */

static bool is_known(const double *values, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isnan(values[i]))
            return true;
    return false;
}

static double newest_of(const double *values, size_t len)
{
    while (len > 1 && isnan(values[len - 1]))
        len--;
    return values[len - 1];
}

/* The day that begins at hour `begin`. */
static int forecast_day(const struct fg_demand_series *series,
                        size_t begin,
                        struct fg_arena *scratch,
                        struct fg_review_hour *out,
                        struct fg_err *err)
{
    struct fg_demand_ask ask = {
        .horizon = FG_REVIEW_DAY, .levels = {FG_REVIEW_LEVEL}, .levels_len = 1};
    struct fg_demand_series known = *series;
    struct fg_forecast forecast;
    known.len = begin;
    if (!is_known(series->values, begin)) { /* nothing to learn from either */
        for (size_t i = 0; i < FG_REVIEW_DAY; i++)
            out[i] = (struct fg_review_hour){.actual = NAN};
        return 0;
    }
    FG_AUTO(fg_arena)
    struct fg_arena *arena = fg_arena_new(fg_demand_forecast_room(&ask, &known));
    int rc = fg_demand_forecast(&ask, &known, scratch, arena, &forecast, err);
    for (size_t i = 0; rc == 0 && i < FG_REVIEW_DAY; i++)
        out[i] = (struct fg_review_hour){.actual = series->values[begin + i],
                                         .median = forecast.median[i],
                                         .lo = forecast.bands[0].lo[i],
                                         .hi = forecast.bands[0].hi[i],
                                         .naive = newest_of(series->values, begin)};
    return rc;
}

int fg_review_series(const struct fg_demand_series *series,
                     size_t judged,
                     struct fg_arena *scratch,
                     struct fg_review_demand *out,
                     struct fg_err *err)
{
    struct fg_review_hour hours[FG_REVIEW_DAYS_MAX * FG_REVIEW_DAY];
    size_t most =
        series->len > FG_REVIEW_PAST ? (series->len - FG_REVIEW_PAST) / FG_REVIEW_DAY : 0;
    size_t days = judged > FG_REVIEW_LEARN ? judged : FG_REVIEW_LEARN;
    int rc = 0;
    if (days > FG_REVIEW_DAYS_MAX)
        days = FG_REVIEW_DAYS_MAX;
    if (days > most)
        days = most;
    for (size_t d = 0; rc == 0 && d < days; d++)
        rc = forecast_day(series, series->len - (days - d) * FG_REVIEW_DAY, scratch,
                          &hours[d * FG_REVIEW_DAY], err);
    if (rc == 0)
        fg_review_judge(hours, days, judged, out);
    return rc;
}

/* -- corrected -------------------------------------------------------------------------------------------------------- */

/* How a day ahead is missed is known; that bands further out are too wide does not follow from it. */
static double width_at(const struct fg_review_correction *correction, size_t step)
{
    return correction->width < 1 && step >= FG_REVIEW_DAY ? 1 : correction->width;
}

static void correct_band(const struct fg_review_correction *correction,
                         const struct fg_forecast *forecast,
                         const struct fg_forecast_band *band)
{
    double factor = correction->factor;
    for (uint32_t i = 0; i < forecast->horizon; i++) {
        double median = forecast->median[i], width = factor * width_at(correction, i);
        band->lo[i] = factor * median - width * (median - band->lo[i]);
        band->hi[i] = factor * median + width * (band->hi[i] - median);
        if (forecast->floor_at_zero && band->lo[i] < 0)
            band->lo[i] = 0;
    }
}

void fg_review_correct(const struct fg_review_correction *correction,
                       struct fg_forecast *forecast)
{
    double factor = correction->factor;
    uint32_t horizon = forecast->horizon;
    for (size_t b = 0; b < forecast->bands_len; b++)
        correct_band(correction, forecast, &forecast->bands[b]);
    for (uint32_t i = 0; i < horizon; i++) {
        forecast->median[i] *= factor;
        forecast->scale[i] *= factor * width_at(correction, i);
    }
    for (size_t i = 0; i < forecast->paths_len * horizon; i++)
        forecast->paths[i] *= factor * width_at(correction, i % horizon);
}
