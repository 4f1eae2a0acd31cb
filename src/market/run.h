/* run.h - hour by hour through a world with what was reserved: what is paid, what is not met.
 *
 * Each hour is a small linear program: every class's demand, its firm part apart, on what is reserved (no further cost), on
 * spot that is there (flexible work only) and on on-demand devices, cheapest first; what remains is unmet and priced.
 * Spot that is taken back at the end of an hour loses `rework_hours` of each of its devices, done again on demand.
 */
#pragma once

#include "market/market.h"

/* What was reserved: devices by month, model and term. */
struct fg_market_book {
    double *bought; /* [month][model][term] */
    double *price;  /* the same: USD of one device for an hour */
    double *held;   /* [month][model]: devices that are there */
};

/* An empty book, in `arena`. */
struct fg_market_book fg_market_book_new(struct fg_arena *arena,
                                         const struct fg_market_world *world);

/* Reserve at the first hour of a month, at the price of that day.  A model that is not for sale is not bought. */
void fg_market_reserve(const struct fg_market_world *world,
                       struct fg_market_book *book,
                       size_t month,
                       size_t model,
                       size_t term,
                       double devices);

struct fg_market_bill {
    double reserved_usd, on_demand_usd, spot_usd, rework_usd;
    double usd;                            /* all of these */
    double demand, unmet;                  /* reference device-hours */
    double idle;                           /* reserved device-hours that nobody used */
    double by_model[FG_MARKET_MODELS_MAX]; /* device-hours used */
};

/* What an hour more of reserved devices would have saved: the cost of each month but for reservations, and its slope. */
struct fg_market_slopes {
    double *usd; /* [month] */
    double *
        slope; /* [month][model]: dollars for one reserved device more all the month; not above 0 */
};

/* How the work of a way of buying may be run. */
struct fg_market_rule {
    bool spot;  /* rides spot */
    bool asked; /* only on the model that was asked for, as without anybody who plans */
};

/* From the first month that is no history.  `slopes` may be NULL.  FG_EBACKEND: the solver gave up. */
[[nodiscard]] int fg_market_run(const struct fg_market_world *world,
                                const struct fg_market_rule *rule,
                                const struct fg_market_book *book,
                                struct fg_market_bill *out,
                                struct fg_market_slopes *slopes,
                                struct fg_err *err);
