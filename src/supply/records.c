/* records.c - see records.h */
#include "supply/records.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US 3.6e9
#define LATE_US INT64_C(600000000)

void fg_supplier_records_fini(struct fg_supplier_records *records)
{
    free(records->rows);
    free(records->parts);
    *records = (struct fg_supplier_records){};
}

/* The next, zeroed. */
static void *add_one(void *items, size_t *len, size_t *room, size_t size)
{
    if (*len == *room) {
        *room = *room ? *room * 2 : 16;
        items = reallocarray(items, *room, size);
        if (!items)
            abort();
    }
    memset((char *)items + *len * size, 0, size);
    ++*len;
    return items;
}

const struct fg_supplier_history *fg_supplier_records_of(
    const struct fg_supplier_records *records, const char *supplier)
{
    for (size_t i = 0; i < records->len; i++)
        if (strcmp(records->rows[i].supplier, supplier) == 0)
            return &records->rows[i];
    return NULL;
}

const struct fg_supplier_part *fg_supplier_records_part(
    const struct fg_supplier_records *records, const struct fg_offer *offer)
{
    for (size_t i = 0; i < records->parts_len; i++) {
        const struct fg_supplier_part *part = &records->parts[i];
        if (part->contract == offer->contract && strcmp(part->instance, offer->instance) == 0
            && strcmp(part->supplier, offer->supplier) == 0
            && strcmp(part->region, offer->region) == 0)
            return part;
    }
    return NULL;
}

static struct fg_supplier_history *history_of(struct fg_supplier_records *records,
                                              const char *supplier)
{
    struct fg_supplier_history *row =
        (struct fg_supplier_history *)fg_supplier_records_of(records, supplier);
    if (row)
        return row;
    records->rows =
        add_one(records->rows, &records->len, &records->room, sizeof(records->rows[0]));
    row = &records->rows[records->len - 1];
    fg_copy(row->supplier, sizeof(row->supplier), supplier);
    return row;
}

/* NULL: there are too many. */
static struct fg_supplier_part *part_of(struct fg_supplier_records *records,
                                        const struct fg_offer *offer)
{
    struct fg_supplier_part *part =
        (struct fg_supplier_part *)fg_supplier_records_part(records, offer);
    if (part || records->parts_len == FG_SUPPLIER_PARTS_MAX)
        return part;
    records->parts = add_one(records->parts, &records->parts_len, &records->parts_room,
                             sizeof(records->parts[0]));
    part = &records->parts[records->parts_len - 1];
    fg_copy(part->supplier, sizeof(part->supplier), offer->supplier);
    fg_copy(part->instance, sizeof(part->instance), offer->instance);
    fg_copy(part->region, sizeof(part->region), offer->region);
    part->contract = offer->contract;
    return part;
}

void fg_supplier_records_add(struct fg_supplier_records *records, const struct fg_order *order)
{
    struct fg_supplier_part spare = {}, *part = part_of(records, &order->offer);
    fg_supplier_history_add(history_of(records, order->offer.supplier), part ? part : &spare,
                            order, records->clock);
}

void fg_supplier_records_expect(const struct fg_supplier_records *records,
                                const struct fg_offer *offer,
                                struct fg_supplier_outlook *out)
{
    struct fg_belief beliefs[FG_CRITERIA];
    fg_beliefs(offer, fg_supplier_records_of(records, offer->supplier),
               fg_supplier_records_part(records, offer), 0, beliefs);
    out->losses = beliefs[offer->contract == FG_CONTRACT_SPOT ? FG_CRITERION_PREEMPTIONS
                                                              : FG_CRITERION_FAULTS];
    out->lead = beliefs[FG_CRITERION_LEAD];
}

/* By so much a lead time may be longer than told: clocks differ, and minutes matter to no plan. */
static int64_t late_us(int64_t told_us)
{
    return told_us / 10 > LATE_US ? told_us / 10 : LATE_US;
}

void fg_supplier_records_correct(const struct fg_supplier_records *records,
                                 struct fg_offer *offer)
{
    struct fg_supplier_outlook outlook;
    if (!fg_supplier_records_of(records, offer->supplier))
        return;
    fg_supplier_records_expect(records, offer, &outlook);
    if (offer->contract == FG_CONTRACT_SPOT)
        offer->reclaims_per_khour = (uint32_t)lround(fmin(outlook.losses.mean, 1e6));
    int64_t lead_us = llround(outlook.lead.mean * HOUR_US);
    if (lead_us > offer->lead_time_us + late_us(offer->lead_time_us))
        offer->lead_time_us = lead_us;
}
