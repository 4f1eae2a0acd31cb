/* gavel_stream.c - streams of jobs, as CSV, for a table of two types. */
#include "fuzz/fuzz.h"
#include "sim/gavel.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct fg_gavel_type types[] = {{"A3C", 1, 0}, {"LM (batch size 5)", 2, 1}};
    static double alone[] = {7, 180};
    const struct fg_gavel_table table = {
        .kinds = {"v100"}, .kinds_len = 1, .types = types, .types_len = 2, .alone = alone};
    struct fg_err err = {};
    struct fg_gavel_stream stream = {};
    if (fg_gavel_stream_read((const char *)bytes, len, "f.csv", &table, &stream, &err) == 0) {
        CHECK(stream.jobs_len > 0);
        for (size_t i = 0; i < stream.jobs_len; i++) {
            CHECK(stream.jobs[i].type < 2 && stream.jobs[i].steps > 0);
            CHECK(i == 0 || stream.jobs[i - 1].arrival <= stream.jobs[i].arrival);
        }
    } else {
        CHECK(err.text[0] && !stream.jobs);
    }
    fg_gavel_stream_free(&stream);
    return 0;
}
