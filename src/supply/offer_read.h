/* offer_read.h - offers out of a table (CSV) or a list (JSON) that somebody else wrote.
 *
 *     bytes of a catalogue --OFFER_READ--> checked offers, and what was repaired or refused, row by row, with the reason
 *
 * Columns are found by their names, in any order and any letter case:
 *   - the house's own: supplier, instance_type, accelerator, accelerator_count, accelerator_mem_mib (of one device), vcpus,
 *     memory_gib, region, zone, contract, price_usd_h, spot_price_usd_h (of the whole instance), term_hours, upfront_usd,
 *     lead_time_hours, minimum_hours, minimum_count, capacity, away_percent, reclaims_per_khour, watts, carbon_g_per_kwh, currency;
 *   - SkyPilot's catalogues: InstanceType, vCPUs, MemoryGiB, AcceleratorName, AcceleratorCount, GpuInfo (or GPUInfo), Price,
 *     SpotPrice, Region, AvailabilityZone.
 * JSON is a list of objects with the house's own names, or {"offers": [...]}; or what `fastgpu offer list --json` prints.
 *
 * A row without a contract makes an on-demand offer of its price and a spot offer of its spot price.  A row that can be read in
 * one way only is repaired, and said; one that can be read in two is refused: a wrong price buys the wrong machine.
 * Every offer that comes out has passed fg_offer_check(), and no two of them are the same (fg_offer_same()): of duplicates the
 * first stays and the others are refused.  Pure; the same bytes give the same answer.
 */
#pragma once

#include "base/auto.h"
#include "model/offer.h"

#include <stddef.h>

#define FG_OFFER_BYTES_MAX (256UL * 1024 * 1024) /* of one file */
#define FG_OFFER_NOTES_MAX                                                                     \
    100000 /* remarks that are kept of each sort; their number is always true */

/* How to read.  Zero it; both are borrowed. */
struct fg_offer_reading {
    const char *supplier;        /* who sells all of it; NULL: the column says */
    const char *supplier_column; /* name of that column; NULL: "supplier" */
};

/* Something said about one row. */
struct fg_offer_note {
    size_t line;     /* in the file, from 1; of JSON: the number of the element, from 1 */
    const char *why; /* owned by the sheet */
};

/* What came out.  Everything is owned by the sheet; free with fg_offer_sheet_free(). */
struct fg_offer_sheet {
    struct fg_offer *offers;
    size_t offers_len;
    uint32_t *lines; /* offers_len: the line each offer is from */
    size_t rows;     /* data rows read: accepted + refused */
    size_t accepted; /* rows that made an offer, repaired ones among them */
    size_t repaired_rows, refused_rows;
    struct fg_offer_note *repaired, *refused; /* in the order of the file */
    size_t repaired_len, refused_len;         /* at most FG_OFFER_NOTES_MAX */
    struct fg_arena *arena;                   /* of the remarks */
};

/* Read CSV, or JSON if the first byte that is not blank is '[' or '{'.  Returns 0 and a sheet, also when every row was refused;
 * FG_EINVAL: it is no such file (no header, a column that must be there is not; two columns of one meaning);
 * FG_ETOOBIG: past FG_OFFER_BYTES_MAX or FG_OFFERS_MAX.  On error `*out` is zero. */
[[nodiscard]] int fg_offer_read(const struct fg_offer_reading *reading,
                                const char *bytes,
                                size_t len,
                                struct fg_offer_sheet *out,
                                struct fg_err *err);

void fg_offer_sheet_free(struct fg_offer_sheet *sheet); /* back to zero; NULL is allowed */
static inline void fg_offer_sheet_drop(struct fg_offer_sheet *sheet)
{
    fg_offer_sheet_free(sheet);
}
