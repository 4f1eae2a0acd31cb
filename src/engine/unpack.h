/* unpack.h - a tar archive of a stranger into a folder of ours. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct fg_unpack {
    int archive;       /* read from here */
    int folder;        /* write below this folder */
    int64_t bytes_max; /* of all files together */
    bool (*stopped)(void *self);
    void *self;
};

/* Files, folders and symbolic links are made, with permissions but without set-id bits and owners;
 * anything else, a path that leads outside and a link on the way are errors.  0, or FG_EBACKEND. */
[[nodiscard]] int fg_unpack(const struct fg_unpack *unpack, struct fg_err *err);
