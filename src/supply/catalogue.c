/* catalogue.c - see catalogue.h */
#include "supply/catalogue.h"

/* The file as it lies beside this one; CMake knows that this object depends on it. */
__asm__(".section .rodata\n"
        ".balign 16\n"
        "fg_bundled_offers:\n"
        ".incbin \"" BUNDLED_OFFERS_PATH "\"\n"
        "fg_bundled_offers_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char fg_bundled_offers[], fg_bundled_offers_end[];

int fg_catalogue_read(const struct fg_offer_reading *reading,
                      const char *bytes,
                      size_t len,
                      struct fg_catalogue *out,
                      struct fg_err *err)
{
    *out = (struct fg_catalogue){.is_history = fg_price_is_history(bytes, len)};
    return out->is_history ? fg_price_read(reading, bytes, len, &out->prices, err)
                           : fg_offer_read(reading, bytes, len, &out->offers, err);
}

void fg_catalogue_free(struct fg_catalogue *catalogue)
{
    if (!catalogue)
        return;
    fg_offer_sheet_free(&catalogue->offers);
    fg_price_sheet_free(&catalogue->prices);
}

static void write_notes(struct fg_json *json,
                        const char *key,
                        const struct fg_offer_note *notes,
                        size_t len)
{
    fg_json_key(json, key);
    fg_json_array(json);
    for (size_t i = 0; i < len; i++) {
        fg_json_object(json);
        fg_json_kv_int(json, "line", (int64_t)notes[i].line);
        fg_json_kv(json, "why", notes[i].why);
        fg_json_end(json);
    }
    fg_json_end(json);
}

static void report_offers(struct fg_json *json, const struct fg_offer_sheet *sheet)
{
    fg_json_kv_int(json, "accepted", (int64_t)sheet->accepted);
    write_notes(json, "repaired", sheet->repaired, sheet->repaired_len);
    write_notes(json, "refused", sheet->refused, sheet->refused_len);
    fg_json_kv(json, "kind", "offers");
    fg_json_kv_int(json, "rows", (int64_t)sheet->rows);
    fg_json_kv_int(json, "repaired_rows", (int64_t)sheet->repaired_rows);
    fg_json_kv_int(json, "refused_rows", (int64_t)sheet->refused_rows);
    fg_json_kv_int(json, "offers", (int64_t)sheet->offers_len);
}

static void report_prices(struct fg_json *json, const struct fg_price_sheet *sheet)
{
    fg_json_kv_int(json, "accepted", (int64_t)sheet->accepted);
    write_notes(json, "repaired", sheet->repaired, sheet->repaired_len);
    write_notes(json, "refused", sheet->refused, sheet->refused_len);
    fg_json_kv(json, "kind", "prices");
    fg_json_kv_int(json, "rows", (int64_t)sheet->rows);
    fg_json_kv_int(json, "repaired_rows", (int64_t)sheet->repaired_rows);
    fg_json_kv_int(json, "refused_rows", (int64_t)sheet->refused_rows);
    fg_json_kv_int(json, "offers", (int64_t)sheet->series_len);
    fg_json_kv_int(json, "points", (int64_t)sheet->points_len);
}

void fg_catalogue_report(struct fg_json *json, const struct fg_catalogue *catalogue)
{
    if (catalogue->is_history)
        report_prices(json, &catalogue->prices);
    else
        report_offers(json, &catalogue->offers);
}

int fg_catalogue_bundled(struct fg_offer_sheet *out, struct fg_err *err)
{
    struct fg_offer_reading reading = {};
    return fg_offer_read(&reading, fg_bundled_offers,
                         (size_t)(fg_bundled_offers_end - fg_bundled_offers), out, err);
}
