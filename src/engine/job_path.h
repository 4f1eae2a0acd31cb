/* job_path.h - where the files of a job lie in the data folder.
 *
 *     DATA/jobs/<id / 1000>/<id>/<attempt>/<task>/{stdout.log, stdout.log.1, stderr.log, exit, work/ ...}
 *     DATA/jobs/<id / 1000>/<id>/checkpoint/
 */
#pragma once

#include "engine/engine.h"

#define FG_PATH_MAX 4096

/* Into `out` (FG_PATH_MAX bytes).  Returns 0, or FG_ETOOBIG. */
int fg_task_dir(const char *data_dir, struct fg_task_key key, char *out);
int fg_job_dir(const char *data_dir, fg_job_id job, char *out);
