/* order_policy.c - the standing policy of a supplier: what may be ordered there without anybody's approval.
 *
 * Two caps, and both must hold: what all orders there cost in an hour, and what is due in the period of the policy, the most that
 * orders can still cost in it included.  Every order counts at the highest price that was approved for it, also those that a
 * person approved: the cap is what the supplier may cost, not what the policy may add.
 */
#include "control/order_inner.h"

#include <string.h>

static int64_t add(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* The order and all of the supplier that are alive. */
static void sum_up(const struct fg_control *control,
                   const struct fg_order *order,
                   int64_t until_us,
                   int64_t *out_hourly_uusd,
                   int64_t *out_bound_uusd)
{
    *out_hourly_uusd = fg_meter_hourly_uusd(order);
    *out_bound_uusd = fg_meter_bound_uusd(order, control->now_us, until_us);
    for (size_t i = 0; i < control->purchases_len; i++) {
        const struct fg_order *other = &control->purchases[i].order;
        if (other->state == FG_ORDER_PLANNED || other->id == order->id
            || strcmp(other->offer.supplier, order->offer.supplier) != 0)
            continue;
        int64_t bound_uusd = fg_meter_bound_uusd(other, control->now_us, until_us);
        *out_hourly_uusd = add(*out_hourly_uusd, fg_meter_hourly_uusd(other));
        if (bound_uusd > other->cash_uusd) /* what is due already is in the books */
            *out_bound_uusd = add(*out_bound_uusd, bound_uusd - other->cash_uusd);
    }
}

bool fg_order_policy_allows(struct fg_control *control,
                            const struct fg_supplier *supplier,
                            const struct fg_order *order,
                            char why[FG_TEXT_MAX])
{
    const struct fg_standing_policy *policy = &supplier->policy;
    int64_t hourly_uusd, bound_uusd, due_uusd = 0;
    struct fg_err err = {};
    if (policy->max_uusd_per_hour == 0 || policy->max_uusd == 0) {
        snprintf(why, FG_TEXT_MAX, "supplier %s has no standing policy: it waits for approval",
                 supplier->name);
        return false;
    }
    int64_t begin_us = fg_period_begin_us(policy->period, control->now_us);
    sum_up(control, order, fg_period_end_us(policy->period, control->now_us), &hourly_uusd,
           &bound_uusd);
    fg_control_wrote(
        control,
        control->options.store_ops->order_cash_sum(control->options.store, supplier->name,
                                                   begin_us / FG_DAY_US, &due_uusd, &err),
        &err);
    due_uusd = add(due_uusd, bound_uusd);
    if (hourly_uusd > policy->max_uusd_per_hour) {
        snprintf(why, FG_TEXT_MAX,
                 "orders of supplier %s would cost %.2f USD an hour, its cap is %.2f: it waits "
                 "for approval",
                 supplier->name, (double)hourly_uusd / 1e6,
                 (double)policy->max_uusd_per_hour / 1e6);
        return false;
    }
    if (due_uusd > policy->max_uusd) {
        snprintf(
            why, FG_TEXT_MAX,
            "orders of supplier %s could cost %.2f USD (%s), its cap is %.2f: it waits for "
            "approval",
            supplier->name, (double)due_uusd / 1e6, fg_period_name(policy->period),
            (double)policy->max_uusd / 1e6);
        return false;
    }
    return true;
}
