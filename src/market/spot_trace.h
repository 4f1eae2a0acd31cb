/* spot_trace.h - how many spot machines could be had in one zone, look after look.
 *
 *     {"metadata": {"gap_seconds": 195}, "data": [1, 1, 0, 4]} --fg_spot_trace_read--> TRACE --> spot_replay
 *
 * Format: the traces of "Can't Be Late" (NSDI 2024), of availability and of preemption; a value is a number of machines.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FG_SPOT_LOOKS_MAX    1'000'000
#define FG_SPOT_MACHINES_MAX 1'000'000

struct fg_spot_trace {
    const char *name; /* borrowed */
    int64_t gap_us;   /* from one look to the next */
    const uint32_t *machines;
    size_t len; /* at least 1 */
};

/* Read a trace into `arena`.  FG_EINVAL: "us-east-1a.json: data[3]: expected a number of machines". */
[[nodiscard]] int fg_spot_trace_read(const char *bytes,
                                     size_t len,
                                     const char *name,
                                     struct fg_arena *arena,
                                     struct fg_spot_trace *out,
                                     struct fg_err *err);

/* Are `machines` of them there at look `at`?  The trace begins again when it is over. */
static inline bool fg_spot_trace_has(const struct fg_spot_trace *trace,
                                     size_t at,
                                     uint32_t machines)
{
    return trace->machines[at % trace->len] >= machines;
}
