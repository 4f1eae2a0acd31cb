/* procure_prepare.c - from offers to pools, items of the first stage and taps of the second; see procure_inner.h */
#include "plan/procure_inner.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US 3600000000
#define ROOM    ((size_t)1 << 30) /* address space */

/* -- pools -------------------------------------------------------------------------------------------------- */

static uint32_t tier_of(const struct fg_procure_class *class)
{
    return class->at_once ? class->at_once : 1;
}

static void add_pool(struct pc_prepared *made, const char *accelerator, uint32_t tier)
{
    for (uint32_t k = 0; k < made->pools_len; k++)
        if (made->pools[k].tier == tier && strcmp(made->pools[k].accelerator, accelerator) == 0)
            return;
    struct pc_pool *pool = &made->pools[made->pools_len++];
    *pool = (struct pc_pool){.tier = tier};
    memcpy(pool->accelerator, accelerator, FG_KIND_MAX);
}

static void make_pools(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    struct pc_prepared *made = &procure->prepared;
    made->pools = FG_NEW(procure->prepared_in, struct pc_pool, problem->serves_len);
    for (uint32_t i = 0; i < problem->serves_len; i++)
        add_pool(made, problem->serves[i].accelerator,
                 tier_of(&problem->classes[problem->serves[i].class]));
}

static void make_links(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    struct pc_prepared *made = &procure->prepared;
    size_t most = (size_t)made->pools_len * problem->serves_len;
    made->links = FG_NEW(procure->prepared_in, struct pc_link, most);
    for (uint32_t k = 0; k < made->pools_len; k++)
        for (uint32_t i = 0; i < problem->serves_len; i++) {
            const struct fg_procure_serves *serves = &problem->serves[i];
            bool fits = tier_of(&problem->classes[serves->class]) <= made->pools[k].tier
                        && strcmp(serves->accelerator, made->pools[k].accelerator) == 0;
            if (fits)
                made->links[made->links_len++] =
                    (struct pc_link){k, serves->class, i, serves->rate_milli / 1000.0};
        }
}

/* The pool with the highest tier that the instance reaches. */
static uint32_t pool_of(const struct pc_prepared *made, const struct fg_offer *offer)
{
    uint32_t best = PC_NONE;
    for (uint32_t k = 0; k < made->pools_len; k++) {
        const struct pc_pool *pool = &made->pools[k];
        if (pool->tier <= offer->accelerators
            && strcmp(pool->accelerator, offer->accelerator) == 0
            && (best == PC_NONE || pool->tier > made->pools[best].tier))
            best = k;
    }
    return best;
}

/* -- offers -------------------------------------------------------------------------------------------------- */

static double there(const struct fg_offer *offer)
{
    return (FG_WHOLE_MILLI - offer->away_milli) / (double)FG_WHOLE_MILLI;
}

/* Of the time of spot that is paid, what reclaims leave. */
static double kept(const struct fg_procure_problem *problem, const struct fg_offer *offer)
{
    if (offer->contract != FG_CONTRACT_SPOT)
        return 1;
    double lost =
        offer->reclaims_per_khour / 1000.0 * (double)problem->prices.reclaim_us / HOUR_US;
    return fmax(0, 1 - lost);
}

/* Instances of contracts that run and hold this offer's capacity. */
static uint32_t held_already(const struct fg_procure *procure, const struct fg_offer *offer)
{
    uint32_t held = 0;
    for (size_t i = 0; i < procure->problem.contracts_len; i++)
        if (fg_offer_same(&procure->problem.contracts[i].offer, offer))
            held += procure->problem.contracts[i].count;
    return held;
}

static uint32_t capacity_left(const struct fg_procure *procure, const struct fg_offer *offer)
{
    if (!offer->capacity)
        return UINT32_MAX;
    uint32_t held = held_already(procure, offer);
    return held < offer->capacity ? offer->capacity - held : 0;
}

static struct pc_item item_of(const struct fg_procure *procure, uint32_t i, uint32_t pool)
{
    const struct fg_procure_problem *problem = &procure->problem;
    const struct fg_offer *offer = &procure->offers[i];
    int64_t term_us = fg_pc_term_us(problem, offer), period_us = problem->period_us;
    struct pc_item item = {.offer = i, .pool = pool, .capacity = capacity_left(procure, offer)};
    item.devices = offer->accelerators * there(offer) * kept(problem, offer);
    int64_t lead = (offer->lead_time_us + period_us - 1) / period_us;
    item.lead = lead < problem->periods ? (uint32_t)lead : problem->periods;
    bool beyond = term_us / period_us >= problem->periods;
    item.whole = beyond ? problem->periods : (uint32_t)(term_us / period_us);
    item.rest = beyond ? 0 : (double)(term_us % period_us) / (double)period_us;
    item.least = offer->min_count ? offer->min_count : 1;
    struct pc_money money = fg_pc_money(problem, offer, 0);
    int64_t held_us = beyond ? period_us * problem->periods : term_us;
    item.upfront_usd = (double)money.upfront_uusd / 1e6;
    item.period_usd = (double)(money.horizon_uusd - money.upfront_uusd) / 1e6
                      * (double)period_us / (double)held_us;
    item.out = procure->banned[i] || item.lead >= problem->periods || item.devices <= 0
               || item.capacity < item.least;
    return item;
}

static struct pc_tap tap_of(const struct fg_procure *procure, uint32_t i, uint32_t pool)
{
    const struct fg_procure_problem *problem = &procure->problem;
    const struct fg_offer *offer = &procure->offers[i];
    uint32_t left = capacity_left(procure, offer);
    double carbon_mg = (double)fg_pc_carbon_mg_per_hour(offer) * procure->period_hours;
    return (struct pc_tap){
        .offer = i,
        .pool = pool,
        .devices = offer->accelerators * kept(problem, offer),
        .cash_usd = (double)offer->price_uusd_per_hour / 1e6 * procure->period_hours,
        .carbon_usd = fg_pc_carbon_usd(problem, carbon_mg),
        .capacity = left == UINT32_MAX ? HUGE_VAL : left * there(offer),
        .is_spot = offer->contract == FG_CONTRACT_SPOT,
    };
}

/* Suppliers are numbered as they come; `first` has the first offer of each. */
static uint32_t supplier_of(const struct fg_procure *procure,
                            uint32_t *first,
                            uint32_t *len,
                            uint32_t offer)
{
    const char *name = procure->offers[offer].supplier;
    for (uint32_t i = 0; i < *len; i++)
        if (strcmp(procure->offers[first[i]].supplier, name) == 0)
            return i;
    first[*len] = offer;
    return (*len)++;
}

static void make_items_and_taps(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    struct pc_prepared *made = &procure->prepared;
    made->items = FG_NEW(procure->prepared_in, struct pc_item, problem->offers_len);
    made->taps = FG_NEW(procure->prepared_in, struct pc_tap, problem->offers_len);
    uint32_t *first = FG_NEW(procure->prepared_in, uint32_t, problem->offers_len);
    for (uint32_t i = 0; i < problem->offers_len; i++) {
        uint32_t pool = pool_of(made, &procure->offers[i]);
        if (pool == PC_NONE)
            continue;
        if (!fg_pc_is_recourse(problem, &procure->offers[i])) {
            struct pc_item item = item_of(procure, i, pool);
            item.supplier = supplier_of(procure, first, &made->suppliers_len, i);
            made->items[made->items_len++] = item;
        } else if (!procure->banned[i]) {
            struct pc_tap tap = tap_of(procure, i, pool);
            if (tap.capacity > 0 && tap.devices > 0)
                made->taps[made->taps_len++] = tap;
        }
    }
}

/* -- what can never be better than another ------------------------------------------------------------------- */

static double cash_per_device(const struct pc_tap *tap)
{
    return tap->cash_usd / tap->devices;
}

static double all_per_device(const struct pc_tap *tap)
{
    return (tap->cash_usd + tap->carbon_usd) / tap->devices;
}

/* The tap b is needless beside a, which never runs dry, in the same pool. */
static bool makes_needless(const struct fg_procure *procure,
                           const struct pc_tap *a,
                           const struct pc_tap *b)
{
    bool caps_spot = procure->problem.limits.spot_share_milli < FG_WHOLE_MILLI;
    if (isfinite(a->capacity) || (caps_spot && a->is_spot && !b->is_spot))
        return false;
    bool as_cheap =
        cash_per_device(a) <= cash_per_device(b) && all_per_device(a) <= all_per_device(b);
    bool same =
        cash_per_device(a) == cash_per_device(b) && all_per_device(a) == all_per_device(b);
    return as_cheap && (!same || !b->is_spot || a->is_spot)
           && (!same || a < b || a->is_spot != b->is_spot);
}

static int by_pool_and_price(const void *a, const void *b)
{
    const struct pc_tap *left = a, *right = b;
    if (left->pool != right->pool)
        return left->pool < right->pool ? -1 : 1;
    if (left->is_spot != right->is_spot)
        return left->is_spot ? 1 : -1;
    if (all_per_device(left) != all_per_device(right))
        return all_per_device(left) < all_per_device(right) ? -1 : 1;
    return left->offer < right->offer ? -1 : 1;
}

/* Only the cheapest of each pool are kept: up to one that never runs dry, or to more than all demand could use.  Where
 * carbon has a price and money a budget there are two orders of price, and only the first holds. */
static void drop_needless_taps(struct fg_procure *procure, const double *most)
{
    struct pc_prepared *made = &procure->prepared;
    bool one_order = !made->has_budget || !procure->problem.prices.carbon_uusd_per_tonne;
    double spot_share = procure->problem.limits.spot_share_milli / 1000.0;
    uint32_t kept_len = 0;
    struct pc_tap *taps = FG_NEW(procure->prepared_in, struct pc_tap, made->taps_len);
    qsort(made->taps, made->taps_len, sizeof(*made->taps), by_pool_and_price);
    double devices = 0;
    for (uint32_t i = 0; i < made->taps_len; i++) {
        const struct pc_tap *tap = &made->taps[i];
        bool first = !i || tap->pool != made->taps[i - 1].pool
                     || tap->is_spot != made->taps[i - 1].is_spot;
        devices = first ? 0 : devices;
        double enough = most[tap->pool] * (tap->is_spot ? spot_share : 1);
        bool gone = one_order && devices >= enough;
        for (uint32_t j = kept_len; j > 0 && taps[j - 1].pool == tap->pool && !gone; j--)
            gone = makes_needless(procure, &taps[j - 1], tap);
        devices += tap->capacity * tap->devices;
        if (!gone)
            taps[kept_len++] = *tap;
    }
    made->taps = taps;
    made->taps_len = kept_len;
}

/* So many of a do for one of b, at no more money whenever it is paid, as long and as soon. */
static bool items_dominate(const struct fg_procure *procure,
                           const struct pc_item *a,
                           const struct pc_item *b)
{
    if (a->out || a->capacity != UINT32_MAX || a->least > 1 || a->lead > b->lead)
        return false;
    uint32_t cap = procure->problem.limits.supplier_share_milli;
    if (cap && cap < FG_WHOLE_MILLI && a->supplier != b->supplier)
        return false;
    const struct fg_offer *left = &procure->offers[a->offer],
                          *right = &procure->offers[b->offer];
    if (left->contract != right->contract || left->away_milli != right->away_milli
        || left->reclaims_per_khour != right->reclaims_per_khour
        || right->accelerators % left->accelerators)
        return false;
    int64_t times = right->accelerators / left->accelerators;
    int64_t prices[3] = {
        right->price_uusd_per_hour - times * left->price_uusd_per_hour,
        right->upfront_uusd - times * left->upfront_uusd,
        fg_pc_carbon_mg_per_hour(right) - times * fg_pc_carbon_mg_per_hour(left),
    };
    int64_t power = (int64_t)right->watts - times * left->watts;
    if (prices[0] < 0 || prices[1] < 0 || prices[2] < 0 || power < 0)
        return false;
    bool better =
        prices[0] || prices[1] || prices[2] || power || times > 1 || a->lead < b->lead;
    return better || a < b;
}

static int by_pool_and_term(const void *a, const void *b)
{
    const struct pc_item *left = *(struct pc_item *const *)a,
                         *right = *(struct pc_item *const *)b;
    if (left->pool != right->pool)
        return left->pool < right->pool ? -1 : 1;
    if (left->whole != right->whole)
        return left->whole < right->whole ? -1 : 1;
    if (left->rest != right->rest)
        return left->rest < right->rest ? -1 : 1;
    return left < right ? -1 : 1;
}

static bool alike(const struct fg_procure *procure,
                  const struct pc_item *a,
                  const struct pc_item *b)
{
    return a->pool == b->pool
           && fg_pc_term_us(&procure->problem, &procure->offers[a->offer])
                  == fg_pc_term_us(&procure->problem, &procure->offers[b->offer]);
}

static void drop_dominated_items(struct fg_procure *procure)
{
    struct pc_prepared *made = &procure->prepared;
    struct pc_item **sorted = FG_NEW(procure->prepared_in, struct pc_item *, made->items_len);
    for (uint32_t i = 0; i < made->items_len; i++)
        sorted[i] = &made->items[i];
    qsort(sorted, made->items_len, sizeof(struct pc_item *), by_pool_and_term);
    for (uint32_t from = 0, end; from < made->items_len; from = end) {
        for (end = from + 1; end < made->items_len && sorted[end]->pool == sorted[from]->pool
                             && sorted[end]->whole == sorted[from]->whole;)
            end++;
        for (uint32_t i = from; i < end; i++)
            for (uint32_t j = from; j < end && !sorted[i]->out; j++)
                sorted[i]->out = i != j && alike(procure, sorted[j], sorted[i])
                                 && items_dominate(procure, sorted[j], sorted[i]);
    }
}

/* -- demand and what runs ---------------------------------------------------------------------------------------- */

double fg_pc_serves(const struct pc_item *item, uint32_t since_start)
{
    if (since_start < item->whole)
        return 1;
    return since_start == item->whole ? item->rest : 0;
}

uint32_t fg_pc_ordered(const struct fg_procure *procure,
                       const struct pc_item *item,
                       uint32_t start)
{
    int64_t period_us = procure->problem.period_us;
    int64_t at_us = start * period_us - procure->offers[item->offer].lead_time_us;
    return at_us > 0 ? (uint32_t)(at_us / period_us) : 0;
}

static double overlap(const struct fg_procure_contract *contract,
                      int64_t from_us,
                      int64_t period_us)
{
    int64_t begin = contract->from_us > from_us ? contract->from_us : from_us;
    int64_t end =
        contract->until_us < from_us + period_us ? contract->until_us : from_us + period_us;
    return end > begin ? (double)(end - begin) / (double)period_us : 0;
}

static void count_running(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    struct pc_prepared *made = &procure->prepared;
    made->running =
        FG_NEW(procure->prepared_in, double, (size_t)made->pools_len * problem->periods);
    for (size_t i = 0; i < problem->contracts_len; i++) {
        const struct fg_procure_contract *contract = &problem->contracts[i];
        uint32_t pool = pool_of(made, &contract->offer);
        if (pool == PC_NONE)
            continue;
        double devices = contract->count * contract->offer.accelerators
                         * there(&contract->offer) * kept(problem, &contract->offer);
        for (uint32_t t = 0; t < problem->periods; t++)
            made->running[(size_t)pool * problem->periods + t] +=
                devices * overlap(contract, t * problem->period_us, problem->period_us);
    }
}

/* Units of a class in a period of a scenario ([scenario * periods + period]), with all that may come from before. */
static double asked_most(const struct fg_procure *procure, uint32_t moment, uint32_t class)
{
    const struct fg_procure_problem *problem = &procure->problem;
    const double *inflow = procure->prepared.inflow;
    size_t period = moment % problem->periods, classes = problem->classes_len;
    return problem->demand[moment * classes + class]
           + (inflow ? inflow[period * classes + class] : 0);
}

/* Devices of each pool that the largest demand could keep busy. */
static double *most_devices(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    const struct pc_prepared *made = &procure->prepared;
    double *most = FG_NEW(procure->prepared_in, double, made->pools_len);
    for (uint32_t s = 0; s < problem->scenarios * problem->periods; s++)
        for (uint32_t k = 0; k < made->pools_len; k++) {
            double sum = 0;
            for (uint32_t i = 0; i < made->links_len; i++)
                if (made->links[i].pool == k)
                    sum += asked_most(procure, s, made->links[i].class) / made->links[i].rate;
            most[k] = fmax(most[k], sum);
        }
    return most;
}

/* More in one order is of no use.  Where suppliers have a cap even that could be, to make room for another. */
static void bound_orders(struct fg_procure *procure, const double *most)
{
    struct pc_prepared *made = &procure->prepared;
    uint32_t cap = procure->problem.limits.supplier_share_milli;
    for (uint32_t i = 0; i < made->items_len; i++) {
        struct pc_item *item = &made->items[i];
        double enough = item->devices > 0 ? ceil(most[item->pool] / item->devices) : 0;
        item->most = fmin(cap && cap < FG_WHOLE_MILLI ? HUGE_VAL : enough, FG_ORDER_COUNT_MAX);
    }
}

/* Ten times the dearest price of a unit among the offers that serve the class, or a dollar where there is none. */
static int64_t default_unmet(const struct fg_procure *procure, uint32_t class)
{
    double dearest = 0;
    const struct fg_procure_problem *problem = &procure->problem;
    for (uint32_t s = 0; s < problem->serves_len; s++)
        for (size_t i = 0; i < problem->offers_len && problem->serves[s].class == class; i++) {
            const struct fg_offer *offer = &problem->offers[i];
            if (strcmp(offer->accelerator, problem->serves[s].accelerator) != 0)
                continue;
            double per_device = (double)fg_offer_uusd_per_device_hour(offer);
            dearest = fmax(dearest, per_device * 1000 / problem->serves[s].rate_milli);
        }
    return dearest > 0 ? (int64_t)llround(fmin(dearest, 1e15) * 10) : 1000000;
}

struct weighted {
    double value, weight;
};

static int by_value(const void *a, const void *b)
{
    const struct weighted *left = a, *right = b;
    return left->value < right->value ? -1 : left->value > right->value;
}

static double quantile_of(struct weighted *sample, uint32_t len, double q)
{
    qsort(sample, len, sizeof(*sample), by_value);
    double sum = 0;
    for (uint32_t s = 0; s < len; s++) {
        sum += sample[s].weight;
        if (sum >= q - 1e-9)
            return sample[s].value;
    }
    return sample[len - 1].value;
}

static void protect_demand(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    size_t cells = (size_t)problem->periods * problem->classes_len;
    uint32_t q_milli = problem->limits.served_quantile_milli;
    if (!q_milli)
        return;
    double *out = procure->prepared.demand_protected =
        FG_NEW(procure->prepared_in, double, cells);
    struct weighted *sample = FG_NEW(procure->prepared_in, struct weighted, problem->scenarios);
    for (size_t cell = 0; cell < cells; cell++) {
        for (uint32_t s = 0; s < problem->scenarios; s++)
            sample[s] =
                (struct weighted){problem->demand[s * cells + cell], procure->weights[s]};
        out[cell] = quantile_of(sample, problem->scenarios, q_milli / 1000.0);
    }
}

static void price_unmet(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    double *out = procure->prepared.unmet_usd =
        FG_NEW(procure->prepared_in, double, problem->classes_len);
    for (uint32_t c = 0; c < problem->classes_len; c++) {
        int64_t uusd = problem->classes[c].unmet_uusd_per_hour;
        if (!uusd)
            uusd = default_unmet(procure, c);
        out[c] = (double)uusd / 1e6 * procure->period_hours;
    }
}

static void bound_allowance(struct fg_procure *procure)
{
    const struct fg_procure_problem *problem = &procure->problem;
    double times = problem->limits.served_quantile_milli ? 100 : 1, most = 1;
    for (uint32_t s = 0; s < problem->scenarios; s++)
        for (uint32_t t = 0; t < problem->periods; t++) {
            double sum = 1;
            for (uint32_t c = 0; c < problem->classes_len; c++)
                sum += procure->prepared.unmet_usd[c] * times
                       * asked_most(procure, s * problem->periods + t, c);
            most = fmax(most, sum);
        }
    procure->prepared.allowance_most = most;
}

void fg_pc_prepared_free(struct fg_procure *procure)
{
    for (uint32_t g = 0; g < procure->prepared.parts_len; g++)
        fg_small_free(procure->prepared.parts[g].small);
    fg_arena_free(procure->prepared_in);
    procure->prepared_in = NULL;
    procure->prepared = (struct pc_prepared){};
}

void fg_pc_prepare(struct fg_procure *procure)
{
    const struct fg_procure_limits *limits = &procure->problem.limits;
    fg_pc_prepared_free(procure);
    procure->prepared_in = fg_arena_new(ROOM);
    procure->prepared.has_budget = limits->budget_uusd != INT64_MAX || limits->budgets_uusd;
    make_pools(procure);
    make_links(procure);
    make_items_and_taps(procure);
    fg_pc_flex_prepare(procure);
    const double *most = most_devices(procure);
    drop_needless_taps(procure, most);
    drop_dominated_items(procure);
    count_running(procure);
    bound_orders(procure, most);
    price_unmet(procure);
    bound_allowance(procure);
    protect_demand(procure);
    fg_pc_make_parts(procure);
    procure->stale = false;
}
