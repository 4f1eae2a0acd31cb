/* submit.c - new jobs: checked against the state, numbered, written, queued. */
#include "control/control_inner.h"
#include "model/job_json.h"

#include <string.h>

uint32_t fg_submit_jobs(const struct fg_job_spec *spec)
{
    return spec->array_step ? (spec->array_last - spec->array_first) / spec->array_step + 1 : 1;
}

/* Jobs that an item stands for. */
static uint32_t item_count(const struct fg_submit_item *item)
{
    return item->out_repeated ? item->out_count : fg_submit_jobs(item->spec);
}

static int check_after_job(struct fg_control *control,
                           fg_project_id project,
                           fg_job_id job,
                           bool any_end,
                           struct fg_err *err)
{
    enum fg_job_state state;
    fg_project_id other;
    int32_t exit_code;
    struct fg_err none;
    int rc = control->options.store_ops->job_state(control->options.store, job, &state, &other,
                                                   &exit_code, &none);
    if (rc < 0 || other != project)
        return fg_fail(err, FG_ENOENT, "after: job %llu: no such job in project %s",
                       (unsigned long long)job,
                       fg_queue_project(control->queue, project)->name);
    if (fg_job_state_is_final(state) && state != FG_JOB_SUCCEEDED && !any_end)
        return fg_fail(err, FG_ESTATE, "after: job %llu is %s, so this one could never start",
                       (unsigned long long)job, fg_job_state_name(state));
    return 0;
}

/* An item of this command that comes before `item`.  What is new is waited for; what was submitted before,
 * under the same key, may be over. */
static int check_after_item(struct fg_control *control,
                            const struct fg_command *command,
                            const struct fg_submit_item *item,
                            const struct fg_after *after,
                            struct fg_err *err)
{
    if (after->item > (size_t)(item - command->items))
        return fg_fail(err, FG_EINVAL,
                       "after: item %u: expected the place of an earlier job of the same batch",
                       after->item);
    const struct fg_submit_item *other = &command->items[after->item - 1];
    if (other->project != item->project)
        return fg_fail(err, FG_EINVAL, "after: item %u: it is of another project", after->item);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && other->out_repeated && i < other->out_count; i++)
        rc = check_after_job(control, item->project, other->out_id + i, after->any_end, err);
    return rc;
}

static int check_after(struct fg_control *control,
                       const struct fg_command *command,
                       const struct fg_submit_item *item,
                       struct fg_err *err)
{
    size_t jobs = 0; /* an array counts as all its elements */
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < item->spec->after_len; i++) {
        const struct fg_after *after = &item->spec->after[i];
        rc = after->item
                 ? check_after_item(control, command, item, after, err)
                 : check_after_job(control, item->project, after->job, after->any_end, err);
        if (rc == 0)
            jobs += after->item ? item_count(&command->items[after->item - 1]) : 1;
    }
    if (rc == 0 && jobs > FG_AFTER_MAX)
        return fg_fail(err, FG_EINVAL,
                       "after: %zu jobs, each element of an array counted, expected %d at most",
                       jobs, FG_AFTER_MAX);
    return rc;
}

/* Every refusal that needs the state; nothing is changed. */
static int check_item(struct fg_control *control,
                      const struct fg_command *command,
                      const struct fg_submit_item *item,
                      size_t count,
                      struct fg_err *err)
{
    const struct fg_project *project = fg_queue_project(control->queue, item->project);
    if (!project)
        return fg_fail(err, FG_ENOENT, "project %s: no such project", item->spec->project);
    if (project->archived)
        return fg_fail(err, FG_ESTATE, "project %s is archived, it takes no new jobs",
                       project->name);
    const struct fg_held *held = fg_queue_held(control->queue, item->project);
    if (project->quota.queued >= 0 && held->queued + (int64_t)count > project->quota.queued)
        return fg_fail(
            err, FG_EQUOTA, "project %s: quota of %lld waiting jobs: %lld wait, %zu asked",
            project->name, (long long)project->quota.queued, (long long)held->queued, count);
    const char *reservation = item->spec->reservation;
    int rc = reservation && reservation[0] ? fg_control_check_reservation(
                 control, &command->actor, reservation, item->project, err)
                                           : 0;
    return rc == 0 ? check_after(control, command, item, err) : rc;
}

/* Until when a flexible job is to be over; 0: it is not flexible. */
static int64_t flexible_until(const struct fg_job_spec *spec, int64_t now_us)
{
    int64_t until_us = spec->flexible_until_us;
    if (spec->flexible == FG_FLEXIBLE_NOT)
        return 0;
    if (spec->deadline_us > 0 && (until_us == 0 || spec->deadline_us < until_us))
        until_us = spec->deadline_us;
    return until_us ? until_us : now_us + FG_FLEXIBLE_DEFAULT_US;
}

static struct fg_job make_job(struct fg_control *control,
                              const struct fg_submit_item *item,
                              uint32_t user)
{
    const struct fg_job_spec *spec = item->spec;
    struct fg_job job = {
        .project = item->project,
        .reservation = fg_advance_key(spec->reservation),
        .tasks = spec->tasks_min ? spec->tasks_min : spec->tasks,
        .tasks_max = spec->tasks,
        .retries = spec->retries,
        .user = user,
        .priority_milli = fg_priority_milli(control->config, spec),
        .state = FG_JOB_QUEUED,
        .preemptible = spec->preemptible,
        .submitted_us = control->now_us,
        .eligible_us = spec->begin_us > control->now_us ? spec->begin_us : 0,
        .deadline_us = spec->deadline_us,
        .time_limit_us = spec->time_limit_us,
        .duration_us = spec->duration_us,
        .flexible = spec->flexible,
        .flexible_until_us = flexible_until(spec, control->now_us),
        .retry_backoff_us = spec->retry_backoff_us,
        .grace_us = spec->grace_us,
        .checkpoint_us = spec->checkpoint_us,
        .restart_us = spec->restart_us,
        .shape = fg_shape_of(spec->name, spec->run, spec->argv, spec->argv_len),
    };
    job.request = fg_job_class(control, &job, spec->any_of, spec->any_of_len);
    fg_learn_name(control->learn, job.shape, spec->name);
    fg_job_predict(control, &job);
    return job;
}

/* Whom the item waits for, as jobs: items of the batch have their ids by now.  Named twice, the stricter
 * way counts.  Room for FG_AFTER_MAX, which check_after() has seen to. */
static size_t after_jobs(const struct fg_command *command,
                         const struct fg_job_spec *spec,
                         struct fg_after *out)
{
    size_t len = 0;
    for (size_t i = 0; i < spec->after_len; i++) {
        const struct fg_after *after = &spec->after[i];
        const struct fg_submit_item *item =
            after->item ? &command->items[after->item - 1] : NULL;
        for (uint32_t k = 0; k < (item ? item->out_count : 1); k++)
            out[len++] = (struct fg_after){.job = item ? item->out_id + k : after->job,
                                           .any_end = after->any_end};
    }
    fg_after_sort(out, len);
    size_t kept = 0;
    for (size_t i = 0; i < len; i++)
        if (kept > 0 && out[kept - 1].job == out[i].job)
            out[kept - 1].any_end &= out[i].any_end;
        else
            out[kept++] = out[i];
    return kept;
}

/* Only what is still open is waited for. */
static size_t open_after(struct fg_control *control,
                         const struct fg_job_spec *spec,
                         struct fg_after *out)
{
    size_t len = 0;
    for (size_t i = 0; i < spec->after_len; i++)
        if (fg_queue_get(control->queue, spec->after[i].job))
            out[len++] = spec->after[i];
    return len;
}

static int add_job(struct fg_control *control,
                   const struct fg_submit_item *item,
                   struct fg_job job,
                   const struct fg_actor *actor,
                   struct fg_err *err)
{
    struct fg_after after[FG_AFTER_MAX];
    size_t after_len = open_after(control, item->spec, after);
    job.waits_for = (uint8_t)after_len;
    struct fg_job_row row = {
        .job = job,
        .name = item->spec->name,
        .spec_json = item->spec_json,
        .spec_json_len = item->spec_json_len,
        .after = after,
        .after_len = after_len,
        .idempotency_key =
            job.array_index == item->spec->array_first ? item->spec->idempotency_key : "",
    };
    const char *project = fg_queue_project(control->queue, job.project)->name;
    int rc =
        control->options.store_ops->job_add(control->options.store, &row, actor->user, project,
                                            item->spec->any_of, item->spec->any_of_len, err);
    fg_control_wrote(control, rc, err);
    if (rc == 0)
        rc = fg_queue_add(control->queue, &job, err);
    for (size_t i = 0; rc == 0 && i < after_len; i++)
        rc = fg_queue_depend(control->queue, job.id, after[i].job, after[i].any_end);
    if (rc == 0)
        fg_flexible_add(control->flexible, &job);
    return rc;
}

/* Was it submitted before, under this key? */
static bool repeated(struct fg_control *control,
                     const struct fg_actor *actor,
                     struct fg_submit_item *item)
{
    if (!item->spec->idempotency_key[0])
        return false;
    struct fg_err none;
    item->out_repeated = control->options.store_ops->idempotency_find(
                             control->options.store, actor->user, item->spec->idempotency_key,
                             &item->out_id, &item->out_count, &none)
                         == 0;
    return item->out_repeated;
}

static int add_jobs(struct fg_control *control,
                    const struct fg_actor *actor,
                    uint32_t user,
                    struct fg_submit_item *item,
                    struct fg_err *err)
{
    const struct fg_job_spec *spec = item->spec;
    item->out_count = fg_submit_jobs(spec);
    item->out_id = control->next_job_id;
    struct fg_job job = make_job(control, item, user);
    for (uint32_t i = 0; i < item->out_count; i++) {
        job.id = control->next_job_id++;
        if (spec->array_step) {
            job.array_id = item->out_id;
            job.array_index = spec->array_first + i * spec->array_step;
        }
        int rc = add_job(control, item, job, actor, err);
        if (rc < 0)
            return rc;
    }
    struct fg_job first = {.id = item->out_id, .project = item->project};
    fg_control_tell(control, "job.submitted", &first, "\"count\":%u", item->out_count);
    return 0;
}

static bool has_items(const struct fg_job_spec *spec)
{
    for (size_t i = 0; i < spec->after_len; i++)
        if (spec->after[i].item)
            return true;
    return false;
}

static int submit_item(struct fg_control *control,
                       const struct fg_command *command,
                       uint32_t user,
                       struct fg_submit_item *item,
                       struct fg_err *err)
{
    /* The batch may have one key twice. */
    if (item->out_repeated
        || (command->items_len > 1 && repeated(control, &command->actor, item)))
        return 0;
    if (!has_items(item->spec))
        return add_jobs(control, &command->actor, user, item, err);

    /* Places in a batch mean nothing later: what is kept says ids. */
    struct fg_after after[FG_AFTER_MAX];
    struct fg_job_spec spec = *item->spec;
    spec.after = after;
    spec.after_len = after_jobs(command, item->spec, after);
    FG_AUTO(fg_buf) struct fg_buf json = {};
    fg_job_json_write(&json, &spec);
    struct fg_submit_item known = *item;
    known.spec = &spec;
    known.spec_json = json.text;
    known.spec_json_len = json.len;
    int rc = add_jobs(control, &command->actor, user, &known, err);
    item->out_id = known.out_id;
    item->out_count = known.out_count;
    return rc;
}

static int check_all(struct fg_control *control, struct fg_command *command)
{
    size_t count = 0;
    for (size_t i = 0; i < command->items_len; i++)
        if (!repeated(control, &command->actor, &command->items[i]))
            count += fg_submit_jobs(command->items[i].spec);
    if (fg_queue_len(control->queue) + count > (size_t)control->config->queue_jobs_max)
        return fg_fail(
            &command->err, FG_EBUSY, "%zu jobs are open and %lld may be: %zu more do not fit",
            fg_queue_len(control->queue), (long long)control->config->queue_jobs_max, count);
    for (size_t i = 0; i < command->items_len; i++) {
        if (command->items[i].out_repeated)
            continue; /* nothing is asked for, so nothing is refused */
        int rc = check_item(control, command, &command->items[i], count, &command->err);
        if (rc < 0)
            return command->items_len > 1 ? fg_wrap(&command->err, rc, "jobs[%zu]", i) : rc;
    }
    return 0;
}

/* The user's number in the store; its batch is open then. */
static int begin(struct fg_control *control, struct fg_command *command, uint32_t *out_user)
{
    if (!fg_control_begin(control)) {
        command->err = control->batch_err;
        return control->batch_rc;
    }
    int rc = fg_control_user_intern(control, command->actor.user, out_user, &command->err);
    fg_control_wrote(control, rc, &command->err);
    return rc;
}

void fg_command_submit(struct fg_control *control, struct fg_command *command)
{
    uint32_t user = 0;
    command->rc = check_all(control, command);
    if (command->rc == 0)
        command->rc = begin(control, command, &user);
    if (command->rc == 0 && fg_queue_limits_users(control->queue))
        command->rc = fg_user_limits_check(control, command, user);
    if (command->rc < 0) {
        fg_demand_refused(control, command);
        return;
    }
    if (fg_queue_limits_users(control->queue))
        fg_user_limits_count(control, command, user);
    for (size_t i = 0; command->rc == 0 && i < command->items_len; i++)
        command->rc = submit_item(control, command, user, &command->items[i], &command->err);
    /* All was checked above, so what fails here is the store: the whole batch is undone. */
    fg_control_wrote(control, command->rc, &command->err);
    control->pass_wanted = true;
}
