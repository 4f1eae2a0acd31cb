/* clock.h - the time, as a thing that is passed in: the live one, or one that a test moves. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fg_clock {
    void *self;
    int64_t (*now_us)(void *self);  /* UTC, may jump */
    int64_t (*mono_us)(void *self); /* never goes back: for durations and timers */
};

const struct fg_clock *fg_clock_system(void);
/* Since this machine began, sleep included. */
int64_t fg_clock_boot_us(void);

/* "2026-11-21T02:36:55Z" (fraction if not 0) into `out` (at least 32 bytes). */
#define FG_TIME_TEXT_MAX 32
void fg_time_format(int64_t time_us, char out[FG_TIME_TEXT_MAX]);
/* ISO 8601 with Z or +hh:mm (a date alone is its midnight).  0, or FG_EINVAL. */
int fg_time_parse(const char *text, int64_t *out_us);
/* The month of a moment, counted from January 1970 (0), and what of that month has passed; and the moment that a month
 * begins (months from year 1 to 9999). */
int64_t fg_time_month(int64_t time_us, int64_t *out_rest_us);
int64_t fg_time_of_month(int64_t month);
/* "90", "90s", "10m", "1.5h", "2d", "1:30:00", "1-00:00:00" (days-hours:...).  0, or FG_EINVAL. */
int fg_duration_parse(const char *text, int64_t *out_us);
/* "1h 30m", "12.3s", "850ms". */
void fg_duration_format(int64_t duration_us, char out[FG_TIME_TEXT_MAX]);
