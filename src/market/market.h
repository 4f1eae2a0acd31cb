/* market.h - months in which devices can be rented, hour by hour: what does a way of buying cost?
 *
 *     prices by day, availability of spot, demand by hour --> WORLD
 *     WORLD, a way of buying --RUN--> what was paid, what was not met
 *
 * All ways of buying meet the demand of an hour alike (run.h): what is reserved first, it is paid already, then spot and
 * on-demand devices at the least cost.  They differ in what they reserve, at the first hour of each month, knowing the past
 * alone.  A reservation is charged for the hours of it within the world: work goes on after it, for all alike.
 *
 * Units: US dollars for an hour of one device; demand in devices of a class's reference model.  Doubles: this is statistics,
 * no money is booked here.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_MARKET_MODELS_MAX  12
#define FG_MARKET_CLASSES_MAX 4
#define FG_MARKET_TERMS_MAX   2
#define FG_MARKET_MONTH_HOURS 730

/* A type of machine in a region, per device.  NaN: not for sale that day. */
struct fg_market_offer {
    char instance[FG_NAME_MAX], region[FG_NAME_MAX];
    uint32_t model;          /* of world.models */
    const double *on_demand; /* by day */
    const double *spot;      /* by day, the mean over zones */
    size_t trace;            /* of world.traces: when spot is there */
};

/* When spot was there, by hour; goes round. */
struct fg_market_trace {
    const uint8_t *there; /* 0 or 1 */
    size_t len;
};

/* Work of one sort. */
struct fg_market_class {
    char name[FG_NAME_MAX];
    double rate
        [FG_MARKET_MODELS_MAX]; /* devices of the reference model that one of this is worth; 0: cannot run there */
    uint32_t asked;       /* the model that its users ask for, of those with a rate */
    double firm;          /* share of the demand that may not run on spot, 0 to 1 */
    const double *demand; /* by hour */
};

/* A way to reserve: `price` of the on-demand price of the day, for so many hours. */
struct fg_market_term {
    double price;
    size_t hours;
};

struct fg_market_world {
    size_t days, hours; /* hours: at most days * 24 */
    size_t
        first_month; /* what came before is history: known, not paid for, nothing reserved in it */
    char models[FG_MARKET_MODELS_MAX][FG_KIND_MAX];
    size_t models_len;
    struct fg_market_offer *offers;
    size_t offers_len;
    struct fg_market_trace *traces;
    size_t traces_len;
    struct fg_market_class classes[FG_MARKET_CLASSES_MAX];
    size_t classes_len;
    struct fg_market_term terms[FG_MARKET_TERMS_MAX]; /* whole months */
    size_t terms_len;
    double spot_devices;      /* that one offer has at a time */
    double on_demand_devices; /* the same */
    double rework_hours;      /* of work that a device loses when spot is taken back */
    double unmet_usd;         /* of an hour of a reference device that was not there */
};

/* Months that the world has; the last one may be short. */
size_t fg_market_months(const struct fg_market_world *world);

/* What reserving one device of a model costs an hour, at the prices of a day: the cheapest offer.  NaN: not for sale. */
double fg_market_on_demand_usd(const struct fg_market_world *world, size_t model, size_t day);

/* Prices by day: columns date, instance_type, accelerator, accelerator_count, region, zone, price_usd_h, spot_price_usd_h.
 * Days without a row of an offer have the price of the day before; rows of zones become their mean.  Fills days, models and
 * offers.  FG_EINVAL with the line. */
[[nodiscard]] int fg_market_read_prices(struct fg_arena *arena,
                                        const char *bytes,
                                        size_t len,
                                        struct fg_market_world *world,
                                        struct fg_err *err);

struct fg_market_level {
    double mean;   /* devices, in the middle of the time */
    double growth; /* a year; 0.3: 30 % */
    uint64_t seed; /* of the weeks drawn */
};

/* A demand of `hours` in the shape of `pattern`: its whole weeks, drawn again and again (a block bootstrap), scaled. In `arena`.  A pattern shorter than a week is repeated. */
const double *fg_market_shape(struct fg_arena *arena,
                              const double *pattern,
                              size_t len,
                              size_t hours,
                              const struct fg_market_level *level);
