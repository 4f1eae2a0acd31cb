/* blobs.h - files by content hash: uploads, and reading them back.
 *
 *     PUT body --> DATA/blobs/tmp/XXXXXX --hash is right, fsync--> DATA/blobs/<2 hex>/<64 hex>
 *
 * A blob is there whole or not at all, and what is there has the hash of its name.
 */
#pragma once

#include "api/call.h"

struct fg_blobs;

/* Makes the folders, removes what interrupted uploads left, counts what is there. */
struct fg_blobs *fg_blobs_new(const char *data_dir, uint64_t bytes_max, struct fg_err *err);
void fg_blobs_free(struct fg_blobs *blobs);

/* Uploads of a request whose {hash} is captured.  An error ends the upload. */
[[nodiscard]] int fg_blob_upload_begin(struct fg_call *call, struct fg_err *err);
[[nodiscard]] int fg_blob_upload_add(struct fg_call *call,
                                     const char *bytes,
                                     size_t len,
                                     struct fg_err *err);
/* Forget an upload that did not come to its end; none is fine. */
void fg_blob_upload_drop(struct fg_call *call);

/* Whether a blob is there.  It counts as used now: the removal of unused ones goes by this time. */
bool fg_blob_is_there(const char *data_dir, const char *hash);
/* Answer with the bytes of a blob, as a download that no browser interprets. */
void fg_blob_answer(struct fg_call *call, const char *hash, const char *file_name);
