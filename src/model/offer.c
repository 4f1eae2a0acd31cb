/* offer.c - see offer.h */
#include "model/offer.h"
#include "model/names.h"

#include <assert.h>
#include <string.h>

static const char *const contracts[FG_CONTRACTS] = {"on_demand", "spot", "reserved", "owned"};

const char *fg_contract_name(enum fg_contract contract)
{
    assert(contract < FG_CONTRACTS);
    return contracts[contract];
}

int fg_contract_find(const char *name)
{
    for (int contract = 0; contract < FG_CONTRACTS; contract++)
        if (strcmp(contracts[contract], name) == 0)
            return contract;
    return -1;
}

static int check_names(const struct fg_offer *offer, struct fg_err *err)
{
    char kind[FG_KIND_MAX];
    int rc = fg_name_check("supplier", offer->supplier, err);
    if (rc == 0)
        rc = fg_name_check("instance type", offer->instance, err);
    if (rc == 0)
        rc = fg_kind_read("accelerator", offer->accelerator, kind, err);
    if (rc == 0 && offer->region[0])
        rc = fg_name_check("region", offer->region, err);
    if (rc == 0 && offer->zone[0])
        rc = fg_name_check("zone", offer->zone, err);
    return rc;
}

static int check_price(const struct fg_offer *offer, struct fg_err *err)
{
    if (offer->price_uusd_per_hour < 0 || offer->price_uusd_per_hour > FG_PRICE_UUSD_MAX)
        return fg_fail(err, FG_EINVAL, "price is %lld micro-USD an hour, expected 0 to %lld",
                       (long long)offer->price_uusd_per_hour, (long long)FG_PRICE_UUSD_MAX);
    if (offer->upfront_uusd < 0 || offer->upfront_uusd > FG_UPFRONT_UUSD_MAX)
        return fg_fail(err, FG_EINVAL, "upfront price is %lld micro-USD, expected 0 to %lld",
                       (long long)offer->upfront_uusd, (long long)FG_UPFRONT_UUSD_MAX);
    if (offer->contract != FG_CONTRACT_OWNED && offer->price_uusd_per_hour == 0
        && offer->upfront_uusd == 0)
        return fg_fail(err, FG_EINVAL, "price is 0: nobody rents for nothing");
    return 0;
}

int fg_offer_check(const struct fg_offer *offer, struct fg_err *err)
{
    int rc = check_names(offer, err);
    if (rc == 0)
        rc = check_price(offer, err);
    if (rc < 0)
        return rc;
    if (offer->contract >= FG_CONTRACTS)
        return fg_fail(err, FG_EINVAL,
                       "contract is unknown, expected on_demand, spot, reserved or owned");
    if (offer->accelerators < 1 || offer->accelerators > FG_OFFER_DEVICES_MAX)
        return fg_fail(err, FG_EINVAL, "accelerators are %u, expected 1 to %d in one instance",
                       offer->accelerators, FG_OFFER_DEVICES_MAX);
    if (offer->term_us < 0 || offer->lead_time_us < 0 || offer->min_term_us < 0)
        return fg_fail(err, FG_EINVAL, "a time is negative");
    bool wants_term =
        offer->contract == FG_CONTRACT_RESERVED || offer->contract == FG_CONTRACT_OWNED;
    if (wants_term && offer->term_us == 0)
        return fg_fail(err, FG_EINVAL, "a %s offer without a term",
                       fg_contract_name(offer->contract));
    if (offer->away_milli > FG_WHOLE_MILLI)
        return fg_fail(err, FG_EINVAL, "away is %u thousandths, expected at most 1000",
                       offer->away_milli);
    return 0;
}

bool fg_offer_same(const struct fg_offer *a, const struct fg_offer *b)
{
    return a->contract == b->contract && a->term_us == b->term_us
           && strcmp(a->supplier, b->supplier) == 0 && strcmp(a->instance, b->instance) == 0
           && strcmp(a->accelerator, b->accelerator) == 0 && strcmp(a->region, b->region) == 0
           && strcmp(a->zone, b->zone) == 0;
}

int64_t fg_offer_uusd_per_device_hour(const struct fg_offer *offer)
{
    const int64_t hour_us = 3600000000;
    int64_t hourly = offer->price_uusd_per_hour;
    if (offer->upfront_uusd > 0 && offer->term_us > 0)
        hourly += (int64_t)(((__int128)offer->upfront_uusd * hour_us + offer->term_us - 1)
                            / offer->term_us);
    return (hourly + offer->accelerators - 1) / offer->accelerators;
}
