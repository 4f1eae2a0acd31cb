/* demand_events.c - files of events: the steps that come out ascend and lie in the time that was asked for. */
#include "demand/events.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char name[] = "a";
    static const struct fg_demand_time times[] = {
        {.is_index = true, .step = 3},
        {.first = 1'767'225'600'000'000, .step = 3'600'000'000},
        {.first = 672, .months = 1, .rest_us = 2'592'000'000'000}};
    struct fg_demand_reading reading = {.file_name = "e"};
    FG_AUTO(fg_demand_events) struct fg_demand_events *events = NULL;
    struct fg_err err = {};
    if (fg_demand_events_read(&reading, (const char *)data, len, &events, &err) < 0) {
        CHECK(strncmp(err.text, "e:", 2) == 0 && !events);
        return 0;
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        struct fg_demand_series series = {.name = name, .time = times[i], .len = 100};
        struct fg_forecast_event out[FG_FORECAST_EVENTS_MAX];
        FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1 << 20);
        size_t count = fg_demand_events_of(events, &series, 20, arena, out);
        CHECK(count <= FG_FORECAST_EVENTS_MAX);
        for (size_t event = 0; event < count; event++) {
            CHECK(out[event].steps_len > 0);
            for (size_t step = 0; step < out[event].steps_len; step++)
                CHECK(out[event].steps[step] < 120
                      && (step == 0 || out[event].steps[step - 1] < out[event].steps[step]));
        }
    }
    return 0;
}
