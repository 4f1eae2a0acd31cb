/* usage.c - a ring of hours for each name; see usage.h */
#include "judge/usage.h"

#include "base/grow.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)
#define HOURS   24

struct row {
    char name[FG_NAME_MAX];
    uint64_t key;
    enum fg_usage_by by;
    int64_t since_us, look_us; /* first and last look that added to it */
    struct fg_usage_part now, hours[HOURS];
};

struct fg_usage {
    struct row *rows;
    struct fg_map *by_key; /* in `rows` */
    size_t len, room;
    int64_t look_us, before_us; /* this look, and the one before */
};

static const char *const names[FG_USAGE_BYS] = {"project", "supplier", "node", "class"};

enum fg_usage_by fg_usage_find(const char *name)
{
    unsigned at = 0;
    while (at < FG_USAGE_BYS && strcmp(names[at], name) != 0)
        at++;
    return (enum fg_usage_by)at;
}

struct fg_usage *fg_usage_new(void)
{
    struct fg_usage *usage = calloc(1, sizeof(*usage));
    if (!usage)
        abort();
    usage->by_key = fg_map_new(64);
    return usage;
}

void fg_usage_free(struct fg_usage *usage)
{
    if (!usage)
        return;
    fg_map_free(usage->by_key);
    free(usage->rows);
    free(usage);
}

static uint64_t key_of(enum fg_usage_by by, const char *name)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)by;
    do
        key = (key ^ (unsigned char)*name) * UINT64_C(0x100000001b3); /* FNV-1a */
    while (*name++);
    return key ? key : 1;
}

static void drop(struct fg_usage *usage, size_t at)
{
    struct row *row = &usage->rows[at], *last = &usage->rows[--usage->len];
    fg_map_del(usage->by_key, row->key);
    if (row == last)
        return;
    *row = *last;
    fg_map_put(usage->by_key, row->key, (uint32_t)at);
}

/* Hours of the ring that are begun anew between the two looks. */
static void turn(struct row *row, int64_t from_us, int64_t to_us)
{
    int64_t from = from_us / HOUR_US, to = to_us / HOUR_US;
    if (to - from >= HOURS)
        from = to - HOURS;
    for (int64_t hour = from + 1; hour <= to; hour++)
        row->hours[hour % HOURS] = (struct fg_usage_part){};
}

void fg_usage_look(struct fg_usage *usage, int64_t now_us)
{
    usage->before_us = usage->look_us;
    usage->look_us = now_us;
    for (size_t i = usage->len; i-- > 0;) {
        struct row *row = &usage->rows[i];
        if (now_us - row->look_us >= HOURS * HOUR_US) {
            drop(usage, i);
            continue;
        }
        row->now = (struct fg_usage_part){};
        turn(row, usage->before_us, now_us);
    }
}

static struct row *find(struct fg_usage *usage, enum fg_usage_by by, const char *name)
{
    uint64_t key = key_of(by, name);
    uint32_t at;
    if (fg_map_get(usage->by_key, key, &at))
        return &usage->rows[at];
    usage->rows = fg_grow(usage->rows, usage->len, &usage->room, sizeof(struct row));
    struct row *row = &usage->rows[usage->len];
    *row = (struct row){.key = key, .by = by, .since_us = usage->look_us};
    strncpy(row->name, name, sizeof(row->name) - 1);
    fg_map_put(usage->by_key, key, (uint32_t)usage->len++);
    return row;
}

static void sum(struct fg_usage_part *into, const struct fg_usage_part *part)
{
    into->could_us += part->could_us;
    into->held_us += part->held_us;
    into->busy_us += part->busy_us;
    into->idle_us += part->idle_us;
}

void fg_usage_add(struct fg_usage *usage,
                  enum fg_usage_by by,
                  const char *name,
                  const struct fg_usage_part *part)
{
    struct row *row = find(usage, by, name);
    row->look_us = usage->look_us;
    sum(&row->now, part);
    sum(&row->hours[usage->look_us / HOUR_US % HOURS], part);
}

bool fg_usage_next(const struct fg_usage *usage,
                   enum fg_usage_by by,
                   size_t *at,
                   struct fg_usage_row *out)
{
    while (*at < usage->len && usage->rows[*at].by != by)
        ++*at;
    if (*at >= usage->len)
        return false;
    const struct row *row = &usage->rows[(*at)++];
    int64_t day_us = usage->look_us - HOURS * HOUR_US;
    *out = (struct fg_usage_row){.name = row->name,
                                 .now = row->now,
                                 .look_us = usage->look_us - usage->before_us,
                                 .since_us = row->since_us > day_us ? row->since_us : day_us};
    for (size_t i = 0; i < HOURS; i++)
        sum(&out->day, &row->hours[i]);
    return true;
}
