/* admin_token.c - see admin_token.h */
#include "daemon/admin_token.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_BYTES 32
#define SECRET_TEXT  64 /* "fgpu_" + 43 base64 characters */

static void make_secret(char out[SECRET_TEXT])
{
    unsigned char bytes[SECRET_BYTES];
    randombytes_buf(bytes, sizeof(bytes));
    memcpy(out, "fgpu_", 5);
    sodium_bin2base64(out + 5, SECRET_TEXT - 5, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

static int write_secret(const char *path, const char *secret, struct fg_err *err)
{
    char next[4096 + 8];
    snprintf(next, sizeof(next), "%s.new", path);
    unlink(next);
    int fd = open(next, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t len = strlen(secret);
    char line[SECRET_TEXT + 1];
    snprintf(line, sizeof(line), "%s\n", secret);
    if (fd >= 0)
        errno = ENOSPC; /* what a write that is cut short means */
    bool good = fd >= 0 && write(fd, line, len + 1) == (ssize_t)len + 1 && fsync(fd) == 0;
    int why = good ? 0 : errno;
    if (fd >= 0)
        close(fd);
    sodium_memzero(line, sizeof(line));
    if (good && rename(next, path) < 0)
        why = errno;
    if (why) {
        unlink(next);
        return fg_fail(err, why == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", path, strerror(why));
    }
    return 0;
}

static void nothing(struct fg_command *)
{
}

static int store_hash(struct fg_control *control,
                      const char *secret,
                      int64_t now_us,
                      struct fg_err *err)
{
    struct fg_token token = {.user = "admin", .role = FG_ROLE_ADMIN, .created_us = now_us};
    memcpy(token.prefix, secret, sizeof(token.prefix) - 1);
    crypto_hash_sha256(token.hash, (const unsigned char *)secret, strlen(secret));
    struct fg_command command = {.kind = FG_CMD_TOKEN_PUT, .token = &token, .done = nothing};
    int rc = fg_control_step(control, &command, now_us, err);
    if (rc == 0 && command.rc < 0) {
        *err = command.err;
        rc = command.rc;
    }
    return rc;
}

int fg_admin_token_ensure(struct fg_control *control,
                          const char *path,
                          int64_t now_us,
                          struct fg_err *err)
{
    struct stat info;
    if (stat(path, &info) == 0)
        return 0;
    if (sodium_init() < 0)
        return fg_fail(err, FG_EBACKEND, "libsodium could not be initialised");
    char secret[SECRET_TEXT];
    make_secret(secret);
    int rc = store_hash(control, secret, now_us, err);
    if (rc == 0)
        rc = write_secret(path, secret, err);
    sodium_memzero(secret, sizeof(secret));
    return rc;
}
