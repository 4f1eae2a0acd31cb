/* block_read.c - see block.h */
#include "telemetry/block_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fg_block {
    struct fg_block_header header;
    int fd; /* -1: `image` */
    struct fg_buf image;
    uint64_t bytes;
};

/* -- opening ---------------------------------------------------------------------------------------------- */

static int read_at(const struct fg_block *block, uint64_t at, void *out, uint64_t len)
{
    if (at > block->bytes || len > block->bytes - at)
        return FG_EINVAL;
    if (block->fd < 0) {
        memcpy(out, block->image.text + at, len);
        return 0;
    }
    for (uint64_t got = 0; got < len;) {
        ssize_t n = pread(block->fd, (char *)out + got, len - got, (off_t)(at + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FG_EIO;
        got += (uint64_t)n;
    }
    return 0;
}

static bool section_fits(const struct fg_block *block,
                         const struct fg_block_section *section,
                         uint64_t table)
{
    return section->at <= block->bytes && table <= block->bytes - section->at
           && section->len <= block->bytes - section->at - table;
}

static bool is_sound(const struct fg_block *block)
{
    const struct fg_block_header *header = &block->header;
    if (header->magic != FG_BLOCK_MAGIC || header->check != fg_block_header_check(header)
        || header->level >= FG_LEVELS || header->tracks_len > FG_BLOCK_TRACKS_MAX
        || header->span_us <= 0 || !section_fits(block, &header->tracks, 0))
        return false;
    for (unsigned i = 0; i < FG_BLOCK_PARTS; i++)
        if (header->parts[i].len
            && !section_fits(block, &header->parts[i], header->tracks_len * 8))
            return false;
    return true;
}

static int open_block(struct fg_block *block, struct fg_block **out, struct fg_err *err)
{
    int rc = read_at(block, 0, &block->header, sizeof(block->header));
    if (rc == 0 && !is_sound(block))
        rc = FG_EINVAL;
    if (rc == 0)
        *out = block;
    else
        fg_block_free(block);
    return rc == 0 ? 0 : fg_fail(err, rc, "block: its header is damaged");
}

static struct fg_block *make(int fd, uint64_t bytes)
{
    struct fg_block *block = calloc(1, sizeof(*block));
    if (!block)
        abort();
    block->fd = fd;
    block->bytes = bytes;
    return block;
}

int fg_block_open_file(int fd, struct fg_block **out, struct fg_err *err)
{
    struct stat stat = {};
    *out = NULL;
    if (fstat(fd, &stat) < 0) {
        int rc = fg_fail(err, FG_EIO, "block: %s", strerror(errno));
        close(fd);
        return rc;
    }
    return open_block(make(fd, (uint64_t)stat.st_size), out, err);
}

int fg_block_open_bytes(struct fg_buf *image, struct fg_block **out, struct fg_err *err)
{
    struct fg_block *block = make(-1, image->len);
    block->image = *image;
    *image = (struct fg_buf){};
    *out = NULL;
    return open_block(block, out, err);
}

void fg_block_free(struct fg_block *block)
{
    if (!block)
        return;
    if (block->fd >= 0)
        close(block->fd);
    fg_buf_free(&block->image);
    free(block);
}

enum fg_level fg_block_level(const struct fg_block *block)
{
    return (enum fg_level)block->header.level;
}

int64_t fg_block_start_us(const struct fg_block *block)
{
    return block->header.start_us;
}

int64_t fg_block_span_us(const struct fg_block *block)
{
    return block->header.span_us;
}

size_t fg_block_tracks_len(const struct fg_block *block)
{
    return block->header.tracks_len;
}

bool fg_block_has(const struct fg_block *block, unsigned column)
{
    return block->header.parts[1 + fg_series_place(column)].len > 0;
}

size_t fg_block_bytes(const struct fg_block *block)
{
    return block->bytes;
}

const struct fg_buf *fg_block_image(const struct fg_block *block)
{
    return block->fd < 0 ? &block->image : NULL;
}

/* -- views ------------------------------------------------------------------------------------------------- */

static void part_free(struct fg_block_part *part)
{
    free(part->table);
    free(part->offsets);
    free(part->bytes);
    *part = (struct fg_block_part){};
}

void fg_block_view_free(struct fg_block_view *view)
{
    free(view->tracks);
    free(view->rows);
    for (unsigned i = 0; i < FG_BLOCK_PARTS; i++)
        part_free(&view->parts[i]);
    fg_buf_free(&view->room);
    *view = (struct fg_block_view){};
}

static void *room_for(size_t len, size_t size)
{
    void *room = calloc(len + 1, size);
    if (!room)
        abort();
    return room;
}

int fg_block_view_tracks(const struct fg_block *block, struct fg_block_view *view)
{
    const struct fg_block_section *section = &block->header.tracks;
    size_t len = block->header.tracks_len;
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_bytes in = {.len = section->len};
    in.bytes = (const uint8_t *)fg_buf_reserve(&text, section->len);
    int rc = read_at(block, section->at, text.text, section->len);
    if (rc == 0 && (len > section->len || fg_bytes_check(in.bytes, in.len) != section->check))
        rc = FG_EINVAL;
    if (rc < 0)
        return rc;
    *view = (struct fg_block_view){.block = block};
    view->tracks = room_for(len, sizeof(*view->tracks));
    view->rows = room_for(len, sizeof(*view->rows));
    for (size_t i = 0; rc == 0 && i < len; i++) {
        uint64_t rows = 0;
        rc = fg_track_get(&in, &view->tracks[i]);
        if (rc == 0)
            rc = fg_varint_get(&in, &rows);
        if (rc == 0
            && (rows == 0 || rows > FG_CODEC_VALUES_MAX
                || (i && fg_track_compare(&view->tracks[i - 1], &view->tracks[i]) >= 0)))
            rc = FG_EINVAL;
        view->rows[i] = (uint32_t)rows;
    }
    return rc;
}

static int load_part(struct fg_block_view *view, unsigned index, bool all)
{
    const struct fg_block *block = view->block;
    const struct fg_block_section *section = &block->header.parts[index];
    struct fg_block_part *part = &view->parts[index];
    size_t len = block->header.tracks_len, table_bytes = len * 8;
    if (section->len == 0 || part->table)
        return 0;
    part->table = room_for(len, 8);
    part->offsets = room_for(len, sizeof(*part->offsets));
    int rc = read_at(block, section->at, part->table, table_bytes);
    if (rc == 0 && fg_bytes_check(part->table, table_bytes) != section->check)
        rc = FG_EINVAL;
    uint64_t at = 0;
    for (size_t i = 0; rc == 0 && i < len; i++) {
        part->offsets[i] = section->at + table_bytes + at;
        at += part->table[2 * i];
    }
    if (rc == 0 && at != section->len)
        rc = FG_EINVAL;
    part->base = section->at + table_bytes;
    if (rc == 0 && all) {
        part->bytes = room_for(section->len, 1);
        rc = read_at(block, part->base, part->bytes, section->len);
    }
    if (rc < 0)
        part_free(part); /* what is damaged is as if it were not there */
    return rc;
}

int fg_block_view_column(struct fg_block_view *view, unsigned column, bool all)
{
    int rc = load_part(view, 0, all);
    return rc == 0 ? load_part(view, 1 + fg_series_place(column), all) : rc;
}

/* The bytes of a track in a part. */
static int part_bytes(struct fg_block_view *view,
                      const struct fg_block_part *part,
                      size_t index,
                      struct fg_bytes *out)
{
    uint32_t len = part->table[2 * index];
    int rc = 0;
    const char *bytes;
    if (part->bytes)
        bytes = part->bytes + (part->offsets[index] - part->base);
    else {
        fg_buf_clear(&view->room);
        fg_buf_reserve(&view->room, len);
        rc = read_at(view->block, part->offsets[index], view->room.text, len);
        bytes = view->room.text;
    }
    if (rc == 0 && fg_bytes_check(bytes, len) != part->table[2 * index + 1])
        rc = FG_EINVAL;
    *out = (struct fg_bytes){.bytes = (const uint8_t *)bytes, .len = len};
    return rc;
}

static void put_stream(struct fg_bin *bucket, unsigned stream, int64_t value, bool counts)
{
    uint64_t last = (uint64_t)bucket->last;
    switch (stream) {
    case 0:
        bucket->last = value;
        break;
    case 1:
        bucket->count = value;
        break;
    case 2:
        bucket->min = (int64_t)(last - (uint64_t)value);
        break;
    case 3:
        bucket->max = (int64_t)(last + (uint64_t)value);
        break;
    default:
        bucket->sum =
            counts ? value : (int64_t)((uint64_t)value + last * (uint64_t)bucket->count);
    }
}

/* The buckets of one column; `room` for one of its streams. */
static int read_buckets(enum fg_level level,
                        bool counts,
                        struct fg_bytes *in,
                        int64_t *room,
                        struct fg_bin *out,
                        size_t len)
{
    if (level == FG_LEVEL_RAW) {
        int rc = fg_codec_get(in, room, len);
        for (size_t i = 0; rc == 0 && i < len; i++)
            out[i] = fg_bin_of(room[i], counts);
        return rc;
    }
    for (unsigned stream = 0; stream < FG_BLOCK_STREAMS; stream++) {
        int rc = fg_codec_get(in, room, len);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < len; i++)
            put_stream(&out[i], stream, room[i], counts);
    }
    return 0;
}

static int read_times(struct fg_block_view *view, size_t index, int64_t *out)
{
    struct fg_bytes in;
    if (!view->parts[0].table)
        return FG_EINVAL;
    int rc = part_bytes(view, &view->parts[0], index, &in);
    return rc == 0 ? fg_codec_get(&in, out, view->rows[index]) : rc;
}

int fg_block_view_times(struct fg_block_view *view, size_t index, struct fg_bins *out)
{
    size_t len = view->rows[index];
    int rc = load_part(view, 0, false);
    fg_bins_reserve(out, out->len + len);
    if (rc == 0)
        rc = read_times(view, index, out->times + out->len);
    if (rc == 0)
        memset(out->buckets + out->len, 0, len * sizeof(*out->buckets));
    if (rc == 0)
        out->len += len;
    return rc;
}

int fg_block_view_read(struct fg_block_view *view,
                       size_t index,
                       unsigned column,
                       struct fg_bins *out)
{
    struct fg_bytes in;
    size_t len = view->rows[index];
    const struct fg_block_part *part = &view->parts[1 + fg_series_place(column)];
    if (!part->table || part->table[2 * index] == 0)
        return 0;
    fg_bins_reserve(out, out->len + len);
    int64_t *times = out->times + out->len; /* until they are read, room */
    int rc = part_bytes(view, part, index, &in);
    if (rc == 0)
        rc = read_buckets(fg_block_level(view->block), fg_series_column_counts(column), &in,
                          times, out->buckets + out->len, len);
    if (rc == 0)
        rc = read_times(view, index, times);
    if (rc == 0)
        out->len += len;
    return rc;
}

size_t fg_block_view_find(const struct fg_block_view *view, const struct fg_track *track)
{
    size_t low = 0, high = view->block->header.tracks_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = fg_track_compare(&view->tracks[middle], track);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}
