/* levels.c - see levels.h */
#include "demand/levels.h"

#include "demand/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS      1'000LL
#define HOUR_MS 3'600'000LL

/* What is to be told of one hour. */
struct part {
    int64_t hour, running_us, waiting_us, shift_us, refused_us;
};

struct line {
    struct fg_level_key key;
    int64_t running_milli, waiting_milli, at_ms;
    bool changed; /* the store does not know */
    struct part *parts;
    size_t parts_len, parts_room;
};

struct fg_levels {
    struct line *lines; /* by number in `names` */
    size_t len, room;
    struct fg_names *names;
    uint32_t *touched; /* lines with something to tell, each once */
    size_t touched_len, touched_room;
    bool *is_touched; /* by line; as long as `lines` */
    size_t changed_len;
};

struct fg_levels *fg_levels_new(void)
{
    struct fg_levels *levels = calloc(1, sizeof(*levels));
    if (!levels)
        abort();
    levels->names = fg_names_new();
    return levels;
}

void fg_levels_free(struct fg_levels *levels)
{
    if (!levels)
        return;
    for (size_t i = 0; i < levels->len; i++)
        free(levels->lines[i].parts);
    fg_names_free(levels->names);
    free(levels->lines);
    free(levels->touched);
    free(levels->is_touched);
    free(levels);
}

static void *grow(void *items, size_t len, size_t *room, size_t size)
{
    if (len < *room)
        return items;
    *room = *room ? *room * 2 : 16;
    items = reallocarray(items, *room, size);
    if (!items)
        abort();
    return items;
}

/* -- lines ------------------------------------------------------------------------------------------- */

static void add_line(struct fg_levels *levels, const struct fg_level_key *key)
{
    size_t room = levels->room;
    levels->lines = grow(levels->lines, levels->len, &levels->room, sizeof(levels->lines[0]));
    levels->is_touched = grow(levels->is_touched, levels->len, &room, sizeof(bool));
    levels->is_touched[levels->len] = false;
    levels->lines[levels->len++] = (struct line){.key = *key};
}

static struct line *find_line(struct fg_levels *levels,
                              const struct fg_level_key *key,
                              bool add)
{
    char text[FG_KIND_MAX + 16];
    int len = snprintf(text, sizeof(text), "%u %s", key->project, key->kind);
    uint32_t number;
    if (!fg_names_find(levels->names, text, (size_t)len, &number)) {
        if (!add)
            return NULL;
        number = fg_names_put(levels->names, text, (size_t)len);
        add_line(levels, key);
    }
    return &levels->lines[number];
}

/* Kinds are words of users: there may be any number of them. */
static struct line *bounded_line(struct fg_levels *levels, const struct fg_level_key *key)
{
    struct fg_level_key other = {.project = key->project, .kind = "other"};
    struct line *line = find_line(levels, key, levels->len < FG_LEVELS_LINES_MAX);
    return line ? line : find_line(levels, &other, true);
}

static void touch(struct fg_levels *levels, struct line *line)
{
    uint32_t number = (uint32_t)(line - levels->lines);
    if (levels->is_touched[number])
        return;
    levels->is_touched[number] = true;
    levels->touched = grow(levels->touched, levels->touched_len, &levels->touched_room,
                           sizeof(levels->touched[0]));
    levels->touched[levels->touched_len++] = number;
}

static void change(struct fg_levels *levels, struct line *line)
{
    touch(levels, line);
    levels->changed_len += !line->changed;
    line->changed = true;
}

/* Hours come mostly in order: the newest is last. */
static struct part *part_of(struct line *line, int64_t hour)
{
    for (size_t i = line->parts_len; i-- > 0;)
        if (line->parts[i].hour == hour)
            return &line->parts[i];
    line->parts = grow(line->parts, line->parts_len, &line->parts_room, sizeof(line->parts[0]));
    line->parts[line->parts_len] = (struct part){.hour = hour};
    return &line->parts[line->parts_len++];
}

static int64_t divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

/* `milli` from one moment to another, cut into hours. */
static void spread(
    struct line *line, int64_t from_ms, int64_t to_ms, int64_t milli, size_t member)
{
    while (from_ms < to_ms && milli) {
        int64_t hour = divide(from_ms, HOUR_MS), end_ms = (hour + 1) * HOUR_MS;
        end_ms = end_ms < to_ms ? end_ms : to_ms;
        int64_t *sum = (int64_t *)(void *)((char *)part_of(line, hour) + member);
        *sum += milli * (end_ms - from_ms);
        from_ms = end_ms;
    }
}

static void count_until(struct line *line, int64_t now_us)
{
    int64_t now_ms = divide(now_us, MS);
    if (now_ms <= line->at_ms)
        return;
    spread(line, line->at_ms, now_ms, line->running_milli, offsetof(struct part, running_us));
    spread(line, line->at_ms, now_ms, line->waiting_milli, offsetof(struct part, waiting_us));
    line->at_ms = now_ms;
}

/* -- changes ----------------------------------------------------------------------------------------- */

void fg_levels_restore(struct fg_levels *levels, const struct fg_level_row *row, int64_t now_us)
{
    struct line *line = bounded_line(levels, &row->key);
    count_until(line, now_us);
    line->at_ms = divide(row->at_us, MS);
    line->running_milli = row->running_milli;
    line->waiting_milli = row->waiting_milli;
    count_until(line, now_us);
    line->running_milli = line->waiting_milli = 0;
    change(levels, line);
}

static struct line *changing(struct fg_levels *levels,
                             const struct fg_level_key *key,
                             int64_t now_us)
{
    struct line *line = bounded_line(levels, key);
    count_until(line, now_us);
    change(levels, line);
    return line;
}

void fg_levels_run(struct fg_levels *levels,
                   const struct fg_level_key *key,
                   int64_t more_milli,
                   int64_t now_us)
{
    if (more_milli)
        changing(levels, key, now_us)->running_milli += more_milli;
}

void fg_levels_wait(struct fg_levels *levels,
                    const struct fg_level_key *key,
                    int64_t more_milli,
                    int64_t now_us)
{
    if (more_milli)
        changing(levels, key, now_us)->waiting_milli += more_milli;
}

void fg_levels_ran(struct fg_levels *levels,
                   const struct fg_level_key *key,
                   int64_t milli,
                   int64_t waited_us,
                   int64_t begun_us,
                   int64_t now_us)
{
    int64_t from_ms = divide(begun_us, MS), to_ms = divide(now_us, MS), by_ms = waited_us / MS;
    if (by_ms <= 0 || to_ms <= from_ms || !milli)
        return;
    struct line *line = changing(levels, key, now_us);
    spread(line, from_ms - by_ms, to_ms - by_ms, milli, offsetof(struct part, shift_us));
    spread(line, from_ms, to_ms, -milli, offsetof(struct part, shift_us));
}

void fg_levels_refused(struct fg_levels *levels,
                       const struct fg_level_key *key,
                       int64_t milli,
                       int64_t now_us)
{
    struct line *line = bounded_line(levels, key);
    struct part *part = part_of(line, divide(divide(now_us, MS), HOUR_MS));
    if (line->at_ms == 0)
        line->at_ms = divide(now_us, MS);
    if (milli * HOUR_MS > part->refused_us)
        part->refused_us = milli * HOUR_MS;
    touch(levels, line);
}

void fg_levels_calm(struct fg_levels *levels)
{
    for (size_t i = 0; i < levels->touched_len; i++)
        levels->lines[levels->touched[i]].changed = false;
    levels->changed_len = 0;
}

/* -- telling ----------------------------------------------------------------------------------------- */

bool fg_levels_changed(const struct fg_levels *levels)
{
    return levels->changed_len > 0;
}

static int tell_line(struct line *line,
                     int (*level)(void *self, const struct fg_level_row *row),
                     int (*hour)(void *self, const struct fg_level_hour *hour),
                     void *self)
{
    struct fg_level_row row = {.key = line->key,
                               .running_milli = line->running_milli,
                               .waiting_milli = line->waiting_milli,
                               .at_us = line->at_ms * MS};
    int rc = level(self, &row);
    for (size_t i = 0; rc >= 0 && i < line->parts_len; i++) {
        const struct part *part = &line->parts[i];
        struct fg_level_hour told = {.key = line->key,
                                     .hour = part->hour,
                                     .running_us = part->running_us,
                                     .waiting_us = part->waiting_us,
                                     .shift_us = part->shift_us,
                                     .refused_us = part->refused_us};
        if (part->running_us || part->waiting_us || part->shift_us || part->refused_us)
            rc = hour(self, &told);
    }
    line->parts_len = 0;
    line->changed = false;
    return rc;
}

int fg_levels_flush(struct fg_levels *levels,
                    int64_t now_us,
                    int (*level)(void *self, const struct fg_level_row *row),
                    int (*hour)(void *self, const struct fg_level_hour *hour),
                    void *self)
{
    int rc = 0;
    for (size_t i = 0; i < levels->touched_len; i++) {
        struct line *line = &levels->lines[levels->touched[i]];
        count_until(line, now_us);
        if (rc >= 0)
            rc = tell_line(line, level, hour, self);
        levels->is_touched[levels->touched[i]] = false;
    }
    levels->touched_len = levels->changed_len = 0;
    return rc < 0 ? rc : 0;
}

void fg_levels_each(const struct fg_levels *levels,
                    void (*tell)(void *self,
                                 const struct fg_level_key *key,
                                 int64_t running_milli,
                                 int64_t waiting_milli),
                    void *self)
{
    for (size_t i = 0; i < levels->len; i++) {
        const struct line *line = &levels->lines[i];
        if (line->running_milli || line->waiting_milli)
            tell(self, &line->key, line->running_milli, line->waiting_milli);
    }
}

void fg_levels_sum(const struct fg_levels *levels,
                   int64_t *out_running_milli,
                   int64_t *out_waiting_milli)
{
    *out_running_milli = *out_waiting_milli = 0;
    for (size_t i = 0; i < levels->len; i++) {
        *out_running_milli += levels->lines[i].running_milli;
        *out_waiting_milli += levels->lines[i].waiting_milli;
    }
}
