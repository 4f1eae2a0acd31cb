/* aside.h - do something in a process of its own, with a time limit: what may hang in a driver, or be killed. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct fg_aside {
    pid_t pid; /* 0: none */
    int out;
};

/* Writes what it found to `out`. */
typedef void fg_aside_fn(void *self, struct fg_buf *out);

/* Begin.  Only from a process without threads.  FG_ENOMEM. */
[[nodiscard]] int fg_aside_start(struct fg_aside *aside,
                                 fg_aside_fn *work,
                                 void *self,
                                 struct fg_err *err);
/* Wait until `end_us` (monotonic) for what it found, at the end of `out`.  FG_ETIMEOUT: it was killed; FG_EBACKEND: it died. */
[[nodiscard]] int fg_aside_end(struct fg_aside *aside,
                               int64_t end_us,
                               struct fg_buf *out,
                               struct fg_err *err);
