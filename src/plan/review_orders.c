/* review_orders.c - orders and plans against what they cost and when they came; see review.h */
#include "plan/review.h"

#include "supply/history.h"
#include "supply/meter.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t cost_between(const struct fg_order *order, int64_t from_us, int64_t to_us)
{
    return fg_meter_cost_uusd(order, to_us) - fg_meter_cost_uusd(order, from_us);
}

/* As it was agreed: all of it there in time, at its price, until its end. */
static struct fg_order as_agreed(const struct fg_order *order)
{
    struct fg_order agreed = *order;
    int64_t asked_us = order->ordered_us ? order->ordered_us : order->approved_us;
    agreed.state = FG_ORDER_ACTIVE;
    agreed.cause = FG_CAUSE_NONE;
    agreed.delivered = order->count;
    agreed.lost = 0;
    agreed.lost_held_us = 0;
    agreed.delivered_us = later(order->wanted_us, asked_us + order->offer.lead_time_us);
    agreed.ended_us = order->until_us;
    if (!order->until_us && order->cause == FG_CAUSE_USER)
        agreed.ended_us = order->ended_us;
    return agreed;
}

static bool is_late(const struct fg_order *order, int64_t from_us, int64_t to_us)
{
    int64_t latest_us = fg_supplier_latest_us(order);
    if (order->promised_us == 0)
        return false;
    if (order->delivered_us && order->delivered_us < to_us)
        return order->delivered_us >= from_us && order->delivered_us > latest_us;
    return latest_us >= from_us && latest_us < to_us
           && (!order->ended_us || order->ended_us > latest_us);
}

static void add_end(struct fg_review_orders *sum, const struct fg_order *order)
{
    sum->refused += order->cause == FG_CAUSE_REFUSED || order->cause == FG_CAUSE_PRICE;
    sum->rejected += fg_order_cause_is_bad(order->cause);
    sum->reclaimed += order->cause == FG_CAUSE_RECLAIMED;
}

void fg_review_order_add(struct fg_review_orders *sum,
                         const struct fg_order *order,
                         int64_t from_us,
                         int64_t to_us)
{
    bool came = order->delivered_us >= from_us && order->delivered_us < to_us;
    sum->asked += order->ordered_us >= from_us && order->ordered_us < to_us;
    sum->late += is_late(order, from_us, to_us);
    if (came && order->delivered_us > 0) {
        sum->delivered++;
        if (order->promised_us && order->ordered_us) {
            sum->leads++;
            sum->promised_lead_us += order->promised_us - order->ordered_us;
            sum->lead_us += order->delivered_us - order->ordered_us;
        }
    }
    if (order->ended_us >= from_us && order->ended_us < to_us)
        add_end(sum, order);
    sum->cost_uusd += cost_between(order, from_us, to_us);
    if (order->approved_us) {
        struct fg_order agreed = as_agreed(order);
        sum->approved_uusd += cost_between(&agreed, from_us, to_us);
    }
}

bool fg_review_order_at(const struct fg_order *order, int64_t at_us, struct fg_order *out)
{
    *out = *order;
    if (order->created_us > at_us)
        return false;
    if (order->ended_us > at_us) {
        out->ended_us = 0;
        out->cause = FG_CAUSE_NONE;
        out->leaving = false;
    }
    if (order->active_us > at_us)
        out->active_us = 0;
    if (order->delivered_us > at_us) {
        out->delivered_us = 0;
        out->delivered = out->lost = 0;
        out->lost_held_us = 0;
    }
    if (order->ordered_us > at_us) {
        out->ordered_us = out->promised_us = 0;
        out->reference[0] = '\0';
    }
    if (order->approved_us > at_us)
        out->approved_us = 0;
    return true;
}

int64_t fg_review_plan_uusd(const struct fg_review_plan *plan, int64_t from_us, int64_t to_us)
{
    int64_t end_us = plan->applied_us + plan->horizon_us;
    if (plan->next_us)
        end_us = earlier(end_us, plan->next_us);
    int64_t begin_us = later(from_us, plan->applied_us), last_us = earlier(to_us, end_us);
    if (plan->applied_us == 0 || plan->horizon_us <= 0 || last_us <= begin_us)
        return 0;
    return (int64_t)((__int128)plan->cost_uusd * (last_us - begin_us) / plan->horizon_us);
}
