/* demand_jobs.c - jobs of Slurm (first byte even) and our own (odd), cut into hours: nothing is negative. */
#include "demand/read.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    FG_AUTO(fg_ledger) struct fg_ledger *ledger = fg_ledger_new(data[0] / 2 % 8);
    struct fg_demand_reading reading = {.file_name = "f"};
    struct fg_err err = {};
    const char *bytes = (const char *)data + 1;
    int rc = data[0] % 2 ? fg_demand_read_jobs(&reading, bytes, len - 1, ledger, &err)
                         : fg_demand_read_sacct(&reading, bytes, len - 1, ledger, &err);
    if (rc < 0) {
        CHECK(strncmp(err.text, "f:", 2) == 0);
        return 0;
    }
    CHECK(fg_ledger_lines(ledger) > 0 && fg_ledger_hours(ledger) > 0);
    for (size_t line = 0; line < fg_ledger_lines(ledger); line++)
        for (int measure = 0; measure < FG_LEDGER_MEASURES; measure++) {
            const int64_t *cells =
                fg_ledger_device_us(ledger, line, (enum fg_ledger_measure)measure);
            for (size_t hour = 0; hour < fg_ledger_hours(ledger); hour++)
                CHECK(cells[hour] >= 0);
        }
    return 0;
}
