/* block_write.c - see block.h */
#include "telemetry/block_format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct fg_block_writer {
    struct fg_block_header header;
    struct fg_buf tracks;
    struct fg_buf tables[FG_BLOCK_PARTS], bytes[FG_BLOCK_PARTS];
    size_t len;       /* tracks */
    size_t track_len; /* rows of the last one */
    int64_t *stream;  /* room for one stream of a column */
};

struct fg_block_writer *fg_block_writer_new(enum fg_level level,
                                            int64_t start_us,
                                            int64_t span_us)
{
    struct fg_block_writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        abort();
    writer->header = (struct fg_block_header){
        .magic = FG_BLOCK_MAGIC, .level = level, .start_us = start_us, .span_us = span_us};
    return writer;
}

void fg_block_writer_free(struct fg_block_writer *writer)
{
    if (!writer)
        return;
    fg_buf_free(&writer->tracks);
    for (unsigned i = 0; i < FG_BLOCK_PARTS; i++) {
        fg_buf_free(&writer->tables[i]);
        fg_buf_free(&writer->bytes[i]);
    }
    free(writer->stream);
    free(writer);
}

/* The bytes of a part from `from` on are those of the newest track; tracks before that have none have an empty row. */
static void add_entry(struct fg_block_writer *writer, unsigned part, size_t from)
{
    static const uint32_t none[2] = {};
    struct fg_buf *table = &writer->tables[part], *bytes = &writer->bytes[part];
    while (table->len < (writer->len - 1) * sizeof(none))
        fg_buf_add(table, none, sizeof(none));
    uint32_t entry[2] = {(uint32_t)(bytes->len - from),
                         fg_bytes_check(bytes->text + from, bytes->len - from)};
    fg_buf_add(table, entry, sizeof(entry));
}

void fg_block_add_track(struct fg_block_writer *writer,
                        const struct fg_track *track,
                        const int64_t *times,
                        size_t len)
{
    assert(len > 0 && len <= FG_CODEC_VALUES_MAX);
    writer->stream = realloc(writer->stream, len * sizeof(*writer->stream));
    if (!writer->stream)
        abort();
    writer->len++;
    writer->track_len = len;
    fg_track_put(&writer->tracks, track);
    fg_varint_put(&writer->tracks, len);
    size_t from = writer->bytes[0].len;
    fg_codec_put(&writer->bytes[0], times, len);
    add_entry(writer, 0, from);
}

/* Of a bucket what is written in the stream; together they say all, and most are 0 where a reading is steady. */
static int64_t stream_value(const struct fg_bin *bucket, unsigned stream, bool counts)
{
    uint64_t last = (uint64_t)bucket->last;
    switch (stream) {
    case 0:
        return bucket->last;
    case 1:
        return bucket->count;
    case 2:
        return (int64_t)(last - (uint64_t)bucket->min);
    case 3:
        return (int64_t)((uint64_t)bucket->max - last);
    default:
        return counts ? bucket->sum
                      : (int64_t)((uint64_t)bucket->sum - last * (uint64_t)bucket->count);
    }
}

static bool is_known(const struct fg_bin *buckets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (buckets[i].count)
            return true;
    return false;
}

void fg_block_add_column(struct fg_block_writer *writer,
                         unsigned column,
                         const struct fg_bin *buckets)
{
    if (!is_known(buckets, writer->track_len))
        return;
    struct fg_buf *bytes = &writer->bytes[1 + fg_series_place(column)];
    size_t from = bytes->len;
    bool raw = writer->header.level == FG_LEVEL_RAW, counts = fg_series_column_counts(column);
    for (unsigned stream = 0; stream < (raw ? 1 : FG_BLOCK_STREAMS); stream++) {
        for (size_t i = 0; i < writer->track_len; i++)
            writer->stream[i] =
                raw && buckets[i].count == 0 ? -1 : stream_value(&buckets[i], stream, counts);
        fg_codec_put(bytes, writer->stream, writer->track_len);
    }
    add_entry(writer, 1 + fg_series_place(column), from);
}

size_t fg_block_writer_tracks(const struct fg_block_writer *writer)
{
    return writer->len;
}

static void pad_table(struct fg_buf *out, const struct fg_buf *table, size_t tracks)
{
    static const uint32_t none[2] = {};
    fg_buf_add(out, table->text, table->len);
    for (size_t at = table->len; at < tracks * sizeof(none); at += sizeof(none))
        fg_buf_add(out, none, sizeof(none));
}

void fg_block_write(const struct fg_block_writer *writer, struct fg_buf *out)
{
    struct fg_block_header header = writer->header;
    FG_AUTO(fg_buf) struct fg_buf body = {};
    header.tracks_len = writer->len;
    header.tracks =
        (struct fg_block_section){sizeof(header), writer->tracks.len,
                                  fg_bytes_check(writer->tracks.text, writer->tracks.len), 0};
    fg_buf_add(&body, writer->tracks.text, writer->tracks.len);
    for (unsigned i = 0; i < FG_BLOCK_PARTS; i++) {
        size_t from = body.len;
        if (writer->bytes[i].len == 0)
            continue;
        pad_table(&body, &writer->tables[i], writer->len);
        header.parts[i] =
            (struct fg_block_section){sizeof(header) + from, writer->bytes[i].len,
                                      fg_bytes_check(body.text + from, body.len - from), 0};
        fg_buf_add(&body, writer->bytes[i].text, writer->bytes[i].len);
    }
    header.check = fg_block_header_check(&header);
    fg_buf_add(out, &header, sizeof(header));
    fg_buf_add(out, body.text, body.len);
}
