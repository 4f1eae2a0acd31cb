/* outlet.h - one way out: what each kind of sink implements.  Used by one thread at a time. */
#pragma once

#include "base/err.h"
#include "publish/note.h"

/* Whom an outlet asks whether it should give up: called often while it waits. */
struct fg_outlet_site {
    bool (*stopping)(void *self);
    void *self;
};

struct fg_outlet_ops {
    /* Both are borrowed for the outlet's life.  No network is touched yet. */
    int (*open)(const struct fg_sink_setting *sink,
                const struct fg_outlet_site *site,
                void **out,
                struct fg_err *err);
    /* Take all, in order; given none, wait until more is confirmed.  `*out_done`: so many more of all that it was given are
     * confirmed, from the first on; it may keep copies of the others, whose turn to be counted comes.  An error: nothing is
     * kept, what is not counted may have arrived or not, and is to be given again.  FG_ETOOBIG: the next one, or so many at
     * once, will never be taken. */
    int (*send)(void *outlet,
                const struct fg_note *notes,
                size_t len,
                size_t *out_done,
                struct fg_err *err);
    void (*free)(void *outlet);
};

extern const struct fg_outlet_ops fg_outlet_kafka, fg_outlet_webhook, fg_outlet_syslog,
    fg_outlet_journal;
