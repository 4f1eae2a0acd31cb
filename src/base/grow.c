/* grow.c - see grow.h */
#include "base/grow.h"

#include <stdlib.h>

#define ROOM_MIN 16

void *fg_grow(void *items, size_t len, size_t *room, size_t size)
{
    if (len < *room)
        return items;
    size_t next = *room ? *room + *room / 2 : ROOM_MIN;
    void *grown = reallocarray(items, next, size);
    if (!grown)
        abort();
    *room = next;
    return grown;
}
