/* blob.c - see blob.h */
#include "engine/blob.h"

#include "engine/fs.h"
#include "engine/job_path.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES (1 << 18)
#define HASH_BYTES 32

/* Copy and hash in one pass: what is stored is what was hashed, also if the file changes meanwhile. */
static int copy_and_hash(int from, int to, char hash[80], uint64_t *out_bytes)
{
    crypto_generichash_state state;
    unsigned char digest[HASH_BYTES];
    char hex[HASH_BYTES * 2 + 1];
    char *bytes = malloc(COPY_BYTES);
    if (!bytes)
        return -ENOMEM;
    crypto_generichash_init(&state, NULL, 0, HASH_BYTES);
    *out_bytes = 0;
    int rc = 0;
    for (ssize_t got; rc == 0 && (got = read(from, bytes, COPY_BYTES)) != 0;) {
        if (got < 0) {
            rc = errno == EINTR ? 0 : -errno;
            continue;
        }
        crypto_generichash_update(&state, (unsigned char *)bytes, (size_t)got);
        rc = fg_fs_write_all(to, bytes, (size_t)got);
        *out_bytes += (uint64_t)got;
    }
    free(bytes);
    crypto_generichash_final(&state, digest, sizeof(digest));
    sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    snprintf(hash, 80, "blake2b:%s", hex);
    return rc;
}

static void sync_folder(const char *path)
{
    char above[FG_PATH_MAX];
    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(path, '/') - path), path);
    int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

int fg_blob_place(const char *data_dir, const char *temp, const char *hash)
{
    char path[FG_PATH_MAX], above[FG_PATH_MAX];
    if (fg_blob_path(data_dir, hash, path) < 0)
        return -ENAMETOOLONG;
    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(path, '/') - path), path);
    int rc = fg_fs_mkdirs(above, 0700);
    if (rc < 0)
        return rc;
    /* One that is there counts as used now: whoever expires blobs goes by this time. */
    if (access(path, F_OK) == 0 && (utimensat(AT_FDCWD, path, NULL, 0) == 0 || errno != ENOENT))
        return unlink(temp) < 0 ? -errno : 0;
    if (rename(temp, path) < 0)
        return -errno;
    sync_folder(path);
    return 0;
}

int fg_blob_put(const char *data_dir, int fd, char hash[80], uint64_t *out_bytes)
{
    char temp[FG_PATH_MAX];
    if (snprintf(temp, sizeof(temp), "%s/blobs/.%d.tmp", data_dir, (int)getpid())
        >= (int)sizeof(temp))
        return -ENAMETOOLONG;
    int to = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return -errno;
    int rc = sodium_init() < 0 ? -EIO : copy_and_hash(fd, to, hash, out_bytes);
    if (rc == 0 && fsync(to) < 0)
        rc = -errno;
    if (close(to) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0)
        rc = fg_blob_place(data_dir, temp, hash);
    if (rc < 0)
        unlink(temp);
    return rc;
}
