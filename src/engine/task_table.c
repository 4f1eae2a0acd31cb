/* task_table.c - see task_table.h */
#include "engine/task_table.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#define BUCKETS_FIRST 256

struct fg_task_table {
    struct fg_task_entry **buckets;
    size_t buckets_len; /* a power of two */
    size_t len;
};

static size_t bucket_of(const struct fg_task_table *table, struct fg_task_key key)
{
    uint64_t hash = key.job * 0x9e3779b97f4a7c15U;
    hash ^= ((uint64_t)key.attempt << 32 | key.task) * 0xc2b2ae3d27d4eb4fU;
    return (hash >> 32 ^ hash) & (table->buckets_len - 1);
}

static void *must_calloc(size_t count, size_t size)
{
    void *made = calloc(count, size);
    if (!made)
        abort();
    return made;
}

struct fg_task_table *fg_task_table_new(void)
{
    struct fg_task_table *table = must_calloc(1, sizeof(*table));
    table->buckets_len = BUCKETS_FIRST;
    table->buckets = must_calloc(table->buckets_len, sizeof(*table->buckets));
    return table;
}

static void entry_free(struct fg_task_entry *entry)
{
    if (entry->pidfd >= 0)
        close(entry->pidfd);
    free(entry);
}

void fg_task_table_free(struct fg_task_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->buckets_len; i++)
        for (struct fg_task_entry *entry = table->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            entry_free(entry);
        }
    free(table->buckets);
    free(table);
}

size_t fg_task_table_len(const struct fg_task_table *table)
{
    return table->len;
}

struct fg_task_entry *fg_task_table_find(struct fg_task_table *table, struct fg_task_key key)
{
    struct fg_task_entry *entry = table->buckets[bucket_of(table, key)];
    while (entry && !fg_task_key_same(entry->key, key))
        entry = entry->next;
    return entry;
}

static void grow(struct fg_task_table *table)
{
    struct fg_task_entry **old = table->buckets;
    size_t old_len = table->buckets_len;
    table->buckets_len *= 2;
    table->buckets = must_calloc(table->buckets_len, sizeof(*table->buckets));
    for (size_t i = 0; i < old_len; i++)
        for (struct fg_task_entry *entry = old[i], *next; entry; entry = next) {
            next = entry->next;
            struct fg_task_entry **bucket = &table->buckets[bucket_of(table, entry->key)];
            entry->next = *bucket;
            *bucket = entry;
        }
    free(old);
}

struct fg_task_entry *fg_task_table_add(struct fg_task_table *table, struct fg_task_key key)
{
    assert(!fg_task_table_find(table, key));
    if (table->len >= table->buckets_len)
        grow(table);
    struct fg_task_entry *entry = must_calloc(1, sizeof(*entry));
    struct fg_task_entry **bucket = &table->buckets[bucket_of(table, key)];
    entry->key = key;
    entry->pidfd = -1;
    entry->next = *bucket;
    *bucket = entry;
    table->len++;
    return entry;
}

void fg_task_table_remove(struct fg_task_table *table, struct fg_task_entry *entry)
{
    struct fg_task_entry **link = &table->buckets[bucket_of(table, entry->key)];
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    table->len--;
    entry_free(entry);
}

void fg_task_table_each(struct fg_task_table *table,
                        void (*each)(void *self, struct fg_task_entry *entry),
                        void *self)
{
    for (size_t i = 0; i < table->buckets_len; i++)
        for (struct fg_task_entry *entry = table->buckets[i]; entry; entry = entry->next)
            each(self, entry);
}
