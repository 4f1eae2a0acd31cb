/* room.c - see room.h */
#include "schedule/room.h"

#include <stdlib.h>
#include <string.h>

void fg_room_counter_set(struct room_counter *counter,
                         const struct fg_gang *gang,
                         size_t nodes_max)
{
    size_t len = (gang->ways_len > FG_ANY_OF_MAX ? gang->ways_len : FG_ANY_OF_MAX) * nodes_max;
    uint16_t *rooms = counter->rooms_len == len ? counter->rooms : NULL;
    if (!rooms) {
        free(counter->rooms);
        rooms = malloc(len * sizeof(rooms[0]));
        if (!rooms)
            abort();
    }
    memset(rooms, 0, len * sizeof(rooms[0]));
    *counter = (struct room_counter){
        .gang = *gang, .rooms = rooms, .nodes_max = nodes_max, .rooms_len = len};
}

void fg_room_counter_free(struct room_counter *counter)
{
    free(counter->rooms);
    *counter = (struct room_counter){};
}

static void count_node(struct room_counter *counter,
                       const struct fg_pool *pool,
                       fg_node_id node)
{
    bool is_up = fg_pool_node(pool, node)->state == FG_NODE_UP;
    for (size_t i = 0; i < counter->gang.ways_len; i++) {
        struct fg_need need;
        uint16_t *kept = &counter->rooms[i * counter->nodes_max + node - 1];
        uint32_t room = is_up && fg_gang_need(&counter->gang, i, &need)
                            ? fg_pool_room(pool, node, &need, false)
                            : 0;
        uint16_t is = room < UINT16_MAX ? (uint16_t)room : UINT16_MAX;
        counter->total[i] += (uint64_t)is - *kept;
        *kept = is;
    }
}

/* Count what has changed since; false: that is not known any more. */
static bool catch_up(struct room_counter *counter, const struct fg_pool *pool)
{
    uint64_t last = fg_pool_changes(pool);
    if (counter->seen == 0 || last - counter->seen > fg_pool_len(pool))
        return false;
    for (uint64_t number = counter->seen + 1; number <= last; number++) {
        fg_node_id node = fg_pool_change_at(pool, number);
        if (node == 0)
            return false;
        if (fg_pool_changed(pool, node) == number)
            count_node(counter, pool, node);
    }
    return true;
}

bool fg_room_counter_fits(struct room_counter *counter,
                          const struct fg_pool *pool,
                          uint32_t tasks)
{
    if (!catch_up(counter, pool))
        for (fg_node_id node = 1; node <= fg_pool_len(pool); node++)
            count_node(counter, pool, node);
    counter->seen = fg_pool_changes(pool);
    for (size_t i = 0; i < counter->gang.ways_len; i++)
        if (counter->total[i] >= tasks)
            return true;
    return false;
}
