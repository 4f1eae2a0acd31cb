/* row_log.h - rows as they came, so that a killed service has them again: what lies beside the blocks until its hour is written.
 *
 * A file of records: length, check, bytes.  The bytes are rows: the number of a track (a new one is followed by whose it is), and by
 * how much time and values differ from the row of that track before.  A file stands for itself; what was torn or damaged ends it.
 */
#pragma once

#include "telemetry/track.h"

/* A row as it was logged last of a track; zero it, and fill the values with -1. */
struct fg_log_state {
    int64_t time_us;
    int64_t values[FG_SERIES_COLUMNS];
};

/* Add a row of track `number` to `out`; `defined` (may be NULL): it is the first of its track in this file.  `state` becomes it. */
void fg_row_log_put(struct fg_buf *out,
                    uint64_t number,
                    const struct fg_track *defined,
                    struct fg_log_state *state,
                    const struct fg_log_state *row);

/* Rows as one record, ready for the file. */
void fg_row_log_record(struct fg_buf *out, const struct fg_buf *rows);

/* Who takes rows back. */
struct fg_row_sink {
    void *self;
    void (*row)(void *self, const struct fg_track *track, const struct fg_log_state *row);
};
/* All rows up to the end, or to what is torn or damaged; returns how many bytes were sound. */
size_t fg_row_log_read(const uint8_t *bytes, size_t len, const struct fg_row_sink *sink);
