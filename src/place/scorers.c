/* scorers.c - see scorers.h */
#include "place/scene.h"

#include <string.h>

#define HOUR_US 3'600'000'000

int64_t fg_place_unit_price(const struct fg_node_spec *spec)
{
    uint32_t cores = spec->cpu_milli / 1000;
    uint32_t units = spec->devices_len ? spec->devices_len : cores ? cores : 1;
    return spec->price_uusd_per_hour / units;
}

struct fg_place_scales fg_place_scales_of(const struct fg_pool *pool)
{
    struct fg_place_scales scales = {.watts_max = 1, .price_max = 1};
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++) {
        const struct fg_node_spec *spec = fg_pool_spec(pool, id);
        int64_t price = fg_place_unit_price(spec);
        if (spec->busy_watts > scales.watts_max)
            scales.watts_max = spec->busy_watts;
        if (price > scales.price_max)
            scales.price_max = price;
    }
    return scales;
}

/* Used parts after the task has come, the mean of what the node has. */
static int32_t load_of(const struct fg_scene *scene)
{
    const struct fg_view_node *node = scene->node;
    uint64_t mem_left = node->mem_left_mib - scene->ask->need.mem_mib;
    uint64_t sum = 0, parts = 0;
    const uint64_t used_of[][2] = {
        {node->cpu - scene->cpu_after, node->cpu},
        {node->gpu - node->gpu_left + scene->ask->gpu_milli, node->gpu},
        {node->mem_mib - mem_left, node->mem_mib},
    };
    for (size_t i = 0; i < sizeof(used_of) / sizeof(used_of[0]); i++)
        if (used_of[i][1] > 0) {
            sum += used_of[i][0] * 1000 / used_of[i][1];
            parts++;
        }
    return parts ? (int32_t)(sum / parts) : 0;
}

static int32_t energy_of(const struct fg_scene *scene, const struct fg_view_traits *traits)
{
    const struct fg_view_node *node = scene->node;
    int64_t part = node->gpu   ? (int64_t)scene->ask->gpu_milli * 1000 / node->gpu
                   : node->cpu ? (int64_t)scene->ask->need.cpu_milli * 1000 / node->cpu
                               : 0;
    return (node->is_used ? 0 : traits->wake_watts)
           + (int32_t)(traits->span_watts * part / 1000);
}

static int32_t interference_of(const struct fg_scene *scene, uint32_t left)
{
    const struct fg_view_node *node = scene->node;
    if (scene->ask->is_share)
        return FG_WHOLE_MILLI - (int32_t)left;
    return node->cpu ? (int32_t)((uint64_t)(node->cpu - node->cpu_left) * 1000 / node->cpu) : 0;
}

/* Alike devices, of which it can take any: those that fg_pool_node_pick will pick. */
static uint32_t islands_of(const struct fg_scene *scene)
{
    if (scene->islands)
        return scene->islands;
    const struct fg_pool_node *node = fg_pool_node(scene->view->pool, scene->id);
    uint32_t free = 0;
    for (uint32_t i = 0; i < node->devices_len; i++)
        if (node->left_milli[i] == FG_WHOLE_MILLI)
            free |= 1U << i;
    return fg_pool_node_islands(node, fg_pool_node_pick(node, free, scene->ask->need.count));
}

void fg_place_data_penalties(const struct fg_wan *links,
                             const struct fg_need *need,
                             int16_t out[FG_SITES_MAX + 1])
{
    int64_t times_us[FG_SITES_MAX + 1];
    fg_wan_times(links, need->data_site, (int64_t)need->data_mib << 20, times_us);
    for (size_t site = 0; site <= FG_SITES_MAX; site++)
        out[site] =
            (int16_t)(times_us[site] < HOUR_US ? times_us[site] * 1000 / HOUR_US : 1000);
}

static int32_t data_of(const struct fg_scene *scene, const struct fg_view_traits *traits)
{
    return scene->ask->data ? scene->ask->data[traits->site] : 0;
}

static int32_t faults_of(const struct fg_scene *scene, const struct fg_view_traits *traits)
{
    uint8_t exposure = scene->ask->need.exposure;
    int64_t thousandths =
        exposure ? ((int64_t)traits->hazard << (exposure - 1)) / FG_EXPOSURE_PARTS : 0;
    return thousandths < 1000 ? (int32_t)thousandths : 1000;
}

static int32_t topology_of(const struct fg_scene *scene)
{
    bool may_spread = scene->view->has_islands && scene->ask->need.count > 1;
    return may_spread && islands_of(scene) > 1 ? FG_PLACE_ISLANDS : 0;
}

struct fg_place_penalties fg_scene_penalties(const struct fg_scene *scene, uint32_t left)
{
    const struct fg_view_traits *traits = &scene->view->traits[scene->id - 1];
    return (struct fg_place_penalties){
        .load = load_of(scene),
        .energy = energy_of(scene, traits),
        .data = data_of(scene, traits),
        .price = traits->price,
        .reliability = traits->away,
        .faults = faults_of(scene, traits),
        .interference = interference_of(scene, left),
        .topology = topology_of(scene),
    };
}

int32_t fg_place_weigh(const struct fg_place_weights *weights,
                       const struct fg_place_penalties *penalties)
{
    int64_t sum = 0;
#define X(name, text) sum += (int64_t)weights->name * penalties->name;
    FG_SCORERS(X)
#undef X
    return (int32_t)(sum / 1000);
}

int32_t fg_place_distance(const struct fg_node_spec *a, const struct fg_node_spec *b)
{
    if (a == b)
        return 0;
    if (strcmp(a->site, b->site) != 0)
        return 1000;
    return strcmp(a->rack, b->rack) == 0 ? 250 : 500;
}
