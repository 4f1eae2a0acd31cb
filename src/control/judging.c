/* judging.c - what is wrong or wasteful: looked at now and then, kept, told; what people say to it. */
#include "control/control_inner.h"

#include "base/json_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ALERTS_OPEN_MAX 2000 /* an operator reads no more; those beyond are not watched */

void fg_judging_begin(struct fg_control *control)
{
    const struct fg_store_ops *store = control->options.store_ops;
    bool is_kept = store->alert_put && store->finding_put;
    control->judge_us = is_kept ? control->now_us : INT64_MAX;
    control->begun_us = control->now_us;
    control->judge = fg_judge_new();
    control->alarms = fg_alarms_new(ALERTS_OPEN_MAX);
    if (!control->alarms)
        abort();
}

void fg_judging_end(struct fg_control *control)
{
    fg_judge_free(control->judge);
    fg_alarms_free(control->alarms);
}

void fg_judging_reload(struct fg_control *control)
{
    fg_alarms_forget(control->alarms);
}

int fg_judging_restore(void *self, const struct fg_alert *alert)
{
    struct fg_control *control = self;
    fg_alarms_restore(control->alarms, alert, control->now_us);
    return 0;
}

int fg_judging_restore_finding(void *self, const struct fg_finding *finding)
{
    struct fg_control *control = self;
    fg_judge_restore(control->judge, finding);
    return 0;
}

static struct fg_judge_rules rules_of(const struct fg_config *config)
{
    return (struct fg_judge_rules){.idle_us = config->idle_held_s * 1000000,
                                   .idle_busy_milli = config->idle_busy_milli,
                                   .slow_percent = config->slow_twin_percent,
                                   .ahead_us = config->memory_ahead_s * 1000000};
}

/* -- readings -------------------------------------------------------------------------------------------------- */

void fg_judging_read(struct fg_control *control,
                     const struct fg_node_spec *node,
                     const struct fg_device_sample *sample,
                     int64_t now_us)
{
    struct fg_judge_rules rules = rules_of(control->config);
    struct fg_device_sample here = *sample;
    here.time_us = now_us; /* by our clock: that of the node may be another */
    fg_judge_device(control->judge, &rules, node, fg_pool_find(control->pool, node->name),
                    &here);
}

void fg_control_read_tasks(struct fg_control *control,
                           const struct fg_task_sample *samples,
                           size_t len,
                           int64_t now_us)
{
    struct fg_judge_rules rules = rules_of(control->config);
    for (size_t i = 0; i < len; i++)
        fg_judge_task(control->judge, &rules,
                      &(struct fg_judge_said){.job = samples[i].key.job,
                                              .task = samples[i].key.task,
                                              .time_us = now_us,
                                              .mem_mib = samples[i].mem_mib,
                                              .gpu_mem_mib = samples[i].gpu_mem_mib});
}

/* -- the look ---------------------------------------------------------------------------------------------------- */

static void hold_all(struct fg_control *control)
{
    for (size_t i = 0; i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        if (!live->started_us || live->stop_us)
            continue;
        const struct fg_project *project = fg_queue_project(control->queue, job->project);
        int64_t price_uusd = fg_control_price(control, live);
        for (uint32_t task = 0; task < live->tasks; task++)
            fg_judge_hold(control->judge,
                          &(struct fg_judge_hold){
                              .job = job->id,
                              .attempt = live->attempt,
                              .task = task,
                              .project = job->project,
                              .user = fg_control_user(control, job->user),
                              .project_name = project->name,
                              .work = fg_control_work(job),
                              .begun_us = live->started_us,
                              .node = fg_pool_spec(control->pool, live->grants[task].node),
                              .grant = &live->grants[task],
                              .is_guess = fg_live_is_guess(control, live, task),
                              .price_uusd_per_hour = price_uusd});
    }
}

static void keep(struct fg_control *control, const struct fg_alert *alert)
{
    struct fg_err err = {};
    if (fg_control_begin(control))
        fg_control_wrote(
            control, control->options.store_ops->alert_put(control->options.store, alert, &err),
            &err);
}

static void kv_if(struct fg_json *json, const char *key, const char *text)
{
    if (text[0])
        fg_json_kv(json, key, text);
}

/* One event: what it is about, in the members of GET /v1/alerts. */
static void tell(struct fg_control *control, const char *kind, const struct fg_alert *alert)
{
    FG_AUTO(fg_buf) struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    fg_json_object(&json);
    fg_json_kv_int(&json, "alert", (int64_t)alert->id);
    fg_json_kv(&json, "cause", fg_alert_causes[alert->cause].name);
    fg_json_kv(&json, "severity", fg_severity_name(alert->severity));
    kv_if(&json, "user", alert->user);
    kv_if(&json, "node", alert->node);
    kv_if(&json, "device", alert->device);
    fg_json_kv_int(&json, "count", alert->count);
    fg_json_kv(&json, "text", alert->text);
    fg_json_kv(&json, "hint", alert->hint);
    fg_json_end(&json);
    fg_control_tell_of(control, kind,
                       (struct fg_told_of){.job = alert->job, .project = alert->project},
                       "%.*s", (int)buf.len - 2, buf.text + 1);
}

static void on_news(void *self, enum fg_alarm_news news, struct fg_alert *alert)
{
    struct fg_control *control = self;
    if (news == FG_ALARM_RAISED)
        alert->id = control->next_alert_id++;
    keep(control, alert);
    if (news == FG_ALARM_RAISED)
        tell(control, "alert.raised", alert);
    else if (news == FG_ALARM_CLEARED)
        tell(control, "alert.cleared", alert);
}

static void on_sight(void *self, const struct fg_alert *alert, enum fg_sight sight)
{
    struct fg_control *control = self;
    fg_alarms_see(control->alarms, alert, sight);
}

static void on_finding(void *self, const struct fg_finding *finding)
{
    struct fg_control *control = self;
    struct fg_err err = {};
    if (fg_control_begin(control))
        fg_control_wrote(
            control,
            control->options.store_ops->finding_put(control->options.store, finding, &err),
            &err);
}

void fg_judging_tick(struct fg_control *control)
{
    if (control->now_us < control->judge_us || control->batch_rc < 0)
        return;
    struct fg_judge_rules rules = rules_of(control->config);
    struct fg_judge_out out = {.self = control, .see = on_sight, .find = on_finding};
    control->judge_us = control->now_us + control->config->judge_every_ms * 1000;
    hold_all(control);
    fg_judge_look(control->judge, &rules, control->now_us, &out);
    fg_judging_places(control);
    fg_alarms_settle(control->alarms, control->now_us, control->config->alert_clear_s * 1000000,
                     on_news, control);
}

/* -- what people ask, and say ------------------------------------------------------------------------------------- */

void fg_command_acknowledge(struct fg_control *control, struct fg_command *command)
{
    struct fg_alert *alert = fg_alarms_find(control->alarms, command->alert);
    const struct fg_actor *actor = &command->actor;
    bool is_hidden =
        alert && actor->project && alert->project && alert->project != actor->project;
    if (!alert || is_hidden) {
        command->rc =
            fg_fail(&command->err, FG_ENOENT,
                    "alert %" PRIu64 ": no such alert, or it is over already", command->alert);
        return;
    }
    if (!alert->project && (actor->role < FG_ROLE_OPERATOR || actor->project)) {
        command->rc =
            fg_fail(&command->err, FG_EPERM,
                    "alert %" PRIu64 ": it is of the pool, an operator has to acknowledge it",
                    command->alert);
        return;
    }
    if (alert->acknowledged_us || !fg_control_begin(control))
        return;
    alert->acknowledged_us = control->now_us;
    snprintf(alert->acknowledged_by, sizeof(alert->acknowledged_by), "%s", actor->user);
    keep(control, alert);
    tell(control, "alert.acknowledged", alert);
}

static int64_t milli(int64_t part, int64_t whole)
{
    return whole > 0 ? (int64_t)((__int128)part * 1000 / whole) : 0;
}

static void write_use(struct fg_json *json, const struct fg_usage_row *row)
{
    double look_us = row->look_us > 0 ? (double)row->look_us : 1;
    fg_json_object(json);
    fg_json_kv(json, "name", row->name);
    fg_json_key(json, "devices");
    fg_json_double(json, (double)row->now.could_us / look_us);
    fg_json_key(json, "held");
    fg_json_double(json, (double)row->now.held_us / look_us);
    fg_json_kv_int(json, "busy_milli", milli(row->now.busy_us, row->now.could_us));
    fg_json_kv_int(json, "day_busy_milli", milli(row->day.busy_us, row->day.could_us));
    fg_json_kv_int(json, "day_held_milli", milli(row->day.held_us, row->day.could_us));
    fg_json_kv_int(json, "day_idle_held_milli", milli(row->day.idle_us, row->day.could_us));
    fg_json_key(json, "since");
    fg_json_time(json, row->since_us);
    fg_json_end(json);
}

void fg_command_utilisation(struct fg_control *control, struct fg_command *command)
{
    enum fg_usage_by by = fg_usage_find(command->name ? command->name : "project");
    fg_project_id bound = command->actor.project;
    const char *own = bound ? fg_queue_project(control->queue, bound)->name : NULL;
    struct fg_usage_row row;
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    if (by == FG_USAGE_BYS) {
        command->rc =
            fg_fail(&command->err, FG_EINVAL,
                    "by: %.30s, expected project, supplier, node or class", command->name);
        return;
    }
    fg_json_array(&json);
    for (size_t at = 0; fg_usage_next(fg_judge_usage(control->judge), by, &at, &row);)
        if (by != FG_USAGE_PROJECT || !own || strcmp(own, row.name) == 0)
            write_use(&json, &row);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}
