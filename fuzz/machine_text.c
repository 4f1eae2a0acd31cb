/* machine_text.c - files of /proc: any text gives numbers that can be, or none. */
#include "probe/machine_text.h"

#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char text[4096];
    struct fg_machine_ticks ticks;
    if (len >= sizeof(text))
        return 0;
    memcpy(text, bytes, len);
    text[len] = '\0';
    if (fg_machine_read_ticks(text, &ticks))
        CHECK(ticks.busy >= 0 && ticks.busy <= ticks.total);
    CHECK(fg_machine_read_memory(text) >= -1);
    CHECK(fg_machine_read_stall(text) >= -1);
    return 0;
}
