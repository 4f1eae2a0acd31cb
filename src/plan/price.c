/* price.c - see price.h */
#include "plan/price.h"

#include <math.h>

#define HALVINGS 200
#define CAP_MAX  100000 /* thousandths of the cost */

struct fg_price_rule fg_price_rule_default(void)
{
    return (struct fg_price_rule){.floor_milli = 500,
                                  .cap_milli = 2000,
                                  .target_milli = 800,
                                  .steepness = 10,
                                  .step_milli = 100};
}

int fg_price_rule_check(const struct fg_price_rule *rule, struct fg_err *err)
{
    if (rule->cap_milli < 1 || rule->cap_milli > CAP_MAX)
        return fg_fail(err, FG_EINVAL, "cap of %u thousandths, expected 1 to %d",
                       rule->cap_milli, CAP_MAX);
    if (rule->floor_milli > rule->cap_milli)
        return fg_fail(err, FG_EINVAL,
                       "floor of %u thousandths, expected at most the cap of %u",
                       rule->floor_milli, rule->cap_milli);
    if (rule->target_milli < 1 || rule->target_milli > 999)
        return fg_fail(err, FG_EINVAL, "target of %u thousandths, expected 1 to 999",
                       rule->target_milli);
    if (rule->steepness < 1 || rule->steepness > 50)
        return fg_fail(err, FG_EINVAL, "steepness of %u, expected 1 to 50", rule->steepness);
    if (rule->step_milli > 1000)
        return fg_fail(err, FG_EINVAL, "step of %u thousandths, expected at most 1000",
                       rule->step_milli);
    return 0;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* 0..1, rising. */
static double height(const struct fg_price_rule *rule, double utilisation)
{
    double u = fmin(fmax(utilisation, 0), 1), t = rule->target_milli / 1000.0,
           s = rule->steepness, low = logistic(-s * t), high = logistic(s * (1 - t));
    return (logistic(s * (u - t)) - low) / (high - low);
}

static int64_t of_cost(int64_t cost_uusd, uint32_t milli)
{
    return (int64_t)((__int128)cost_uusd * milli / 1000);
}

static int64_t within(int64_t low, int64_t value, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Floor, cap and wish. */
static struct fg_price wish(const struct fg_price_rule *rule,
                            const struct fg_price_class *class)
{
    struct fg_price price = {.floor_uusd = of_cost(class->cost_uusd, rule->floor_milli),
                             .cap_uusd = of_cost(class->cost_uusd, rule->cap_milli)};
    double span = (double)(price.cap_uusd - price.floor_uusd);
    price.wish_uusd = within(
        price.floor_uusd, price.floor_uusd + llround(span * height(rule, class->utilisation)),
        price.cap_uusd);
    return price;
}

void fg_price_class_price(const struct fg_price_rule *rule,
                          const struct fg_price_class *class,
                          struct fg_price *out)
{
    struct fg_price_class known = *class;
    bool had = class->previous_uusd >= 0, unknown = isnan(class->utilisation);
    if (unknown)
        known.utilisation = rule->target_milli / 1000.0;
    struct fg_price price = wish(rule, &known);
    if (unknown && had)
        price.wish_uusd = within(price.floor_uusd, class->previous_uusd, price.cap_uusd);
    price.price_uusd = price.wish_uusd;
    if (had && rule->step_milli > 0) {
        int64_t step =
            (int64_t)((__int128)(price.cap_uusd - price.floor_uusd) * rule->step_milli / 1000);
        price.price_uusd =
            within(class->previous_uusd - step, price.wish_uusd, class->previous_uusd + step);
        /* What costs another price by now has other bounds: they come before the step. */
        price.price_uusd = within(price.floor_uusd, price.price_uusd, price.cap_uusd);
    }
    price.held = price.price_uusd != price.wish_uusd;
    *out = price;
}

/* -- budget-neutral -------------------------------------------------------------------------------------------- */

static int64_t scaled(const struct fg_price *price, double factor)
{
    double value = (double)price->wish_uusd * factor;
    if (value >= (double)price->cap_uusd)
        return price->cap_uusd;
    return within(price->floor_uusd, llround(value), price->cap_uusd);
}

static double revenue(const struct fg_price *prices,
                      const struct fg_price_class *classes,
                      size_t len,
                      double factor)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (double)scaled(&prices[i], factor) * classes[i].used_hours;
    return sum;
}

static int check_classes(const struct fg_price_class *classes,
                         size_t len,
                         double *out_cost,
                         struct fg_err *err)
{
    double hours = 0;
    *out_cost = 0;
    if (len == 0 || len > FG_PRICE_CLASSES_MAX)
        return fg_fail(err, FG_EINVAL, "%zu classes, expected 1 to %d", len,
                       FG_PRICE_CLASSES_MAX);
    for (size_t i = 0; i < len; i++) {
        if (!(classes[i].used_hours >= 0) || isinf(classes[i].used_hours))
            return fg_fail(err, FG_EINVAL, "hours used: %g, expected 0 or more",
                           classes[i].used_hours);
        hours += classes[i].used_hours;
        *out_cost += (double)classes[i].cost_uusd * classes[i].used_hours;
    }
    return hours > 0 ? 0 : fg_fail(err, FG_EINVAL, "nothing is used, so nothing can be asked");
}

/* The factor at which revenue, which rises with it, reaches the cost. */
static double find_factor(const struct fg_price *prices,
                          const struct fg_price_class *classes,
                          size_t len,
                          double cost)
{
    double low = 0, high = 1;
    if (revenue(prices, classes, len, low) >= cost)
        return 0;
    if (revenue(prices, classes, len, INFINITY) <= cost)
        return INFINITY;
    for (int i = 0; i < HALVINGS && revenue(prices, classes, len, high) < cost; i++)
        high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (revenue(prices, classes, len, middle) < cost)
            low = middle;
        else
            high = middle;
    }
    return high;
}

int fg_price_neutral(const struct fg_price_rule *rule,
                     const struct fg_price_class *classes,
                     size_t len,
                     struct fg_price *out,
                     double *out_factor,
                     struct fg_err *err)
{
    double cost;
    int rc = check_classes(classes, len, &cost, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < len; i++) {
        struct fg_price_class class = classes[i];
        if (isnan(class.utilisation))
            class.utilisation = rule->target_milli / 1000.0;
        out[i] = wish(rule, &class);
        /* A wish of nothing could not be multiplied. */
        out[i].wish_uusd = out[i].wish_uusd > 0 ? out[i].wish_uusd : out[i].cap_uusd > 0;
    }
    *out_factor = find_factor(out, classes, len, cost);
    for (size_t i = 0; i < len; i++) {
        out[i].price_uusd = isinf(*out_factor) ? out[i].cap_uusd : scaled(&out[i], *out_factor);
        out[i].held = false;
    }
    return 0;
}
