/* note.h - how launcher and supervisors tell the engine that something happened: one pipe, one record.
 *
 * A record is smaller than PIPE_BUF, so it arrives whole.  The pipe only makes things fast: what it says
 * is also on disk (lock, exit record), and a writer that finds it full goes on without it, except for the
 * launcher, which keeps FORKED and ENDED until they fit.
 */
#pragma once

#include "engine/engine.h"

#include <limits.h>

enum fg_note_kind {
    FG_NOTE_FORKED, /* launcher: the supervisor of this key is process `pid` */
    FG_NOTE_EVENT,  /* supervisor: started, exited or failed; exit record written */
    FG_NOTE_ENDED,  /* launcher: that supervisor is gone */
    FG_NOTE_BURIED, /* sweeper: nothing is left of a task that lost its supervisor */
};

struct fg_note {
    enum fg_note_kind kind;
    int32_t pid;
    bool folder_done; /* EVENT: the supervisor will not touch the task's folder again */
    struct fg_engine_event event; /* `key` always; the rest for EVENT */
};
_Static_assert(sizeof(struct fg_note) <= PIPE_BUF, "a note must arrive whole");

/* Write it without waiting.  0, -EAGAIN: the pipe is full; another -errno: nobody listens any more. */
int fg_note_send(int fd, const struct fg_note *note);
