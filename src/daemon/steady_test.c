/* steady_test.c - time that neither jumps nor goes back, whatever is done to the wall clock. */
#include "daemon/steady.h"

#include "test/tap.h"

#define SECOND_US 1000000LL
#define HOUR_US   (3600 * SECOND_US)
#define WALL_US   (1700000000LL * SECOND_US)

static void test_it_is_the_wall_clock_while_that_is_right(void)
{
    struct fg_steady steady;
    fg_steady_init(&steady, WALL_US, 5);
    EQ(fg_steady_now_us(&steady, WALL_US, 5), WALL_US);
    EQ(fg_steady_now_us(&steady, WALL_US + 7, 12), WALL_US + 7);
    EQ(fg_steady_now_us(&steady, WALL_US + HOUR_US, HOUR_US + 5), WALL_US + HOUR_US);
}

static void test_a_jump_is_followed_slowly(void)
{
    static const int64_t jumps_us[] = {HOUR_US, -HOUR_US, 300 * SECOND_US, -1000};
    for (size_t i = 0; i < sizeof(jumps_us) / sizeof(jumps_us[0]); i++) {
        struct fg_steady steady;
        fg_steady_init(&steady, WALL_US, 0);
        int64_t before_us = WALL_US, now_us = WALL_US, worst = 0;
        for (int64_t boot_us = SECOND_US; boot_us <= 11 * HOUR_US; boot_us += SECOND_US) {
            now_us = fg_steady_now_us(&steady, WALL_US + jumps_us[i] + boot_us, boot_us);
            int64_t off = now_us - before_us - SECOND_US;
            worst = off > worst ? off : -off > worst ? -off : worst;
            before_us = now_us;
        }
        OK(worst <= SECOND_US / 10);
        EQ(now_us, WALL_US + jumps_us[i] + 11 * HOUR_US); /* and in the end it is right */
    }
}

static void test_it_never_goes_back(void)
{
    struct fg_steady steady;
    fg_steady_init(&steady, WALL_US, 1000);
    int64_t before_us = WALL_US;
    unsigned seed = 7;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525 + 1013904223;
        int64_t wall_us = (int64_t)(seed % 100) * HOUR_US * 1000; /* nonsense */
        int64_t boot_us = steady.boot_us + (int64_t)(seed >> 16) % 2000 - 500;
        int64_t now_us = fg_steady_now_us(&steady, wall_us, boot_us);
        if (now_us < before_us && !OK(now_us >= before_us))
            return;
        before_us = now_us;
    }
    OK(before_us > WALL_US);
}

static void test_no_time_passes_between_two_looks_at_once(void)
{
    struct fg_steady steady;
    fg_steady_init(&steady, WALL_US, 1000);
    EQ(fg_steady_now_us(&steady, WALL_US + HOUR_US, 1000), WALL_US);
    EQ(fg_steady_now_us(&steady, WALL_US - HOUR_US, 1000), WALL_US);
    EQ(fg_steady_now_us(&steady, 0, 1010), WALL_US + 9);
}

/* Was the clock set?  It differs by so much for so long, read once a second. */
static bool is_left(int64_t off_us, int64_t seconds)
{
    struct fg_steady steady;
    fg_steady_init(&steady, WALL_US, 0);
    for (int64_t at_us = SECOND_US; at_us <= seconds * SECOND_US; at_us += SECOND_US)
        (void)fg_steady_now_us(&steady, WALL_US + off_us + at_us, at_us);
    return fg_steady_is_left(&steady);
}

static void test_a_clock_that_was_set_is_known(void)
{
    OK(!is_left(0, 100));
    OK(!is_left(HOUR_US, 4));
    OK(is_left(HOUR_US, 5));
    OK(is_left(-3 * HOUR_US, 5));
    OK(!is_left(60 * SECOND_US, 100)); /* that is made up for */
    struct fg_steady steady;
    fg_steady_init(&steady, WALL_US, 0);
    for (int64_t at_us = SECOND_US; at_us <= 60 * SECOND_US; at_us += SECOND_US) {
        bool is_odd = at_us / SECOND_US % 4 != 0; /* it does not stay there */
        (void)fg_steady_now_us(&steady, WALL_US + is_odd * HOUR_US + at_us, at_us);
        if (fg_steady_is_left(&steady) && !OK(!fg_steady_is_left(&steady)))
            return;
    }
}

int main(void)
{
    RUN(test_it_is_the_wall_clock_while_that_is_right);
    RUN(test_a_jump_is_followed_slowly);
    RUN(test_it_never_goes_back);
    RUN(test_no_time_passes_between_two_looks_at_once);
    RUN(test_a_clock_that_was_set_is_known);
    return tap_done();
}
