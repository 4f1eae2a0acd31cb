/* queue_class.c - equal requests are kept once, so that "does not fit" is found once per pass. */
#include "queue/queue_inner.h"

#include "base/grow.h"

#include <assert.h>
#include <string.h>

#define HALVE_EVERY 65536 /* jobs */
#define IDLE_MAX    1024  /* classes kept that no open job has */

/* FNV-1a over the fields that matter: kind up to its 0, numbers byte by byte, so that padding never counts. */
static uint64_t mix(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * 1099511628211ULL;
}

static uint64_t mix_request(uint64_t hash, const struct fg_request *r)
{
    const uint64_t numbers[] = {
        r->count,     r->gpu_milli,      r->gpu_mem_mib, r->cpu_milli,
        r->mem_mib,   r->rate_milli,     r->data_mib,    (uint64_t)r->max_price_uusd,
        r->may_split, r->mem_learned_mib};
    const char *const texts[] = {r->kind, r->data_site, r->suppliers, r->regions};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (const char *at = texts[i]; *at; at++)
            hash = mix(hash, (uint8_t)*at);
        hash = mix(hash, 0);
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        for (uint32_t shift = 0; shift < 64; shift += 8)
            hash = mix(hash, (uint8_t)(numbers[i] >> shift));
    return hash;
}

static uint64_t hash_of(const struct fg_request *any_of, size_t len, uint64_t reservation)
{
    uint64_t hash = 14695981039346656037ULL ^ reservation;
    for (size_t i = 0; i < len; i++)
        hash = mix_request(hash, &any_of[i]);
    return hash ? hash : 1;
}

static bool same(const struct fg_request *a, const struct fg_request *b)
{
    return strcmp(a->kind, b->kind) == 0 && a->count == b->count && a->gpu_milli == b->gpu_milli
           && a->gpu_mem_mib == b->gpu_mem_mib && a->cpu_milli == b->cpu_milli
           && a->mem_mib == b->mem_mib && a->rate_milli == b->rate_milli
           && a->data_mib == b->data_mib && strcmp(a->data_site, b->data_site) == 0
           && strcmp(a->suppliers, b->suppliers) == 0 && strcmp(a->regions, b->regions) == 0
           && a->max_price_uusd == b->max_price_uusd && a->may_split == b->may_split
           && a->mem_learned_mib == b->mem_learned_mib;
}

static bool is_class(const struct class_row *row,
                     const struct fg_request *any_of,
                     size_t len,
                     uint64_t reservation)
{
    if (row->len != len || row->reservation != reservation)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!same(&row->any_of[i], &any_of[i]))
            return false;
    return true;
}

static uint32_t take_row(struct fg_queue *queue)
{
    if (queue->free_classes_len)
        return queue->free_classes[--queue->free_classes_len];
    queue->classes = fg_grow(queue->classes, queue->classes_len, &queue->classes_room,
                             sizeof(struct class_row));
    return (uint32_t)queue->classes_len++;
}

uint32_t fg_queue_class(struct fg_queue *queue,
                        const struct fg_request *any_of,
                        size_t any_of_len)
{
    return fg_queue_class_in(queue, any_of, any_of_len, 0);
}

uint32_t fg_queue_class_in(struct fg_queue *queue,
                           const struct fg_request *any_of,
                           size_t any_of_len,
                           uint64_t reservation)
{
    assert(any_of_len > 0 && any_of_len <= FG_ANY_OF_MAX);
    uint64_t hash = hash_of(any_of, any_of_len, reservation);
    uint32_t found;
    /* Two different requests of one hash: step to the next number until it is ours or free. */
    for (; fg_map_get(queue->class_by_hash, hash, &found); hash = hash + 1 ? hash + 1 : 1)
        if (is_class(&queue->classes[found], any_of, any_of_len, reservation))
            return found;

    uint32_t at = take_row(queue);
    struct class_row *row = &queue->classes[at];
    *row = (struct class_row){.len = any_of_len, .hash = hash, .reservation = reservation};
    memcpy(row->any_of, any_of, any_of_len * sizeof(any_of[0]));
    fg_map_put(queue->class_by_hash, hash, at);
    queue->classes_idle++;
    return at;
}

void fg_queue_class_open(struct fg_queue *queue, uint32_t request, bool opened)
{
    struct class_row *row = &queue->classes[request];
    assert(!row->empty && (opened || row->open > 0));
    if (opened) {
        queue->classes_idle -= row->open++ == 0;
        row->asked++;
        if (++queue->asked % HALVE_EVERY == 0)
            for (size_t i = 0; i < queue->classes_len; i++)
                queue->classes[i].asked /= 2;
    } else
        queue->classes_idle += --row->open == 0;
}

uint64_t fg_queue_asked(const struct fg_queue *queue)
{
    return queue->asked;
}

uint32_t fg_queue_class_asked(const struct fg_queue *queue, uint32_t request)
{
    assert(request < queue->classes_len);
    return queue->classes[request].empty ? 0 : queue->classes[request].asked;
}

/* Only once there are many, and most: the next job is often like the last one. */
void fg_queue_class_tidy(struct fg_queue *queue)
{
    if (queue->classes_idle <= IDLE_MAX || queue->classes_idle <= queue->classes_len / 2)
        return;
    for (uint32_t at = 0; at < queue->classes_len; at++) {
        struct class_row *row = &queue->classes[at];
        if (row->empty || row->open > 0)
            continue;
        fg_map_del(queue->class_by_hash, row->hash);
        row->empty = true;
        queue->free_classes = fg_grow(queue->free_classes, queue->free_classes_len,
                                      &queue->free_classes_room, sizeof(uint32_t));
        queue->free_classes[queue->free_classes_len++] = at;
    }
    queue->classes_idle = 0;
    queue->class_generation++;
}

const struct fg_request *fg_queue_class_at(const struct fg_queue *queue,
                                           uint32_t request,
                                           size_t *out_len)
{
    assert(request < queue->classes_len && !queue->classes[request].empty);
    *out_len = queue->classes[request].len;
    return queue->classes[request].any_of;
}

uint64_t fg_queue_class_reservation(const struct fg_queue *queue, uint32_t request)
{
    assert(request < queue->classes_len);
    return queue->classes[request].reservation;
}

size_t fg_queue_classes_len(const struct fg_queue *queue)
{
    return queue->classes_len;
}

uint64_t fg_queue_class_generation(const struct fg_queue *queue)
{
    return queue->class_generation;
}

size_t fg_queue_class_ready(const struct fg_queue *queue, uint32_t request)
{
    assert(request < queue->classes_len);
    return queue->classes[request].ready;
}
