/* price.h - what an offer cost over time: the moments at which its price changed. */
#pragma once

#include "model/offer.h"

#include <stddef.h>

struct fg_price_point {
    int64_t time_us;       /* from then on, until the next point */
    int64_t uusd_per_hour; /* of the instance */
};

/* Prices of one offer as somebody recorded them.  Its own price is the last of them. */
struct fg_price_series {
    struct fg_offer offer;
    int64_t first_us,
        last_us; /* recorded from .. to: between points that are apart nothing is missing */
    const struct fg_price_point *points; /* by time, each another price than the one before */
    size_t len;
};
