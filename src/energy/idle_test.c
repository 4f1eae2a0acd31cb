/* idle_test.c - what an empty machine draws: by its own meter, else by its parts, else nobody knows. */
#include "energy/idle.h"

#include "test/tap.h"

#define SECOND 1'000'000LL

/* Readings for so many seconds; what is -1 is not read.  The mean that was told, 0 none. */
static int64_t run(struct fg_idle *idle, int64_t *now_us, const int64_t mw[4])
{
    int64_t told = 0;
    for (int i = 0; i < 50; i++) {
        *now_us += SECOND;
        for (size_t source = 0; source < 4; source++)
            fg_idle_read(idle, source, mw[source], *now_us);
        int64_t taken = fg_idle_take_mw(idle, 2, *now_us);
        told = taken ? taken : told;
    }
    return told;
}

static void by_meter_else_by_parts_else_not_at_all(void)
{
    static const struct {
        const char *why;
        int64_t mw[4];
        int64_t want;
    } cases[] = {
        {"its own meter", {410'000, 90'000, 60'000, 60'000}, 410'000},
        {"its parts", {-1, 90'000, 60'000, 61'000}, 211'000},
        {"a device is not read", {-1, 90'000, 60'000, -1}, 0},
        {"packages are not read", {-1, -1, 60'000, 60'000}, 0},
        {"nothing is read", {-1, -1, -1, -1}, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fg_idle idle = {};
        int64_t now_us = SECOND;
        printf("# %s\n", cases[i].why);
        EQ(run(&idle, &now_us, cases[i].mw), cases[i].want);
    }
}

static void what_it_drew_at_work_does_not_count(void)
{
    struct fg_idle idle = {};
    int64_t now_us = SECOND;
    const int64_t busy[4] = {900'000, -1, -1, -1}, empty[4] = {300'000, -1, -1, -1};
    for (int i = 0; i < 15; i++) /* it cools down */
        fg_idle_read(&idle, FG_IDLE_WHOLE, busy[0], now_us += SECOND);
    EQ(run(&idle, &now_us, empty), 300'000);
    for (int i = 0; i < 10; i++)
        fg_idle_read(&idle, FG_IDLE_WHOLE, busy[0], now_us += SECOND);
    fg_idle_end(&idle); /* work came */
    EQ(fg_idle_take_mw(&idle, 2, now_us + 100 * SECOND), 0);
    EQ(run(&idle, &now_us, empty), 300'000);
}

int main(void)
{
    RUN(by_meter_else_by_parts_else_not_at_all);
    RUN(what_it_drew_at_work_does_not_count);
    return tap_done();
}
