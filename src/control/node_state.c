/* node_state.c - may a node get work, and what is claimed there for jobs that are not ours; see node_inner.h */
#include "control/node_inner.h"
#include "control/order_inner.h"

#include <stdio.h>
#include <string.h>

/* -- load of others ------------------------------------------------------------------------------------- */

void fg_node_unclaim(struct fg_control *control, fg_node_id node)
{
    struct known_node *known = fg_node_known(control, node);
    if (known->has_others)
        fg_pool_release(control->pool, &known->others);
    known->has_others = false;
    fg_node_devices_claim(control, node, false);
}

static uint32_t untouched(const struct fg_pool_node *node)
{
    uint32_t free = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        free |= (uint32_t)(node->left_milli[i] == FG_WHOLE_MILLI) << i;
    return free;
}

/* So many devices: of those that were named first, as far as they are free here, then others. */
static uint32_t choose(uint32_t named, uint32_t free)
{
    uint32_t chosen = named & free, rest = free & ~named;
    for (int left = __builtin_popcount(named & ~free); left > 0 && rest; left--) {
        chosen |= rest & -rest;
        rest &= rest - 1;
    }
    return chosen;
}

/* As much of what others hold as is left. */
static struct fg_grant others_of(const struct fg_control *control,
                                 fg_node_id id,
                                 bool *out_clipped)
{
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    const struct fg_grant *told = &fg_node_known(control, id)->others_told;
    struct fg_grant grant = {.node = id,
                             .devices = choose(told->devices, untouched(node)),
                             .gpu_milli = FG_WHOLE_MILLI,
                             .cpu_milli = told->cpu_milli,
                             .mem_mib = told->mem_mib};
    if (grant.cpu_milli > node->cpu_milli_left)
        grant.cpu_milli = node->cpu_milli_left;
    if (grant.mem_mib > node->mem_mib_left)
        grant.mem_mib = node->mem_mib_left;
    *out_clipped = __builtin_popcount(grant.devices) < __builtin_popcount(told->devices)
                   || grant.cpu_milli < told->cpu_milli || grant.mem_mib < told->mem_mib;
    return grant;
}

static bool same_grant(const struct fg_grant *a, const struct fg_grant *b)
{
    return a->devices == b->devices && a->cpu_milli == b->cpu_milli && a->mem_mib == b->mem_mib;
}

static bool is_nothing(const struct fg_grant *grant)
{
    return !grant->devices && !grant->cpu_milli && !grant->mem_mib;
}

/* Does the pool hold for them what was told? */
static bool is_claimed(const struct known_node *known)
{
    if (known->is_clipped)
        return false;
    return known->has_others ? same_grant(&known->others, &known->others_told)
                             : is_nothing(&known->others_told);
}

/* Where the cluster itself says what runs where, work of ours stands in its queue with that of others: their load shows in
 * how long it waits, and nodes that they hold are no less to be had than others. */
static bool stands_in_its_queue(const struct fg_control *control, fg_node_id id)
{
    const struct fg_supplier *supplier =
        fg_supplier_get(control, fg_pool_spec(control->pool, id)->supplier);
    return supplier && supplier->kind == FG_SUPPLIER_SLURM
           && supplier->cluster.place == FG_CLUSTER_PLACE_SLURM;
}

static void claim_others(struct fg_control *control, fg_node_id id)
{
    struct known_node *known = fg_node_known(control, id);
    bool waits = stands_in_its_queue(control, id);
    if (waits ? !known->has_others : is_claimed(known))
        return;
    fg_node_unclaim(control, id);
    control->pass_wanted = true;
    known->is_clipped = false;
    if (waits)
        return;
    known->others = others_of(control, id, &known->is_clipped);
    known->has_others =
        !is_nothing(&known->others) && fg_pool_claim(control->pool, &known->others, NULL) == 0;
}

/* -- state ----------------------------------------------------------------------------------------------- */

static enum fg_node_state down(char out[FG_TEXT_MAX], const char *why)
{
    snprintf(out, FG_TEXT_MAX, "%s", why);
    return FG_NODE_DOWN;
}

static enum fg_node_state rests(char out[FG_TEXT_MAX], const char *wish, const char *why)
{
    snprintf(out, FG_TEXT_MAX, "%s", wish[0] ? wish : why);
    return FG_NODE_DRAINING;
}

static enum fg_node_state held_back(const struct fg_control *control,
                                    const struct known_node *known,
                                    char out[FG_TEXT_MAX])
{
    int64_t left_s = (known->health.hold_us - control->now_us + 999999) / 1000000;
    snprintf(out, FG_TEXT_MAX, "held back for %lld s more: %.180s", (long long)left_s,
             known->health.why);
    return FG_NODE_DRAINING;
}

/* By itself, whatever its supplier does: of that the pool knows.  Draining is: nothing new, and what runs there goes on. */
static enum fg_node_state state_of(const struct fg_control *control,
                                   fg_node_id id,
                                   char out[FG_TEXT_MAX])
{
    const struct known_node *known = fg_node_known(control, id);
    out[0] = '\0';
    if (known->is_free)
        return FG_NODE_DOWN;
    if (known->is_gone)
        return down(out, "it was taken out of its cluster");
    if (!known->is_heard)
        return down(out, "not heard of since the service started");
    if (!known->is_up)
        return down(out, known->word[0] ? known->word : "down");
    if (known->leaves_us)
        return rests(out, "", "it is being taken away");
    if (fg_order_holds(control, id, out))
        return FG_NODE_DRAINING;
    if (known->wanted != FG_NODE_UP)
        return rests(out, known->wish, "");
    if (known->next)
        return rests(out, "", "its devices changed, and jobs hold some of them");
    if (known->rest == FG_REST_GOING)
        return rests(out, "", "it is being switched off");
    const char *unfit = fg_node_check_why(known, control->now_us);
    if (unfit)
        return rests(out, "", unfit);
    if (fg_health_is_held(&known->health, control->now_us))
        return held_back(control, known, out);
    bool is_far = fg_pool_spec(control->pool, id)->supplier[0] != '\0';
    if (fg_node_devices_out(control, id, out))
        return is_far ? FG_NODE_DRAINING : FG_NODE_UP;
    return FG_NODE_UP;
}

static void wake_at(struct fg_control *control, int64_t time_us)
{
    if (time_us > control->now_us && time_us < control->nodes_us)
        control->nodes_us = time_us;
}

void fg_node_settle(struct fg_control *control, fg_node_id node)
{
    struct known_node *known = fg_node_known(control, node);
    char reason[FG_TEXT_MAX];
    enum fg_node_state state = state_of(control, node, reason);
    wake_at(control, known->health.hold_us);
    fg_pool_set_asleep(control->pool, node, known->rest != FG_REST_AWAKE);
    if (fg_pool_node(control->pool, node)->state != state) {
        fg_pool_set_state(control->pool, node, state);
        control->pass_wanted = true;
    }
    if (known->is_free)
        return;
    claim_others(control, node);
    fg_node_devices_claim(control, node, true);
}

void fg_node_settle_all(struct fg_control *control)
{
    for (fg_node_id id = 1; id <= control->nodes_len; id++)
        fg_node_settle(control, id);
    control->nodes_us = control->now_us;
}

/* Of ours alone: what others hold does not keep it from being drained. */
bool fg_node_is_idle(const struct fg_control *control, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(control->pool, id);
    uint32_t grants = 0;
    for (int class = 0; class < FG_HOST_CLASSES; class ++)
        grants += node->hosts[class];
    const struct known_node *known = fg_node_known(control, id);
    return grants == known->has_others + fg_node_devices_claims(known);
}

enum fg_node_state fg_node_shown(const struct fg_control *control,
                                 fg_node_id node,
                                 char out_reason[FG_TEXT_MAX])
{
    const struct known_node *known = fg_node_known(control, node);
    const char *supplier = fg_pool_spec(control->pool, node)->supplier;
    enum fg_node_state state = state_of(control, node, out_reason);
    if (state == FG_NODE_UP && supplier[0]
        && fg_vendor_is_blocked(fg_vendor_get(control, supplier), control->now_us, out_reason))
        state = FG_NODE_DRAINING;
    if (known->wish[0] && known->wanted == FG_NODE_UP && state == FG_NODE_UP)
        snprintf(out_reason, FG_TEXT_MAX, "%s", known->wish);
    if (state == FG_NODE_UP && !out_reason[0])
        fg_node_rest_text(control, node, out_reason);
    return state == FG_NODE_DRAINING && fg_node_is_idle(control, node) ? FG_NODE_DRAINED
                                                                       : state;
}

bool fg_node_is_listed(const struct fg_control *control, fg_node_id id)
{
    const struct known_node *known = fg_node_known(control, id);
    return !known->is_free && (!known->is_gone || !fg_node_is_idle(control, id));
}
