/* remember.c - rooms from before we were started: by the lines of tasks that were sent there.
 *
 * Where a task of ours may run its courier, and nobody else, says what became of it, or its lease runs out.  Where none
 * does nothing is at stake: couriers that are there have a moment to call, then Slurm gets the room back.
 */
#include "slurm/inner.h"

#include "base/arena.h"
#include "model/job_json.h"

#include <stdio.h>
#include <string.h>

void fg_slurm_remember(struct fg_engine *engine)
{
    for (size_t i = 0; i < fg_journal_len(engine->journal); i++) {
        const struct fg_journal_line *line = fg_journal_at(engine->journal, i);
        if (fg_room_find(engine, line->room))
            continue;
        struct fg_room *room = fg_room_new(engine, line->supplier, line->couriers);
        fg_room_name(engine, room, line->room);
        memcpy(room->hash, line->hash, sizeof(room->hash));
        room->lease_us = line->lease_us;
        room->state = FG_ROOM_WAITS;
        room->was_bound = true;
        room->is_explained = true; /* Slurm's word does not count for it */
    }
}

static void expect(struct fg_engine *engine, struct fg_room *room)
{
    struct fg_link_allocation allocation = {.couriers = room->couriers_len,
                                            .lease_us = room->lease_us,
                                            .was_bound = room->was_bound};
    if (room->is_expected)
        return;
    room->is_expected = true;
    memcpy(allocation.name, room->name, sizeof(allocation.name));
    (void)fg_link_expect(engine->link, &allocation, NULL);
}

/* The pool's name of a node is that of its supplier, a dot, and Slurm's. */
static void remember_node(struct fg_room *room,
                          uint32_t courier,
                          const struct fg_node_spec *node)
{
    size_t len = strlen(room->supplier);
    if (node && strncmp(node->name, room->supplier, len) == 0 && node->name[len] == '.')
        snprintf(room->couriers[courier].node, FG_NAME_MAX, "%s", node->name + len + 1);
}

bool fg_slurm_remember_task(struct fg_engine *engine,
                            const struct fg_task_at *at,
                            const struct fg_journal_line *line)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM * 2);
    const struct fg_doc *doc = NULL;
    struct fg_job_spec spec = {};
    struct fg_link_courier courier = {.number = line->courier};
    struct fg_room *room = fg_room_find(engine, line->room);
    memcpy(courier.allocation, line->room, sizeof(courier.allocation));
    if (room && room->was_bound)
        expect(engine, room);
    if (!room || fg_doc_json(line->spec, strlen(line->spec), arena, &doc, NULL) < 0
        || fg_job_json_read(doc, fg_slurm_utc_us(), arena, &spec, NULL) < 0
        || fg_link_adopt(engine->link, &courier, at->key, &spec, NULL) < 0)
        return false;
    struct fg_slurm_task *task = fg_slurm_task_add(engine, at->key);
    task->state = FG_SLURM_TASK_SENT;
    task->room = room;
    task->courier = line->courier;
    task->grant = at->place.grant;
    room->running++;
    remember_node(room, line->courier, at->place.node);
    fg_room_grace(engine, room, spec.grace_us);
    return true;
}

/* Its tasks ended, and that was durable, before we were started. */
static void set_free(struct fg_engine *engine, struct fg_room *room, int64_t now_us)
{
    room->was_bound = room->is_explained = false;
    room->was_met = true;
    room->submitted_us = room->begun_us = now_us;
    room->keep_us = now_us + FG_ROOM_CALL_US;
    expect(engine, room);
}

void fg_slurm_remembered(struct fg_engine *engine)
{
    int64_t now_us = fg_slurm_now_us();
    if (engine->is_remembered)
        return;
    engine->is_remembered = true;
    for (size_t i = fg_journal_len(engine->journal); i-- > 0;) {
        const struct fg_journal_line *line = fg_journal_at(engine->journal, i);
        if (!fg_slurm_task_find(engine, line->key))
            fg_journal_over(engine->journal, line->key);
    }
    for (size_t i = 0; i < engine->rooms_len; i++)
        if (engine->rooms[i]->was_bound && !engine->rooms[i]->running)
            set_free(engine, engine->rooms[i], now_us);
}
