/* break_even.c - see break_even.h */
#include "plan/break_even.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define HOUR_US         INT64_C(3600000000)
#define DAY_US          (24 * HOUR_US)
#define ALL_PPM         1000000
#define SPOT_AWAY_MILLI 100
#define COST_MAX        (INT64_MAX / 4) /* beyond that all is the same: far too dear */

typedef __int128 wide;

static int64_t divide_up(wide amount, wide by)
{
    wide result = (amount + by - 1) / by;
    return result > COST_MAX ? COST_MAX : (int64_t)result;
}

/* -- what one way costs ------------------------------------------------------------------------------------- */

/* From one instance to what is asked for. */
static int64_t scale(const struct fg_way *way, wide one_uusd)
{
    return way->instances ? divide_up(one_uusd * way->instances, 1)
                          : divide_up(one_uusd, way->offer->accelerators);
}

/* Of the time, when each day has one stretch of use: what is paid. */
static int64_t paid_us(const struct fg_offer *offer, int64_t time_us, uint32_t use_ppm)
{
    int64_t day_us = DAY_US * use_ppm / ALL_PPM,
            least_us = offer->min_term_us < DAY_US ? offer->min_term_us : DAY_US;
    if (day_us > 0 && day_us < least_us)
        day_us = least_us;
    return (int64_t)((wide)time_us * day_us / DAY_US);
}

static int64_t rent(const struct fg_way *way, int64_t time_us, uint32_t use_ppm)
{
    wide paid = paid_us(way->offer, time_us, use_ppm);
    return scale(way, (paid * way->offer->price_uusd_per_hour + HOUR_US - 1) / HOUR_US);
}

/* `on_demand` (NULL: there is none, so nothing stands in) has the time that spot is away. */
static int64_t rent_spot(const struct fg_break_even_question *question,
                         const struct fg_way *way,
                         const struct fg_way *on_demand,
                         int64_t time_us,
                         uint32_t use_ppm)
{
    int64_t away = way->assumed ? SPOT_AWAY_MILLI : way->offer->away_milli,
            reclaims = way->assumed ? FG_SPOT_PER_KHOUR : way->offer->reclaims_per_khour;
    wide whole = rent(way, time_us, use_ppm),
         redone = whole * reclaims * question->lost_us / (1000 * HOUR_US);
    if (!on_demand)
        return divide_up(whole + redone, 1);
    return divide_up((whole + redone) * (1000 - away)
                         + (wide)rent(on_demand, time_us, use_ppm) * away,
                     1000);
}

static int64_t terms_begun(const struct fg_offer *offer, int64_t time_us)
{
    return (time_us + offer->term_us - 1) / offer->term_us;
}

static int64_t reserve(const struct fg_way *way, int64_t time_us)
{
    const struct fg_offer *offer = way->offer;
    wide terms = terms_begun(offer, time_us),
         hours = (terms * offer->term_us * offer->price_uusd_per_hour + HOUR_US - 1) / HOUR_US;
    return scale(way, terms * offer->upfront_uusd + hours);
}

static int64_t own(const struct fg_way *way, int64_t time_us, uint32_t resale_milli)
{
    const struct fg_offer *offer = way->offer;
    wide lives = terms_begun(offer, time_us), left_us = lives * offer->term_us - time_us,
         resale = offer->upfront_uusd * left_us / offer->term_us * resale_milli / 1000,
         hours = ((wide)time_us * offer->price_uusd_per_hour + HOUR_US - 1) / HOUR_US;
    return scale(way, lives * offer->upfront_uusd - resale + hours);
}

static int64_t cost(const struct fg_break_even_question *question,
                    const struct fg_way *way,
                    const struct fg_way *on_demand,
                    uint32_t months,
                    uint32_t use_ppm)
{
    int64_t time_us = months * FG_MONTH_US;
    if (months == 0)
        return 0;
    switch (way->offer->contract) {
    case FG_CONTRACT_ON_DEMAND:
        return rent(way, time_us, use_ppm);
    case FG_CONTRACT_SPOT:
        return rent_spot(question, way, on_demand, time_us, use_ppm);
    case FG_CONTRACT_RESERVED:
        return reserve(way, time_us);
    default:
        return own(way, time_us, question->resale_milli);
    }
}

/* -- the ways that there are ---------------------------------------------------------------------------------- */

static void name_way(struct fg_way *way)
{
    const struct fg_offer *offer = way->offer;
    const char *contract = fg_contract_name(offer->contract);
    long long days = offer->term_us / DAY_US;
    if (offer->contract != FG_CONTRACT_RESERVED)
        snprintf(way->name, sizeof(way->name), "%s", contract);
    else if (days > 0 && days % 365 == 0)
        snprintf(way->name, sizeof(way->name), "%s %lldy", contract, days / 365);
    else if (days > 0)
        snprintf(way->name, sizeof(way->name), "%s %lldd", contract, days);
    else
        snprintf(way->name, sizeof(way->name), "%s %lldh", contract,
                 (long long)(offer->term_us / HOUR_US));
}

static struct fg_way way_of(const struct fg_offer *offer, uint32_t devices)
{
    struct fg_way way = {.offer = offer,
                         .instances = (devices + offer->accelerators - 1) / offer->accelerators,
                         .assumed = offer->contract == FG_CONTRACT_SPOT && !offer->away_milli
                                    && !offer->reclaims_per_khour};
    if (way.instances && way.instances < offer->min_count)
        way.instances = offer->min_count;
    name_way(&way);
    return way;
}

static bool same_sort(const struct fg_offer *a, const struct fg_offer *b)
{
    return a->contract == b->contract
           && (a->contract != FG_CONTRACT_RESERVED || a->term_us == b->term_us);
}

/* The way that the new one stands against: the one of its sort; when all places are taken, the dearest reservation; NULL: none,
 * there is a place. */
static struct fg_way *rival(struct fg_break_even *out, const struct fg_way *way)
{
    struct fg_way *dearest = NULL;
    for (size_t i = 0; i < out->ways_len; i++) {
        struct fg_way *at = &out->ways[i];
        if (same_sort(at->offer, way->offer))
            return at;
        if (at->offer->contract == FG_CONTRACT_RESERVED
            && (!dearest || at->cost_uusd[0] > dearest->cost_uusd[0]))
            dearest = at;
    }
    /* One place is kept for each sort that is not reserved. */
    size_t room = way->offer->contract == FG_CONTRACT_RESERVED ? FG_BREAK_EVEN_WAYS_MAX - 3
                                                               : FG_BREAK_EVEN_WAYS_MAX;
    size_t reserved = 0;
    for (size_t i = 0; i < out->ways_len; i++)
        reserved += out->ways[i].offer->contract == FG_CONTRACT_RESERVED;
    return way->offer->contract == FG_CONTRACT_RESERVED && reserved >= room ? dearest : NULL;
}

/* cost_uusd[0] holds what the question costs while ways are sought. */
static void consider(const struct fg_break_even_question *question,
                     const struct fg_offer *offer,
                     const struct fg_way *on_demand,
                     struct fg_break_even *out)
{
    struct fg_way way = way_of(offer, question->devices);
    if (offer->capacity && way.instances > offer->capacity)
        return;
    way.cost_uusd[0] = cost(question, &way, on_demand, question->months, question->use_ppm);
    struct fg_way *against = rival(out, &way);
    if (!against)
        out->ways[out->ways_len++] = way;
    else if (way.cost_uusd[0] < against->cost_uusd[0])
        *against = way;
}

static bool stands_before(const struct fg_offer *a, const struct fg_offer *b)
{
    return a->contract != b->contract ? a->contract < b->contract : a->term_us < b->term_us;
}

static void sort_ways(struct fg_break_even *out)
{
    for (size_t i = 1; i < out->ways_len; i++)
        for (size_t k = i; k > 0 && stands_before(out->ways[k].offer, out->ways[k - 1].offer);
             k--) {
            struct fg_way kept = out->ways[k];
            out->ways[k] = out->ways[k - 1];
            out->ways[k - 1] = kept;
        }
}

static void find_ways(const struct fg_break_even_question *question, struct fg_break_even *out)
{
    struct fg_way on_demand;
    for (size_t i = 0; i < question->offers_len; i++)
        if (question->offers[i].contract == FG_CONTRACT_ON_DEMAND)
            consider(question, &question->offers[i], NULL, out);
    bool has = out->ways_len > 0;
    if (has)
        on_demand = out->ways[0];
    for (size_t i = 0; i < question->offers_len; i++)
        if (question->offers[i].contract != FG_CONTRACT_ON_DEMAND)
            consider(question, &question->offers[i], has ? &on_demand : NULL, out);
    sort_ways(out);
}

/* -- where one gets cheaper than another -------------------------------------------------------------------------- */

static void fill(const struct fg_break_even_question *question, struct fg_break_even *out)
{
    const struct fg_way *on_demand =
        out->ways[0].offer->contract == FG_CONTRACT_ON_DEMAND ? &out->ways[0] : NULL;
    for (size_t i = 0; i < out->ways_len; i++) {
        struct fg_way *way = &out->ways[i];
        for (uint32_t month = 0; month <= question->months; month++)
            way->cost_uusd[month] = cost(question, way, on_demand, month, question->use_ppm);
        for (uint32_t part = 0; part <= FG_BREAK_EVEN_PARTS; part++)
            way->by_use_uusd[part] = cost(question, way, on_demand, question->months,
                                          ALL_PPM / FG_BREAK_EVEN_PARTS * part);
    }
}

/* The first use at which b is cheaper, if a is before it: by halving, as both are straight lines. */
static int32_t crossing(const struct fg_break_even_question *question,
                        const struct fg_break_even *out,
                        const struct fg_way *a,
                        const struct fg_way *b)
{
    const struct fg_way *on_demand =
        out->ways[0].offer->contract == FG_CONTRACT_ON_DEMAND ? &out->ways[0] : NULL;
    uint32_t low = 1, high = ALL_PPM;
    if (cost(question, a, on_demand, question->months, low)
            > cost(question, b, on_demand, question->months, low)
        || cost(question, a, on_demand, question->months, high)
               <= cost(question, b, on_demand, question->months, high))
        return -1;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (cost(question, a, on_demand, question->months, middle)
            > cost(question, b, on_demand, question->months, middle))
            high = middle;
        else
            low = middle;
    }
    return (int32_t)high;
}

static int32_t month_of(const struct fg_break_even_question *question,
                        const struct fg_way *a,
                        const struct fg_way *b)
{
    uint32_t month = question->months;
    while (month > 0 && b->cost_uusd[month] < a->cost_uusd[month])
        month--;
    if (month == question->months)
        return -1;
    return month == 0 ? 0 : (int32_t)month + 1;
}

static void compare(const struct fg_break_even_question *question, struct fg_break_even *out)
{
    for (uint32_t a = 0; a < out->ways_len; a++)
        for (uint32_t b = a + 1; b < out->ways_len; b++)
            out->pairs[out->pairs_len++] = (struct fg_way_pair){
                .a = a,
                .b = b,
                .use_ppm = crossing(question, out, &out->ways[a], &out->ways[b]),
                .month = month_of(question, &out->ways[a], &out->ways[b])};
    for (size_t i = 1; i < out->ways_len; i++) {
        for (uint32_t part = 0; part <= FG_BREAK_EVEN_PARTS; part++)
            if (out->ways[i].by_use_uusd[part]
                < out->ways[out->best_by_use[part]].by_use_uusd[part])
                out->best_by_use[part] = (uint8_t)i;
        for (uint32_t month = 0; month <= question->months; month++)
            if (out->ways[i].cost_uusd[month]
                < out->ways[out->best_by_month[month]].cost_uusd[month])
                out->best_by_month[month] = (uint8_t)i;
    }
    out->best = out->best_by_month[question->months];
}

static int check(const struct fg_break_even_question *question, struct fg_err *err)
{
    if (question->months < 1 || question->months > FG_BREAK_EVEN_MONTHS_MAX)
        return fg_fail(err, FG_EINVAL, "%u months, expected 1 to %d", question->months,
                       FG_BREAK_EVEN_MONTHS_MAX);
    if (question->use_ppm < 1 || question->use_ppm > ALL_PPM)
        return fg_fail(err, FG_EINVAL, "use of %u millionths, expected 1 to %d",
                       question->use_ppm, ALL_PPM);
    if (question->resale_milli > 1000)
        return fg_fail(err, FG_EINVAL, "resale at %u thousandths, expected at most 1000",
                       question->resale_milli);
    if (question->devices > FG_ORDER_COUNT_MAX)
        return fg_fail(err, FG_EINVAL, "%u devices, expected at most %d", question->devices,
                       FG_ORDER_COUNT_MAX);
    if (question->lost_us < 0 || question->lost_us > DAY_US)
        return fg_fail(err, FG_EINVAL, "work lost: expected 0 to one day");
    return 0;
}

int fg_break_even(const struct fg_break_even_question *question,
                  struct fg_break_even *out,
                  struct fg_err *err)
{
    int rc = check(question, err);
    if (rc < 0)
        return rc;
    *out = (struct fg_break_even){};
    find_ways(question, out);
    if (out->ways_len == 0)
        return fg_fail(err, FG_ENOENT, "no offer for %u devices", question->devices);
    fill(question, out);
    compare(question, out);
    return 0;
}
