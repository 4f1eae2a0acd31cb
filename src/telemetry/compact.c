/* compact.c - see compact.h */
#include "telemetry/compact.h"

#include <stdlib.h>
#include <string.h>

/* -- an hour ------------------------------------------------------------------------------------------------ */

struct ordered {
    const struct fg_track *track;
    size_t index;
};

static int by_track(const void *a, const void *b)
{
    const struct ordered *left = a, *right = b;
    return fg_track_compare(left->track, right->track);
}

/* Room for the rows of one track, used again for the next. */
struct room {
    struct fg_hour_copy copy;
    int64_t *values;
    struct fg_bins rows, rolled;
};

/* A column of a track, rolled; its times are in `room->rolled` as well. */
static void read_column(unsigned column, enum fg_level level, struct room *room)
{
    bool counts = fg_series_column_counts(column);
    size_t len = fg_hour_copy_read(&room->copy, room->rows.times, room->values);
    for (size_t i = 0; i < len; i++)
        room->rows.buckets[i] = fg_bin_of(room->values[i], counts);
    room->rows.len = len;
    room->rolled.len = 0;
    fg_level_roll(level, counts, &room->rows, &room->rolled);
}

static void add_track(struct fg_block_writer *writer,
                      const struct fg_hour *hour,
                      size_t index,
                      enum fg_level level,
                      struct room *room)
{
    bool begun = false;
    fg_bins_reserve(&room->rows, fg_hour_rows(hour, index));
    room->values = realloc(room->values, room->rows.room * sizeof(int64_t));
    if (!room->values)
        abort();
    for (unsigned column = 0; column < FG_SERIES_COLUMNS; column++) {
        if (!fg_hour_copy(hour, index, column, &room->copy))
            continue;
        read_column(column, level, room);
        if (!begun)
            fg_block_add_track(writer, fg_hour_track(hour, index), room->rolled.times,
                               room->rolled.len);
        begun = true;
        fg_block_add_column(writer, column, room->rolled.buckets);
    }
}

bool fg_compact_hour(const struct fg_hour *hour, enum fg_level level, struct fg_buf *out)
{
    size_t len = fg_hour_tracks(hour);
    struct ordered *order = calloc(len + 1, sizeof(*order));
    struct room *room = calloc(1, sizeof(*room));
    if (!order || !room)
        abort();
    for (size_t i = 0; i < len; i++)
        order[i] = (struct ordered){fg_hour_track(hour, i), i};
    qsort(order, len, sizeof(*order), by_track);
    FG_AUTO(fg_block_writer)
    struct fg_block_writer *writer =
        fg_block_writer_new(level, fg_hour_start_us(hour), FG_HOUR_US);
    for (size_t i = 0; i < len; i++)
        add_track(writer, hour, order[i].index, level, room);
    bool any = fg_block_writer_tracks(writer) > 0;
    if (any)
        fg_block_write(writer, out);
    fg_bins_free(&room->rows);
    fg_bins_free(&room->rolled);
    free(room->values);
    free(room);
    free(order);
    return any;
}

/* -- several blocks ----------------------------------------------------------------------------------------- */

struct source {
    struct fg_block_view view;
    size_t at; /* its next track */
};

struct merge {
    struct source *sources;
    size_t len;
    struct fg_block_writer *writer;
    struct fg_bins points; /* one column of one track, of all sources */
};

static const struct fg_track *next_track(const struct merge *merge)
{
    const struct fg_track *least = NULL;
    for (size_t i = 0; i < merge->len; i++) {
        const struct source *source = &merge->sources[i];
        if (source->at < fg_block_tracks_len(source->view.block)
            && (!least || fg_track_compare(&source->view.tracks[source->at], least) < 0))
            least = &source->view.tracks[source->at];
    }
    return least;
}

static bool has_now(const struct source *source, const struct fg_track *track)
{
    return source->at < fg_block_tracks_len(source->view.block)
           && fg_track_compare(&source->view.tracks[source->at], track) == 0;
}

/* A column of the track of one source; empty buckets where it does not have it or it is damaged, nothing if its times are. */
static int take(struct merge *merge, struct source *source, unsigned column)
{
    size_t before = merge->points.len;
    int rc = fg_block_view_column(&source->view, column, false);
    if (rc == 0)
        rc = fg_block_view_read(&source->view, source->at, column, &merge->points);
    if (rc != FG_EIO && merge->points.len == before)
        rc = fg_block_view_times(&source->view, source->at, &merge->points);
    return rc == FG_EIO ? rc : 0;
}

/* From all sources, one after the other. */
static int gather(struct merge *merge, const struct fg_track *track, unsigned column)
{
    int rc = 0;
    merge->points.len = 0;
    for (size_t i = 0; rc == 0 && i < merge->len; i++)
        if (has_now(&merge->sources[i], track))
            rc = take(merge, &merge->sources[i], column);
    return rc;
}

static int merge_track(struct merge *merge, const struct fg_track *track)
{
    struct fg_bins *points = &merge->points;
    bool raw = fg_block_level(merge->sources[0].view.block) == FG_LEVEL_RAW;
    for (unsigned column = 0; column < FG_SERIES_COLUMNS; column++) {
        int rc = gather(merge, track, column);
        if (rc < 0)
            return rc;
        fg_bins_order(points, raw, fg_series_column_counts(column));
        if (points->len > FG_CODEC_VALUES_MAX)
            points->len = FG_CODEC_VALUES_MAX;
        if (points->len == 0)
            break; /* no times of it can be read */
        if (column == 0)
            fg_block_add_track(merge->writer, track, points->times, points->len);
        fg_block_add_column(merge->writer, column, points->buckets);
    }
    for (size_t i = 0; i < merge->len; i++)
        merge->sources[i].at += has_now(&merge->sources[i], track);
    return 0;
}

static int merge_all(struct merge *merge)
{
    const struct fg_track *next;
    int rc = 0;
    while (rc == 0 && (next = next_track(merge))) {
        struct fg_track track = *next; /* which stays where it is, but is passed */
        rc = merge_track(merge, &track);
    }
    return rc;
}

int fg_compact_merge(struct fg_block *const *blocks,
                     size_t len,
                     int64_t start_us,
                     int64_t span_us,
                     struct fg_buf *out)
{
    FG_AUTO(fg_block_writer)
    struct fg_block_writer *writer =
        fg_block_writer_new(fg_block_level(blocks[0]), start_us, span_us);
    struct merge merge = {.len = len, .writer = writer};
    int rc = 0;
    merge.sources = calloc(len, sizeof(*merge.sources));
    if (!merge.sources)
        abort();
    for (size_t i = 0; rc == 0 && i < len; i++) {
        struct source *source = &merge.sources[i];
        rc = fg_block_view_tracks(blocks[i], &source->view);
        source->view.block = blocks[i];
        if (rc == FG_EINVAL) { /* damaged: it has nothing */
            source->at = fg_block_tracks_len(blocks[i]);
            rc = 0;
        }
    }
    if (rc == 0)
        rc = merge_all(&merge);
    if (rc == 0)
        fg_block_write(writer, out);
    for (size_t i = 0; i < len; i++)
        fg_block_view_free(&merge.sources[i].view);
    fg_bins_free(&merge.points);
    free(merge.sources);
    return rc;
}
