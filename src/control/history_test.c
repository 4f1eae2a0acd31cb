/* history_test.c - service over attempts, use of projects that outlives the service. */
#include "control/control_inner.h"
#include "test/tap.h"

#include <stdlib.h>

#define HOUR_US  3'600'000'000LL
#define START_US 1'750'000'000'000'000LL

static int64_t kept_ms, kept_us;
static int kept;

static int keep_use(
    struct fg_store *, fg_project_id, int64_t device_ms, int64_t time_us, struct fg_err *)
{
    kept++;
    kept_ms = device_ms;
    kept_us = time_us;
    return 0;
}

static const struct fg_store_ops ops = {.project_use_put = keep_use};
static struct fg_config config;
static const struct fg_request two_devices = {.kind = "h100", .count = 2, .gpu_milli = 1000};

static void build(struct fg_control *control)
{
    *control = (struct fg_control){
        .config = &config, .options = {.store_ops = &ops}, .now_us = START_US};
    control->ranking = fg_ranking_new(&config, fg_job_orders[0], FG_PREEMPT_OFF);
    control->queue = fg_ranking_queue(control->ranking, 100);
    struct fg_project project = {.id = 1, .name = "p", .weight = 100};
    EQ(fg_queue_project_put(control->queue, &project, NULL), 0);
}

static void drop(struct fg_control *control)
{
    fg_queue_free(control->queue);
    fg_ranking_free(control->ranking);
}

static struct fg_job job_of(struct fg_control *control, fg_job_id id)
{
    return (struct fg_job){.id = id,
                           .project = 1,
                           .user = 1,
                           .tasks = 1,
                           .request = fg_queue_class(control->queue, &two_devices, 1)};
}

static void service_adds_up_over_attempts(void)
{
    struct fg_control control;
    build(&control);
    struct fg_job job = job_of(&control, 1);
    fg_job_count_service(&control, &job); /* it never ran */
    EQ(job.attained_us, 0);
    for (int attempt = 1; attempt <= 3; attempt++) {
        job.state = FG_JOB_RUNNING;
        job.started_us = control.now_us;
        control.now_us += HOUR_US;
        fg_job_count_service(&control, &job);
        EQ(job.attained_us, 2 * attempt * HOUR_US);
    }
    drop(&control);
}

/* A job runs before and after a restart: what is charged is what would have been charged without it. */
static void use_outlives_the_service(void)
{
    struct fg_control control;
    const struct fg_amount amount = {.gpu_milli = 2000};
    struct fg_held whole = {.used_us = START_US, .gpu_milli = 2000};
    build(&control);
    struct fg_held *held = fg_queue_held(control.queue, 1);
    held->used_us = START_US;
    fg_held_add(held, &amount);
    control.now_us = START_US + HOUR_US;
    fg_history_keep_use(&control); /* no batch: nothing is written */
    EQ(kept, 0);
    control.in_batch = true;
    fg_history_keep_use(&control);
    fg_history_keep_use(&control); /* not every time */
    EQ(kept, 1);
    drop(&control);

    build(&control);
    EQ(fg_history_use(&control, 1, kept_ms, kept_us), 0);
    EQ(fg_history_use(&control, 77, 1, 1), 0); /* a project that is gone */
    held = fg_queue_held(control.queue, 1);
    fg_held_add(held, &amount);
    fg_held_settle(held, START_US + 3 * HOUR_US, config.fair_half_life_s);
    fg_held_settle(&whole, START_US + 3 * HOUR_US, config.fair_half_life_s);
    OK(held->used > whole.used - 0.01 && held->used < whole.used + 0.01);
    OK(held->used > 20000);
    drop(&control);
}

int main(void)
{
    fg_config_defaults(&config);
    RUN(service_adds_up_over_attempts);
    RUN(use_outlives_the_service);
    return tap_done();
}
