/* history.h - what was measured of a supplier: counts and sums, so that records of any length are one row.
 *
 *     store, CSV --rows--> HISTORY --> score
 *
 * Of orders what is half a life old counts half (base/rate.h), so counts are no whole numbers.  Each thing that it sells has a part of its
 * own: an instance, a region and a contract.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "model/order.h"

#include <stddef.h>
#include <stdint.h>

#define FG_FAULTS_PER_KHOUR 1.0 /* of what is not spot, where nothing is known */

/* All 0: nothing is known of it. */
struct fg_supplier_history {
    char supplier[FG_NAME_MAX];
    double orders;   /* it was asked for, and said yes or no */
    double refused;  /* of them: no, or a quote above what was agreed */
    double promised; /* instances of confirmed orders that are due, or came */
    double
        kept; /* of them: passed inspection, not later than promised (if a time was promised) */
    double
        leads; /* deliveries whose lead time is known: from the order to the first instance */
    int64_t lead_sum_us, lead_told_us; /* of these; as their offers said */
    /* Time of instances, from their delivery until they were given back or taken: of spot, and of others.  A table does not tell
     * these apart: there both are all of it. */
    int64_t held_us, spot_held_us;
    bool has_parts;       /* they are told apart */
    double reclaims;      /* instances of spot taken back by the supplier */
    double reclaims_told; /* as many would have been, by what their offers say */
    double faults;        /* other instances that failed */
    int64_t
        runs; /* whose speed was measured, in thousandths of the nominal speed of the kind */
    int64_t speed_milli_sum;
    int64_t speed_milli2_sum; /* of the squares */
    int64_t hourly_uusd;      /* price for an hour of all orders that are alive now */
};

/* Of that, one thing for sale; its supplier, instance, region and contract tell it from others. */
struct fg_supplier_part {
    char supplier[FG_NAME_MAX], instance[FG_NAME_MAX], region[FG_NAME_MAX];
    enum fg_contract contract;
    double losses, losses_told; /* taken back (spot) or failed (others); as was to expect */
    int64_t held_us;
    double leads;
    int64_t lead_sum_us, lead_told_us;
};

/* Times in 1,000 hours that one of them is to be expected to be lost, by the offer alone: taken back if it is spot, else failed. */
double fg_supplier_told_per_khour(const struct fg_offer *offer);

/* FG_EINVAL with a reason: a count that is negative, or greater than what it is a part of. */
[[nodiscard]] int fg_supplier_history_check(const struct fg_supplier_history *history,
                                            struct fg_err *err);

/* The moment after which a delivery is late: what was promised, and a minute or a tenth of that time. */
int64_t fg_supplier_latest_us(const struct fg_order *order);

/* What old records count: half of what is `half_life_us` old at `now_us` (0: all). */
struct fg_supplier_clock {
    int64_t now_us, half_life_us;
};

/* Add what is to be learned of one order of the supplier, as it stands now, to its history and to its part.  One that it was never asked for says nothing.
 * Refused: it said no, or wanted a higher price.  Promised: it delivered, or said yes and then no, or is late.  Kept: delivered
 * not later than promised (by more than a minute or a tenth), and what was ordered.  What is lost of spot is a reclaim, of anything else a fault. */
void fg_supplier_history_add(struct fg_supplier_history *history,
                             struct fg_supplier_part *part,
                             const struct fg_order *order,
                             struct fg_supplier_clock clock);

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
