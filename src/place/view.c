/* view.c - see view.h */
#include "place/view.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct fg_view_node) == 64, "a cache line");

void fg_view_init(struct fg_view *view, const struct fg_pool *pool)
{
    *view = (struct fg_view){.pool = pool};
    view->nodes = aligned_alloc(64, fg_pool_max(pool) * sizeof(view->nodes[0]));
    if (!view->nodes)
        abort();
}

void fg_view_fini(struct fg_view *view)
{
    free(view->nodes);
    free(view->traits);
}

struct fg_place_cell fg_view_measure(const struct fg_view *view,
                                     const struct fg_pool_node *node)
{
    const struct fg_place_tables *tables = view->tables;
    uint32_t bracket = fg_place_bracket(tables, node->cpu_milli_left);
    uint32_t whole = 0, left = 0;
    struct fg_place_cell sum = {};
    for (uint32_t i = 0; i < node->devices_len; i++) {
        uint32_t shape = fg_place_shape(tables, node->kind[i]);
        struct fg_place_cell cell = fg_place_cells(tables, bracket, shape)[node->left_milli[i]];
        sum.frag += cell.frag;
        sum.dead += cell.dead;
        left += node->left_milli[i];
        whole += node->left_milli[i] == FG_WHOLE_MILLI;
    }
    if (node->devices_len) {
        uint32_t shape = fg_place_shape(tables, node->kind[0]);
        sum.frag += fg_place_multi(tables, bracket, shape)[whole];
        sum.dead += fg_place_starved(tables, left, node->cpu_milli_left);
    }
    return sum;
}

static uint32_t saturate(uint64_t mib)
{
    return mib < UINT32_MAX ? (uint32_t)mib : UINT32_MAX;
}

static void add_device(struct fg_view_node *out, const struct fg_pool_node *node, uint32_t i)
{
    uint32_t left = node->left_milli[i];
    out->gpu += FG_WHOLE_MILLI;
    out->gpu_left = (uint16_t)(out->gpu_left + left);
    if (node->kind[i] != node->kind[0] || node->device_mem_mib[i] != node->device_mem_mib[0])
        out->is_mixed = true;
    if (left == FG_WHOLE_MILLI)
        out->untouched++;
    else if (left > 0 && out->partials_len == FG_VIEW_PARTIALS_MAX)
        out->is_mixed = true;
    else if (left > 0)
        out->partials[out->partials_len++] = (uint16_t)left;
}

void fg_view_refresh(struct fg_view *view, fg_node_id id)
{
    const struct fg_pool_node *node = fg_pool_node(view->pool, id);
    struct fg_view_node *out = &view->nodes[id - 1];
    view->frag -= out->frag;
    view->has_hazards |= node->hazard > 0;
    if (view->traits)
        view->traits[id - 1].hazard = node->hazard;
    if (node->cpu_milli > view->cpu_max)
        view->cpu_max = node->cpu_milli;
    if (node->devices_len * FG_WHOLE_MILLI > view->gpu_max)
        view->gpu_max = node->devices_len * FG_WHOLE_MILLI;
    *out = (struct fg_view_node){.cpu = node->cpu_milli, .mem_mib = saturate(node->mem_mib)};
    if (node->state != FG_NODE_UP)
        return;
    out->is_up = true;
    out->terms = node->terms;
    out->cpu_left = node->cpu_milli_left;
    out->mem_left_mib = saturate(node->mem_mib_left);
    out->is_mixed = node->mem_mib_left > UINT32_MAX;
    out->is_used = !fg_pool_is_idle(view->pool, id);
    view->has_islands |= node->islands > 1;
    if (node->devices_len) {
        out->kind = node->kind[0];
        out->device_mem_mib = node->device_mem_mib[0];
    }
    for (uint32_t i = 0; i < node->devices_len; i++)
        add_device(out, node, i);
    struct fg_place_cell measure = fg_view_measure(view, node);
    out->frag = measure.frag;
    out->dead = measure.dead;
    view->frag += out->frag;
}

static int32_t thousandths(int64_t part, int64_t of)
{
    return (int32_t)(part * 1000 / of);
}

void fg_view_weigh(struct fg_view *view)
{
    struct fg_place_scales scales = fg_place_scales_of(view->pool);
    if (!view->traits)
        view->traits = calloc(fg_pool_max(view->pool), sizeof(view->traits[0]));
    if (!view->traits)
        abort();
    for (fg_node_id id = 1; id <= view->nodes_len; id++) {
        const struct fg_node_spec *spec = fg_pool_spec(view->pool, id);
        view->traits[id - 1] = (struct fg_view_traits){
            .price = thousandths(fg_place_unit_price(spec), scales.price_max),
            .site = fg_pool_node(view->pool, id)->site,
            .hazard = fg_pool_node(view->pool, id)->hazard,
            .away = spec->away_milli < 1000 ? (int32_t)spec->away_milli : 1000,
            .wake_watts =
                thousandths((int64_t)spec->idle_watts - spec->asleep_watts, scales.watts_max),
            .span_watts =
                thousandths((int64_t)spec->busy_watts - spec->idle_watts, scales.watts_max),
        };
    }
}

void fg_view_rebuild(struct fg_view *view, const struct fg_place_tables *tables)
{
    view->tables = tables;
    view->nodes_len = fg_pool_len(view->pool);
    view->seen = fg_pool_changes(view->pool);
    view->frag = 0;
    view->cpu_max = view->gpu_max = 1;
    view->has_islands = view->has_hazards = false;
    memset(view->nodes, 0, view->nodes_len * sizeof(view->nodes[0]));
    for (fg_node_id id = 1; id <= view->nodes_len; id++)
        fg_view_refresh(view, id);
}
