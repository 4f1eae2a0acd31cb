/* trace.h - the jobs of a simulation: what was submitted when, and how long it truly runs.
 *
 *     bytes of a file --fg_sim_read (read.h)--> TRACE --> sim
 *
 * Owner:   whoever reads it; a simulation only looks at it, so that several can share one.
 * Order:   by submission after fg_sim_trace_finish(); jobs of one moment stay in the order they were added.
 */
#pragma once

#include "base/auto.h"
#include "base/err.h"
#include "base/rows.h"
#include "model/job.h"

#include <stddef.h>

#define FG_SIM_JOBS_MAX     10'000'000
#define FG_SIM_DURATION_MAX FG_FIELD_DURATION_MAX /* ten years, in microseconds: of any one */

struct fg_sim_job {
    int64_t submit_us;      /* UTC, or from any zero the trace has */
    int64_t duration_us;    /* true run time without interruptions on a device of speed 1 */
    int64_t time_limit_us;  /* an attempt is ended after it; 0 none */
    int64_t estimate_us;    /* what the user expects; 0 unknown */
    int64_t deadline_us;    /* as submit_us; 0 none */
    int64_t checkpoint_us;  /* work is saved so often; 0 never */
    int64_t restart_us;     /* what an attempt after the first costs before it goes on */
    uint32_t request;       /* what each task asks: in fg_sim_trace.requests */
    uint32_t tasks;         /* that it can use */
    uint32_t tasks_min;     /* that will do to start; 0: all */
    uint32_t speeds;        /* 1 + its place in fg_sim_trace.speeds; 0: alike on all kinds */
    uint32_t project, user; /* in fg_sim_trace.projects; any number */
    uint64_t shape;         /* of its name (learn/class.h); 0 unknown */
    int32_t priority;       /* -1000 .. 1000 */
    bool preemptible;
    enum fg_flexible flexible; /* done by its deadline, else within a day */
    uint64_t reservation;      /* fg_advance_key of the one that it is to run in; 0 none */
};

#define FG_SIM_SPEEDS_MAX 8

/* How fast jobs of one sort go on devices of each kind, in thousandths; on others as fast as they go. */
struct fg_sim_speeds {
    struct {
        char kind[FG_KIND_MAX];
        uint32_t milli;
    } of[FG_SIM_SPEEDS_MAX];
    size_t len;
};

struct fg_sim_project {
    char name[FG_NAME_MAX];
};

struct fg_sim_trace {
    struct fg_sim_job *jobs;
    size_t jobs_len, jobs_room;
    struct fg_request *requests; /* each once */
    size_t requests_len, requests_room;
    struct fg_sim_project *projects; /* each once */
    size_t projects_len, projects_room;
    struct fg_sim_speeds *speeds; /* of jobs that say which */
    size_t speeds_len;
    size_t rows_bad;     /* refused by the reader, which was told to go on */
    size_t rows_skipped; /* rightly not jobs: never ran, asked for nothing */
};

void fg_sim_trace_free(struct fg_sim_trace *trace); /* back to zero */
static inline void fg_sim_trace_drop(struct fg_sim_trace *trace)
{
    fg_sim_trace_free(trace);
}

/* The speed of the job on a device of this kind, in thousandths: 1000 unless it says otherwise. */
uint32_t fg_sim_trace_speed_milli(const struct fg_sim_trace *trace,
                                  const struct fg_sim_job *job,
                                  const char *kind);

/* Add a job.  FG_ETOOBIG: FG_SIM_JOBS_MAX are there. */
[[nodiscard]] int fg_sim_trace_add(struct fg_sim_trace *trace,
                                   const struct fg_sim_job *job,
                                   struct fg_err *err);
/* The number of a request or of a project's name, new or not; names are cut to FG_NAME_MAX - 1 bytes.
 * FG_ETOOBIG: more projects than FG_PROJECTS_MAX - 1. */
uint32_t fg_sim_trace_request(struct fg_sim_trace *trace, const struct fg_request *request);
[[nodiscard]] int fg_sim_trace_project(struct fg_sim_trace *trace,
                                       const char *name,
                                       size_t name_len,
                                       uint32_t *out,
                                       struct fg_err *err);

/* Sort by submission; all moments become relative to the first. */
void fg_sim_trace_finish(struct fg_sim_trace *trace);

/* `gpus` whole devices as tasks on nodes that have `per_node` each: as few tasks as can be, all alike.
 * 12 of 8 a node are 2 x 6.  A prime number beyond `per_node` falls apart into tasks of one device. */
void fg_sim_gang_of(uint32_t gpus, uint32_t per_node, uint32_t *out_tasks, uint32_t *out_count);
