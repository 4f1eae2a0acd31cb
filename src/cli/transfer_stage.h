/* transfer_stage.h - `fastgpu transfer --stage FILE`: what a supervisor lets be moved for a task.
 *
 *     supervisor --FILE--> this, as the user of the job, in the working folder --FILE--> supervisor
 *
 * FILE, before (JSON; "to" or "from" without "://" are paths of the working folder; "to" with / at its end: unpack
 * there):
 *     {"site": "gpu01", "bytes_max": 1000, "limit_per_s": 0, "retries": 5,
 *      "moves": [{"from": "s3://bucket/train.tar", "to": "data/train.tar", "hash": "sha256:..."}]}
 * and after: a line of measure.h for each link that was measured; last, if it failed: "error WHAT: WHY".
 */
#pragma once

#include "base/err.h"

/* 0: all is where it should be. */
[[nodiscard]] int fg_transfer_stage(const char *path, struct fg_err *err);
