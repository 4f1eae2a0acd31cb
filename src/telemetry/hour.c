/* hour.c - see hour.h */
#include "telemetry/hour.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 8

/* The newest rows of a track.  A column that was never known has no memory. */
struct head {
    size_t len, room;
    int64_t *times;
    int64_t *columns[FG_SERIES_COLUMNS];
};

struct slot {
    struct fg_track track;
    struct fg_log_state last; /* the newest row */
    struct head head;
    struct fg_buf **pieces;
    size_t pieces_len;
    uint32_t next;   /* with the same hash, 1 + index; 0 none */
    uint32_t logged; /* the log file that has it, see `file` */
    uint32_t number; /* its number there */
};

struct fg_hour {
    int64_t start_us;
    size_t bytes;
    struct slot **slots;
    size_t len, room;
    uint32_t *buckets; /* 1 + index; as many as `room`, a power of two */
    struct fg_buf log;
    uint32_t file, file_tracks; /* the log file that is written, and the tracks defined in it */
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct fg_hour *fg_hour_new(int64_t start_us)
{
    struct fg_hour *hour = must(calloc(1, sizeof(*hour)));
    hour->start_us = start_us;
    hour->file = 1;
    hour->bytes = sizeof(*hour);
    return hour;
}

void fg_hour_free(struct fg_hour *hour)
{
    if (!hour)
        return;
    for (size_t i = 0; i < hour->len; i++) {
        struct slot *slot = hour->slots[i];
        for (size_t piece = 0; piece < slot->pieces_len; piece++) {
            fg_buf_free(slot->pieces[piece]);
            free(slot->pieces[piece]);
        }
        for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
            free(slot->head.columns[c]);
        free(slot->head.times);
        free(slot->pieces);
        free(slot);
    }
    free(hour->slots);
    free(hour->buckets);
    fg_buf_free(&hour->log);
    free(hour);
}

int64_t fg_hour_start_us(const struct fg_hour *hour)
{
    return hour->start_us;
}

size_t fg_hour_bytes(const struct fg_hour *hour)
{
    return hour->bytes + hour->log.room;
}

/* -- who is there ------------------------------------------------------------------------------------------ */

size_t fg_hour_find(const struct fg_hour *hour, const struct fg_track *track)
{
    if (!hour->room)
        return SIZE_MAX;
    uint32_t at = hour->buckets[fg_track_hash(track) & (hour->room - 1)];
    while (at && fg_track_compare(&hour->slots[at - 1]->track, track) != 0)
        at = hour->slots[at - 1]->next;
    return at ? at - 1 : SIZE_MAX;
}

static void link_slot(struct fg_hour *hour, size_t index)
{
    struct slot *slot = hour->slots[index];
    uint32_t *bucket = &hour->buckets[fg_track_hash(&slot->track) & (hour->room - 1)];
    slot->next = *bucket;
    *bucket = (uint32_t)index + 1;
}

static void grow(struct fg_hour *hour)
{
    size_t room = hour->room ? hour->room * 2 : 64;
    hour->slots = must(realloc(hour->slots, room * sizeof(struct slot *)));
    free(hour->buckets);
    hour->buckets = must(calloc(room, sizeof(*hour->buckets)));
    hour->bytes += (room - hour->room) * (sizeof(struct slot *) + sizeof(*hour->buckets));
    hour->room = room;
    for (size_t i = 0; i < hour->len; i++)
        link_slot(hour, i);
}

static struct slot *create(struct fg_hour *hour, const struct fg_track *track)
{
    if (hour->len == hour->room)
        grow(hour);
    struct slot *slot = must(calloc(1, sizeof(*slot)));
    slot->track = *track;
    slot->last.time_us = INT64_MIN;
    hour->slots[hour->len++] = slot;
    hour->bytes += sizeof(*slot);
    link_slot(hour, hour->len - 1);
    return slot;
}

/* -- rows -------------------------------------------------------------------------------------------------- */

static void resize(struct fg_hour *hour, struct head *head, size_t room)
{
    head->times = must(realloc(head->times, room * sizeof(int64_t)));
    hour->bytes += (room - head->room) * sizeof(int64_t);
    for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
        if (head->columns[c]) {
            head->columns[c] = must(realloc(head->columns[c], room * sizeof(int64_t)));
            hour->bytes += (room - head->room) * sizeof(int64_t);
        }
    head->room = room;
}

static int64_t *column_new(struct fg_hour *hour, const struct head *head)
{
    int64_t *column = must(malloc(head->room * sizeof(*column)));
    for (size_t i = 0; i < head->len; i++)
        column[i] = -1;
    hour->bytes += head->room * sizeof(*column);
    return column;
}

static bool is_known(const int64_t *values, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (values[i] != -1)
            return true;
    return false;
}

/* A piece: which columns it has, as bits; how long times and each of them are; they themselves. */
static void seal(struct fg_hour *hour, struct slot *slot)
{
    struct head *head = &slot->head;
    FG_AUTO(fg_buf) struct fg_buf columns = {}, whole = {};
    uint64_t mask = 0;
    for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
        if (head->columns[c] && is_known(head->columns[c], head->len))
            mask |= UINT64_C(1) << c;
    fg_varint_put(&whole, mask);
    fg_codec_put(&columns, head->times, head->len);
    fg_varint_put(&whole, columns.len);
    for (uint64_t rest = mask; rest; rest &= rest - 1) {
        size_t from = columns.len;
        fg_codec_put(&columns, head->columns[__builtin_ctzll(rest)], head->len);
        fg_varint_put(&whole, columns.len - from);
    }
    struct fg_buf *piece = must(calloc(1, sizeof(*piece)));
    piece->room = whole.len + columns.len;
    piece->len = piece->room;
    piece->text = must(malloc(piece->room));
    memcpy(piece->text, whole.text, whole.len);
    memcpy(piece->text + whole.len, columns.text, columns.len);
    slot->pieces = must(realloc(slot->pieces, (slot->pieces_len + 1) * sizeof(piece)));
    slot->pieces[slot->pieces_len++] = piece;
    hour->bytes += sizeof(piece) + sizeof(*piece) + piece->room;
    head->len = 0;
}

static void push(struct fg_hour *hour, struct slot *slot, const struct fg_log_state *row)
{
    struct head *head = &slot->head;
    if (head->len == head->room)
        resize(hour, head,
               head->room * 2 > FG_HOUR_PIECE ? FG_HOUR_PIECE
               : head->room                   ? head->room * 2
                                              : ROOM_FIRST);
    head->times[head->len] = row->time_us;
    for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++) {
        if (!head->columns[c] && row->values[c] != -1)
            head->columns[c] = column_new(hour, head);
        if (head->columns[c])
            head->columns[c][head->len] = row->values[c];
    }
    if (++head->len == FG_HOUR_PIECE)
        seal(hour, slot);
}

static void log_row(struct fg_hour *hour, struct slot *slot, const struct fg_log_state *row)
{
    bool defined = slot->logged == hour->file;
    if (!defined) {
        slot->logged = hour->file;
        slot->number = hour->file_tracks++;
        slot->last.time_us = 0;
        for (unsigned c = 0; c < FG_SERIES_COLUMNS; c++)
            slot->last.values[c] = -1;
    }
    fg_row_log_put(&hour->log, slot->number, defined ? NULL : &slot->track, &slot->last, row);
}

int fg_hour_add(struct fg_hour *hour,
                const struct fg_track *track,
                const struct fg_log_state *row,
                size_t bytes_max)
{
    size_t index = fg_hour_find(hour, track);
    struct fg_log_state kept = *row;
    kept.time_us -= kept.time_us % 1000;
    if (index != SIZE_MAX && kept.time_us <= hour->slots[index]->last.time_us)
        return FG_ETIMEOUT;
    if (fg_hour_bytes(hour) > bytes_max
        || (index != SIZE_MAX && fg_hour_rows(hour, index) >= FG_HOUR_ROWS_MAX))
        return FG_ENOCAP;
    struct slot *slot = index == SIZE_MAX ? create(hour, track) : hour->slots[index];
    push(hour, slot, &kept);
    log_row(hour, slot, &kept);
    return 0;
}

void fg_hour_take_log(struct fg_hour *hour, struct fg_buf *out, bool anew)
{
    fg_buf_clear(out);
    struct fg_buf taken = hour->log;
    hour->log = *out;
    *out = taken;
    if (anew) {
        hour->file++;
        hour->file_tracks = 0;
    }
}

size_t fg_hour_log_bytes(const struct fg_hour *hour)
{
    return hour->log.len;
}

/* -- reading ------------------------------------------------------------------------------------------------ */

size_t fg_hour_tracks(const struct fg_hour *hour)
{
    return hour->len;
}

const struct fg_track *fg_hour_track(const struct fg_hour *hour, size_t index)
{
    return &hour->slots[index]->track;
}

size_t fg_hour_rows(const struct fg_hour *hour, size_t index)
{
    const struct slot *slot = hour->slots[index];
    return slot->pieces_len * FG_HOUR_PIECE + slot->head.len;
}

const struct fg_log_state *fg_hour_last(const struct fg_hour *hour, size_t index)
{
    return &hour->slots[index]->last;
}

bool fg_hour_copy(const struct fg_hour *hour,
                  size_t index,
                  unsigned column,
                  struct fg_hour_copy *out)
{
    const struct slot *slot = hour->slots[index];
    const struct head *head = &slot->head;
    if (!head->columns[column]) /* it stays once it was known */
        return false;
    out->column = column;
    out->pieces_len = slot->pieces_len;
    for (size_t i = 0; i < slot->pieces_len; i++)
        out->pieces[i] = slot->pieces[i];
    out->head_len = head->len;
    memcpy(out->head_times, head->times, head->len * sizeof(int64_t));
    memcpy(out->head_values, head->columns[column], head->len * sizeof(int64_t));
    return true;
}

/* `out` is set to the times (at 0) or the column that is the `which`-th of those in the piece. */
static void piece_at(const struct fg_buf *piece, int which, struct fg_bytes *out)
{
    struct fg_bytes in = {.bytes = (const uint8_t *)piece->text, .len = piece->len};
    uint64_t mask = 0, skip = 0, len = 0;
    int rc = fg_varint_get(&in, &mask);
    for (int i = 0; i <= __builtin_popcountll(mask); i++) {
        if (rc == 0)
            rc = fg_varint_get(&in, &len);
        skip += i < which ? len : 0;
    }
    assert(rc == 0); /* our own memory */
    in.at += skip;
    *out = in;
}

static void piece_read(const struct fg_hour_copy *copy,
                       const struct fg_buf *piece,
                       int64_t *times,
                       int64_t *values)
{
    struct fg_bytes in = {.bytes = (const uint8_t *)piece->text, .len = piece->len};
    uint64_t mask = 0, bit = UINT64_C(1) << copy->column;
    int rc = fg_varint_get(&in, &mask);
    if (rc == 0 && times) {
        piece_at(piece, 0, &in);
        rc = fg_codec_get(&in, times, FG_HOUR_PIECE);
    }
    if (rc == 0 && mask & bit) {
        piece_at(piece, 1 + __builtin_popcountll(mask & (bit - 1)), &in);
        rc = fg_codec_get(&in, values, FG_HOUR_PIECE);
    } else
        for (size_t i = 0; i < FG_HOUR_PIECE; i++)
            values[i] = -1;
    assert(rc == 0);
}

size_t fg_hour_copy_read(const struct fg_hour_copy *copy, int64_t *times, int64_t *values)
{
    size_t len = 0;
    for (size_t i = 0; i < copy->pieces_len; i++, len += FG_HOUR_PIECE)
        piece_read(copy, copy->pieces[i], times ? times + len : NULL, values + len);
    if (times)
        memcpy(times + len, copy->head_times, copy->head_len * sizeof(*times));
    memcpy(values + len, copy->head_values, copy->head_len * sizeof(*values));
    return len + copy->head_len;
}
