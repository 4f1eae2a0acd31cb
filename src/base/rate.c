/* rate.c - see rate.h */
#include "base/rate.h"

#include <math.h>

#define HOUR_US      3.6e9
#define SURE_DEVIATE 1.6449 /* of the normal distribution, at 95 % */

double fg_fade(int64_t age_us, int64_t half_life_us)
{
    return age_us > 0 && half_life_us > 0 ? exp2(-(double)age_us / (double)half_life_us) : 1;
}

double fg_fade_hours(int64_t from_us, int64_t to_us, int64_t now_us, int64_t half_life_us)
{
    if (to_us <= from_us)
        return 0;
    if (half_life_us <= 0)
        return (double)(to_us - from_us) / HOUR_US;
    double mean_life_hours = (double)half_life_us / HOUR_US / M_LN2,
           share = -expm1(-M_LN2 * (double)(to_us - from_us) / (double)half_life_us);
    return mean_life_hours * fg_fade(now_us - to_us, half_life_us) * share;
}

void fg_tally_add(struct fg_tally *tally, const struct fg_tally *seen, int64_t half_life_us)
{
    int64_t at_us = seen->at_us > tally->at_us ? seen->at_us : tally->at_us;
    double old = fg_fade(at_us - tally->at_us, half_life_us),
           fresh = fg_fade(at_us - seen->at_us, half_life_us);
    tally->events = old * tally->events + fresh * seen->events;
    tally->hours = old * tally->hours + fresh * seen->hours;
    tally->at_us = at_us;
}

struct fg_tally fg_tally_at(const struct fg_tally *tally, int64_t now_us, int64_t half_life_us)
{
    struct fg_tally out = *tally;
    fg_tally_add(&out, &(struct fg_tally){.at_us = now_us}, half_life_us);
    return out;
}

struct fg_rate fg_rate_of(double events, double hours, double prior, double weight)
{
    return (struct fg_rate){.shape = weight + events, .hours = weight / prior + hours};
}

double fg_rate_mean(const struct fg_rate *rate)
{
    return rate->shape / rate->hours;
}

/* Wilson and Hilferty's approximation of a quantile of the gamma distribution. */
double fg_rate_surely(const struct fg_rate *rate)
{
    double root = 1 - 1 / (9 * rate->shape) - SURE_DEVIATE / (3 * sqrt(rate->shape));
    return root > 0 ? fg_rate_mean(rate) * root * root * root : 0;
}
