/* human.c - see human.h */
#include "cli/human.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define SECOND ((int64_t)1'000'000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static void two_parts(
    int64_t big, const char *big_unit, int64_t small, const char *small_unit, char *out)
{
    if (small > 0)
        snprintf(out, FG_HUMAN_MAX, "%" PRId64 "%s %" PRId64 "%s", big, big_unit, small,
                 small_unit);
    else
        snprintf(out, FG_HUMAN_MAX, "%" PRId64 "%s", big, big_unit);
}

void fg_human_duration(int64_t us, char out[FG_HUMAN_MAX])
{
    if (us < 0)
        us = 0;
    if (us < SECOND)
        snprintf(out, FG_HUMAN_MAX, "%" PRId64 "ms", us / 1000);
    else if (us < 10 * SECOND)
        snprintf(out, FG_HUMAN_MAX, "%" PRId64 ".%" PRId64 "s", us / SECOND,
                 us % SECOND / 100'000);
    else if (us < MINUTE)
        snprintf(out, FG_HUMAN_MAX, "%" PRId64 "s", us / SECOND);
    else if (us < HOUR)
        two_parts(us / MINUTE, "m", us % MINUTE / SECOND, "s", out);
    else if (us < DAY)
        two_parts(us / HOUR, "h", us % HOUR / MINUTE, "m", out);
    else
        two_parts(us / DAY, "d", us % DAY / HOUR, "h", out);
}

/* One part only: nobody asks for the seconds of two hours ago. */
static void one_part(int64_t us, char *out, size_t size)
{
    static const struct {
        int64_t size;
        char unit;
    } units[] = {{DAY, 'd'}, {HOUR, 'h'}, {MINUTE, 'm'}, {SECOND, 's'}};
    size_t i = 0;
    while (i < 3 && us < units[i].size)
        i++;
    snprintf(out, size, "%" PRId64 "%c", us / units[i].size, units[i].unit);
}

void fg_human_moment(int64_t time_us, int64_t now_us, char out[FG_HUMAN_MAX])
{
    char part[FG_HUMAN_MAX - 8];
    int64_t past = now_us - time_us;
    if (past > -SECOND && past < SECOND) {
        snprintf(out, FG_HUMAN_MAX, "now");
        return;
    }
    one_part(past < 0 ? -past : past, part, sizeof(part));
    snprintf(out, FG_HUMAN_MAX, past < 0 ? "in %s" : "%s ago", part);
}

void fg_human_bytes(uint64_t bytes, char out[FG_HUMAN_MAX])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    if (unit == 0 || value >= 99.95)
        snprintf(out, FG_HUMAN_MAX, "%.0f %s", value, units[unit]);
    else
        snprintf(out, FG_HUMAN_MAX, "%.1f %s", value, units[unit]);
}

void fg_human_mib(int64_t mib, char out[FG_HUMAN_MAX])
{
    fg_human_bytes((uint64_t)(mib < 0 ? 0 : mib) << 20, out);
}

void fg_human_milli(int64_t milli, char out[FG_HUMAN_MAX])
{
    snprintf(out, FG_HUMAN_MAX, "%.15g", (double)milli / 1000);
}

void fg_human_energy(double joules, char out[FG_HUMAN_MAX])
{
    if (joules < 3600)
        snprintf(out, FG_HUMAN_MAX, "%.0f J", joules);
    else if (joules < 3.6e6)
        snprintf(out, FG_HUMAN_MAX, "%.1f Wh", joules / 3600);
    else
        snprintf(out, FG_HUMAN_MAX, "%.2f kWh", joules / 3.6e6);
}

void fg_human_money(int64_t uusd, char out[FG_HUMAN_MAX])
{
    double dollars = (double)uusd / 1e6;
    if (uusd == 0)
        snprintf(out, FG_HUMAN_MAX, "$0");
    else if (dollars > -1 && dollars < 1)
        snprintf(out, FG_HUMAN_MAX, "$%.4f", dollars);
    else
        snprintf(out, FG_HUMAN_MAX, "$%.2f", dollars);
}

void fg_human_mass(double grams, char out[FG_HUMAN_MAX])
{
    if (grams >= 1000)
        snprintf(out, FG_HUMAN_MAX, "%.2f kg", grams / 1000);
    else
        snprintf(out, FG_HUMAN_MAX,
                 grams >= 10    ? "%.0f g"
                 : grams >= 0.1 ? "%.1f g"
                                : "%.4f g",
                 grams);
}
