/* pipeline_file.h - one file, several jobs that wait for each other by name.
 *
 *     jobs:
 *       - {name: prepare, run: ./prepare.sh}
 *       - {name: left, run: ./half.sh left, after: [prepare]}
 *       - {name: merge, run: ./merge.sh, after: [left, {job: prepare, when: any}, 12]}
 *
 * Members are those of a job file (job_file.h).  In `after` a name is another job of the file, a number a job
 * that is there already.  Such a file becomes one batch: no job of it waits for a later one.
 */
#pragma once

#include "base/arena.h"
#include "model/job.h"

#define FG_PIPELINE_ROOM                                                                       \
    ((size_t)256 * 1024 * 1024) /* arena that surely suffices: address space */

/* Jobs in an order in which they can run, that of the file where it can; `after` has items (job.h). */
struct fg_pipeline {
    struct fg_job_spec *specs;
    size_t len; /* 1 to FG_BATCH_MAX */
    bool named; /* false: the file was of one job, without `jobs` */
};

/* Parse a file of several jobs, or of one (then as fg_job_file_parse()), into `arena`.
 * Returns 0, FG_ETOOBIG, or FG_EINVAL: "p.yaml:4: jobs[2].after: a cycle, each waits for the next: a -> b -> a". */
[[nodiscard]] int fg_pipeline_file_parse(const char *bytes,
                                         size_t len,
                                         const char *file_name,
                                         int64_t now_us,
                                         struct fg_arena *arena,
                                         struct fg_pipeline *out,
                                         struct fg_err *err);
