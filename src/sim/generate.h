/* generate.h - a made-up trace with the shape of the Philly jobs, of any size, for experiments and benchmarks.
 *
 *     jobs, devices, days, load, seed --GENERATE--> trace
 *
 * Sizes, the spread of run times of each size and the shares of projects are those of the 82,247 jobs of the Philly list (Jeon et
 * al., USENIX ATC 2019); arrivals follow the hour of the day and rest at weekends.  Run times are then scaled so that
 * all jobs together ask `load` of the devices' time, none for more than a quarter of the time
 * (less is asked if that cannot be).  Pure: every draw comes from the seed.
 */
#pragma once

#include "base/buf.h"
#include "sim/trace.h"

struct fg_sim_generate {
    size_t jobs;         /* 1 .. FG_SIM_JOBS_MAX */
    uint32_t gpus;       /* devices of the cluster that it is for */
    uint32_t per_node;   /* larger jobs become gangs; 1 .. 32 */
    int64_t span_us;     /* from the first to the last submission, about */
    uint32_t load_milli; /* 800: the jobs ask for 80 % of what there is in that time */
    uint64_t seed;
};

/* Into `*trace` (zeroed), sorted.  Every third job is preemptible; the limit is 1 to 4 times the run time. */
void fg_sim_generate(const struct fg_sim_generate *options, struct fg_sim_trace *trace);

/* The trace in the native format (docs/simulator.md), whole seconds; reads back as the same jobs but for priorities,
 * checkpoints and parts of a second. */
void fg_sim_trace_csv(const struct fg_sim_trace *trace, struct fg_buf *out);
