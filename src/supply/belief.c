/* belief.c - see belief.h */
#include "supply/belief.h"
#include "supply/quantile.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define HOUR_US  3.6e9
#define KHOUR_US 3.6e12

/* What is believed of a supplier that nobody knows. */
#define BROKEN_MEAN      0.1
#define BROKEN_WEIGHT    5.0 /* instances */
#define REFUSED_MEAN     0.1
#define REFUSED_WEIGHT   5.0 /* orders */
#define EVENTS           0.5 /* a prior of this many events: very little */
#define HELD_PER_KHOUR   1.0 /* preemptions of what is not spot, and faults */
#define LEAD_WEIGHT      2.0 /* deliveries, as long as the supplier says */
#define LEAD_LEAST_HOURS (1.0 / 60)
#define SPEED_WEIGHT     4.0 /* runs, at the nominal speed */
#define SPEED_DEVIATION  0.15
#define SPEED_LEAST      0.01

static const struct {
    const char *name, *unit, *meaning;
    bool more_is_better, is_relative;
    int weight_milli, tolerance_milli;
} criteria[FG_CRITERIA] = {
#define X(symbol, name, more, weight, tolerance, relative, unit, meaning)                      \
    {name, unit, meaning, more, relative, weight, tolerance},
#include "supply/criterion.def"
#undef X
};

const char *fg_criterion_name(enum fg_criterion criterion)
{
    return criteria[criterion].name;
}

const char *fg_criterion_unit(enum fg_criterion criterion)
{
    return criteria[criterion].unit;
}

const char *fg_criterion_meaning(enum fg_criterion criterion)
{
    return criteria[criterion].meaning;
}

bool fg_criterion_more_is_better(enum fg_criterion criterion)
{
    return criteria[criterion].more_is_better;
}

double fg_criterion_weight(enum fg_criterion criterion)
{
    return criteria[criterion].weight_milli / 1000.0;
}

bool fg_criterion_is_relative(enum fg_criterion criterion)
{
    return criteria[criterion].is_relative;
}

double fg_criterion_tolerance(enum fg_criterion criterion, double high)
{
    return criteria[criterion].tolerance_milli / 1000.0
           * (criteria[criterion].is_relative ? high : 1);
}

int fg_criterion_find(const char *name)
{
    for (int criterion = 0; criterion < FG_CRITERIA; criterion++)
        if (strcmp(criteria[criterion].name, name) == 0)
            return criterion;
    return -1;
}

static struct fg_belief known(double value)
{
    return (struct fg_belief){.form = FG_BELIEF_KNOWN, .mean = value, .scale = 1};
}

static struct fg_belief share(double prior_mean, double weight, int64_t hits, int64_t all)
{
    double a = prior_mean * weight + (double)hits,
           b = (1 - prior_mean) * weight + (double)(all - hits);
    return (struct fg_belief){.form = FG_BELIEF_BETA,
                              .mean = a / (a + b),
                              .a = a,
                              .b = b,
                              .scale = 1,
                              .prior_mean = prior_mean,
                              .prior_weight = weight,
                              .measured = (double)all};
}

static struct fg_belief rate(double prior_per_khour, int64_t events, int64_t held_us)
{
    double khours = (double)held_us / KHOUR_US, weight = EVENTS / prior_per_khour,
           shape = EVENTS + (double)events, exposure = weight + khours;
    return (struct fg_belief){.form = FG_BELIEF_GAMMA,
                              .mean = shape / exposure,
                              .a = shape,
                              .b = exposure,
                              .scale = 1,
                              .prior_mean = prior_per_khour,
                              .prior_weight = weight,
                              .measured = khours};
}

static struct fg_belief lead(int64_t told_us, const struct fg_supplier_history *history)
{
    double prior = fmax((double)told_us / HOUR_US, LEAD_LEAST_HOURS),
           sum = LEAD_WEIGHT * prior + (double)history->lead_sum_us / HOUR_US,
           n = LEAD_WEIGHT + (double)history->leads;
    return (struct fg_belief){.form = FG_BELIEF_INVERSE_GAMMA,
                              .mean = sum / n,
                              .a = n + 1,
                              .b = sum,
                              .scale = 1,
                              .prior_mean = prior,
                              .prior_weight = LEAD_WEIGHT,
                              .measured = (double)history->leads};
}

/* Speed of runs, for each dollar of an hour. */
static struct fg_belief performance(double usd_per_hour,
                                    const struct fg_supplier_history *history)
{
    double runs = (double)history->runs, n = SPEED_WEIGHT + runs,
           sum = (double)history->speed_milli_sum / 1e3,
           squares = (double)history->speed_milli2_sum / 1e6,
           spread = runs > 0 ? fmax(squares - sum * sum / runs, 0) : 0,
           mean = (SPEED_WEIGHT + sum) / n,
           variance = (SPEED_WEIGHT * SPEED_DEVIATION * SPEED_DEVIATION + spread) / (n * n);
    return (struct fg_belief){.form = FG_BELIEF_NORMAL,
                              .mean = fmax(mean, SPEED_LEAST) / usd_per_hour,
                              .a = mean,
                              .b = sqrt(variance),
                              .scale = 1 / usd_per_hour,
                              .prior_mean = 1 / usd_per_hour,
                              .prior_weight = SPEED_WEIGHT,
                              .measured = runs};
}

void fg_beliefs(const struct fg_offer *offer,
                const struct fg_supplier_history *history,
                int64_t hourly_uusd_of_all,
                struct fg_belief out[FG_CRITERIA])
{
    static const struct fg_supplier_history nothing = {};
    const struct fg_supplier_history *h = history ? history : &nothing;
    int64_t uusd = fg_offer_uusd_per_device_hour(offer);
    double usd_per_hour = (double)(uusd > 0 ? uusd : 1) / 1e6,
           reclaims = offer->reclaims_per_khour > 0         ? offer->reclaims_per_khour
                      : offer->contract == FG_CONTRACT_SPOT ? FG_SPOT_PER_KHOUR
                                                            : HELD_PER_KHOUR,
           spent =
               hourly_uusd_of_all > 0 ? (double)h->hourly_uusd / (double)hourly_uusd_of_all : 0;
    out[FG_CRITERION_PRICE] = known(usd_per_hour);
    out[FG_CRITERION_LEAD] = lead(offer->lead_time_us, h);
    out[FG_CRITERION_BROKEN] =
        share(BROKEN_MEAN, BROKEN_WEIGHT, h->promised - h->kept, h->promised);
    out[FG_CRITERION_REFUSED] = share(REFUSED_MEAN, REFUSED_WEIGHT, h->refused, h->orders);
    out[FG_CRITERION_PREEMPTIONS] = rate(reclaims, h->reclaims, h->held_us);
    out[FG_CRITERION_FAULTS] = rate(HELD_PER_KHOUR, h->faults, h->held_us);
    out[FG_CRITERION_PERFORMANCE] = performance(usd_per_hour, h);
    out[FG_CRITERION_CONCENTRATION] = known(fmin(spent, 1));
}

double fg_belief_quantile(const struct fg_belief *belief, double share_below)
{
    switch (belief->form) {
    case FG_BELIEF_KNOWN:
        return belief->mean;
    case FG_BELIEF_BETA:
        return belief->scale * fg_beta_quantile(belief->a, belief->b, share_below);
    case FG_BELIEF_GAMMA:
        return belief->scale * fg_gamma_quantile(belief->a, share_below) / belief->b;
    case FG_BELIEF_INVERSE_GAMMA:
        return belief->scale * belief->b / fg_gamma_quantile(belief->a, 1 - share_below);
    case FG_BELIEF_NORMAL:
        return belief->scale
               * fmax(belief->a + belief->b * fg_normal_quantile(share_below), SPEED_LEAST);
    }
    assert(false);
    return 0;
}
