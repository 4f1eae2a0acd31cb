/* result.h - what a simulation found: every job's fate, sums, and how the cluster went over time.
 *
 *     sim (events, rounds) --fg_sim_result--> report (percentiles, JSON, table, page)
 *
 * Every simulator of this folder fills one of these, and everything that is shown is computed from it.
 * Moments are microseconds since the simulation began (the first submission is 0), whatever the trace's calendar.
 */
#pragma once

#include "base/auto.h"
#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a simulated job ended. */
enum fg_sim_end {
    FG_SIM_NEVER, /* it waits still: nothing of the cluster can hold it, or the run was cut off */
    FG_SIM_DONE,      /* all its work is done */
    FG_SIM_TIMED_OUT, /* its time limit came first */
    FG_SIM_ENDS
};

struct fg_sim_outcome {
    int64_t submit_us;
    int64_t start_us;    /* of its first attempt; -1 never */
    int64_t end_us;      /* -1 never */
    int64_t deadline_us; /* 0 none */
    int64_t
        run_us; /* it held devices so long, all attempts; the rest of end - submit it waited */
    int64_t
        ideal_us; /* it would have taken this alone, at the speed of its best device, from its submission */
    int64_t
        isolated_us; /* with an equal share of the pool it would have taken this; 0: not known, isolated.h reckons it */
    int64_t gpu_us; /* device-microseconds held, shares counted as shares, work lost included */
    uint32_t gpu_milli; /* devices that it asks for, all tasks together, in thousandths */
    uint32_t project;   /* in fg_sim_result.projects */
    uint32_t attempts;
    enum fg_sim_end end;
};

/* One stretch of time; amounts are averages over it. */
struct fg_sim_sample {
    int64_t at_us;    /* its beginning; it lasts fg_sim_result.step_us */
    double gpus_up;   /* devices of nodes that are up */
    double gpus_busy; /* of these, granted (shares as shares) */
    double
        gpus_stranded; /* idle devices on nodes that are not empty: what fragmentation leaves over */
    double jobs_waiting, jobs_running;
    double watts;
    double usd_per_hour;
};

struct fg_sim_sums {
    int64_t span_us;           /* from the first submission to the last end (makespan) */
    int64_t gpu_up_us;         /* device-microseconds of nodes that were up in that time */
    int64_t gpu_busy_us;       /* of these, granted */
    int64_t gpu_lost_us;       /* granted, and wasted: work done twice, restarts */
    int64_t gpu_pushed_us;     /* of these, because jobs were stopped for others */
    int64_t cost_uusd;         /* of all nodes that were up, busy or not */
    int64_t energy_j;          /* joule */
    int64_t co2_g, power_uusd; /* of it, with an energy model */
    uint64_t held; /* flexible jobs that were told to wait for an hour, or another one */
    uint64_t sleeps, capped; /* nodes sent to sleep; attempts under a power cap */
    uint64_t preemptions;    /* attempts stopped for another job */
    uint64_t evictions;      /* attempts ended by a node that failed or was taken back */
    uint64_t node_failures, spot_losses;
    uint64_t decisions; /* starts */
    uint64_t passes;
};

#define FG_SIM_SAMPLES_MAX 512

struct fg_sim_result {
    struct fg_sim_outcome *jobs; /* owned; in the order of submission */
    size_t jobs_len;
    char (*projects)[FG_NAME_MAX]; /* owned */
    uint32_t *weights;             /* owned; of each project */
    size_t projects_len;
    struct fg_sim_sums sums;
    struct fg_sim_sample *samples; /* owned; at most FG_SIM_SAMPLES_MAX */
    size_t samples_len;
    int64_t step_us;
};

/* Room for so many jobs and projects, zeroed (FG_SIM_NEVER, moments -1, weight 100); out of memory ends the process. */
struct fg_sim_result *fg_sim_result_new(size_t jobs, size_t projects);
void fg_sim_result_free(struct fg_sim_result *result); /* NULL is allowed */
FG_AUTO_DEFINE(fg_sim_result)

/* Add the state of a stretch of time, `from_us` to `to_us`, to the samples: they become coarser by themselves as time
 * goes on.  Stretches come in order and without gaps; `state.at_us` is not read. */
void fg_sim_result_sample(struct fg_sim_result *result,
                          const struct fg_sim_sample *state,
                          int64_t from_us,
                          int64_t to_us);
