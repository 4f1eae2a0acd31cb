/* report_test.c - every figure against its definition, on random results: percentiles by counting, fairness by playing each
 * project's part of the cluster, averages over time by adding up stretches. */
#include "sim/isolated.h"
#include "sim/report.h"
#include "test/sim/random.h"
#include "test/tap.h"

#include <math.h>
#include <stdlib.h>

#define SECOND   1'000'000LL
#define JOBS_MAX 60

struct chance {
    uint64_t state;
};

static int64_t draw(struct chance *chance, uint32_t below)
{
    return sim_random(&chance->state, below);
}

static bool is_close(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(1, fmax(fabs(a), fabs(b)));
}

/* Jobs of a few projects, of which some never ended. */
static struct fg_sim_result *random_result(uint64_t seed)
{
    struct chance chance = {seed};
    size_t jobs = 1 + (size_t)draw(&chance, JOBS_MAX), projects = 1 + (size_t)draw(&chance, 4);
    struct fg_sim_result *result = fg_sim_result_new(jobs, projects);
    int64_t now_us = 0;
    for (size_t i = 0; i < projects; i++)
        result->weights[i] = 1 + (uint32_t)draw(&chance, 300);
    for (size_t i = 0; i < jobs; i++) {
        int64_t waits_us = draw(&chance, 3) * draw(&chance, 500) * SECOND,
                runs_us = draw(&chance, 400) * SECOND;
        now_us += draw(&chance, 50) * SECOND;
        result->jobs[i] = (struct fg_sim_outcome){
            .submit_us = now_us,
            .start_us = now_us + waits_us / 2,
            .end_us = now_us + waits_us + runs_us,
            .run_us = runs_us,
            .ideal_us = runs_us - draw(&chance, 2) * runs_us / 3,
            .gpu_us = draw(&chance, 1000) * SECOND,
            .gpu_milli = (uint32_t)draw(&chance, 20) * 1000 + 250 * (uint32_t)draw(&chance, 2),
            .project = (uint32_t)draw(&chance, (uint32_t)projects),
            .end = draw(&chance, 5) ? FG_SIM_DONE : FG_SIM_TIMED_OUT,
        };
        if (draw(&chance, 10) == 0) {
            result->jobs[i].end = FG_SIM_NEVER;
            result->jobs[i].start_us = result->jobs[i].end_us = -1;
        }
    }
    result->sums.span_us = 1000 * SECOND;
    result->sums.gpu_up_us = (5 + draw(&chance, 40)) * result->sums.span_us;
    return result;
}

/* -- percentiles ------------------------------------------------------------------------------------- */

/* The least of the values that so many percent of them do not exceed. */
static double percentile(const double *values, size_t len, size_t percent)
{
    double least = INFINITY;
    for (size_t i = 0; i < len; i++) {
        size_t not_above = 0;
        for (size_t k = 0; k < len; k++)
            not_above += values[k] <= values[i];
        if (not_above * 100 >= percent * len && values[i] < least)
            least = values[i];
    }
    return len ? least : 0;
}

static bool is_spread_of(const struct fg_sim_spread *spread, const double *values, size_t len)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += values[i];
    return is_close(spread->mean, len ? sum / (double)len : 0)
           && is_close(spread->p50, percentile(values, len, 50))
           && is_close(spread->p90, percentile(values, len, 90))
           && is_close(spread->p95, percentile(values, len, 95))
           && is_close(spread->p99, percentile(values, len, 99))
           && is_close(spread->most, percentile(values, len, 100));
}

/* What is measured of each job, for those of the window that ended. */
struct measured {
    double jct[JOBS_MAX], wait[JOBS_MAX], start[JOBS_MAX], slowdown[JOBS_MAX], rho[JOBS_MAX];
    size_t len, never;
};

static struct measured measure(const struct fg_sim_result *result, size_t first, size_t end)
{
    struct measured out = {};
    int64_t isolated_us[JOBS_MAX];
    fg_sim_isolated(result, isolated_us);
    for (size_t i = first; i < end && i < result->jobs_len; i++) {
        const struct fg_sim_outcome *job = &result->jobs[i];
        out.never += job->end == FG_SIM_NEVER;
        if (job->end == FG_SIM_NEVER)
            continue;
        double jct = (double)(job->end_us - job->submit_us);
        out.jct[out.len] = jct;
        out.wait[out.len] = jct - (double)job->run_us;
        out.start[out.len] = (double)(job->start_us - job->submit_us);
        out.slowdown[out.len] = fmax(1, jct / fmax((double)job->ideal_us, 10e6));
        out.rho[out.len] = jct / fmax((double)isolated_us[i], 1);
        out.len++;
    }
    return out;
}

static void spreads_are_what_they_say(void)
{
    bool fine = true;
    for (uint64_t seed = 0; seed < 300; seed++) {
        FG_AUTO(fg_sim_result) struct fg_sim_result *result = random_result(seed);
        size_t first = seed % 3 ? 0 : result->jobs_len / 4,
               end = seed % 3 ? SIZE_MAX : result->jobs_len / 2 + 1;
        struct measured measured = measure(result, first, end);
        struct fg_sim_summary summary;
        fg_sim_summarise(result, first, end, &summary);
        fine = fine && is_spread_of(&summary.jct_us, measured.jct, measured.len)
               && is_spread_of(&summary.wait_us, measured.wait, measured.len)
               && is_spread_of(&summary.start_us, measured.start, measured.len)
               && is_spread_of(&summary.slowdown, measured.slowdown, measured.len)
               && is_spread_of(&summary.rho, measured.rho, measured.len)
               && summary.never == measured.never
               && summary.done + summary.timed_out == measured.len
               && summary.jobs == measured.len + measured.never;
        fg_sim_summary_free(&summary);
    }
    OK(fine);
}

/* -- fairness ---------------------------------------------------------------------------------------- */

/* Jain's index of the projects, each by its share of time and devices that did something. */
static double jain(const struct fg_sim_result *result)
{
    double progress[JOBS_MAX] = {}, mean = 0, mean_square = 0;
    size_t len = 0;
    for (size_t p = 0; p < result->projects_len; p++) {
        double needed = 0, stayed = 0;
        for (size_t i = 0; i < result->jobs_len; i++) {
            const struct fg_sim_outcome *job = &result->jobs[i];
            double devices = job->gpu_milli ? job->gpu_milli : 1;
            if (job->project != p || job->end == FG_SIM_NEVER)
                continue;
            needed += devices * (double)job->ideal_us;
            stayed += devices * (double)(job->end_us - job->submit_us);
        }
        if (stayed > 0)
            progress[len++] = fmin(1, needed / stayed);
    }
    for (size_t i = 0; i < len; i++) {
        mean += progress[i] / (double)len;
        mean_square += progress[i] * progress[i] / (double)len;
    }
    return mean_square > 0 ? mean * mean / mean_square : 1;
}

/* Job `at` in its project's part of so many thousandths: when does it start, after those before it? */
static int64_t isolated_start(const struct fg_sim_result *result,
                              size_t at,
                              uint64_t part_milli,
                              int64_t *starts_us,
                              int64_t *ends_us)
{
    const struct fg_sim_outcome *job = &result->jobs[at];
    uint64_t need = job->gpu_milli < part_milli ? job->gpu_milli : part_milli;
    int64_t from_us = job->submit_us, best_us = INT64_MAX;
    for (size_t i = 0; i < at; i++)
        if (result->jobs[i].project == job->project && starts_us[i] > from_us)
            from_us = starts_us[i];
    for (size_t moment = 0; moment <= at; moment++) {
        int64_t time_us = moment == at ? from_us : ends_us[moment];
        uint64_t held = 0;
        if (time_us < from_us || (moment < at && result->jobs[moment].project != job->project))
            continue;
        for (size_t i = 0; i < at; i++)
            if (result->jobs[i].project == job->project && ends_us[i] > time_us)
                held += result->jobs[i].gpu_milli < part_milli ? result->jobs[i].gpu_milli
                                                               : part_milli;
        if (held + need <= part_milli && time_us < best_us)
            best_us = time_us;
    }
    starts_us[at] = best_us;
    __int128 takes_us = job->ideal_us;
    if (job->gpu_milli > part_milli)
        takes_us = takes_us * job->gpu_milli / part_milli;
    ends_us[at] = best_us + (int64_t)takes_us;
    return ends_us[at] - job->submit_us;
}

static bool isolated_agrees(const struct fg_sim_result *result)
{
    int64_t isolated_us[JOBS_MAX], starts_us[JOBS_MAX], ends_us[JOBS_MAX];
    double weights = 0;
    bool fine = true;
    fg_sim_isolated(result, isolated_us);
    for (size_t i = 0; i < result->projects_len; i++)
        weights += result->weights[i];
    for (size_t i = 0; i < result->jobs_len; i++) {
        double part_milli = (double)result->sums.gpu_up_us / (double)result->sums.span_us * 1000
                            * result->weights[result->jobs[i].project] / weights;
        fine = fine
               && isolated_us[i]
                      == isolated_start(result, i, (uint64_t)part_milli, starts_us, ends_us);
    }
    return fine;
}

static void fairness_is_as_defined(void)
{
    bool fine = true;
    for (uint64_t seed = 0; seed < 300; seed++) {
        FG_AUTO(fg_sim_result) struct fg_sim_result *result = random_result(seed);
        struct fg_sim_summary summary;
        fg_sim_summarise(result, 0, SIZE_MAX, &summary);
        fine = fine && is_close(summary.jain_projects, jain(result)) && isolated_agrees(result);
        fg_sim_summary_free(&summary);
    }
    OK(fine);
}

/* -- by size, by project ------------------------------------------------------------------------------- */

static bool part_agrees(const struct fg_sim_result *result,
                        const struct fg_sim_part *part,
                        bool of_project,
                        size_t at)
{
    static const uint32_t from[] = {0, 1, 1001, 4001, 8001, 16001, UINT32_MAX};
    double jct = 0, wait = 0, hours = 0;
    size_t jobs = 0;
    for (size_t i = 0; i < result->jobs_len; i++) {
        const struct fg_sim_outcome *job = &result->jobs[i];
        bool is_in = of_project ? job->project == at
                                : job->gpu_milli >= from[at] && job->gpu_milli < from[at + 1];
        if (!is_in || job->end == FG_SIM_NEVER)
            continue;
        jobs++;
        jct += (double)(job->end_us - job->submit_us);
        wait += (double)(job->end_us - job->submit_us - job->run_us);
        hours += (double)job->gpu_us / 3.6e9;
    }
    double len = jobs ? (double)jobs : 1;
    return part->jobs == jobs && is_close(part->jct_mean_us, jct / len)
           && is_close(part->wait_mean_us, wait / len) && is_close(part->gpu_hours, hours);
}

static void parts_add_up(void)
{
    bool fine = true;
    for (uint64_t seed = 0; seed < 100; seed++) {
        FG_AUTO(fg_sim_result) struct fg_sim_result *result = random_result(seed);
        struct fg_sim_summary summary;
        fg_sim_summarise(result, 0, SIZE_MAX, &summary);
        for (size_t i = 0; i < FG_SIM_SIZES; i++)
            fine = fine && part_agrees(result, &summary.sizes[i], false, i);
        for (size_t i = 0; i < result->projects_len; i++)
            fine = fine && part_agrees(result, &summary.projects[i], true, i);
        fg_sim_summary_free(&summary);
    }
    OK(fine);
}

/* -- over time ------------------------------------------------------------------------------------------- */

#define STRETCHES 200

struct stretches {
    int64_t ends_us[STRETCHES];
    struct fg_sim_sample states[STRETCHES];
};

/* What held at each moment of `from_us` .. `to_us`, added up. */
static double sum_of(const struct stretches *stretches, int64_t from_us, int64_t to_us)
{
    double sum = 0;
    for (size_t i = 0; i < STRETCHES; i++) {
        int64_t a_us = i ? stretches->ends_us[i - 1] : 0, b_us = stretches->ends_us[i];
        a_us = a_us > from_us ? a_us : from_us;
        b_us = b_us < to_us ? b_us : to_us;
        sum += b_us > a_us ? (double)(b_us - a_us) * stretches->states[i].jobs_waiting : 0;
    }
    return sum;
}

static void samples_are_means_however_long_it_takes(void)
{
    bool fine = true;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct chance chance = {seed};
        struct stretches stretches;
        FG_AUTO(fg_sim_result) struct fg_sim_result *result = fg_sim_result_new(1, 1);
        int64_t now_us = 0;
        for (size_t i = 0; i < STRETCHES; i++) {
            int64_t next_us = now_us + draw(&chance, seed % 2 ? 400 : 40'000) * SECOND;
            stretches.states[i] =
                (struct fg_sim_sample){.gpus_up = 8,
                                       .gpus_stranded = (double)draw(&chance, 8),
                                       .jobs_waiting = (double)draw(&chance, 90)};
            fg_sim_result_sample(result, &stretches.states[i], now_us, next_us);
            stretches.ends_us[i] = now_us = next_us;
        }
        for (size_t i = 0; i < result->samples_len; i++) {
            int64_t at_us = (int64_t)i * result->step_us;
            double mean =
                sum_of(&stretches, at_us, at_us + result->step_us) / (double)result->step_us;
            fine = fine && result->samples[i].at_us == at_us
                   && fabs(result->samples[i].jobs_waiting - mean) < 1e-6;
        }
        result->sums.span_us = now_us;
        struct fg_sim_summary summary;
        fg_sim_summarise(result, 0, SIZE_MAX, &summary);
        double mean = sum_of(&stretches, 0, now_us) / (double)now_us;
        fine = fine && fabs(summary.waiting_mean - mean) < 1e-6 * fmax(1, mean);
        fg_sim_summary_free(&summary);
    }
    OK(fine);
}

int main(void)
{
    RUN(spreads_are_what_they_say);
    RUN(fairness_is_as_defined);
    RUN(parts_add_up);
    RUN(samples_are_means_however_long_it_takes);
    return tap_done();
}
