/* names.c - see names.h */
#include "demand/names.h"

#include "base/buf.h"
#include "base/grow.h"
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_names {
    struct fg_buf texts; /* each ended by 0 */
    size_t *begins;      /* in `texts` */
    size_t len, room;
    struct fg_map *by_hash;
};

struct fg_names *fg_names_new(void)
{
    struct fg_names *names = calloc(1, sizeof(*names));
    if (!names)
        abort();
    names->by_hash = fg_map_new(0);
    return names;
}

void fg_names_free(struct fg_names *names)
{
    if (!names)
        return;
    fg_buf_free(&names->texts);
    free(names->begins);
    fg_map_free(names->by_hash);
    free(names);
}

size_t fg_names_len(const struct fg_names *names)
{
    return names->len;
}

const char *fg_names_at(const struct fg_names *names, uint32_t number)
{
    assert(number < names->len);
    return names->texts.text + names->begins[number];
}

/* FNV-1a; a key of the map is not 0. */
static uint64_t hash_of(const char *text, size_t len)
{
    uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * 1'099'511'628'211ULL;
    return hash ? hash : 1;
}

static uint32_t append(struct fg_names *names, const char *text, size_t len)
{
    names->begins = fg_grow(names->begins, names->len, &names->room, sizeof(names->begins[0]));
    names->begins[names->len] = names->texts.len;
    fg_buf_add(&names->texts, text, len);
    fg_buf_add(&names->texts, "", 1);
    return (uint32_t)names->len++;
}

/* Its number, or false and the key that it would have in the map. */
static bool look(const struct fg_names *names,
                 const char *text,
                 size_t len,
                 uint32_t *out,
                 uint64_t *out_key)
{
    uint64_t key = hash_of(text, len);
    for (; fg_map_get(names->by_hash, key, out); key = key == UINT64_MAX ? 1 : key + 1) {
        const char *there = fg_names_at(names, *out);
        if (strlen(there) == len && memcmp(there, text, len) == 0)
            return true;
    }
    *out_key = key;
    return false;
}

bool fg_names_find(const struct fg_names *names, const char *text, size_t len, uint32_t *out)
{
    uint64_t key;
    return look(names, text, len, out, &key);
}

uint32_t fg_names_put(struct fg_names *names, const char *text, size_t len)
{
    uint32_t number = 0;
    uint64_t key = 0;
    if (look(names, text, len, &number, &key))
        return number;
    number = append(names, text, len);
    fg_map_put(names->by_hash, key, number);
    return number;
}
