/* meter.h - what an order has cost up to a moment, and what is due for it.
 *
 *     order, moment --> METER --> cost (spread over time) and cash (when it is due), in micro-USD
 *
 * Rules
 * - The hourly price runs by the microsecond for each instance, from the delivery to the end, or to the moment at which that
 *   instance was lost.  The sum is rounded down to a whole micro-dollar once, not part by part: what two moments differ by is
 *   what was added between them, and all differences sum to the whole.
 * - The least time is paid by those who give back early: the minimum term, and the whole term of a reservation.  It is added at
 *   the end.
 * - What is paid upfront is cash at the order.  As cost it is spread evenly over the term, from the delivery on; the rest of it
 *   is added at the end.  Without a term all of it is cost at the delivery.
 * - Nothing but the time that it was there is paid for what was refused, wanted a higher price, or failed the inspection; and
 *   no minimum for what the supplier took back.
 */
#pragma once

#include "model/order.h"

/* Cumulative; 0 before the delivery; after the end always the same. */
int64_t fg_meter_cost_uusd(const struct fg_order *order, int64_t at_us);
/* Cumulative; upfront parts from the order on. */
int64_t fg_meter_cash_uusd(const struct fg_order *order, int64_t at_us);

/* The most that will be due in all if the order is kept until `until_us`, or as long as it must be: at the highest price that
 * was approved.  `now_us`: its delivery is not expected before that. */
int64_t fg_meter_bound_uusd(const struct fg_order *order, int64_t now_us, int64_t until_us);

/* What all instances that it has, or is to have, cost in an hour, at the highest price that was approved. */
int64_t fg_meter_hourly_uusd(const struct fg_order *order);
