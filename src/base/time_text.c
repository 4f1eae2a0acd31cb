/* time_text.c - moments and durations as text; see clock.h
 *
 * The calendar is the Gregorian one, also before it was made.  Years begin in March here, so that the
 * leap day is the last of its year and the months before it have fixed places.
 */
#include "base/clock.h"
#include "base/err.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SECOND          1'000'000ll
#define MINUTE          (60 * SECOND)
#define HOUR            (60 * MINUTE)
#define DAY             (24 * HOUR)
#define DAYS_PER_ERA    146'097                      /* 400 years */
#define DAYS_TO_MARCH_0 719'468                      /* from 0000-03-01 to 1970-01-01 */
#define TIME_MAX        253'402'300'799'999'999ll    /* the end of year 9999 */
#define TIME_MIN        (-62'135'596'800ll * SECOND) /* 0001-01-01 */
#define DURATION_MAX    (100 * 366 * DAY)

struct date {
    int64_t year, month, day;
};

static struct date date_of(int64_t days)
{
    days += DAYS_TO_MARCH_0;
    int64_t era = days / DAYS_PER_ERA, in_era = days % DAYS_PER_ERA;
    int64_t year = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153; /* 0 is March */
    struct date date = {.year = era * 400 + year + (month >= 10),
                        .month = month < 10 ? month + 3 : month - 9,
                        .day = in_year - (153 * month + 2) / 5 + 1};
    return date;
}

static int64_t days_of(struct date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t in_year = (153 * month + 2) / 5 + date.day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + in_year - DAYS_TO_MARCH_0;
}

int64_t fg_time_of_month(int64_t month)
{
    int64_t months = month + 1970 * 12;
    return days_of((struct date){.year = months / 12, .month = months % 12 + 1, .day = 1})
           * DAY;
}

int64_t fg_time_month(int64_t time_us, int64_t *out_rest_us)
{
    int64_t in_day = (time_us % DAY + DAY) % DAY;
    struct date date = date_of((time_us - in_day) / DAY);
    *out_rest_us = (date.day - 1) * DAY + in_day;
    return (date.year - 1970) * 12 + date.month - 1;
}

/* `value` as `width` digits and one more character. */
static char *put(char *at, int64_t value, int width, char after)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[width] = after;
    return at + width + 1;
}

void fg_time_format(int64_t time_us, char out[FG_TIME_TEXT_MAX])
{
    if (time_us > TIME_MAX)
        time_us = TIME_MAX;
    if (time_us < TIME_MIN)
        time_us = TIME_MIN;

    int64_t in_day = (time_us % DAY + DAY) % DAY;
    struct date date = date_of((time_us - in_day) / DAY);
    int64_t fraction = in_day % SECOND;

    char *at = put(out, date.year, 4, '-');
    at = put(at, date.month, 2, '-');
    at = put(at, date.day, 2, 'T');
    at = put(at, in_day / HOUR, 2, ':');
    at = put(at, in_day / MINUTE % 60, 2, ':');
    at = put(at, in_day / SECOND % 60, 2, fraction ? '.' : 'Z');
    if (fraction)
        at = put(at, fraction, 6, 'Z');
    *at = '\0';
}

/* Exactly `width` digits at `*at`, then past them. */
static bool take(const char **at, int width, int64_t *out)
{
    int64_t value = 0;
    for (int i = 0; i < width; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += width;
    *out = value;
    return true;
}

static bool skip(const char **at, char expected)
{
    if (**at != expected)
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct date *out)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (!take(at, 4, &out->year) || !skip(at, '-') || !take(at, 2, &out->month)
        || !skip(at, '-') || !take(at, 2, &out->day))
        return false;
    if (out->year < 1 || out->month < 1 || out->month > 12)
        return false;
    bool leap = out->year % 4 == 0 && (out->year % 100 != 0 || out->year % 400 == 0);
    int64_t last = month_days[out->month - 1] + (out->month == 2 && leap);
    return out->day >= 1 && out->day <= last;
}

/* ".123" as microseconds; further digits are read and dropped. */
static bool take_fraction(const char **at, int64_t *out)
{
    *out = 0;
    if (!skip(at, '.'))
        return true;
    if (!isdigit((unsigned char)**at))
        return false;
    for (int64_t unit = SECOND / 10; isdigit((unsigned char)**at); unit /= 10)
        *out += unit * (*(*at)++ - '0');
    return true;
}

/* "02:36:55.5" or "02:36" as microseconds of the day. */
static bool take_hours(const char **at, int64_t *out)
{
    int64_t hour, minute, second = 0, fraction = 0;
    if (!take(at, 2, &hour) || !skip(at, ':') || !take(at, 2, &minute))
        return false;
    if (skip(at, ':') && (!take(at, 2, &second) || !take_fraction(at, &fraction)))
        return false;
    *out = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
    return hour <= 23 && minute <= 59 && second <= 59;
}

/* "Z" or "+01:00" or "+0100" as microseconds east. */
static bool take_zone(const char **at, int64_t *out)
{
    *out = 0;
    if (skip(at, 'Z') || skip(at, 'z'))
        return true;
    int64_t sign = **at == '-' ? -1 : 1, hour, minute;
    if (!skip(at, '+') && !skip(at, '-'))
        return false;
    if (!take(at, 2, &hour))
        return false;
    skip(at, ':');
    if (!take(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *out = sign * (hour * HOUR + minute * MINUTE);
    return true;
}

int fg_time_parse(const char *text, int64_t *out_us)
{
    struct date date;
    int64_t in_day = 0, east = 0;
    if (!take_date(&text, &date))
        return FG_EINVAL;
    if (*text != '\0') {
        if (!skip(&text, 'T') && !skip(&text, 't') && !skip(&text, ' '))
            return FG_EINVAL;
        if (!take_hours(&text, &in_day) || !take_zone(&text, &east) || *text != '\0')
            return FG_EINVAL;
    }
    *out_us = days_of(date) * DAY + in_day - east;
    return 0;
}

/* Digits, and a fraction, in units of `unit`.  False: no number, or past DURATION_MAX. */
static bool take_amount(const char **at, int64_t *out_whole, double *out_fraction)
{
    if (!isdigit((unsigned char)**at))
        return false;
    int64_t whole = 0;
    for (; isdigit((unsigned char)**at); (*at)++)
        if ((whole = whole * 10 + (**at - '0')) > DURATION_MAX)
            return false;
    *out_whole = whole;
    *out_fraction = 0;
    if (!skip(at, '.'))
        return true;
    if (!isdigit((unsigned char)**at))
        return false;
    for (double unit = 0.1; isdigit((unsigned char)**at); unit /= 10)
        *out_fraction += unit * (*(*at)++ - '0');
    return true;
}

static int64_t take_unit(const char **at)
{
    static const struct {
        const char *name;
        int64_t unit;
    } units[] = {
        {"us", 1},          {"ms", 1000},        {"s", SECOND},      {"sec", SECOND},
        {"second", SECOND}, {"seconds", SECOND}, {"m", MINUTE},      {"min", MINUTE},
        {"minute", MINUTE}, {"minutes", MINUTE}, {"h", HOUR},        {"hour", HOUR},
        {"hours", HOUR},    {"d", DAY},          {"day", DAY},       {"days", DAY},
        {"w", 7 * DAY},     {"week", 7 * DAY},   {"weeks", 7 * DAY},
    };

    while (**at == ' ')
        (*at)++;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t len = strlen(units[i].name);
        if (strncmp(*at, units[i].name, len) == 0 && !isalpha((unsigned char)(*at)[len])) {
            *at += len;
            return units[i].unit;
        }
    }
    return 0;
}

static bool add_amount(int64_t *sum, int64_t whole, double fraction, int64_t unit)
{
    int64_t part;
    if (__builtin_mul_overflow(whole, unit, &part) || __builtin_add_overflow(*sum, part, sum)
        || *sum > DURATION_MAX)
        return false;
    *sum += (int64_t)(fraction * (double)unit + 0.5);
    return *sum <= DURATION_MAX;
}

/* "90", "1.5h", "1h 30m": amounts with units, or one without that is seconds. */
static bool parse_amounts(const char *text, int64_t *out)
{
    *out = 0;
    for (bool first = true; first || *text; first = false) {
        int64_t whole;
        double fraction;
        if (!take_amount(&text, &whole, &fraction))
            return false;
        int64_t unit = take_unit(&text);
        if (unit == 0 && !(first && *text == '\0'))
            return false;
        if (!add_amount(out, whole, fraction, unit ? unit : SECOND))
            return false;
        while (*text == ' ')
            text++;
    }
    return true;
}

/* "m:s", "h:m:s", "d-h", "d-h:m", "d-h:m:s" */
static bool parse_clock(const char *text, int64_t *out)
{
    int64_t days = 0, part[3], len = 0;
    double fraction = 0;
    bool with_days = strchr(text, '-') != NULL;

    if (with_days
        && (!take_amount(&text, &days, &fraction) || fraction > 0 || !skip(&text, '-')))
        return false;
    do {
        if (len == 3 || !take_amount(&text, &part[len++], &fraction))
            return false;
        if (*text == ':' && fraction > 0)
            return false;
    } while (skip(&text, ':'));
    if (*text != '\0' || (fraction > 0 && with_days && len < 3))
        return false;

    /* With days the first part is hours; without, the last is seconds. */
    static const int64_t units[] = {HOUR, MINUTE, SECOND};
    const int64_t *unit = with_days ? units : units + 3 - len;
    *out = 0;
    if (!add_amount(out, days, 0, DAY))
        return false;
    for (int64_t i = 0; i < len; i++)
        if (!add_amount(out, part[i], i + 1 == len ? fraction : 0, unit[i]))
            return false;
    return true;
}

int fg_duration_parse(const char *text, int64_t *out_us)
{
    int64_t sum;
    bool clock_form = strpbrk(text, ":-") != NULL;
    if (!(clock_form ? parse_clock(text, &sum) : parse_amounts(text, &sum)))
        return FG_EINVAL;
    *out_us = sum;
    return 0;
}

void fg_duration_format(int64_t duration_us, char out[FG_TIME_TEXT_MAX])
{
    static const struct {
        int64_t unit;
        const char *name, *next_name;
        int64_t next;
    } forms[] = {{DAY, "d", "h", HOUR}, {HOUR, "h", "m", MINUTE}, {MINUTE, "m", "s", SECOND}};

    const char *sign = duration_us < 0 ? "-" : "";
    uint64_t left = duration_us < 0 ? -(uint64_t)duration_us : (uint64_t)duration_us;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (left < (uint64_t)forms[i].unit)
            continue;
        uint64_t whole = left / (uint64_t)forms[i].unit;
        uint64_t rest = left % (uint64_t)forms[i].unit / (uint64_t)forms[i].next;
        if (rest > 0)
            snprintf(out, FG_TIME_TEXT_MAX, "%s%llu%s %llu%s", sign, (unsigned long long)whole,
                     forms[i].name, (unsigned long long)rest, forms[i].next_name);
        else
            snprintf(out, FG_TIME_TEXT_MAX, "%s%llu%s", sign, (unsigned long long)whole,
                     forms[i].name);
        return;
    }
    unsigned long long seconds = left / SECOND, tenths = left % SECOND / (SECOND / 10);
    if (left >= SECOND && tenths > 0)
        snprintf(out, FG_TIME_TEXT_MAX, "%s%llu.%llus", sign, seconds, tenths);
    else if (left >= SECOND || left == 0)
        snprintf(out, FG_TIME_TEXT_MAX, "%s%llus", sign, seconds);
    else if (left >= 1000)
        snprintf(out, FG_TIME_TEXT_MAX, "%s%llums", sign, (unsigned long long)left / 1000);
    else
        snprintf(out, FG_TIME_TEXT_MAX, "%s%lluus", sign, (unsigned long long)left);
}
