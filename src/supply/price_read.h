/* price_read.h - prices over time, out of a table that somebody recorded: a row per day (or moment) and offer.
 *
 *     date,instance_type,accelerator,accelerator_count,region,zone,price_usd_h,spot_price_usd_h --PRICE_READ--> series
 *
 * The columns of offer_read.h and one more: date (a day, or a moment in ISO 8601).  Rows of one offer may stand anywhere in the
 * file.  What does not change is dropped: a series holds the moments at which its price changed.  A spot price equal to the
 * on-demand price is kept here (a supplier that caps it there is real); one above it refuses the row.
 */
#pragma once

#include "model/price.h"
#include "supply/offer_read.h"

struct fg_price_sheet {
    struct fg_price_series *series;
    size_t series_len, points_len;
    size_t rows, accepted, refused_rows, repaired_rows;
    struct fg_offer_note *repaired,
        *refused; /* in the order of the file; at most FG_OFFER_NOTES_MAX */
    size_t repaired_len, refused_len;
    struct fg_price_point *points; /* of all series */
    struct fg_arena *arena;        /* of the remarks */
};

/* Is the first line of the file that of such a table? */
bool fg_price_is_history(const char *bytes, size_t len);

/* As fg_offer_read().  FG_ETOOBIG: past FG_PRICE_ROWS_MAX rows. */
#define FG_PRICE_ROWS_MAX 5000000
[[nodiscard]] int fg_price_read(const struct fg_offer_reading *reading,
                                const char *bytes,
                                size_t len,
                                struct fg_price_sheet *out,
                                struct fg_err *err);

void fg_price_sheet_free(struct fg_price_sheet *sheet); /* back to zero; NULL is allowed */
static inline void fg_price_sheet_drop(struct fg_price_sheet *sheet)
{
    fg_price_sheet_free(sheet);
}
