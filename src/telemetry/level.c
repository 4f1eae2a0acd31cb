/* level.c - see level.h */
#include "telemetry/level.h"

#include <stdlib.h>

#define MINUTE_US INT64_C(60000000)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)
#define TIERS     3

static const struct {
    const char *name;
    int64_t bucket_us, spans_us[TIERS];
    size_t periods;
} levels[FG_LEVELS] = {
    [FG_LEVEL_RAW] = {"raw",
                      0,
                      {HOUR_US},
                      25}, /* the begun ones aside, a day, a month, two years */
    [FG_LEVEL_MINUTE] = {"minute", MINUTE_US, {HOUR_US, DAY_US}, 31},
    [FG_LEVEL_HOUR] = {"hour", HOUR_US, {HOUR_US, DAY_US, 32 * DAY_US}, 24},
};

const char *fg_level_name(enum fg_level level)
{
    return levels[level].name;
}

int64_t fg_level_bucket_us(enum fg_level level)
{
    return levels[level].bucket_us;
}

int64_t fg_level_span_us(enum fg_level level, unsigned tier)
{
    return tier < TIERS ? levels[level].spans_us[tier] : 0;
}

size_t fg_level_periods(enum fg_level level)
{
    return levels[level].periods;
}

void fg_bins_free(struct fg_bins *points)
{
    free(points->times);
    free(points->buckets);
    *points = (struct fg_bins){};
}

void fg_bins_reserve(struct fg_bins *points, size_t len)
{
    if (len <= points->room)
        return;
    size_t room = points->room * 2 > len ? points->room * 2 : len;
    points->times = realloc(points->times, room * sizeof(*points->times));
    points->buckets = realloc(points->buckets, room * sizeof(*points->buckets));
    if (!points->times || !points->buckets)
        abort();
    points->room = room;
}

struct fg_bin fg_bin_of(int64_t value, bool counts)
{
    return value == -1 ? (struct fg_bin){}
                       : (struct fg_bin){1, value, value, value, .sum = counts ? 0 : value};
}

int64_t fg_bin_growth(const struct fg_bin *before, const struct fg_bin *next)
{
    /* It began there, unless it was set back within; then from 0. */
    int64_t first = next->last > next->sum ? next->last - next->sum : 0;
    return first >= before->last ? first - before->last : first;
}

void fg_bin_join(struct fg_bin *bucket, const struct fg_bin *next, bool counts)
{
    if (next->count == 0)
        return;
    if (bucket->count == 0) {
        *bucket = *next;
        return;
    }
    int64_t add = counts ? fg_bin_growth(bucket, next) : 0;
    bucket->sum = (int64_t)((uint64_t)bucket->sum + (uint64_t)next->sum + (uint64_t)add);
    bucket->count += next->count;
    bucket->min = next->min < bucket->min ? next->min : bucket->min;
    bucket->max = next->max > bucket->max ? next->max : bucket->max;
    bucket->last = next->last;
}

void fg_level_roll(enum fg_level level,
                   bool counts,
                   const struct fg_bins *in,
                   struct fg_bins *out)
{
    int64_t width_us = levels[level].bucket_us;
    size_t from = out->len;
    fg_bins_reserve(out, out->len + in->len);
    for (size_t i = 0; i < in->len; i++) {
        int64_t start_us = width_us ? in->times[i] - in->times[i] % width_us : in->times[i];
        if (out->len == from || out->times[out->len - 1] != start_us) {
            out->times[out->len] = start_us;
            out->buckets[out->len++] = in->buckets[i];
        } else
            fg_bin_join(&out->buckets[out->len - 1], &in->buckets[i], counts);
    }
}

struct moment {
    int64_t time_us;
    size_t index;
};

static int by_time(const void *a, const void *b)
{
    const struct moment *left = a, *right = b;
    if (left->time_us != right->time_us)
        return left->time_us < right->time_us ? -1 : 1;
    return left->index < right->index ? -1 : left->index > right->index;
}

void fg_bins_order(struct fg_bins *points, bool first, bool counts)
{
    size_t sorted = 1;
    while (sorted < points->len && points->times[sorted] > points->times[sorted - 1])
        sorted++;
    if (sorted >= points->len)
        return;
    struct moment *order = malloc(points->len * sizeof(*order));
    struct fg_bins out = {};
    if (!order)
        abort();
    fg_bins_reserve(&out, points->len);
    for (size_t i = 0; i < points->len; i++)
        order[i] = (struct moment){points->times[i], i};
    qsort(order, points->len, sizeof(*order), by_time);
    for (size_t i = 0; i < points->len; i++) {
        const struct fg_bin *next = &points->buckets[order[i].index];
        if (out.len && out.times[out.len - 1] == order[i].time_us) {
            struct fg_bin *bucket = &out.buckets[out.len - 1];
            if (!first || bucket->count == 0)
                fg_bin_join(bucket, next, counts);
        } else {
            out.times[out.len] = order[i].time_us;
            out.buckets[out.len++] = *next;
        }
    }
    free(order);
    fg_bins_free(points);
    *points = out;
}
