/* gavel_trace.c - see gavel_trace.h */
#include "sim/gavel_trace.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_US 1'000'000 /* as in the paper's simulator a stop loses next to nothing */

static uint32_t fastest_of(const struct fg_gavel_table *table, uint32_t type)
{
    uint32_t fastest = 0;
    for (uint32_t kind = 1; kind < table->kinds_len; kind++)
        if (fg_gavel_alone(table, type, kind) > fg_gavel_alone(table, type, fastest))
            fastest = kind;
    return fastest;
}

/* A row for each type: thousandths of its fastest kind, at least one. */
static int add_speeds(const struct fg_gavel_table *table,
                      struct fg_sim_trace *out,
                      struct fg_err *err)
{
    static_assert(FG_GAVEL_KINDS_MAX <= FG_SIM_SPEEDS_MAX, "a row holds all kinds");
    out->speeds = calloc(table->types_len + 1, sizeof(out->speeds[0]));
    if (!out->speeds)
        return fg_fail(err, FG_ENOMEM, "no memory for %u types of jobs", table->types_len);
    out->speeds_len = table->types_len;
    for (uint32_t type = 0; type < table->types_len; type++) {
        double best = fg_gavel_alone(table, type, fastest_of(table, type));
        struct fg_sim_speeds *speeds = &out->speeds[type];
        speeds->len = table->kinds_len;
        for (uint32_t kind = 0; kind < table->kinds_len; kind++) {
            double part = best > 0 ? fg_gavel_alone(table, type, kind) / best : 0;
            memcpy(speeds->of[kind].kind, table->kinds[kind], FG_KIND_MAX);
            speeds->of[kind].milli = part > 0.001 ? (uint32_t)lround(part * 1000) : 1;
        }
    }
    return 0;
}

static void kind_for(const struct fg_gavel_table *table, uint32_t type, char out[FG_KIND_MAX])
{
    memcpy(out, "any", 4);
    for (uint32_t kind = 0; kind < table->kinds_len; kind++)
        if (fg_gavel_alone(table, type, kind) <= 0)
            memcpy(out, table->kinds[fastest_of(table, type)], FG_KIND_MAX);
}

/* Seconds, as long as a trace allows. */
static int64_t to_us(double seconds)
{
    double us = seconds * 1e6;
    return us < FG_SIM_DURATION_MAX ? llround(us) : FG_SIM_DURATION_MAX;
}

static int add_job(const struct fg_gavel_table *table,
                   const struct fg_gavel_job *given,
                   const struct fg_gavel_traced *how,
                   struct fg_sim_trace *out,
                   struct fg_err *err)
{
    struct fg_request request = {.gpu_milli = 1000};
    double best = fg_gavel_alone(table, given->type, fastest_of(table, given->type));
    struct fg_sim_job job = {.submit_us = to_us(given->arrival * 3600 / how->jobs_per_hour),
                             .duration_us = to_us(given->steps / best),
                             .speeds = given->type + 1,
                             .shape = given->type + 1,
                             .preemptible = true,
                             .checkpoint_us = CHECKPOINT_US};
    job.estimate_us = job.duration_us;
    kind_for(table, given->type, request.kind);
    fg_sim_gang_of(table->types[given->type].devices, how->per_node, &job.tasks,
                   &request.count);
    job.request = fg_sim_trace_request(out, &request);
    return fg_sim_trace_add(out, &job, err);
}

int fg_gavel_trace(const struct fg_gavel_table *table,
                   const struct fg_gavel_stream *stream,
                   struct fg_gavel_traced how,
                   struct fg_sim_trace *out,
                   struct fg_err *err)
{
    uint32_t project;
    int rc = add_speeds(table, out, err);
    if (rc == 0)
        rc = fg_sim_trace_project(out, "default", strlen("default"), &project, err);
    for (size_t i = 0; i < stream->jobs_len && i < how.jobs && rc == 0; i++)
        rc = add_job(table, &stream->jobs[i], &how, out, err);
    if (rc < 0) {
        fg_sim_trace_free(out);
        return rc;
    }
    fg_sim_trace_finish(out);
    return 0;
}
