/* when.h - times as files write them: a moment, or an index.  For the readers of this folder. */
#pragma once

#include "base/rows.h"

struct fg_when {
    bool is_index;
    int64_t time; /* microseconds UTC, or the index */
};

/* A whole number up to this is an index; beyond it, it is seconds since 1970. */
#define FG_WHEN_INDEX_MAX 99'999'999

/* ISO 8601, with or without a zone (none is UTC), seconds since 1970, or an index.  FG_EINVAL: `name` says of what. */
[[nodiscard]] int fg_when_read(struct fg_field field,
                               const char *name,
                               struct fg_when *out,
                               struct fg_err *err);
