/* block.h - the tracks of a period at one level, as a file (or as the bytes of one): written once, read in parts.
 *
 *     header    magic, level, period, how many tracks; where each section lies; a check of all that
 *     tracks    whose they are, by fg_track_compare(); how many rows each has
 *     times     a table (length and check of each track's bytes), then these bytes
 *     columns   the same, for each column; a column that nobody has takes nothing
 *
 * All of one reading lies together: a question for one reading of all tracks reads one stretch of the file.
 * Reading trusts nothing: what does not fit or has another check is FG_EINVAL.  Numbers are little-endian.
 */
#pragma once

#include "telemetry/level.h"

#define FG_BLOCK_TRACKS_MAX 1000000

/* -- writing ---------------------------------------------------------------------------------------------- */

struct fg_block_writer;
struct fg_block_writer *fg_block_writer_new(enum fg_level level,
                                            int64_t start_us,
                                            int64_t span_us);
void fg_block_writer_free(struct fg_block_writer *writer);
FG_AUTO_DEFINE(fg_block_writer)

/* The next track, by fg_track_compare(); `len` (1 to FG_CODEC_VALUES_MAX) rows at `times`, which rise. */
void fg_block_add_track(struct fg_block_writer *writer,
                        const struct fg_track *track,
                        const int64_t *times,
                        size_t len);
/* A column of that track: as many buckets as it has rows; columns rise.  One that was never known is left out. */
void fg_block_add_column(struct fg_block_writer *writer,
                         unsigned column,
                         const struct fg_bin *buckets);
size_t fg_block_writer_tracks(const struct fg_block_writer *writer);
/* All of it as bytes. */
void fg_block_write(const struct fg_block_writer *writer, struct fg_buf *out);

/* -- reading ---------------------------------------------------------------------------------------------- */

struct fg_block;
/* From a file that is open (kept, closed by fg_block_free), or from bytes (taken over; `image` is emptied). */
[[nodiscard]] int fg_block_open_file(int fd, struct fg_block **out, struct fg_err *err);
[[nodiscard]] int fg_block_open_bytes(struct fg_buf *image,
                                      struct fg_block **out,
                                      struct fg_err *err);
void fg_block_free(struct fg_block *block);
FG_AUTO_DEFINE(fg_block)

enum fg_level fg_block_level(const struct fg_block *block);
int64_t fg_block_start_us(const struct fg_block *block);
int64_t fg_block_span_us(const struct fg_block *block);
size_t fg_block_tracks_len(const struct fg_block *block);
bool fg_block_has(const struct fg_block *block, unsigned column);
size_t fg_block_bytes(const struct fg_block *block);
/* The bytes of a block made by fg_block_open_bytes(); NULL: it is a file. */
const struct fg_buf *fg_block_image(const struct fg_block *block);

/* What a reader holds of a block: its tracks, and the parts (0 the times, then columns by place) that it asked for. */
struct fg_block_view {
    const struct fg_block *block;
    struct fg_track *tracks;
    uint32_t *rows;
    struct fg_block_part {
        uint32_t *table;   /* pairs: length, check; NULL: not asked for, or nobody has it */
        uint64_t *offsets; /* in the file */
        char *
            bytes; /* of the whole section, which begins at `base`; NULL: each track's are read alone */
        uint64_t base;
    } parts[1 + FG_SERIES_PLACES];
    struct fg_buf room;
};
void fg_block_view_free(struct fg_block_view *view);
static inline void fg_block_view_drop(struct fg_block_view *view)
{
    fg_block_view_free(view);
}
/* Read whose tracks are in the block; free the view also if that fails. */
[[nodiscard]] int fg_block_view_tracks(const struct fg_block *block,
                                       struct fg_block_view *view);
/* Be ready for a column.  `all`: most tracks will be asked for, so it is read at once. */
[[nodiscard]] int fg_block_view_column(struct fg_block_view *view, unsigned column, bool all);
/* Append that column of track `index` to `out`; nothing: it has none. */
[[nodiscard]] int fg_block_view_read(struct fg_block_view *view,
                                     size_t index,
                                     unsigned column,
                                     struct fg_bins *out);
/* Append its times alone, with empty buckets. */
[[nodiscard]] int fg_block_view_times(struct fg_block_view *view,
                                      size_t index,
                                      struct fg_bins *out);
/* The index of a track, or SIZE_MAX. */
size_t fg_block_view_find(const struct fg_block_view *view, const struct fg_track *track);
