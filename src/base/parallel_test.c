/* parallel_test.c */
#include "base/parallel.h"

#include "test/tap.h"

#include <stdatomic.h>

#define MANY 1000

static atomic_int times[MANY];

static void count(void *self, size_t at)
{
    atomic_fetch_add((atomic_int *)self + at, 1);
}

static void each_is_done_once(void)
{
    static const size_t threads[] = {0, 1, 2, 7, FG_PARALLEL_MAX + 9};
    int rounds = 0;
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        fg_parallel(MANY, threads[i], count, times);
        rounds++;
        int wrong = 0;
        for (size_t at = 0; at < MANY; at++)
            wrong += atomic_load(&times[at]) != rounds;
        EQ(wrong, 0);
    }
    fg_parallel(0, 4, count, times);
    EQ(atomic_load(&times[0]), rounds);
}

int main(void)
{
    RUN(each_is_done_once);
    return tap_done();
}
