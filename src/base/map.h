/* map.h - a hash map from numbers to numbers: ids to indexes.
 *
 * Open addressing, so one block of memory; it grows by itself and never shrinks.  The hash is fixed, so
 * the same calls give the same map in every run; there is no iteration, so no order to depend on.
 * Keys are not 0.  Running out of memory ends the process (see arena.h).
 */
#pragma once

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fg_map;

/* Create an empty map with room for `room` keys before it first grows (0 is fine). */
struct fg_map *fg_map_new(size_t room);
void fg_map_free(struct fg_map *map); /* NULL is allowed */
FG_AUTO_DEFINE(fg_map)

/* Set the value of `key`, new or not. */
void fg_map_put(struct fg_map *map, uint64_t key, uint32_t value);
/* True if `key` is there; `*out` (may be NULL) is its value, else it is not touched. */
bool fg_map_get(const struct fg_map *map, uint64_t key, uint32_t *out);
/* True if `key` was there; now it is not. */
bool fg_map_del(struct fg_map *map, uint64_t key);
size_t fg_map_len(const struct fg_map *map);
