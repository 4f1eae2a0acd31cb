/* errand.c - a courier is silent, and nobody of ours is on its node: somebody is sent to look.
 *
 * A courier that was killed leaves on its node how its tasks ended, and any other courier of ours there tells us
 * (link/courier_heir.c).  Where there is none the smallest room on that node brings one.  It costs Slurm one job of a
 * second, and work that is done is not done again.  The lease does not wait for it; giving up a room that Slurm saw end does.
 */
#include "slurm/inner.h"

#include <stdio.h>
#include <string.h>

#define SILENT_US                                                                              \
    (5 * INT64_C(1000000)) /* after our start: couriers that live have called by then */
#define PAUSE_US (30 * INT64_C(1000000)) /* to the next errand, if nobody came there */
#define KEEP_US  (30 * INT64_C(1000000)) /* Slurm may begin it so late */
#define MEM_MIB  256
#define MINUTES  2
#define GRACE_S  30

/* Somebody of ours is there, or on the way. */
static bool has_somebody(const struct fg_engine *engine,
                         const struct fg_site *site,
                         const char *node)
{
    for (size_t i = 0; i < engine->rooms_len; i++) {
        const struct fg_room *room = engine->rooms[i];
        if (room->site != site || room->state == FG_ROOM_OVER)
            continue;
        if (room->is_errand && strcmp(room->nodes[0], node) == 0)
            return true;
        for (uint32_t k = 0; k < room->couriers_len; k++) {
            const struct fg_room_courier *courier = &room->couriers[k];
            if (courier->is_here && !courier->is_gone && !courier->is_silent
                && strcmp(courier->node, node) == 0)
                return true;
        }
    }
    return false;
}

static void send_errand(struct fg_engine *engine,
                        struct fg_site *site,
                        const struct fg_slurm_node_at *node,
                        int64_t now_us)
{
    const struct fg_cluster_terms *terms = &site->supplier.cluster;
    struct fg_room *room = fg_room_new(engine, site->supplier.name, 1);
    struct fg_shape *shape = &room->shape;
    room->nodes = fg_slurm_zeroed(sizeof(*room->nodes));
    room->node_names = fg_slurm_zeroed(sizeof(*room->node_names));
    snprintf(room->nodes[0], FG_NAME_MAX, "%s", node->name);
    room->node_names[0] = room->nodes[0];
    *shape = (struct fg_shape){.nodes = room->node_names,
                               .nodes_len = 1,
                               .cpus = 1,
                               .mem_mib = MEM_MIB,
                               .minutes = MINUTES,
                               .grace_s = GRACE_S};
    snprintf(shape->partition, sizeof(shape->partition), "%s",
             terms->partition[0] ? terms->partition : node->look.node.partition);
    fg_shape_hash(shape, room->hash);
    room->lease_us = terms->lease_us;
    room->is_errand = true;
    room->keep_us = now_us + KEEP_US;
}

static bool is_missed(const struct fg_engine *engine,
                      const struct fg_room *room,
                      const struct fg_room_courier *courier,
                      int64_t now_us)
{
    if (courier->is_gone || courier->was_looked_for || !courier->node[0])
        return false;
    if (courier->is_here)
        return courier->is_silent;
    return room->was_bound && now_us - engine->made_us > SILENT_US;
}

static void look_for(struct fg_engine *engine, const struct fg_room *room, int64_t now_us)
{
    struct fg_site *site = room->site;
    for (uint32_t i = 0; i < room->couriers_len; i++) {
        struct fg_room_courier *courier = &room->couriers[i];
        const struct fg_slurm_node_at *node = fg_site_node(site, courier->node);
        if (!node || !is_missed(engine, room, courier, now_us)
            || (courier->errand_us && now_us - courier->errand_us < PAUSE_US)
            || has_somebody(engine, site, courier->node))
            continue;
        courier->errand_us = now_us;
        send_errand(engine, site, node, now_us);
    }
}

/* Whoever was sent says goodbye when all that it found there was told. */
static bool is_on_errand(const struct fg_room *errand, const char *node)
{
    bool is_open = errand->state != FG_ROOM_OVER || errand->here_len > errand->gone_len;
    return errand->is_errand && is_open && errand->gone_len == 0
           && strcmp(errand->nodes[0], node) == 0;
}

bool fg_slurm_is_looked_for(const struct fg_engine *engine, const struct fg_room *room)
{
    for (size_t i = 0; i < engine->rooms_len; i++)
        for (uint32_t k = 0; k < room->couriers_len; k++)
            if (engine->rooms[i]->site == room->site
                && is_on_errand(engine->rooms[i], room->couriers[k].node))
                return true;
    return false;
}

void fg_slurm_errand_is_over(const struct fg_engine *engine, const struct fg_room *errand)
{
    for (size_t i = 0; i < engine->rooms_len; i++)
        for (uint32_t k = 0; k < engine->rooms[i]->couriers_len; k++) {
            struct fg_room_courier *courier = &engine->rooms[i]->couriers[k];
            courier->was_looked_for |= engine->rooms[i]->site == errand->site
                                       && courier->errand_us
                                       && strcmp(errand->nodes[0], courier->node) == 0;
        }
}

void fg_slurm_run_errands(struct fg_engine *engine)
{
    int64_t now_us = fg_slurm_now_us();
    for (size_t i = engine->rooms_len; i-- > 0;) {
        const struct fg_room *room = engine->rooms[i];
        const struct fg_site *site = room->site;
        if (room->running && site && site->is_up && !site->supplier.paused
            && room->state != FG_ROOM_OVER)
            look_for(engine, room, now_us);
    }
}
