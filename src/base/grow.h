/* grow.h - an array that takes one more */
#pragma once

#include <stddef.h>

/* Room for element `len` of `items`, which has room for `*room` of `size` bytes: where it is full it is
   moved to half as much room again.  Returns the array, the caller's to free(); `items` is NULL at first.  Out of
   memory ends the process (arena.h says why). */
[[nodiscard]] void *fg_grow(void *items, size_t len, size_t *room, size_t size);
