/* map_test.c - the map against a plain array */
#include "base/map.h"
#include "test/tap.h"

#include <stdlib.h>

#define KEYS 500

static void what_is_put_is_found_until_it_is_deleted(void)
{
    FG_AUTO(fg_map) struct fg_map *map = fg_map_new(0);
    uint32_t value = 9;
    OK(!fg_map_get(map, 1, &value));
    EQ(value, 9);
    fg_map_put(map, 1, 10);
    fg_map_put(map, 1, 11);
    EQ(fg_map_len(map), 1);
    OK(fg_map_get(map, 1, &value));
    EQ(value, 11);
    OK(fg_map_get(map, 1, NULL));
    OK(fg_map_del(map, 1));
    OK(!fg_map_del(map, 1));
    EQ(fg_map_len(map), 0);
}

static void zero_is_no_key(void)
{
    FG_AUTO(fg_map) struct fg_map *map = fg_map_new(4);
    OK(!fg_map_get(map, 0, NULL));
    OK(!fg_map_del(map, 0));
}

/* Few keys and many changes: runs form, wrap round the end and are closed again. */
static void it_agrees_with_an_array_under_random_changes(void)
{
    FG_AUTO(fg_map) struct fg_map *map = fg_map_new(0);
    uint32_t model[KEYS + 1] = {};
    size_t len = 0;
    unsigned seed = 7;
    int wrong = 0;
    for (int step = 0; step < 300'000; step++) {
        uint64_t key = (uint64_t)rand_r(&seed) % KEYS + 1;
        /* Spread over all bits, so that homes collide in ways that small ids do not. */
        uint64_t stored = key * 0x0123'4567'89ab'cdefull | 1ull << 63;
        uint32_t value = (uint32_t)step + 1, found = 0;
        if (rand_r(&seed) % 2) {
            len += model[key] == 0;
            fg_map_put(map, stored, value);
            model[key] = value;
        } else {
            wrong += fg_map_del(map, stored) != (model[key] != 0);
            len -= model[key] != 0;
            model[key] = 0;
        }
        key = (uint64_t)rand_r(&seed) % KEYS + 1;
        bool there = fg_map_get(map, key * 0x0123'4567'89ab'cdefull | 1ull << 63, &found);
        wrong += there != (model[key] != 0) || (there && found != model[key]);
        wrong += fg_map_len(map) != len;
    }
    EQ(wrong, 0);
}

static void a_million_ids_in_a_row_are_found(void)
{
    FG_AUTO(fg_map) struct fg_map *map = fg_map_new(10);
    uint32_t wrong = 0, value;
    for (uint32_t id = 1; id <= 1'000'000; id++)
        fg_map_put(map, id, id ^ 5);
    for (uint32_t id = 1; id <= 1'000'000; id++)
        wrong += !fg_map_get(map, id, &value) || value != (id ^ 5);
    EQ(wrong, 0);
    EQ(fg_map_len(map), 1'000'000);
}

int main(void)
{
    RUN(what_is_put_is_found_until_it_is_deleted);
    RUN(zero_is_no_key);
    RUN(it_agrees_with_an_array_under_random_changes);
    RUN(a_million_ids_in_a_row_are_found);
    return tap_done();
}
