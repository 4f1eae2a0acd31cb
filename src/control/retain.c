/* retain.c - what is old goes from the store, a bite per step.
 *
 * A bite is small because it shares the batch of the step, and with it the commit that users wait for.  The rest of a
 * long overdue clean-up follows in later steps, with pauses in between.
 */
#include "control/control_inner.h"

#define DAY_US           (86400LL * 1000000)
#define KEY_DAYS         7 /* a client that repeats a submit does so within days */
#define EVENTS_MAX       1000000
#define ROWS_A_BITE      500
#define FIRST_US         (60LL * 1000000) /* not while everybody reconnects */
#define NEXT_BITE_US     50000
#define NEXT_ROUND_US    (3600LL * 1000000)
#define AFTER_FAILURE_US (60LL * 1000000)

void fg_control_retain_begin(struct fg_control *control)
{
    control->retain_us =
        control->options.store_ops->prune ? control->now_us + FIRST_US : INT64_MAX;
}

void fg_control_retain(struct fg_control *control)
{
    if (control->now_us < control->retain_us || !fg_control_begin(control))
        return;
    int64_t jobs_before_us = control->now_us - control->config->job_days * DAY_US;
    struct fg_store_prune what = {
        .jobs_before_us = jobs_before_us,
        .artifacts_before_us = control->now_us - control->config->artifact_days * DAY_US,
        .keys_before_us = control->now_us - KEY_DAYS * DAY_US,
        .events_before_us = jobs_before_us,
        .demand_before_us = control->now_us - control->config->demand_days * DAY_US,
        .alerts_before_us = control->now_us - control->config->alert_days * DAY_US,
        .events_max = EVENTS_MAX,
        .limit = ROWS_A_BITE,
    };
    struct fg_err err = {};
    int rows = control->options.store_ops->prune(control->options.store, &what, &err);
    fg_control_wrote(control, rows, &err);
    /* A failure undoes the whole step: it must not come again with every step. */
    control->retain_us = control->now_us
                         + (rows < 0   ? AFTER_FAILURE_US
                            : rows > 0 ? NEXT_BITE_US
                                       : NEXT_ROUND_US);
}
