/* priority.c - see priority.h */
#include "schedule/priority.h"

#include <string.h>

#define MEM_FULL_MIB (1024LL * 1024) /* memory need 100: 1 TiB */

static int64_t compute_density(const struct fg_job_spec *spec)
{
    if (spec->compute_density >= 0)
        return spec->compute_density;
    return spec->any_of[0].count ? 100 : 20;
}

static int64_t time_sensitivity(const struct fg_job_spec *spec)
{
    if (spec->time_sensitivity >= 0)
        return spec->time_sensitivity;
    return spec->deadline_us ? 100 : 5;
}

static int64_t memory_need(const struct fg_job_spec *spec)
{
    if (spec->memory_need >= 0)
        return spec->memory_need;
    int64_t mib = (int64_t)spec->any_of[0].mem_mib
                  + (int64_t)spec->any_of[0].count * spec->any_of[0].gpu_mem_mib;
    return mib >= MEM_FULL_MIB ? 100 : mib * 100 / MEM_FULL_MIB;
}

int32_t fg_priority_milli(const struct fg_config *config, const struct fg_job_spec *spec)
{
    int64_t milli = config->priority_w1_milli * compute_density(spec)
                    + config->priority_w2_milli * time_sensitivity(spec)
                    + config->priority_w3_milli * memory_need(spec) + 1000LL * spec->priority;
    return milli > INT32_MAX ? INT32_MAX : (int32_t)milli;
}

int64_t fg_priority_now_milli(const struct fg_config *config,
                              const struct fg_job *job,
                              const struct fg_project *project,
                              int64_t now_us)
{
    int64_t waited_s = now_us > job->submitted_us ? (now_us - job->submitted_us) / 1000000 : 0;
    return job->priority_milli + 1000LL * project->priority
           + config->priority_age_per_hour * waited_s * 1000 / 3600;
}

/* Milliseconds since 2020, so that the key cannot overflow whatever the weights. */
static int64_t age_ms(const struct fg_job *job)
{
    return job->submitted_us / 1000 - 1577836800000LL;
}

static int64_t priority_key(const struct fg_config *config,
                            const struct fg_job *job,
                            const struct fg_project *project)
{
    int64_t milli = job->priority_milli + 1000LL * project->priority;
    return milli * FG_PRIORITY_KEY_PER_MILLI - config->priority_age_per_hour * age_ms(job);
}

static int64_t fifo_key(const struct fg_config *,
                        const struct fg_job *job,
                        const struct fg_project *)
{
    return -job->submitted_us;
}

static const struct fg_order priority_order = {
    .name = "priority",
    .summary = "P = w1 C + w2 T + w3 M with ageing, lifted by the project's fair share",
    .key = priority_key,
};

static const struct fg_order fifo_order = {
    .name = "fifo",
    .summary = "strictly by time of submission",
    .key = fifo_key,
};

const struct fg_order *const fg_orders[] = {&priority_order, &fifo_order, NULL};

const struct fg_order *fg_order_find(const char *name)
{
    for (size_t i = 0; fg_orders[i]; i++)
        if (strcmp(fg_orders[i]->name, name) == 0)
            return fg_orders[i];
    return NULL;
}
