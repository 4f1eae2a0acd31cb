/* gather.h - the next events for a sink, out of the store. */
#pragma once

#include "publish/note.h"
#include "store/reader.h"

#define FG_GATHER_MAX 256 /* events of one batch */

struct fg_gather {
    const struct fg_sink_setting *sink;
    uint64_t after;                          /* the last event that is settled */
    struct fg_note notes[FG_GATHER_MAX + 1]; /* texts are in the arena */
    size_t len;
    uint64_t last; /* of those that were looked at: settled once all notes are sent */
    uint64_t
        dropped; /* events after `after` that the store has no more: told by the first note, publish.dropped */
    struct fg_arena *arena;
};

/* Fill notes (at most `max`, 1 to FG_GATHER_MAX), last and dropped.  `last` == `after`: there is nothing new. */
[[nodiscard]] int fg_gather(struct fg_gather *gather,
                            struct fg_reader *reader,
                            size_t max,
                            struct fg_err *err);
