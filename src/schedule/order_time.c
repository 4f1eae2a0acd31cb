/* order_time.c - orders by what a job got so far, and by when it has to be done. */
#include "schedule/order_inner.h"

static int64_t las_level(const struct fg_order_view *view)
{
    return fg_order_level(view->config, fg_order_attained_us(view));
}

/* Tiresias (Gu et al., NSDI 2019), two-dimensional LAS with discretised queues: who got the least devices x time first,
 * in steps, within a step by submission; so jobs of one step do not push each other aside. */
static int64_t las_key(const struct fg_order_view *view)
{
    return -(las_level(view) << TIME_BITS) - fg_order_since_2020_us(view->job->submitted_us);
}

static bool las_may_push([[maybe_unused]] const struct fg_config *config,
                         int64_t head,
                         int64_t running)
{
    return head < running;
}

/* Until it comes to the next level. */
static int64_t las_mark(const struct fg_order_view *view, int64_t *out_until_us)
{
    int64_t attained_us = fg_order_attained_us(view),
            level = fg_order_level(view->config, attained_us);
    if (!out_until_us)
        return level;
    *out_until_us = INT64_MAX;
    if (level == LEVELS_MAX)
        return level;
    __int128 next_us = (__int128)view->config->las_first_device_s * 1000000;
    for (int64_t i = 0; i < level; i++)
        next_us *= view->config->las_factor;
    *out_until_us = view->now_us
                    + fg_order_wall_us(fg_order_clamp(next_us - attained_us), view->request,
                                       fg_job_tasks_held(view->job));
    return level;
}

/* Jobs without a deadline come after all that have one. */
static int64_t deadline_of(const struct fg_order_view *view, int64_t lead_us)
{
    int64_t deadline_us = view->job->deadline_us;
    return deadline_us > 0 ? fg_order_clamp((__int128)deadline_us - lead_us) : INT64_MAX;
}

static int64_t key_of(const struct fg_order_view *view, int64_t due_us)
{
    if (due_us < INT64_MAX)
        return -due_us;
    return -KEY_MAX - fg_order_since_2020_us(view->job->submitted_us);
}

static bool is_due_well_before(const struct fg_config *config, int64_t a_us, int64_t b_us)
{
    return a_us < INT64_MAX
           && (b_us == INT64_MAX || a_us + config->preempt_quantum_s * 1000000 < b_us);
}

static int64_t edf_key(const struct fg_order_view *view)
{
    return key_of(view, deadline_of(view, 0));
}

static int64_t edf_mark(const struct fg_order_view *view, int64_t *out_until_us)
{
    if (out_until_us)
        *out_until_us = INT64_MAX;
    return deadline_of(view, 0);
}

/* Laxity is deadline - now - remaining; "now" is the same for all, so the latest moment to start is the key.  That of a
 * running job moves on as it runs: it is pushed aside at the earliest when it has got a quantum ahead. */
static int64_t llf_key(const struct fg_order_view *view)
{
    return key_of(view, deadline_of(view, fg_order_remaining_us(view)));
}

/* A running job with a deadline gets ahead by the moment. */
static int64_t llf_mark(const struct fg_order_view *view, int64_t *out_until_us)
{
    if (out_until_us)
        *out_until_us = view->job->deadline_us > 0 ? view->now_us : INT64_MAX;
    return deadline_of(view, fg_order_remaining_us(view));
}

const struct fg_job_order fg_job_order_las = {
    .name = "las",
    .summary = "least attained service (Tiresias): who got the least devices x time, in steps",
    .key = las_key,
    .may_push = las_may_push,
    .mark = las_mark,
};

const struct fg_job_order fg_job_order_edf = {
    .name = "edf",
    .summary = "earliest deadline first; jobs without a deadline last",
    .key = edf_key,
    .may_push = is_due_well_before,
    .mark = edf_mark,
};

const struct fg_job_order fg_job_order_llf = {
    .name = "llf",
    .summary =
        "least laxity first: the latest moment at which it must start to meet its deadline",
    .key = llf_key,
    .may_push = is_due_well_before,
    .mark = llf_mark,
};
