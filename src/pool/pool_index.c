/* pool_index.c - see pool_index.h */
#include "pool/pool_index.h"

#include <stdlib.h>
#include <string.h>

#define WHOLE_SETS (FG_NODE_DEVICES_MAX + 1UL)

struct fg_index_place fg_index_place(const struct fg_pool_node *node, uint32_t kind)
{
    struct fg_index_place place = {};
    for (uint32_t i = 0; i < node->devices_len; i++) {
        if (node->kind[i] != kind)
            continue;
        uint32_t left = node->left_milli[i];
        if (left == 1000)
            place.whole++;
        else if (left > 0)
            place.shares |= 1U << (left / FG_SHARE_STEP_MILLI);
    }
    return place;
}

uint32_t fg_index_cpu_bucket(uint32_t cpu_milli_left)
{
    uint32_t cores = cpu_milli_left / 1000 + 1;
    uint32_t bucket = 31 - (uint32_t)__builtin_clz(cores);
    return bucket < FG_CPU_BUCKETS ? bucket : FG_CPU_BUCKETS - 1;
}

int fg_index_init(struct fg_pool_index *index, size_t nodes_max)
{
    *index = (struct fg_pool_index){.words = (nodes_max + 63) / 64};
    index->cpu = calloc(2 * FG_CPU_BUCKETS * index->words, sizeof(uint64_t));
    return index->cpu ? 0 : FG_ENOMEM;
}

void fg_index_fini(struct fg_pool_index *index)
{
    free(index->cpu);
    free(index->whole);
    free(index->share);
    *index = (struct fg_pool_index){};
}

/* Grow an array of 64-bit words and zero what is new. */
static uint64_t *grow(uint64_t *words, size_t old_len, size_t new_len)
{
    uint64_t *next = realloc(words, new_len * sizeof(uint64_t));
    if (next && new_len > old_len)
        memset(next + old_len, 0, (new_len - old_len) * sizeof(uint64_t));
    return next;
}

int fg_index_add_kind(struct fg_pool_index *index, size_t kinds_len)
{
    size_t had = index->kinds_room;
    if (kinds_len <= had)
        return 0;
    uint64_t *whole = grow(index->whole, had * WHOLE_SETS * index->words,
                           kinds_len * WHOLE_SETS * index->words);
    if (!whole)
        return FG_ENOMEM;
    index->whole = whole;
    uint64_t *share = grow(index->share, had * FG_SHARE_BUCKETS * index->words,
                           kinds_len * FG_SHARE_BUCKETS * index->words);
    if (!share)
        return FG_ENOMEM;
    index->share = share;
    index->kinds_room = kinds_len;
    return 0;
}

/* Toggle the bit of the node in every set it belongs to: put and take are the same act. */
static void toggle(struct fg_pool_index *index, size_t at, const struct fg_pool_node *node)
{
    if (node->state != FG_NODE_UP)
        return;
    size_t word = at / 64;
    uint64_t bit = 1ULL << (at % 64);
    if (word >= index->used)
        index->used = word + 1;
    fg_index_cpu(index, node->devices_len > 0,
                 fg_index_cpu_bucket(node->cpu_milli_left))[word] ^= bit;
    for (uint64_t kinds = node->kinds; kinds; kinds &= kinds - 1) {
        uint32_t kind = (uint32_t)__builtin_ctzll(kinds);
        struct fg_index_place place = fg_index_place(node, kind);
        fg_index_whole(index, kind, place.whole)[word] ^= bit;
        for (uint32_t shares = place.shares; shares; shares &= shares - 1)
            fg_index_share(index, kind, (uint32_t)__builtin_ctz(shares))[word] ^= bit;
    }
}

void fg_index_put(struct fg_pool_index *index, size_t at, const struct fg_pool_node *node)
{
    toggle(index, at, node);
}

void fg_index_take(struct fg_pool_index *index, size_t at, const struct fg_pool_node *node)
{
    toggle(index, at, node);
}

/* The words in use of so many sets. */
static void copy_sets(const struct fg_pool_index *of,
                      size_t used,
                      uint64_t *to,
                      const uint64_t *from,
                      size_t sets)
{
    if (used == of->words) {
        memcpy(to, from, sets * of->words * sizeof(uint64_t));
        return;
    }
    for (size_t at = 0; at < sets * of->words; at += of->words)
        memcpy(to + at, from + at, used * sizeof(uint64_t));
}

void fg_index_copy(struct fg_pool_index *to, const struct fg_pool_index *from)
{
    size_t used = to->used > from->used ? to->used : from->used;
    to->used = from->used;
    copy_sets(from, used, to->cpu, from->cpu, 2 * FG_CPU_BUCKETS);
    if (from->kinds_room == 0)
        return;
    copy_sets(from, used, to->whole, from->whole, from->kinds_room * WHOLE_SETS);
    copy_sets(from, used, to->share, from->share, from->kinds_room * FG_SHARE_BUCKETS);
}
