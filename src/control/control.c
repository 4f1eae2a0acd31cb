/* control.c - the step: apply, commit, answer, act; see control.h */
#include "control/control_inner.h"

#include "base/grow.h"
#include "energy/savings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_A_STEP_MAX 4096
#define SICK_PAUSE_US     500000

struct fg_control *fg_control_new(const struct fg_control_options *options,
                                  int64_t now_us,
                                  struct fg_err *err)
{
    struct fg_control *control = calloc(1, sizeof(*control));
    if (!control) {
        fg_fail(err, FG_ENOMEM, "no memory for the controller");
        return NULL;
    }
    control->options = *options;
    control->config = options->config;
    control->now_us = now_us;
    control->arena = fg_arena_new(64UL << 20);
    control->pass_wanted = true;
    control->flexible = fg_flexible_jobs_new(control->config);
    if (!control->flexible) {
        fg_fail(err, FG_ENOMEM, "no memory for the controller");
        fg_control_free(control);
        return NULL;
    }
    fg_control_retain_begin(control);
    fg_judging_begin(control);
    if (fg_control_load(control, err) < 0) {
        fg_control_free(control);
        return NULL;
    }
    return control;
}

static void answer(struct fg_command *command)
{
    command->next = NULL;
    command->done(command);
}

static void answer_waiting(struct fg_control *control)
{
    while (control->waiting) {
        struct fg_command *command = control->waiting;
        control->waiting = command->next;
        command->rc = fg_fail(&command->err, FG_EUNREACH, "the service is stopping");
        answer(command);
    }
}

void fg_control_free(struct fg_control *control)
{
    if (!control)
        return;
    answer_waiting(control);
    fg_control_unload(control);
    fg_nodes_sleep_free(control);
    fg_nodes_free(control);
    fg_judging_end(control);
    free(control->effects);
    free(control->told);
    free(control->ended);
    fg_buf_free(&control->event_text);
    fg_arena_free(control->arena);
    free(control->pending);
    free(control->running);
    free(control->knob_proposals);
    fg_flexible_jobs_free(control->flexible);
    fg_savings_free(control->savings);
    free(control);
}

bool fg_control_begin(struct fg_control *control)
{
    if (!control->in_batch && control->batch_rc == 0) {
        struct fg_err err = {};
        int rc = control->options.store_ops->begin(control->options.store, &err);
        control->in_batch = rc == 0;
        fg_control_wrote(control, rc, &err);
    }
    return control->batch_rc == 0;
}

void fg_control_wrote(struct fg_control *control, int rc, const struct fg_err *err)
{
    if (rc < 0 && control->batch_rc == 0) {
        control->batch_rc = rc;
        control->batch_err = *err;
    }
}

void fg_control_effect(struct fg_control *control,
                       enum effect_kind kind,
                       struct fg_task_key key,
                       int64_t grace_us)
{
    control->effects = fg_grow(control->effects, control->effects_len, &control->effects_room,
                               sizeof(struct effect));
    control->effects[control->effects_len++] =
        (struct effect){.kind = kind, .key = key, .grace_us = grace_us};
}

/* -- the parts of a step ------------------------------------------------------------------------ */

static void take_events(struct fg_control *control)
{
    struct fg_engine_event event;
    while (control->pending_len < EVENTS_A_STEP_MAX
           && control->options.engine_ops->next_event(control->options.engine, &event) == 1) {
        control->pending = fg_grow(control->pending, control->pending_len,
                                   &control->pending_room, sizeof(event));
        control->pending[control->pending_len++] = event;
    }
}

static bool is_write(const struct fg_command *command)
{
    switch (command->kind) {
    case FG_CMD_WAIT:
    case FG_CMD_WHY:
    case FG_CMD_MOVES:
    case FG_CMD_POOL:
    case FG_CMD_POOL_MAP:
    case FG_CMD_SUPPLIER_STATUS:
    case FG_CMD_PRICES:
    case FG_CMD_LEARNED:
    case FG_CMD_POLICY:
    case FG_CMD_UTILISATION:
    case FG_CMD_STATUS:
    case FG_CMD_RESERVATIONS:
    case FG_CMD_SCALE_LIST:
    case FG_CMD_SUPPLIER_OFFERS:
        return false;
    default:
        return true;
    }
}

/* Apply each; a write of a sick store is refused at once, so that clients are not kept waiting. */
static void apply_commands(struct fg_control *control, struct fg_command *commands)
{
    struct fg_command **last = &control->answers;
    while (commands) {
        struct fg_command *command = commands;
        commands = command->next;
        command->next = NULL;
        command->rc = 0;
        if (is_write(command) && control->sick && control->now_us < control->sick_until_us) {
            command->err = control->batch_err;
            command->rc = control->batch_err.code;
        } else {
            fg_command_apply(control, command);
            if (command->kind == FG_CMD_WAIT && command->rc == 0
                && !fg_job_state_is_final(command->out_state)) {
                command->next = control->waiting;
                control->waiting = command;
                continue;
            }
        }
        *last = command;
        last = &command->next;
    }
}

static void apply_events(struct fg_control *control)
{
    for (size_t i = 0; i < control->pending_len && control->batch_rc == 0; i++)
        fg_attempt_event(control, &control->pending[i]);
    if (control->batch_rc == 0)
        fg_attempt_save_started(control);
}

static void drop_step(struct fg_control *control)
{
    control->effects_len = 0;
    control->told_len = 0;
    fg_buf_clear(&control->event_text);
}

/* Those who were to hear of an end that did not become durable wait on. */
static void wait_again(struct fg_control *control)
{
    struct fg_command **at = &control->answers;
    while (*at) {
        struct fg_command *command = *at;
        if (command->kind != FG_CMD_WAIT || !fg_queue_get(control->queue, command->job)) {
            at = &command->next;
            continue;
        }
        *at = command->next;
        command->next = control->waiting;
        control->waiting = command;
    }
}

/* The state anew from the store, as after a restart. */
static int read_again(struct fg_control *control, struct fg_err *err)
{
    fg_nodes_set_aside(control);
    fg_control_unload(control);
    return fg_control_load(control, err);
}

/* Nothing of this step happened. */
static int undo(struct fg_control *control, struct fg_err *err)
{
    if (control->in_batch)
        control->options.store_ops->rollback(control->options.store);
    control->in_batch = false;
    control->sick = true;
    control->sick_until_us = control->now_us + SICK_PAUSE_US;
    for (struct fg_command *command = control->answers; command; command = command->next)
        if (is_write(command) && command->rc == 0) {
            command->rc = control->batch_rc;
            command->err = control->batch_err;
        }
    drop_step(control);
    control->policy_changed = false;
    int rc = read_again(control, err);
    if (rc == 0)
        wait_again(control);
    return rc;
}

static void perform_effects(struct fg_control *control)
{
    const struct fg_engine_ops *engine = control->options.engine_ops;
    for (size_t i = 0; i < control->effects_len; i++) {
        struct effect effect = control->effects[i];
        if (effect.kind == EFFECT_START)
            fg_control_start(control, effect.key.job);
        else if (effect.kind == EFFECT_STOP)
            (void)engine->stop(control->options.engine, effect.key, effect.grace_us, NULL);
        else
            engine->collect(control->options.engine, effect.key);
    }
}

static void publish(struct fg_control *control)
{
    for (size_t i = 0; control->options.publish && i < control->told_len; i++) {
        struct told *told = &control->told[i];
        told->event.json = control->event_text.text + told->json_at;
        control->options.publish(control->options.self, &told->event);
    }
}

static void answer_all(struct fg_control *control)
{
    while (control->answers) {
        struct fg_command *command = control->answers;
        control->answers = command->next;
        answer(command);
    }
}

static int finish_step(struct fg_control *control, struct fg_err *err)
{
    int rc = 0;
    if (control->in_batch && control->batch_rc == 0) {
        struct fg_err commit_err = {};
        rc = control->options.store_ops->commit(control->options.store, &commit_err);
        fg_control_wrote(control, rc, &commit_err);
    }
    if (control->batch_rc < 0) {
        rc = undo(control, err);
    } else {
        if (control->in_batch)
            control->sick = false;
        control->in_batch = false;
        control->pending_len = 0;
        fg_nodes_kept(control);
        answer_all(control);
        publish(control);
        perform_effects(control);
        fg_vendors_tell(control);
        fg_orders_call(control);
    }
    answer_all(control);
    drop_step(control);
    if (rc == 0 && control->policy_changed)
        rc = read_again(control, err);
    control->policy_changed = false;
    return rc;
}

/* Jobs whose time has come, and a pass if one is wanted and due. */
static void pass_if_due(struct fg_control *control)
{
    if (control->now_us >= control->tick_us) {
        control->pass_wanted = true;
        control->tick_us = control->now_us + control->config->schedule_tick_ms * 1000;
    }
    bool sick = control->sick && control->now_us < control->sick_until_us;
    if (control->pass_wanted && control->batch_rc == 0 && !sick)
        fg_budget_tick(control);
    if (control->pass_wanted && control->now_us >= control->pass_after_us
        && control->batch_rc == 0 && !sick)
        fg_control_pass(control);
}

int fg_control_step(struct fg_control *control,
                    struct fg_command *commands,
                    int64_t now_us,
                    struct fg_err *err)
{
    control->now_us = now_us;
    control->batch_rc = 0;
    if (control->sick && now_us < control->sick_until_us) {
        apply_commands(control, commands);
        answer_all(control);
        return 0;
    }
    take_events(control);
    int64_t later_us = fg_queue_advance(control->queue, now_us);
    if (control->later_us && now_us >= control->later_us)
        control->pass_wanted = true;
    control->later_us = later_us;
    fg_nodes_news(control);
    apply_commands(control, commands);
    apply_events(control);
    fg_nodes_tick(control);
    fg_orders_tick(control);
    fg_control_advances_tick(control);
    pass_if_due(control);
    fg_scale_tick(control);
    fg_judging_tick(control);
    fg_nodes_sleep(control);
    fg_control_retain(control);
    fg_history_keep_use(control);
    fg_demand_keep(control);
    fg_control_keep_hour(control);
    fg_control_keep_savings(control);
    fg_nodes_keep(control);
    return finish_step(control, err);
}

int64_t fg_control_next_us(const struct fg_control *control)
{
    int64_t next = control->tick_us;
    if (control->pass_wanted && control->pass_after_us < next)
        next = control->pass_after_us;
    if (control->later_us && control->later_us < next)
        next = control->later_us;
    if (control->advances_len > 0 && control->advances_us < next)
        next = control->advances_us;
    if (control->orders_us < next)
        next = control->orders_us;
    if (control->nodes_us < next)
        next = control->nodes_us;
    if (control->scalers_len > 0 && !control->pass_wanted && control->scale_us < next)
        next = control->scale_us;
    if (control->config->energy_sleep && !control->pass_wanted && control->sleep_us < next)
        next = control->sleep_us;
    if (control->retain_us < next)
        next = control->retain_us;
    if (control->judge_us < next)
        next = control->judge_us;
    if (control->pending_len && control->now_us < next)
        next = control->now_us;
    if (control->sick && next < control->sick_until_us)
        next = control->sick_until_us;
    return next;
}

void fg_control_wait_cancel(struct fg_control *control, const struct fg_command *command)
{
    for (struct fg_command **at = &control->waiting; *at; at = &(*at)->next)
        if (*at == command) {
            struct fg_command *found = *at;
            *at = found->next;
            found->rc = fg_fail(&found->err, FG_ETIMEOUT, "job %llu: not over yet",
                                (unsigned long long)found->job);
            answer(found);
            return;
        }
}

const char *fg_control_sick(const struct fg_control *control)
{
    return control->sick ? control->batch_err.text : NULL;
}

void fg_control_set_wan(struct fg_control *control, const struct fg_wan *links)
{
    fg_wan_replace(fg_pool_wan(control->pool), links);
}
