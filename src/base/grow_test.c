/* grow_test.c - what an array that grows keeps */
#include "base/grow.h"
#include "test/tap.h"

#include <stdint.h>
#include <stdlib.h>

static void elements_stay_and_moves_are_few(void)
{
    uint32_t *items = NULL;
    size_t room = 0, moves = 0, wrong = 0;
    for (uint32_t len = 0; len < 100'000; len++) {
        size_t before = room;
        items = fg_grow(items, len, &room, sizeof(items[0]));
        moves += room != before;
        items[len] = len;
    }
    for (uint32_t i = 0; i < 100'000; i++)
        wrong += items[i] != i;
    EQ(wrong, 0);
    OK(moves < 30);
    free(items);
}

int main(void)
{
    RUN(elements_stay_and_moves_are_few);
    return tap_done();
}
