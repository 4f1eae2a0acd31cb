/* catalogue.c - price lists as CSV or JSON, and prices over time: rows are all accounted for, and what is accepted is sound. */
#include "supply/catalogue.h"
#include "base/arena.h"
#include "base/doc.h"
#include "fuzz/fuzz.h"
#include "model/names.h"
#include "supply/accelerator.h"

#include <string.h>

static void check_notes(const struct fg_offer_note *notes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        CHECK(notes[i].line > 0 && (i == 0 || notes[i].line >= notes[i - 1].line));
        CHECK(notes[i].why && notes[i].why[0]);
    }
}

static void check_offers(const struct fg_offer_sheet *sheet)
{
    CHECK(sheet->accepted + sheet->refused_rows == sheet->rows);
    CHECK(sheet->refused_len == sheet->refused_rows
          && sheet->repaired_len == sheet->repaired_rows);
    CHECK(sheet->offers_len <= 2 * sheet->accepted);
    for (size_t i = 0; i < sheet->offers_len; i++) {
        CHECK(fg_offer_check(&sheet->offers[i], NULL) == 0);
        CHECK(fg_offer_uusd_per_device_hour(&sheet->offers[i]) >= 0);
        for (size_t k = 0; k < i && sheet->offers_len < 50; k++)
            CHECK(!fg_offer_same(&sheet->offers[i], &sheet->offers[k]));
    }
    check_notes(sheet->refused, sheet->refused_len);
    check_notes(sheet->repaired, sheet->repaired_len);
}

static void check_prices(const struct fg_price_sheet *sheet)
{
    CHECK(sheet->accepted + sheet->refused_rows == sheet->rows);
    check_notes(sheet->refused, sheet->refused_len);
    for (size_t i = 0; i < sheet->series_len; i++) {
        const struct fg_price_series *series = &sheet->series[i];
        CHECK(series->len > 0 && fg_offer_check(&series->offer, NULL) == 0);
        CHECK(series->points[0].time_us == series->first_us);
        CHECK(series->points[series->len - 1].time_us <= series->last_us);
        for (size_t k = 1; k < series->len; k++)
            CHECK(series->points[k].time_us > series->points[k - 1].time_us
                  && series->points[k].uusd_per_hour != series->points[k - 1].uusd_per_hour);
    }
}

/* Any text is a name of some kind, or of none. */
static void check_name(const uint8_t *bytes, size_t len)
{
    char text[64], kind[FG_KIND_MAX];
    size_t cut = len < sizeof(text) - 1 ? len : sizeof(text) - 1;
    memcpy(text, bytes, cut);
    text[cut] = '\0';
    struct fg_accelerator_match match = fg_accelerator_match(text, text, (uint32_t)len);
    CHECK(match.devices >= 1);
    fg_accelerator_general(text, kind);
    CHECK(!kind[0] || fg_kind_read("kind", kind, kind, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_offer_reading reading = {.supplier = len & 1 ? "fuzz" : NULL};
    FG_AUTO(fg_catalogue) struct fg_catalogue read;
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_json json = {.buf = &out};
    struct fg_err err = {};
    check_name(bytes, len);
    if (fg_catalogue_read(&reading, (const char *)bytes, len, &read, &err) < 0) {
        CHECK(err.text[0]);
        return 0;
    }
    if (read.is_history)
        check_prices(&read.prices);
    else
        check_offers(&read.offers);
    fg_json_object(&json);
    fg_catalogue_report(&json, &read);
    fg_json_end(&json);
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(fg_doc_room(out.len));
    const struct fg_doc *doc;
    CHECK(fg_doc_json(out.text, out.len, arena, &doc, NULL) == 0 || out.len > 100000);
    return 0;
}
