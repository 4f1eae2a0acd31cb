/* probe_record.c - a recorded machine: what is read can be replayed at any time. */
#include "fuzz/fuzz.h"
#include "probe/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_err err = {};
    int64_t value[FG_READINGS_LEN];
    FILE *file = len ? fmemopen((void *)(uintptr_t)bytes, len, "r") : NULL;
    if (!file)
        return 0;
    FG_AUTO(fg_record) struct fg_record *record = fg_record_read(file, "fuzz", &err);
    fclose(file);
    if (!record) {
        CHECK(err.text[0]);
        return 0;
    }
    CHECK(record->length_us > 0 && record->devices_len + record->points_len > 0);
    for (uint32_t i = 0; i < record->devices_len; i++)
        for (int64_t at = 0; at < 5; at++)
            fg_record_at(record, i, at * record->length_us / 2, value);
    return 0;
}
