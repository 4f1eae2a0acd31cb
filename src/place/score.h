/* score.h - a node's score for a request, the short way: over the view's cache line.  Inside of place/ only.
 *
 * Policies whose speed matters instantiate it with their own key function, so that the compiler sees all of it.
 */
#pragma once

#include "place/scene.h"

static inline int32_t fg_key_pack(struct fg_place_key key)
{
    return key.points * FG_KEY_TIES + key.ties;
}

/* The policy's key, less what the scorers have against the node. */
static inline int32_t fg_score_key(const struct fg_scene *scene,
                                   const struct fg_place_policy *policy,
                                   fg_place_key_fn *of,
                                   uint32_t left)
{
    struct fg_place_key key = of(scene, left);
    if (scene->view->weights) {
        struct fg_place_penalties penalties = fg_scene_penalties(scene, left);
        key.points =
            key.points * policy->scale - fg_place_weigh(scene->view->weights, &penalties);
    }
    return fg_key_pack(key);
}

static inline bool fg_score_has_room(const struct fg_view_node *node, const struct fg_ask *ask)
{
    const struct fg_need *need = &ask->need;
    if (node->cpu_left < need->cpu_milli || node->mem_left_mib < need->mem_mib || !node->is_up)
        return false;
    if (need->count == 0)
        return true;
    if (node->gpu_left < ask->gpu_milli || !(need->kinds >> node->kind & 1))
        return false;
    if (need->gpu_mem_mib
        && (uint64_t)node->device_mem_mib * need->gpu_milli / FG_WHOLE_MILLI
               < need->gpu_mem_mib)
        return false;
    return ask->is_share || node->untouched >= need->count;
}

/* Sums over the devices as they are, under the CPU that will be left. */
static inline void fg_score_measure(struct fg_scene *scene)
{
    const struct fg_view_node *node = scene->node;
    const struct fg_place_tables *tables = scene->view->tables;
    uint32_t bracket = fg_place_bracket(tables, scene->cpu_after);
    uint32_t shape = fg_place_shape(tables, node->kind);
    const struct fg_place_cell *cells = fg_place_cells(tables, bracket, shape);
    scene->cells = cells;
    scene->multi = fg_place_multi(tables, bracket, shape);
    struct fg_place_cell sum = {node->untouched * cells[FG_WHOLE_MILLI].frag,
                                node->untouched * cells[FG_WHOLE_MILLI].dead};
    for (uint32_t i = 0; i < node->partials_len; i++) {
        sum.frag += cells[node->partials[i]].frag;
        sum.dead += cells[node->partials[i]].dead;
    }
    scene->taken_cpu = sum;
}

/* A share's score: of the best device, or of the tightest. */
static inline int32_t fg_score_share(const struct fg_scene *scene,
                                     const struct fg_place_policy *policy,
                                     fg_place_key_fn *key)
{
    const struct fg_view_node *node = scene->node;
    uint32_t wanted = scene->ask->need.gpu_milli;
    uint32_t tightest = node->untouched ? FG_WHOLE_MILLI : UINT32_MAX;
    int32_t best = FG_KEY_NONE;
    if (policy->by_device && node->untouched)
        best = fg_score_key(scene, policy, key, FG_WHOLE_MILLI);
    for (uint32_t i = 0; i < node->partials_len; i++) {
        uint32_t left = node->partials[i];
        if (left < wanted)
            continue;
        if (left < tightest)
            tightest = left;
        if (policy->by_device) {
            int32_t score = fg_score_key(scene, policy, key, left);
            best = score > best ? score : best;
        }
    }
    if (policy->by_device || tightest == UINT32_MAX)
        return best;
    return fg_score_key(scene, policy, key, tightest);
}

/* The score of a node that is not mixed. */
[[gnu::always_inline]] static inline int32_t fg_score_simple(
    const struct fg_view *view,
    const struct fg_place_policy *policy,
    fg_place_key_fn *key,
    fg_node_id id,
    const struct fg_ask *ask)
{
    const struct fg_view_node *node = &view->nodes[id - 1];
    if (!fg_score_has_room(node, ask))
        return FG_KEY_NONE;
    struct fg_scene scene = {
        .view = view,
        .node = node,
        .id = id,
        .ask = ask,
        .cpu_after = node->cpu_left - ask->need.cpu_milli,
        .cells = view->tables->cells,
        .multi = view->tables->multi,
    };
    if (policy->measures)
        fg_score_measure(&scene);
    if (ask->is_share)
        return fg_score_share(&scene, policy, key);
    return fg_score_key(&scene, policy, key, ask->need.count ? FG_WHOLE_MILLI : 0);
}
