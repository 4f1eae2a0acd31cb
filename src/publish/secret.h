/* secret.h - the secret of a sink: one line of a file.  It is in no log, list or error. */
#pragma once

#include "base/err.h"

#include <stddef.h>

#define FG_SINK_SECRET_MAX 1024

struct fg_sink_secret {
    char text[FG_SINK_SECRET_MAX]; /* without the end of its line */
    size_t len;
};

/* Read anew each time it is needed, so that a new one needs no restart.  FG_EIO, FG_EINVAL: the file is empty or too long. */
[[nodiscard]] int fg_sink_secret_read(const char *path,
                                      struct fg_sink_secret *out,
                                      struct fg_err *err);
void fg_sink_secret_drop(struct fg_sink_secret *secret); /* for FG_AUTO: it is wiped */
