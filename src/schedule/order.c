/* order.c - the list of orders, and what they are made of; see order.h */
#include "queue/held.h"
#include "schedule/order_inner.h"

#include <string.h>

const struct fg_job_order *const fg_job_orders[] = {
    &fg_job_order_priority, &fg_job_order_fifo, &fg_job_order_sjf,  &fg_job_order_srtf,
    &fg_job_order_las,      &fg_job_order_edf,  &fg_job_order_llf,  &fg_job_order_drf,
    &fg_job_order_fair,     &fg_job_order_ftf,  &fg_job_order_cost, NULL,
};

const struct fg_job_order *fg_job_order_find(const char *name)
{
    for (size_t i = 0; fg_job_orders[i]; i++)
        if (strcmp(fg_job_orders[i]->name, name) == 0)
            return fg_job_orders[i];
    return NULL;
}

int64_t fg_order_since_2020_us(int64_t time_us)
{
    int64_t us = time_us - EPOCH_2020_US;
    return us < 0 ? 0 : us >= 1LL << TIME_BITS ? (1LL << TIME_BITS) - 1 : us;
}

int64_t fg_order_clamp(__int128 value)
{
    return value > KEY_MAX ? KEY_MAX : value < -KEY_MAX ? -KEY_MAX : (int64_t)value;
}

int64_t fg_order_expected_us(const struct fg_config *config, const struct fg_job *job)
{
    if (job->duration_us > 0)
        return job->duration_us;
    if (job->predicted_us > 0)
        return job->predicted_us;
    return job->time_limit_us > 0 ? job->time_limit_us
                                  : config->backfill_default_limit_s * 1000000;
}

int64_t fg_order_weight_milli(const struct fg_request *request, uint32_t tasks)
{
    int64_t task =
        (int64_t)request->count * request->gpu_milli + request->cpu_milli / FG_CORES_A_DEVICE;
    return task > 0 ? task * tasks : 1;
}

/* Of the attempt under way, wall time; 0 while it waits. */
static int64_t running_us(const struct fg_order_view *view)
{
    const struct fg_job *job = view->job;
    bool runs = job->state == FG_JOB_RUNNING && job->started_us > 0;
    return runs && view->now_us > job->started_us ? view->now_us - job->started_us : 0;
}

int64_t fg_order_attained_us(const struct fg_order_view *view)
{
    int64_t weight_milli = fg_order_weight_milli(view->request, fg_job_tasks_held(view->job));
    int64_t milli_us, ran_us = running_us(view);
    if (!__builtin_mul_overflow(ran_us, weight_milli, &milli_us)) /* as always, and quicker */
        return fg_order_clamp((__int128)view->job->attained_us + milli_us / 1000);
    return fg_order_clamp(view->job->attained_us + (__int128)ran_us * weight_milli / 1000);
}

int64_t fg_order_wall_us(int64_t attained_us, const struct fg_request *request, uint32_t tasks)
{
    int64_t milli_us, weight_milli = fg_order_weight_milli(request, tasks);
    if (!__builtin_mul_overflow(attained_us, 1000, &milli_us))
        return fg_order_clamp(milli_us / weight_milli);
    return fg_order_clamp((__int128)attained_us * 1000 / weight_milli);
}

int64_t fg_order_remaining_us(const struct fg_order_view *view)
{
    int64_t expected = fg_order_expected_us(view->config, view->job), done = running_us(view);
    if (view->job->preemptible && view->job->attained_us > 0)
        done += fg_order_wall_us(view->job->attained_us, view->request,
                                 fg_job_tasks_max(view->job));
    while (done >= expected && expected < KEY_MAX / 2)
        expected *= 2;
    return expected - done;
}

int64_t fg_order_cost_of(const struct fg_order_view *view)
{
    const struct fg_config *config = view->config;
    const struct fg_request *request = view->request;
    __int128 per_hour_milli =
        (__int128)config->gpu_price_uusd_per_hour * request->count * request->gpu_milli
        + (__int128)config->cpu_price_uusd_per_core_hour * request->cpu_milli;
    __int128 expected_us = fg_order_expected_us(config, view->job);
    if (config->gpu_price_uusd_per_hour == 0 && config->cpu_price_uusd_per_core_hour == 0)
        return fg_order_clamp(expected_us
                              * fg_order_weight_milli(request, fg_job_tasks_max(view->job))
                              / 1000000);
    return fg_order_clamp(per_hour_milli * fg_job_tasks_max(view->job) * expected_us
                          / 3600000000000LL);
}

int64_t fg_order_level(const struct fg_config *config, int64_t attained_us)
{
    int64_t level = 0, seconds = attained_us / 1000000;
    for (__int128 most = config->las_first_device_s; seconds >= most && level < LEVELS_MAX;
         most *= config->las_factor)
        level++;
    return level;
}
