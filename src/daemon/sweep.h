/* sweep.h - files of the data folder that nothing refers to any more.
 *
 *     DATA/jobs/<id / 1000>/<id>/                 the job is not known; an hour old at least
 *     DATA/blobs/<2 hex>/<64 hex>                 the blob is not known; blob_age_us old at least
 *     DATA/blobs/tmp/<any>, blobs/.<pid>.tmp      an upload that never ended; a day old at least
 *
 * Whatever has another name, or is not what its name says (a link, a file where a folder belongs), is
 * left alone.  No link is followed, so nothing outside of DATA can go.  Ages count from the last change:
 * who uses a blob again touches it before he refers to it.
 *
 * What is known is asked of the caller: this file has no database and no clock.
 */
#pragma once

#include "base/err.h"
#include "model/job.h"

#include <stdbool.h>
#include <stdint.h>

#define FG_HASH_BYTES 32

struct fg_sweep {
    int64_t now_us; /* the clock of the files: UTC as the system has it */
    int64_t blob_age_us;
    void *self;
    /* 1: known, or not ours to judge; 0: nothing refers to it; an error ends the sweep. */
    int (*job_known)(void *self, fg_job_id job, struct fg_err *err);
    bool (*blob_known)(void *self, const uint8_t hash[FG_HASH_BYTES]);
    /* Asked between any two files: true ends the sweep early, without an error. */
    bool (*stopping)(void *self);
};

struct fg_swept {
    uint64_t jobs, blobs, uploads; /* that went */
    uint64_t bytes;                /* of blobs and uploads that went */
    uint64_t kept_bytes;           /* of blobs that stay */
    uint64_t failed;               /* that should have gone and are still there */
};

/* Add what went to `swept`.  A folder that is not there is empty.  FG_EIO, or the error of job_known(). */
int fg_sweep_jobs(const char *data_dir,
                  const struct fg_sweep *sweep,
                  struct fg_swept *swept,
                  struct fg_err *err);
int fg_sweep_blobs(const char *data_dir,
                   const struct fg_sweep *sweep,
                   struct fg_swept *swept,
                   struct fg_err *err);

/* The newest job that has, or had, a folder; 0 if none.  FG_EIO. */
int fg_sweep_newest_job(const char *data_dir, fg_job_id *out, struct fg_err *err);
