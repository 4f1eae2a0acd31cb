/* snapshot.h - a working folder as one file: a tar, compressed with zstd.
 *
 *     folder --walk, sorted, ignore.h--> SNAPSHOT --file--> blob.h --PUT--> the service
 *
 * The same folder gives the same bytes: entries are sorted, owners are left out.  Kept are regular
 * files, folders and symbolic links with mode and time of change (whole seconds).  `.git` and what
 * .gitignore and .fastgpuignore at the top name (the second file wins) are left out.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <stdio.h>

#define FG_SNAPSHOT_FILES_MAX 1000000
#define FG_SNAPSHOT_DEPTH_MAX 64

struct fg_snapshot {
    FILE *file;            /* owned: a temporary file without a name, at its start */
    uint64_t size;         /* bytes of it */
    uint64_t files_len;    /* entries */
    uint64_t content_size; /* bytes of the files before compression */
};

/* Told now and then while the folder is read. */
typedef void fg_snapshot_fn(void *self, uint64_t files_len, uint64_t content_size);

/* Pack `folder`.  Returns 0; FG_ENOENT: no such folder; FG_EIO: a file cannot be read, or changed its
 * size meanwhile; FG_ETOOBIG; FG_ENOSPC. */
[[nodiscard]] int fg_snapshot_make(const char *folder,
                                   fg_snapshot_fn *progress,
                                   void *self,
                                   struct fg_snapshot *out,
                                   struct fg_err *err);
