/* trace.c - see trace.h */
#include "sim/trace.h"

#include "base/grow.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void fg_sim_trace_free(struct fg_sim_trace *trace)
{
    free(trace->jobs);
    free(trace->requests);
    free(trace->projects);
    free(trace->speeds);
    *trace = (struct fg_sim_trace){};
}

uint32_t fg_sim_trace_speed_milli(const struct fg_sim_trace *trace,
                                  const struct fg_sim_job *job,
                                  const char *kind)
{
    if (job->speeds == 0)
        return 1000;
    const struct fg_sim_speeds *speeds = &trace->speeds[job->speeds - 1];
    for (size_t i = 0; i < speeds->len; i++)
        if (strcmp(speeds->of[i].kind, kind) == 0)
            return speeds->of[i].milli;
    return 1000;
}

int fg_sim_trace_add(struct fg_sim_trace *trace,
                     const struct fg_sim_job *job,
                     struct fg_err *err)
{
    if (trace->jobs_len >= FG_SIM_JOBS_MAX)
        return fg_fail(err, FG_ETOOBIG, "more than %d jobs", FG_SIM_JOBS_MAX);
    trace->jobs =
        fg_grow(trace->jobs, trace->jobs_len, &trace->jobs_room, sizeof(*trace->jobs));
    trace->jobs[trace->jobs_len++] = *job;
    return 0;
}

static bool same_request(const struct fg_request *a, const struct fg_request *b)
{
    return a->count == b->count && a->gpu_milli == b->gpu_milli && a->cpu_milli == b->cpu_milli
           && a->mem_mib == b->mem_mib && a->gpu_mem_mib == b->gpu_mem_mib
           && a->data_mib == b->data_mib && strcmp(a->kind, b->kind) == 0
           && strcmp(a->data_site, b->data_site) == 0;
}

/* Traces have few; the newest are asked for most, because users submit in runs. */
uint32_t fg_sim_trace_request(struct fg_sim_trace *trace, const struct fg_request *request)
{
    for (size_t i = trace->requests_len; i-- > 0;)
        if (same_request(&trace->requests[i], request))
            return (uint32_t)i;
    trace->requests = fg_grow(trace->requests, trace->requests_len, &trace->requests_room,
                              sizeof(*trace->requests));
    trace->requests[trace->requests_len] = *request;
    return (uint32_t)trace->requests_len++;
}

int fg_sim_trace_project(struct fg_sim_trace *trace,
                         const char *name,
                         size_t name_len,
                         uint32_t *out,
                         struct fg_err *err)
{
    char text[FG_NAME_MAX];
    if (name_len >= sizeof(text))
        name_len = sizeof(text) - 1;
    memcpy(text, name, name_len);
    text[name_len] = '\0';
    for (size_t i = trace->projects_len; i-- > 0;)
        if (strcmp(trace->projects[i].name, text) == 0) {
            *out = (uint32_t)i;
            return 0;
        }
    if (trace->projects_len >= FG_PROJECTS_MAX - 1)
        return fg_fail(err, FG_ETOOBIG, "more than %d projects", FG_PROJECTS_MAX - 1);
    trace->projects = fg_grow(trace->projects, trace->projects_len, &trace->projects_room,
                              sizeof(*trace->projects));
    memcpy(trace->projects[trace->projects_len].name, text, sizeof(text));
    *out = (uint32_t)trace->projects_len++;
    return 0;
}

/* -- order ------------------------------------------------------------------------------------------- */

/* A merge sort, because qsort does not keep equals in order, and traces are nearly sorted: parts that are in order
 * already are only copied. */
static void merge(const struct fg_sim_job *from,
                  size_t middle,
                  size_t len,
                  struct fg_sim_job *out)
{
    size_t a = 0, b = middle;
    for (size_t i = 0; i < len; i++)
        if (b >= len || (a < middle && from[a].submit_us <= from[b].submit_us))
            out[i] = from[a++];
        else
            out[i] = from[b++];
}

static bool is_sorted(const struct fg_sim_trace *trace)
{
    for (size_t i = 1; i < trace->jobs_len; i++)
        if (trace->jobs[i - 1].submit_us > trace->jobs[i].submit_us)
            return false;
    return true;
}

static void sort(struct fg_sim_trace *trace)
{
    size_t len = trace->jobs_len;
    struct fg_sim_job *from = trace->jobs, *to = calloc(len, sizeof(*to));
    if (!to)
        abort();
    for (size_t width = 1; width < len; width *= 2) {
        for (size_t at = 0; at < len; at += 2 * width) {
            size_t part = len - at < 2 * width ? len - at : 2 * width;
            merge(&from[at], part < width ? part : width, part, &to[at]);
        }
        struct fg_sim_job *other = from;
        from = to;
        to = other;
    }
    free(to);
    trace->jobs = from;
    trace->jobs_room = len;
}

void fg_sim_trace_finish(struct fg_sim_trace *trace)
{
    if (trace->jobs_len == 0)
        return;
    if (!is_sorted(trace))
        sort(trace);
    int64_t zero = trace->jobs[0].submit_us;
    for (size_t i = 0; i < trace->jobs_len; i++) {
        trace->jobs[i].submit_us -= zero;
        if (trace->jobs[i].deadline_us)
            trace->jobs[i].deadline_us -= zero;
    }
}

void fg_sim_gang_of(uint32_t gpus, uint32_t per_node, uint32_t *out_tasks, uint32_t *out_count)
{
    uint32_t count = gpus < per_node ? gpus : per_node;
    while (count > 1 && gpus % count != 0)
        count--;
    *out_count = count;
    *out_tasks = count ? gpus / count : 1;
}
