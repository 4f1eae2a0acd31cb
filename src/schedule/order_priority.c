/* order_priority.c - orders by the priority formula, within all jobs or within the project whose turn it is. */
#include "schedule/order_inner.h"
#include "schedule/priority.h"

/* Milliseconds since 2020, so that the key cannot overflow whatever the weights. */
static int64_t age_ms(const struct fg_job *job)
{
    return (job->submitted_us - EPOCH_2020_US) / 1000;
}

static int64_t priority_key(const struct fg_order_view *view)
{
    int64_t milli = view->job->priority_milli + 1000LL * view->project->priority;
    return milli * FG_PRIORITY_KEY_PER_MILLI
           - view->config->priority_age_per_hour * age_ms(view->job);
}

static int64_t fifo_key(const struct fg_order_view *view)
{
    return -view->job->submitted_us;
}

const struct fg_job_order fg_job_order_priority = {
    .name = "priority",
    .summary = "P = w1 C + w2 T + w3 M with ageing, lifted by the project's fair share",
    .key = priority_key,
    .projects = FG_PROJECTS_BONUS,
};

const struct fg_job_order fg_job_order_fifo = {
    .name = "fifo",
    .summary = "strictly by time of submission",
    .key = fifo_key,
};

const struct fg_job_order fg_job_order_drf = {
    .name = "drf",
    .summary = "dominant resource fairness: the project with the lowest dominant share for its "
               "weight, then P",
    .key = priority_key,
    .projects = FG_PROJECTS_DRF,
};

const struct fg_job_order fg_job_order_fair = {
    .name = "fair",
    .summary =
        "weighted fair share: the project with the least decayed use for its weight, then P",
    .key = priority_key,
    .projects = FG_PROJECTS_FAIR,
};
