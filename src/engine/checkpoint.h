/* checkpoint.h - a checkpoint folder as one file, so that a job can go on elsewhere.
 *
 *     DATA/jobs/.../<id>/checkpoint/ <--> DATA/jobs/.../<id>/checkpoint.tar.zst
 *
 * The newer of both counts: where the job runs next, staging turns the file back into the folder and removes it.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>

#define FG_CHECKPOINT_FILE "checkpoint.tar.zst"

struct fg_checkpoint_pack {
    const char *folder, *file; /* `file` appears whole, or not at all */
    int64_t bytes_max;         /* of all files together */
    uint64_t last;             /* pack nothing if the folder is as then; 0: it never was */
};

/* What is in a folder now: names, sizes, times, as a number that is not 0; 0: it is empty or not there. */
uint64_t fg_checkpoint_state(const char *folder);

/* Pack it.  `*out_state` becomes what was packed: 0 if there was nothing, or nothing new.  Files and folders only.
 * FG_EBUSY: it was written to meanwhile; FG_ETOOBIG, FG_EIO. */
[[nodiscard]] int fg_checkpoint_write(const struct fg_checkpoint_pack *pack,
                                      uint64_t *out_state,
                                      struct fg_err *err);
