/* saving.c - what caps and sleep saved, into the store every few seconds.
 *
 * What is not written yet is forgotten with the service, and so is what went with a batch that could not be committed, as nobody
 * can be sure that it was not: too little may be claimed, never anything twice. */
#include "control/control_inner.h"

#include "energy/savings.h"
#include "model/period.h"

#define KEEP_US 10'000'000

void fg_control_note_saving(struct fg_control *control, const struct fg_saving *saving)
{
    const struct fg_job *job = saving->job ? fg_queue_get(control->queue, saving->job) : NULL;
    const struct fg_saved *sum = &saving->sum;
    struct fg_saving row = *saving;
    if ((saving->job && !job) || sum->avoided_mj + sum->spent_mj + sum->asleep_us == 0)
        return;
    row.day = control->now_us / FG_DAY_US;
    row.project = job ? job->project : 0;
    row.user = job ? job->user : 0;
    if (!control->savings)
        control->savings = fg_savings_new();
    fg_savings_add(control->savings, &row);
}

void fg_control_keep_savings(struct fg_control *control)
{
    size_t len = control->savings ? fg_savings_len(control->savings) : 0;
    if (len == 0 || control->now_us < control->savings_us || !fg_control_begin(control))
        return;
    for (size_t i = 0; i < len && control->batch_rc == 0; i++) {
        struct fg_err err = {};
        int rc = control->options.store_ops->saving_add(
            control->options.store, fg_savings_at(control->savings, i), &err);
        fg_control_wrote(control, rc, &err);
    }
    fg_savings_clear(control->savings);
    control->savings_us = control->now_us + KEEP_US;
}
