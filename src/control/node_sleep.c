/* node_sleep.c - empty nodes of clusters are switched off, and on again before they are missed.
 *
 *     pool after a pass --nodes, devices in use--> energy/sleep --who goes, who comes--> engine
 *
 * A node that sleeps stays in the pool: work that finds no other goes there (schedule/gang.c) and its cluster wakes it, so nobody
 * is ever kept from running by sleep.  What is decided here is who goes, and how many are awake for who may come.
 * What it asked for is in memory only: after a restart the engine tells what sleeps.
 */
#include "control/node_inner.h"

#include "control/order_inner.h"
#include "energy/savings.h"

#include <stdlib.h>
#include <string.h>

#define S_US       1'000'000LL
#define LOOK_US    (5 * S_US)
#define ANSWER_US  (120 * S_US) /* what was asked for and is not seen by then came to nothing */
#define AGAIN_US   (600 * S_US) /* after that, and after a change */
#define KEEP_MILLI 950          /* of stretches as long as a node takes to wake */
#define GAP_US     (60 * S_US)  /* what nobody looked at for longer is not claimed as saved */
#define CPU_ONLY   FG_POOL_KINDS_MAX
#define KINDS      (FG_POOL_KINDS_MAX + 1)
#define DOWN_US    (60 * S_US)
#define MOVE_MW    500'000 /* while it goes down and comes up; assumed */

struct sleeper {
    struct fg_sleep_demand demands[KINDS];
    struct fg_sleep_node *nodes;
    enum fg_sleep_act *acts;
    size_t room;
};

void fg_nodes_sleep_free(struct fg_control *control)
{
    struct sleeper *sleeper = control->sleeper;
    if (!sleeper)
        return;
    free(sleeper->nodes);
    free(sleeper->acts);
    free(sleeper);
    control->sleeper = NULL;
}

static struct sleeper *need_sleeper(struct fg_control *control)
{
    struct sleeper *sleeper = control->sleeper;
    if (!sleeper) {
        sleeper = control->sleeper = calloc(1, sizeof(*sleeper));
        if (!sleeper)
            abort();
        for (size_t i = 0; i < KINDS; i++)
            fg_sleep_demand_init(&sleeper->demands[i], control->config->energy_wake_s * S_US);
    }
    if (control->nodes_len > sleeper->room) {
        sleeper->room = control->nodes_len;
        sleeper->nodes = reallocarray(sleeper->nodes, sleeper->room, sizeof(*sleeper->nodes));
        sleeper->acts = reallocarray(sleeper->acts, sleeper->room, sizeof(*sleeper->acts));
        if (!sleeper->nodes || !sleeper->acts)
            abort();
    }
    return sleeper;
}

/* -- what it draws, and what it saved ------------------------------------------------------------------------- */

void fg_node_idle_read(struct known_node *known, const struct fg_device_sample *sample)
{
    bool is_machine = sample->device == FG_DEVICE_CPU;
    if (!known->empty_us || known->rest != FG_REST_AWAKE) {
        fg_idle_end(&known->idle);
        return;
    }
    if (is_machine)
        fg_idle_read(&known->idle, FG_IDLE_WHOLE, sample->value[FG_READING_WHOLE_POWER],
                     sample->time_us);
    if (is_machine || sample->device < FG_NODE_DEVICES_MAX)
        fg_idle_read(&known->idle,
                     is_machine ? FG_IDLE_PACKAGES : FG_IDLE_DEVICES + sample->device,
                     sample->value[FG_READING_POWER], sample->time_us);
}

/* The least that was measured counts. */
static void measure(struct fg_control *control, fg_node_id id)
{
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, id);
    int64_t power_mw =
        fg_idle_take_mw(&fg_node_known(control, id)->idle, spec->devices_len, control->now_us);
    uint32_t watts = (uint32_t)((power_mw + 500) / 1000), before = spec->measured_idle_watts;
    bool is_same = before && watts * 20 > before * 19;
    if (watts > 0 && !is_same)
        fg_node_measured(control, id, watts);
}

static struct fg_sleep_costs costs_of(const struct fg_control *control,
                                      const struct fg_node_spec *spec)
{
    uint32_t idle_watts =
        spec->measured_idle_watts ? spec->measured_idle_watts : spec->idle_watts;
    return (struct fg_sleep_costs){.idle_mw = idle_watts * 1000LL,
                                   .asleep_mw = spec->asleep_watts * 1000LL,
                                   .move_mw = MOVE_MW,
                                   .down_us = DOWN_US,
                                   .wake_us = control->config->energy_wake_s * S_US};
}

/* Nodes that somebody else's hand switches are none of our saving. */
static bool is_ours(const struct fg_control *control, fg_node_id id)
{
    const struct fg_supplier *supplier =
        fg_supplier_get(control, fg_pool_spec(control->pool, id)->supplier);
    return supplier && supplier->kind == FG_SUPPLIER_SLURM
           && supplier->cluster.place == FG_CLUSTER_PLACE_OURS
           && !fg_order_of_node(control, id);
}

/* Up to now, in the state that it is in: before it changes, and at each look. */
static void count_rest(struct fg_control *control, fg_node_id id)
{
    struct known_node *known = fg_node_known(control, id);
    const struct fg_node_spec *spec = fg_pool_spec(control->pool, id);
    const struct vendor *vendor = fg_vendor_get(control, spec->supplier);
    int64_t passed_us = control->now_us - known->rest_counted_us;
    known->rest_counted_us = control->now_us;
    if (known->rest == FG_REST_AWAKE || passed_us <= 0 || passed_us > GAP_US
        || !control->config->energy_sleep || !vendor || !vendor->is_up || !is_ours(control, id))
        return;
    const struct fg_sleep_costs costs = costs_of(control, spec);
    struct fg_saving saving = {
        .way = spec->measured_idle_watts ? FG_SAVING_SLEEP_MEASURED
               : spec->is_watts_assumed  ? FG_SAVING_SLEEP_ASSUMED
                                         : FG_SAVING_SLEEP_TOLD,
        .device = -1,
        .sum = fg_saved_by_sleep(&costs, known->rest != FG_REST_ASLEEP, passed_us)};
    snprintf(saving.node, sizeof(saving.node), "%s", spec->name);
    snprintf(saving.supplier, sizeof(saving.supplier), "%s", spec->supplier);
    if (spec->devices_len)
        snprintf(saving.kind, sizeof(saving.kind), "%s", spec->devices[0].kind);
    fg_control_note_saving(control, &saving);
}

/* -- what is told --------------------------------------------------------------------------------------------- */

static void rest_at(struct fg_control *control, fg_node_id id, enum fg_node_rest rest)
{
    struct known_node *known = fg_node_known(control, id);
    if (known->rest == rest)
        return;
    count_rest(control, id);
    known->rest = rest;
    known->rest_us = control->now_us;
    known->empty_us = 0;
}

/* What was asked for may not show yet; words beside it say that it never will. */
static bool is_on_its_way(const struct fg_control *control,
                          const struct known_node *known,
                          const struct fg_engine_news *news)
{
    bool is_before = (known->rest == FG_REST_GOING && news->rest == FG_REST_AWAKE)
                     || (known->rest == FG_REST_WAKING && news->rest == FG_REST_ASLEEP);
    return is_before && known->is_rest_asked && news->up && !news->reason[0]
           && control->now_us - known->rest_us < ANSWER_US;
}

void fg_node_rest_told(struct fg_control *control,
                       fg_node_id node,
                       const struct fg_engine_news *news)
{
    struct known_node *known = fg_node_known(control, node);
    if (is_on_its_way(control, known, news))
        return;
    if (known->is_rest_asked && news->rest == FG_REST_AWAKE)
        known->rest_after_us = control->now_us + AGAIN_US;
    known->is_rest_asked = false;
    rest_at(control, node, news->rest);
}

static void ready_text(const struct fg_control *control,
                       const struct known_node *known,
                       char out[FG_TIME_TEXT_MAX])
{
    int64_t from_us = known->rest == FG_REST_WAKING ? known->rest_us : control->now_us;
    int64_t ready_us = from_us + control->config->energy_wake_s * S_US;
    fg_time_format(ready_us / S_US * S_US, out);
}

void fg_node_rest_text(const struct fg_control *control, fg_node_id node, char out[FG_TEXT_MAX])
{
    const struct known_node *known = fg_node_known(control, node);
    char ready[FG_TIME_TEXT_MAX];
    ready_text(control, known, ready);
    if (known->rest == FG_REST_ASLEEP)
        snprintf(out, FG_TEXT_MAX, "asleep: work that goes there wakes it");
    else if (known->rest == FG_REST_WAKING)
        snprintf(out, FG_TEXT_MAX, "waking: ready about %s", ready);
}

bool fg_node_wakes_for(const struct fg_control *control, fg_job_id job, char out[FG_TEXT_MAX])
{
    const struct live *live = fg_live_get((struct fg_control *)(uintptr_t)control, job);
    char ready[FG_TIME_TEXT_MAX];
    for (uint32_t task = 0; live && task < live->tasks; task++) {
        const struct known_node *known = fg_node_known(control, live->grants[task].node);
        if (known->rest == FG_REST_AWAKE)
            continue;
        ready_text(control, known, ready);
        snprintf(out, FG_TEXT_MAX, "wakes node %s, ready about %s", known->name, ready);
        return true;
    }
    return false;
}

/* -- what there is --------------------------------------------------------------------------------------------- */

static bool is_reserved(const struct fg_control *control, fg_node_id node)
{
    for (size_t i = 0; i < control->advances_len; i++)
        for (size_t k = 0; k < control->advances[i].places_len; k++)
            if (control->advances[i].places[k].node == node)
                return true;
    return false;
}

/* Only what would get work and is ours to switch: rented machines are given back instead, and where Slurm places, what
 * others hold is not known. */
static bool may_sleep(const struct fg_control *control, fg_node_id id)
{
    const struct known_node *known = fg_node_known(control, id);
    return is_ours(control, id) && fg_pool_is_open(control->pool, id)
           && known->wanted == FG_NODE_UP && !known->wish[0]
           && control->now_us >= known->rest_after_us && !is_reserved(control, id);
}

static uint32_t kind_of(const struct fg_pool_node *node)
{
    return node->devices_len ? node->kind[0] : CPU_ONLY;
}

static int64_t in_use_on(const struct fg_pool_node *node)
{
    int64_t used = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        used += node->left_milli[i] < FG_WHOLE_MILLI;
    return node->devices_len ? used : node->cpu_milli_left < node->cpu_milli;
}

static struct fg_sleep_node look_at(const struct fg_control *control, fg_node_id id)
{
    const struct known_node *known = fg_node_known(control, id);
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    bool is_asleep = known->rest == FG_REST_ASLEEP || known->rest == FG_REST_GOING;
    return (struct fg_sleep_node){
        .costs = costs_of(control, fg_pool_spec(control->pool, id)),
        .state = is_asleep                       ? FG_SLEEP_ASLEEP
                 : known->rest == FG_REST_WAKING ? FG_SLEEP_WAKING
                                                 : FG_SLEEP_AWAKE,
        .may_sleep = may_sleep(control, id),
        .is_empty = known->empty_us != 0 && fg_pool_is_open(control->pool, id),
        .since_us = is_asleep ? known->rest_us : known->empty_us,
        .kind = kind_of(node),
        .devices = node->devices_len ? node->devices_len : 1,
    };
}

/* What was asked for and did not come about is not asked for again for a while. */
static void watch(struct fg_control *control, fg_node_id id)
{
    struct known_node *known = fg_node_known(control, id);
    bool is_empty = fg_pool_is_idle(control->pool, id);
    if (!is_empty) {
        known->empty_us = 0;
        fg_idle_end(&known->idle);
    } else if (!known->empty_us) {
        known->empty_us = control->now_us;
    }
    if (!known->is_rest_asked || control->now_us - known->rest_us < ANSWER_US)
        return;
    known->is_rest_asked = false;
    known->rest_after_us = control->now_us + AGAIN_US;
    rest_at(control, id, known->rest == FG_REST_GOING ? FG_REST_AWAKE : FG_REST_ASLEEP);
    fg_node_settle(control, id);
}

/* -- what is done ---------------------------------------------------------------------------------------------- */

static void act(struct fg_control *control, fg_node_id id, enum fg_sleep_act act)
{
    const struct fg_engine_ops *ops = control->options.engine_ops;
    struct known_node *known = fg_node_known(control, id);
    bool wakes = act == FG_SLEEP_WAKE;
    if (act == FG_SLEEP_STAY || (wakes && known->rest != FG_REST_ASLEEP)
        || control->now_us < known->rest_after_us || !fg_control_begin(control))
        return;
    known->is_rest_asked = true;
    rest_at(control, id, wakes ? FG_REST_WAKING : FG_REST_GOING);
    fg_node_settle(control, id);
    ops->set_node_power(control->options.engine, fg_pool_spec(control->pool, id), wakes);
    fg_control_tell(control, wakes ? "node.wake" : "node.sleep", NULL, "\"node\":\"%s\"",
                    known->name);
}

static void decide(struct fg_control *control, struct sleeper *sleeper)
{
    int64_t in_use[KINDS] = {};
    uint32_t keep[KINDS];
    for (fg_node_id id = 1; id <= control->nodes_len; id++) {
        const struct fg_pool_node *node = fg_pool_node(control->pool, id);
        watch(control, id);
        measure(control, id);
        count_rest(control, id);
        sleeper->nodes[id - 1] = look_at(control, id);
        if (node->state != FG_NODE_DOWN)
            in_use[kind_of(node)] += in_use_on(node);
    }
    for (size_t kind = 0; kind < KINDS; kind++) {
        fg_sleep_demand_note(&sleeper->demands[kind], control->now_us, in_use[kind]);
        keep[kind] = fg_sleep_demand_keep(&sleeper->demands[kind], KEEP_MILLI);
    }
    struct fg_sleep_terms terms = {.keep = keep,
                                   .kinds_len = KINDS,
                                   .awake_us = control->config->energy_sleep_after_s * S_US,
                                   .asleep_us = AGAIN_US};
    (void)fg_sleep_decide(&terms, sleeper->nodes, control->nodes_len, control->now_us,
                          sleeper->acts);
    for (fg_node_id id = 1; id <= control->nodes_len; id++)
        act(control, id, sleeper->acts[id - 1]);
}

void fg_nodes_sleep(struct fg_control *control)
{
    if (!control->config->energy_sleep || !control->options.engine_ops->set_node_power
        || control->pass_wanted || control->now_us < control->sleep_us || control->batch_rc < 0)
        return;
    control->sleep_us = control->now_us + LOOK_US;
    decide(control, need_sleeper(control));
}
