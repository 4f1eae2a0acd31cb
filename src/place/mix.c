/* mix.c - see mix.h */
#include "place/mix.h"

#include "base/grow.h"
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_mix {
    struct fg_mix_type *types; /* all, in the order of their first request */
    size_t len, room;
    struct fg_map *by_hash; /* of a type -> its index */
    struct fg_mix_type *settled;
    size_t settled_len;
    double asked;
};

struct fg_mix *fg_mix_new(void)
{
    struct fg_mix *mix = calloc(1, sizeof(*mix));
    if (!mix)
        abort();
    mix->by_hash = fg_map_new(0);
    return mix;
}

void fg_mix_free(struct fg_mix *mix)
{
    if (!mix)
        return;
    fg_map_free(mix->by_hash);
    free(mix->types);
    free(mix->settled);
    free(mix);
}

static bool is_type(const struct fg_mix_type *type, const struct fg_mix_type *other)
{
    return type->kinds == other->kinds && type->count == other->count
           && type->cpu_milli == other->cpu_milli && type->gpu_milli == other->gpu_milli;
}

/* The key under which the type is, or will be. */
static uint64_t free_hash(const struct fg_mix *mix, const struct fg_mix_type *type)
{
    uint64_t hash = type->kinds * 0x9e37'79b9'7f4a'7c15u;
    hash = (hash ^ hash >> 32 ^ type->count) * 0xbf58'476d'1ce4'e5b9u;
    hash = (hash ^ hash >> 29 ^ type->cpu_milli) * 0x94d0'49bb'1331'11ebu;
    hash = (hash ^ hash >> 31 ^ type->gpu_milli) * 0x9e37'79b9'7f4a'7c15u;
    uint32_t at;
    while (hash == 0
           || (fg_map_get(mix->by_hash, hash, &at) && !is_type(&mix->types[at], type)))
        hash++;
    return hash;
}

static struct fg_mix_type *copy_types(const struct fg_mix_type *types, size_t len)
{
    struct fg_mix_type *copy = calloc(len + 1, sizeof(*copy));
    if (!copy)
        abort();
    if (len)
        memcpy(copy, types, len * sizeof(*copy));
    return copy;
}

struct fg_mix *fg_mix_copy(const struct fg_mix *mix)
{
    struct fg_mix *copy = fg_mix_new();
    struct fg_map *by_hash = copy->by_hash;
    *copy = *mix;
    copy->by_hash = by_hash;
    copy->types = copy_types(mix->types, mix->len);
    copy->room = mix->len + 1;
    for (size_t i = 0; i < copy->len; i++)
        fg_map_put(by_hash, free_hash(copy, &copy->types[i]), (uint32_t)i);
    copy->settled = copy_types(mix->settled, mix->settled_len);
    return copy;
}

void fg_mix_plain(struct fg_mix *mix)
{
    const struct {
        uint32_t count, gpu_milli, times;
    } plain[] = {{1, 1000, 50}, {2, 1000, 10}, {4, 1000, 10},
                 {8, 1000, 20}, {1, 500, 5},   {1, 250, 5}};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        fg_mix_add(mix,
                   &(struct fg_need){.kinds = UINT64_MAX,
                                     .count = plain[i].count,
                                     .gpu_milli = plain[i].gpu_milli},
                   plain[i].times);
    fg_mix_settle(mix, 1);
}

void fg_mix_add(struct fg_mix *mix, const struct fg_need *need, double times)
{
    assert(times > 0);
    struct fg_mix_type type = {
        .kinds = need->kinds,
        .count = need->count,
        .gpu_milli = need->count ? need->gpu_milli : 0,
        .cpu_milli = need->cpu_milli,
        .asked = times,
    };
    uint64_t hash = free_hash(mix, &type);
    uint32_t at;
    mix->asked += times;
    if (fg_map_get(mix->by_hash, hash, &at)) {
        mix->types[at].asked += times;
        return;
    }
    mix->types = fg_grow(mix->types, mix->len, &mix->room, sizeof(mix->types[0]));
    fg_map_put(mix->by_hash, hash, (uint32_t)mix->len);
    mix->types[mix->len++] = type;
}

/* More frequent first; of equals the larger. */
static int compare(const void *a, const void *b)
{
    const struct fg_mix_type *x = a, *y = b;
    if (x->asked != y->asked)
        return x->asked > y->asked ? -1 : 1;
    if (x->cpu_milli != y->cpu_milli)
        return x->cpu_milli > y->cpu_milli ? -1 : 1;
    if (x->gpu_milli != y->gpu_milli)
        return x->gpu_milli > y->gpu_milli ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->kinds > y->kinds ? -1 : x->kinds < y->kinds;
}

void fg_mix_settle(struct fg_mix *mix, double cover)
{
    assert(cover > 0 && cover <= 1);
    free(mix->settled);
    mix->settled_len = 0;
    mix->settled = copy_types(mix->types, mix->len);
    qsort(mix->settled, mix->len, sizeof(mix->settled[0]), compare);
    mix->settled_len = mix->len < FG_MIX_TYPES_MAX ? mix->len : FG_MIX_TYPES_MAX;
    double taken = 0;
    size_t typical = 0;
    while (typical < mix->settled_len && taken < cover * mix->asked)
        taken += mix->settled[typical++].asked;
    for (size_t i = 0; i < mix->settled_len; i++) {
        double part = i < typical ? mix->settled[i].asked / taken : 0;
        mix->settled[i].weight = (uint32_t)(part * FG_MIX_ONE + 0.5);
    }
}

const struct fg_mix_type *fg_mix_types(const struct fg_mix *mix, size_t *out_len)
{
    *out_len = mix->settled_len;
    return mix->settled;
}
