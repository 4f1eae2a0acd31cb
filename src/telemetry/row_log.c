/* row_log.c - see row_log.h */
#include "telemetry/row_log.h"

#include "base/grow.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 8

/* The column of a place; FG_SERIES_COLUMNS: of none that this program knows. */
static unsigned column_at(unsigned place)
{
    if (place < FG_READINGS_LEN)
        return place;
    unsigned column = FG_READINGS_LEN + FG_SERIES_PLACES - 1 - place;
    return column < FG_SERIES_COLUMNS ? column : FG_SERIES_COLUMNS;
}

void fg_row_log_put(struct fg_buf *out,
                    uint64_t number,
                    const struct fg_track *defined,
                    struct fg_log_state *state,
                    const struct fg_log_state *row)
{
    uint64_t changed = 0;
    for (unsigned i = 0; i < FG_SERIES_COLUMNS; i++)
        changed |= (uint64_t)(row->values[i] != state->values[i]) << fg_series_place(i);
    fg_varint_put(out, number);
    if (defined)
        fg_track_put(out, defined);
    fg_varint_put(out, fg_zigzag(row->time_us - state->time_us));
    fg_varint_put(out, changed);
    for (uint64_t rest = changed; rest; rest &= rest - 1) {
        unsigned i = column_at((unsigned)__builtin_ctzll(rest));
        uint64_t step = (uint64_t)row->values[i] - (uint64_t)state->values[i];
        fg_varint_put(out, fg_zigzag((int64_t)step));
    }
    *state = *row;
}

void fg_row_log_record(struct fg_buf *out, const struct fg_buf *rows)
{
    uint32_t head[2] = {(uint32_t)rows->len, fg_bytes_check(rows->text, rows->len)};
    _Static_assert(sizeof(head) == HEAD_BYTES, "length and check");
    fg_buf_add(out, head, sizeof(head));
    fg_buf_add(out, rows->text, rows->len);
}

/* The tracks of a file, as far as they were defined. */
struct known {
    struct known_track {
        struct fg_track track;
        struct fg_log_state state;
    } * tracks;
    size_t len, room;
};

static struct known_track *known_at(struct known *known, uint64_t number, struct fg_bytes *in)
{
    struct fg_track track;
    if (number < known->len)
        return &known->tracks[number];
    if (number > known->len || fg_track_get(in, &track) < 0)
        return NULL;
    known->tracks = fg_grow(known->tracks, known->len, &known->room, sizeof(*known->tracks));
    struct known_track *at = &known->tracks[known->len++];
    at->track = track;
    at->state.time_us = 0;
    for (unsigned i = 0; i < FG_SERIES_COLUMNS; i++)
        at->state.values[i] = -1;
    return at;
}

static int read_row(struct fg_bytes *in, struct known *known, const struct fg_row_sink *sink)
{
    uint64_t number, step, changed;
    if (fg_varint_get(in, &number) < 0)
        return FG_EINVAL;
    struct known_track *at = known_at(known, number, in);
    if (!at || fg_varint_get(in, &step) < 0 || fg_varint_get(in, &changed) < 0)
        return FG_EINVAL;
    struct fg_log_state row = at->state;
    row.time_us = (int64_t)((uint64_t)row.time_us + (uint64_t)fg_unzigzag(step));
    for (; changed; changed &= changed - 1) {
        unsigned column = column_at((unsigned)__builtin_ctzll(changed));
        if (fg_varint_get(in, &step) < 0)
            return FG_EINVAL;
        if (column == FG_SERIES_COLUMNS)
            continue;
        uint64_t value = (uint64_t)row.values[column] + (uint64_t)fg_unzigzag(step);
        row.values[column] = (int64_t)value;
    }
    at->state = row;
    sink->row(sink->self, &at->track, &row);
    return 0;
}

size_t fg_row_log_read(const uint8_t *bytes, size_t len, const struct fg_row_sink *sink)
{
    struct known known = {};
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && len - at >= HEAD_BYTES) {
        uint32_t head[2];
        memcpy(head, bytes + at, sizeof(head));
        struct fg_bytes in = {.bytes = bytes + at + HEAD_BYTES, .len = head[0]};
        if (head[0] > len - at - HEAD_BYTES || fg_bytes_check(in.bytes, in.len) != head[1])
            break;
        while (rc == 0 && in.at < in.len)
            rc = read_row(&in, &known, sink);
        if (rc == 0)
            at += HEAD_BYTES + in.len;
    }
    free(known.tracks);
    return at;
}
