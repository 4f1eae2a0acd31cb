/* supply.h - what can be rented in an hour, by model: a few steps of rising price. */
#pragma once

#include "market/market.h"

#define FG_MARKET_STEPS                                                                        \
    3 /* the cheapest offers one by one, all further as one at their mean price */

struct fg_market_steps {
    double usd[FG_MARKET_STEPS];     /* of a device for the hour */
    double devices[FG_MARKET_STEPS]; /* 0: no such step */
    double leaving
        [FG_MARKET_STEPS]; /* spot: share of these devices that is taken back when the hour is over */
};

/* By model: what is for sale on demand on a day. */
void fg_market_on_demand_steps(const struct fg_market_world *world,
                               size_t day,
                               struct fg_market_steps out[FG_MARKET_MODELS_MAX]);

/* By model: the spot that is there in an hour. */
void fg_market_spot_steps(const struct fg_market_world *world,
                          size_t hour,
                          struct fg_market_steps out[FG_MARKET_MODELS_MAX]);
