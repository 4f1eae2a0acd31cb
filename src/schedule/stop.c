/* stop.c - see stop.h */
#include "schedule/stop.h"

#include "queue/held.h"

#define NO_GRACE_US 1 /* what `grace: 0` of a job file comes to */

int64_t fg_stop_grace_us(const struct fg_config *config, const struct fg_job *job)
{
    return job->grace_us > 0 ? job->grace_us : config->stop_grace_s * 1000000;
}

int64_t fg_stop_loss_us(const struct fg_config *config,
                        const struct fg_job *job,
                        int64_t now_us)
{
    int64_t ran_us = job->started_us > 0 ? now_us - job->started_us : 0;
    if (ran_us <= 0)
        return 0;
    if (job->checkpoint_us <= 0)
        return ran_us + job->restart_us;
    if (fg_stop_grace_us(config, job) > NO_GRACE_US)
        return job->restart_us;
    int64_t worked_us = job->attempt > 1 ? ran_us - job->restart_us : ran_us;
    return (worked_us > 0 ? worked_us % job->checkpoint_us : 0) + job->restart_us;
}

int64_t fg_stop_weight_milli(const struct fg_grant *grants, size_t len)
{
    int64_t milli = 0;
    for (size_t i = 0; i < len; i++)
        milli += __builtin_popcount(grants[i].devices) * (int64_t)grants[i].gpu_milli
                 + grants[i].cpu_milli / FG_CORES_A_DEVICE;
    return milli;
}

int64_t fg_stop_cost_us(const struct fg_config *config,
                        const struct fg_job *job,
                        const struct fg_grant *grants,
                        size_t grants_len,
                        int64_t now_us)
{
    __int128 cost = (__int128)fg_stop_loss_us(config, job, now_us)
                    * fg_stop_weight_milli(grants, grants_len) / 1000;
    return cost < 1 ? 1 : cost > INT64_MAX / 4096 ? INT64_MAX / 4096 : (int64_t)cost;
}
