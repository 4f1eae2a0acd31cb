/* gavel_speeds.c - measured speeds of job types, as JSON. */
#include "fuzz/fuzz.h"
#include "sim/gavel.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_err err = {};
    struct fg_gavel_table table = {.kinds = {"v100", "k80"}, .kinds_len = 2};
    if (fg_gavel_table_read((const char *)bytes, len, "f.json", &table, &err) == 0) {
        for (uint32_t i = 0; i < table.types_len; i++) {
            const struct fg_gavel_type *type = &table.types[i];
            CHECK(fg_gavel_type_find(&table, type->name, strlen(type->name), type->devices)
                  == (int)i);
            CHECK(fg_gavel_alone(&table, i, 1) >= 0);
            CHECK(fg_gavel_paired(&table, i, 0, 1) >= 0);
        }
        struct fg_gavel_stream stream = {};
        if (fg_gavel_stream_draw(&table, 1, len & 1, 50, &stream, &err) == 0)
            for (size_t i = 0; i < stream.jobs_len; i++)
                CHECK(stream.jobs[i].type < table.types_len && stream.jobs[i].steps > 0);
        fg_gavel_stream_free(&stream);
    } else {
        CHECK(err.text[0] && !table.types);
    }
    fg_gavel_table_free(&table);
    return 0;
}
