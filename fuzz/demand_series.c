/* demand_series.c - files of series: the first byte says which format and options, the rest is the file.  What is read keeps
 * every bound that a forecast relies on. */
#include "demand/read.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

static void check_series(const struct fg_demand_series *series)
{
    size_t gaps = 0;
    CHECK(series->name && series->len > 0 && series->len <= FG_DEMAND_VALUES_MAX);
    CHECK((series->time.step > 0) != (series->time.months > 0));
    for (size_t i = 0; i < series->len; i++) {
        CHECK(!isinf(series->values[i]));
        gaps += isnan(series->values[i]) ? 1 : 0;
    }
    CHECK(gaps == series->gaps);
    CHECK(fg_demand_time_at(&series->time, series->len)
          > fg_demand_time_at(&series->time, series->len - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    struct fg_demand_reading reading = {.file_name = "f",
                                        .step = data[0] & 4 ? 3'600'000'000 : 0};
    struct fg_demand_set set = {};
    struct fg_err err = {};
    const char *bytes = (const char *)data + 1;
    int rc = data[0] % 4 == 0 ? fg_demand_read_csv(&reading, bytes, len - 1, &set, &err)
             : data[0] % 4 == 1
                 ? fg_demand_read_m4(&reading, bytes, len - 1, &set, &err)
                 : fg_demand_read_prometheus(&reading, bytes, len - 1, &set, &err);
    if (rc < 0) {
        CHECK(strncmp(err.text, "f:", 2) == 0 && !set.series);
        return 0;
    }
    CHECK(set.len > 0);
    for (size_t i = 0; i < set.len; i++)
        check_series(&set.series[i]);
    fg_demand_set_free(&set);
    return 0;
}
