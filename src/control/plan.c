/* plan.c - plans: kept, decided upon, and carried out: an approved plan's orders are made in one commit, all or none. */
#include "control/order_inner.h"

#include <inttypes.h>
#include <string.h>

static void write_down(struct fg_control *control, const struct fg_plan_record *plan)
{
    struct fg_err err = {};
    fg_control_wrote(control,
                     control->options.store_ops->plan_put(control->options.store, plan, &err),
                     &err);
}

static void tell(struct fg_control *control,
                 const struct fg_plan_record *plan,
                 const struct fg_command *command)
{
    char kind[32];
    snprintf(kind, sizeof(kind), "plan.%s",
             plan->state == FG_PLAN_DRAFT ? "created" : fg_plan_state_name(plan->state));
    fg_control_tell(control, kind, NULL,
                    "\"plan\":%" PRIu64
                    ",\"by\":\"%.63s\",\"orders\":%u,\"cost_uusd\":%" PRId64,
                    plan->id, command->actor.user, plan->orders, plan->cost_uusd);
}

void fg_command_put_plan(struct fg_control *control, struct fg_command *command)
{
    if (!fg_control_begin(control))
        return;
    struct fg_plan_record plan = *command->plan;
    plan.id = command->out_id = control->next_plan_id++;
    plan.state = FG_PLAN_DRAFT;
    plan.created_us = control->now_us;
    snprintf(plan.created_by, sizeof(plan.created_by), "%s", command->actor.user);
    write_down(control, &plan);
    tell(control, &plan, command);
}

static int find(struct fg_control *control,
                struct fg_command *command,
                struct fg_plan_record *out)
{
    return control->options.store_ops->plan_find(control->options.store, command->plan->id, out,
                                                 &command->err);
}

void fg_command_decide_plan(struct fg_control *control, struct fg_command *command)
{
    struct fg_plan_record plan;
    enum fg_plan_state to =
        command->kind == FG_CMD_PLAN_APPROVE ? FG_PLAN_APPROVED : FG_PLAN_REJECTED;
    command->out_id = command->plan->id;
    command->rc = find(control, command, &plan);
    if (command->rc == 0)
        command->rc = fg_plan_move(&plan.state, to, &command->err);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    plan.decided_us = control->now_us;
    snprintf(plan.decided_by, sizeof(plan.decided_by), "%s", command->actor.user);
    snprintf(plan.remark, sizeof(plan.remark), "%s", command->text ? command->text : "");
    write_down(control, &plan);
    tell(control, &plan, command);
}

/* -- carried out ------------------------------------------------------------------------------------------------ */

/* Every order can be made, or the first that cannot is said. */
static int check_orders(struct fg_control *control, struct fg_command *command)
{
    fg_project_id project;
    int rc = 0;
    if (control->purchases_len + command->orders_len > FG_ORDERS_OPEN_MAX)
        return fg_fail(&command->err, FG_ETOOBIG,
                       "%zu more orders would be more than %d that are not over",
                       command->orders_len, FG_ORDERS_OPEN_MAX);
    for (size_t i = 0; rc == 0 && i < command->orders_len; i++)
        rc = fg_order_check(control, &command->orders[i], &project, &command->err);
    return rc;
}

static void make_orders(struct fg_control *control,
                        const struct fg_command *command,
                        const struct fg_plan_record *plan)
{
    char remark[FG_TEXT_MAX];
    snprintf(remark, sizeof(remark), "with plan %" PRIu64, plan->id);
    for (size_t i = 0; i < command->orders_len; i++) {
        fg_project_id project = 0;
        (void)fg_order_check(control, &command->orders[i], &project, NULL);
        struct purchase *purchase =
            fg_order_make(control, &command->orders[i], project, command->actor.user);
        fg_order_approve(control, purchase, plan->decided_by, command->actor.user, remark);
    }
}

void fg_command_apply_plan(struct fg_control *control, struct fg_command *command)
{
    struct fg_plan_record plan;
    command->out_id = command->plan->id;
    command->rc = find(control, command, &plan);
    if (command->rc == 0 && plan.state == FG_PLAN_APPLIED)
        return; /* done already: once is enough */
    if (command->rc == 0)
        command->rc = fg_plan_move(&plan.state, FG_PLAN_APPLIED, &command->err);
    if (command->rc == 0)
        command->rc = check_orders(control, command);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    plan.applied_us = control->now_us;
    make_orders(control, command, &plan);
    write_down(control, &plan);
    tell(control, &plan, command);
    control->orders_us = 0; /* those that are due at once */
}
