/* gavel_trace.h - a stream of Gavel's jobs as a trace, for the orders of the service: no rounds, one job a device.
 *
 *     table, stream (gavel.h) --GAVEL TRACE--> fg_sim_trace --> sim
 */
#pragma once

#include "sim/gavel.h"
#include "sim/trace.h"

struct fg_gavel_traced {
    size_t jobs; /* of the stream, the first */
    double jobs_per_hour;
    uint32_t per_node; /* devices */
};

/* The stream into `*out` (zeroed by the caller), its jobs submitted at so many an hour.  A job's duration is that on the kind that is
 * fastest for it, which its user knows; on other kinds it goes slower (fg_sim_job.speeds).  One that some kind cannot run at
 * all asks for its fastest.  All can be stopped, at no cost.  Devices beyond `per_node` make a gang.
 * FG_ETOOBIG: past a bound of traces; the trace is empty then. */
[[nodiscard]] int fg_gavel_trace(const struct fg_gavel_table *table,
                                 const struct fg_gavel_stream *stream,
                                 struct fg_gavel_traced how,
                                 struct fg_sim_trace *out,
                                 struct fg_err *err);
