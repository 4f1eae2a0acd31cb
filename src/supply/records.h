/* records.h - what orders have shown of all suppliers: the history of each, and the parts of it, one for each thing for sale.
 *
 *     orders, any order --add()--> RECORDS --histories, parts--> rank, score; what is to be expected of an offer --> plan, fastgpu supplier
 */
#pragma once

#include "base/auto.h"
#include "supply/belief.h"

#define FG_SUPPLIER_PARTS_MAX 4096 /* what is more counts for its supplier alone */

struct fg_supplier_records {
    struct fg_supplier_clock clock;
    struct fg_supplier_history *rows; /* owned, unless a table was read into an arena */
    size_t len, room;
    struct fg_supplier_part *parts; /* owned */
    size_t parts_len, parts_room;
};

/* Frees what is owned. */
void fg_supplier_records_fini(struct fg_supplier_records *records);
/* Running out of memory ends the process. */
void fg_supplier_records_add(struct fg_supplier_records *records, const struct fg_order *order);

/* NULL: there is none. */
const struct fg_supplier_history *fg_supplier_records_of(
    const struct fg_supplier_records *records, const char *supplier);
const struct fg_supplier_part *fg_supplier_records_part(
    const struct fg_supplier_records *records, const struct fg_offer *offer);

/* What is believed of losses (taken back, or failed, in 1,000 hours) and lead time (hours) of an offer. */
struct fg_supplier_outlook {
    struct fg_belief losses, lead;
};
void fg_supplier_records_expect(const struct fg_supplier_records *records,
                                const struct fg_offer *offer,
                                struct fg_supplier_outlook *out);

/* Put what is to be expected in the place of what the seller says: how often it is taken back, if it is spot, and its lead time, if it is
 * lastingly longer (nobody promised a shorter one).  Nothing where its supplier was never ordered from. */
void fg_supplier_records_correct(const struct fg_supplier_records *records,
                                 struct fg_offer *offer);
