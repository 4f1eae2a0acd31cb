/* placer_random.c - the policy random: any node that can take the task, each as likely as the others */
#include "place/placer_inner.h"

/* splitmix64 (Steele, Lea & Flood 2014) */
static uint64_t draw(struct fg_placer *placer, uint64_t below)
{
    uint64_t z = placer->random += 0x9e37'79b9'7f4a'7c15u;
    z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9u;
    z = (z ^ z >> 27) * 0x94d0'49bb'1331'11ebu;
    return (uint64_t)((unsigned __int128)(z ^ z >> 31) * below >> 64);
}

/* A random one of the devices on which the share fits, in both pools. */
static void draw_device(struct fg_placer *placer,
                        const struct fg_pool *also,
                        const struct fg_ask *ask,
                        struct fg_grant *grant)
{
    const struct fg_pool_node *node = fg_pool_node(placer->view.pool, grant->node);
    const struct fg_pool_node *second = also ? fg_pool_node(also, grant->node) : node;
    const struct fg_need *need = &ask->need;
    uint32_t fitting = 0;
    for (uint32_t i = 0; i < node->devices_len; i++) {
        uint64_t mem_mib = (uint64_t)node->device_mem_mib[i] * need->gpu_milli / FG_WHOLE_MILLI;
        if (!(need->kinds >> node->kind[i] & 1) || mem_mib < need->gpu_mem_mib
            || node->left_milli[i] < need->gpu_milli || second->left_milli[i] < need->gpu_milli)
            continue;
        if (draw(placer, ++fitting) == 0)
            grant->devices = 1U << i;
    }
}

/* Throw until a node fits, which draws evenly from those that do; after many misses go through all of them. */
bool fg_placer_choose_random(struct fg_placer *placer,
                             const struct fg_pool *also,
                             const struct fg_need *need,
                             struct fg_grant *out_grant)
{
    struct fg_ask ask = fg_ask_of(need);
    uint64_t nodes = placer->view.nodes_len;
    bool found = false;
    for (int i = 0; i < 64 && nodes && !found; i++)
        found =
            fg_placer_choose_on(placer, also, &ask, (uint32_t)draw(placer, nodes), out_grant);
    uint64_t fitting = 0;
    struct fg_grant grant;
    for (uint32_t node = 0; fitting == 0 && !found && node < nodes; node++)
        fitting += fg_placer_choose_on(placer, also, &ask, node, &grant);
    for (uint32_t node = 0; fitting > 0 && node < nodes; node++)
        if (fg_placer_choose_on(placer, also, &ask, node, &grant)
            && draw(placer, fitting++) == 0) {
            *out_grant = grant;
            found = true;
        }
    if (found && ask.is_share)
        draw_device(placer, also, &ask, out_grant);
    return found;
}
