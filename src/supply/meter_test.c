/* meter_test.c - what an order costs: by hand, and by properties over random orders. */
#include "supply/meter.h"
#include "test/tap.h"

#include <stdlib.h>

#define S_US    1000000LL
#define HOUR_US 3600000000LL
#define T0      1700000000000000LL

static struct fg_order active(int64_t price, uint32_t count)
{
    return (struct fg_order){.id = 1,
                             .count = count,
                             .delivered = count,
                             .state = FG_ORDER_ACTIVE,
                             .offer = {.price_uusd_per_hour = price, .accelerators = 8},
                             .max_uusd_per_hour = price,
                             .ordered_us = T0 - HOUR_US,
                             .delivered_us = T0};
}

static void by_the_time(void)
{
    struct fg_order order = active(3'600'000, 2);
    EQ(fg_meter_cost_uusd(&order, T0 - 1), 0);
    EQ(fg_meter_cost_uusd(&order, T0), 0);
    EQ(fg_meter_cost_uusd(&order, T0 + S_US), 2000);
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 7'200'000);
    EQ(fg_meter_cash_uusd(&order, T0 + HOUR_US), 7'200'000);
    order.state = FG_ORDER_RELEASED;
    order.ended_us = T0 + HOUR_US;
    EQ(fg_meter_cost_uusd(&order, T0 + 5 * HOUR_US), 7'200'000);
    struct fg_order planned = {.count = 2, .offer.price_uusd_per_hour = 1};
    EQ(fg_meter_cost_uusd(&planned, T0), 0);
    EQ(fg_meter_cash_uusd(&planned, T0), 0);
}

static void rounded_down_once(void)
{
    struct fg_order order = active(1, 3); /* three micro-dollars an hour */
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US / 3 - 1), 0);
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US / 3), 1);
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 3);
}

static void the_least_time_is_paid(void)
{
    struct fg_order order = active(1'000'000, 1);
    order.offer.min_term_us = 24 * HOUR_US;
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 1'000'000);
    order.state = FG_ORDER_RELEASED;
    order.cause = FG_CAUSE_USER;
    order.ended_us = T0 + HOUR_US;
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US - 1), 999'999);
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 24'000'000);
    EQ(fg_meter_cash_uusd(&order, T0 + HOUR_US), 24'000'000);
    order.cause = FG_CAUSE_RECLAIMED;
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 1'000'000);
    order.cause = FG_CAUSE_USER;
    order.offer.contract = FG_CONTRACT_RESERVED;
    order.offer.term_us = 720 * HOUR_US;
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 720'000'000);
}

static void upfront_is_spread(void)
{
    struct fg_order order = active(0, 2);
    order.offer.contract = FG_CONTRACT_OWNED;
    order.offer.upfront_uusd = 1'000'000'000;
    order.offer.term_us = 1000 * HOUR_US;
    EQ(fg_meter_cash_uusd(&order, T0 - HOUR_US - 1), 0);
    EQ(fg_meter_cash_uusd(&order, T0 - HOUR_US), 2'000'000'000);
    EQ(fg_meter_cost_uusd(&order, T0), 0);
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 2'000'000);
    EQ(fg_meter_cost_uusd(&order, T0 + 5000 * HOUR_US), 2'000'000'000);
    order.state = FG_ORDER_RELEASED;
    order.ended_us = T0 + HOUR_US; /* the rest is written off */
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 2'000'000'000);
    order.state = FG_ORDER_REJECTED;
    order.cause = FG_CAUSE_INSPECTION;
    EQ(fg_meter_cost_uusd(&order, T0 + HOUR_US), 0);
    EQ(fg_meter_cash_uusd(&order, T0 + HOUR_US), 0);
}

static void lost_instances_cost_no_more(void)
{
    struct fg_order order = active(1'000'000, 4);
    order.lost = 1;
    order.lost_held_us = HOUR_US;
    EQ(fg_meter_cost_uusd(&order, T0 + 2 * HOUR_US), 7'000'000);
    EQ(fg_meter_hourly_uusd(&order), 3'000'000);
}

static void bounds(void)
{
    struct fg_order order = {.count = 2,
                             .offer = {.price_uusd_per_hour = 900'000, .upfront_uusd = 5},
                             .max_uusd_per_hour = 1'000'000};
    EQ(fg_meter_hourly_uusd(&order), 2'000'000);
    EQ(fg_meter_bound_uusd(&order, T0, T0 + 10 * HOUR_US), 20'000'010);
    order.until_us = T0 + 3 * HOUR_US;
    EQ(fg_meter_bound_uusd(&order, T0, T0 + 10 * HOUR_US), 6'000'010);
    order.offer.min_term_us = 20 * HOUR_US;
    EQ(fg_meter_bound_uusd(&order, T0, T0 + 10 * HOUR_US), 40'000'010);
    order.until_us = 0;
    EQ(fg_meter_bound_uusd(&order, T0, INT64_MAX) > 40'000'010, 1);
}

/* It never falls while nothing happens, ends where it ends, and its parts sum to the whole. */
static void random_orders(void)
{
    srand(1);
    bool rises = true, ends = true, bounded = true;
    for (int i = 0; i < 20000; i++) {
        struct fg_order order = active(rand() % 50'000'000, 1 + (uint32_t)(rand() % 100));
        order.offer.contract = (enum fg_contract)(rand() % FG_CONTRACTS);
        order.offer.term_us = rand() % 3 ? rand() * 1000LL : 0;
        order.offer.min_term_us = rand() % 3 ? rand() * 1000LL : 0;
        order.offer.upfront_uusd = rand() % 2 ? rand() : 0;
        int64_t last = 0, end_us = T0 + rand() * 1000LL;
        int64_t bound = fg_meter_bound_uusd(&order, T0, end_us);
        if (rand() % 2) {
            order.state = FG_ORDER_RELEASED;
            order.ended_us = end_us;
        }
        for (int k = 0; k < 10; k++) {
            int64_t cost = fg_meter_cost_uusd(&order, T0 + (end_us - T0) / 9 * k);
            rises &= cost >= last;
            last = cost;
        }
        if (order.ended_us)
            ends &=
                fg_meter_cost_uusd(&order, end_us) == fg_meter_cash_uusd(&order, end_us)
                && fg_meter_cost_uusd(&order, end_us * 2) == fg_meter_cost_uusd(&order, end_us);
        bounded &= fg_meter_cash_uusd(&order, end_us) <= bound;
    }
    OK(rises);
    OK(ends);
    OK(bounded);
}

int main(void)
{
    RUN(by_the_time);
    RUN(rounded_down_once);
    RUN(the_least_time_is_paid);
    RUN(upfront_is_spread);
    RUN(lost_instances_cost_no_more);
    RUN(bounds);
    RUN(random_orders);
    return tap_done();
}
