/* levels_test.c - levels, counted by the hour as they change */
#include "demand/levels.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>

#define MS       1'000LL
#define HOUR     3'600'000'000LL
#define MINUTE   60'000'000LL
#define BEGIN_US (490'000 * HOUR)
#define HOURS    40

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return *seed >> 33;
}

/* What a store would have. */
struct books {
    int64_t running_us[2][HOURS], waiting_us[2][HOURS], shift_us[2][HOURS],
        refused_us[2][HOURS];
    struct fg_level_row rows[2];
    size_t told;
    int rc;
};

static int take_level(void *self, const struct fg_level_row *row)
{
    struct books *books = self;
    books->rows[row->key.project] = *row;
    books->told++;
    return books->rc;
}

static int take_hour(void *self, const struct fg_level_hour *hour)
{
    struct books *books = self;
    uint32_t line = hour->key.project;
    int64_t at = hour->hour - BEGIN_US / HOUR;
    if (at < 0 || at >= HOURS)
        return -1;
    books->running_us[line][at] += hour->running_us;
    books->waiting_us[line][at] += hour->waiting_us;
    books->shift_us[line][at] += hour->shift_us;
    if (hour->refused_us > books->refused_us[line][at])
        books->refused_us[line][at] = hour->refused_us;
    return 0;
}

/* Random changes, flushes and restarts, against counting minute by minute. */
static void sums_equal_brute_force(void)
{
    uint64_t seed = 3;
    bool is_equal = true;
    for (int round = 0; round < 50; round++) {
        struct fg_levels *levels = fg_levels_new();
        struct books books = {};
        int64_t want_running[2][HOURS] = {}, want_waiting[2][HOURS] = {};
        int64_t running[2] = {}, waiting[2] = {}, now_us = BEGIN_US;
        for (int minute = 0; minute < HOURS * 60; minute++, now_us += MINUTE) {
            uint32_t line = (uint32_t)(draw(&seed) % 2);
            struct fg_level_key key = {.project = line, .kind = "h100"};
            int64_t more = (int64_t)(draw(&seed) % 3000) - 1000;
            if (draw(&seed) % 20 == 0 && running[line] + more >= 0) {
                fg_levels_run(levels, &key, more, now_us);
                running[line] += more;
            }
            if (draw(&seed) % 20 == 0 && waiting[line] + more >= 0) {
                fg_levels_wait(levels, &key, more, now_us);
                waiting[line] += more;
            }
            if (fg_levels_changed(levels)) /* as control does: nothing changes unwritten */
                is_equal &= fg_levels_flush(levels, now_us, take_level, take_hour, &books) == 0;
            if (draw(&seed) % 200 == 0) { /* killed; started again, and all is counted anew */
                fg_levels_free(levels);
                levels = fg_levels_new();
                for (uint32_t i = 0; i < 2; i++) {
                    struct fg_level_key at = {.project = i, .kind = "h100"};
                    if (books.rows[i].at_us)
                        fg_levels_restore(levels, &books.rows[i], now_us);
                    fg_levels_run(levels, &at, running[i], now_us);
                    fg_levels_wait(levels, &at, waiting[i], now_us);
                }
                fg_levels_calm(levels);
                is_equal &= !fg_levels_changed(levels);
            }
            for (uint32_t i = 0; i < 2; i++) {
                want_running[i][minute / 60] += running[i] * 60'000;
                want_waiting[i][minute / 60] += waiting[i] * 60'000;
            }
        }
        for (uint32_t i = 0; i < 2; i++) {
            struct fg_level_key key = {.project = i, .kind = "h100"};
            fg_levels_run(levels, &key, 1, now_us); /* the last stretch is told with it */
        }
        is_equal &= fg_levels_flush(levels, now_us, take_level, take_hour, &books) == 0;
        is_equal &= memcmp(books.running_us, want_running, sizeof(want_running)) == 0;
        is_equal &= memcmp(books.waiting_us, want_waiting, sizeof(want_waiting)) == 0;
        fg_levels_free(levels);
    }
    OK(is_equal);
}

static void what_waited_is_moved_to_when_it_was_wanted(void)
{
    FG_AUTO(fg_levels) struct fg_levels *levels = fg_levels_new();
    struct fg_level_key key = {.project = 1, .kind = "h100"};
    struct books books = {};
    fg_levels_run(levels, &key, 2000, BEGIN_US + 3 * HOUR);
    fg_levels_run(levels, &key, -2000, BEGIN_US + 5 * HOUR);
    fg_levels_ran(levels, &key, 2000, 150 * MINUTE, BEGIN_US + 3 * HOUR, BEGIN_US + 5 * HOUR);
    EQ(fg_levels_flush(levels, BEGIN_US + 5 * HOUR, take_level, take_hour, &books), 0);
    static const int64_t want[] = {60, 120, 60, 0, 0}; /* device-minutes */
    for (size_t i = 0; i < 5; i++)
        EQ((books.running_us[1][i] + books.shift_us[1][i]) / MINUTE, want[i]);
    OK(!fg_levels_changed(levels));
    fg_levels_ran(levels, &key, 2000, 0, BEGIN_US, BEGIN_US + HOUR); /* did not wait */
    OK(!fg_levels_changed(levels));
}

static void of_refusals_the_greatest_of_an_hour_counts(void)
{
    FG_AUTO(fg_levels) struct fg_levels *levels = fg_levels_new();
    struct fg_level_key key = {.project = 1, .kind = "h100"};
    struct books books = {};
    for (int i = 0; i < 100; i++)
        fg_levels_refused(levels, &key, 4000 + (i == 50 ? 4000 : 0), BEGIN_US + i * MINUTE);
    OK(!fg_levels_changed(levels)); /* they can wait */
    fg_levels_run(levels, &key, 1000, BEGIN_US + 2 * HOUR);
    EQ(fg_levels_flush(levels, BEGIN_US + 2 * HOUR, take_level, take_hour, &books), 0);
    EQ(books.refused_us[1][0], 8 * HOUR);
    EQ(books.refused_us[1][1], 4 * HOUR);
    EQ(books.running_us[1][0] + books.running_us[1][1], 0);
}

static void time_that_goes_back_is_not_counted_twice(void)
{
    FG_AUTO(fg_levels) struct fg_levels *levels = fg_levels_new();
    struct fg_level_key key = {.project = 1, .kind = "h100"};
    struct books books = {};
    fg_levels_run(levels, &key, 1000, BEGIN_US + 60 * MINUTE);
    fg_levels_run(levels, &key, 1000, BEGIN_US + 30 * MINUTE);
    fg_levels_run(levels, &key, -2000, BEGIN_US + 90 * MINUTE);
    EQ(fg_levels_flush(levels, BEGIN_US + 90 * MINUTE, take_level, take_hour, &books), 0);
    EQ(books.running_us[1][0], 0);
    EQ(books.running_us[1][1], HOUR);
}

static void lines_are_bounded(void)
{
    FG_AUTO(fg_levels) struct fg_levels *levels = fg_levels_new();
    struct books books = {};
    for (int i = 0; i < FG_LEVELS_LINES_MAX + 500; i++) {
        struct fg_level_key key = {.project = 1};
        snprintf(key.kind, sizeof(key.kind), "made-up-%d", i);
        fg_levels_wait(levels, &key, 1, BEGIN_US);
    }
    int64_t running, waiting;
    fg_levels_sum(levels, &running, &waiting);
    EQ(waiting, FG_LEVELS_LINES_MAX + 500);
    EQ(fg_levels_flush(levels, BEGIN_US, take_level, take_hour, &books), 0);
    EQ(books.told, FG_LEVELS_LINES_MAX + 1);
    OK(strcmp(books.rows[1].key.kind, "other") == 0);
    books.rc = -7;
    struct fg_level_key first = {.project = 1, .kind = "made-up-0"}; /* has a line of its own */
    fg_levels_wait(levels, &first, -1, BEGIN_US);
    EQ(fg_levels_flush(levels, BEGIN_US, take_level, take_hour, &books), -7);
    OK(strcmp(books.rows[1].key.kind, "made-up-0") == 0);
}

static void add_line(void *self,
                     const struct fg_level_key *key,
                     int64_t running_milli,
                     int64_t waiting_milli)
{
    int64_t *sums = self;
    sums[0] += running_milli * key->project;
    sums[1] += waiting_milli * key->project;
    sums[2]++;
}

static void lines_at_which_nothing_happens_are_left_out(void)
{
    FG_AUTO(fg_levels) struct fg_levels *levels = fg_levels_new();
    struct fg_level_key one = {.project = 1, .kind = "h100"},
                        two = {.project = 2, .kind = "any"},
                        over = {.project = 3, .kind = "a100"};
    int64_t sums[3] = {};
    fg_levels_run(levels, &one, 2000, BEGIN_US);
    fg_levels_wait(levels, &one, 500, BEGIN_US);
    fg_levels_wait(levels, &two, 3000, BEGIN_US);
    fg_levels_run(levels, &over, 1000, BEGIN_US);
    fg_levels_run(levels, &over, -1000, BEGIN_US + MINUTE);
    fg_levels_each(levels, add_line, sums);
    EQ(sums[0], 2000);
    EQ(sums[1], 500 + 2 * 3000);
    EQ(sums[2], 2);
}

int main(void)
{
    RUN(sums_equal_brute_force);
    RUN(what_waited_is_moved_to_when_it_was_wanted);
    RUN(of_refusals_the_greatest_of_an_hour_counts);
    RUN(time_that_goes_back_is_not_counted_twice);
    RUN(lines_are_bounded);
    RUN(lines_at_which_nothing_happens_are_left_out);
    return tap_done();
}
