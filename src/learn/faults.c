/* faults.c - a list of places, one of each name; see faults.h */
#include "learn/faults.h"

#include "base/map.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct place {
    char supplier[FG_NAME_MAX], node[FG_NAME_MAX];
    uint64_t key, attempts, failed, interrupted, seen;
};

struct fg_faults {
    struct place all;
    struct place *places;
    struct fg_map *by_key; /* in `places` */
    size_t len, max;
    uint64_t notes;
};

struct fg_faults *fg_faults_new(size_t places_max)
{
    struct fg_faults *faults = calloc(1, sizeof(*faults));
    if (!faults)
        return NULL;
    faults->max = places_max > 2 ? places_max : 2;
    faults->places = calloc(faults->max, sizeof(struct place));
    faults->by_key = fg_map_new(64);
    if (faults->places && faults->by_key)
        return faults;
    fg_faults_free(faults);
    return NULL;
}

void fg_faults_free(struct fg_faults *faults)
{
    if (!faults)
        return;
    fg_map_free(faults->by_key);
    free(faults->places);
    free(faults);
}

/* FNV-1a over both, the 0 between them too. */
static uint64_t key_of(const char *supplier, const char *node)
{
    uint64_t hash = 0xcbf2'9ce4'8422'2325u;
    for (; *supplier; supplier++)
        hash = (hash ^ (uint8_t)*supplier) * 0x100'0000'01b3u;
    hash *= 0x100'0000'01b3u;
    for (; *node; node++)
        hash = (hash ^ (uint8_t)*node) * 0x100'0000'01b3u;
    return hash | 1;
}

static struct place *find(const struct fg_faults *faults,
                          const char *supplier,
                          const char *node)
{
    uint32_t at;
    return fg_map_get(faults->by_key, key_of(supplier, node), &at) ? &faults->places[at] : NULL;
}

/* Its own, a new one, or that of who was unseen for longest. */
static struct place *take(struct fg_faults *faults, const char *supplier, const char *node)
{
    struct place *place = find(faults, supplier, node);
    if (place)
        return place;
    assert(faults->places);
    place = &faults->places[0];
    for (size_t i = 1; i < faults->len; i++)
        if (faults->places[i].seen < place->seen)
            place = &faults->places[i];
    if (faults->len < faults->max)
        place = &faults->places[faults->len++];
    if (place->key)
        fg_map_del(faults->by_key, place->key);
    *place = (struct place){.key = key_of(supplier, node)};
    fg_map_put(faults->by_key, place->key, (uint32_t)(place - faults->places));
    fg_copy(place->supplier, sizeof(place->supplier), supplier);
    fg_copy(place->node, sizeof(place->node), node);
    return place;
}

static void count(struct place *place, uint64_t seen, bool failed, bool interrupted)
{
    place->seen = seen;
    place->attempts++;
    place->failed += failed;
    place->interrupted += interrupted;
}

void fg_faults_note(struct fg_faults *faults,
                    const char *supplier,
                    const char *node,
                    bool failed,
                    bool interrupted)
{
    uint64_t seen = ++faults->notes;
    count(&faults->all, seen, failed, interrupted);
    count(take(faults, supplier, ""), seen, failed, interrupted);
    if (node[0])
        count(take(faults, supplier, node), seen, failed, interrupted);
}

static double share(uint64_t bad, uint64_t all, double prior)
{
    return ((double)bad + FG_FAULTS_PRIOR * prior) / ((double)all + FG_FAULTS_PRIOR);
}

bool fg_faults_next(const struct fg_faults *faults, size_t *at, struct fg_fault_row *out)
{
    if (*at >= faults->len)
        return false;
    const struct place *place = &faults->places[(*at)++], *all = &faults->all;
    double failed = share(all->failed, all->attempts, 0),
           interrupted = share(all->interrupted, all->attempts, 0);
    const struct place *supplier = place->node[0] ? find(faults, place->supplier, "") : NULL;
    if (supplier) {
        failed = share(supplier->failed, supplier->attempts, failed);
        interrupted = share(supplier->interrupted, supplier->attempts, interrupted);
    }
    *out = (struct fg_fault_row){
        .supplier = place->supplier,
        .node = place->node,
        .attempts = place->attempts,
        .failed = place->failed,
        .interrupted = place->interrupted,
        .failed_share = share(place->failed, place->attempts, failed),
        .interrupted_share = share(place->interrupted, place->attempts, interrupted),
    };
    return true;
}
