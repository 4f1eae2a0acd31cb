/* order_join.c - machines of orders that become nodes of a cluster, and leave it again before they are given back.
 *
 *     delivered --bootstrap, on the machine--> node of the cluster --inspected, up--> active: gets work
 *     leaving:  no new work --> its jobs end, or are asked to stop --> nothing runs there --> given back
 *
 * Which node is whose is told by its name: instance `i-12` of an order whose supplier joins cluster `hpc` is node `hpc.i-12`.
 * A node gets work only while its order is active and not leaving: one that joins before its inspection waits, one that comes too late
 * never gets any.  Nothing here is kept: it follows from orders, nodes and jobs, so a restart makes no difference.
 */
#include "control/node_inner.h"
#include "control/order_inner.h"

#include <inttypes.h>
#include <string.h>

#define S_US    1000000LL
#define STOP_US (30 * S_US) /* beyond its grace, until a job is taken to be over */

/* -- whose is what ---------------------------------------------------------------------------------------------- */

bool fg_order_joins(const struct fg_control *control, const struct fg_order *order)
{
    return !order->node[0] && fg_order_cluster(control, order)[0];
}

const char *fg_order_cluster(const struct fg_control *control, const struct fg_order *order)
{
    const struct fg_supplier *supplier = fg_supplier_get(control, order->offer.supplier);
    return supplier ? supplier->join : "";
}

fg_node_id fg_order_node_in(const struct fg_control *control,
                            const struct fg_order *order,
                            const struct fg_order_instance *instance)
{
    char name[2 * FG_NAME_MAX];
    snprintf(name, sizeof(name), "%s.%s", fg_order_cluster(control, order),
             order->node[0] ? order->node : instance->id);
    return strlen(name) < FG_NAME_MAX ? fg_pool_find(control->pool, name) : 0;
}

/* The order whose machine the node is, active or not; NULL: none. */
static const struct purchase *order_behind(const struct fg_control *control, fg_node_id node)
{
    fg_order_id id = control->node_orders ? control->node_orders[node] : 0;
    if (!id && control->node_joins)
        id = control->node_joins[node];
    return id ? fg_order_get(control, id) : NULL;
}

void fg_order_find_joining(struct fg_control *control, const struct purchase *purchase)
{
    bool joins = fg_order_joins(control, &purchase->order);
    for (uint32_t slot = 0; joins && purchase->instances && slot < purchase->order.delivered;
         slot++) {
        const struct fg_order_instance *instance = &purchase->instances[slot];
        fg_node_id node =
            instance->gone_us ? 0 : fg_order_node_in(control, &purchase->order, instance);
        if (node)
            control->node_joins[node] = purchase->order.id;
    }
}

/* -- no new work ------------------------------------------------------------------------------------------------ */

/* When the supplier takes the machine back; 0: it told no such thing. */
static int64_t notice_of(const struct purchase *purchase, fg_node_id node)
{
    for (uint32_t slot = 0; purchase->instances && slot < purchase->order.delivered; slot++)
        if (purchase->nodes[slot] == node)
            return purchase->leaves_us[slot];
    return 0;
}

bool fg_order_holds(const struct fg_control *control, fg_node_id node, char why[FG_TEXT_MAX])
{
    const struct purchase *purchase = order_behind(control, node);
    if (!purchase)
        return false;
    const struct fg_order *order = &purchase->order;
    if (order->leaving)
        snprintf(why, FG_TEXT_MAX, "order %" PRIu64 " is being given back", order->id);
    else if (order->state != FG_ORDER_ACTIVE)
        snprintf(why, FG_TEXT_MAX, "order %" PRIu64 " is %s, and not active yet", order->id,
                 fg_order_state_name(order->state));
    else
        return false;
    return true;
}

void fg_order_refresh_nodes(struct fg_control *control, const struct purchase *purchase)
{
    for (fg_node_id node = 1; node <= fg_pool_len(control->pool); node++)
        if (order_behind(control, node) == purchase)
            fg_node_settle(control, node);
    control->orders_us = 0;
}

int64_t fg_order_leaves_us(const struct fg_control *control, fg_node_id node)
{
    const struct purchase *purchase = order_behind(control, node);
    return purchase ? notice_of(purchase, node) : 0;
}

/* -- joining ---------------------------------------------------------------------------------------------------- */

/* Its cluster says that it may get work. */
static bool is_up(const struct fg_control *control, fg_node_id node)
{
    const struct known_node *known = fg_node_known(control, node);
    return known->is_heard && known->is_up && !known->is_gone;
}

/* How many of its machines are not there as nodes that could get work. */
static uint32_t absent(const struct fg_control *control, const struct purchase *purchase)
{
    uint32_t missing = 0;
    for (uint32_t slot = 0; slot < purchase->order.delivered; slot++) {
        const struct fg_order_instance *instance = &purchase->instances[slot];
        fg_node_id node =
            instance->gone_us ? 0 : fg_order_node_in(control, &purchase->order, instance);
        missing += !instance->gone_us && (!node || !is_up(control, node));
    }
    return missing;
}

int64_t fg_order_join_us(const struct fg_control *control, const struct fg_order *order)
{
    bool joins = (order->state == FG_ORDER_DELIVERED || order->state == FG_ORDER_INSPECTED)
                 && !order->leaving && fg_order_joins(control, order);
    return joins ? order->delivered_us + control->config->order_join_s * S_US : INT64_MAX;
}

static void give_up(struct fg_control *control, struct purchase *purchase, uint32_t missing)
{
    struct fg_order *order = &purchase->order;
    const char *cluster = fg_order_cluster(control, order);
    char before[FG_TEXT_MAX];
    memcpy(before, order->reason, sizeof(before));
    fg_order_leave(control, purchase, FG_CAUSE_ABSENT);
    if (order->state == FG_ORDER_DELIVERED)
        fg_order_because(control, purchase, "not inspected within %" PRId64 " s: %.160s",
                         control->config->order_join_s, before);
    else
        fg_order_because(control, purchase,
                         "%u of %u machines did not join cluster %s within %" PRId64 " s",
                         missing, order->delivered, cluster, control->config->order_join_s);
    fg_order_tell(control, purchase, "refused", "", "%s", order->reason);
}

void fg_order_join(struct fg_control *control, struct purchase *purchase)
{
    struct fg_order *order = &purchase->order;
    uint32_t missing =
        order->state == FG_ORDER_INSPECTED ? absent(control, purchase) : order->delivered;
    if (order->leaving || !fg_control_begin(control))
        return;
    if (missing == 0)
        fg_order_activate(control, purchase);
    else if (control->now_us >= fg_order_join_us(control, order))
        give_up(control, purchase, missing);
    else if (order->state == FG_ORDER_INSPECTED)
        fg_order_because(control, purchase, "%u of %u machines have not joined cluster %s yet",
                         missing, order->delivered, fg_order_cluster(control, order));
}

/* -- leaving ---------------------------------------------------------------------------------------------------- */

static bool runs_on(const struct fg_control *control,
                    const struct live *live,
                    const struct purchase *purchase)
{
    for (uint32_t task = 0; control->node_orders && task < live->tasks; task++)
        if (control->node_orders[live->grants[task].node] == purchase->order.id)
            return true;
    return false;
}

uint32_t fg_order_jobs(const struct fg_control *control, const struct purchase *purchase)
{
    uint32_t jobs = 0;
    for (size_t i = 0; i < control->lives_len; i++)
        jobs += runs_on(control, &control->lives[i], purchase);
    return jobs;
}

/* Its jobs are asked to stop, as in a preemption; they are queued again.  Until when the last of them has time. */
static int64_t stop_jobs(struct fg_control *control,
                         const struct purchase *purchase,
                         const char *why)
{
    int64_t grace_us = control->config->stop_grace_s * S_US;
    for (size_t i = 0; i < control->lives_len; i++) {
        struct live *live = &control->lives[i];
        const struct fg_job *job = fg_queue_get(control->queue, live->job);
        if (!runs_on(control, live, purchase))
            continue;
        if (job->grace_us > grace_us)
            grace_us = job->grace_us;
        if (!job->stop_sent && !job->cancel_asked) {
            live->stop_why = "its machine is given back";
            fg_control_preempt(control, job->id, 0, why);
        }
    }
    return control->now_us + grace_us + STOP_US;
}

/* Its time is over, or there is nothing to wait for. */
bool fg_order_is_urgent(const struct fg_control *control, const struct fg_order *order)
{
    return order->cause != FG_CAUSE_USER
           || (order->until_us && order->until_us <= control->now_us);
}

bool fg_order_may_go(const struct fg_control *control, const struct purchase *purchase)
{
    if (purchase->order.state != FG_ORDER_ACTIVE || fg_order_jobs(control, purchase) == 0)
        return true;
    return purchase->empty_us && control->now_us >= purchase->empty_us;
}

void fg_order_empty(struct fg_control *control, struct purchase *purchase)
{
    const struct fg_order *order = &purchase->order;
    char why[FG_TEXT_MAX];
    bool is_due = order->leaving && order->state == FG_ORDER_ACTIVE && !purchase->empty_us
                  && fg_order_is_urgent(control, order);
    if (!is_due || fg_order_jobs(control, purchase) == 0 || !fg_control_begin(control))
        return;
    snprintf(why, sizeof(why), "stopping, its machine is given back (order %" PRIu64 ")",
             order->id);
    purchase->empty_us = stop_jobs(control, purchase, why);
}

/* -- notice ----------------------------------------------------------------------------------------------------- */

void fg_order_notice(struct fg_control *control,
                     struct purchase *purchase,
                     uint32_t slot,
                     int64_t leaves_us)
{
    char when[FG_TIME_TEXT_MAX];
    if (purchase->leaves_us[slot] == leaves_us || !fg_control_begin(control))
        return;
    purchase->leaves_us[slot] = leaves_us;
    fg_time_format(leaves_us, when);
    fg_order_tell(control, purchase, "notice", "", "instance %s is taken back at %s",
                  purchase->instances[slot].id, when);
    if (purchase->nodes[slot])
        fg_node_leaves(control, purchase->nodes[slot], leaves_us);
}

bool fg_order_is_noticed(const struct purchase *purchase)
{
    const struct fg_order *order = &purchase->order;
    uint32_t noticed = 0;
    for (uint32_t slot = 0; purchase->instances && slot < order->delivered; slot++)
        noticed += !purchase->instances[slot].gone_us && purchase->leaves_us[slot] != 0;
    return noticed > 0 && noticed == order->delivered - order->lost;
}

void fg_order_leave_early(struct fg_control *control, struct purchase *purchase)
{
    const struct fg_order *order = &purchase->order;
    if (order->leaving || order->state != FG_ORDER_ACTIVE || !fg_order_is_noticed(purchase)
        || fg_order_jobs(control, purchase) > 0 || !fg_control_begin(control))
        return;
    fg_order_leave(control, purchase, FG_CAUSE_RECLAIMED);
    fg_order_because(control, purchase, "its supplier takes it back, and nothing runs on it");
    fg_order_tell(control, purchase, "leaving", "", "%s", order->reason);
}
