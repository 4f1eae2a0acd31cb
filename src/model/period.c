/* period.c - see period.h */
#include "model/period.h"

#include <string.h>
#include <time.h>

static const char *const names[] = {"total", "day", "week", "month", "quarter", "year"};
#define PERIODS ((int)(sizeof(names) / sizeof(names[0])))

const char *fg_period_name(enum fg_period period)
{
    return names[period];
}

int fg_period_find(const char *name)
{
    for (int i = 0; i < PERIODS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* The first day of a month, counted from January 1900; one beyond December is of a later year. */
static int64_t month_us(int year, int month)
{
    struct tm tm = {.tm_year = year, .tm_mon = month, .tm_mday = 1};
    return (int64_t)timegm(&tm) * 1000000;
}

/* The period that holds the moment, or so many after it. */
static int64_t nth_us(enum fg_period period, int64_t time_us, int after)
{
    time_t seconds = (time_t)(time_us / 1000000);
    int64_t day = time_us / FG_DAY_US;
    struct tm tm = {};
    gmtime_r(&seconds, &tm);
    switch (period) {
    case FG_PERIOD_DAY:
        return (day + after) * FG_DAY_US;
    case FG_PERIOD_WEEK: /* 1970-01-01 was a Thursday */
        return ((day + 3) / 7 * 7 - 3 + 7LL * after) * FG_DAY_US;
    case FG_PERIOD_MONTH:
        return month_us(tm.tm_year, tm.tm_mon + after);
    case FG_PERIOD_QUARTER:
        return month_us(tm.tm_year, tm.tm_mon / 3 * 3 + 3 * after);
    case FG_PERIOD_YEAR:
        return month_us(tm.tm_year + after, 0);
    default:
        return after ? INT64_MAX : 0;
    }
}

int64_t fg_period_begin_us(enum fg_period period, int64_t time_us)
{
    return nth_us(period, time_us, 0);
}

int64_t fg_period_end_us(enum fg_period period, int64_t time_us)
{
    return nth_us(period, time_us, 1);
}
