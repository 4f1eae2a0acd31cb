/* exposition.c - metrics of an exporter: whatever it tells, what comes of it can be true. */
#include "fuzz/fuzz.h"
#include "probe/exporter.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_device_sample samples[8];
    char *text = malloc(len + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, len);
    text[len] = '\0';
    size_t got = fg_exporter_read(text, "hpc.*", 1, samples, 8);
    CHECK(got <= 8);
    for (size_t i = 0; i < got; i++) {
        CHECK(samples[i].device < FG_NODE_DEVICES_MAX && samples[i].node[0]);
        CHECK(samples[i].value[FG_READING_BUSY] <= 1000);
    }
    free(text);
    return 0;
}
