/* catalogue.h - a file that somebody publishes, whatever is in it: offers, or prices over time; and what is said of its rows.
 *
 *     bytes --CATALOGUE--> offers or price series, and a report as JSON
 */
#pragma once

#include "base/json_write.h"
#include "supply/offer_read.h"
#include "supply/price_read.h"

struct fg_catalogue {
    bool is_history;              /* a table with a column of dates */
    struct fg_offer_sheet offers; /* else zero */
    struct fg_price_sheet prices; /* else zero */
};

/* As fg_offer_read() and fg_price_read(). */
[[nodiscard]] int fg_catalogue_read(const struct fg_offer_reading *reading,
                                    const char *bytes,
                                    size_t len,
                                    struct fg_catalogue *out,
                                    struct fg_err *err);
void fg_catalogue_free(struct fg_catalogue *catalogue); /* back to zero; NULL is allowed */
static inline void fg_catalogue_drop(struct fg_catalogue *catalogue)
{
    fg_catalogue_free(catalogue);
}

/* Members of the report into an object that is open: kind, rows, accepted, repaired, refused ([{"line","why"}], at most
 * FG_OFFER_NOTES_MAX), repaired_rows, refused_rows, offers (of a history: series), points. */
void fg_catalogue_report(struct fg_json *json, const struct fg_catalogue *catalogue);

/* The bundled list: offers that come with the program, typed from public price pages (bundled_offers.csv).  Free the sheet. */
[[nodiscard]] int fg_catalogue_bundled(struct fg_offer_sheet *out, struct fg_err *err);
