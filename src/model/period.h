/* period.h - the calendar of budgets: days, weeks from Monday (ISO 8601), months, quarters and years, all in UTC. */
#pragma once

#include <stdint.h>

#define FG_DAY_US 86400000000LL

enum fg_period {
    FG_PERIOD_TOTAL, /* one without an end */
    FG_PERIOD_DAY,
    FG_PERIOD_WEEK,
    FG_PERIOD_MONTH,
    FG_PERIOD_QUARTER,
    FG_PERIOD_YEAR,
};

const char *fg_period_name(enum fg_period period); /* "total", "day", ... */
int fg_period_find(const char *name);              /* the period, or -1 */
/* When the one that holds `time_us` (not before 1970) began, and when the next begins (INT64_MAX: never). */
int64_t fg_period_begin_us(enum fg_period period, int64_t time_us);
int64_t fg_period_end_us(enum fg_period period, int64_t time_us);
