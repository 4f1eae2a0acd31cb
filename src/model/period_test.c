/* period_test.c - periods of a calendar: worked examples, and every day of two centuries. */
#include "base/clock.h"
#include "model/period.h"
#include "test/tap.h"

#include <string.h>

static void is(enum fg_period period, const char *at, const char *begin, const char *end)
{
    int64_t at_us = 0;
    char text[FG_TIME_TEXT_MAX];
    OK(fg_time_parse(at, &at_us) == 0);
    fg_time_format(fg_period_begin_us(period, at_us), text);
    OK(strncmp(text, begin, 10) == 0 && strcmp(text + 10, "T00:00:00Z") == 0);
    fg_time_format(fg_period_end_us(period, at_us), text);
    OK(strncmp(text, end, 10) == 0 && strcmp(text + 10, "T00:00:00Z") == 0);
}

static void periods_begin_where_the_calendar_says(void)
{
    is(FG_PERIOD_DAY, "2024-02-28T23:59:59Z", "2024-02-28", "2024-02-29");
    is(FG_PERIOD_WEEK, "2026-11-22T23:59:59Z", "2026-11-16", "2026-11-23");
    is(FG_PERIOD_WEEK, "2026-11-23T00:00:00Z", "2026-11-23", "2026-11-30");
    is(FG_PERIOD_MONTH, "2024-02-29T12:00:00Z", "2024-02-01", "2024-03-01");
    is(FG_PERIOD_MONTH, "2026-12-31T23:59:59Z", "2026-12-01", "2027-01-01");
    is(FG_PERIOD_QUARTER, "2026-11-21T12:00:00Z", "2026-10-01", "2027-01-01");
    is(FG_PERIOD_YEAR, "2026-11-21T12:00:00Z", "2026-01-01", "2027-01-01");
    OK(fg_period_begin_us(FG_PERIOD_TOTAL, 1) == 0);
    OK(fg_period_end_us(FG_PERIOD_TOTAL, 1) == INT64_MAX);
    EQ(fg_period_find("quarter"), FG_PERIOD_QUARTER);
    EQ(fg_period_find("month "), -1);
    OK(strcmp(fg_period_name(FG_PERIOD_TOTAL), "total") == 0);
}

/* Each moment is in exactly one period of each kind, and periods follow each other without a gap. */
static void periods_follow_each_other(void)
{
    bool good = true;
    for (int64_t day = 4; day < 200 * 366; day++)
        for (int period = FG_PERIOD_DAY; period <= FG_PERIOD_YEAR; period++) {
            int64_t at = day * FG_DAY_US + 12345;
            int64_t begin = fg_period_begin_us((enum fg_period)period, at),
                    end = fg_period_end_us((enum fg_period)period, at);
            good = good && begin <= at && at < end
                   && fg_period_begin_us((enum fg_period)period, end) == end
                   && fg_period_begin_us((enum fg_period)period, end - 1) == begin;
        }
    OK(good);
}

int main(void)
{
    RUN(periods_begin_where_the_calendar_says);
    RUN(periods_follow_each_other);
    return tap_done();
}
