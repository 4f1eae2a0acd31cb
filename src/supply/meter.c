/* meter.c - see meter.h */
#include "supply/meter.h"

#define HOUR_US 3600000000LL

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t narrow(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* The time that is paid whatever happens. */
static int64_t least_us(const struct fg_offer *offer)
{
    int64_t term_us = offer->contract == FG_CONTRACT_RESERVED ? offer->term_us : 0;
    return later(offer->min_term_us, term_us);
}

/* It did not come, or was not what was agreed. */
static bool is_void(const struct fg_order *order)
{
    return order->state == FG_ORDER_CANCELLED || order->state == FG_ORDER_REJECTED
           || order->cause == FG_CAUSE_REFUSED || order->cause == FG_CAUSE_PRICE
           || fg_order_cause_is_bad(order->cause);
}

/* Time of all instances together. */
static __int128 held_us(const struct fg_order *order, int64_t at_us)
{
    int64_t end_us = order->ended_us ? earlier(at_us, order->ended_us) : at_us;
    int64_t there_us = later(0, end_us - order->delivered_us);
    uint32_t there = order->delivered - order->lost;
    bool pays_least = order->ended_us && at_us >= order->ended_us && !is_void(order)
                      && order->cause != FG_CAUSE_RECLAIMED;
    if (pays_least)
        there_us = later(there_us, least_us(&order->offer));
    return (__int128)there * there_us + order->lost_held_us;
}

static int64_t hourly_uusd(const struct fg_order *order, int64_t at_us)
{
    return narrow(held_us(order, at_us) * order->offer.price_uusd_per_hour / HOUR_US);
}

static int64_t upfront_uusd(const struct fg_order *order)
{
    return narrow((__int128)order->offer.upfront_uusd * order->count);
}

int64_t fg_meter_cost_uusd(const struct fg_order *order, int64_t at_us)
{
    if (!order->delivered_us || at_us < order->delivered_us)
        return 0;
    int64_t cost_uusd = hourly_uusd(order, at_us), upfront = upfront_uusd(order);
    int64_t term_us = order->offer.term_us, past_us = at_us - order->delivered_us;
    bool is_over = order->ended_us && at_us >= order->ended_us;
    if (is_void(order) || upfront == 0)
        return cost_uusd;
    if (is_over || past_us >= term_us)
        return add(cost_uusd, upfront);
    return add(cost_uusd, (int64_t)((__int128)upfront * past_us / term_us));
}

int64_t fg_meter_cash_uusd(const struct fg_order *order, int64_t at_us)
{
    int64_t cash_uusd = 0;
    if (order->ordered_us && at_us >= order->ordered_us && !is_void(order))
        cash_uusd = upfront_uusd(order);
    if (order->delivered_us && at_us >= order->delivered_us)
        cash_uusd = add(cash_uusd, hourly_uusd(order, at_us));
    return cash_uusd;
}

int64_t fg_meter_bound_uusd(const struct fg_order *order, int64_t now_us, int64_t until_us)
{
    int64_t begin_us = order->delivered_us ? order->delivered_us : now_us;
    int64_t end_us = order->until_us && order->until_us < until_us ? order->until_us : until_us;
    int64_t least = least_us(&order->offer);
    if (order->ended_us)
        return fg_meter_cash_uusd(order, order->ended_us);
    int64_t there_us = later(later(0, end_us - begin_us), least);
    uint32_t there = order->delivered ? order->delivered - order->lost : order->count;
    __int128 held = (__int128)there * there_us + order->lost_held_us;
    return add(narrow(held * order->max_uusd_per_hour / HOUR_US), upfront_uusd(order));
}

int64_t fg_meter_hourly_uusd(const struct fg_order *order)
{
    uint32_t there = order->delivered ? order->delivered - order->lost : order->count;
    return narrow((__int128)there * order->max_uusd_per_hour);
}
