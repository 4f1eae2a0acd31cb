/* belief.c - see belief.h */
#include "supply/belief.h"
#include "base/rate.h"
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
#define OTHERS_EVENTS    2.0 /* what else it sells says so much at most */
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
    return (struct fg_belief){
        .form = FG_BELIEF_KNOWN, .mean = value, .scale = 1, .told = value};
}

static struct fg_belief share(double prior_mean, double weight, double hits, double all)
{
    double a = prior_mean * weight + hits, b = (1 - prior_mean) * weight + (all - hits);
    return (struct fg_belief){.form = FG_BELIEF_BETA,
                              .mean = a / (a + b),
                              .a = a,
                              .b = b,
                              .scale = 1,
                              .prior_mean = prior_mean,
                              .prior_weight = weight,
                              .measured = all,
                              .told = prior_mean};
}

/* What was lost, and what was to expect of the hours by the offers. */
struct losses {
    double events, told, khours;
};

/* `told` in 1,000 hours; of the supplier: all of it, and this offer's. */
static struct fg_belief losses(double told, struct losses all, struct losses own)
{
    double events = fmax(all.events - own.events, 0);
    struct fg_rate off = fg_rate_of(events, fmax(all.told - own.told, 0), 1, EVENTS);
    double prior = told * fg_rate_mean(&off), weight = fmin(EVENTS + events, OTHERS_EVENTS);
    struct fg_rate rate = fg_rate_of(own.events, own.khours, prior, weight);
    return (struct fg_belief){.form = FG_BELIEF_GAMMA,
                              .mean = fg_rate_mean(&rate),
                              .a = rate.shape,
                              .b = rate.hours,
                              .scale = 1,
                              .prior_mean = prior,
                              .prior_weight = weight / prior,
                              .measured = own.khours,
                              .told = told};
}

static struct losses losses_of(const struct fg_supplier_part *part)
{
    if (!part)
        return (struct losses){};
    return (struct losses){part->losses, part->losses_told, (double)part->held_us / KHOUR_US};
}

/* What is not spot is never said to be taken back; who tells that and faults apart says so. */
static struct fg_belief preemptions(const struct fg_offer *offer,
                                    const struct fg_supplier_history *h,
                                    const struct fg_supplier_part *part)
{
    double khours = (double)h->spot_held_us / KHOUR_US;
    const struct losses table = {h->reclaims, 0, khours},
                        all = {h->reclaims, h->reclaims_told, khours},
                        never = {0, 0, (double)h->held_us / KHOUR_US};
    if (offer->contract != FG_CONTRACT_SPOT)
        return losses(offer->reclaims_per_khour ? offer->reclaims_per_khour
                                                : FG_FAULTS_PER_KHOUR,
                      (struct losses){}, h->has_parts ? never : table);
    return losses(fg_supplier_told_per_khour(offer), h->has_parts ? all : (struct losses){},
                  h->has_parts ? losses_of(part) : table);
}

static struct fg_belief faults(const struct fg_offer *offer,
                               const struct fg_supplier_history *h,
                               const struct fg_supplier_part *part)
{
    double khours = (double)h->held_us / KHOUR_US;
    const struct losses all = {h->faults, FG_FAULTS_PER_KHOUR * khours, khours};
    bool is_told = h->has_parts && offer->contract != FG_CONTRACT_SPOT;
    return losses(FG_FAULTS_PER_KHOUR, h->has_parts ? all : (struct losses){},
                  is_told        ? losses_of(part)
                  : h->has_parts ? (struct losses){}
                                 : all);
}

static struct fg_belief lead(const struct fg_offer *offer,
                             const struct fg_supplier_history *h,
                             const struct fg_supplier_part *part)
{
    static const struct fg_supplier_part nothing = {};
    const struct fg_supplier_part table = {.leads = h->leads, .lead_sum_us = h->lead_sum_us};
    const struct fg_supplier_part *own = !h->has_parts ? &table : part ? part : &nothing;
    double told = fmax((double)offer->lead_time_us / HOUR_US, LEAD_LEAST_HOURS),
           others = (double)(h->lead_sum_us - own->lead_sum_us) / HOUR_US,
           others_told = (double)(h->lead_told_us - own->lead_told_us) / HOUR_US;
    if (!h->has_parts)
        others = others_told = 0;
    double off = (LEAD_WEIGHT * told + fmax(others, 0))
                 / (LEAD_WEIGHT * told + fmax(others_told, 0)),
           prior = told * off, n = LEAD_WEIGHT + own->leads,
           sum = LEAD_WEIGHT * prior + (double)own->lead_sum_us / HOUR_US;
    return (struct fg_belief){.form = FG_BELIEF_INVERSE_GAMMA,
                              .mean = sum / n,
                              .a = n + 1,
                              .b = sum,
                              .scale = 1,
                              .prior_mean = prior,
                              .prior_weight = LEAD_WEIGHT,
                              .measured = own->leads,
                              .told = (double)offer->lead_time_us / HOUR_US};
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
                              .measured = runs,
                              .told = 1 / usd_per_hour};
}

void fg_beliefs(const struct fg_offer *offer,
                const struct fg_supplier_history *history,
                const struct fg_supplier_part *part,
                int64_t hourly_uusd_of_all,
                struct fg_belief out[FG_CRITERIA])
{
    static const struct fg_supplier_history nothing = {};
    const struct fg_supplier_history *h = history ? history : &nothing;
    int64_t uusd = fg_offer_uusd_per_device_hour(offer);
    double usd_per_hour = (double)(uusd > 0 ? uusd : 1) / 1e6,
           spent =
               hourly_uusd_of_all > 0 ? (double)h->hourly_uusd / (double)hourly_uusd_of_all : 0;
    out[FG_CRITERION_PRICE] = known(usd_per_hour);
    out[FG_CRITERION_LEAD] = lead(offer, h, part);
    out[FG_CRITERION_BROKEN] =
        share(BROKEN_MEAN, BROKEN_WEIGHT, h->promised - h->kept, h->promised);
    out[FG_CRITERION_REFUSED] = share(REFUSED_MEAN, REFUSED_WEIGHT, h->refused, h->orders);
    out[FG_CRITERION_PREEMPTIONS] = preemptions(offer, h, part);
    out[FG_CRITERION_FAULTS] = faults(offer, h, part);
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
