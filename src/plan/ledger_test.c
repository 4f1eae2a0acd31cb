/* ledger_test.c - parts sum to the whole, whatever is drawn */
#include "plan/ledger.h"

#include "test/tap.h"

#include <string.h>

#define DAY_US INT64_C(86400000000)

static uint64_t state = 5;
static int64_t rnd(int64_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((state >> 11) % (uint64_t)below);
}

static void test_days_sum_to_the_whole(void)
{
    bool all = true, positive = true;
    for (int round = 0; round < 20000; round++) {
        int64_t start = rnd(100 * DAY_US), finish = start + rnd(30 * DAY_US),
                uusd = rnd(INT64_C(1000000000000));
        int64_t sum = 0;
        for (int64_t day = start / DAY_US; day <= finish / DAY_US; day++) {
            int64_t part =
                fg_cost_between(uusd, start, finish, day * DAY_US, (day + 1) * DAY_US);
            positive &= part >= 0;
            sum += part;
        }
        all &= sum == uusd;
    }
    OK(all);
    OK(positive);
    EQ(fg_cost_between(100, 0, 10, 5, 5), 0);
    EQ(fg_cost_between(100, 0, 10, 20, 30), 0);
    EQ(fg_cost_between(INT64_MAX, 0, 30 * DAY_US, 0, 15 * DAY_US), INT64_MAX / 2);
}

static void test_reconcile(void)
{
    int64_t parts[] = {3, 10, 4};
    OK(fg_cost_reconcile(parts, 3, 20));
    EQ(parts[1], 13);
    OK(!fg_cost_reconcile(parts, 3, 24));
    OK(!fg_cost_reconcile(parts, 3, 16));
    EQ(parts[1], 13);
    OK(fg_cost_reconcile(parts, 3, 17));
    EQ(parts[1], 10);
    OK(fg_cost_reconcile(NULL, 0, 0));
    OK(!fg_cost_reconcile(NULL, 0, 1));
}

/* Attempts whose cost was booked by the day as the service does it are its parts: never off by more than rounding. */
static void test_bookings_are_matched(void)
{
    bool all = true;
    for (int round = 0; round < 2000; round++) {
        int64_t day = 50, parts[8], booked = 0;
        size_t len = 1 + (size_t)rnd(8);
        for (size_t i = 0; i < len; i++) {
            int64_t price = 1 + rnd(100000000), start = 49 * DAY_US + rnd(2 * DAY_US),
                    finish = start + 1 + rnd(2 * DAY_US);
            /* as control/budget.c does it */
            int64_t from = start > day * DAY_US ? start : day * DAY_US,
                    to = finish < (day + 1) * DAY_US ? finish : (day + 1) * DAY_US;
            int64_t whole = (int64_t)((__int128)price * (finish - start) / 3600000000);
            if (to > from)
                booked += (int64_t)((__int128)price * (to - start) / 3600000000)
                          - (int64_t)((__int128)price * (from - start) / 3600000000);
            parts[i] = fg_cost_between(whole, start, finish, day * DAY_US, (day + 1) * DAY_US);
        }
        all &= fg_cost_reconcile(parts, len, booked);
        for (size_t i = 0; i < len; i++)
            booked -= parts[i];
        all &= booked == 0;
    }
    OK(all);
}

static void test_lines(void)
{
    FG_AUTO(fg_cost_ledger) struct fg_cost_ledger *ledger = fg_cost_ledger_new();
    struct fg_cost_ledger_line rest = {};
    for (uint64_t key = 1; key <= 100; key++) {
        fg_cost_ledger_at(ledger, key)->used_uusd += (int64_t)key % 10;
        fg_cost_ledger_at(ledger, key)->idle_uusd += 1;
    }
    size_t len;
    fg_cost_ledger_lines(ledger, &len);
    EQ(len, 100);
    fg_cost_ledger_cut(ledger, 10, &rest);
    const struct fg_cost_ledger_line *lines = fg_cost_ledger_lines(ledger, &len);
    EQ(len, 10);
    EQ(lines[0].key, 9);
    EQ(lines[9].key, 99);
    EQ(rest.used_uusd, 450 - 90);
    EQ(rest.idle_uusd, 90);
    fg_cost_ledger_at(ledger, 19)->used_uusd += 5;
    fg_cost_ledger_sort(ledger);
    EQ(fg_cost_ledger_lines(ledger, &len)[0].key, 19);
    EQ(len, 10);
}

int main(void)
{
    RUN(test_days_sum_to_the_whole);
    RUN(test_reconcile);
    RUN(test_bookings_are_matched);
    RUN(test_lines);
    return tap_done();
}
