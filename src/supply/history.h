/* history.h - what was measured of a supplier: counts and sums, so that records of any length are one row.
 *
 *     store, CSV --rows--> HISTORY --> score
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/order.h"

#include <stddef.h>
#include <stdint.h>

/* All 0: nothing is known of it. */
struct fg_supplier_history {
    char supplier[FG_NAME_MAX];
    int64_t orders;   /* it was asked for, and said yes or no */
    int64_t refused;  /* of them: no, or a quote above what was agreed */
    int64_t promised; /* instances of confirmed orders that are due, or came */
    int64_t
        kept; /* of them: passed inspection, not later than promised (if a time was promised) */
    int64_t
        leads; /* deliveries whose lead time is known: from the order to the first instance */
    int64_t lead_sum_us;
    int64_t
        held_us; /* time of instances, from their delivery until they were given back or taken */
    int64_t reclaims; /* instances taken back by the supplier */
    int64_t faults;   /* instances that failed */
    int64_t
        runs; /* whose speed was measured, in thousandths of the nominal speed of the kind */
    int64_t speed_milli_sum;
    int64_t speed_milli2_sum; /* of the squares */
    int64_t hourly_uusd;      /* price for an hour of all orders that are alive now */
};

/* FG_EINVAL with a reason: a count that is negative, or greater than what it is a part of. */
[[nodiscard]] int fg_supplier_history_check(const struct fg_supplier_history *history,
                                            struct fg_err *err);

/* The moment after which a delivery is late: what was promised, and a minute or a tenth of that time. */
int64_t fg_supplier_latest_us(const struct fg_order *order);

/* Add what is to be learned of one order of the supplier, as it stands at `now_us`.  One that it was never asked for says nothing.
 * Refused: it said no, or wanted a higher price.  Promised: it delivered, or said yes and then no, or is late.  Kept: delivered
 * not later than promised (by more than a minute or a tenth), and what was ordered.  What is lost of spot is a reclaim, of anything else a fault. */
void fg_supplier_history_add(struct fg_supplier_history *history,
                             const struct fg_order *order,
                             int64_t now_us);

/* Read a table (CSV, first line names the columns, any order; `supplier` must be there, one that is missing is 0):
 *     supplier,orders,refused,promised,kept,deliveries,lead_hours,held_hours,reclaims,faults,runs,speed,speed_deviation,
 *     hourly_usd
 * lead_hours: sum over `deliveries`; held_hours: sum over instances; speed: mean of `runs`, 1 is nominal, with the standard
 * deviation of single runs.  Hostile input.  Returns 0; FG_EINVAL with the line: an unknown column, not a number,
 * a supplier twice; FG_ETOOBIG: more than FG_SUPPLIERS_MAX.  `out` is in `arena`. */
[[nodiscard]] int fg_supplier_history_read(const char *bytes,
                                           size_t len,
                                           struct fg_arena *arena,
                                           struct fg_supplier_history **out,
                                           size_t *out_len,
                                           struct fg_err *err);

/* Address space that the reading of `len` bytes may need in its arena. */
size_t fg_supplier_history_room(size_t len);
