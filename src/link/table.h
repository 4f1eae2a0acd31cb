/* table.h - things by their key: a hash table whose entries are parts of the things.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_link_entry {
    struct fg_link_entry *next; /* same bucket */
    uint64_t hash;
};

struct fg_link_table { /* zero it to begin */
    struct fg_link_entry **buckets;
    size_t len, room; /* room: a power of two */
};

/* FNV-1a; `hash` is 0 to begin. */
uint64_t fg_link_hash(uint64_t hash, const void *bytes, size_t len);

void fg_link_table_fini(struct fg_link_table *table); /* the things stay */
void fg_link_table_add(struct fg_link_table *table, struct fg_link_entry *entry, uint64_t hash);
void fg_link_table_remove(struct fg_link_table *table, struct fg_link_entry *entry);
/* The first entry of that hash for which `same` says so, or NULL. */
struct fg_link_entry *fg_link_table_find(const struct fg_link_table *table,
                                         uint64_t hash,
                                         bool (*same)(const struct fg_link_entry *entry,
                                                      const void *key),
                                         const void *key);
/* Call `each` for every entry; it may remove and free the one it is given. */
void fg_link_table_each(struct fg_link_table *table,
                        void (*each)(void *self, struct fg_link_entry *entry),
                        void *self);
