/* outputs.h - keep what the program made: files under its folder, by content hash.
 *
 *     working folder --patterns--> DATA/blobs/<2 hex>/<64 hex>
 *
 * A pattern is a relative path whose parts may hold * ? [...]; the part ** stands for any folders.  A
 * folder that matches is kept with all that is below.  Links are passed over: nothing outside is read.
 */
#pragma once

#include "engine/plan.h"

#define FG_OUTPUTS_MAX 1000 /* files of one task */

struct fg_outputs {
    struct fg_engine_artifact *items; /* owned; free() */
    size_t len;
    bool more; /* there were too many */
};

/* With plan->outputs_to the files are only listed, without a hash: they go elsewhere (remote.h).
 *
 * Collect into `*out` (zeroed by the caller).  0, or FG_EIO and what was kept until then stays in it:
 * `err` is a reason for people. */
int fg_outputs_collect(struct fg_outputs *out,
                       const char *data_dir,
                       const struct fg_plan *plan,
                       const char *folder,
                       struct fg_err *err);
