/* rate.h - how often something happens, from events and the hours in which they could; what is long ago counts less.
 *
 *     events, hours of exposure --fade--> tally --prior, its weight--> RATE: mean and how sure it is
 *
 * Tally:   sums in which what is half a life old counts half.  The order in which it is told does not matter.
 * Rate:    events come by chance at a rate that is not known (Poisson); what is believed of it is a gamma distribution.  The prior is
 *          `weight` events at its own rate, so who has seen nothing is as his prior, and who has seen much as he was
 *          (Gelman et al., "Bayesian Data Analysis", 2.6).  The posterior mean of a whole is the prior of its parts: node, supplier, all.
 * Values:  plain.  Pure and deterministic.
 */
#pragma once

#include <stdint.h>

/* What counts of something so old: 1 now (and in the future), a half after a half-life.  `half_life_us` 0: all counts. */
double fg_fade(int64_t age_us, int64_t half_life_us);
/* Hours that count, as of now, of the time from `from_us` to `to_us`; both are not after now. */
double fg_fade_hours(int64_t from_us, int64_t to_us, int64_t now_us, int64_t half_life_us);

struct fg_tally {
    double events, hours; /* as they counted at: */
    int64_t at_us;        /* the newest of them */
};

/* Add what was seen at `time_us`, in any order. */
void fg_tally_add(struct fg_tally *tally, const struct fg_tally *seen, int64_t half_life_us);
/* As it counts at `now_us`. */
struct fg_tally fg_tally_at(const struct fg_tally *tally, int64_t now_us, int64_t half_life_us);

/* A gamma distribution of events in an hour. */
struct fg_rate {
    double shape; /* events */
    double hours; /* in which they came */
};

/* What is believed after the tally, if `weight` events at the rate `prior` (an hour; above 0) were believed before. */
struct fg_rate fg_rate_of(double events, double hours, double prior, double weight);
/* Events to expect in an hour. */
double fg_rate_mean(const struct fg_rate *rate);
/* The rate is not below this with 95 %. */
double fg_rate_surely(const struct fg_rate *rate);
