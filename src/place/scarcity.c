/* scarcity.c - see scarcity.h */
#include "place/scarcity.h"

#include <math.h>
#include <string.h>

static void note_node(const struct fg_pool_node *node, struct fg_place_kind *kinds)
{
    uint32_t devices[FG_POOL_KINDS_MAX] = {};
    for (uint32_t i = 0; i < node->devices_len; i++)
        devices[node->kind[i]]++;
    for (uint64_t set = node->kinds; set; set &= set - 1) {
        uint32_t at = (uint32_t)__builtin_ctzll(set);
        struct fg_place_kind *kind = &kinds[at];
        kind->devices += devices[at];
        if (devices[at] > kind->node_devices)
            kind->node_devices = devices[at];
        if (node->cpu_milli > kind->node_cpu_milli)
            kind->node_cpu_milli = node->cpu_milli;
    }
}

void fg_place_kinds(const struct fg_pool *pool, struct fg_place_kind out[FG_POOL_KINDS_MAX])
{
    memset(out, 0, FG_POOL_KINDS_MAX * sizeof(out[0]));
    for (fg_node_id id = 1; id <= fg_pool_len(pool); id++)
        note_node(fg_pool_node(pool, id), out);
}

static uint64_t reach_of(const struct fg_demand *demand, const struct fg_mix_type *type)
{
    uint64_t reach = 0;
    for (size_t i = 0; i < demand->kinds_len; i++)
        if (type->kinds >> i & 1 && demand->kinds[i].node_devices >= type->count
            && demand->kinds[i].node_cpu_milli >= type->cpu_milli)
            reach |= 1ULL << i;
    return reach;
}

void fg_demand_init(struct fg_demand *out,
                    const struct fg_mix_type *types,
                    size_t len,
                    const struct fg_place_kind *kinds,
                    size_t kinds_len)
{
    *out =
        (struct fg_demand){.types = types, .len = len, .kinds = kinds, .kinds_len = kinds_len};
    for (size_t i = 0; i < len; i++)
        out->reach[i] = reach_of(out, &types[i]);
}

bool fg_demand_is_same(const struct fg_demand *demand, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < demand->len; i++) {
        uint64_t differs = demand->types[i].kinds >> a ^ demand->types[i].kinds >> b;
        differs |= demand->reach[i] >> a ^ demand->reach[i] >> b;
        if (differs & 1)
            return false;
    }
    return true;
}

static double devices_of(const struct fg_mix_type *type)
{
    return type->asked * type->count * type->gpu_milli;
}

static double count_devices(const struct fg_demand *demand, uint64_t set)
{
    double sum = 0;
    for (size_t i = 0; i < demand->kinds_len; i++)
        sum += set >> i & 1 ? demand->kinds[i].devices : 0;
    return sum;
}

void fg_demand_scarcity(const struct fg_demand *demand, double out[FG_POOL_KINDS_MAX])
{
    double all = count_devices(demand, UINT64_MAX), asked = 0, least = INFINITY;
    memset(out, 0, FG_POOL_KINDS_MAX * sizeof(out[0]));
    for (size_t i = 0; i < demand->len; i++)
        asked += devices_of(&demand->types[i]);
    for (size_t i = 0; i < demand->len; i++) {
        double fitting = count_devices(demand, demand->reach[i]);
        if (!(fitting > 0) || !(asked > 0))
            continue;
        double of_each = devices_of(&demand->types[i]) / asked * all / fitting;
        for (uint64_t set = demand->reach[i]; set; set &= set - 1)
            out[__builtin_ctzll(set)] += of_each;
    }
    for (size_t i = 0; i < demand->kinds_len; i++)
        least = demand->kinds[i].devices ? fmin(least, out[i]) : least;
    for (size_t i = 0; i < demand->kinds_len; i++)
        out[i] = fmax(out[i] - least, 0);
}
