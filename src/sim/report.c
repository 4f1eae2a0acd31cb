/* report.c - figures of a result; see report.h */
#include "sim/report.h"

#include "base/text.h"
#include "sim/isolated.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_US 10'000'000.0 /* a job shorter than this counts as this long in slowdowns */

static void *zeroed(size_t count, size_t size)
{
    void *items = calloc(count ? count : 1, size);
    if (!items)
        abort();
    return items;
}

/* -- spreads ------------------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double rank(const double *sorted, size_t len, size_t percent)
{
    size_t at = (len * percent + 99) / 100;
    return sorted[at ? at - 1 : 0];
}

/* Sorts `values`. */
static struct fg_sim_spread spread(double *values, size_t len)
{
    double sum = 0;
    if (len == 0)
        return (struct fg_sim_spread){};
    for (size_t i = 0; i < len; i++)
        sum += values[i];
    qsort(values, len, sizeof(*values), compare);
    return (struct fg_sim_spread){
        .mean = sum / (double)len,
        .p50 = rank(values, len, 50),
        .p90 = rank(values, len, 90),
        .p95 = rank(values, len, 95),
        .p99 = rank(values, len, 99),
        .most = values[len - 1],
    };
}

/* -- of a job -------------------------------------------------------------------------------------------------- */

struct view {
    const struct fg_sim_result *result;
    const int64_t *isolated_us; /* by job: JCT in a part of the cluster of its own */
    size_t first, end;
};

typedef double measure_fn(const struct view *view, size_t at);

static double jct(const struct view *view, size_t at)
{
    const struct fg_sim_outcome *job = &view->result->jobs[at];
    return (double)(job->end_us - job->submit_us);
}

static double wait(const struct view *view, size_t at)
{
    const struct fg_sim_outcome *job = &view->result->jobs[at];
    return (double)(job->end_us - job->submit_us - job->run_us);
}

static double start(const struct view *view, size_t at)
{
    const struct fg_sim_outcome *job = &view->result->jobs[at];
    return (double)(job->start_us - job->submit_us);
}

static double slowdown(const struct view *view, size_t at)
{
    double alone = fmax((double)view->result->jobs[at].ideal_us, SHORT_US);
    return fmax(1, jct(view, at) / alone);
}

static double rho(const struct view *view, size_t at)
{
    int64_t known_us = view->result->jobs[at].isolated_us;
    return jct(view, at) / fmax((double)(known_us ? known_us : view->isolated_us[at]), 1);
}

static bool has_ended(const struct view *view, size_t at)
{
    return view->result->jobs[at].end_us >= 0;
}

static struct fg_sim_spread spread_of(const struct view *view,
                                      measure_fn *measure,
                                      double *scratch)
{
    size_t len = 0;
    for (size_t i = view->first; i < view->end; i++)
        if (has_ended(view, i))
            scratch[len++] = measure(view, i);
    return spread(scratch, len);
}

/* -- parts --------------------------------------------------------------------------------------------------------- */

static const uint32_t size_ends[FG_SIM_SIZES] = {0, 1000, 4000, 8000, 16000, UINT32_MAX};
static const char *const size_names[FG_SIM_SIZES] = {"0", "1", "2-4", "5-8", "9-16", "17+"};

static uint32_t size_of(const struct fg_sim_outcome *job)
{
    uint32_t size = 0;
    while (job->gpu_milli > size_ends[size])
        size++;
    return size;
}

/* The jobs of each part beside each other, so that many projects cost one walk. */
struct parts {
    const uint32_t *of; /* by job: its part */
    size_t *first;      /* by part: where its jobs begin in `jobs` */
    size_t *jobs;
    size_t len;
};

static void sort_into(const struct view *view, struct parts *parts)
{
    size_t *next = zeroed(parts->len + 2, sizeof(*next));
    for (size_t i = view->first; i < view->end; i++)
        if (has_ended(view, i))
            next[parts->of[i] + 1]++;
    for (size_t i = 0; i <= parts->len; i++) {
        next[i + 1] += next[i];
        parts->first[i] = next[i];
    }
    for (size_t i = view->first; i < view->end; i++)
        if (has_ended(view, i))
            parts->jobs[next[parts->of[i]]++] = i;
    free(next);
}

static struct fg_sim_spread part_spread(const struct view *view,
                                        const struct parts *parts,
                                        size_t part,
                                        measure_fn *measure,
                                        double *scratch)
{
    size_t len = parts->first[part + 1] - parts->first[part];
    for (size_t i = 0; i < len; i++)
        scratch[i] = measure(view, parts->jobs[parts->first[part] + i]);
    return spread(scratch, len);
}

static void fill_part(const struct view *view,
                      const struct parts *parts,
                      size_t at,
                      struct fg_sim_part *out,
                      double *scratch)
{
    struct fg_sim_spread times = part_spread(view, parts, at, jct, scratch);
    out->jobs = parts->first[at + 1] - parts->first[at];
    out->jct_mean_us = times.mean;
    out->jct_p50_us = times.p50;
    times = part_spread(view, parts, at, wait, scratch);
    out->wait_mean_us = times.mean;
    out->wait_p95_us = times.p95;
    out->rho_mean = part_spread(view, parts, at, rho, scratch).mean;
    for (size_t i = parts->first[at]; i < parts->first[at + 1]; i++)
        out->gpu_hours += (double)view->result->jobs[parts->jobs[i]].gpu_us / 3.6e9;
}

static void fill_parts(const struct view *view,
                       const uint32_t *of,
                       size_t len,
                       struct fg_sim_part *out,
                       double *scratch)
{
    struct parts parts = {
        .of = of,
        .first = zeroed(len + 2, sizeof(size_t)),
        .jobs = zeroed(view->end - view->first, sizeof(size_t)),
        .len = len,
    };
    sort_into(view, &parts);
    for (size_t i = 0; i < len; i++)
        fill_part(view, &parts, i, &out[i], scratch);
    free(parts.first);
    free(parts.jobs);
}

static void by_size_and_project(const struct view *view,
                                struct fg_sim_summary *out,
                                double *scratch)
{
    const struct fg_sim_result *result = view->result;
    uint32_t *of = zeroed(result->jobs_len, sizeof(*of));
    for (size_t i = 0; i < result->jobs_len; i++)
        of[i] = size_of(&result->jobs[i]);
    for (size_t i = 0; i < FG_SIM_SIZES; i++)
        fg_copy(out->sizes[i].name, FG_NAME_MAX, size_names[i]);
    fill_parts(view, of, FG_SIM_SIZES, out->sizes, scratch);
    for (size_t i = 0; i < result->jobs_len; i++)
        of[i] = result->jobs[i].project;
    out->projects = zeroed(result->projects_len, sizeof(out->projects[0]));
    out->projects_len = result->projects_len;
    for (size_t i = 0; i < result->projects_len; i++)
        fg_copy(out->projects[i].name, FG_NAME_MAX, result->projects[i]);
    fill_parts(view, of, result->projects_len, out->projects, scratch);
    free(of);
}

/* -- fairness between projects ----------------------------------------------------------------------------------------- */

/* Jain, Chiu and Hawe 1984: (sum x)^2 / (n sum x^2), of what part of their device-time in the system the projects had
 * devices usefully. */
static double jain(const struct view *view)
{
    const struct fg_sim_result *result = view->result;
    double *needed = zeroed(result->projects_len, sizeof(*needed));
    double *stayed = zeroed(result->projects_len, sizeof(*stayed));
    double sum = 0, squares = 0, count = 0;
    for (size_t i = view->first; i < view->end; i++) {
        if (!has_ended(view, i))
            continue;
        const struct fg_sim_outcome *job = &result->jobs[i];
        double weight = fmax((double)job->gpu_milli, 1);
        needed[job->project] += weight * (double)job->ideal_us;
        stayed[job->project] += weight * jct(view, i);
    }
    for (size_t i = 0; i < result->projects_len; i++) {
        if (stayed[i] <= 0)
            continue;
        double progress = fmin(1, needed[i] / stayed[i]);
        sum += progress;
        squares += progress * progress;
        count++;
    }
    free(needed);
    free(stayed);
    return squares > 0 ? sum * sum / (count * squares) : 1;
}

/* -- the whole ------------------------------------------------------------------------------------------------------------ */

static void count_ends(const struct view *view, struct fg_sim_summary *out)
{
    for (size_t i = view->first; i < view->end; i++) {
        const struct fg_sim_outcome *job = &view->result->jobs[i];
        enum fg_sim_end end = job->end;
        out->done += end == FG_SIM_DONE;
        out->timed_out += end == FG_SIM_TIMED_OUT;
        out->never += end == FG_SIM_NEVER;
        out->deadlines += job->deadline_us != 0;
        out->deadlines_missed +=
            job->deadline_us != 0 && (end != FG_SIM_DONE || job->end_us > job->deadline_us);
    }
    out->jobs = view->end - view->first;
}

static void over_time(const struct fg_sim_result *result, struct fg_sim_summary *out)
{
    double up = 0, stranded = 0, waiting = 0;
    for (size_t i = 0; i < result->samples_len; i++) {
        up += result->samples[i].gpus_up;
        stranded += result->samples[i].gpus_stranded;
        waiting += result->samples[i].jobs_waiting;
    }
    const struct fg_sim_sums *sums = &result->sums;
    out->makespan_us = sums->span_us;
    out->utilisation =
        sums->gpu_up_us ? (double)sums->gpu_busy_us / (double)sums->gpu_up_us : 0;
    out->stranded = up > 0 ? stranded / up : 0;
    out->waiting_mean =
        sums->span_us ? waiting * (double)result->step_us / (double)sums->span_us : 0;
}

void fg_sim_summarise(const struct fg_sim_result *result,
                      size_t first,
                      size_t end,
                      struct fg_sim_summary *out)
{
    if (end > result->jobs_len)
        end = result->jobs_len;
    if (first > end)
        first = end;
    *out = (struct fg_sim_summary){.first = first, .end = end};
    int64_t *isolated_us = zeroed(result->jobs_len, sizeof(*isolated_us));
    double *scratch = zeroed(end - first, sizeof(*scratch));
    fg_sim_isolated(result, isolated_us);
    struct view view = {
        .result = result, .isolated_us = isolated_us, .first = first, .end = end};
    count_ends(&view, out);
    out->jct_us = spread_of(&view, jct, scratch);
    out->wait_us = spread_of(&view, wait, scratch);
    out->start_us = spread_of(&view, start, scratch);
    out->slowdown = spread_of(&view, slowdown, scratch);
    out->rho = spread_of(&view, rho, scratch);
    out->jain_projects = jain(&view);
    by_size_and_project(&view, out, scratch);
    over_time(result, out);
    free(isolated_us);
    free(scratch);
}

void fg_sim_summary_free(struct fg_sim_summary *summary)
{
    free(summary->projects);
    summary->projects = NULL;
    summary->projects_len = 0;
}
