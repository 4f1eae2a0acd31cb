/* digest.c - see digest.h */
#include "transfer/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK (1 << 18)

static const char *const prefixes[] = {[FG_BLAKE2B] = "blake2b:", [FG_SHA256] = "sha256:"};

int fg_digest_kind_of(const char *hash, enum fg_digest_kind *out, struct fg_err *err)
{
    for (int kind = FG_BLAKE2B; kind <= FG_SHA256; kind++) {
        size_t len = strlen(prefixes[kind]);
        if (strncmp(hash, prefixes[kind], len) == 0
            && strspn(hash + len, "0123456789abcdef") == 64 && hash[len + 64] == '\0') {
            *out = (enum fg_digest_kind)kind;
            return 0;
        }
    }
    return fg_fail(err, FG_EINVAL,
                   "hash %.80s: expected blake2b: or sha256: and 64 digits 0-9a-f", hash);
}

void fg_digest_begin(struct fg_digest *digest, enum fg_digest_kind kind)
{
    digest->kind = kind;
    if (kind == FG_BLAKE2B)
        crypto_generichash_init(&digest->blake2b, NULL, 0, 32);
    else
        crypto_hash_sha256_init(&digest->sha256);
}

void fg_digest_add(struct fg_digest *digest, const void *bytes, size_t len)
{
    if (digest->kind == FG_BLAKE2B)
        crypto_generichash_update(&digest->blake2b, bytes, len);
    else
        crypto_hash_sha256_update(&digest->sha256, bytes, len);
}

void fg_digest_end(struct fg_digest *digest, char out[FG_HASH_MAX])
{
    unsigned char bytes[32];
    if (digest->kind == FG_BLAKE2B)
        crypto_generichash_final(&digest->blake2b, bytes, sizeof(bytes));
    else
        crypto_hash_sha256_final(&digest->sha256, bytes);
    size_t len = strlen(prefixes[digest->kind]);
    memcpy(out, prefixes[digest->kind], len);
    sodium_bin2hex(out + len, 65, bytes, sizeof(bytes));
}

int fg_digest_file(
    int fd, int64_t at, int64_t len, struct fg_digest *digest, const volatile bool *stopped)
{
    char *block = malloc(BLOCK);
    int rc = block ? 0 : -ENOMEM;
    while (rc == 0 && len != 0) {
        size_t want = len < 0 || len > BLOCK ? BLOCK : (size_t)len;
        ssize_t got = pread(fd, block, want, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            rc = got < 0 ? -errno : (len < 0 ? 0 : -EIO);
            break;
        }
        fg_digest_add(digest, block, (size_t)got);
        at += got;
        len -= len < 0 ? 0 : got;
        if (stopped && *stopped)
            rc = -ECANCELED;
    }
    free(block);
    return rc;
}
