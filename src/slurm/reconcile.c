/* reconcile.c - what clusters report against what we want.
 *
 * Slurm's word counts for rooms that wait.  For a room whose couriers are here they know best: Slurm may have forgotten it
 * and it goes on.
 */
#include "slurm/inner.h"

#include <stdio.h>
#include <string.h>

#define RETRY_US   5000000 /* Slurm is asked again so long after a refusal that may pass */
#define OVER_US    15000000 /* a room that was dismissed may end so long before it is cancelled */
#define NO_CALL_US 90000000 /* it was asked for and runs, but its courier does not call */
#define LEARN_US   60000000 /* after we were started, rooms of ours that nobody knows are kept */
#define KEEP_US    30000000 /* so long, if Slurm has not begun them */

/* Refusals that pass by themselves. */
static bool is_passing(const char *reason)
{
    static const char *const words[] = {
        "limit",  "Limit", "temporarily", "too many",   "MaxJobCount",
        "QOSMax", "busy",  "try again",   "not enough", "Slurm is not accepting"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(reason, words[i]))
            return true;
    return false;
}

void fg_room_failed(struct fg_engine *engine, struct fg_room *room, const char *reason)
{
    struct fg_attempt *attempt = room->attempt;
    uint32_t tries = room->tries + 1;
    room->attempt = NULL;
    if (attempt)
        attempt->room = NULL;
    fg_room_dismiss(engine, room);
    if (!attempt)
        return;
    attempt->is_ready = false;
    if (tries >= FG_ROOM_TRIES_MAX) {
        char text[FG_TEXT_MAX];
        snprintf(text, sizeof(text), "cluster %.40s: %.190s", attempt->site->supplier.name,
                 reason);
        fg_slurm_withdraw(engine, attempt, FG_TASK_FAILED, text);
        return;
    }
    fg_slurm_find_room(engine, attempt);
    if (attempt->room->tries < tries)
        attempt->room->tries = tries;
}

/* -- submitted -- */

static void refused(struct fg_engine *engine, struct fg_room *room, const char *reason)
{
    struct fg_attempt *attempt = room->attempt;
    struct fg_site *site = room->site;
    char text[FG_TEXT_MAX];
    if (attempt && is_passing(reason)) {
        /* Asked again under another name; the attempt's patience is the end of it. */
        room->attempt = NULL;
        attempt->room = NULL;
        fg_room_dismiss(engine, room);
        site->retry_us = fg_slurm_now_us() + RETRY_US;
        fg_slurm_find_room(engine, attempt);
        snprintf(attempt->room->waits_for, FG_NAME_MAX, "%.63s", reason);
        return;
    }
    room->attempt = NULL;
    if (attempt)
        attempt->room = NULL;
    fg_room_dismiss(engine, room);
    if (!attempt)
        return;
    snprintf(text, sizeof(text), "cluster %.40s refused it: %.190s", site->supplier.name,
             reason);
    fg_slurm_withdraw(engine, attempt, FG_TASK_FAILED, text);
}

static void take_submitted(struct fg_engine *engine,
                           struct fg_site *site,
                           const struct fg_report *report)
{
    char name[FG_SLURM_ROOM_MAX];
    site->submits_open -= site->submits_open > 0;
    for (uint32_t i = 0; i < report->len; i++) {
        fg_slurm_room_at(report->room, i, name);
        struct fg_room *room = fg_room_find(engine, name);
        if (!room)
            continue;
        room->job.id = report->id;
        room->submitted_us = fg_slurm_now_us();
        if (room->state == FG_ROOM_SUBMITTED)
            room->state = FG_ROOM_WAITS;
        if (room->state == FG_ROOM_OVER && report->rc == 0) /* nobody wants it any more */
            fg_cluster_cancel(site->cluster, &room->job);
        else if (room->state == FG_ROOM_WAITS && report->rc < 0 && report->rc != FG_EUNREACH)
            refused(engine, room, report->reason);
    }
}

/* -- a look -- */

/* A room of ours that we do not know: from before we were started, or one that came after all. */
static struct fg_room *meet(struct fg_engine *engine,
                            struct fg_site *site,
                            const struct fg_look_ours *ours)
{
    int64_t now_us = fg_slurm_now_us();
    uint32_t couriers = ours->nodes_len ? ours->nodes_len : 1;
    if (now_us > site->put_us + LEARN_US || couriers > FG_SHAPE_NODES_MAX)
        return NULL;
    struct fg_room *room = fg_room_new(engine, site->supplier.name, couriers);
    struct fg_link_allocation allocation = {.couriers = couriers,
                                            .lease_us = site->supplier.cluster.lease_us};
    fg_room_name(engine, room, ours->room);
    memcpy(room->hash, ours->shape, sizeof(room->hash));
    memcpy(allocation.name, ours->room, sizeof(allocation.name));
    room->lease_us = allocation.lease_us;
    room->state = FG_ROOM_WAITS;
    room->was_met = room->is_expected = true;
    room->submitted_us = now_us;
    room->keep_us = now_us + (ours->holds ? FG_ROOM_CALL_US : KEEP_US);
    if (ours->left_us >= 0 && ours->holds)
        room->ends_us = now_us + ours->left_us;
    else if (ours->left_us >= 0)
        room->shape.minutes = (uint32_t)(ours->left_us / 60000000);
    (void)fg_link_expect(engine->link, &allocation, NULL);
    return room;
}

static void cancel(struct fg_site *site, const struct fg_look_ours *ours)
{
    struct fg_cluster_job job = {
        .id = ours->array_id, .index = ours->index, .is_array = ours->is_array};
    memcpy(job.room, ours->room, sizeof(job.room));
    fg_cluster_cancel(site->cluster, &job);
}

/* Two jobs of one name: an answer was lost and Slurm did it twice.  The one that we know stays. */
static bool is_double(const struct fg_room *room, const struct fg_look_ours *ours)
{
    return room->job.id && room->job.id != ours->array_id;
}

/* What it holds, of a room that we know from before we were started. */
static void learn(struct fg_room *room, const struct fg_look_ours *ours)
{
    struct fg_shape *shape = &room->shape;
    if (shape->cpus > 0)
        return;
    shape->cpus = ours->cpus;
    shape->mem_mib = ours->mem_mib;
    shape->gres_len = ours->devices > 0;
    shape->gres[0].count = ours->devices;
}

static void see(struct fg_engine *engine, struct fg_site *site, const struct fg_look_ours *ours)
{
    int64_t now_us = fg_slurm_now_us();
    struct fg_room *room = fg_room_find(engine, ours->room);
    if (!room)
        room = meet(engine, site, ours);
    if (!room || is_double(room, ours)) {
        cancel(site, ours);
        return;
    }
    room->was_seen = true;
    learn(room, ours);
    if (!room->job.id)
        room->job.id = ours->array_id;
    room->job.is_array = ours->is_array;
    room->job.index = ours->index;
    if (room->state == FG_ROOM_SUBMITTED)
        room->state = FG_ROOM_WAITS;
    snprintf(room->waits_for, sizeof(room->waits_for), "%s", ours->reason);
    if (ours->holds && !room->begun_us) {
        room->begun_us = now_us;
        if (ours->left_us >= 0)
            room->ends_us = now_us + ours->left_us;
    }
    bool may_end_itself = room->here_len > 0 && now_us - room->over_us <= OVER_US;
    if (room->state == FG_ROOM_OVER && (ours->waits || !may_end_itself))
        cancel(site, ours);
    if (room->state == FG_ROOM_WAITS && room->begun_us
        && now_us - room->begun_us > NO_CALL_US) {
        char text[FG_TEXT_MAX];
        snprintf(text, sizeof(text),
                 "its courier did not call %s within %ld s: can the nodes reach it?",
                 site->supplier.cluster.link[0] ? site->supplier.cluster.link : engine->address,
                 (long)(NO_CALL_US / 1000000));
        room->tries = FG_ROOM_TRIES_MAX;
        fg_room_failed(engine, room, text);
    }
}

static bool is_silent(const struct fg_room *room)
{
    for (uint32_t i = 0; i < room->couriers_len; i++)
        if (!room->couriers[i].is_gone && !room->couriers[i].is_silent)
            return false;
    return true;
}

/* Rooms that the look does not name. */
static void miss(struct fg_engine *engine, struct fg_site *site, const struct fg_report *report)
{
    for (size_t i = engine->rooms_len; i-- > 0;) {
        struct fg_room *room = engine->rooms[i];
        bool is_asked = room->was_bound || room->submitted_us;
        if (room->site != site || room->was_seen || !is_asked
            || room->submitted_us >= report->began_us)
            continue;
        if (room->state == FG_ROOM_OVER && room->over_us < report->began_us)
            fg_room_remove(engine, room);
        else if (room->state == FG_ROOM_WAITS && room->here_len == 0 && !room->is_explained) {
            room->is_explained = true;
            if (room->job.id)
                fg_cluster_explain(site->cluster, &room->job);
            else
                fg_room_failed(engine, room, "Slurm has not got it");
        } else if (room->state == FG_ROOM_HERE && is_silent(room) && room->job.id
                   && !room->is_explained) {
            room->is_explained = true;
            fg_cluster_explain(site->cluster, &room->job);
        }
    }
}

/* A node that it waits for and that gets no work any more. */
static const struct fg_slurm_node_at *shut_node(const struct fg_attempt *attempt)
{
    for (uint32_t i = 0; i < attempt->got; i++)
        if (attempt->tasks[i]->node && !attempt->tasks[i]->node->look.node.is_up)
            return attempt->tasks[i]->node;
    return NULL;
}

/* Rooms that wait for a node that was drained or is down would wait for long: their attempts go elsewhere. */
static void leave_shut(struct fg_engine *engine, const struct fg_site *site)
{
    for (size_t i = engine->attempts_len; i-- > 0;) {
        struct fg_attempt *attempt = engine->attempts[i];
        const struct fg_room *room = attempt->room;
        if (attempt->site != site || !room || room->begun_us || room->here_len
            || room->shape.is_anywhere)
            continue;
        const struct fg_slurm_node_at *node = shut_node(attempt);
        char text[FG_TEXT_MAX];
        if (!node)
            continue;
        snprintf(text, sizeof(text), "node %.60s: %.180s", node->spec->name,
                 node->look.node.reason);
        fg_slurm_withdraw(engine, attempt, FG_TASK_LOST, text);
    }
}

static void take_look(struct fg_engine *engine,
                      struct fg_site *site,
                      const struct fg_report *report)
{
    const struct fg_look_result *look = &report->look;
    site->is_up = report->rc == 0;
    site->has_looked |= report->rc == 0;
    if (report->rc == 0) {
        site->answered_us = fg_slurm_utc_us();
        site->others_wait = look->others_wait;
        fg_site_tell_nodes(engine, site, look);
        for (size_t i = 0; i < engine->rooms_len; i++)
            engine->rooms[i]->was_seen = false;
        for (size_t i = 0; i < look->ours_len; i++)
            see(engine, site, &look->ours[i]);
        miss(engine, site, report);
        leave_shut(engine, site);
        for (size_t i = engine->attempts_len; i-- > 0;)
            if (engine->attempts[i]->site == site)
                fg_slurm_resolve(engine, engine->attempts[i]);
    }
    fg_site_tell(engine, site, report);
}

/* -- how one ended that Slurm does not name any more -- */

/* Slurm saw its processes end on nodes that answer it, and its couriers say nothing: once the grace of its tasks is over,
 * too, nothing of it runs any more.  Of a node that is lost Slurm knows nothing. */
static void take_end(struct fg_room *room, const struct fg_report *report)
{
    const struct fg_slurm_end *end = &report->end;
    bool is_over = report->rc == 0 && end->known && !end->is_active
                   && strcmp(end->state, "NODE_FAIL") != 0
                   && strcmp(end->state, "BOOT_FAIL") != 0;
    if (is_over && is_silent(room))
        room->ended_us = fg_slurm_now_us();
    else
        room->is_explained = false;
}

static void take_explained(struct fg_engine *engine, const struct fg_report *report)
{
    struct fg_room *room = fg_room_find(engine, report->room);
    const struct fg_slurm_end *end = &report->end;
    char text[FG_TEXT_MAX];
    if (room && room->state == FG_ROOM_HERE)
        take_end(room, report);
    if (!room || room->state != FG_ROOM_WAITS || room->here_len > 0)
        return;
    if (report->rc < 0 || (end->known && end->is_active)) {
        room->is_explained = false; /* the next look asks again */
        return;
    }
    if (!end->known)
        snprintf(text, sizeof(text), "Slurm lost it");
    else if (end->exit_code == 127 || end->exit_code == 126)
        snprintf(text, sizeof(text),
                 "the courier could not be run on its node (exit code %d): is %.80s there?",
                 end->exit_code,
                 room->site && room->site->supplier.cluster.program[0]
                     ? room->site->supplier.cluster.program
                     : engine->program);
    else
        snprintf(text, sizeof(text), "Slurm ended it before it began: %s, %s, exit code %d",
                 end->state, end->reason, end->exit_code);
    if (!end->known && room->tries > 0)
        room->tries--; /* what Slurm loses is no fault of the job */
    fg_room_failed(engine, room, text);
}

void fg_slurm_take_reports(struct fg_engine *engine, struct fg_site *site)
{
    struct fg_report *report = fg_cluster_take(site->cluster);
    while (report) {
        struct fg_report *next = report->next;
        if (report->kind == FG_REPORT_SUBMITTED)
            take_submitted(engine, site, report);
        else if (report->kind == FG_REPORT_LOOK)
            take_look(engine, site, report);
        else if (report->kind == FG_REPORT_POWER)
            fg_site_tell_power(engine, site, report);
        else
            take_explained(engine, report);
        fg_report_free(report);
        report = next;
    }
}
