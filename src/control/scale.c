/* scale.c - rules of scaling: made, changed, shown, removed, and read from the store. */
#include "control/scale_inner.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_ROOM (1UL << 20) /* arena for one: address space */

static struct scaler *find(const struct fg_control *control, const char *class)
{
    for (size_t i = 0; i < control->scalers_len; i++)
        if (strcmp(control->scalers[i].rule.class, class) == 0)
            return &control->scalers[i];
    return NULL;
}

bool fg_scaler_has(const struct scaler *scaler, const struct fg_order *order)
{
    return strncmp(scaler->rule.key, order->key, FG_SCALE_KEY_LEN) == 0;
}

/* By class, so that the same jobs are counted for the same rule after a restart. */
static struct scaler *put(struct fg_control *control, const struct fg_scale_rule *rule)
{
    struct scaler *there = find(control, rule->class);
    size_t at = 0;
    if (there) {
        there->rule = *rule;
        return there;
    }
    control->scalers = fg_grow(control->scalers, control->scalers_len, &control->scalers_room,
                               sizeof(struct scaler));
    while (at < control->scalers_len
           && strcmp(control->scalers[at].rule.class, rule->class) < 0)
        at++;
    memmove(&control->scalers[at + 1], &control->scalers[at],
            (control->scalers_len++ - at) * sizeof(struct scaler));
    control->scalers[at] = (struct scaler){.rule = *rule, .worked_us = control->now_us};
    return &control->scalers[at];
}

int fg_control_load_scale(void *self, const char *name, const char *json)
{
    struct fg_control *control = self;
    struct fg_arena *arena = fg_arena_new(TEXT_ROOM);
    const struct fg_doc *doc = NULL;
    struct fg_scale_rule rule;
    int rc = fg_doc_json(json, strlen(json), arena, &doc, NULL);
    if (rc == 0)
        rc = fg_scale_rule_read(doc, name, arena, &rule, NULL);
    if (rc == 0)
        put(control, &rule)->changed_us = control->now_us; /* nothing is given back at once */
    fg_arena_free(arena);
    control->scale_us = control->now_us;
    return rc;
}

void fg_control_drop_scales(struct fg_control *control)
{
    free(control->scalers);
    control->scalers = NULL;
    control->scalers_len = control->scalers_room = 0;
}

static void write_down(struct fg_control *control, const char *class, const char *json)
{
    struct fg_err err = {};
    fg_control_wrote(
        control,
        control->options.store_ops->scale_put(control->options.store, class, json, &err), &err);
}

/* -- shown -------------------------------------------------------------------------------------------------------- */

static void write_rule(struct fg_json *json, const struct scaler *scaler)
{
    fg_json_object(json);
    fg_scale_rule_members(json, &scaler->rule);
    fg_json_kv_int(json, "wanted", scaler->wanted);
    fg_json_kv_int(json, "held", scaler->held);
    fg_json_kv_int(json, "coming", scaler->coming);
    fg_json_kv_int(json, "planned", scaler->planned);
    fg_json_kv_int(json, "leaving", scaler->leaving);
    fg_json_kv_int(json, "change", scaler->change);
    fg_json_kv(json, "reason", scaler->why[0] ? scaler->why : NULL);
    fg_json_key(json, "decided");
    if (scaler->decided_us)
        fg_json_time(json, scaler->decided_us);
    else
        fg_json_null(json);
    fg_json_key(json, "changed");
    if (scaler->changed_us)
        fg_json_time(json, scaler->changed_us);
    else
        fg_json_null(json);
    fg_json_end(json);
}

void fg_command_list_scales(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    const struct scaler *only = command->name ? find(control, command->name) : NULL;
    if (command->name && !only) {
        command->rc = fg_fail(&command->err, FG_ENOENT,
                              "class %.31s: it has no rule of scaling", command->name);
        return;
    }
    fg_json_array(&json);
    for (size_t i = 0; i < control->scalers_len; i++)
        if (!only || only == &control->scalers[i])
            write_rule(&json, &control->scalers[i]);
    fg_json_end(&json);
    fg_command_give(command, &buf);
}

/* -- changed ------------------------------------------------------------------------------------------------------ */

static int check(const struct fg_control *control,
                 const struct fg_scale_rule *rule,
                 struct fg_err *err)
{
    const struct fg_supplier *supplier = fg_supplier_get(control, rule->offer.supplier);
    if (!supplier)
        return fg_fail(err, FG_ENOENT, "supplier %s: no such supplier", rule->offer.supplier);
    if (!fg_supplier_kind_sells(supplier->kind))
        return fg_fail(err, FG_ESTATE, "supplier %s: of kind %s, it cannot be asked",
                       supplier->name, fg_supplier_kind_name(supplier->kind));
    if (!find(control, rule->class) && control->scalers_len >= FG_SCALE_RULES_MAX)
        return fg_fail(err, FG_ETOOBIG, "there are %d rules of scaling, and no more may be",
                       FG_SCALE_RULES_MAX);
    return 0;
}

void fg_command_put_scale(struct fg_control *control, struct fg_command *command)
{
    struct fg_buf kept = {}, shown = {};
    struct fg_json json = {.buf = &kept}, answer = {.buf = &shown};
    command->rc = check(control, command->scale, &command->err);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    const struct scaler *there = find(control, command->scale->class);
    struct fg_scale_rule rule = *command->scale;
    if (there)
        memcpy(rule.key, there->rule.key, sizeof(rule.key));
    fg_json_object(&json);
    fg_scale_rule_members(&json, &rule);
    fg_json_end(&json);
    write_down(control, rule.class, kept.text);
    fg_buf_free(&kept);
    fg_control_tell(control, there ? "scale.changed" : "scale.added", NULL,
                    "\"class\":\"%s\",\"by\":\"%.63s\",\"least\":%u,\"most\":%u", rule.class,
                    command->actor.user, rule.least, rule.most);
    write_rule(&answer, put(control, &rule));
    fg_command_give(command, &shown);
    control->scale_us = control->now_us;
    control->pass_wanted = true; /* so that what waits at the decision is what finds no place */
}

void fg_command_remove_scale(struct fg_control *control, struct fg_command *command)
{
    struct scaler *there = find(control, command->name);
    if (!there)
        command->rc = fg_fail(&command->err, FG_ENOENT,
                              "class %.31s: it has no rule of scaling", command->name);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    write_down(control, there->rule.class, NULL);
    fg_control_tell(control, "scale.removed", NULL, "\"class\":\"%s\",\"by\":\"%.63s\"",
                    there->rule.class, command->actor.user);
    size_t at = (size_t)(there - control->scalers);
    memmove(there, there + 1, (--control->scalers_len - at) * sizeof(*there));
}
