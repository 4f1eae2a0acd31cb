/* blob.h - bytes known by their hash: named here, kept by the service. */
#pragma once

#include "client/client.h"

#define FG_HASH_TEXT_MAX 80 /* "blake2b:" and 64 digits */

/* The hash of all of `file`, which is read from its start and left there; `*out_size` is its size.
 * Returns 0, or FG_EIO. */
[[nodiscard]] int fg_blob_hash(FILE *file,
                               char out[FG_HASH_TEXT_MAX],
                               uint64_t *out_size,
                               struct fg_err *err);

/* Make sure that the service has the blob: asks first, sends only what is missing.
 * Returns 0, or the error of the client. */
[[nodiscard]] int fg_blob_upload(struct fg_client *client,
                                 FILE *file,
                                 const char *hash,
                                 uint64_t size,
                                 fg_progress_fn *progress,
                                 void *self,
                                 struct fg_err *err);
