/* joules_test.c - energy from counters and from power, with gaps, restarts, clock jumps and lies. */
#include "probe/joules.h"
#include "test/tap.h"

#include <stdlib.h>

#define SECOND 1000000LL

static void test_the_counter_is_believed(void)
{
    struct fg_joules joules = {};
    fg_joules_read(&joules, SECOND, 5000000, 300000);
    EQ(joules.used_mj, 5000000);
    fg_joules_read(&joules, 2 * SECOND, 5290000, 300000);
    EQ(joules.used_mj, 5290000);
    /* An hour unheard: the counter knows. */
    fg_joules_read(&joules, 3602 * SECOND, 5290000 + 3600 * 250000, 300000);
    EQ(joules.used_mj, 5290000 + 3600 * 250000);
    OK(joules.is_counted);
}

static void test_power_is_integrated(void)
{
    struct fg_joules joules = {};
    for (int i = 1; i <= 101; i++)
        fg_joules_read(&joules, i * SECOND / 3, -1, i % 2 ? 200000 : 100000);
    OK(llabs(joules.used_mj - 100 * 150000 / 3)
       <= 1); /* a third of a second is no whole number of us */
    /* Unheard for an hour: a minute of it is counted. */
    int64_t before = joules.used_mj;
    fg_joules_read(&joules, 101 * SECOND / 3 + 3600 * SECOND, -1, 200000);
    EQ(joules.used_mj - before, 60 * 200000);
    OK(!joules.is_counted);
    int64_t last = joules.used_mj, now = joules.time_us;
    EQ(fg_joules_at(&joules, now + SECOND / 2), last + 100000);
    EQ(fg_joules_at(&joules, now - SECOND), last);
    EQ(fg_joules_at(&joules, now + 3600 * SECOND), last);
}

static void test_restarts_jumps_and_lies(void)
{
    struct fg_joules joules = {};
    fg_joules_read(&joules, 10 * SECOND, 900000, 100000);
    fg_joules_read(&joules, 11 * SECOND, 50, 100000); /* the driver was loaded anew */
    EQ(joules.used_mj, 1000000);
    fg_joules_read(&joules, 12 * SECOND, 100050, 100000);
    EQ(joules.used_mj, 1100000);
    fg_joules_read(&joules, 5 * SECOND, 200050, 100000); /* the clock went back */
    EQ(joules.used_mj, 1100000);
    fg_joules_read(&joules, 6 * SECOND, 300050, 100000); /* the counter went on */
    EQ(joules.used_mj, 1300000);
    fg_joules_read(&joules, 7 * SECOND, INT64_C(1) << 50, 100000); /* absurd */
    EQ(joules.used_mj, 1400000);
    fg_joules_read(&joules, 8 * SECOND, -1, INT64_C(1) << 40);
    EQ(joules.used_mj, 1400000);
    fg_joules_read(&joules, 8 * SECOND, -1, 100000); /* the same moment twice */
    EQ(joules.used_mj, 1400000);
}

/* Whatever comes: it never falls, and never grows faster than the most that is believed. */
static void test_never_falls(void)
{
    srand(7);
    struct fg_joules joules = {};
    int64_t now = SECOND, fell = 0, fast = 0;
    for (int i = 0; i < 100000; i++) {
        now += rand() % 5 ? rand() % (3 * SECOND) : rand() % (200 * SECOND) - 100 * SECOND;
        now = now < 1 ? 1 : now;
        int64_t before = joules.used_mj, last = joules.time_us;
        fg_joules_read(&joules, now, rand() % 4 ? rand() % 100000000 : -1,
                       rand() % 4 ? rand() % 40000000 : -1);
        fell += joules.used_mj < before;
        int64_t span = now > last ? now - last : 0;
        fast += i > 0 && joules.used_mj - before > (span / 1000 + 1000) * FG_JOULES_WATTS_MAX;
    }
    EQ(fell, 0);
    EQ(fast, 0);
}

int main(void)
{
    RUN(test_the_counter_is_believed);
    RUN(test_power_is_integrated);
    RUN(test_restarts_jumps_and_lies);
    RUN(test_never_falls);
    return tap_done();
}
