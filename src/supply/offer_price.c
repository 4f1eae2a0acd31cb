/* offer_price.c - prices, contracts and terms of a row; see offer_row.h */
#include "supply/offer_row.h"

#include <string.h>

/* Of one device for an hour.  Outside of it nothing was ever sold: cents for dollars, a month for an hour. */
#define DEVICE_UUSD_MIN 1000 /* but where something is paid upfront */
#define DEVICE_UUSD_MAX 100000000

#define HOUR_US    3600 /* microseconds of a millionth of an hour */
#define HOURS_MAX  87600
#define SAME_MILLI 1 /* prices that are apart by less are one price, rounded twice */

struct prices {
    int64_t price, spot; /* of the instance for an hour */
    int has_price, has_spot;
};

static int read_price(const struct fg_offer_cells *cells,
                      enum fg_offer_column column,
                      struct fg_offer_row *row,
                      int64_t *out,
                      struct fg_err *err)
{
    const char *odd = NULL;
    int rc = fg_offer_number(cells->of[column], 6, out, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", fg_offer_column_name(column));
    if (rc > 0 && *out < 0)
        return fg_fail(err, FG_EINVAL, "%s: negative", fg_offer_column_name(column));
    if (odd)
        fg_offer_repair(row, "%s is %s", fg_offer_column_name(column), odd);
    return rc;
}

/* What prices of all suppliers lie well within, by the memory of the device: 0.003 (spot) to 0.42 USD for a GiB and hour. */
#define GIB_UUSD_MIN 1000
#define GIB_UUSD_MAX 1500000

static int64_t gib_of(const struct fg_offer *offer)
{
    return (offer->accelerator_mem_mib + 1023) / 1024;
}

int fg_offer_price_check(const char *what,
                         int64_t price,
                         const struct fg_offer *offer,
                         struct fg_err *err)
{
    bool may_be_low = offer->upfront_uusd > 0 || offer->contract == FG_CONTRACT_OWNED;
    int64_t gib = gib_of(offer);
    int64_t least = gib * GIB_UUSD_MIN > DEVICE_UUSD_MIN ? gib * GIB_UUSD_MIN : DEVICE_UUSD_MIN;
    int64_t each = price / (offer->accelerators ? offer->accelerators : 1);
    if (each <= DEVICE_UUSD_MAX && (may_be_low || each >= least))
        return 0;
    return fg_fail(err, FG_EINVAL,
                   "%s is %.6g USD an hour for one %s, expected %g to %g: another unit?", what,
                   (double)each / 1e6, offer->accelerator, (double)least / 1e6,
                   (double)DEVICE_UUSD_MAX / 1e6);
}

/* Too dear to be true is said and no more: nobody buys it.  Too cheap was refused. */
static void doubt_dear(struct fg_offer_row *row, int64_t price)
{
    const struct fg_offer *offer = &row->offers[0];
    int64_t most = gib_of(offer) * GIB_UUSD_MAX, each = price / offer->accelerators;
    if (most && each > most)
        fg_offer_repair(row, "%.6g USD an hour for one %s is unusual, another unit?",
                        (double)each / 1e6, offer->accelerator);
}

/* -- contract and terms ------------------------------------------------------------------------------ */

static int find_contract(struct fg_field field)
{
    static const struct {
        const char *word;
        enum fg_contract contract;
    } words[] = {
        {"on_demand", FG_CONTRACT_ON_DEMAND}, {"on-demand", FG_CONTRACT_ON_DEMAND},
        {"ondemand", FG_CONTRACT_ON_DEMAND},  {"spot", FG_CONTRACT_SPOT},
        {"preemptible", FG_CONTRACT_SPOT},    {"interruptible", FG_CONTRACT_SPOT},
        {"reserved", FG_CONTRACT_RESERVED},   {"owned", FG_CONTRACT_OWNED},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (fg_field_is(field, words[i].word))
            return (int)words[i].contract;
    return -1;
}

static int read_hours(const struct fg_offer_cells *cells,
                      enum fg_offer_column column,
                      int64_t *out_us,
                      struct fg_err *err)
{
    const char *odd = NULL;
    int64_t micro = 0;
    int rc = fg_offer_number(cells->of[column], 6, &micro, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", fg_offer_column_name(column));
    if (micro < 0 || micro > HOURS_MAX * 1000000LL)
        return fg_fail(err, FG_EINVAL, "%s: expected 0 to %d", fg_offer_column_name(column),
                       HOURS_MAX);
    *out_us = micro * HOUR_US;
    return 0;
}

static int read_count(const struct fg_offer_cells *cells,
                      enum fg_offer_column column,
                      int scale,
                      int64_t max,
                      uint32_t *out,
                      struct fg_err *err)
{
    const char *odd = NULL;
    int64_t value = 0;
    int rc = fg_offer_number(cells->of[column], scale, &value, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "%s", fg_offer_column_name(column));
    if (value < 0 || value > max)
        return fg_fail(err, FG_EINVAL, "%s: out of bounds", fg_offer_column_name(column));
    *out = (uint32_t)value;
    return 0;
}

static int read_terms(const struct fg_offer_cells *cells,
                      struct fg_offer *offer,
                      struct fg_err *err)
{
    const char *odd = NULL;
    int rc = fg_offer_number(cells->of[FG_OFFER_UPFRONT], 6, &offer->upfront_uusd, &odd, err);
    if (rc < 0)
        return fg_wrap(err, rc, "upfront_usd");
    rc = read_hours(cells, FG_OFFER_TERM, &offer->term_us, err);
    if (rc == 0)
        rc = read_hours(cells, FG_OFFER_LEAD, &offer->lead_time_us, err);
    if (rc == 0)
        rc = read_hours(cells, FG_OFFER_MIN_TIME, &offer->min_term_us, err);
    if (rc == 0)
        rc = read_count(cells, FG_OFFER_MIN_COUNT, 0, FG_ORDER_COUNT_MAX, &offer->min_count,
                        err);
    if (rc == 0)
        rc = read_count(cells, FG_OFFER_CAPACITY, 0, 100000000, &offer->capacity, err);
    if (rc == 0)
        rc = read_count(cells, FG_OFFER_AWAY, 1, FG_WHOLE_MILLI, &offer->away_milli, err);
    if (rc == 0)
        rc = read_count(cells, FG_OFFER_RECLAIMS, 0, 1000000, &offer->reclaims_per_khour, err);
    if (rc == 0)
        rc = read_count(cells, FG_OFFER_WATTS, 0, 1000000, &offer->watts, err);
    if (rc == 0)
        rc = read_count(cells, FG_OFFER_CARBON, 0, 10000, &offer->carbon_g_per_kwh, err);
    return rc;
}

/* -- on-demand and spot in one row ------------------------------------------------------------------- */

static double usd(int64_t uusd)
{
    return (double)uusd / 1e6;
}

static int drop_zeros(struct fg_offer_row *row, struct prices *prices, struct fg_err *err)
{
    if (prices->has_price && prices->price == 0) {
        if (!prices->has_spot || prices->spot == 0)
            return fg_fail(err, FG_EINVAL, "price is 0: nobody rents for nothing");
        fg_offer_repair(row, "on-demand price is 0: left out, only spot is offered");
        prices->has_price = 0;
    }
    if (prices->has_spot && prices->spot == 0) {
        fg_offer_repair(row, "spot price is 0: left out");
        prices->has_spot = 0;
    }
    return 0;
}

static int compare_spot(struct fg_offer_row *row, struct prices *prices, struct fg_err *err)
{
    int64_t slack = prices->price * SAME_MILLI / 1000;
    if (!prices->has_price || !prices->has_spot)
        return 0;
    if (prices->spot > prices->price + slack)
        return fg_fail(err, FG_EINVAL,
                       "spot price %.6g is above the on-demand price %.6g: the columns are "
                       "swapped, or one of them is wrong",
                       usd(prices->spot), usd(prices->price));
    if (prices->spot >= prices->price - slack) {
        fg_offer_repair(row, "spot price equals the on-demand price %.6g: no spot offer",
                        usd(prices->price));
        prices->has_spot = 0;
    }
    return 0;
}

static int two_offers(struct fg_offer_row *row, struct prices *prices, struct fg_err *err)
{
    const struct fg_offer *first = &row->offers[0];
    int rc = drop_zeros(row, prices, err);
    if (rc == 0)
        rc = compare_spot(row, prices, err);
    if (rc == 0 && !prices->has_price && !prices->has_spot)
        rc = fg_fail(err, FG_EINVAL, "no price");
    if (rc == 0 && prices->has_price)
        rc = fg_offer_price_check("price", prices->price, first, err);
    if (rc == 0 && prices->has_spot)
        rc = fg_offer_price_check("spot price", prices->spot, first, err);
    if (rc < 0)
        return rc;
    doubt_dear(row, prices->has_price ? prices->price : prices->spot);
    struct fg_offer base = row->offers[0];
    row->len = 0;
    if (prices->has_price) {
        row->offers[row->len] = base;
        row->offers[row->len].away_milli = 0;
        row->offers[row->len].reclaims_per_khour = 0;
        row->offers[row->len++].price_uusd_per_hour = prices->price;
    }
    if (prices->has_spot) {
        row->offers[row->len] = base;
        row->offers[row->len].contract = FG_CONTRACT_SPOT;
        row->offers[row->len++].price_uusd_per_hour = prices->spot;
    }
    return 0;
}

/* -- a row with a contract --------------------------------------------------------------------------- */

static int one_offer(struct fg_offer_row *row, const struct prices *prices, struct fg_err *err)
{
    struct fg_offer *offer = &row->offers[0];
    bool is_spot = offer->contract == FG_CONTRACT_SPOT;
    int64_t price = prices->has_price ? prices->price : 0;
    if (prices->has_spot && !is_spot)
        return fg_fail(err, FG_EINVAL, "a spot price on a %s offer: a row of its own is needed",
                       fg_contract_name(offer->contract));
    if (prices->has_spot && prices->has_price && prices->spot != prices->price)
        return fg_fail(err, FG_EINVAL, "a spot offer with two prices, %.6g and %.6g",
                       usd(prices->price), usd(prices->spot));
    if (prices->has_spot)
        price = prices->spot;
    if (!prices->has_price && !prices->has_spot && offer->upfront_uusd == 0)
        return fg_fail(err, FG_EINVAL, "no price");
    int rc = fg_offer_price_check("price", price, offer, err);
    if (rc < 0)
        return rc;
    doubt_dear(row, price);
    offer->price_uusd_per_hour = price;
    row->len = 1;
    return 0;
}

int fg_offer_row_prices(const struct fg_offer_cells *cells,
                        struct fg_offer_row *row,
                        struct fg_err *err)
{
    struct fg_field word = cells->of[FG_OFFER_CONTRACT];
    struct fg_field currency = cells->of[FG_OFFER_CURRENCY];
    char shown[FG_FIELD_SHOWN];
    struct prices prices = {};
    if (!fg_offer_is_empty(currency) && !fg_field_is(currency, "USD"))
        return fg_fail(err, FG_EINVAL, "currency `%s`, expected USD",
                       fg_field_shown(currency, shown));
    int contract = fg_offer_is_empty(word) ? FG_CONTRACT_ON_DEMAND : find_contract(word);
    if (contract < 0)
        return fg_fail(err, FG_EINVAL,
                       "contract `%s`, expected on_demand, spot, reserved or owned",
                       fg_field_shown(word, shown));
    row->offers[0].contract = (enum fg_contract)contract;
    prices.has_price = read_price(cells, FG_OFFER_PRICE, row, &prices.price, err);
    if (prices.has_price < 0)
        return prices.has_price;
    prices.has_spot = read_price(cells, FG_OFFER_SPOT, row, &prices.spot, err);
    if (prices.has_spot < 0)
        return prices.has_spot;
    int rc = read_terms(cells, &row->offers[0], err);
    if (rc < 0)
        return rc;
    return contract == FG_CONTRACT_ON_DEMAND ? two_offers(row, &prices, err)
                                             : one_offer(row, &prices, err);
}
