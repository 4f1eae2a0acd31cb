/* account.c - see account.h */
#include "place/account.h"
#include "place/placer_inner.h"
#include "place/score.h"

/* The node after the grant, measured like any other. */
static struct fg_place_cell measure_after(const struct fg_view *view,
                                          const struct fg_need *need,
                                          fg_node_id id,
                                          uint32_t devices)
{
    struct fg_pool_node after = *fg_pool_node(view->pool, id);
    after.cpu_milli_left -= need->cpu_milli;
    for (uint32_t mask = devices; mask; mask &= mask - 1) {
        uint16_t *left = &after.left_milli[__builtin_ctz(mask)];
        *left = (uint16_t)(*left - need->gpu_milli);
    }
    return fg_view_measure(view, &after);
}

/* Its place among those that fit. */
static void set_place(const struct fg_placer *placer,
                      const struct fg_ask *ask,
                      int32_t score,
                      fg_node_id id,
                      struct fg_place_account *out)
{
    uint32_t rank = placer->rank ? placer->rank[id - 1] : id - 1;
    out->place = 1;
    for (fg_node_id other = 1; other <= placer->view.nodes_len; other++) {
        int32_t theirs = fg_scene_score(&placer->view, placer->policy, other, ask);
        uint32_t their_rank = placer->rank ? placer->rank[other - 1] : other - 1;
        if (theirs == FG_KEY_NONE)
            continue;
        out->fitting++;
        out->place += theirs > score || (theirs == score && their_rank < rank);
    }
}

void fg_placer_account(struct fg_placer *placer,
                       const struct fg_need *need,
                       fg_node_id id,
                       struct fg_place_account *out)
{
    fg_placer_keep_up(placer);
    const struct fg_view *view = &placer->view;
    const struct fg_view_node *node = &view->nodes[id - 1];
    int16_t data[FG_SITES_MAX + 1];
    struct fg_ask ask = fg_placer_ask(placer, need, data);
    *out = (struct fg_place_account){};
    int32_t score = fg_scene_choose(view, placer->policy, NULL, id, &ask, &out->devices);
    if (score == FG_KEY_NONE)
        return;
    struct fg_scene scene = {.view = view,
                             .node = node,
                             .id = id,
                             .ask = &ask,
                             .cpu_after = node->cpu_left - need->cpu_milli};
    const struct fg_pool_node *whole = fg_pool_node(view->pool, id);
    uint32_t left = out->devices ? whole->left_milli[__builtin_ctz(out->devices)] : 0;
    struct fg_place_cell after = measure_after(view, need, id, out->devices);
    out->fits = true;
    out->frag_before_milli = node->frag / FG_FRAG_ONE;
    out->frag_after_milli = after.frag / FG_FRAG_ONE;
    out->dead_before_milli = node->dead / FG_DEAD_ONE;
    out->dead_after_milli = after.dead / FG_DEAD_ONE;
    int32_t points = score >> 12; /* rounds down: ties are what is above */
    _Static_assert(FG_KEY_TIES == 1 << 12, "the shift above");
    out->ties = score - points * FG_KEY_TIES;
    if (view->weights) {
        out->penalties = fg_scene_penalties(&scene, left);
        out->taken_off = fg_place_weigh(view->weights, &out->penalties);
        out->score = points;
    } else {
        out->score = (int64_t)points * placer->policy->scale;
    }
    out->points = out->score + out->taken_off;
    set_place(placer, &ask, score, id, out);
}
