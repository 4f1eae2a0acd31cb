/* migrate_inner.h - what the search over sets of moves and the placing of one set share; see migrate.h. */
#pragma once

#include "schedule/migrate.h"

/* Places a gang and what moves for it. */
struct fg_placing;

struct fg_placing *fg_placing_new(struct fg_pool *pool,
                                  const struct fg_gang *gang,
                                  const struct fg_movable *movable,
                                  size_t movable_len);
void fg_placing_free(struct fg_placing *placing);

/* Does the gang fit, and do all of `jobs`, whose grants are released in the pool?  `room` is the gang's room with
 * them gone.  The alternative of the gang, or -1; the pool is as it was. */
int fg_placing_try(struct fg_placing *placing,
                   const struct fg_gang_room *room,
                   const uint32_t *jobs,
                   size_t len);

/* What the last successful try found; jobs that would stay where they are are left out. */
struct fg_migration *fg_placing_result(const struct fg_placing *placing,
                                       const uint32_t *jobs,
                                       size_t len,
                                       int alternative);
