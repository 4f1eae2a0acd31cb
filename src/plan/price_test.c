/* price_test.c - what must hold of any price: rising, smooth, within its bounds, no surprise, and neutral where it can be */
#include "plan/price.h"

#include "test/tap.h"

#include <math.h>
#include <stdlib.h>

static uint64_t state = 3;
static uint32_t rnd(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static int64_t price_at(const struct fg_price_rule *rule,
                        int64_t cost,
                        double u,
                        int64_t previous)
{
    struct fg_price price;
    fg_price_class_price(rule, &(struct fg_price_class){cost, u, 0, previous}, &price);
    return price.price_uusd;
}

static struct fg_price_rule draw_rule(void)
{
    struct fg_price_rule rule = {.cap_milli = 1 + rnd(5000),
                                 .target_milli = 1 + rnd(999),
                                 .steepness = 1 + rnd(50),
                                 .step_milli = 1 + rnd(1000)};
    rule.floor_milli = rnd(rule.cap_milli + 1);
    return rule;
}

static void test_rising_smooth_and_bounded(void)
{
    bool valid = true, rising = true, smooth = true, ends = true;
    for (int round = 0; round < 300; round++) {
        struct fg_price_rule rule = draw_rule();
        int64_t cost = 1 + rnd(100000000), low = cost * rule.floor_milli / 1000,
                high = cost * rule.cap_milli / 1000, last = low;
        valid &= fg_price_rule_check(&rule, NULL) == 0;
        ends &= price_at(&rule, cost, 0, -1) == low && price_at(&rule, cost, 1, -1) == high
                && price_at(&rule, cost, 7, -1) == high && price_at(&rule, cost, -1, -1) == low;
        for (int i = 0; i <= 1000; i++) {
            int64_t price = price_at(&rule, cost, i / 1000.0, -1);
            rising &= price >= last && price <= high;
            /* never steeper than the logistic at its middle, over what it covers */
            double s = rule.steepness, t = rule.target_milli / 1000.0,
                   covers = 1 / (1 + exp(-s * (1 - t))) - 1 / (1 + exp(s * t));
            smooth &=
                (double)(price - last) <= 0.001 * s / 4 / covers * (double)(high - low) + 2;
            last = price;
        }
    }
    OK(valid);
    OK(ends);
    OK(rising);
    OK(smooth);
}

static void test_no_surprise(void)
{
    bool bounded = true, arrives = true;
    for (int round = 0; round < 300; round++) {
        struct fg_price_rule rule = draw_rule();
        int64_t cost = 1000 + rnd(100000000), low = cost * rule.floor_milli / 1000,
                high = cost * rule.cap_milli / 1000,
                price = low + rnd((uint32_t)(high - low + 1)),
                step = (high - low) * rule.step_milli / 1000;
        double u = rnd(1001) / 1000.0;
        for (int period = 0; period < 1100; period++) {
            int64_t next = price_at(&rule, cost, u, price);
            bounded &= llabs(next - price) <= step && next >= low && next <= high;
            price = next;
        }
        arrives &= step == 0 || price == price_at(&rule, cost, u, -1);
    }
    OK(bounded);
    OK(arrives);
    struct fg_price_rule rule = fg_price_rule_default();
    EQ(price_at(&rule, 1000000, NAN, 700000), 700000);   /* nothing is known: it stays */
    EQ(price_at(&rule, 1000000, NAN, 9000000), 2000000); /* but for its bounds */
    EQ(price_at(&rule, 0, 0.5, -1), 0);
}

static void test_neutral(void)
{
    bool neutral = true, bounded = true, ordered = true;
    for (int round = 0; round < 300; round++) {
        struct fg_price_rule rule = fg_price_rule_default();
        struct fg_price_class classes[6];
        struct fg_price prices[6];
        double factor, cost = 0, got = 0, hours = 0;
        size_t len = 1 + rnd(6);
        for (size_t i = 0; i < len; i++) {
            classes[i] = (struct fg_price_class){1000000 + rnd(9000000), rnd(1300) / 1000.0,
                                                 1 + rnd(10000), -1};
            cost += (double)classes[i].cost_uusd * classes[i].used_hours;
            hours += classes[i].used_hours;
        }
        if (fg_price_neutral(&rule, classes, len, prices, &factor, NULL) < 0) {
            neutral = false;
            continue;
        }
        for (size_t i = 0; i < len; i++) {
            got += (double)prices[i].price_uusd * classes[i].used_hours;
            bounded &= prices[i].price_uusd >= prices[i].floor_uusd
                       && prices[i].price_uusd <= prices[i].cap_uusd;
            for (size_t k = 0; k < i; k++) /* relative to cost: the busier is never cheaper */
                if (classes[k].utilisation >= classes[i].utilisation)
                    ordered &=
                        (double)prices[k].price_uusd / (double)classes[k].cost_uusd
                        >= (double)prices[i].price_uusd / (double)classes[i].cost_uusd - 1e-5;
        }
        neutral &= fabs(got - cost) <= hours; /* to a micro-dollar an hour */
    }
    OK(neutral);
    OK(bounded);
    OK(ordered);
}

static void test_neutral_where_it_cannot_be(void)
{
    struct fg_price_rule dear = fg_price_rule_default(), cheap = dear;
    struct fg_price_class class = {1000000, 0.5, 10, -1};
    struct fg_price price;
    double factor;
    dear.floor_milli = 1500;
    EQ(fg_price_neutral(&dear, &class, 1, &price, &factor, NULL), 0);
    OK(factor == 0 && price.price_uusd == 1500000);
    cheap.cap_milli = 900;
    EQ(fg_price_neutral(&cheap, &class, 1, &price, &factor, NULL), 0);
    OK(isinf(factor) && price.price_uusd == 900000);
    class.used_hours = 0;
    EQ(fg_price_neutral(&cheap, &class, 1, &price, &factor, NULL), FG_EINVAL);
    class.used_hours = NAN;
    EQ(fg_price_neutral(&cheap, &class, 1, &price, &factor, NULL), FG_EINVAL);
    EQ(fg_price_neutral(&cheap, &class, 0, &price, &factor, NULL), FG_EINVAL);
}

static void test_rules(void)
{
    const struct fg_price_rule good = fg_price_rule_default();
    EQ(fg_price_rule_check(&good, NULL), 0);
    struct fg_price_rule bad[] = {good, good, good, good, good, good};
    bad[0].floor_milli = 2001;
    bad[1].cap_milli = 0;
    bad[2].target_milli = 0;
    bad[3].target_milli = 1000;
    bad[4].steepness = 51;
    bad[5].step_milli = 1001;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        EQ(fg_price_rule_check(&bad[i], NULL), FG_EINVAL);
}

int main(void)
{
    RUN(test_rising_smooth_and_bounded);
    RUN(test_no_surprise);
    RUN(test_neutral);
    RUN(test_neutral_where_it_cannot_be);
    RUN(test_rules);
    return tap_done();
}
