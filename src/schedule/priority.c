/* priority.c - see priority.h */
#include "schedule/priority.h"

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
