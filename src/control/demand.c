/* demand.c - what jobs ask for, as it changes: into levels (demand/levels.h), and with each batch into the store.
 *
 * Nothing changes without a write in the same batch, so that no crash loses anything: the store knows the levels and since
 * when they hold.  Only how long a job has waited already is forgotten with a restart. */
#include "control/control_inner.h"

#include "base/text.h"

/* The kind that its first alternative names; what it asks of it, all tasks together. */
static int64_t asked(const struct fg_control *control,
                     const struct fg_job *job,
                     struct fg_level_key *out_key)
{
    size_t len;
    const struct fg_request *request = fg_queue_class_at(control->queue, job->request, &len);
    *out_key = (struct fg_level_key){.project = job->project};
    fg_copy(out_key->kind, sizeof(out_key->kind), request->kind[0] ? request->kind : "any");
    return (int64_t)request->count * request->gpu_milli * job->tasks;
}

static void watch(void *self, const struct fg_job *job, bool joins)
{
    struct fg_control *control = self;
    struct fg_level_key key;
    int64_t milli = asked(control, job, &key);
    if (milli == 0)
        return;
    fg_levels_wait(control->levels, &key, joins ? milli : -milli, control->now_us);
    if (joins)
        fg_map_put(control->waiting_since_s, job->id, (uint32_t)(control->now_us / 1'000'000));
    else if (job->state != FG_JOB_STARTING)
        fg_map_del(control->waiting_since_s, job->id);
}

void fg_demand_begin(struct fg_control *control)
{
    if (!control->options.store_ops->demand_level_put)
        return;
    control->levels = fg_levels_new();
    control->waiting_since_s = fg_map_new(0);
    fg_queue_watch(control->queue, watch, control);
}

void fg_demand_end(struct fg_control *control)
{
    fg_levels_free(control->levels);
    fg_map_free(control->waiting_since_s);
    control->levels = NULL;
    control->waiting_since_s = NULL;
}

int fg_demand_restore(void *self, const struct fg_level_row *row)
{
    struct fg_control *control = self;
    if (control->levels)
        fg_levels_restore(control->levels, row, control->now_us);
    return 0;
}

/* -- attempts ---------------------------------------------------------------------------------------- */

void fg_demand_started(struct fg_control *control, struct live *live)
{
    struct fg_level_key key;
    uint32_t since_s;
    if (!control->levels || !live->claimed || live->amount.gpu_milli == 0)
        return;
    (void)asked(control, fg_queue_get(control->queue, live->job), &key);
    fg_levels_run(control->levels, &key, live->amount.gpu_milli, control->now_us);
    if (!fg_map_get(control->waiting_since_s, live->job, &since_s))
        return;
    live->waited_us = control->now_us - (int64_t)since_s * 1'000'000;
    fg_map_del(control->waiting_since_s, live->job);
}

void fg_demand_ended(struct fg_control *control, const struct live *live)
{
    struct fg_level_key key;
    if (!control->levels || !live->claimed || live->amount.gpu_milli == 0)
        return;
    (void)asked(control, fg_queue_get(control->queue, live->job), &key);
    fg_levels_run(control->levels, &key, -live->amount.gpu_milli, control->now_us);
    fg_levels_ran(control->levels, &key, live->amount.gpu_milli, live->waited_us,
                  live->begun_us, control->now_us);
}

/* -- refusals ---------------------------------------------------------------------------------------- */

void fg_demand_refused(struct fg_control *control, const struct fg_command *command)
{
    bool is_want = command->rc == FG_EQUOTA || command->rc == FG_EBUSY;
    for (size_t i = 0; control->levels && is_want && i < command->items_len; i++) {
        const struct fg_submit_item *item = &command->items[i];
        const struct fg_request *request = &item->spec->any_of[0];
        struct fg_level_key key = {.project = item->project};
        fg_copy(key.kind, sizeof(key.kind), request->kind[0] ? request->kind : "any");
        int64_t milli = (int64_t)request->count * request->gpu_milli * item->spec->tasks
                        * fg_submit_jobs(item->spec);
        if (milli && fg_queue_project(control->queue, item->project))
            fg_levels_refused(control->levels, &key, milli, control->now_us);
    }
}

/* -- the store --------------------------------------------------------------------------------------- */

static int keep_level(void *self, const struct fg_level_row *row)
{
    struct fg_control *control = self;
    struct fg_err err = {};
    int rc = control->options.store_ops->demand_level_put(control->options.store, row, &err);
    fg_control_wrote(control, rc, &err);
    return rc;
}

static int keep_hour(void *self, const struct fg_level_hour *hour)
{
    struct fg_control *control = self;
    struct fg_err err = {};
    int rc = control->options.store_ops->demand_hour_add(control->options.store, hour, &err);
    fg_control_wrote(control, rc, &err);
    return rc;
}

void fg_demand_keep(struct fg_control *control)
{
    if (!control->levels || !fg_levels_changed(control->levels) || !fg_control_begin(control))
        return;
    (void)fg_levels_flush(control->levels, control->now_us, keep_level, keep_hour, control);
}
