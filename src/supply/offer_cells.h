/* offer_cells.h - the values of one row of a catalogue, found by column, before anybody believed them.
 * For the readers of this folder: of offers (offer_read.c) and of prices over time (price_read.c). */
#pragma once

#include "base/arena.h"
#include "base/doc.h"
#include "base/rows.h"
#include "supply/offer_read.h"

enum fg_offer_column {
#define X(column, name, others) FG_OFFER_##column,
#include "supply/offer_column.def"
#undef X
    FG_OFFER_COLUMNS
};

const char *fg_offer_column_name(enum fg_offer_column column);

struct fg_offer_cells {
    struct fg_field of[FG_OFFER_COLUMNS]; /* empty: no such column, or nothing in it */
};

/* Which column of the file is which: the place in the row, or -1. */
struct fg_offer_header {
    int at[FG_OFFER_COLUMNS];
    size_t columns_len;
};

/* Read the first line of a table.  FG_EINVAL: a column that must be there is not (accelerator, accelerator_count, a price, a
 * supplier if none is given), two columns of one meaning, none that is known. */
[[nodiscard]] int fg_offer_header_read(const struct fg_offer_reading *reading,
                                       struct fg_field line,
                                       struct fg_offer_header *out,
                                       struct fg_err *err);

/* Cut one line of the table.  FG_EINVAL: another number of columns than the header, a byte of value 0. */
[[nodiscard]] int fg_offer_cells_cut(const struct fg_offer_header *header,
                                     struct fg_field line,
                                     struct fg_offer_cells *out,
                                     struct fg_err *err);

/* The members of one JSON object; numbers as text in `arena`. FG_EINVAL: no object, an unknown member, a value that is no
 * number and no text. */
[[nodiscard]] int fg_offer_cells_of(const struct fg_offer_reading *reading,
                                    const struct fg_doc *object,
                                    struct fg_arena *arena,
                                    struct fg_offer_cells *out,
                                    struct fg_err *err);

/* An offer as this program shows it (model/offer_json.h; `fastgpu offer list --json`): has it prices in millionths?  Members that
 * only the catalogue knows (id, listed, ...) are passed over. */
bool fg_offer_is_ours(const struct fg_doc *object);
[[nodiscard]] int fg_offer_ours_read(const struct fg_doc *object,
                                     struct fg_arena *arena,
                                     struct fg_offer *out,
                                     struct fg_err *err);

/* Nothing: empty, or a word that programs write for it ("nan", "null", "None", "n/a"). */
bool fg_offer_is_empty(struct fg_field field);

/* A decimal number in units of 10^-scale, rounded to the nearest: "98.32", "9.832e1", "4.0", "$3.06", "1,234.50".  1, or 0:
 * nothing there; or FG_EINVAL with what is wrong (a comma that may be a decimal point or not, another currency, infinity).
 * `*odd` becomes what was strange and could be read all the same, or stays as it was. */
[[nodiscard]] int fg_offer_number(
    struct fg_field field, int scale, int64_t *out, const char **odd, struct fg_err *err);
