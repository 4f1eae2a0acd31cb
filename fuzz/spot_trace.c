/* spot_trace.c - traces of spot machines: what is read keeps the bounds that a replay relies on, and replays to an end
 * in time. */
#include "fuzz/fuzz.h"
#include "market/spot_replay.h"

#include <string.h>

static void check_replay(const struct fg_spot_trace *trace)
{
    const struct fg_spot_case job = {.zones = trace,
                                     .zones_len = 1,
                                     .machines = 1,
                                     .work_us = 40 * trace->gap_us,
                                     .time_us = 50 * trace->gap_us,
                                     .restart_us = 2 * trace->gap_us,
                                     .spot_uusd_per_hour = 1'000'000,
                                     .on_demand_uusd_per_hour = 3'000'000};
    struct fg_spot_outcome out;
    fg_spot_replay(&job, fg_deadline_policy_find("uniform"), NULL, &out);
    CHECK(out.late_us == 0);
    CHECK((double)out.cost_uusd + 2 >= fg_spot_clairvoyant_uusd(&job));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new((size_t)1 << 30);
    struct fg_spot_trace trace = {};
    struct fg_err err = {};
    if (fg_spot_trace_read((const char *)data, len, "f", arena, &trace, &err) < 0) {
        CHECK(strncmp(err.text, "f: ", 3) == 0);
        return 0;
    }
    CHECK(trace.len >= 1 && trace.len <= FG_SPOT_LOOKS_MAX);
    CHECK(trace.gap_us >= 1'000'000 && trace.gap_us <= 86'400'000'000);
    for (size_t i = 0; i < trace.len; i++)
        CHECK(trace.machines[i] <= FG_SPOT_MACHINES_MAX);
    check_replay(&trace);
    return 0;
}
