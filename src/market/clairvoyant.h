/* clairvoyant.h - the least that anybody could have paid, knowing all prices, spot and demand beforehand.
 *
 * A linear program in the devices reserved by month, model and term; what an hour costs beside them is convex in them, so cuts
 * from runs (run.h, slopes) close in on the optimum from below (Kelley 1960; Van Slyke and Wets 1969).  Fractions of devices
 * and no rework: a bound that no real way of buying can reach.
 */
#pragma once

#include "market/run.h"

struct fg_market_clairvoyant {
    double bound_usd;           /* nobody pays less */
    struct fg_market_bill bill; /* of the best book that was found */
    int rounds;
};

/* At most `rounds_max` runs, or until bound and best are within `gap` (0.005).  The book of the best in `book`. */
[[nodiscard]] int fg_market_clairvoyant(const struct fg_market_world *world,
                                        double gap,
                                        int rounds_max,
                                        struct fg_market_clairvoyant *out,
                                        struct fg_market_book *book,
                                        struct fg_err *err);
