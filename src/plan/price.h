/* price.h - what the pool asks projects for a device-hour of a class, by how busy that class will be.
 *
 *     forecast of utilisation, what an hour costs --> PRICE --price within floor and cap--> fastgpu price, chargeback
 *
 * With u the forecast utilisation (demand over capacity: above 1 when more is asked than there is), t the target, s the
 * steepness and L(x) = 1 / (1 + e^-x), the wish is
 *
 *     floor + (cap - floor) * (L(s (u - t)) - L(-s t)) / (L(s (1 - t)) - L(-s t)),   u held within 0 .. 1:
 *
 * the floor when nothing runs, the cap when all is taken, smooth and rising between, steepest at the target: there a project that
 * can wait is told to.  From one period to the next a price moves by at most a share of cap - floor, so that who plans by it is
 * not surprised.  A budget-neutral set of prices is the wishes times one number, each within its floor and cap, so that what is
 * expected to be used brings in what it costs.
 * Pure.  Prices are micro-USD for a device-hour; the wish is rounded to the nearest.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_PRICE_CLASSES_MAX 4096

struct fg_price_rule {
    uint32_t floor_milli, cap_milli; /* of what an hour costs: 500, 2000 */
    uint32_t target_milli;           /* t: 800 */
    uint32_t steepness;              /* s: 10 */
    uint32_t step_milli;             /* of cap - floor, in a period: 100; 0: no bound */
};

/* 500, 2000, 800, 10, 100. */
struct fg_price_rule fg_price_rule_default(void);
/* FG_EINVAL: a floor above its cap, a cap of 0 or above 100 times the cost, a target not within 1 to 999, a steepness not within 1 to
 * 50, a step above the whole. */
[[nodiscard]] int fg_price_rule_check(const struct fg_price_rule *rule, struct fg_err *err);

struct fg_price_class {
    int64_t cost_uusd;     /* of a device-hour; 0: not known, and no price */
    double utilisation;    /* forecast for the period; NaN: not known, the price stays */
    double used_hours;     /* device-hours forecast to be used: for budget neutrality */
    int64_t previous_uusd; /* of the period before; -1: there was none, any step will do */
};

struct fg_price {
    int64_t floor_uusd, cap_uusd;
    int64_t wish_uusd;  /* by the formula */
    int64_t price_uusd; /* asked: within floor, cap, and a step from the previous one */
    bool held;          /* the step held it back */
};

void fg_price_class_price(const struct fg_price_rule *rule,
                          const struct fg_price_class *class,
                          struct fg_price *out);

/* Prices of classes that bring in together what their use costs: sum of price * used_hours against sum of cost * used_hours.  With
 * floors that are together too high, or caps too low, all are at the floor (cap), and `*out_factor` is 0 (infinity); else it is
 * what wishes were multiplied with.  Steps are not looked at: a budget is whole at once.  FG_EINVAL: no classes, too many, hours
 * that are negative or not finite; nothing is used. */
[[nodiscard]] int fg_price_neutral(const struct fg_price_rule *rule,
                                   const struct fg_price_class *classes,
                                   size_t len,
                                   struct fg_price *out,
                                   double *out_factor,
                                   struct fg_err *err);
