/* belief.h - what is believed of a supplier, criterion by criterion, from what was measured and what one believes of
 * anybody: a conjugate prior with a mean and a weight, both in view.
 *
 *   shares (broken, refused)          beta, from counts
 *   events (preemptions, faults)      gamma, from counts and hours of exposure
 *   lead time                         exponential times of unknown mean: the mean is inverse gamma, from a count and a sum
 *   speed                             normal, from a count, a sum and a sum of squares
 *   price, concentration              known
 *
 * With no history the belief is the prior, and wide; with much it is what was measured.
 * Reference: Gelman et al., Bayesian Data Analysis, 3rd ed., chapter 2.
 */
#pragma once

#include "model/offer.h"
#include "supply/history.h"

enum fg_criterion {
#define X(symbol, ...) FG_CRITERION_##symbol,
#include "supply/criterion.def"
#undef X
    FG_CRITERIA
};

const char *fg_criterion_name(enum fg_criterion criterion);
const char *fg_criterion_unit(enum fg_criterion criterion);
const char *fg_criterion_meaning(enum fg_criterion criterion);
bool fg_criterion_more_is_better(enum fg_criterion criterion);
double fg_criterion_weight(enum fg_criterion criterion); /* default, of 1 */
/* In the unit of the criterion, or of the greatest value `high` that there is. */
double fg_criterion_tolerance(enum fg_criterion criterion, double high);
bool fg_criterion_is_relative(enum fg_criterion criterion);
int fg_criterion_find(const char *name); /* the criterion, or -1 */

enum fg_belief_form {
    FG_BELIEF_KNOWN,
    FG_BELIEF_BETA,
    FG_BELIEF_GAMMA,
    FG_BELIEF_INVERSE_GAMMA,
    FG_BELIEF_NORMAL
};

/* One number of one supplier. */
struct fg_belief {
    enum fg_belief_form form;
    double mean;
    double a,
        b; /* beta: both; gamma: shape, rate; inverse gamma: shape, scale; normal: mean, deviation */
    double scale;      /* the number is `scale` times what the form describes */
    double prior_mean; /* what was believed before anything was measured */
    double
        prior_weight; /* how many observations that is worth (gamma: units of exposure, 1,000 hours) */
    double measured; /* how many there were */
    double told;     /* what the offer says; where it says nothing, what is believed of any */
};

/* What one knows: its cheapest offer of what is looked for, its history (NULL: none), what of it is of that offer (NULL: that is not told apart),
 * what is spent with all suppliers.
 *
 * Losses and lead times go from what the offer says to what was measured in two steps: the supplier's other things for sale say by how many times
 * it is off (as in standardised ratios of small areas; Clayton, Kaldor, Biometrics 43, 1987), and that is the prior of this one. */
void fg_beliefs(const struct fg_offer *offer,
                const struct fg_supplier_history *history,
                const struct fg_supplier_part *part,
                int64_t hourly_uusd_of_all,
                struct fg_belief out[FG_CRITERIA]);

/* The value that is not exceeded with probability `share`, within (0, 1). */
double fg_belief_quantile(const struct fg_belief *belief, double share);
