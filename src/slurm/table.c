/* table.c - what the engine keeps: tasks by key, rooms by name, sites, queues of events and news. */
#include "slurm/inner.h"

#include "base/clock.h"
#include "base/grow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

int64_t fg_slurm_now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

int64_t fg_slurm_utc_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

void *fg_slurm_zeroed(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

static uint64_t hash_of(const char *name) /* FNV-1a */
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

/* -- sites -- */

struct fg_site *fg_site_find(struct fg_engine *engine, const char *name)
{
    for (size_t i = 0; i < engine->sites_len; i++)
        if (strcmp(engine->sites[i]->supplier.name, name) == 0)
            return engine->sites[i];
    return NULL;
}

struct fg_slurm_node_at *fg_site_node(const struct fg_site *site, const char *slurm_name)
{
    uint32_t at;
    if (!fg_map_get(site->names, hash_of(slurm_name), &at)
        || strcmp(site->nodes[at]->name, slurm_name) != 0)
        return NULL;
    return site->nodes[at];
}

struct fg_slurm_node_at *fg_site_pool_node(const struct fg_site *site, const char *pool_name)
{
    size_t len = strlen(site->supplier.name);
    if (strncmp(pool_name, site->supplier.name, len) != 0 || pool_name[len] != '.')
        return NULL;
    return fg_site_node(site, pool_name + len + 1);
}

void fg_slurm_hold(struct fg_slurm_node_at *node, uint32_t devices, int by)
{
    for (; devices; devices &= devices - 1) {
        uint8_t *holders = &node->holders[__builtin_ctz(devices)];
        *holders = (uint8_t)(*holders + by);
    }
}

uint32_t fg_slurm_held(const struct fg_slurm_node_at *node)
{
    uint32_t held = 0;
    for (uint32_t i = 0; i < FG_NODE_DEVICES_MAX; i++)
        held |= (uint32_t)(node->holders[i] > 0) << i;
    return held;
}

/* -- tasks -- */

static bool same(struct fg_task_key a, struct fg_task_key b)
{
    return a.job == b.job && a.attempt == b.attempt && a.task == b.task;
}

static size_t bucket_of(const struct fg_engine *engine, struct fg_task_key key)
{
    uint64_t hash = (key.job * UINT64_C(0x9e3779b97f4a7c15)) ^ ((uint64_t)key.task << 20)
                    ^ ((uint64_t)key.attempt << 40);
    hash ^= hash >> 29;
    return (size_t)((hash * UINT64_C(0xbf58476d1ce4e5b9)) >> 32) & (engine->buckets - 1);
}

struct fg_slurm_task *fg_slurm_task_find(struct fg_engine *engine, struct fg_task_key key)
{
    if (engine->buckets == 0)
        return NULL;
    struct fg_slurm_task *task = engine->tasks[bucket_of(engine, key)];
    while (task && !same(task->key, key))
        task = task->next;
    return task;
}

static void more_buckets(struct fg_engine *engine)
{
    size_t old_len = engine->buckets;
    struct fg_slurm_task **old = engine->tasks;
    engine->buckets = old_len ? old_len * 4 : 64;
    engine->tasks = fg_slurm_zeroed(engine->buckets * sizeof(struct fg_slurm_task *));
    for (size_t i = 0; i < old_len; i++)
        for (struct fg_slurm_task *task = old[i], *next; task; task = next) {
            struct fg_slurm_task **bucket = &engine->tasks[bucket_of(engine, task->key)];
            next = task->next;
            task->next = *bucket;
            *bucket = task;
        }
    free((void *)old);
}

struct fg_slurm_task *fg_slurm_task_add(struct fg_engine *engine, struct fg_task_key key)
{
    if (engine->tasks_len >= engine->buckets)
        more_buckets(engine);
    struct fg_slurm_task *task = fg_slurm_zeroed(sizeof(*task));
    struct fg_slurm_task **bucket = &engine->tasks[bucket_of(engine, key)];
    task->key = key;
    task->next = *bucket;
    *bucket = task;
    engine->tasks_len++;
    return task;
}

void fg_slurm_task_remove(struct fg_engine *engine, struct fg_slurm_task *task)
{
    struct fg_slurm_task **at = &engine->tasks[bucket_of(engine, task->key)];
    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
    engine->tasks_len--;
    free(task);
}

/* -- rooms -- */

struct fg_room *fg_room_new(struct fg_engine *engine, const char *supplier, uint32_t couriers)
{
    struct fg_room *room = fg_slurm_zeroed(sizeof(*room));
    snprintf(room->supplier, sizeof(room->supplier), "%s", supplier);
    room->site = fg_site_find(engine, supplier);
    room->couriers_len = couriers;
    room->couriers = fg_slurm_zeroed(couriers * sizeof(*room->couriers));
    room->ends_us = INT64_MAX;
    room->asked_us = fg_slurm_now_us();
    engine->rooms = fg_grow((void *)engine->rooms, engine->rooms_len, &engine->rooms_room,
                            sizeof(struct fg_room *));
    engine->rooms[engine->rooms_len++] = room;
    return room;
}

void fg_room_name(struct fg_engine *engine, struct fg_room *room, const char *name)
{
    uint32_t at = 0;
    while (engine->rooms[at] != room)
        at++;
    snprintf(room->name, sizeof(room->name), "%s", name);
    memcpy(room->job.room, room->name, sizeof(room->job.room));
    fg_map_put(engine->room_names, hash_of(name), at);
}

struct fg_room *fg_room_find(const struct fg_engine *engine, const char *name)
{
    uint32_t at;
    if (!name[0] || !fg_map_get(engine->room_names, hash_of(name), &at)
        || strcmp(engine->rooms[at]->name, name) != 0)
        return NULL;
    return engine->rooms[at];
}

void fg_room_remove(struct fg_engine *engine, struct fg_room *room)
{
    size_t at = 0;
    while (engine->rooms[at] != room)
        at++;
    if (room->name[0])
        fg_map_del(engine->room_names, hash_of(room->name));
    struct fg_room *last = engine->rooms[--engine->rooms_len];
    engine->rooms[at] = last;
    if (last != room && last->name[0])
        fg_map_put(engine->room_names, hash_of(last->name), (uint32_t)at);
    free(room->couriers);
    free(room->nodes);
    free((void *)room->node_names);
    free(room);
}

/* -- attempts -- */

void fg_attempt_remove(struct fg_engine *engine, struct fg_attempt *attempt)
{
    size_t at = 0;
    while (engine->attempts[at] != attempt)
        at++;
    engine->attempts[at] = engine->attempts[--engine->attempts_len];
    if (attempt->room)
        attempt->room->attempt = NULL;
    for (uint32_t i = 0; i < attempt->got; i++)
        attempt->tasks[i]->attempt = NULL;
    for (uint32_t i = 0; i < attempt->specs_len; i++)
        free(attempt->specs[i]);
    free((void *)attempt->specs);
    free((void *)attempt->tasks);
    free(attempt->places);
    fg_buf_free(&attempt->spec);
    free(attempt);
}

/* -- queues -- */

/* Make room for one more in a ring; returns the new item's place. */
static size_t ring_add(void **items, size_t *at, size_t len, size_t *room, size_t size)
{
    if (len == *room) {
        size_t more = *room ? *room * 2 : 64;
        char *next = malloc(more * size);
        if (!next)
            abort();
        for (size_t i = 0; i < len; i++)
            memcpy(next + i * size, (char *)*items + (*at + i) % *room * size, size);
        free(*items);
        *items = next;
        *at = 0;
        *room = more;
    }
    return (*at + len) % *room;
}

void fg_slurm_push(struct fg_engine *engine, const struct fg_engine_event *event)
{
    void *items = engine->events;
    size_t at = ring_add(&items, &engine->events_at, engine->events_len, &engine->events_room,
                         sizeof(*event));
    engine->events = items;
    engine->events[at] = *event;
    if (engine->events_len++ == 0)
        eventfd_write(engine->wake, 1);
}

void fg_slurm_push_news(struct fg_engine *engine, const struct fg_engine_news *news)
{
    void *items = engine->news;
    size_t at =
        ring_add(&items, &engine->news_at, engine->news_len, &engine->news_room, sizeof(*news));
    engine->news = items;
    engine->news[at] = *news;
    if (engine->news_len++ == 0)
        eventfd_write(engine->wake, 1);
}
