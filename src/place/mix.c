/* mix.c - see mix.h */
#include "place/mix.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_mix {
    struct fg_mix_type *types; /* all, in the order of their first request */
    size_t len, room;
    struct fg_mix_type *settled;
    size_t settled_len;
    double asked;
};

struct fg_mix *fg_mix_new(void)
{
    struct fg_mix *mix = calloc(1, sizeof(*mix));
    if (!mix)
        abort();
    return mix;
}

void fg_mix_free(struct fg_mix *mix)
{
    if (!mix)
        return;
    free(mix->types);
    free(mix->settled);
    free(mix);
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
    *copy = *mix;
    copy->types = copy_types(mix->types, mix->len);
    copy->room = mix->len + 1;
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

static bool is_type(const struct fg_mix_type *type, const struct fg_need *need)
{
    return type->kinds == need->kinds && type->count == need->count
           && type->cpu_milli == need->cpu_milli
           && (need->count == 0 || type->gpu_milli == need->gpu_milli);
}

void fg_mix_add(struct fg_mix *mix, const struct fg_need *need, double times)
{
    assert(times > 0);
    mix->asked += times;
    for (size_t i = 0; i < mix->len; i++)
        if (is_type(&mix->types[i], need)) {
            mix->types[i].asked += times;
            return;
        }
    if (mix->len == mix->room) {
        mix->room = mix->room * 2 + 16;
        mix->types = reallocarray(mix->types, mix->room, sizeof(mix->types[0]));
        if (!mix->types)
            abort();
    }
    mix->types[mix->len++] = (struct fg_mix_type){
        .kinds = need->kinds,
        .count = need->count,
        .gpu_milli = need->count ? need->gpu_milli : 0,
        .cpu_milli = need->cpu_milli,
        .asked = times,
    };
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
    double taken = 0;
    while (mix->settled_len < mix->len && mix->settled_len < FG_MIX_TYPES_MAX
           && taken < cover * mix->asked)
        taken += mix->settled[mix->settled_len++].asked;
    for (size_t i = 0; i < mix->settled_len; i++)
        mix->settled[i].weight = (uint32_t)(mix->settled[i].asked / taken * FG_MIX_ONE + 0.5);
}

const struct fg_mix_type *fg_mix_types(const struct fg_mix *mix, size_t *out_len)
{
    *out_len = mix->settled_len;
    return mix->settled;
}
