/* table.c - see table.h */
#include "link/table.h"

#include <stdlib.h>

#define ROOM_FIRST 64

uint64_t fg_link_hash(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    hash = hash ? hash : 14695981039346656037U;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 1099511628211U;
    return hash;
}

void fg_link_table_fini(struct fg_link_table *table)
{
    free(table->buckets);
    *table = (struct fg_link_table){};
}

static void put(struct fg_link_table *table, struct fg_link_entry *entry)
{
    struct fg_link_entry **bucket = &table->buckets[entry->hash & (table->room - 1)];
    entry->next = *bucket;
    *bucket = entry;
}

static void grow(struct fg_link_table *table)
{
    struct fg_link_table old = *table;
    table->room = old.room ? old.room * 2 : ROOM_FIRST;
    table->buckets = calloc(table->room, sizeof(struct fg_link_entry *));
    if (!table->buckets)
        abort();
    for (size_t i = 0; i < old.room; i++)
        for (struct fg_link_entry *entry = old.buckets[i], *next; entry; entry = next) {
            next = entry->next;
            put(table, entry);
        }
    free(old.buckets);
}

void fg_link_table_add(struct fg_link_table *table, struct fg_link_entry *entry, uint64_t hash)
{
    if (table->len >= table->room)
        grow(table);
    entry->hash = hash;
    put(table, entry);
    table->len++;
}

void fg_link_table_remove(struct fg_link_table *table, struct fg_link_entry *entry)
{
    struct fg_link_entry **at = &table->buckets[entry->hash & (table->room - 1)];
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    table->len--;
}

struct fg_link_entry *fg_link_table_find(const struct fg_link_table *table,
                                         uint64_t hash,
                                         bool (*same)(const struct fg_link_entry *entry,
                                                      const void *key),
                                         const void *key)
{
    if (table->room == 0)
        return NULL;
    struct fg_link_entry *entry = table->buckets[hash & (table->room - 1)];
    while (entry && (entry->hash != hash || !same(entry, key)))
        entry = entry->next;
    return entry;
}

void fg_link_table_each(struct fg_link_table *table,
                        void (*each)(void *self, struct fg_link_entry *entry),
                        void *self)
{
    for (size_t i = 0; i < table->room; i++)
        for (struct fg_link_entry *entry = table->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            each(self, entry);
        }
}
