/* keep.h - what couriers send, as files of the service: logs in parts, and blobs that come in pieces.
 *
 * All of it happens on the thread of the link.
 */
#pragma once

#include "base/config.h"
#include "engine/job_path.h"

#include <sodium.h>

/* One output stream of a task, laid out as the local engine does (engine/task_log.h). */
struct fg_keep_log {
    int fd; /* of `part`; -1: the next byte opens it */
    uint32_t part;
    uint64_t part_len; /* bytes in it */
    uint64_t len;      /* bytes of the stream that we have seen */
    uint64_t dropped;  /* of these not kept: the cap, a full disk */
    bool is_open;      /* the fields above are set */
};

/* Find out how much is there. */
void fg_keep_log_open(struct fg_keep_log *log,
                      const char *data_dir,
                      struct fg_task_key key,
                      uint32_t stream);
void fg_keep_log_close(struct fg_keep_log *log);

struct fg_keep_place {
    const char *data_dir;
    const struct fg_config *config;
    struct fg_task_key key;
    uint32_t stream; /* 0 stdout, 1 stderr */
};
/* Append what comes next in the stream. */
void fg_keep_log_add(struct fg_keep_log *log,
                     const struct fg_keep_place *place,
                     const char *bytes,
                     size_t len);

/* A blob, or checkpoint, on its way to us. */
struct fg_keep_blob {
    char name[96];           /* "blake2b:<64 hex>"; what comes must have that hash */
    char temp[FG_PATH_MAX];  /* file in DATA/blobs until it is whole */
    fg_job_id checkpoint_of; /* 0: a blob */
    int fd;                  /* -1: none is on its way */
    uint64_t len, total;
    crypto_generichash_state hash;
};

/* Begin anew, in `temp`.  0, or FG_EIO. */
int fg_keep_blob_begin(struct fg_keep_blob *blob, struct fg_err *err);
/* Append.  0; FG_EIO, FG_ENOSPC: it is given up. */
int fg_keep_blob_add(struct fg_keep_blob *blob,
                     const char *bytes,
                     size_t len,
                     struct fg_err *err);
/* All is here: check it and put it in place, durably.  0; FG_EINVAL: it is not what its name says; FG_EIO. */
int fg_keep_blob_end(struct fg_keep_blob *blob, const char *data_dir, struct fg_err *err);
void fg_keep_blob_drop(struct fg_keep_blob *blob); /* forget it, remove `temp` */

/* DATA/jobs/<id>/checkpoint.tar.zst. */
int fg_keep_checkpoint_path(const char *data_dir, fg_job_id job, char out[FG_PATH_MAX]);
