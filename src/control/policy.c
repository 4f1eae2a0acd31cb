/* policy.c - the policy that runs: what the configuration says, and what was adopted in its place.
 *
 * An adopted value holds as long as the configuration says what it said then: an operator who changes the setting there has
 * the last word.  When the policy changes, the state is built anew from the store once that is durable, as after a restart:
 * every part of it takes its settings at its birth.
 */
#include "control/control_inner.h"

#include "base/json_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* -- at the beginning --------------------------------------------------------------------------------------- */

static struct fg_knobs configured(const struct fg_control *control)
{
    const struct fg_control_options *options = &control->options;
    return (struct fg_knobs){.config = *options->config,
                             .order = options->order,
                             .place = options->place,
                             .preempt = options->preempt,
                             .backfill = options->backfill};
}

/* What is no setting any more, or no value that it may have, is passed over: the row may be of another version. */
static int take_row(void *self, const struct fg_knob_row *row)
{
    struct fg_control *control = self;
    const struct fg_knobs base = configured(control);
    char value[FG_KNOB_TEXT_MAX];
    size_t knob = fg_knob_find(row->setting);
    if (knob == fg_knobs_len())
        return 0;
    fg_knob_get(&base, knob, value);
    if (strcmp(value, row->base) == 0
        && fg_knob_set(&control->knobs, knob, row->value, NULL) == 0)
        control->knob_proposals[knob] = row->proposal;
    return 0;
}

int fg_policy_load(struct fg_control *control, struct fg_err *err)
{
    if (!control->knob_proposals)
        control->knob_proposals = calloc(fg_knobs_len(), sizeof(uint64_t));
    if (!control->knob_proposals)
        return fg_fail(err, FG_ENOMEM, "no memory for the settings of the policy");
    memset(control->knob_proposals, 0, fg_knobs_len() * sizeof(uint64_t));
    control->knobs = configured(control);
    control->config = &control->knobs.config;
    return control->options.store_ops->knobs(control->options.store, take_row, control, err);
}

/* -- told ------------------------------------------------------------------------------------------------------ */

void fg_command_policy(struct fg_control *control, struct fg_command *command)
{
    const struct fg_knobs base = configured(control);
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    char value[FG_KNOB_TEXT_MAX];
    fg_json_array(&json);
    for (size_t knob = 0; knob < fg_knobs_len(); knob++) {
        fg_json_object(&json);
        fg_json_kv(&json, "setting", fg_knob_name(knob));
        fg_knob_get(&control->knobs, knob, value);
        fg_json_kv(&json, "value", value);
        fg_knob_get(&base, knob, value);
        fg_json_kv(&json, "configured", value);
        snprintf(value, sizeof(value), "%" PRIu64, control->knob_proposals[knob]);
        fg_json_kv(&json, "proposal", control->knob_proposals[knob] ? value : NULL);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

void fg_policy_notices(const struct fg_control *control, struct fg_json *json)
{
    const struct fg_knobs base = configured(control);
    for (size_t knob = 0; knob < fg_knobs_len(); knob++) {
        char value[FG_KNOB_TEXT_MAX], was[FG_KNOB_TEXT_MAX], text[FG_TEXT_MAX];
        if (control->knob_proposals[knob] == 0)
            continue;
        fg_knob_get(&control->knobs, knob, value);
        fg_knob_get(&base, knob, was);
        snprintf(text, sizeof(text), "%s is %s, with proposal %" PRIu64 "; configured: %s",
                 fg_knob_name(knob), value, control->knob_proposals[knob], was);
        fg_json_string(json, text);
    }
}

static void tell(struct fg_control *control, const struct fg_proposal *proposal)
{
    char kind[48];
    snprintf(kind, sizeof(kind), "proposal.%s",
             proposal->state == FG_PROPOSAL_PROPOSED ? "created"
                                                     : fg_proposal_state_name(proposal->state));
    fg_control_tell(control, kind, NULL, "\"proposal\":\"%" PRIu64 "\"", proposal->id);
}

#define WHY_MAX 256 /* as JSON, in an event */

static void tell_change(struct fg_control *control,
                        const struct fg_proposal *proposal,
                        const struct fg_knob_change *change)
{
    FG_AUTO(fg_buf) struct fg_buf why = {};
    struct fg_json json = {.buf = &why};
    fg_json_string(&json, change->why);
    fg_control_tell(
        control, "policy.changed", NULL,
        "\"setting\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"why\":%s,\"proposal\":\"%" PRIu64
        "\"",
        change->setting, change->from, change->to, why.len <= WHY_MAX ? why.text : "\"\"",
        proposal->id);
}

/* -- decided ----------------------------------------------------------------------------------------------------- */

static void write_down(struct fg_control *control, const struct fg_proposal *proposal)
{
    struct fg_err err = {};
    int rc = control->options.store_ops->proposal_put(control->options.store, proposal, &err);
    fg_control_wrote(control, rc, &err);
    tell(control, proposal);
}

static void supersede(struct fg_control *control, enum fg_proposal_state state)
{
    struct fg_err err = {};
    int rc = control->options.store_ops->proposal_supersede(control->options.store, state,
                                                            control->now_us, &err);
    fg_control_wrote(control, rc, &err);
}

void fg_command_put_proposal(struct fg_control *control, struct fg_command *command)
{
    if (!fg_control_begin(control))
        return;
    struct fg_proposal proposal = *command->proposal;
    proposal.id = command->out_id = control->next_proposal_id++;
    proposal.state = FG_PROPOSAL_PROPOSED;
    proposal.created_us = control->now_us;
    snprintf(proposal.created_by, sizeof(proposal.created_by), "%s", command->actor.user);
    supersede(control, FG_PROPOSAL_PROPOSED);
    write_down(control, &proposal);
}

static int read_body(struct fg_command *command,
                     const struct fg_proposal *proposal,
                     struct fg_proposal_body *out)
{
    size_t len = strlen(proposal->json);
    const struct fg_doc *doc;
    struct fg_doc_reader reader = {
        .arena = command->arena, .err = &command->err, .text_left = len};
    int rc = fg_doc_json(proposal->json, len, command->arena, &doc, &command->err);
    return rc == 0 ? fg_proposal_read(&reader, doc, out) : rc;
}

/* It moves to that state; what it says. */
static int decide(struct fg_control *control,
                  struct fg_command *command,
                  enum fg_proposal_state to,
                  struct fg_proposal *proposal,
                  struct fg_proposal_body *body)
{
    command->out_id = command->proposal->id;
    if (control->policy_changed)
        return fg_fail(&command->err, FG_EBUSY, "the policy is just changing");
    int rc = control->options.store_ops->proposal_find(
        control->options.store, command->proposal->id, command->arena, proposal, &command->err);
    if (rc == 0)
        rc = fg_proposal_move(&proposal->state, to, &command->err);
    if (rc == 0)
        rc = read_body(command, proposal, body);
    proposal->decided_us = control->now_us;
    snprintf(proposal->decided_by, sizeof(proposal->decided_by), "%s", command->actor.user);
    snprintf(proposal->remark, sizeof(proposal->remark), "%s",
             command->text ? command->text : "");
    return rc;
}

void fg_command_reject_proposal(struct fg_control *control, struct fg_command *command)
{
    struct fg_proposal proposal = {};
    struct fg_proposal_body body = {};
    command->rc = decide(control, command, FG_PROPOSAL_REJECTED, &proposal, &body);
    if (command->rc == 0 && fg_control_begin(control))
        write_down(control, &proposal);
}

/* Each setting is what the proposal took it for, and may have the value that it proposes. */
static int check(const struct fg_control *control,
                 const struct fg_proposal_body *body,
                 struct fg_err *err)
{
    struct fg_knobs knobs = control->knobs;
    char value[FG_KNOB_TEXT_MAX];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < body->changes_len; i++) {
        const struct fg_knob_change *change = &body->changes[i];
        size_t knob = fg_knob_find(change->setting);
        if (knob == fg_knobs_len())
            return fg_fail(err, FG_EINVAL, "%.63s: no setting that may change while it runs",
                           change->setting);
        fg_knob_get(&knobs, knob, value);
        if (strcmp(value, change->from) != 0)
            return fg_fail(err, FG_ESTATE, "%s is %s, the proposal was made for %s: tune again",
                           change->setting, value, change->from);
        rc = fg_knob_set(&knobs, knob, change->to, err);
    }
    return rc;
}

static void set(struct fg_control *control, size_t knob, const char *value, uint64_t proposal)
{
    const struct fg_knobs base = configured(control);
    char configured_value[FG_KNOB_TEXT_MAX];
    struct fg_err err = {};
    fg_knob_get(&base, knob, configured_value);
    struct fg_knob_row row = {.setting = fg_knob_name(knob),
                              .base = configured_value,
                              .value = strcmp(configured_value, value) == 0 ? NULL : value,
                              .proposal = proposal};
    int rc = control->options.store_ops->knob_put(control->options.store, &row, &err);
    fg_control_wrote(control, rc, &err);
}

void fg_command_adopt_proposal(struct fg_control *control, struct fg_command *command)
{
    struct fg_proposal proposal = {};
    struct fg_proposal_body body = {};
    command->rc = decide(control, command, FG_PROPOSAL_ADOPTED, &proposal, &body);
    if (command->rc == 0)
        command->rc = check(control, &body, &command->err);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    supersede(control, FG_PROPOSAL_ADOPTED);
    for (size_t i = 0; i < body.changes_len; i++) {
        set(control, fg_knob_find(body.changes[i].setting), body.changes[i].to, proposal.id);
        tell_change(control, &proposal, &body.changes[i]);
    }
    write_down(control, &proposal);
    control->policy_changed = true;
}

/* What the proposal changed and nobody else has changed since is as it was before. */
void fg_command_roll_back_proposal(struct fg_control *control, struct fg_command *command)
{
    struct fg_proposal proposal = {};
    struct fg_proposal_body body = {};
    command->rc = decide(control, command, FG_PROPOSAL_ROLLED_BACK, &proposal, &body);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    for (size_t i = 0; i < body.changes_len; i++) {
        const struct fg_knob_change *change = &body.changes[i];
        size_t knob = fg_knob_find(change->setting);
        if (knob == fg_knobs_len() || control->knob_proposals[knob] != proposal.id)
            continue;
        set(control, knob, change->from, proposal.id);
        tell_change(control, &proposal,
                    &(struct fg_knob_change){.setting = change->setting,
                                             .from = change->to,
                                             .to = change->from,
                                             .why = proposal.remark});
    }
    write_down(control, &proposal);
    control->policy_changed = true;
}
