/* policy_classic.c - the published rules that FGD was compared with, and spread.  Formulas in whole points as in the
 * artifact of Weng et al., with the largest node of the pool for the unit. */
#include "place/policy_inner.h"

/* -- random ---------------------------------------------------------------------------------------- */

static struct fg_place_key key_random(const struct fg_scene *scene, uint32_t left)
{
    (void)scene;
    (void)left;
    return (struct fg_place_key){};
}

const struct fg_place_policy fg_place_random = {
    .name = "random",
    .summary = "any node that can take the job",
    .key = key_random,
    .scale = 10,
    .is_random = true,
};

/* -- spread ---------------------------------------------------------------------------------------- */

static int32_t part(uint64_t used, uint64_t of)
{
    return of ? (int32_t)(used * 1024 / of) : 0;
}

static struct fg_place_key key_spread(const struct fg_scene *scene, uint32_t left)
{
    (void)left;
    const struct fg_view_node *node = scene->node;
    const struct fg_ask *ask = scene->ask;
    uint64_t mem_left = node->mem_left_mib - ask->need.mem_mib;
    int32_t load = part(node->cpu - scene->cpu_after, node->cpu)
                   + part(node->gpu - node->gpu_left + ask->gpu_milli, node->gpu)
                   + part(node->mem_mib - mem_left, node->mem_mib);
    return (struct fg_place_key){.points = -load};
}

const struct fg_place_policy fg_place_spread = {
    .name = "spread",
    .summary = "the node with the lowest load, CPU, devices and memory taken together",
    .key = key_spread,
    .scale = 1,
};

/* -- packing --------------------------------------------------------------------------------------- */

static int32_t max_of(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static struct fg_place_key key_packing(const struct fg_scene *scene, uint32_t left)
{
    const struct fg_ask *ask = scene->ask;
    int32_t untouched = scene->node->untouched;
    int32_t taken = ask->is_share ? left == FG_WHOLE_MILLI : (int32_t)ask->need.count;
    if (ask->need.count == 0)
        return (struct fg_place_key){};
    if (untouched * FG_WHOLE_MILLI == scene->node->gpu)
        return (struct fg_place_key){.points = max_of(33 - untouched, untouched)};
    if (taken > 0)
        return (struct fg_place_key){.points = max_of(50 - taken, 33)};
    return (struct fg_place_key){.points = max_of(100 - (int32_t)(left / 10) / 10, 50)};
}

const struct fg_place_policy fg_place_packing = {
    .name = "packing",
    .summary = "devices already shared before untouched ones, nodes in use before idle ones",
    .key = key_packing,
    .scale = 10,
};

/* -- best-fit -------------------------------------------------------------------------------------- */

static struct fg_place_key key_best_fit(const struct fg_scene *scene, uint32_t left)
{
    (void)left;
    uint64_t cpu_max = scene->view->cpu_max, gpu_max = scene->view->gpu_max;
    uint64_t gpu_after = scene->node->gpu_left - scene->ask->gpu_milli;
    uint64_t rest = 50 * (scene->cpu_after * gpu_max + gpu_after * cpu_max);
    uint64_t unit = cpu_max * gpu_max;
    return (struct fg_place_key){.points = 100 - (int32_t)((rest + unit - 1) / unit)};
}

const struct fg_place_policy fg_place_best_fit = {
    .name = "best-fit",
    .summary = "the node that is left with the least",
    .key = key_best_fit,
    .scale = 10,
};

/* -- dot-product ----------------------------------------------------------------------------------- */

static struct fg_place_key key_dot_product(const struct fg_scene *scene, uint32_t left)
{
    (void)left;
    typedef unsigned __int128 wide;
    wide cpu2 = (wide)scene->view->cpu_max * scene->view->cpu_max;
    wide gpu2 = (wide)scene->view->gpu_max * scene->view->gpu_max;
    wide cpu = (wide)scene->node->cpu_left * scene->ask->need.cpu_milli;
    wide gpu = (wide)scene->node->gpu_left * scene->ask->gpu_milli;
    wide product = 50 * (cpu * gpu2 + gpu * cpu2);
    wide unit = cpu2 * gpu2;
    return (struct fg_place_key){.points = 100 - (int32_t)((product + unit - 1) / unit)};
}

const struct fg_place_policy fg_place_dot_product = {
    .name = "dot-product",
    .summary = "the node whose leftovers point least the way of the request",
    .key = key_dot_product,
    .scale = 10,
};

/* -- clustering ------------------------------------------------------------------------------------ */

static struct fg_place_key key_clustering(const struct fg_scene *scene, uint32_t left)
{
    (void)left;
    enum fg_host_class class = scene->ask->host_class;
    if (class == FG_HOST_CPU)
        return (struct fg_place_key){};
    const uint16_t *hosts = fg_pool_node(scene->view->pool, scene->id)->hosts;
    bool others = false;
    for (int i = FG_HOST_SHARE; i < FG_HOST_CLASSES; i++)
        others = others || (i != (int)class && hosts[i] > 0);
    int32_t gpu_max = (int32_t)scene->view->gpu_max;
    int32_t points = 25 * (gpu_max - scene->node->gpu_left) / gpu_max;
    if (hosts[class] > 0)
        points += others ? 50 : 75;
    else
        points += others ? 0 : 25;
    return (struct fg_place_key){.points = points};
}

const struct fg_place_policy fg_place_clustering = {
    .name = "clustering",
    .summary = "nodes where jobs of the same size run",
    .key = key_clustering,
    .scale = 10,
};
