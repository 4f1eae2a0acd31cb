/* spot.c - see spot.h */
#include "schedule/spot.h"

#include "plan/deadline.h"
#include "schedule/expect.h"
#include "schedule/order.h"
#include "schedule/schedule_inner.h"

#define LEAST_STAY_US 60'000'000LL
#define HOUR_US       3'600'000'000LL
#define EXPOSURE_MAX  24 /* 60 years */

/* What the job still needs, if all that it may have lost was lost: progress is not told by the jobs themselves. */
static int64_t work_left_us(const struct fg_order_view *view, const struct fg_job *job)
{
    int64_t expected_us = fg_order_expected_us(view->config, job);
    if (job->checkpoint_us == 0 && job->state == FG_JOB_QUEUED)
        return expected_us;
    int64_t left_us = fg_order_remaining_us(view);
    int64_t redone_us = job->checkpoint_us + job->restart_us, all_us;
    if (job->state != FG_JOB_QUEUED || __builtin_mul_overflow(redone_us, job->attempt, &all_us))
        all_us = 0;
    return left_us + all_us < expected_us ? left_us + all_us : expected_us;
}

/* As if it were about to start, or as it runs. */
static bool is_safe(const struct fg_config *config,
                    const struct fg_order_view *order,
                    struct fg_spot_verdict *out)
{
    const struct fg_job *job = order->job;
    bool runs = job->state == FG_JOB_RUNNING;
    int64_t left_us = work_left_us(order, job);
    out->slack_us = job->deadline_us - order->now_us - left_us;
    out->start_us = config->spot_start_s * 1000000 + job->restart_us;
    out->loss_us = job->checkpoint_us ? job->checkpoint_us : fg_order_expected_us(config, job);
    const struct fg_deadline_terms terms = {.restart_us = out->start_us,
                                            .loss_us = out->loss_us};
    const struct fg_deadline_view view = {.terms = &terms,
                                          .work_left_us = left_us,
                                          .time_left_us = out->slack_us + left_us,
                                          .ride = runs ? FG_RIDE_SPOT : FG_RIDE_IDLE};
    /* The attempt after a loss has to fit into the time limit too. */
    bool fits_limit =
        job->time_limit_us == 0 || left_us + job->restart_us <= job->time_limit_us;
    return fits_limit && fg_deadline_is_safe(&view, FG_RIDE_SPOT, 0);
}

/* What all of its work costs on spot: it takes longer, and an hour is cheaper. */
static void price(const struct fg_spot_market *market,
                  const struct fg_job *job,
                  struct fg_spot_verdict *out)
{
    out->stretch = fg_deadline_stretch(market->spot_per_hour, out->loss_us, out->start_us);
    out->price = market->price * out->stretch
                 / fg_deadline_stretch(market->held_per_hour, out->loss_us, job->restart_us);
}

void fg_spot_judge(const struct fg_schedule *schedule,
                   const struct fg_pool *pool,
                   struct fg_queue *queue,
                   const struct fg_job *job,
                   int64_t now_us,
                   struct fg_spot_verdict *out)
{
    const struct fg_config *config = schedule->config;
    struct fg_spot_market market;
    *out = (struct fg_spot_verdict){.rule = FG_SPOT_ANY};
    if (job->deadline_us == 0 || !fg_pool_has_spot(pool) || !config->spot_deadlines)
        return;
    size_t len;
    const struct fg_order_view view = {.config = config,
                                       .job = job,
                                       .request = fg_queue_class_at(queue, job->request, &len),
                                       .now_us = now_us};
    enum fg_spot_rule safe = config->spot_deadlines > 1 ? FG_SPOT_FIRST : FG_SPOT_ANY;
    out->is_safe = is_safe(config, &view, out);
    fg_expect_spot(schedule->expect, pool, &market);
    price(&market, job, out);
    out->rule = out->is_safe && out->price <= 1 ? safe : FG_SPOT_LAST;
}

static void set_rule(struct fg_gang *gang, enum fg_spot_rule rule)
{
    for (size_t i = 0; i < gang->needs_len; i++)
        gang->needs[i].spot = (uint8_t)rule;
}

/* What an interruption costs each task's twin of it: all its work, or what is done again from the last checkpoint.  Of a gang all
 * tasks lose theirs. */
static void set_exposure(const struct fg_config *config,
                         const struct fg_job *job,
                         struct fg_gang *gang)
{
    int64_t loss_us = fg_order_expected_us(config, job);
    if (loss_us < job->predicted_most_us && job->duration_us == 0)
        loss_us = job->predicted_most_us;
    if (job->checkpoint_us && job->checkpoint_us + 2 * job->restart_us < loss_us)
        loss_us = job->checkpoint_us + 2 * job->restart_us;
    int64_t parts = loss_us / (HOUR_US / FG_EXPOSURE_PARTS) * gang->tasks;
    uint8_t exposure = parts > 0 ? (uint8_t)(64 - __builtin_clzll((uint64_t)parts)) : 0;
    for (size_t i = 0; i < gang->needs_len; i++)
        gang->needs[i].exposure = exposure < EXPOSURE_MAX ? exposure : EXPOSURE_MAX;
}

struct fg_gang fg_schedule_gang(const struct fg_schedule *schedule,
                                const struct fg_pass *pass,
                                const struct fg_pool *pool,
                                const struct fg_job *job)
{
    struct fg_gang gang = fg_gang_of(pool, pass->queue, job);
    struct fg_spot_verdict verdict;
    fg_spot_judge(schedule, pool, pass->queue, job, pass->now_us, &verdict);
    set_rule(&gang, verdict.rule);
    if (schedule->config->place_faults && fg_pool_has_hazards(pool))
        set_exposure(schedule->config, job, &gang);
    fg_expect_order(schedule->expect, schedule->config, pool, pass->queue, job, &gang);
    return gang;
}

/* -- those that run -------------------------------------------------------------------------------------- */

bool fg_schedule_rides_spot(const struct fg_pass *pass,
                            const struct fg_job *job,
                            const struct fg_grant *grants,
                            size_t len)
{
    if (!fg_pool_has_spot(pass->pool) || job->deadline_us == 0 || job->checkpoint_us == 0
        || !job->preemptible)
        return false;
    for (size_t i = 0; i < len; i++)
        if (fg_pool_node(pass->pool, grants[i].node)->terms.is_spot)
            return true;
    return false;
}

/* It would start elsewhere at once if it stopped. */
static bool fits_elsewhere(const struct fg_pass *pass, const struct fg_job *job)
{
    struct fg_gang gang = fg_gang_of(pass->pool, pass->queue, job);
    set_rule(&gang, FG_SPOT_NEVER);
    struct fg_gang_room room = fg_gang_room(pass->pool, &gang);
    return fg_gang_has_room(&gang, &room);
}

/* Has it worked long enough to be moved?  Where the other node goes to somebody else it would be moved for ever. */
static bool is_settled(const struct fg_spot_verdict *verdict,
                       const struct fg_job *job,
                       int64_t now_us)
{
    int64_t least_us = verdict->start_us > LEAST_STAY_US ? verdict->start_us : LEAST_STAY_US;
    return now_us - job->started_us >= least_us;
}

void fg_schedule_leave_spot(struct fg_schedule *schedule, struct fg_pass *pass)
{
    schedule->spot_riders = 0;
    if (!fg_pool_has_spot(pass->pool) || schedule->runners.preemptible == 0
        || !schedule->config->spot_deadlines)
        return;
    for (size_t i = 0; i < schedule->runners.len; i++) {
        const struct runner *runner = &schedule->runners.slots[i];
        if (!runner->job || !runner->preemptible || runner->stopping)
            continue;
        const struct fg_job *job = fg_queue_get(pass->queue, runner->job);
        if (!job
            || !fg_schedule_rides_spot(pass, job, fg_runner_grants(runner), runner->grants_len))
            continue;
        struct fg_spot_verdict verdict;
        schedule->spot_riders++;
        fg_spot_judge(schedule, pass->pool, pass->queue, job, pass->now_us, &verdict);
        if (job->state == FG_JOB_RUNNING && verdict.rule == FG_SPOT_LAST && !verdict.is_safe
            && verdict.slack_us >= verdict.start_us && is_settled(&verdict, job, pass->now_us)
            && fits_elsewhere(pass, job))
            *fg_schedule_decide(schedule) =
                (struct fg_decision){.kind = FG_DECIDE_PREEMPT, .job = job->id};
    }
}
