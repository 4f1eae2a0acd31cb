/* map.c - see map.h
 *
 * Linear probing with backward-shift deletion: no tombstones, so a map that lives for months with a
 * steady number of keys stays as fast as a new one.
 */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

struct slot {
    uint64_t key; /* 0: empty */
    uint32_t value;
};

struct fg_map {
    struct slot *slots;
    size_t mask; /* number of slots - 1; a power of two less one */
    size_t len;  /* at most 3/4 of the slots, so a probe always ends */
};

static void take_slots(struct fg_map *map, size_t count)
{
    map->slots = calloc(count, sizeof(struct slot));
    if (!map->slots)
        abort();
    map->mask = count - 1;
    map->len = 0;
}

static bool is_full(size_t len, size_t count)
{
    return len > count - count / 4;
}

struct fg_map *fg_map_new(size_t room)
{
    struct fg_map *map = calloc(1, sizeof(*map));
    if (!map)
        abort();
    size_t count = 16;
    while (is_full(room, count))
        count *= 2;
    take_slots(map, count);
    return map;
}

void fg_map_free(struct fg_map *map)
{
    if (map)
        free(map->slots);
    free(map);
}

/* Ids are small and in a row: mix all bits, so that neighbours do not form one long run. */
static size_t home(const struct fg_map *map, uint64_t key)
{
    key = (key ^ (key >> 32)) * 0x9e37'79b9'7f4a'7c15u;
    return (size_t)(key ^ (key >> 29)) & map->mask;
}

/* The slot of `key`, or the empty one where it would go. */
static size_t probe(const struct fg_map *map, uint64_t key)
{
    size_t at = home(map, key);
    while (map->slots[at].key != key && map->slots[at].key != 0)
        at = (at + 1) & map->mask;
    return at;
}

static void grow(struct fg_map *map)
{
    struct fg_map old = *map;
    take_slots(map, (old.mask + 1) * 2);
    for (size_t i = 0; i <= old.mask; i++)
        if (old.slots[i].key != 0)
            fg_map_put(map, old.slots[i].key, old.slots[i].value);
    free(old.slots);
}

void fg_map_put(struct fg_map *map, uint64_t key, uint32_t value)
{
    assert(key != 0);
    size_t at = probe(map, key);
    if (map->slots[at].key == 0) {
        if (is_full(map->len + 1, map->mask + 1)) {
            grow(map);
            at = probe(map, key);
        }
        map->slots[at].key = key;
        map->len++;
    }
    map->slots[at].value = value;
}

bool fg_map_get(const struct fg_map *map, uint64_t key, uint32_t *out)
{
    if (key == 0)
        return false;
    size_t at = probe(map, key);
    if (map->slots[at].key == 0)
        return false;
    if (out)
        *out = map->slots[at].value;
    return true;
}

bool fg_map_del(struct fg_map *map, uint64_t key)
{
    if (key == 0)
        return false;
    size_t hole = probe(map, key);
    if (map->slots[hole].key == 0)
        return false;

    /* Move back each later key of the run that may stand nearer to its home. */
    for (size_t at = (hole + 1) & map->mask; map->slots[at].key != 0;
         at = (at + 1) & map->mask) {
        size_t from_home = (at - home(map, map->slots[at].key)) & map->mask;
        if (from_home >= ((at - hole) & map->mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole] = (struct slot){};
    map->len--;
    return true;
}

size_t fg_map_len(const struct fg_map *map)
{
    return map->len;
}
