/* bind.c - what couriers tell, and tasks into rooms. */
#include "slurm/inner.h"

#include "base/arena.h"
#include "base/text.h"
#include "model/job_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_SETTLE_US 20000000 /* after a restart a room that nobody has is kept so long */

/* -- ends -- */

void fg_slurm_over(struct fg_engine *engine,
                   struct fg_slurm_task *task,
                   const struct fg_engine_event *event)
{
    struct fg_room *room = task->room;
    if (task->state == FG_SLURM_TASK_OVER)
        return;
    bool was_sent = task->state != FG_SLURM_TASK_WAITS;
    task->state = FG_SLURM_TASK_OVER;
    if (task->node)
        fg_slurm_hold(task->node, task->grant.devices, -1);
    fg_slurm_push(engine, event);
    if (!was_sent || !room)
        return;
    task->room = NULL;
    if (--room->running == 0)
        fg_room_is_free(engine, room);
}

void fg_room_grace(const struct fg_engine *engine, struct fg_room *room, int64_t grace_us)
{
    int64_t us = grace_us > 0 ? grace_us : engine->grace_us;
    if (us > room->grace_us)
        room->grace_us = us;
}

void fg_room_dismiss(struct fg_engine *engine, struct fg_room *room)
{
    if (room->state == FG_ROOM_OVER)
        return;
    bool was_asked = room->state != FG_ROOM_WANTED;
    bool is_waiting = room->state == FG_ROOM_WAITS;
    /* The elements of an array share the name of the first: a name alone will do only for what we know to be none. */
    bool is_named = room->job.id || !(room->job.is_array || room->was_bound || room->was_met);
    if (room->name[0])
        fg_link_dismiss(engine->link, room->name);
    room->state = FG_ROOM_OVER;
    room->over_us = fg_slurm_now_us();
    if (is_waiting && room->site && is_named)
        fg_cluster_cancel(room->site->cluster, &room->job);
    if (!was_asked)
        fg_room_remove(engine, room);
}

/* Nothing runs there and nobody waits for it: keep it for the next one, or give it back. */
void fg_room_is_free(struct fg_engine *engine, struct fg_room *room)
{
    int64_t now_us = fg_slurm_now_us();
    if (room->attempt || room->running)
        return;
    const struct fg_site *site = room->site;
    bool is_kept = room->state == FG_ROOM_HERE && !room->is_leaving && !room->gone_len && site
                   && site->supplier.cluster.reuse_us > 0 && site->others_wait == 0
                   && !site->supplier.paused;
    room->idle_us = now_us;
    if (is_kept)
        room->keep_us = now_us + site->supplier.cluster.reuse_us;
    else
        fg_room_dismiss(engine, room);
}

/* -- couriers -- */

/* All are here: who waits for it gets it. */
static void room_is_here(struct fg_room *room)
{
    int64_t now_us = fg_slurm_now_us();
    room->state = FG_ROOM_HERE;
    if (room->shape.minutes > 0 && room->ends_us == INT64_MAX)
        room->ends_us = now_us + room->shape.minutes * INT64_C(60000000);
    if (room->site) {
        int64_t *waits = room->site->waits;
        waits[room->site->waits_len++ % FG_WAITS_KEPT] = now_us - room->asked_us;
    }
    if (room->attempt)
        room->attempt->is_ready = true;
    else if (!room->running)
        room->keep_us = now_us + (room->was_bound ? IDLE_SETTLE_US : 1000000);
}

static void hello(struct fg_engine *engine,
                  struct fg_room *room,
                  const struct fg_link_event *event)
{
    struct fg_room_courier *courier = &room->couriers[event->courier.number];
    for (size_t i = 0; i < event->held_len; i++)
        if (!fg_slurm_task_find(engine, event->held[i].key))
            fg_link_collect(engine->link, event->held[i].key);
    if (courier->is_here)
        return;
    courier->is_here = true;
    snprintf(courier->node, sizeof(courier->node), "%s", event->node->name);
    if (++room->here_len == room->couriers_len && room->state != FG_ROOM_OVER)
        room_is_here(room);
}

/* A courier is over: its tasks were told just before. */
static void courier_gone(struct fg_engine *engine,
                         struct fg_room *room,
                         const struct fg_link_event *event)
{
    struct fg_room_courier *courier = &room->couriers[event->courier.number];
    if (courier->is_gone)
        return;
    courier->is_gone = true;
    if (room->is_errand)
        fg_slurm_errand_is_over(engine, room);
    room->gone_len++;
    room->is_leaving = true;
    if (room->state == FG_ROOM_OVER)
        return;
    if (room->attempt) {
        fg_room_failed(engine, room, event->reason[0] ? event->reason : "its courier left");
        return;
    }
    if (!room->running)
        fg_room_dismiss(engine, room);
}

/* -- tasks -- */

/* Places on that node that none of ours has, in the kinds of the grant. */
static uint32_t choose_slots(const struct fg_slurm_node_at *node,
                             const struct fg_slurm_node_at *granted,
                             uint32_t devices)
{
    uint32_t chosen = 0, held = fg_slurm_held(node);
    for (uint32_t i = 0; granted->spec && i < granted->spec->devices_len; i++) {
        if (!(devices >> i & 1))
            continue;
        for (uint32_t k = 0; k < node->spec->devices_len; k++)
            if (!((held | chosen) >> k & 1)
                && strcmp(node->spec->devices[k].kind, granted->spec->devices[i].kind) == 0) {
                chosen |= UINT32_C(1) << k;
                break;
            }
    }
    return __builtin_popcount(chosen) == __builtin_popcount(devices) ? chosen : 0;
}

/* As many as were granted, of the same kinds: else its courier counts them otherwise than we do. */
static bool is_like(const struct fg_node_spec *there,
                    uint32_t places,
                    const struct fg_node_spec *granted,
                    uint32_t devices)
{
    if (__builtin_popcount(places) != __builtin_popcount(devices))
        return false;
    for (; places; places &= places - 1, devices &= devices - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(places), k = (uint32_t)__builtin_ctz(devices);
        if (i >= there->devices_len || k >= granted->devices_len
            || strcmp(there->devices[i].kind, granted->devices[k].kind) != 0)
            return false;
    }
    return true;
}

/* Where Slurm put it, if that is elsewhere, and on which devices, if its courier knows: `places`. */
static void tell_place(struct fg_slurm_task *task,
                       uint32_t places,
                       struct fg_engine_event *event)
{
    const struct fg_room *room = task->room;
    event->node[0] = '\0';
    event->devices = 0;
    if (!room || !room->site)
        return;
    struct fg_slurm_node_at *node =
        fg_site_node(room->site, room->couriers[task->courier].node);
    const struct fg_slurm_node_at *granted = task->node ? task->node : node;
    if (!node || !node->spec || !granted->spec)
        return;
    event->is_exact = places && is_like(node->spec, places, granted->spec, task->grant.devices);
    if (!event->is_exact && node == granted)
        return;
    uint32_t devices =
        event->is_exact ? places : choose_slots(node, granted, task->grant.devices);
    if (!devices && task->grant.devices)
        return;
    if (task->node)
        fg_slurm_hold(task->node, task->grant.devices, -1);
    fg_slurm_hold(node, devices, 1);
    task->node = node;
    task->grant.devices = devices;
    fg_copy(event->node, sizeof(event->node), node->spec->name);
    event->devices = devices;
}

static void task_told(struct fg_engine *engine, const struct fg_link_event *told)
{
    struct fg_engine_event event = told->task;
    struct fg_slurm_task *task = fg_slurm_task_find(engine, event.key);
    if (!task) {
        if (event.kind != FG_TASK_STARTED)
            fg_link_collect(engine->link, event.key);
        return;
    }
    if (event.kind != FG_TASK_STARTED) {
        event.node[0] = '\0';
        fg_slurm_over(engine, task, &event);
        return;
    }
    if (task->state != FG_SLURM_TASK_SENT)
        return;
    task->state = FG_SLURM_TASK_RUNS;
    tell_place(task, told->places, &event);
    fg_slurm_push(engine, &event);
}

static void heard(struct fg_room *room, const struct fg_link_event *event)
{
    struct fg_room_courier *courier = &room->couriers[event->courier.number];
    courier->is_silent = event->kind == FG_LINK_SILENT;
    if (!courier->is_silent) {
        room->ended_us = courier->errand_us = 0;
        courier->was_looked_for = false;
    }
    room->is_explained = false;
}

void fg_slurm_hear(struct fg_engine *engine)
{
    struct fg_link_event event;
    while (fg_link_next(engine->link, &event) == 1) {
        struct fg_room *room = fg_room_find(engine, event.courier.allocation);
        if (event.kind == FG_LINK_TASK) {
            task_told(engine, &event);
            continue;
        }
        if (!room || event.courier.number >= room->couriers_len) {
            fg_link_dismiss(engine->link, event.courier.allocation);
            continue;
        }
        if (event.kind == FG_LINK_HELLO)
            hello(engine, room, &event);
        else if (event.kind == FG_LINK_LEAVING)
            room->is_leaving = true;
        else if (event.kind == FG_LINK_LIMITS)
            fg_slurm_power_told(engine, &event);
        else if (event.kind == FG_LINK_SILENT || event.kind == FG_LINK_BACK)
            heard(room, &event);
        else if (event.kind == FG_LINK_EXPIRED || event.kind == FG_LINK_GONE)
            courier_gone(engine, room, &event);
    }
}

/* -- tasks into rooms -- */

/* The courier on the node of this task; where Slurm chose, the n-th node of the attempt is the n-th courier. */
static uint32_t courier_of(const struct fg_room *room,
                           const struct fg_attempt *attempt,
                           const struct fg_slurm_task *task)
{
    uint32_t nth = 0;
    for (uint32_t i = 0; i < room->couriers_len && !room->shape.is_anywhere; i++)
        if (strcmp(room->couriers[i].node, task->node->name) == 0)
            return i;
    const struct fg_slurm_node_at *last = NULL;
    const struct fg_slurm_node_at *seen[FG_SHAPE_NODES_MAX] = {};
    for (uint32_t i = 0; i < attempt->got && nth < FG_SHAPE_NODES_MAX; i++) {
        const struct fg_slurm_node_at *node = attempt->tasks[i]->node;
        uint32_t at = 0;
        while (node != last && at < nth && seen[at] != node)
            at++;
        if (node != last && at == nth)
            seen[nth++] = node;
        last = node;
        if (attempt->tasks[i] != task)
            continue;
        for (at = 0; seen[at] != node;)
            at++;
        return room->couriers_len ? at % room->couriers_len : 0;
    }
    return 0;
}

/* Where the ranks really are: for the launch variables. */
static void true_places(const struct fg_attempt *attempt)
{
    const struct fg_room *room = attempt->room;
    for (uint32_t i = 0; i < attempt->got; i++) {
        const struct fg_slurm_task *task = attempt->tasks[i];
        const struct fg_slurm_node_at *node =
            fg_site_node(attempt->site, room->couriers[task->courier].node);
        if (node && node->spec && task->key.task < attempt->gang)
            attempt->places[task->key.task].node = node->spec;
    }
}

static void note_binds(struct fg_engine *engine, const struct fg_attempt *attempt)
{
    const struct fg_room *room = attempt->room;
    struct fg_journal_line line = {
        .couriers = room->couriers_len, .lease_us = room->lease_us, .spec = attempt->spec.text};
    memcpy(line.room, room->name, sizeof(line.room));
    memcpy(line.hash, room->hash, sizeof(line.hash));
    memcpy(line.supplier, room->supplier, sizeof(line.supplier));
    memcpy(line.user, attempt->user, sizeof(line.user));
    for (uint32_t i = 0; i < attempt->got; i++) {
        struct fg_slurm_task *task = attempt->tasks[i];
        task->courier = courier_of(room, attempt, task);
        line.key = task->key;
        line.courier = task->courier;
        fg_journal_add(engine->journal, &line);
    }
}

static int read_spec(const struct fg_attempt *attempt,
                     struct fg_arena *arena,
                     struct fg_job_spec *out,
                     struct fg_err *err)
{
    const struct fg_doc *doc = NULL;
    int rc = fg_doc_json(attempt->spec.text, attempt->spec.len, arena, &doc, err);
    return rc < 0 ? rc : fg_job_json_read(doc, fg_slurm_utc_us(), arena, out, err);
}

static void send_task(struct fg_engine *engine,
                      const struct fg_attempt *attempt,
                      const struct fg_job_spec *spec,
                      struct fg_slurm_task *task)
{
    struct fg_room *room = attempt->room;
    struct fg_link_courier courier = {.number = task->courier};
    struct fg_err err = {};
    memcpy(courier.allocation, room->name, sizeof(courier.allocation));
    struct fg_task_start start = {
        .key = task->key,
        .tasks = attempt->gang,
        .places = attempt->places,
        .spec = spec,
        .node = attempt->places[task->key.task].node,
        .grant = task->grant,
        .project = attempt->project,
        .user = attempt->user,
        .uid = attempt->uid,
        .array_id = attempt->array_id,
        .array_index = attempt->array_index,
    };
    task->room = room;
    task->state = FG_SLURM_TASK_SENT;
    room->running++;
    int rc = fg_link_start(engine->link, &courier, &start, &err);
    if (rc == 0)
        return;
    struct fg_engine_event event = {.kind = rc == FG_ENOENT ? FG_TASK_LOST : FG_TASK_FAILED,
                                    .key = task->key,
                                    .time_us = fg_slurm_utc_us(),
                                    .exit_code = -1,
                                    .usage.max_rss_mib = -1};
    snprintf(event.reason, sizeof(event.reason), "%s", err.text);
    fg_slurm_over(engine, task, &event);
}

static void bind_attempt(struct fg_engine *engine, struct fg_attempt *attempt)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM * 2);
    struct fg_job_spec spec = {};
    struct fg_err err = {};
    if (read_spec(attempt, arena, &spec, &err) < 0) {
        fg_slurm_withdraw(engine, attempt, FG_TASK_FAILED, err.text);
        return;
    }
    struct fg_room *room = attempt->room;
    true_places(attempt);
    fg_room_grace(engine, room, attempt->grace_us);
    room->running++; /* so that it is not given back in between */
    for (uint32_t i = 0; i < attempt->got; i++)
        send_task(engine, attempt, &spec, attempt->tasks[i]);
    room->tries = 0;
    fg_attempt_remove(engine, attempt);
    if (--room->running == 0)
        fg_room_is_free(engine, room);
}

/* What is durable first, then sent. */
void fg_slurm_bind_ready(struct fg_engine *engine)
{
    struct fg_err err = {};
    size_t ready = 0;
    for (size_t i = 0; i < engine->attempts_len; i++)
        if (engine->attempts[i]->is_ready) {
            note_binds(engine, engine->attempts[i]);
            ready++;
        }
    if (ready == 0)
        return;
    int rc = fg_journal_sync(engine->journal, &err);
    for (size_t i = engine->attempts_len; i-- > 0;) {
        struct fg_attempt *attempt = engine->attempts[i];
        if (!attempt->is_ready)
            continue;
        if (rc < 0)
            fg_slurm_withdraw(engine, attempt, FG_TASK_LOST, err.text);
        else
            bind_attempt(engine, attempt);
    }
}
