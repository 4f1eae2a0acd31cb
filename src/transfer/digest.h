/* digest.h - hashes of files: BLAKE2b with 32 bytes (RFC 7693), SHA-256 (FIPS 180-4). */
#pragma once

#include "base/err.h"

#include <sodium.h>
#include <stdint.h>

#define FG_HASH_MAX 80 /* "blake2b:<64 hex>", "sha256:<64 hex>" */

enum fg_digest_kind { FG_BLAKE2B, FG_SHA256 };

struct fg_digest {
    enum fg_digest_kind kind;
    union {
        crypto_generichash_state blake2b;
        crypto_hash_sha256_state sha256;
    };
};

/* The kind of a hash as text; FG_EINVAL: it is none. */
[[nodiscard]] int fg_digest_kind_of(const char *hash,
                                    enum fg_digest_kind *out,
                                    struct fg_err *err);

void fg_digest_begin(struct fg_digest *digest, enum fg_digest_kind kind);
void fg_digest_add(struct fg_digest *digest, const void *bytes, size_t len);
void fg_digest_end(struct fg_digest *digest, char out[FG_HASH_MAX]);

/* Of `len` bytes of a file from `at`, or to its end if `len` is negative; the file's position stays.  `stopped` may be NULL.
 * 0, or -errno; -ECANCELED: stopped. */
[[nodiscard]] int fg_digest_file(
    int fd, int64_t at, int64_t len, struct fg_digest *digest, const volatile bool *stopped);
