/* result.c - see result.h */
#include "sim/result.h"

#include <assert.h>
#include <stdlib.h>

#define STEP_FIRST_US 1'000'000

static void *zeroed(size_t count, size_t size)
{
    void *items = calloc(count ? count : 1, size);
    if (!items)
        abort();
    return items;
}

struct fg_sim_result *fg_sim_result_new(size_t jobs, size_t projects)
{
    struct fg_sim_result *result = zeroed(1, sizeof(*result));
    result->jobs = zeroed(jobs, sizeof(result->jobs[0]));
    result->jobs_len = jobs;
    for (size_t i = 0; i < jobs; i++)
        result->jobs[i].start_us = result->jobs[i].end_us = -1;
    result->projects = zeroed(projects, sizeof(result->projects[0]));
    result->weights = zeroed(projects, sizeof(result->weights[0]));
    result->projects_len = projects;
    for (size_t i = 0; i < projects; i++)
        result->weights[i] = 100;
    result->samples = zeroed(FG_SIM_SAMPLES_MAX, sizeof(result->samples[0]));
    result->step_us = STEP_FIRST_US;
    return result;
}

void fg_sim_result_free(struct fg_sim_result *result)
{
    if (!result)
        return;
    free(result->jobs);
    free(result->projects);
    free(result->weights);
    free(result->samples);
    free(result);
}

/* -- samples: time-weighted means ------------------------------------------------------------------ */

static void add(struct fg_sim_sample *to, const struct fg_sim_sample *state, double share)
{
    to->gpus_up += state->gpus_up * share;
    to->gpus_busy += state->gpus_busy * share;
    to->gpus_stranded += state->gpus_stranded * share;
    to->jobs_waiting += state->jobs_waiting * share;
    to->jobs_running += state->jobs_running * share;
    to->watts += state->watts * share;
    to->usd_per_hour += state->usd_per_hour * share;
}

/* Two stretches become one of twice the length. */
static void coarsen(struct fg_sim_result *result)
{
    size_t half = (result->samples_len + 1) / 2;
    for (size_t i = 0; i < half; i++) {
        struct fg_sim_sample sum = {.at_us = (int64_t)i * 2 * result->step_us};
        add(&sum, &result->samples[2 * i], 0.5);
        if (2 * i + 1 < result->samples_len)
            add(&sum, &result->samples[2 * i + 1], 0.5);
        result->samples[i] = sum;
    }
    for (size_t i = half; i < result->samples_len; i++)
        result->samples[i] = (struct fg_sim_sample){};
    result->samples_len = half;
    result->step_us *= 2;
}

void fg_sim_result_sample(struct fg_sim_result *result,
                          const struct fg_sim_sample *state,
                          int64_t from_us,
                          int64_t to_us)
{
    assert(0 <= from_us && from_us <= to_us);
    while (to_us > result->step_us * FG_SIM_SAMPLES_MAX)
        coarsen(result);
    while (from_us < to_us) {
        size_t at = (size_t)(from_us / result->step_us);
        int64_t end_us = ((int64_t)at + 1) * result->step_us;
        if (end_us > to_us)
            end_us = to_us;
        struct fg_sim_sample *sample = &result->samples[at];
        sample->at_us = (int64_t)at * result->step_us;
        add(sample, state, (double)(end_us - from_us) / (double)result->step_us);
        if (at + 1 > result->samples_len)
            result->samples_len = at + 1;
        from_us = end_us;
    }
}
