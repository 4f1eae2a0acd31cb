/* why_nodes.c - what each node has for a job, or against it: filters in the words of the fit, then the placement's scores */
#include "control/control_inner.h"

#include "base/json_write.h"

#define NODES_SHOWN_MAX 50

/* In the words of the fit itself: the first thing that is missing. */
static void node_verdict(const struct fg_pool_node *node,
                         const struct fg_need *need,
                         char *out,
                         size_t size)
{
    uint32_t have = 0, free_now = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        if (need->kinds >> node->kind[i] & 1) {
            have++;
            free_now += node->left_milli[i] >= need->gpu_milli;
        }
    if (node->state != FG_NODE_UP)
        snprintf(out, size, "is %s", fg_node_state_name(node->state));
    else if (have < need->count)
        snprintf(out, size, "has %u such devices, %u needed", have, need->count);
    else if (free_now < need->count)
        snprintf(out, size, "%u of %u such devices are free, %u needed", free_now, have,
                 need->count);
    else if (node->cpu_milli_left < need->cpu_milli)
        snprintf(out, size, "%.4g of %.4g cores are free, %.4g needed",
                 node->cpu_milli_left / 1000.0, node->cpu_milli / 1000.0,
                 need->cpu_milli / 1000.0);
    else if (node->mem_mib_left < need->mem_mib)
        snprintf(out, size, "%llu of %llu MiB are free, %llu needed",
                 (unsigned long long)node->mem_mib_left, (unsigned long long)node->mem_mib,
                 (unsigned long long)need->mem_mib);
    else
        snprintf(out, size, "its devices have too little memory");
}

static void score_json(struct fg_json *json, const struct fg_place_account *account)
{
    fg_json_key(json, "score");
    fg_json_object(json);
    fg_json_kv_int(json, "place", account->place);
    fg_json_kv_int(json, "score_milli", account->score);
    fg_json_kv_int(json, "policy_milli", account->points);
    fg_json_kv_int(json, "ties", account->ties);
    fg_json_kv_int(json, "fragmentation_before_milli", account->frag_before_milli);
    fg_json_kv_int(json, "fragmentation_after_milli", account->frag_after_milli);
    fg_json_kv_int(json, "unusable_before_milli", account->dead_before_milli);
    fg_json_kv_int(json, "unusable_after_milli", account->dead_after_milli);
    fg_json_key(json, "penalties");
    fg_json_object(json);
#define X(name, text) fg_json_kv_int(json, #name, account->penalties.name);
    FG_SCORERS(X)
#undef X
    fg_json_end(json);
    fg_json_end(json);
}

/* "fits now; 2nd of 14: leaves 350 milli unusable more, ..." in a few words. */
static void say_score(const struct fg_place_account *account, char *out, size_t size)
{
    long long unusable = account->dead_after_milli - account->dead_before_milli;
    long long frag = account->frag_after_milli - account->frag_before_milli;
    int len = snprintf(out, size,
                       "fits now, place %u of %u: unusable leftovers %+lld milli-devices, "
                       "fragmentation %+lld",
                       account->place, account->fitting, unusable, frag);
    if (account->taken_off && len > 0 && (size_t)len < size)
        snprintf(out + len, size - (size_t)len, ", weights %lld",
                 (long long)-account->taken_off);
}

void fg_why_nodes(struct fg_control *control,
                  const struct fg_request *request,
                  struct fg_json *json)
{
    struct fg_need need = fg_pool_need(control->pool, request);
    fg_json_key(json, "nodes");
    fg_json_array(json);
    for (fg_node_id id = 1; id <= fg_pool_len(control->pool) && id <= NODES_SHOWN_MAX; id++) {
        const struct fg_pool_node *node = fg_pool_node(control->pool, id);
        struct fg_place_account account;
        char verdict[FG_TEXT_MAX];
        fg_schedule_account(control->schedule, control->pool, control->queue, &need, id,
                            &account);
        if (account.fits)
            say_score(&account, verdict, sizeof(verdict));
        else
            node_verdict(node, &need, verdict, sizeof(verdict));
        fg_json_object(json);
        fg_json_kv(json, "node", fg_pool_spec(control->pool, id)->name);
        fg_json_kv_bool(json, "fits", account.fits);
        fg_json_kv(json, "why", verdict);
        if (account.fits)
            score_json(json, &account);
        fg_json_end(json);
    }
    fg_json_end(json);
}
