/* part.h - a file that arrives in pieces, in any order, over several runs.
 *
 *     TARGET.part         the bytes, each where it belongs
 *     TARGET.part.state   what it is of, and which pieces are surely there
 *
 * The state is written after the pieces it names are on the disk, so it is true after kill -9 and after power was lost.
 * Both are gone, and TARGET is there, after fg_part_finish().
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define FG_PART_PIECES_MAX 4096
#define FG_PART_PATH_MAX   4096

struct fg_part {
    char target[FG_PART_PATH_MAX];
    int fd; /* -1: not open */
    char of[600];
    int64_t bytes, piece_bytes;
    uint32_t pieces;
    uint8_t have[FG_PART_PIECES_MAX]; /* 1: arrived */
    uint8_t busy[FG_PART_PIECES_MAX]; /* 1: somebody fetches it */
    int64_t had_bytes;                /* from earlier runs */
    int64_t saved_us, save_took_us;
};

/* Go on with what is there if it is of the same thing and size (`of`: whatever tells a version; "" never the same),
 * or begin.  0, FG_EIO, FG_ENOSPC, FG_EBUSY: another process is at it. */
[[nodiscard]] int fg_part_open(struct fg_part *part,
                               const char *target,
                               const char *of,
                               int64_t bytes,
                               struct fg_err *err);
void fg_part_close(struct fg_part *part); /* what arrived stays; closed already: nothing */
static inline void fg_part_drop(struct fg_part *part)
{
    fg_part_close(part);
}
/* Remove both files. */
void fg_part_discard(struct fg_part *part);

/* The first run of pieces that nobody has or fetches, at most `max` of them: now busy.  False: there is none. */
bool fg_part_take(struct fg_part *part, uint32_t max, uint32_t *out_first, uint32_t *out_len);
/* The bytes from piece `first` on are there up to `end`: whole pieces are had, the others of the run free again. */
void fg_part_give(struct fg_part *part, uint32_t first, uint32_t len, int64_t end);
/* The same while it goes on: whole pieces are had, the others stay busy. */
void fg_part_mark(struct fg_part *part, uint32_t first, uint32_t len, int64_t end);
uint32_t fg_part_missing(
    const struct fg_part *part); /* pieces that are not had, busy ones too */
int64_t fg_part_have_bytes(const struct fg_part *part);
static inline int64_t fg_part_at(const struct fg_part *part, uint32_t piece)
{
    int64_t at = (int64_t)piece * part->piece_bytes;
    return at < part->bytes ? at : part->bytes;
}

/* Put the state on the disk, if `now` or the last time is a second ago, and ten times as long as that took. */
[[nodiscard]] int fg_part_save(struct fg_part *part, bool now, struct fg_err *err);
/* All is there and checked: give it its name. */
[[nodiscard]] int fg_part_finish(struct fg_part *part, struct fg_err *err);

/* FG_ENOSPC or FG_EIO, with words. */
int fg_part_fail(struct fg_err *err, const char *path, int error);
