/* grid.c - see grid.h */
#include "energy/grid.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US      3'600'000'000LL
#define NAME_LEN_MAX 64

/* Along names with dots between, up to the end or to "[]"; `out_rest` is what is behind.  NULL: there is nothing. */
static const struct fg_doc *walk(const struct fg_doc *doc,
                                 const char *path,
                                 const char **out_rest)
{
    while (doc && *path && strncmp(path, "[]", 2) != 0) {
        char name[NAME_LEN_MAX];
        path += *path == '.';
        size_t len = strcspn(path, ".[");
        if (len >= sizeof(name))
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        doc = len > 0 ? fg_doc_get(doc, name) : doc;
        path += len;
        if (*path == '[' && path[1] != ']')
            return NULL;
    }
    *out_rest = path;
    return doc;
}

static bool number_at(const struct fg_doc *doc, const char *path, double unit, int64_t *out)
{
    const char *rest;
    const struct fg_doc *found = walk(doc, path, &rest);
    if (!found || *rest || (found->kind != FG_DOC_INT && found->kind != FG_DOC_REAL))
        return false;
    double value = found->real * unit;
    if (!(value >= 0 && value <= FG_GRID_VALUE_MAX))
        return false;
    *out = llround(value);
    return true;
}

static bool moment_at(const struct fg_doc *doc, const char *path, int64_t *out)
{
    const char *rest;
    const struct fg_doc *found = walk(doc, path, &rest);
    return found && !*rest && found->kind == FG_DOC_TEXT
           && fg_time_parse(found->text, out) == 0;
}

/* In its place by time; of one moment the later one counts. */
static void put(struct fg_grid_points *points, int64_t time_us, int64_t value)
{
    size_t at = points->len;
    while (at > 0 && points->time_us[at - 1] > time_us)
        at--;
    if (at > 0 && points->time_us[at - 1] == time_us) {
        points->value[at - 1] = value;
        return;
    }
    if (points->len == FG_GRID_POINTS_MAX)
        return;
    size_t behind = points->len++ - at;
    memmove(&points->time_us[at + 1], &points->time_us[at],
            behind * sizeof(points->time_us[0]));
    memmove(&points->value[at + 1], &points->value[at], behind * sizeof(points->value[0]));
    points->time_us[at] = time_us;
    points->value[at] = value;
}

/* Both paths go through the same list. */
static void read_list(const struct fg_doc *list,
                      const struct fg_grid_paths *paths,
                      int64_t now_us,
                      struct fg_grid_points *out)
{
    const char *values = strstr(paths->values, "[]") + 2, *times = strstr(paths->times, "[]");
    int64_t hour_us = now_us / HOUR_US * HOUR_US, time_us, value;
    for (const struct fg_doc *item = list->first; item; item = item->next, hour_us += HOUR_US) {
        time_us = hour_us;
        if (number_at(item, values, paths->unit, &value)
            && (!paths->times[0] || (times && moment_at(item, times + 2, &time_us))))
            put(out, time_us, value);
    }
}

int fg_grid_read(const struct fg_doc *answer,
                 const struct fg_grid_paths *paths,
                 int64_t now_us,
                 struct fg_grid_points *out,
                 struct fg_err *err)
{
    const char *rest = "";
    const struct fg_doc *found = walk(answer, paths->values, &rest);
    int64_t time_us = now_us, value;
    out->len = 0;
    if (found && *rest && found->kind == FG_DOC_LIST)
        read_list(found, paths, now_us, out);
    else if (number_at(answer, paths->values, paths->unit, &value)
             && (!paths->times[0] || moment_at(answer, paths->times, &time_us)))
        put(out, time_us, value);
    return out->len > 0 ? 0
                        : fg_fail(err, FG_EINVAL, "no number with its moment at %s, %s",
                                  paths->values, paths->times[0] ? paths->times : "-");
}

size_t fg_grid_hours(const struct fg_grid_points *points,
                     int64_t now_us,
                     int64_t stale_us,
                     int64_t out[FG_GRID_HOURS_MAX])
{
    int64_t hour_us = now_us - now_us % HOUR_US;
    size_t at = 0, len = 0;
    if (points->len == 0 || points->time_us[points->len - 1] < now_us - stale_us)
        return 0;
    int64_t last = points->value[0];
    do {
        int64_t sum = 0, count = 0;
        for (; at < points->len && points->time_us[at] < hour_us + HOUR_US; at++) {
            last = points->value[at];
            if (points->time_us[at] < hour_us)
                continue;
            sum += last;
            count++;
        }
        out[len++] = count ? sum / count : last;
        hour_us += HOUR_US;
    } while (at < points->len && len < FG_GRID_HOURS_MAX);
    return len;
}
