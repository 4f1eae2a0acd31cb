/* tick.c - what time alone brings: patience that ends, rooms that nobody uses. */
#include "slurm/inner.h"

#include "base/clock.h"

#include <stdio.h>

#define MARGIN_US 3000000

static void impatient(struct fg_engine *engine, struct fg_attempt *attempt)
{
    const struct fg_site *site = attempt->site;
    const char *why = attempt->room ? attempt->room->waits_for : "";
    char text[FG_TEXT_MAX], span[FG_TIME_TEXT_MAX];
    fg_duration_format(site->supplier.cluster.patience_us, span);
    snprintf(text, sizeof(text), "cluster %s did not begin it within %s%s%s%s",
             site->supplier.name, span, why[0] ? " (" : "", why, why[0] ? ")" : "");
    fg_slurm_withdraw(engine, attempt, FG_TASK_LOST, text);
}

/* What waits there goes elsewhere; what runs goes on. */
static void paused(struct fg_engine *engine, struct fg_attempt *attempt)
{
    char text[FG_TEXT_MAX];
    snprintf(text, sizeof(text), "supplier %s is paused", attempt->site->supplier.name);
    fg_slurm_withdraw(engine, attempt, FG_TASK_LOST, text);
}

static bool is_unused(const struct fg_room *room, int64_t now_us)
{
    if (room->attempt || room->running || room->state == FG_ROOM_OVER
        || room->state == FG_ROOM_SUBMITTED)
        return false;
    bool is_wanted_back = room->state == FG_ROOM_HERE && room->site && !room->was_bound
                          && (room->site->others_wait > 0 || room->site->supplier.paused);
    return is_wanted_back || (room->keep_us && now_us > room->keep_us);
}

/* See take_end(): what it ran has had its grace and is over. */
static bool is_over(const struct fg_room *room, int64_t now_us)
{
    return room->state == FG_ROOM_HERE && room->ended_us
           && now_us > room->ended_us + room->grace_us + MARGIN_US;
}

void fg_slurm_tick(struct fg_engine *engine)
{
    int64_t now_us = fg_slurm_now_us();
    for (size_t i = engine->attempts_len; i-- > 0;) {
        struct fg_attempt *attempt = engine->attempts[i];
        if (!attempt->is_ready && attempt->site->supplier.paused)
            paused(engine, attempt);
        else if (!attempt->is_ready
                 && now_us - attempt->asked_us > attempt->site->supplier.cluster.patience_us)
            impatient(engine, attempt);
    }
    for (size_t i = engine->rooms_len; i-- > 0;) {
        struct fg_room *room = i < engine->rooms_len ? engine->rooms[i] : NULL;
        if (room && is_over(room, now_us) && !fg_slurm_is_looked_for(engine, room)) {
            room->ended_us = 0;
            fg_link_give_up(engine->link, room->name);
        }
        if (room && is_unused(room, now_us))
            fg_room_dismiss(engine, room);
    }
    fg_slurm_run_errands(engine);
}
