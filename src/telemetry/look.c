/* look.c - see series.h: the store at one moment, and the curves that are read of it. */
#include "telemetry/store_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

void fg_series_look(struct fg_series *series, struct fg_series_look *out)
{
    pthread_mutex_lock(&series->lock);
    *out = (struct fg_series_look){
        .series = series, .hours_len = series->hours_len, .kept_len = series->kept_len};
    out->hours = must(calloc(out->hours_len + 1, sizeof(struct fg_open_hour *)));
    out->kept = must(calloc(out->kept_len + 1, sizeof(struct fg_kept_block *)));
    for (size_t i = 0; i < out->hours_len; i++) {
        out->hours[i] = series->hours[i];
        out->hours[i]->refs++;
    }
    for (size_t i = 0; i < out->kept_len; i++) {
        out->kept[i] = series->kept[i];
        out->kept[i]->refs++;
    }
    pthread_mutex_unlock(&series->lock);
}

void fg_series_look_free(struct fg_series_look *look)
{
    if (!look->series)
        return;
    pthread_mutex_lock(&look->series->lock);
    for (size_t i = 0; i < look->hours_len; i++)
        fg_open_hour_unref(look->hours[i]);
    for (size_t i = 0; i < look->kept_len; i++)
        fg_kept_block_unref(look->kept[i]);
    pthread_mutex_unlock(&look->series->lock);
    free(look->hours);
    free(look->kept);
    *look = (struct fg_series_look){};
}

bool fg_look_copy(const struct fg_series_look *look,
                  const struct fg_open_hour *open,
                  size_t index,
                  unsigned column,
                  struct fg_hour_copy *out)
{
    pthread_mutex_lock(&look->series->lock);
    bool known = fg_hour_copy(open->hour, index, column, out);
    pthread_mutex_unlock(&look->series->lock);
    return known;
}

size_t fg_look_tracks(const struct fg_series_look *look, const struct fg_open_hour *open)
{
    pthread_mutex_lock(&look->series->lock);
    size_t len = fg_hour_tracks(open->hour);
    pthread_mutex_unlock(&look->series->lock);
    return len;
}

const struct fg_track *fg_look_track(const struct fg_series_look *look,
                                     const struct fg_open_hour *open,
                                     size_t index)
{
    pthread_mutex_lock(&look->series->lock);
    const struct fg_track *track = fg_hour_track(open->hour, index);
    pthread_mutex_unlock(&look->series->lock);
    return track;
}

/* -- curves --------------------------------------------------------------------------------------------------- */

#define NUMBERS 5 /* of a point, the time first */

/* The newest points of a track, gathered from the newest source to the oldest. */
struct curve {
    const struct fg_track *track;
    const unsigned *columns; /* NUMBERS - 1 */
    int64_t (*out)[NUMBERS];
    size_t max, len; /* the newest `len` are at the end of `out` */
    struct fg_bins points[NUMBERS - 1];
};

/* What one source has, before what is there. */
static void prepend(struct curve *curve, const int64_t *times, size_t len)
{
    int64_t first_us = curve->len ? curve->out[curve->max - curve->len][0] : INT64_MAX;
    for (size_t i = len; i-- > 0 && curve->len < curve->max;) {
        if (times[i] >= first_us)
            continue;
        int64_t *point = curve->out[curve->max - ++curve->len];
        point[0] = times[i];
        for (unsigned c = 0; c < NUMBERS - 1; c++)
            point[c + 1] = curve->points[c].len && curve->points[c].buckets[i].count
                               ? curve->points[c].buckets[i].last
                               : -1;
    }
}

/* All columns of a source have the same rows; the times of one that has some. */
static void prepend_points(struct curve *curve)
{
    const struct fg_bins *any = NULL;
    for (unsigned c = 0; c < NUMBERS - 1; c++)
        any = curve->points[c].len ? &curve->points[c] : any;
    if (any)
        prepend(curve, any->times, any->len);
}

static void from_hour(struct curve *curve,
                      const struct fg_series_look *look,
                      const struct fg_open_hour *open)
{
    assert(open);
    struct fg_hour_copy *copies = must(calloc(NUMBERS - 1, sizeof(*copies)));
    bool known[NUMBERS - 1] = {};
    pthread_mutex_lock(&look->series->lock); /* so that all have the same rows */
    size_t index = fg_hour_find(open->hour, curve->track);
    size_t rows = index == SIZE_MAX ? 0 : fg_hour_rows(open->hour, index);
    for (unsigned c = 0; rows && c < NUMBERS - 1; c++)
        known[c] = fg_hour_copy(open->hour, index, curve->columns[c], &copies[c]);
    pthread_mutex_unlock(&look->series->lock);
    int64_t *values = must(calloc(rows + 1, sizeof(*values)));
    for (unsigned c = 0; c < NUMBERS - 1; c++) {
        struct fg_bins *points = &curve->points[c];
        points->len = 0;
        if (!known[c])
            continue;
        fg_bins_reserve(points, rows);
        points->len = fg_hour_copy_read(&copies[c], points->times, values);
        for (size_t i = 0; i < points->len; i++)
            points->buckets[i] = fg_bin_of(values[i], false);
    }
    free(values);
    free(copies);
    prepend_points(curve);
}

static void from_block(struct curve *curve, const struct fg_block *block)
{
    FG_AUTO(fg_block_view) struct fg_block_view view = {};
    int rc = fg_block_view_tracks(block, &view);
    size_t index = rc == 0 ? fg_block_view_find(&view, curve->track) : SIZE_MAX;
    for (unsigned c = 0; index != SIZE_MAX && c < NUMBERS - 1; c++) {
        curve->points[c].len = 0;
        rc = fg_block_view_column(&view, curve->columns[c], false);
        if (rc == 0)
            rc = fg_block_view_read(&view, index, curve->columns[c], &curve->points[c]);
        if (rc < 0)
            curve->points[c].len = 0;
    }
    if (index != SIZE_MAX)
        prepend_points(curve);
}

/* The hour that begins last of those that begin before `start_us`, or with it and were made before `at`; `len`: there is none. */
static size_t hour_before(const struct fg_series_look *look, int64_t start_us, size_t at)
{
    size_t found = look->hours_len;
    for (size_t i = 0; i < look->hours_len; i++) {
        int64_t begin_us = fg_hour_start_us(look->hours[i]->hour);
        bool is_left = begin_us < start_us || (begin_us == start_us && i < at);
        if (is_left
            && (found == look->hours_len
                || begin_us >= fg_hour_start_us(look->hours[found]->hour)))
            found = i;
    }
    return found;
}

/* Hours and blocks from the newest to the oldest; of one start the block is the older one. */
static size_t read_curve(struct fg_series *series, struct curve *curve)
{
    FG_AUTO(fg_series_look) struct fg_series_look look = {};
    fg_series_look(series, &look);
    size_t hour = hour_before(&look, INT64_MAX, 0), kept = look.kept_len;
    while (curve->len < curve->max && (hour < look.hours_len || kept > 0)) {
        int64_t start_us =
            hour < look.hours_len ? fg_hour_start_us(look.hours[hour]->hour) : -1;
        if (kept == 0 || look.kept[kept - 1]->file.start_us <= start_us) {
            from_hour(curve, &look, look.hours[hour]);
            hour = hour_before(&look, start_us, hour);
        } else if (look.kept[--kept]->file.level == FG_LEVEL_RAW)
            from_block(curve, look.kept[kept]->block);
    }
    memmove(curve->out, curve->out + curve->max - curve->len, curve->len * sizeof(*curve->out));
    for (unsigned c = 0; c < NUMBERS - 1; c++)
        fg_bins_free(&curve->points[c]);
    return curve->len;
}

size_t fg_series_job(struct fg_series *series,
                     fg_job_id job,
                     struct fg_job_point *out,
                     size_t max)
{
    static const unsigned columns[] = {FG_SERIES_CPU, FG_SERIES_MEM, FG_READING_BUSY,
                                       FG_READING_MEM_USED};
    _Static_assert(sizeof(*out) == NUMBERS * sizeof(int64_t), "five numbers");
    struct fg_track track = {.job = job};
    struct curve curve = {
        .track = &track, .columns = columns, .out = (int64_t(*)[NUMBERS])out, .max = max};
    return read_curve(series, &curve);
}

size_t fg_series_device(struct fg_series *series,
                        const char *node,
                        const char *device,
                        struct fg_device_point *out,
                        size_t max)
{
    static const unsigned columns[] = {FG_READING_BUSY, FG_READING_MEM_USED, FG_READING_POWER,
                                       FG_READING_TEMP};
    _Static_assert(sizeof(*out) == NUMBERS * sizeof(int64_t), "five numbers");
    struct fg_track track = {};
    snprintf(track.node, sizeof(track.node), "%s", node);
    snprintf(track.device, sizeof(track.device), "%s", device);
    struct curve curve = {
        .track = &track, .columns = columns, .out = (int64_t(*)[NUMBERS])out, .max = max};
    return read_curve(series, &curve);
}
