/* blob.c - see blob.h */
#include "client/blob.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define HASH_SIZE 32
#define PART_SIZE ((size_t)(64 * 1024))

int fg_blob_hash(FILE *file, char out[FG_HASH_TEXT_MAX], uint64_t *out_size, struct fg_err *err)
{
    unsigned char part[PART_SIZE], hash[HASH_SIZE];
    crypto_generichash_state state;
    size_t got;
    uint64_t size = 0;
    if (sodium_init() < 0)
        return fg_fail(err, FG_EIO, "libsodium cannot be initialised");
    crypto_generichash_init(&state, NULL, 0, HASH_SIZE);
    rewind(file);
    while ((got = fread(part, 1, sizeof(part), file)) > 0) {
        crypto_generichash_update(&state, part, got);
        size += got;
    }
    if (ferror(file))
        return fg_fail(err, FG_EIO, "hash: %s", strerror(errno));
    crypto_generichash_final(&state, hash, HASH_SIZE);
    rewind(file);

    char digits[2 * HASH_SIZE + 1];
    sodium_bin2hex(digits, sizeof(digits), hash, HASH_SIZE);
    snprintf(out, FG_HASH_TEXT_MAX, "blake2b:%s", digits);
    *out_size = size;
    return 0;
}

int fg_blob_upload(struct fg_client *client,
                   FILE *file,
                   const char *hash,
                   uint64_t size,
                   fg_progress_fn *progress,
                   void *self,
                   struct fg_err *err)
{
    char path[FG_HASH_TEXT_MAX + 16];
    snprintf(path, sizeof(path), "/v1/blobs/%s", hash);
    int rc =
        fg_client_call(client, &(struct fg_call){.method = "HEAD", .path = path}, NULL, err);
    if (rc >= 0)
        return 0;
    if (rc != FG_ENOENT)
        return rc;
    struct fg_call call = {.method = "PUT",
                           .path = path,
                           .upload = file,
                           .upload_size = size,
                           .progress = progress,
                           .progress_self = self};
    rc = fg_client_call(client, &call, NULL, err);
    return rc < 0 ? rc : 0;
}
