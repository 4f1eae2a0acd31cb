/* order_command.c - orders as people and plans ask for them: created, approved, cancelled, given back. */
#include "control/order_inner.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static void give(struct fg_control *control,
                 struct fg_command *command,
                 const struct fg_order *order)
{
    struct fg_buf buf = {};
    struct fg_json json = {.buf = &buf};
    const struct fg_project *project = fg_queue_project(control->queue, order->project);
    fg_json_object(&json);
    fg_order_json_members(&json, order, project ? project->name : "");
    fg_json_end(&json);
    command->out_id = order->id;
    fg_command_give(command, &buf);
}

/* -- made ------------------------------------------------------------------------------------------------------ */

static int check_supplier(const struct fg_control *control,
                          const char *name,
                          const struct fg_supplier **out,
                          struct fg_err *err)
{
    const struct fg_supplier *supplier = fg_supplier_get(control, name);
    *out = supplier;
    if (!supplier)
        return fg_fail(err, FG_ENOENT, "supplier %s: no such supplier", name);
    if (!fg_supplier_kind_sells(supplier->kind))
        return fg_fail(err, FG_ESTATE, "supplier %s: of kind %s, nothing can be ordered there",
                       name, fg_supplier_kind_name(supplier->kind));
    if (supplier->paused)
        return fg_fail(err, FG_ESTATE, "supplier %s: paused, it gets no new orders", name);
    return 0;
}

int fg_order_check(const struct fg_control *control,
                   const struct fg_order_ask *ask,
                   fg_project_id *out_project,
                   struct fg_err *err)
{
    const struct fg_supplier *supplier;
    int rc = check_supplier(control, ask->order.offer.supplier, &supplier, err);
    if (rc < 0)
        return rc;
    const struct fg_project *project =
        ask->project[0] ? fg_queue_project_find(control->queue, ask->project) : NULL;
    if (ask->project[0] && !project)
        return fg_fail(err, FG_ENOENT, "project %s: no such project", ask->project);
    if (ask->order.node[0] && !supplier->join[0])
        return fg_fail(err, FG_ESTATE,
                       "node %s: machines of supplier %s join no cluster (supplier add --join)",
                       ask->order.node, supplier->name);
    if (control->purchases_len >= FG_ORDERS_OPEN_MAX)
        return fg_fail(err, FG_ETOOBIG, "%d orders are not over, and no more may be",
                       FG_ORDERS_OPEN_MAX);
    *out_project = project ? project->id : 0;
    return 0;
}

void fg_order_approve(struct fg_control *control,
                      struct purchase *purchase,
                      const char *who,
                      const char *actor,
                      const char *remark)
{
    struct fg_order *order = &purchase->order;
    fg_order_go(purchase, FG_ORDER_APPROVED);
    order->approved_us = control->now_us;
    snprintf(order->approved_by, sizeof(order->approved_by), "%s", who);
    order->reason[0] = 0;
    fg_order_write(control, purchase);
    fg_order_tell(control, purchase, "approved", actor, "%s", remark);
}

/* A node is one machine at a time: who asks for it again gets the order that is under way. */
static const struct fg_order *order_of(const struct fg_control *control,
                                       const struct fg_order *asked)
{
    for (size_t i = 0; asked->node[0] && i < control->purchases_len; i++) {
        const struct fg_order *order = &control->purchases[i].order;
        if (strcmp(order->node, asked->node) == 0 && !order->leaving
            && !fg_order_state_is_final(order->state)
            && strcmp(fg_order_cluster(control, order), fg_order_cluster(control, asked)) == 0)
            return order;
    }
    return NULL;
}

/* The same key: the same order, whatever else is asked. */
static bool is_known(struct fg_control *control, struct fg_command *command)
{
    const struct fg_order *there = order_of(control, &command->order->order);
    if (there) {
        give(control, command, there);
        return true;
    }
    struct fg_order known;
    int rc = control->options.store_ops->order_find(control->options.store, 0,
                                                    command->order->order.key, &known, NULL);
    if (rc == 0)
        give(control, command, &known);
    return rc == 0;
}

struct purchase *fg_order_make(struct fg_control *control,
                               const struct fg_order_ask *ask,
                               fg_project_id project,
                               const char *actor)
{
    struct fg_order order = ask->order;
    order.id = control->next_order_id++;
    order.state = FG_ORDER_PLANNED;
    order.project = project;
    order.created_us = control->now_us;
    struct purchase *purchase = fg_order_add(control, &order);
    fg_order_write(control, purchase);
    fg_order_tell(control, purchase, "created", actor,
                  "%u x %s of supplier %s, at most %.6f USD an hour each", order.count,
                  order.offer.instance, order.offer.supplier,
                  (double)order.max_uusd_per_hour / 1e6);
    return purchase;
}

void fg_command_create_order(struct fg_control *control, struct fg_command *command)
{
    const struct fg_order_ask *ask = command->order;
    fg_project_id project = 0;
    char why[FG_TEXT_MAX];
    assert(ask->order.key[0] && ask->order.offer.accelerators > 0);
    if (is_known(control, command))
        return;
    command->rc = fg_order_check(control, ask, &project, &command->err);
    if (command->rc < 0 || !fg_control_begin(control))
        return;
    struct purchase *purchase = fg_order_make(control, ask, project, command->actor.user);
    const struct fg_supplier *supplier =
        fg_supplier_get(control, purchase->order.offer.supplier);
    if (fg_order_policy_allows(control, supplier, &purchase->order, why))
        fg_order_approve(control, purchase, "policy", "",
                         "within the caps of the standing policy");
    else
        fg_order_because(control, purchase, "%s", why);
    give(control, command, &purchase->order);
}

/* -- moved ------------------------------------------------------------------------------------------------------- */

static int approve(struct fg_control *control,
                   struct purchase *purchase,
                   struct fg_command *command)
{
    const struct fg_supplier *supplier;
    const struct fg_order *order = &purchase->order;
    int rc = check_supplier(control, order->offer.supplier, &supplier, &command->err);
    if (rc == 0 && order->state != FG_ORDER_PLANNED)
        rc = fg_fail(&command->err, FG_ESTATE, "order %" PRIu64 ": it is %s already", order->id,
                     fg_order_state_name(order->state));
    if (rc == 0)
        fg_order_approve(control, purchase, command->actor.user, command->actor.user,
                         command->text ? command->text : "");
    return rc;
}

static int cancel(struct fg_control *control,
                  struct purchase *purchase,
                  struct fg_command *command)
{
    struct fg_order *order = &purchase->order;
    if (order->delivered_us)
        return fg_fail(&command->err, FG_ESTATE,
                       "order %" PRIu64 ": it is %s, what was delivered is given back with "
                       "release",
                       order->id, fg_order_state_name(order->state));
    if (order->leaving)
        return 0;
    snprintf(order->reason, sizeof(order->reason), "%s", command->text ? command->text : "");
    if (order->state == FG_ORDER_ORDERED) {
        fg_order_leave(control, purchase, FG_CAUSE_USER);
        fg_order_tell(control, purchase, "leaving", command->actor.user,
                      "cancelled; the supplier is told%s%s", order->reason[0] ? ": " : "",
                      order->reason);
        fg_order_write(control, purchase);
        return 0;
    }
    order->cause = FG_CAUSE_USER;
    fg_order_end(control, purchase, FG_ORDER_CANCELLED, control->now_us);
    fg_order_tell(control, purchase, "cancelled", command->actor.user, "%s", order->reason);
    return 0;
}

static int release(struct fg_control *control,
                   struct purchase *purchase,
                   struct fg_command *command)
{
    struct fg_order *order = &purchase->order;
    uint32_t jobs = fg_order_jobs(control, purchase);
    if (!order->delivered_us)
        return fg_fail(&command->err, FG_ESTATE,
                       "order %" PRIu64 ": it is %s, nothing was delivered yet; cancel it",
                       order->id, fg_order_state_name(order->state));
    if (order->leaving && !command->move)
        return 0;
    if (command->move) /* as if its time were over */
        order->until_us = control->now_us;
    snprintf(order->reason, sizeof(order->reason), "%s", command->text ? command->text : "");
    if (!order->leaving)
        fg_order_leave(control, purchase, FG_CAUSE_USER);
    fg_order_empty(control, purchase);
    fg_order_write(control, purchase);
    fg_order_tell(control, purchase, "leaving", command->actor.user, "released%s%s",
                  order->reason[0] ? ": " : "", order->reason);
    if (jobs > 0)
        fg_order_because(control, purchase, "%u job%s on its machines: %s", jobs,
                         jobs == 1 ? " runs" : "s run",
                         command->move ? "asked to stop, then it is given back"
                                       : "given back when they are over");
    return 0;
}

/* One that is over, or was never there. */
static int over(struct fg_control *control, struct fg_command *command)
{
    struct fg_order order;
    int rc = control->options.store_ops->order_find(control->options.store, command->order_id,
                                                    NULL, &order, &command->err);
    if (rc < 0)
        return rc;
    return fg_fail(&command->err, FG_ESTATE, "order %" PRIu64 ": it is over (%s)", order.id,
                   fg_order_state_name(order.state));
}

void fg_command_move_order(struct fg_control *control, struct fg_command *command)
{
    struct purchase *purchase = fg_order_get(control, command->order_id);
    if (!purchase || fg_order_state_is_final(purchase->order.state)) {
        command->rc = over(control, command);
        return;
    }
    if (!fg_control_begin(control))
        return;
    command->rc = command->kind == FG_CMD_ORDER_APPROVE  ? approve(control, purchase, command)
                  : command->kind == FG_CMD_ORDER_CANCEL ? cancel(control, purchase, command)
                                                         : release(control, purchase, command);
    if (command->rc == 0)
        give(control, command, &purchase->order);
}
