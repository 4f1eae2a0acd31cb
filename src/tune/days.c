/* days.c - see days.h */
#include "tune/days.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool is_share;
} metrics[FG_METRICS] = {
#define X(name, share, text) {#name, share},
#include "tune/metric.def"
#undef X
};

const char *fg_metric_name(enum fg_metric metric)
{
    return metrics[metric].name;
}

bool fg_metric_is_share(enum fg_metric metric)
{
    return metrics[metric].is_share;
}

int fg_metric_find(const char *name)
{
    for (int i = 0; i < FG_METRICS; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return i;
    return -1;
}

/* -- of jobs ------------------------------------------------------------------------------------------------ */

/* Jobs of one day, while they are looked at. */
struct day {
    double *jct_s, *slowdown;   /* room for all jobs of the day */
    double *needed, *in_system; /* device-time, by project */
    double wait_s, gpu_us;
    size_t jobs, deadlines, late;
};

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nearest rank. */
static double p95(double *values, size_t len)
{
    if (len == 0)
        return 0;
    qsort(values, len, sizeof(values[0]), compare_doubles);
    size_t rank = (len * 95 + 99) / 100;
    return values[rank - 1];
}

/* Who never ended is taken to have ended when the simulation did. */
static void add_job(const struct fg_sim_result *result,
                    const struct fg_sim_outcome *job,
                    struct day *day)
{
    int64_t end_us = job->end_us >= 0 ? job->end_us : result->sums.span_us;
    int64_t jct_us = end_us > job->submit_us ? end_us - job->submit_us : 0;
    int64_t alone_us = job->ideal_us > 10'000'000 ? job->ideal_us : 10'000'000;
    double devices = (double)job->gpu_milli / 1000;
    day->jct_s[day->jobs] = (double)jct_us / 1e6;
    day->slowdown[day->jobs++] = (double)jct_us / (double)alone_us;
    day->wait_s += (double)(jct_us > job->run_us ? jct_us - job->run_us : 0) / 1e6;
    day->gpu_us += (double)job->gpu_us;
    day->needed[job->project] += (double)job->ideal_us * devices;
    day->in_system[job->project] += (double)jct_us * devices;
    day->deadlines += job->deadline_us > 0;
    day->late += job->deadline_us > 0 && (job->end != FG_SIM_DONE || end_us > job->deadline_us);
}

/* 1 - Jain's index of needed / in the system, over projects that had jobs. */
static double unfairness(const struct day *day, size_t projects)
{
    double sum = 0, squares = 0, len = 0;
    for (size_t i = 0; i < projects; i++) {
        if (day->in_system[i] <= 0)
            continue;
        double progress = day->needed[i] / day->in_system[i];
        sum += progress;
        squares += progress * progress;
        len++;
    }
    return squares > 0 ? 1 - sum * sum / (len * squares) : 0;
}

static void close_day(const struct fg_sim_result *result, struct day *day, double *out)
{
    const struct fg_sim_sums *sums = &result->sums;
    double jct_s = 0, jobs = day->jobs ? (double)day->jobs : 1;
    double uusd_per_us =
        sums->gpu_up_us > 0 ? (double)sums->cost_uusd / (double)sums->gpu_up_us : 0;
    for (size_t i = 0; i < day->jobs; i++)
        jct_s += day->jct_s[i];
    out[FG_METRIC_jct_mean_s] = jct_s / jobs;
    out[FG_METRIC_jct_p95_s] = p95(day->jct_s, day->jobs);
    out[FG_METRIC_wait_mean_s] = day->wait_s / jobs;
    out[FG_METRIC_slowdown_p95] = p95(day->slowdown, day->jobs);
    out[FG_METRIC_unfairness] = unfairness(day, result->projects_len);
    out[FG_METRIC_late_share] = day->deadlines ? (double)day->late / (double)day->deadlines : 0;
    out[FG_METRIC_cost_usd] = day->gpu_us * uusd_per_us / 1e6;
}

static void *room(size_t len, size_t size)
{
    void *items = calloc(len ? len : 1, size);
    if (!items)
        abort();
    return items;
}

static void of_jobs(const struct fg_sim_result *result,
                    int64_t from_us,
                    const struct fg_tune_days *out)
{
    size_t projects = result->projects_len;
    struct day day = {.jct_s = room(result->jobs_len, sizeof(double)),
                      .slowdown = room(result->jobs_len, sizeof(double)),
                      .needed = room(projects, sizeof(double)),
                      .in_system = room(projects, sizeof(double))};
    size_t job = 0;
    for (size_t at = 0; at < out->len; at++) {
        int64_t begin_us = from_us + (int64_t)at * FG_TUNE_DAY_US;
        day.jobs = day.deadlines = day.late = 0;
        day.wait_s = day.gpu_us = 0;
        memset(day.needed, 0, projects * sizeof(double));
        memset(day.in_system, 0, projects * sizeof(double));
        for (;
             job < result->jobs_len && result->jobs[job].submit_us < begin_us + FG_TUNE_DAY_US;
             job++)
            if (result->jobs[job].submit_us >= begin_us)
                add_job(result, &result->jobs[job], &day);
        close_day(result, &day, out->of[at]);
    }
    free(day.jct_s);
    free(day.slowdown);
    free(day.needed);
    free(day.in_system);
}

/* -- of the pool --------------------------------------------------------------------------------------------- */

/* Samples are averages over stretches; a stretch over midnight counts for both days by its parts. */
static void of_pool(const struct fg_sim_result *result,
                    int64_t from_us,
                    const struct fg_tune_days *out)
{
    for (size_t at = 0; at < out->len; at++) {
        int64_t begin_us = from_us + (int64_t)at * FG_TUNE_DAY_US;
        double up = 0, busy = 0, joule = 0;
        for (size_t i = 0; i < result->samples_len; i++) {
            const struct fg_sim_sample *sample = &result->samples[i];
            int64_t low = sample->at_us > begin_us ? sample->at_us : begin_us;
            int64_t high = sample->at_us + result->step_us;
            if (high > begin_us + FG_TUNE_DAY_US)
                high = begin_us + FG_TUNE_DAY_US;
            if (high <= low)
                continue;
            double seconds = (double)(high - low) / 1e6;
            up += sample->gpus_up * seconds;
            busy += sample->gpus_busy * seconds;
            joule += sample->watts * seconds;
        }
        out->of[at][FG_METRIC_idle_share] = up > 0 ? 1 - busy / up : 0;
        out->of[at][FG_METRIC_energy_kwh] = joule / 3.6e6;
    }
}

void fg_tune_days_make(const struct fg_sim_result *result,
                       int64_t from_us,
                       size_t days,
                       struct fg_tune_days *out)
{
    *out = (struct fg_tune_days){.of = room(days, sizeof(out->of[0])), .len = days};
    of_jobs(result, from_us, out);
    of_pool(result, from_us, out);
}

void fg_tune_days_free(struct fg_tune_days *days)
{
    free(days->of);
    *days = (struct fg_tune_days){};
}
