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

/* -- jobs and idle time against the counter ------------------------------------------------------------------ */

#define TICK_US 10'000LL
#define RUN_S   1800

/* A device of half an hour: jobs of five minutes and what is between them, up to two share it. */
static const struct {
    int begin_s, end_s, milli;
} jobs[] = {{20, 320, 1000},   {350, 560, 300},   {350, 760, 700},   {800, 1100, 1000},
            {1130, 1330, 500}, {1200, 1450, 500}, {1480, 1790, 1000}};
#define JOBS_LEN (sizeof(jobs) / sizeof(jobs[0]))

/* 60 W idle; a job adds its share of some 340, up and down. */
static double watts_at(int64_t us)
{
    double watts = 60;
    for (size_t i = 0; i < JOBS_LEN; i++)
        if (us >= jobs[i].begin_s * SECOND && us < jobs[i].end_s * SECOND)
            watts += (300.0 + (double)(us / 700'000 % 9) * 10) * jobs[i].milli / 1000;
    return watts;
}

/* Shares of devices are booked as the engine does: what all used, by the share that was granted. */
struct book {
    int64_t begin_mj, used_mj;
    double true_mj;
};

/* Readings fail for a minute and a half, the counter restarts, the clock jumps forth and back by an hour. */
static int64_t clock_of(int64_t us)
{
    return us + 1'700'000'000 * SECOND
           + (us >= 1300 * SECOND && us < 1500 * SECOND ? 3600 * SECOND : 0);
}

static bool is_silent(int64_t us)
{
    return us > 620 * SECOND && us < 710 * SECOND;
}

static void play(bool has_counter, struct book books[JOBS_LEN], struct book *all)
{
    struct fg_joules joules = {};
    double counter_mj = 5e9, shown_mj = 0;
    int64_t next_us = 0;
    srand(5);
    for (int64_t us = 0; us < RUN_S * SECOND; us += TICK_US) {
        double watts = watts_at(us);
        if (us == 1000 * SECOND)
            counter_mj = 0;
        if (us % (10 * TICK_US) == 0)
            shown_mj = counter_mj; /* it moves ten times a second */
        if (us >= next_us) {
            if (!is_silent(us))
                fg_joules_read(&joules, clock_of(us), has_counter ? (int64_t)shown_mj : -1,
                               (int64_t)(watts * 1000));
            next_us = us + SECOND + rand() % 20 * TICK_US;
        }
        int64_t used_mj = fg_joules_at(&joules, clock_of(us));
        if (us == 0)
            all->begin_mj = used_mj;
        all->used_mj = used_mj - all->begin_mj;
        all->true_mj += watts * TICK_US / 1000;
        counter_mj += watts * TICK_US / 1000;
        for (size_t i = 0; i < JOBS_LEN; i++) {
            struct book *book = &books[i];
            if (us == jobs[i].begin_s * SECOND)
                book->begin_mj = used_mj;
            if (us == jobs[i].end_s * SECOND)
                book->used_mj = (used_mj - book->begin_mj) * jobs[i].milli / 1000;
            if (us >= jobs[i].begin_s * SECOND && us < jobs[i].end_s * SECOND)
                book->true_mj += watts * TICK_US / 1000 * jobs[i].milli / 1000;
        }
    }
}

/* Thousandths that it is off. */
static int64_t off_milli(const struct book *book)
{
    return (int64_t)(1000 * ((double)book->used_mj / book->true_mj - 1));
}

static void test_jobs_and_idle_sum_to_the_counter(void)
{
    struct book books[JOBS_LEN] = {}, all = {};
    play(true, books, &all);
    OK(llabs(off_milli(&all)) < 10);
    for (size_t i = 0; i < JOBS_LEN; i++)
        if (!OK(llabs(off_milli(&books[i])) < 10))
            printf("#   job %zu is off by %lld/1000\n", i, (long long)off_milli(&books[i]));
}

/* By power alone half a minute of the silence is lost, and a minute is made of the hour that the clock jumped: those who ran
 * then are off, nobody else. */
static void test_power_alone_is_as_good_where_it_was_read(void)
{
    struct book books[JOBS_LEN] = {}, all = {};
    play(false, books, &all);
    OK(llabs(off_milli(&books[0])) < 10);
    OK(llabs(off_milli(&books[1])) < 10);
    OK(llabs(off_milli(&books[3])) < 10);
    OK(llabs(off_milli(&books[6])) < 10);
}

int main(void)
{
    RUN(test_the_counter_is_believed);
    RUN(test_power_is_integrated);
    RUN(test_restarts_jumps_and_lies);
    RUN(test_never_falls);
    RUN(test_jobs_and_idle_sum_to_the_counter);
    RUN(test_power_alone_is_as_good_where_it_was_read);
    return tap_done();
}
