/* scene.c - see scene.h
 *
 * There are two ways to a node's score: the short one over the view's cache line, for nodes whose devices are alike, and
 * the long one over the pool's node, which also finds the devices.  They agree (place_test.c).
 */
#include "place/score.h"

struct fg_ask fg_ask_of(const struct fg_need *need)
{
    return (struct fg_ask){
        .need = *need,
        .gpu_milli = need->count * need->gpu_milli,
        .is_share = need->count == 1 && need->gpu_milli < FG_WHOLE_MILLI,
        .host_class = fg_host_class(need->count, need->gpu_milli),
    };
}

/* -- the short way ---------------------------------------------------------------------------------- */

int32_t fg_scene_score(const struct fg_view *view,
                       const struct fg_place_policy *policy,
                       fg_node_id id,
                       const struct fg_ask *ask)
{
    const struct fg_view_node *node = &view->nodes[id - 1];
    uint32_t devices;
    if (!fg_need_suits(&ask->need, &node->terms))
        return FG_KEY_NONE;
    if (node->is_mixed)
        return fg_scene_choose(view, policy, NULL, id, ask, &devices);
    if (policy->score)
        return policy->score(view, id, ask);
    return fg_score_simple(view, policy, policy->key, id, ask);
}

/* -- the long way ------------------------------------------------------------------------------------- */

/* Sums over devices of any kinds. */
static void measure_mixed(struct fg_scene *scene, const struct fg_pool_node *node)
{
    const struct fg_place_tables *tables = scene->view->tables;
    uint32_t bracket = fg_place_bracket(tables, scene->cpu_after);
    for (uint32_t i = 0; i < node->devices_len; i++) {
        uint32_t shape = fg_place_shape(tables, node->kind[i]);
        const struct fg_place_cell *cell =
            &fg_place_cells(tables, bracket, shape)[node->left_milli[i]];
        scene->taken_cpu.frag += cell->frag;
        scene->taken_cpu.dead += cell->dead;
    }
    uint32_t first = fg_place_shape(tables, node->kind[0]);
    scene->multi = fg_place_multi(tables, bracket, first);
}

static void set_cells(struct fg_scene *scene, uint32_t kind)
{
    const struct fg_place_tables *tables = scene->view->tables;
    uint32_t bracket = fg_place_bracket(tables, scene->cpu_after);
    scene->cells = fg_place_cells(tables, bracket, fg_place_shape(tables, kind));
}

/* The device's part that both pools have left. */
static uint32_t left_of(const struct fg_pool_node *node,
                        const struct fg_pool_node *also,
                        uint32_t i)
{
    uint32_t left = node->left_milli[i];
    return also && also->left_milli[i] < left ? also->left_milli[i] : left;
}

static bool is_right(const struct fg_pool_node *node, uint32_t i, const struct fg_need *need)
{
    uint64_t mem_mib = (uint64_t)node->device_mem_mib[i] * need->gpu_milli / FG_WHOLE_MILLI;
    return need->kinds >> node->kind[i] & 1 && mem_mib >= need->gpu_mem_mib;
}

/* The device for a share: of the best key, or with the least left; of equals the first. */
static int32_t choose_share(struct fg_scene *scene,
                            const struct fg_place_policy *policy,
                            const struct fg_pool_node *node,
                            const struct fg_pool_node *also,
                            uint32_t *out_devices)
{
    const struct fg_need *need = &scene->ask->need;
    int32_t best = FG_KEY_NONE;
    uint32_t tightest = UINT32_MAX;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        if (!is_right(node, i, need) || left_of(node, also, i) < need->gpu_milli)
            continue;
        uint32_t left = node->left_milli[i];
        if (!policy->by_device && left >= tightest)
            continue;
        if (policy->measures)
            set_cells(scene, node->kind[i]);
        int32_t score = fg_score_key(scene, policy, policy->key, left);
        if (policy->by_device && score <= best)
            continue;
        best = score;
        tightest = left;
        *out_devices = 1U << i;
    }
    return best;
}

/* Untouched devices of one kind, of as few islands as can be; 0: not enough. */
static uint32_t choose_whole(const struct fg_scene *scene,
                             const struct fg_pool_node *node,
                             const struct fg_pool_node *also,
                             uint32_t kind)
{
    const struct fg_need *need = &scene->ask->need;
    uint32_t free = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        if (node->kind[i] == kind && is_right(node, i, need)
            && left_of(node, also, i) == FG_WHOLE_MILLI)
            free |= 1U << i;
    return fg_pool_node_pick(node, free, need->count);
}

static int32_t choose_devices(struct fg_scene *scene,
                              const struct fg_place_policy *policy,
                              const struct fg_pool_node *node,
                              const struct fg_pool_node *also,
                              uint32_t *out_devices)
{
    const struct fg_ask *ask = scene->ask;
    if (ask->is_share)
        return choose_share(scene, policy, node, also, out_devices);
    if (ask->need.count == 0)
        return fg_score_key(scene, policy, policy->key, 0);
    for (uint64_t kinds = ask->need.kinds & node->kinds; kinds; kinds &= kinds - 1) {
        uint32_t kind = (uint32_t)__builtin_ctzll(kinds);
        *out_devices = choose_whole(scene, node, also, kind);
        if (!*out_devices)
            continue;
        scene->islands = fg_pool_node_islands(node, *out_devices);
        if (policy->measures)
            set_cells(scene, kind);
        return fg_score_key(scene, policy, policy->key, FG_WHOLE_MILLI);
    }
    return FG_KEY_NONE;
}

int32_t fg_scene_choose(const struct fg_view *view,
                        const struct fg_place_policy *policy,
                        const struct fg_pool *also,
                        fg_node_id id,
                        const struct fg_ask *ask,
                        uint32_t *out_devices)
{
    const struct fg_pool_node *node = fg_pool_node(view->pool, id);
    const struct fg_pool_node *second = also ? fg_pool_node(also, id) : NULL;
    const struct fg_need *need = &ask->need;
    *out_devices = 0;
    if (node->state != FG_NODE_UP || node->cpu_milli_left < need->cpu_milli
        || node->mem_mib_left < need->mem_mib || !fg_need_suits(need, &node->terms))
        return FG_KEY_NONE;
    if (second
        && (second->cpu_milli_left < need->cpu_milli || second->mem_mib_left < need->mem_mib))
        return FG_KEY_NONE;
    struct fg_scene scene = {
        .view = view,
        .node = &view->nodes[id - 1],
        .id = id,
        .ask = ask,
        .cpu_after = node->cpu_milli_left - need->cpu_milli,
        .cells = view->tables->cells,
        .multi = view->tables->multi,
    };
    if (policy->measures)
        measure_mixed(&scene, node);
    return choose_devices(&scene, policy, node, second, out_devices);
}
