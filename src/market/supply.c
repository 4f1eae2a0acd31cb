/* supply.c - see supply.h */
#include "market/supply.h"

#include <math.h>
#include <string.h>

/* One more offer.  The cheapest stand alone in rising order, what falls off the end joins the last step. */
static void add(struct fg_market_steps *steps, double usd, double devices, double leaving)
{
    const int last = FG_MARKET_STEPS - 1;
    for (int i = 0; i < last; i++) {
        if (steps->devices[i] > 0 && steps->usd[i] <= usd)
            continue;
        double was_usd = steps->usd[i], was_devices = steps->devices[i],
               was_leaving = steps->leaving[i];
        steps->usd[i] = usd;
        steps->devices[i] = devices;
        steps->leaving[i] = leaving;
        if (was_devices <= 0)
            return;
        usd = was_usd;
        devices = was_devices;
        leaving = was_leaving;
    }
    double sum = steps->devices[last] + devices;
    steps->usd[last] = (steps->usd[last] * steps->devices[last] + usd * devices) / sum;
    steps->leaving[last] =
        (steps->leaving[last] * steps->devices[last] + leaving * devices) / sum;
    steps->devices[last] = sum;
}

void fg_market_on_demand_steps(const struct fg_market_world *world,
                               size_t day,
                               struct fg_market_steps out[FG_MARKET_MODELS_MAX])
{
    memset(out, 0, sizeof(out[0]) * FG_MARKET_MODELS_MAX);
    for (size_t i = 0; i < world->offers_len; i++) {
        const struct fg_market_offer *offer = &world->offers[i];
        if (!isnan(offer->on_demand[day]))
            add(&out[offer->model], offer->on_demand[day], world->on_demand_devices, 0);
    }
}

static bool is_there(const struct fg_market_world *world,
                     const struct fg_market_offer *offer,
                     size_t hour)
{
    const struct fg_market_trace *trace = &world->traces[offer->trace];
    return trace->there[hour % trace->len];
}

void fg_market_spot_steps(const struct fg_market_world *world,
                          size_t hour,
                          struct fg_market_steps out[FG_MARKET_MODELS_MAX])
{
    memset(out, 0, sizeof(out[0]) * FG_MARKET_MODELS_MAX);
    for (size_t i = 0; i < world->offers_len; i++) {
        const struct fg_market_offer *offer = &world->offers[i];
        if (!isnan(offer->spot[hour / 24]) && is_there(world, offer, hour))
            add(&out[offer->model], offer->spot[hour / 24], world->spot_devices,
                is_there(world, offer, hour + 1) ? 0 : 1);
    }
}
