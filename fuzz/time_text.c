/* time_text.c - moments and durations: what is accepted is in range, and a moment reads back as itself. */
#include "base/clock.h"
#include "base/doc_read.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char text[200], out[FG_TIME_TEXT_MAX];
    int64_t value = 0, again = 0;
    if (len >= sizeof(text))
        return 0;
    memcpy(text, bytes, len);
    text[len] = '\0';
    if (fg_time_parse(text, &value) == 0 && value > 0) {
        fg_time_format(value, out);
        CHECK(fg_time_parse(out, &again) == 0);
        CHECK(again == value || value > 253'402'300'799'000'000);
    }
    if (fg_duration_parse(text, &value) == 0) {
        CHECK(value >= 0);
        fg_duration_format(value, out);
        CHECK(fg_duration_parse(out, &again) == 0 && again <= value);
    }
    if (fg_size_parse(text, 1024, &value) == 0)
        CHECK(value >= 0);
    return 0;
}
