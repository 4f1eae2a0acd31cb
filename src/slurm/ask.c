/* ask.c - from starts to rooms. */
#include "slurm/inner.h"

#include "base/grow.h"

#include "model/job_json.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#define MINUTE_US     60000000
#define SLACK_MINUTES 10 /* of a room that may be used again, at most */
#define SUBMITS_OPEN  2  /* calls under way; what comes meanwhile makes larger arrays */

/* -- attempts -- */

static struct fg_attempt *find_attempt(const struct fg_engine *engine,
                                       const struct fg_site *site,
                                       struct fg_task_key key)
{
    for (size_t i = engine->attempts_len; i-- > 0;) {
        struct fg_attempt *attempt = engine->attempts[i];
        if (attempt->job == key.job && attempt->number == key.attempt && attempt->site == site
            && attempt->got < attempt->expected)
            return attempt;
    }
    return NULL;
}

static struct fg_node_spec *copy_spec(const struct fg_node_spec *node)
{
    size_t size = offsetof(struct fg_node_spec, devices)
                  + node->devices_len * sizeof(struct fg_device_spec);
    struct fg_node_spec *copy = fg_slurm_zeroed(size);
    memcpy(copy, node, size);
    return copy;
}

/* The ranks' places, with copies of their nodes. */
static void copy_places(struct fg_attempt *attempt, const struct fg_task_start *start)
{
    const char *supplier = attempt->site->supplier.name;
    attempt->places = fg_slurm_zeroed(start->tasks * sizeof(*attempt->places));
    attempt->specs = fg_slurm_zeroed(start->tasks * sizeof(*attempt->specs));
    const struct fg_node_spec *last = NULL;
    for (uint32_t i = 0; i < start->tasks; i++) {
        struct fg_task_place place = start->places
                                         ? start->places[i]
                                         : (struct fg_task_place){start->node, start->grant};
        uint32_t at = 0;
        attempt->expected += strcmp(place.node->supplier, supplier) == 0;
        if (place.node == last)
            at = attempt->specs_len - 1;
        else
            while (at < attempt->specs_len
                   && strcmp(attempt->specs[at]->name, place.node->name) != 0)
                at++;
        if (at == attempt->specs_len) {
            attempt->specs[attempt->specs_len++] = copy_spec(place.node);
            last = place.node;
        }
        attempt->places[i] = (struct fg_task_place){attempt->specs[at], place.grant};
    }
}

static struct fg_attempt *add_attempt(struct fg_engine *engine,
                                      struct fg_site *site,
                                      const struct fg_task_start *start)
{
    struct fg_attempt *attempt = fg_slurm_zeroed(sizeof(*attempt));
    attempt->job = start->key.job;
    attempt->number = start->key.attempt;
    attempt->site = site;
    attempt->gang = start->tasks;
    attempt->asked_us = fg_slurm_now_us();
    attempt->uid = start->uid;
    attempt->time_limit_us = start->spec->time_limit_us;
    attempt->grace_us = start->spec->grace_us;
    attempt->array_id = start->array_id;
    attempt->array_index = start->array_index;
    snprintf(attempt->project, sizeof(attempt->project), "%s", start->project);
    snprintf(attempt->user, sizeof(attempt->user), "%s", start->user);
    fg_job_json_write(&attempt->spec, start->spec);
    copy_places(attempt, start);
    attempt->tasks = fg_slurm_zeroed(attempt->expected * sizeof(*attempt->tasks));
    engine->attempts = fg_grow((void *)engine->attempts, engine->attempts_len,
                               &engine->attempts_room, sizeof(struct fg_attempt *));
    engine->attempts[engine->attempts_len++] = attempt;
    return attempt;
}

int fg_slurm_ask(struct fg_engine *engine,
                 const struct fg_task_start *start,
                 struct fg_err *err)
{
    struct fg_site *site = fg_site_find(engine, start->node->supplier);
    if (!site)
        return fg_fail(err, FG_ESTATE, "supplier %s: is not there", start->node->supplier);
    if (fg_slurm_task_find(engine, start->key))
        return 0;
    struct fg_attempt *attempt = find_attempt(engine, site, start->key);
    if (!attempt)
        attempt = add_attempt(engine, site, start);
    if (start->key.task >= attempt->gang)
        return fg_fail(err, FG_EINVAL, "task %u: its gang has %u", start->key.task,
                       attempt->gang);
    struct fg_slurm_task *task = fg_slurm_task_add(engine, start->key);
    task->attempt = attempt;
    task->grant = start->grant;
    attempt->tasks[attempt->got++] = task;
    if (attempt->got == attempt->expected && site->has_looked)
        fg_slurm_resolve(engine, attempt);
    return 0;
}

void fg_slurm_resolve(struct fg_engine *engine, struct fg_attempt *attempt)
{
    char text[FG_TEXT_MAX];
    if (attempt->room || attempt->got < attempt->expected)
        return;
    for (uint32_t i = 0; i < attempt->got; i++) {
        struct fg_slurm_task *task = attempt->tasks[i];
        const char *name = attempt->places[task->key.task].node->name;
        task->node = fg_site_pool_node(attempt->site, name);
        if (!task->node || !task->node->spec) {
            snprintf(text, sizeof(text), "node %s: its cluster does not name it any more",
                     name);
            fg_slurm_withdraw(engine, attempt, FG_TASK_LOST, text);
            return;
        }
        fg_slurm_hold(task->node, task->grant.devices, 1);
    }
    fg_slurm_find_room(engine, attempt);
}

void fg_slurm_withdraw(struct fg_engine *engine,
                       struct fg_attempt *attempt,
                       enum fg_engine_event_kind kind,
                       const char *reason)
{
    struct fg_room *room = attempt->room;
    struct fg_engine_event event = {
        .kind = kind, .time_us = fg_slurm_utc_us(), .exit_code = -1, .usage.max_rss_mib = -1};
    snprintf(event.reason, sizeof(event.reason), "%s", reason);
    for (uint32_t i = 0; i < attempt->got; i++) {
        event.key = attempt->tasks[i]->key;
        fg_slurm_over(engine, attempt->tasks[i], &event);
    }
    fg_attempt_remove(engine, attempt);
    if (room)
        fg_room_is_free(engine, room);
}

/* -- shape: what the fullest of its nodes needs -- */

struct need {
    const struct fg_slurm_node_at *node;
    uint64_t cpu_milli, mem_mib;
    bool is_mem_open; /* a task there did not say how much memory it needs */
    uint32_t gres[FG_SLURM_GRES_MAX];
};

/* Devices of a node lie in the order of its GRES: count those of the mask by type. */
static void count_devices(struct need *need, uint32_t devices)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < need->node->look.node.gres_len; i++)
        for (uint32_t k = 0;
             k < need->node->look.node.gres[i].count && at < FG_NODE_DEVICES_MAX; k++, at++)
            need->gres[i] += devices >> at & 1;
}

static uint32_t gather_needs(const struct fg_attempt *attempt, struct need *needs)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < attempt->got; i++) {
        const struct fg_slurm_task *task = attempt->tasks[i];
        uint32_t at = 0;
        while (at < len && needs[at].node != task->node)
            at++;
        if (at == len)
            needs[len++] = (struct need){.node = task->node};
        needs[at].cpu_milli += task->grant.cpu_milli;
        needs[at].mem_mib += task->grant.mem_mib;
        needs[at].is_mem_open |= task->grant.mem_mib == 0;
        count_devices(&needs[at], task->grant.devices);
    }
    return len;
}

/* Slurm gives a job that asks for no memory all of it: a fair part of the node is asked for then. */
static uint64_t fair_mem(const struct need *need, uint32_t cpus)
{
    const struct fg_slurm_node *node = &need->node->look.node;
    uint64_t part = node->mem_mib * cpus / node->cpus, held = 0, all = 0;
    for (uint32_t i = 0; i < node->gres_len; i++) {
        held += need->gres[i];
        all += node->gres[i].count;
    }
    if (all > 0 && node->mem_mib * held / all > part)
        part = node->mem_mib * held / all;
    return part > 1 ? part : 1;
}

static void add_type(struct fg_shape *shape, const char *type, uint32_t count)
{
    uint32_t at = 0;
    if (count == 0)
        return;
    while (at < shape->gres_len && strcmp(shape->gres[at].type, type) != 0)
        at++;
    if (at == FG_SLURM_GRES_MAX)
        return;
    if (at == shape->gres_len)
        snprintf(shape->gres[shape->gres_len++].type, FG_KIND_MAX, "%s", type);
    if (shape->gres[at].count < count)
        shape->gres[at].count = count;
}

static void add_need(struct fg_shape *shape, const struct need *need)
{
    const struct fg_slurm_node *node = &need->node->look.node;
    uint32_t cpus = (uint32_t)((need->cpu_milli + 999) / 1000);
    cpus = cpus ? cpus : 1;
    uint64_t mem = need->is_mem_open ? fair_mem(need, cpus) : need->mem_mib;
    if (mem < need->mem_mib)
        mem = need->mem_mib;
    shape->cpus = cpus > shape->cpus ? cpus : shape->cpus;
    shape->mem_mib = mem > shape->mem_mib ? mem : shape->mem_mib;
    for (uint32_t i = 0; i < node->gres_len; i++)
        add_type(shape, node->gres[i].type, need->gres[i]);
}

static uint32_t minutes_of(const struct fg_attempt *attempt)
{
    int64_t limit_us = attempt->time_limit_us;
    if (limit_us == 0)
        return 0;
    int64_t minutes = (limit_us + attempt->grace_us + MINUTE_US - 1) / MINUTE_US;
    int64_t slack = minutes < SLACK_MINUTES ? minutes : SLACK_MINUTES;
    return (uint32_t)(minutes + (attempt->site->supplier.cluster.reuse_us > 0 ? slack + 1 : 1));
}

static struct fg_room *make_room(struct fg_engine *engine, struct fg_attempt *attempt)
{
    struct need *needs = fg_slurm_zeroed(attempt->got * sizeof(*needs));
    uint32_t len = gather_needs(attempt, needs);
    const struct fg_cluster_terms *terms = &attempt->site->supplier.cluster;
    struct fg_room *room = fg_room_new(engine, attempt->site->supplier.name, len);
    struct fg_shape *shape = &room->shape;
    room->nodes = fg_slurm_zeroed(len * sizeof(*room->nodes));
    room->node_names = fg_slurm_zeroed(len * sizeof(*room->node_names));
    shape->nodes_len = len;
    shape->nodes = room->node_names;
    shape->is_anywhere = terms->place == FG_CLUSTER_PLACE_SLURM;
    shape->minutes = minutes_of(attempt);
    shape->grace_s = (uint32_t)(attempt->grace_us / 1000000) + 30;
    shape->grace_s = shape->grace_s > 3600 ? 3600 : shape->grace_s;
    snprintf(shape->user, sizeof(shape->user), "%s", attempt->user);
    snprintf(shape->partition, sizeof(shape->partition), "%s",
             terms->partition[0] ? terms->partition : needs[0].node->look.node.partition);
    for (uint32_t i = 0; i < len; i++) {
        add_need(shape, &needs[i]);
        snprintf(room->nodes[i], FG_NAME_MAX, "%s", needs[i].node->name);
        room->node_names[i] = room->nodes[i];
    }
    free(needs);
    fg_shape_hash(shape, room->hash);
    room->lease_us = terms->lease_us;
    return room;
}

/* -- rooms that are there already -- */

static bool fits(const struct fg_room *room,
                 const struct fg_room *wanted,
                 const struct fg_attempt *attempt,
                 int64_t now_us)
{
    if (room == wanted || room->attempt || room->running || room->is_leaving
        || room->site != attempt->site || strcmp(room->hash, wanted->hash) != 0)
        return false;
    if (room->state == FG_ROOM_OVER || room->is_errand)
        return false;
    /* A slurmctld that was killed may show what ended long ago as running: its courier's call is the proof. */
    if (room->was_met && room->state == FG_ROOM_WAITS && room->begun_us)
        return false;
    int64_t needs_us = attempt->time_limit_us + attempt->grace_us;
    return room->ends_us == INT64_MAX || (needs_us > 0 && room->ends_us - now_us >= needs_us);
}

/* The best of the rooms that nobody has: one that is here, else the one that was asked for first. */
static struct fg_room *free_room(const struct fg_engine *engine,
                                 const struct fg_room *wanted,
                                 const struct fg_attempt *attempt)
{
    struct fg_room *best = NULL;
    int64_t now_us = fg_slurm_now_us();
    for (size_t i = 0; i < engine->rooms_len; i++) {
        struct fg_room *room = engine->rooms[i];
        if (fits(room, wanted, attempt, now_us)
            && (!best || room->state > best->state
                || (room->state == best->state && room->asked_us < best->asked_us)))
            best = room;
    }
    return best;
}

static uint32_t devices_of(const struct fg_shape *shape)
{
    uint32_t devices = 0;
    for (uint32_t i = 0; i < shape->gres_len; i++)
        devices += shape->gres[i].count;
    return devices;
}

static bool is_on(const struct fg_room *room, const char *node)
{
    for (uint32_t i = 0; i < room->couriers_len; i++) {
        const char *name = room->couriers[i].node[0] ? room->couriers[i].node
                           : room->nodes             ? room->nodes[i]
                                                     : "";
        if (strcmp(name, node) == 0)
            return true;
    }
    return false;
}

static bool is_idle(const struct fg_room *room)
{
    return room->state == FG_ROOM_HERE && !room->attempt && !room->running;
}

/* Whether all rooms on the node and what others hold there are more than it has. */
static bool is_crowded(const struct fg_engine *engine,
                       const struct fg_site *site,
                       const struct fg_slurm_node_at *node)
{
    const struct fg_slurm_node *has = &node->look.node;
    uint64_t cpus = node->look.others_cpus, mem = node->look.others_mem_mib;
    uint64_t devices = 0, all = 0;
    for (uint32_t i = 0; i < has->gres_len; i++) {
        devices += node->look.others_gres[i];
        all += has->gres[i].count;
    }
    for (size_t i = 0; i < engine->rooms_len; i++) {
        const struct fg_room *room = engine->rooms[i];
        if (room->site != site || room->state == FG_ROOM_OVER || !is_on(room, node->name))
            continue;
        cpus += room->shape.cpus;
        mem += room->shape.mem_mib;
        devices += devices_of(&room->shape);
    }
    return cpus > has->cpus || mem > has->mem_mib || devices > all;
}

/* Idle rooms that are in the way of this one are given back. */
static void make_way(struct fg_engine *engine, const struct fg_room *wanted)
{
    for (size_t i = engine->rooms_len; i-- > 0;) {
        struct fg_room *room = engine->rooms[i];
        bool is_in_way = wanted->shape.is_anywhere;
        if (room->site != wanted->site || !is_idle(room))
            continue;
        for (uint32_t k = 0; k < wanted->couriers_len && !is_in_way; k++) {
            const struct fg_slurm_node_at *node = fg_site_node(wanted->site, wanted->nodes[k]);
            is_in_way =
                node && is_on(room, node->name) && is_crowded(engine, wanted->site, node);
        }
        if (is_in_way)
            fg_room_dismiss(engine, room);
    }
}

void fg_slurm_find_room(struct fg_engine *engine, struct fg_attempt *attempt)
{
    struct fg_room *wanted = make_room(engine, attempt);
    struct fg_room *found = free_room(engine, wanted, attempt);
    if (found) {
        fg_room_remove(engine, wanted);
        wanted = found;
    } else {
        make_way(engine, wanted);
    }
    wanted->attempt = attempt;
    attempt->room = wanted;
    attempt->is_ready = wanted->state == FG_ROOM_HERE;
    eventfd_write(engine->wake, 1);
}

/* -- submit -- */

static bool is_wanted(const struct fg_room *room)
{
    return room->state == FG_ROOM_WANTED && room->site && !room->site->supplier.paused
           && room->site->submits_open < SUBMITS_OPEN
           && fg_slurm_now_us() >= room->site->retry_us;
}

static bool can_join(const struct fg_room *room, const struct fg_room *first)
{
    return room->state == FG_ROOM_WANTED && room->site == first->site
           && room->shape.minutes == first->shape.minutes
           && room->shape.grace_s == first->shape.grace_s
           && strcmp(room->hash, first->hash) == 0;
}

/* A new name: 28 random digits, and four that count. */
static void invent(char out[FG_SLURM_ROOM_MAX])
{
    uint8_t bytes[14];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(out, FG_SLURM_ROOM_MAX, bytes, sizeof(bytes));
    memcpy(out + 28, "0000", 5);
}

static bool expect(struct fg_engine *engine, const struct fg_room *room)
{
    struct fg_link_allocation allocation = {.couriers = room->couriers_len,
                                            .lease_us = room->lease_us};
    snprintf(allocation.name, sizeof(allocation.name), "%s", room->name);
    return fg_link_expect(engine->link, &allocation, NULL) == 0;
}

static void submit_like(struct fg_engine *engine, struct fg_room *first)
{
    uint32_t len = 0;
    char base[FG_SLURM_ROOM_MAX], name[FG_SLURM_ROOM_MAX];
    uint8_t(*secrets)[32] = fg_slurm_zeroed(FG_SLURM_ARRAY_MAX * sizeof(*secrets));
    struct fg_room *rooms[FG_SLURM_ARRAY_MAX];
    invent(base);
    for (size_t i = 0; i < engine->rooms_len && len < FG_SLURM_ARRAY_MAX; i++) {
        struct fg_room *room = engine->rooms[i];
        if (!can_join(room, first))
            continue;
        fg_slurm_room_at(base, len, name);
        fg_room_name(engine, room, name);
        if (fg_link_secret(engine->link, name, secrets[len], NULL) < 0 || !expect(engine, room))
            break;
        room->state = FG_ROOM_SUBMITTED;
        room->job.index = len;
        rooms[len++] = room;
    }
    for (uint32_t i = 0; i < len; i++)
        rooms[i]->job.is_array = len > 1;
    if (len > 0) {
        first->site->submits_open++;
        fg_cluster_submit(first->site->cluster, &first->shape, base,
                          (const uint8_t(*)[32])secrets, len);
    }
    sodium_memzero(secrets, FG_SLURM_ARRAY_MAX * sizeof(*secrets));
    free(secrets);
}

void fg_slurm_submit_wanted(struct fg_engine *engine)
{
    for (size_t i = 0; i < engine->rooms_len; i++)
        if (is_wanted(engine->rooms[i]))
            submit_like(engine, engine->rooms[i]);
}
