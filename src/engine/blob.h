/* blob.h - files by the hash of their content. */
#pragma once

#include <stdint.h>

/* Copy what can be read from `fd` into DATA/blobs, durably, unless it is there already.
 * `hash` becomes "blake2b:<64 hex>" (80 bytes of room).  0, or -errno. */
int fg_blob_put(const char *data_dir, int fd, char hash[80], uint64_t *out_bytes);

/* Give a whole file that was checked and synced, on the same disk, its place as the blob of that hash; `temp` is gone
 * then.  0, or -errno. */
int fg_blob_place(const char *data_dir, const char *temp, const char *hash);
