/* reservation.c - see reservation.h */
#include "model/reservation.h"

#include "base/clock.h"
#include "model/names.h"

#include <string.h>

#define DAY_US 86'400'000'000LL

static const char *const repeats[] = {"none", "daily", "weekly"};

const char *fg_repeat_name(enum fg_repeat repeat)
{
    return repeats[repeat];
}

int fg_repeat_find(const char *name)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(repeats[i], name) == 0)
            return i;
    return -1;
}

static int64_t period_us(const struct fg_advance *advance)
{
    return advance->repeat == FG_REPEAT_DAILY    ? DAY_US
           : advance->repeat == FG_REPEAT_WEEKLY ? 7 * DAY_US
                                                 : 0;
}

/* FNV-1a. */
uint64_t fg_advance_key(const char *name)
{
    uint64_t hash = 0xcbf2'9ce4'8422'2325u;
    if (!name || !name[0])
        return 0;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100'0000'01b3u;
    return hash | 1;
}

bool fg_advance_at(const struct fg_advance *advance,
                   int64_t now_us,
                   int64_t *out_start_us,
                   int64_t *out_end_us)
{
    int64_t period = period_us(advance), passed = 0;
    if (now_us >= advance->end_us) {
        if (!period)
            return false;
        passed = ((now_us - advance->end_us) / period + 1) * period;
    }
    *out_start_us = advance->start_us + passed;
    *out_end_us = advance->end_us + passed;
    return true;
}

/* Does any time of `b` meet [start, end)? */
static bool meets(const struct fg_advance *b, int64_t start_us, int64_t end_us)
{
    int64_t from_us, to_us;
    return fg_advance_at(b, start_us, &from_us, &to_us) && from_us < end_us;
}

bool fg_advance_overlaps(const struct fg_advance *a, const struct fg_advance *b)
{
    if (!a->repeat)
        return meets(b, a->start_us, a->end_us);
    if (!b->repeat)
        return meets(a, b->start_us, b->end_us);
    /* Both come again: within a week of the time that both have begun all is said. */
    int64_t from_us = a->start_us > b->start_us ? a->start_us : b->start_us;
    int64_t start_us, end_us, until_us = from_us + 8 * DAY_US;
    for (; fg_advance_at(a, from_us, &start_us, &end_us) && start_us < until_us;
         from_us = end_us)
        if (meets(b, start_us, end_us))
            return true;
    return false;
}

static bool share_devices(const struct fg_advance *a, const struct fg_advance *b)
{
    for (size_t i = 0; i < a->places_len; i++)
        for (size_t k = 0; k < b->places_len; k++) {
            const struct fg_advance_place *x = &a->places[i], *y = &b->places[k];
            if (x->node == y->node && ((x->devices & y->devices) || !x->devices))
                return true;
        }
    return false;
}

bool fg_advance_conflicts(const struct fg_advance *a, const struct fg_advance *b)
{
    return fg_advance_overlaps(a, b) && share_devices(a, b);
}

int fg_advance_check(const struct fg_advance *advance, int64_t now_us, struct fg_err *err)
{
    int64_t period = period_us(advance), start_us, end_us;
    int rc = fg_name_check("reservation", advance->name, err);
    if (rc < 0)
        return rc;
    if (advance->start_us <= 0 || advance->end_us <= advance->start_us)
        return fg_fail(err, FG_EINVAL, "reservation %s: it ends before it starts",
                       advance->name);
    if (period && advance->end_us - advance->start_us > period)
        return fg_fail(err, FG_EINVAL, "reservation %s: %s, and longer than that lasts",
                       advance->name, fg_repeat_name(advance->repeat));
    if (!fg_advance_at(advance, now_us, &start_us, &end_us)) {
        char text[FG_TIME_TEXT_MAX];
        fg_time_format(advance->end_us, text);
        return fg_fail(err, FG_EINVAL, "reservation %s: its end, %s, has passed", advance->name,
                       text);
    }
    return 0;
}
