/* sim_nodes.c - nodes join, fail, are repaired, and are taken back by who rents them out. */
#include "sim/sim_inner.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- chance: splitmix64, one stream a node ------------------------------------------------------------- */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebu;
    return z ^ (z >> 31);
}

/* Exponential with this mean; at least a second. */
static int64_t draw_us(struct node *node, int64_t mean_us)
{
    uint64_t z = mix(node->random += 0x9e37'79b9'7f4a'7c15u);
    double uniform = ((double)(z >> 11) + 0.5) / 9007199254740992.0;
    double us = -log(uniform) * (double)mean_us;
    return us < 1e6 ? 1'000'000 : us > FG_SIM_DURATION_MAX ? FG_SIM_DURATION_MAX : (int64_t)us;
}

/* -- up and down ------------------------------------------------------------------------------------------ */

static void evict(struct sim *sim, fg_node_id id)
{
    for (size_t i = sim->running_len; i-- > 0;) {
        const struct fg_running *running = &sim->running[i];
        size_t at = 0;
        while (at < running->grants_len && running->grants[at].node != id)
            at++;
        if (at == running->grants_len)
            continue;
        sim->result->sums.evictions++;
        sim->lost_node = id;
        fg_sim_interrupt(sim, sim->running_slots[i], false);
        sim->lost_node = 0;
    }
}

static void set_away(struct sim *sim, uint32_t at, enum away why, bool is_away)
{
    struct node *node = &sim->nodes[at];
    uint8_t away = (uint8_t)(is_away ? node->away | why : node->away & ~why);
    bool was_up = node->away == 0;
    if (was_up && away) {
        fg_pool_set_state(sim->pool, at + 1, FG_NODE_DOWN);
        evict(sim, at + 1);
    }
    fg_sim_meter_take(sim, node);
    node->away = away;
    sim->nodes_away += (size_t)(away != 0) - (size_t)!was_up;
    fg_sim_meter_put(sim, node);
    if (!was_up && !away) {
        fg_pool_set_state(sim->pool, at + 1, FG_NODE_UP);
        sim->pass_wanted = true;
    }
}

static void plan_failure(struct sim *sim, uint32_t at)
{
    int64_t mtbf_us = sim->cluster->groups[sim->nodes[at].group].mtbf_us;
    if (mtbf_us > 0)
        fg_sim_plan(sim,
                    (struct event){.kind = EVENT_FAIL,
                                   .time_us = sim->now_us + draw_us(&sim->nodes[at], mtbf_us),
                                   .subject = at});
}

/* A node that is away does not fail; its next failure comes all the same. */
static void fail(struct sim *sim, uint32_t at)
{
    struct node *node = &sim->nodes[at];
    if (node->away) {
        plan_failure(sim, at);
        return;
    }
    sim->result->sums.node_failures++;
    set_away(sim, at, AWAY_FAILED, true);
    int64_t mttr_us = sim->cluster->groups[node->group].mttr_us;
    fg_sim_plan(sim, (struct event){.kind = EVENT_REPAIR,
                                    .time_us = sim->now_us + draw_us(node, mttr_us),
                                    .subject = at});
}

/* -- supply ------------------------------------------------------------------------------------------------ */

static uint32_t supply_at(const struct fg_sim_availability *trace, int64_t now_us)
{
    return trace->nodes[(size_t)(now_us / trace->gap_us) % trace->len];
}

/* The group's nodes of that share of the trace's most are there; those of the highest numbers go first. */
static void supply(struct sim *sim, uint32_t index)
{
    const struct fg_sim_group *group = &sim->cluster->groups[index];
    const struct fg_sim_availability *trace = &sim->cluster->traces[group->availability];
    int64_t age_us = sim->now_us + sim->options->cluster_us;
    uint32_t now = supply_at(trace, age_us);
    uint64_t there = trace->most ? (uint64_t)group->nodes * now / trace->most : 0;
    for (uint32_t i = 0; i < group->nodes; i++) {
        uint32_t at = sim->group_first[index] + i;
        bool was_up = sim->nodes[at].away == 0;
        set_away(sim, at, AWAY_NO_SUPPLY, i >= there);
        sim->result->sums.spot_losses += was_up && i >= there;
    }
    int64_t next_us = (age_us / trace->gap_us + 1) * trace->gap_us;
    for (size_t i = 1; i < trace->len && supply_at(trace, next_us) == now; i++)
        next_us += trace->gap_us;
    if (supply_at(trace, next_us) != now)
        fg_sim_plan(sim, (struct event){.kind = EVENT_SUPPLY,
                                        .time_us = next_us - sim->options->cluster_us,
                                        .subject = index});
}

/* What the cluster says of the group's nodes, from now on. */
static void plan_absences(struct sim *sim, uint32_t index)
{
    const struct fg_sim_group *group = &sim->cluster->groups[index];
    for (size_t i = 0; i < group->absences_len; i++) {
        int64_t from_us = group->absences[i].from_us - sim->options->cluster_us;
        int64_t until_us = group->absences[i].until_us - sim->options->cluster_us;
        if (until_us <= 0)
            continue;
        fg_sim_plan(sim, (struct event){.kind = EVENT_LEAVE,
                                        .time_us = from_us > 0 ? from_us : 0,
                                        .subject = index});
        fg_sim_plan(
            sim, (struct event){.kind = EVENT_RETURN, .time_us = until_us, .subject = index});
    }
}

static void set_absent(struct sim *sim, uint32_t index, bool is_absent)
{
    for (uint32_t i = 0; i < sim->cluster->groups[index].nodes; i++)
        set_away(sim, sim->group_first[index] + i, AWAY_ABSENT, is_absent);
}

static void join(struct sim *sim, uint32_t index)
{
    for (uint32_t i = 0; i < sim->cluster->groups[index].nodes; i++) {
        set_away(sim, sim->group_first[index] + i, AWAY_NOT_JOINED, false);
        plan_failure(sim, sim->group_first[index] + i);
    }
}

void fg_sim_node_event(struct sim *sim, const struct event *event)
{
    switch (event->kind) {
    case EVENT_JOIN:
        join(sim, event->subject);
        break;
    case EVENT_LEAVE:
    case EVENT_RETURN:
        set_absent(sim, event->subject, event->kind == EVENT_LEAVE);
        break;
    case EVENT_FAIL:
        fail(sim, event->subject);
        break;
    case EVENT_REPAIR:
        set_away(sim, event->subject, AWAY_FAILED, false);
        plan_failure(sim, event->subject);
        break;
    default:
        supply(sim, event->subject);
    }
}

/* -- the beginning -------------------------------------------------------------------------------------------- */

/* How much of the time a node of the group is not there, to expect. */
static uint32_t away_milli(const struct fg_sim_cluster *cluster,
                           const struct fg_sim_group *group)
{
    double there = 1;
    if (group->mtbf_us > 0)
        there = (double)group->mtbf_us / ((double)group->mtbf_us + (double)group->mttr_us);
    if (group->is_spot) {
        const struct fg_sim_availability *trace = &cluster->traces[group->availability];
        double sum = 0;
        for (size_t i = 0; i < trace->len; i++)
            sum += trace->nodes[i];
        if (trace->most > 0)
            there *= sum / (double)trace->len / trace->most;
    }
    return (uint32_t)(1000 * (1 - there));
}

static void set_watts(const struct sim *sim,
                      const struct fg_sim_group *group,
                      struct fg_node_spec *spec)
{
    struct fg_sim_watts watts = group->watts;
    if (sim->options->energy)
        watts = fg_sim_energy_watts(sim->options->energy, group);
    spec->idle_watts = (uint32_t)(watts.idle_milli / 1000);
    spec->busy_watts = (uint32_t)(watts.busy_milli / 1000);
    spec->asleep_watts =
        (uint32_t)((watts.asleep_milli ? watts.asleep_milli : watts.idle_milli) / 1000);
}

static int add_node(struct sim *sim,
                    const struct fg_sim_group *group,
                    uint32_t number,
                    struct fg_node_spec *spec,
                    struct fg_err *err)
{
    snprintf(spec->name, sizeof(spec->name), "%.*s-%u", FG_NAME_MAX - 12, group->name, number);
    spec->cpu_milli = group->cpu_milli;
    spec->mem_mib = group->mem_mib;
    spec->price_uusd_per_hour = group->price_uusd_per_hour;
    fg_copy(spec->site, sizeof(spec->site), group->site);
    fg_copy(spec->rack, sizeof(spec->rack), group->rack);
    fg_copy(spec->supplier, sizeof(spec->supplier), group->supplier);
    fg_copy(spec->region, sizeof(spec->region), group->region);
    set_watts(sim, group, spec);
    spec->away_milli = away_milli(sim->cluster, group);
    spec->is_spot = group->is_spot;
    spec->devices_len = group->gpus;
    for (uint32_t i = 0; i < group->gpus; i++) {
        spec->devices[i] = (struct fg_device_spec){
            .mem_mib = group->gpu_mem_mib,
            .numa = -1,
            .island = (int32_t)(i * group->islands / group->gpus),
        };
        fg_copy(spec->devices[i].kind, FG_KIND_MAX, group->kind);
    }
    if (fg_pool_find(sim->pool, spec->name))
        return fg_fail(err, FG_EINVAL, "node %s: two groups have it, expected other names",
                       spec->name);
    fg_node_id id;
    int rc = fg_pool_add(sim->pool, spec, &id, err);
    if (rc == 0)
        fg_pool_set_state(sim->pool, id, FG_NODE_DOWN);
    return rc;
}

/* The pool is told how long work waits there; and it may be the home of jobs. */
static int add_supplier(struct sim *sim, const struct fg_sim_group *group, struct fg_err *err)
{
    size_t at = 0;
    while (at < sim->homes_len && strcmp(sim->homes[at], group->supplier) != 0)
        at++;
    if (at == sim->homes_len && at < FG_POOL_SUPPLIERS_MAX)
        sim->homes[sim->homes_len++] = group->supplier;
    const struct fg_supplier_state state = {.up = true, .wait_us = group->wait_us};
    return group->supplier[0] ? fg_pool_set_supplier(sim->pool, group->supplier, &state, err)
                              : 0;
}

static int add_group(struct sim *sim, uint32_t index, uint32_t *at, struct fg_err *err)
{
    const struct fg_sim_group *group = &sim->cluster->groups[index];
    struct fg_node_spec *spec = calloc(1, sizeof(*spec));
    if (!spec)
        abort();
    sim->group_first[index] = *at;
    int rc = 0;
    for (uint32_t i = 0; i < group->nodes && rc == 0; i++, (*at)++) {
        sim->nodes[*at] =
            (struct node){.group = index,
                          .away = AWAY_NOT_JOINED,
                          .random = mix(sim->options->seed * 0x2545'f491'4f6c'dd1du + *at)};
        rc = add_node(sim, group, i + 1, spec, err);
    }
    free(spec);
    if (rc == 0)
        rc = add_supplier(sim, group, err);
    if (rc < 0)
        return rc;
    if (group->is_spot)
        supply(sim, index);
    plan_absences(sim, index);
    int64_t join_us = group->join_us - sim->options->cluster_us;
    fg_sim_plan(sim, (struct event){.kind = EVENT_JOIN,
                                    .time_us = join_us > 0 ? join_us : 0,
                                    .subject = index});
    return 0;
}

int fg_sim_nodes_new(struct sim *sim, struct fg_err *err)
{
    size_t nodes = fg_sim_cluster_nodes(sim->cluster);
    sim->pool = fg_pool_new(nodes);
    sim->nodes = calloc(nodes + 1, sizeof(sim->nodes[0]));
    sim->group_first = calloc(sim->cluster->groups_len + 1, sizeof(uint32_t));
    if (!sim->pool || !sim->nodes || !sim->group_first)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu nodes", nodes);
    *fg_pool_wan(sim->pool) = sim->cluster->links;
    uint32_t at = 0;
    int rc = 0;
    sim->nodes_away = nodes;
    for (uint32_t i = 0; i < sim->cluster->groups_len && rc == 0; i++)
        rc = add_group(sim, i, &at, err);
    return rc;
}
