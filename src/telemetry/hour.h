/* hour.h - the rows of one hour while they come, in memory.
 *
 *     readings --> HOUR --rows since the last time--> row_log
 *                    '--all of it, when it is over--> compact --> block
 *
 * Of each track the newest rows, FG_HOUR_PIECE at most, are as they are, those before in compressed pieces that never change.
 * Threads: none of its own; whoever holds it (series.c) calls under its lock.  What fg_hour_copy() gave may be read without.
 */
#pragma once

#include "telemetry/row_log.h"

#define FG_HOUR_US       INT64_C(3600000000)
#define FG_HOUR_PIECE    120
#define FG_HOUR_ROWS_MAX 36000 /* of one track: ten a second */

struct fg_hour;

/* `start_us`: when it begins.  Out of memory ends the process, as everywhere; see fg_hour_add() for the bound. */
struct fg_hour *fg_hour_new(int64_t start_us);
void fg_hour_free(struct fg_hour *hour);
int64_t fg_hour_start_us(const struct fg_hour *hour);
/* Memory that it takes. */
size_t fg_hour_bytes(const struct fg_hour *hour);

/* Add a row.  `values` has FG_SERIES_COLUMNS; the time is kept to the millisecond.
 * FG_ETIMEOUT: not later than the newest of its track; FG_ENOCAP: it would take more than `bytes_max`, or has its rows. */
int fg_hour_add(struct fg_hour *hour,
                const struct fg_track *track,
                const struct fg_log_state *row,
                size_t bytes_max);

/* Rows added since the last call, as of a row log, into `out` (emptied first).  `anew`: into a new file, so the tracks of rows
 * from now on are defined again. */
void fg_hour_take_log(struct fg_hour *hour, struct fg_buf *out, bool anew);
size_t fg_hour_log_bytes(const struct fg_hour *hour);

size_t fg_hour_tracks(const struct fg_hour *hour);
const struct fg_track *fg_hour_track(const struct fg_hour *hour, size_t index);
/* Index of the track, or SIZE_MAX. */
size_t fg_hour_find(const struct fg_hour *hour, const struct fg_track *track);
size_t fg_hour_rows(const struct fg_hour *hour, size_t index);
/* The newest row. */
const struct fg_log_state *fg_hour_last(const struct fg_hour *hour, size_t index);

/* One column of one track, to be read later: the pieces stay where they are as long as the hour does. */
struct fg_hour_copy {
    const struct fg_buf *pieces[FG_HOUR_ROWS_MAX / FG_HOUR_PIECE];
    size_t pieces_len, head_len;
    int64_t head_times[FG_HOUR_PIECE], head_values[FG_HOUR_PIECE];
    unsigned column;
};
/* False: the column was never known there. */
bool fg_hour_copy(const struct fg_hour *hour,
                  size_t index,
                  unsigned column,
                  struct fg_hour_copy *out);
/* Its rows, oldest first; `times` (may be NULL) and `values` have room for all of them.  Returns how many. */
size_t fg_hour_copy_read(const struct fg_hour_copy *copy, int64_t *times, int64_t *values);
