/* measure.c - files of measured links: what is a measure is written and read back to the same. */
#include "transfer/measure.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    FG_AUTO(fg_file) FILE *in = fmemopen((void *)bytes, len, "r");
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    fg_measure_book_read(book, in);
    FG_AUTO(fg_buf) struct fg_buf once = {};
    fg_measure_book_write(book, &once);
    for (size_t i = 0; i < fg_measure_book_len(book); i++) {
        struct fg_measure link;
        struct fg_measure_estimate estimate;
        fg_measure_book_at(book, i, 1'790'000'000'000'000, &link, &estimate);
        CHECK(fg_measure_is_site(link.a) && estimate.bytes_per_s >= 0);
    }
    if (once.len == 0)
        return 0;
    FG_AUTO(fg_measure_book) struct fg_measure_book *copy = fg_measure_book_new();
    FG_AUTO(fg_file) FILE *again = fmemopen(once.text, once.len, "r");
    CHECK(fg_measure_book_read(copy, again) == 0);
    FG_AUTO(fg_buf) struct fg_buf twice = {};
    fg_measure_book_write(copy, &twice);
    CHECK(twice.len == once.len && memcmp(once.text, twice.text, once.len) == 0);
    return 0;
}
