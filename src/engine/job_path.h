/* job_path.h - where the files of a job lie in the data folder.
 *
 *     DATA/jobs/<id / 1000>/<id>/<attempt>/<task>/{stdout.log, stdout.log.1, stderr.log, lock, work/ ...}
 *     DATA/jobs/<id / 1000>/<id>/checkpoint/
 *     DATA/blobs/<2 hex>/<64 hex>
 *
 * A log is written in parts and never renamed: stdout.log is the oldest part, then stdout.log.1, .2, ...;
 * a byte offset counts over all parts in that order.  A stream that printed nothing has no file.
 */
#pragma once

#include "engine/engine.h"

#define FG_PATH_MAX 4096

/* Into `out` (FG_PATH_MAX bytes).  Returns 0, or FG_ETOOBIG. */
int fg_task_dir(const char *data_dir, struct fg_task_key key, char *out);
int fg_job_dir(const char *data_dir, fg_job_id job, char *out);

/* Where the blob of that hash ("blake2b:<64 hex>") lies.  0; FG_EINVAL: not such a hash; FG_ETOOBIG. */
int fg_blob_path(const char *data_dir, const char *hash, char *out);
