/* time_text_test.c - moments and durations, to text and back */
#include "base/clock.h"
#include "base/err.h"
#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define S 1'000'000ll
#define H (3600 * S)
#define D (24 * H)

static void the_system_clock_goes_on(void)
{
    const struct fg_clock *clock = fg_clock_system();
    int64_t mono = clock->mono_us(clock->self);
    OK(clock->now_us(clock->self) > 1'700'000'000 * S);
    OK(clock->mono_us(clock->self) >= mono);
}

static void months_are_counted(void)
{
    static const struct {
        const char *text;
        int64_t month, rest_us;
    } rows[] = {
        {"1970-01-01", 0, 0},
        {"1969-12-31T23:00Z", -1, 30 * D + 23 * H},
        {"2024-02-29T12:00Z", 649, 28 * D + 12 * H},
        {"0001-01-01", -1969 * 12, 0},
        {"9999-12-31", 8029 * 12 + 11, 30 * D},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t moment = 0, rest_us = 0;
        EQ(fg_time_parse(rows[i].text, &moment), 0);
        EQ(fg_time_month(moment, &rest_us), rows[i].month);
        EQ(rest_us, rows[i].rest_us);
        EQ(fg_time_of_month(rows[i].month) + rest_us, moment);
    }
}

static void moments_are_read(void)
{
    static const struct {
        const char *text;
        int rc;
        int64_t want;
    } rows[] = {
        {"1970-01-01", 0, 0},
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2026-11-21T02:36:55Z", 0, 1'795'228'615 * S},
        {"2026-11-21t02:36:55.25z", 0, 1'795'228'615 * S + 250'000},
        {"2026-11-21 03:36:55+01:00", 0, 1'795'228'615 * S},
        {"2026-11-20T21:06:55-0530", 0, 1'795'228'615 * S},
        {"2026-11-21T02:36Z", 0, 1'795'228'560 * S},
        {"2024-02-29", 0, 1'709'164'800 * S},
        {"2023-02-29", FG_EINVAL, 0},
        {"2100-02-29", FG_EINVAL, 0},
        {"2026-13-01", FG_EINVAL, 0},
        {"2026-00-01", FG_EINVAL, 0},
        {"2026-04-31", FG_EINVAL, 0},
        {"2026-11-21T24:00:00Z", FG_EINVAL, 0},
        {"2026-11-21T02:60:00Z", FG_EINVAL, 0},
        {"2026-11-21T02:36:55", FG_EINVAL, 0}, /* no zone: whose hour is it? */
        {"2026-11-21T02:36:55.Z", FG_EINVAL, 0},
        {"2026-11-21T02:36:55Zx", FG_EINVAL, 0},
        {"2026-11-21T02:36:55+25:00", FG_EINVAL, 0},
        {"now", FG_EINVAL, 0},
        {"", FG_EINVAL, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("# \"%s\"\n", rows[i].text);
        int64_t us = 0;
        EQ(fg_time_parse(rows[i].text, &us), rows[i].rc);
        EQ(us, rows[i].want);
    }
}

static void moments_agree_with_the_library(void)
{
    unsigned seed = 3;
    int wrong = 0;
    for (int i = 0; i < 50'000; i++) {
        int64_t seconds = ((int64_t)rand_r(&seed) << 20 ^ rand_r(&seed)) % 253'402'300'800ll;
        char ours[FG_TIME_TEXT_MAX], theirs[FG_TIME_TEXT_MAX];
        time_t moment = (time_t)seconds;
        struct tm parts;
        gmtime_r(&moment, &parts);
        strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &parts);
        fg_time_format(seconds * S, ours);
        int64_t back = 0;
        wrong +=
            fg_time_parse(ours, &back) != 0 || back != seconds * S || strcmp(ours, theirs) != 0;
    }
    EQ(wrong, 0);
}

static void moments_out_of_range_stay_in_their_room(void)
{
    char text[FG_TIME_TEXT_MAX];
    fg_time_format(INT64_MAX, text);
    OK(strcmp(text, "9999-12-31T23:59:59.999999Z") == 0);
    fg_time_format(INT64_MIN, text);
    OK(strcmp(text, "0001-01-01T00:00:00Z") == 0);
    fg_time_format(-1, text);
    OK(strcmp(text, "1969-12-31T23:59:59.999999Z") == 0);
}

static void durations_are_read(void)
{
    static const struct {
        const char *text;
        int64_t want; /* -1: refused */
    } rows[] = {
        {"90", 90 * S},
        {"90s", 90 * S},
        {"10m", 600 * S},
        {"1.5h", 5400 * S},
        {"2d", 2 * D},
        {"1w", 7 * D},
        {"250ms", 250'000},
        {"3us", 3},
        {"1:30:00", 5400 * S},
        {"10:30", 630 * S},
        {"1-00:00:00", D},
        {"1-12", 36 * H},
        {"2-01:30", 2 * D + 5400 * S},
        {"1h30m", 5400 * S},
        {"1h 30m", 5400 * S},
        {"2 hours", 2 * H},
        {"0", 0},
        {"0.5", 500'000},
        {"1:00.5", 60'500'000},
        {"", -1},
        {"x", -1},
        {"-5", -1},
        {"1:", -1},
        {"1h30", -1},
        {"1:2:3:4", -1},
        {"5 parsecs", -1},
        {"1.", -1},
        {"99999999999999999999d", -1},
        {"999999d", -1},
        {"1-", -1},
        {"1.5:30", -1},
        {"1 2", -1},
        {"1-1.5", -1},
        {":30", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printf("# \"%s\"\n", rows[i].text);
        int64_t us = -1;
        EQ(fg_duration_parse(rows[i].text, &us), rows[i].want < 0 ? FG_EINVAL : 0);
        EQ(us, rows[i].want);
    }
}

static void durations_are_written(void)
{
    static const struct {
        int64_t us;
        const char *want;
    } rows[] = {{0, "0s"},
                {7, "7us"},
                {850'000, "850ms"},
                {12'300'000, "12.3s"},
                {90 * S, "1m 30s"},
                {2 * H, "2h"},
                {5400 * S, "1h 30m"},
                {2 * D, "2d"},
                {-90 * S, "-1m 30s"},
                {INT64_MIN, NULL},
                {INT64_MAX, NULL}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[FG_TIME_TEXT_MAX];
        fg_duration_format(rows[i].us, text);
        OK(!rows[i].want || strcmp(text, rows[i].want) == 0);
    }
}

int main(void)
{
    RUN(the_system_clock_goes_on);
    RUN(months_are_counted);
    RUN(moments_are_read);
    RUN(moments_agree_with_the_library);
    RUN(moments_out_of_range_stay_in_their_room);
    RUN(durations_are_read);
    RUN(durations_are_written);
    return tap_done();
}
