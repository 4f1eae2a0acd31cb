/* order_size.c - orders by how much a job needs: time, time that is left, money, or how much it has been slowed. */
#include "schedule/order_inner.h"

static int64_t sjf_key(const struct fg_order_view *view)
{
    return -fg_order_expected_us(view->config, view->job);
}

static int64_t srtf_key(const struct fg_order_view *view)
{
    return -fg_order_remaining_us(view);
}

/* Clearly shorter.  A running job only gets shorter, so who was pushed aside does not push back. */
static bool srtf_may_push(const struct fg_config *config, int64_t head_us, int64_t running_us)
{
    return (__int128)head_us * 100 <= (__int128)running_us * config->preempt_gain_percent;
}

/* Until it has run as long as it was expected to, and is taken to need twice as long. */
static int64_t srtf_mark(const struct fg_order_view *view, int64_t *out_until_us)
{
    int64_t remaining_us = fg_order_remaining_us(view);
    if (out_until_us)
        *out_until_us = view->now_us + remaining_us;
    return remaining_us;
}

static int64_t cost_key(const struct fg_order_view *view)
{
    return -fg_order_cost_of(view);
}

/* Finish-time fairness (Themis, Mahajan et al., NSDI 2020): rho is the time from submission to the end if it started
 * now, over the time that it would have taken alone; who is treated worst goes first.  In millionths. */
static int64_t ftf_key(const struct fg_order_view *view)
{
    int64_t alone_us = fg_order_expected_us(view->config, view->job);
    int64_t past_us =
        view->now_us > view->job->submitted_us ? view->now_us - view->job->submitted_us : 0;
    __int128 shared_us = (__int128)past_us + fg_order_remaining_us(view);
    return fg_order_clamp(shared_us * 1000000 / alone_us);
}

const struct fg_job_order fg_job_order_sjf = {
    .name = "sjf",
    .summary = "shortest job first, by given or predicted duration, else the time limit",
    .key = sjf_key,
};

const struct fg_job_order fg_job_order_srtf = {
    .name = "srtf",
    .summary = "shortest remaining time first; may push aside jobs that have much longer to go",
    .key = srtf_key,
    .may_push = srtf_may_push,
    .mark = srtf_mark,
};

const struct fg_job_order fg_job_order_cost = {
    .name = "cost",
    .summary = "cheapest first: price of what is asked x expected duration",
    .key = cost_key,
};

const struct fg_job_order fg_job_order_ftf = {
    .name = "ftf",
    .summary =
        "finish-time fairness (Themis): first who will be slowed most against running alone",
    .key = ftf_key,
    .moves = true,
};
