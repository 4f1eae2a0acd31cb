/* room.h - how many tasks of a kind of gang a pool takes, counted once and kept up to date by the pool's log of changes.
 * Inside of schedule/ only. */
#pragma once

#include "schedule/gang.h"

/* How many tasks fit in each way, node by node.  It is about one pool; zeroed it has counted nothing. */
struct room_counter {
    struct fg_gang gang; /* its tasks do not count */
    uint16_t *rooms;     /* [way][node - 1], room for rooms_len; owned */
    size_t nodes_max, rooms_len;
    uint64_t total[FG_WAYS_MAX];
    uint64_t seen; /* up to this change of the pool; 0: nothing */
    uint64_t used; /* the owner's */
};

/* From now on for this gang; nothing is counted yet. */
void fg_room_counter_set(struct room_counter *counter,
                         const struct fg_gang *gang,
                         size_t nodes_max);
void fg_room_counter_free(struct room_counter *counter);
/* Do so many tasks fit?  The pool is always the same one. */
bool fg_room_counter_fits(struct room_counter *counter,
                          const struct fg_pool *pool,
                          uint32_t tasks);
