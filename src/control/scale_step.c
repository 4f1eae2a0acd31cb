/* scale_step.c - rules of scaling decide: machines are ordered where jobs find no place, and given back where they idle.
 *
 * Decided is after a pass of the scheduler, so that what waits is what found no place on what is there.  It is waiting for machines
 * only as far as budget and quotas of its project let it start at all. */
#include "control/scale_inner.h"

#include "base/text.h"
#include "model/names.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define S_US      1'000'000LL
#define PAUSE_MAX (3600 * S_US)
#define ACTOR     "scale"

struct deciding {
    struct fg_control *control;
    struct scaler *scaler;
    struct fg_scale_machine *machines;
    fg_order_id *orders; /* of each machine */
    size_t len;
    int64_t running_milli, waiting_milli;
    double forecast;
    bool is_blind; /* there is no forecast yet */
    uint32_t open; /* orders that are not over, those being given back included */
};

[[gnu::format(printf, 2, 3)]] static void say(struct scaler *scaler, const char *fmt, ...)
{
    size_t len = strlen(scaler->why);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(scaler->why + len, sizeof(scaler->why) - len, fmt, ap);
    va_end(ap);
}

/* -- what is there --------------------------------------------------------------------------------------------- */

/* What runs on machines of orders, for all rules at once. */
static void look_at_nodes(struct fg_control *control)
{
    for (size_t i = 0; i < control->purchases_len; i++)
        control->purchases[i].busy_milli = 0;
    for (size_t i = 0; control->node_orders && i < control->lives_len; i++) {
        const struct live *live = &control->lives[i];
        for (uint32_t task = 0; task < live->tasks; task++) {
            const struct fg_grant *grant = &live->grants[task];
            struct purchase *purchase =
                fg_order_get(control, control->node_orders[grant->node]);
            if (!purchase)
                continue;
            purchase->busy_us = control->now_us;
            purchase->busy_milli +=
                __builtin_popcount(grant->devices) * (int64_t)grant->gpu_milli;
        }
    }
}

static void add_machine(struct deciding *deciding, const struct purchase *purchase)
{
    const struct fg_order *order = &purchase->order;
    int64_t now_us = deciding->control->now_us, idle_us = purchase->busy_us > order->active_us
                                                              ? purchase->busy_us
                                                              : order->active_us;
    deciding->orders[deciding->len] = order->id;
    deciding->machines[deciding->len++] =
        (struct fg_scale_machine){.held_us = order->delivered_us,
                                  .idle_us = purchase->busy_us == now_us ? INT64_MAX : idle_us};
    deciding->running_milli += purchase->busy_milli;
}

static void count_orders(struct deciding *deciding)
{
    const struct fg_control *control = deciding->control;
    struct scaler *scaler = deciding->scaler;
    uint32_t held = scaler->held;
    scaler->coming = scaler->planned = scaler->leaving = 0;
    for (size_t i = 0; i < control->purchases_len; i++) {
        const struct fg_order *order = &control->purchases[i].order;
        if (fg_order_state_is_final(order->state) || !fg_scaler_has(scaler, order))
            continue;
        deciding->open++;
        if (fg_order_is_noticed(
                &control->purchases[i])) { /* nothing new starts there: it is as good as gone */
            scaler->leaving++;
            continue;
        }
        scaler->leaving += order->leaving;
        scaler->planned += order->state == FG_ORDER_PLANNED;
        scaler->coming += !order->leaving && order->state != FG_ORDER_ACTIVE;
        if (!order->leaving && order->state == FG_ORDER_ACTIVE)
            add_machine(deciding, &control->purchases[i]);
    }
    scaler->held = (uint32_t)deciding->len;
    if (scaler->held > held)
        scaler->refusals = 0;
}

/* -- what is asked ------------------------------------------------------------------------------------------------- */

/* Devices of that kind that the project may hold beyond what it holds. */
static int64_t room_of(struct fg_control *control, fg_project_id id, const char *kind)
{
    const struct fg_project *project = fg_queue_project(control->queue, id);
    char text[FG_TEXT_MAX];
    int64_t room = INT64_MAX;
    if (!project || fg_budget_blocks(control, id, text, sizeof(text)))
        return 0;
    const struct fg_held *held = fg_queue_held(control->queue, id);
    int row = fg_quota_row(project, kind);
    if (project->quota.gpu_milli >= 0)
        room = project->quota.gpu_milli - held->gpu_milli - held->below.gpu_milli;
    if (row >= 0 && project->kinds[row].gpu_milli >= 0) {
        int64_t of_kind =
            project->kinds[row].gpu_milli - held->kinds[row] - held->below.kinds[row];
        room = of_kind < room ? of_kind : room;
    }
    return room > 0 ? room : 0;
}

/* The rule that serves jobs which ask for the kind: one, so that none is counted twice.  The first, but one whose last machine
 * was refused or did not come up steps aside for the next: it is ordered elsewhere. */
static const struct scaler *server_of(const struct fg_control *control, const char *kind)
{
    const struct scaler *first = NULL;
    for (size_t i = 0; i < control->scalers_len; i++) {
        const struct scaler *scaler = &control->scalers[i];
        if (!fg_kind_is(scaler->rule.offer.accelerator, kind))
            continue;
        if (scaler->refusals == 0 || control->now_us >= scaler->pause_us)
            return scaler;
        first = first ? first : scaler;
    }
    return first;
}

static void count_waiting(void *self,
                          const struct fg_level_key *key,
                          int64_t,
                          int64_t waiting_milli)
{
    struct deciding *deciding = self;
    if (waiting_milli <= 0 || server_of(deciding->control, key->kind) != deciding->scaler)
        return;
    int64_t room =
        room_of(deciding->control, key->project, deciding->scaler->rule.offer.accelerator);
    deciding->waiting_milli += waiting_milli < room ? waiting_milli : room;
}

/* Devices of that class that are up and no machines of the rule. */
static uint32_t devices_elsewhere(const struct deciding *deciding)
{
    const struct fg_control *control = deciding->control;
    uint32_t devices = 0;
    for (fg_node_id node = 1; node <= fg_pool_len(control->pool); node++) {
        const struct fg_node_spec *spec = fg_pool_spec(control->pool, node);
        const struct fg_order *order = fg_order_of_node(control, node);
        if (fg_pool_node(control->pool, node)->state != FG_NODE_UP
            || (order && fg_scaler_has(deciding->scaler, order)))
            continue;
        for (uint32_t i = 0; i < spec->devices_len; i++)
            devices += fg_kind_is(spec->devices[i].kind, deciding->scaler->rule.class);
    }
    return devices;
}

/* What the forecast asks of the rule's machines, at most of the time until one that is ordered now would be there. */
static void look_ahead(struct deciding *deciding)
{
    const struct fg_control *control = deciding->control;
    const struct fg_scale_rule *rule = &deciding->scaler->rule;
    const struct fg_outlook_question question = {.kind = rule->offer.accelerator,
                                                 .share = rule->quantile_percent / 100.0,
                                                 .now_us = control->now_us,
                                                 .until_us = control->now_us
                                                             + rule->offer.lead_time_us};
    double devices = 0;
    if (!rule->quantile_percent || !control->options.outlook)
        return;
    deciding->is_blind = !control->options.outlook(control->options.self, &question, &devices);
    devices -= devices_elsewhere(deciding);
    deciding->forecast = !deciding->is_blind && devices > 0 ? devices : 0;
}

/* -- carried out --------------------------------------------------------------------------------------------------- */

/* A key that begins as the rule's, and ends with the moment and the order's number: never twice, not even after a restore. */
static void make_key(const struct fg_control *control,
                     const struct fg_scale_rule *rule,
                     char out[FG_ORDER_KEY_MAX])
{
    snprintf(out, FG_ORDER_KEY_MAX, "%.*s%08" PRIx32 "%04" PRIx32, FG_SCALE_KEY_LEN, rule->key,
             (uint32_t)(control->now_us / S_US), (uint32_t)(control->next_order_id & 0xffff));
}

static int order_one(struct deciding *deciding, struct fg_err *err)
{
    struct fg_control *control = deciding->control;
    const struct fg_scale_rule *rule = &deciding->scaler->rule;
    struct fg_order_ask ask = {.order = {.offer = rule->offer,
                                         .count = 1,
                                         .max_uusd_per_hour = rule->max_uusd_per_hour}};
    char why[FG_TEXT_MAX], remark[FG_TEXT_MAX];
    fg_project_id project = 0;
    make_key(control, rule, ask.order.key);
    int rc = fg_order_check(control, &ask, &project, err);
    if (rc < 0)
        return rc;
    struct purchase *purchase = fg_order_make(control, &ask, project, ACTOR);
    const struct fg_supplier *supplier = fg_supplier_get(control, rule->offer.supplier);
    snprintf(remark, sizeof(remark),
             "for the rule of class %s, within the caps of the standing policy", rule->class);
    if (fg_order_policy_allows(control, supplier, &purchase->order, why))
        fg_order_approve(control, purchase, "policy", ACTOR, remark);
    else
        fg_order_because(control, purchase, "%s", why);
    deciding->scaler->planned += purchase->order.state == FG_ORDER_PLANNED;
    deciding->scaler->coming++;
    return 0;
}

/* How many could be ordered. */
static int32_t go_up(struct deciding *deciding, int32_t want)
{
    struct scaler *scaler = deciding->scaler;
    int64_t now_us = deciding->control->now_us;
    struct fg_err err = {};
    int32_t made = 0;
    if (now_us < scaler->pause_us) {
        say(scaler, "; the last was refused, ordered again in %lld s",
            (scaler->pause_us - now_us) / S_US + 1);
        return 0;
    }
    while (made < want && deciding->open < scaler->rule.most) {
        if (order_one(deciding, &err) < 0) {
            say(scaler, "; %.120s", err.text);
            break;
        }
        deciding->open++;
        made++;
    }
    if (made < want && !err.text[0])
        say(scaler, "; %u are still being given back", scaler->leaving);
    return made;
}

static void give_back(struct deciding *deciding, const uint32_t *back, int32_t len)
{
    struct fg_control *control = deciding->control;
    for (int32_t i = 0; i < len; i++) {
        struct purchase *purchase = fg_order_get(control, deciding->orders[back[i]]);
        snprintf(purchase->order.reason, sizeof(purchase->order.reason),
                 "idle: given back by the rule of class %s", deciding->scaler->rule.class);
        fg_order_leave(control, purchase, FG_CAUSE_USER);
        fg_order_tell(control, purchase, "leaving", ACTOR, "%s", purchase->order.reason);
        deciding->scaler->held--;
        deciding->scaler->leaving++;
    }
}

/* Orders that nobody has approved are called off when they are not wanted any more, the newest first. */
static void call_off(struct deciding *deciding, uint32_t surplus)
{
    struct fg_control *control = deciding->control;
    bool is_any = false;
    for (size_t i = control->purchases_len; i-- > 0 && surplus > 0;) {
        struct purchase *purchase = &control->purchases[i];
        if (purchase->order.state != FG_ORDER_PLANNED
            || !fg_scaler_has(deciding->scaler, &purchase->order))
            continue;
        purchase->order.cause = FG_CAUSE_USER;
        fg_order_end(control, purchase, FG_ORDER_CANCELLED, control->now_us);
        fg_order_tell(control, purchase, "cancelled", ACTOR, "not wanted any more");
        deciding->scaler->planned--;
        deciding->scaler->coming--;
        surplus--;
        is_any = true;
    }
    if (is_any)
        fg_order_sweep(control);
}

void fg_scale_refused(struct fg_control *control, const struct fg_order *order)
{
    for (size_t i = 0; i < control->scalers_len; i++) {
        struct scaler *scaler = &control->scalers[i];
        int64_t pause_us = control->config->scale_every_s * S_US
                           << (scaler->refusals < 12 ? scaler->refusals : 12);
        if (!fg_scaler_has(scaler, order) || control->now_us < scaler->pause_us)
            continue;
        scaler->refusals++;
        scaler->pause_us = control->now_us + (pause_us < PAUSE_MAX ? pause_us : PAUSE_MAX);
    }
}

/* -- a decision ---------------------------------------------------------------------------------------------------- */

static struct fg_scale_policy policy_of(const struct fg_scale_rule *rule)
{
    return (struct fg_scale_policy){
        .least = rule->least,
        .most = rule->most,
        .standby = rule->standby,
        .step_up = rule->step_up,
        .step_down = rule->step_down,
        .slack_percent = rule->slack_percent,
        .life_us = rule->life_us,
        .idle_us = rule->idle_us,
        .cool_us = rule->cool_us,
        .zero_us = rule->zero_us,
    };
}

static struct fg_scale_view view_of(const struct deciding *deciding)
{
    const struct scaler *scaler = deciding->scaler;
    return (struct fg_scale_view){
        .class = scaler->rule.class,
        .now_us = deciding->control->now_us,
        .devices_per_machine = scaler->rule.offer.accelerators,
        .machines = deciding->machines,
        .machines_len = deciding->len,
        .coming = scaler->coming,
        .devices_running = (double)deciding->running_milli / FG_WHOLE_MILLI,
        .devices_waiting = (double)deciding->waiting_milli / FG_WHOLE_MILLI,
        .devices_forecast = deciding->forecast,
        .worked_us = scaler->worked_us,
        .changed_us = scaler->changed_us,
    };
}

static void tell(struct fg_control *control, const struct scaler *scaler)
{
    const char *kind = scaler->change > 0   ? "scale.up"
                       : scaler->change < 0 ? "scale.down"
                                            : "scale.held";
    if (fg_control_begin(control))
        fg_control_tell(control, kind, NULL,
                        "\"class\":\"%s\",\"change\":%d,\"wanted\":%u,\"held\":%u,"
                        "\"coming\":%u,\"reason\":\"%.360s\"",
                        scaler->rule.class, scaler->change, scaler->wanted, scaler->held,
                        scaler->coming, scaler->why);
}

/* Changes are told; that nothing changes, once, and again when something else is wanted. */
static void note(struct deciding *deciding, uint32_t wanted)
{
    struct scaler *scaler = deciding->scaler;
    bool is_news = scaler->change != 0 || !scaler->was_held || wanted != scaler->wanted;
    if (scaler->change != 0)
        scaler->changed_us = deciding->control->now_us;
    scaler->was_held = scaler->change == 0;
    scaler->wanted = wanted;
    scaler->decided_us = deciding->control->now_us;
    if (is_news)
        tell(deciding->control, scaler);
}

/* What seems spare may not be: right after a start. */
static void wait_for_forecast(struct scaler *scaler)
{
    scaler->change = 0;
    say(scaler, "; kept until there is a forecast");
}

static void carry_out(struct deciding *deciding,
                      const struct fg_scale_decision *decision,
                      const uint32_t *back)
{
    struct scaler *scaler = deciding->scaler;
    fg_copy(scaler->why, sizeof(scaler->why), decision->reason);
    scaler->change = decision->change;
    if (decision->change > 0)
        scaler->change = go_up(deciding, decision->change);
    else if (deciding->is_blind && decision->change < 0)
        wait_for_forecast(scaler);
    else
        give_back(deciding, back, -decision->change);
    if (scaler->held + scaler->coming > decision->wanted)
        call_off(deciding, scaler->held + scaler->coming - decision->wanted);
    if (scaler->planned > 0)
        say(scaler, "; %u wait for approval", scaler->planned);
    note(deciding, decision->wanted);
}

static void decide(struct fg_control *control, struct scaler *scaler)
{
    struct deciding deciding = {.control = control, .scaler = scaler};
    size_t room = control->purchases_len + 1;
    struct fg_scale_decision decision;
    deciding.machines = calloc(room, sizeof(*deciding.machines));
    deciding.orders = calloc(room, sizeof(*deciding.orders));
    uint32_t *back = calloc(room, sizeof(*back));
    if (!deciding.machines || !deciding.orders || !back)
        abort(); /* as arenas do */
    count_orders(&deciding);
    if (control->levels)
        fg_levels_each(control->levels, count_waiting, &deciding);
    if (deciding.running_milli > 0 || deciding.waiting_milli > 0)
        scaler->worked_us = control->now_us;
    look_ahead(&deciding);
    const struct fg_scale_policy policy = policy_of(&scaler->rule);
    const struct fg_scale_view view = view_of(&deciding);
    fg_scale_decide(&policy, &view, &decision, back);
    carry_out(&deciding, &decision, back);
    free(deciding.machines);
    free(deciding.orders);
    free(back);
}

void fg_scale_tick(struct fg_control *control)
{
    bool is_sick = control->sick && control->now_us < control->sick_until_us;
    if (control->scalers_len == 0 || control->now_us < control->scale_us || control->pass_wanted
        || is_sick)
        return;
    control->scale_us = control->now_us + control->config->scale_every_s * S_US;
    look_at_nodes(control);
    for (size_t i = 0; i < control->scalers_len && control->batch_rc == 0; i++)
        decide(control, &control->scalers[i]);
}
