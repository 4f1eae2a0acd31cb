/* cache.c - see cache.h
 *
 * A file is made under a name of its own and renamed when its hash is known to be right, so that two supervisors at once do no
 * harm.  What is open while it is removed stays readable.
 */
#include "engine/cache.h"

#include "engine/fs.h"
#include "engine/job_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 10000
#define BLOCK     (1 << 18)

static int folder_of(const char *data_dir, int64_t uid, char out[FG_PATH_MAX])
{
    char whose[32] = "service";
    if (uid >= 0)
        snprintf(whose, sizeof(whose), "uid-%lld", (long long)uid);
    return snprintf(out, FG_PATH_MAX, "%s/cache/%s", data_dir, whose) >= FG_PATH_MAX - 128
               ? -ENAMETOOLONG
               : 0;
}

/* "sha256:<hex>" -> "sha256-<hex>" */
static int name_of(const char *hash, char out[80])
{
    const char *colon = strchr(hash, ':');
    if (!colon || strspn(colon + 1, "0123456789abcdef") != 64 || colon[65] != '\0'
        || (strncmp(hash, "blake2b:", 8) != 0 && strncmp(hash, "sha256:", 7) != 0))
        return -EINVAL;
    snprintf(out, 80, "%.*s-%s", (int)(colon - hash), hash, colon + 1);
    return 0;
}

int fg_cache_open(const char *data_dir, int64_t uid, const char *hash)
{
    char folder[FG_PATH_MAX], path[FG_PATH_MAX], name[80];
    int rc = folder_of(data_dir, uid, folder);
    if (rc == 0)
        rc = name_of(hash, name);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "%.3900s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0)
        futimens(fd, NULL);
    return fd >= 0 ? fd : -errno;
}

static int hash_of(int fd, bool sha256, char hex[65])
{
    crypto_generichash_state blake2b;
    crypto_hash_sha256_state sha;
    unsigned char bytes[32], *block = malloc(BLOCK);
    ssize_t got;
    if (!block)
        return -ENOMEM;
    crypto_generichash_init(&blake2b, NULL, 0, 32);
    crypto_hash_sha256_init(&sha);
    for (off_t at = 0; (got = pread(fd, block, BLOCK, at)) > 0; at += got) {
        if (sha256)
            crypto_hash_sha256_update(&sha, block, (size_t)got);
        else
            crypto_generichash_update(&blake2b, block, (size_t)got);
    }
    int rc = got < 0 ? -errno : 0;
    free(block);
    if (sha256)
        crypto_hash_sha256_final(&sha, bytes);
    else
        crypto_generichash_final(&blake2b, bytes, 32);
    sodium_bin2hex(hex, 65, bytes, 32);
    return rc;
}

static int copy_all(int from, int to)
{
    off_t in = 0;
    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    for (;;) {
        ssize_t done = copy_file_range(from, &in, to, NULL, 1 << 24, 0);
        if (done == 0)
            return 0;
        if (done < 0 && errno != EINTR)
            return -errno;
    }
}

struct entry {
    char name[80];
    int64_t bytes, used_s;
};

static int by_use(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    return (left->used_s > right->used_s) - (left->used_s < right->used_s);
}

static size_t list(int folder, struct entry *entries, int64_t *out_bytes)
{
    size_t len = 0;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    *out_bytes = 0;
    if (!dir) {
        if (copy >= 0)
            close(copy);
        return 0;
    }
    for (struct dirent *at; len < FILES_MAX && (at = readdir(dir)) != NULL;) {
        struct stat state;
        if (strlen(at->d_name) >= sizeof(entries->name)
            || fstatat(folder, at->d_name, &state, AT_SYMLINK_NOFOLLOW) < 0
            || !S_ISREG(state.st_mode))
            continue;
        strcpy(entries[len].name, at->d_name);
        entries[len].bytes = state.st_size;
        entries[len++].used_s = state.st_mtim.tv_sec;
        *out_bytes += state.st_size;
    }
    closedir(dir);
    return len;
}

/* The oldest go, those of killed supervisors ("new-...") as well. */
static void evict(int folder, int64_t bytes_max)
{
    struct entry *entries = malloc(FILES_MAX * sizeof(*entries));
    int64_t bytes;
    if (!entries)
        return;
    size_t len = list(folder, entries, &bytes);
    if (len > 1)
        qsort(entries, len, sizeof(*entries), by_use);
    for (size_t i = 0; i < len && bytes > bytes_max; i++)
        if (unlinkat(folder, entries[i].name, 0) == 0)
            bytes -= entries[i].bytes;
    free(entries);
}

static int put(int folder, const char *hash, const char *name, int from)
{
    char temp[64], hex[65];
    snprintf(temp, sizeof(temp), "new-%d", getpid());
    int fd = openat(folder, temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -errno;
    int rc = copy_all(from, fd);
    if (rc == 0)
        rc = hash_of(fd, hash[0] == 's', hex);
    if (rc == 0 && strcmp(hex, strchr(hash, ':') + 1) != 0)
        rc = -EBADMSG;
    if (rc == 0 && (fsync(fd) < 0 || renameat(folder, temp, folder, name) < 0))
        rc = -errno;
    close(fd);
    if (rc < 0)
        unlinkat(folder, temp, 0);
    return rc;
}

int fg_cache_put(const char *data_dir, int64_t uid, const char *hash, int fd, int64_t bytes_max)
{
    char path[FG_PATH_MAX], name[80];
    struct stat state;
    int rc = folder_of(data_dir, uid, path);
    if (rc == 0)
        rc = name_of(hash, name);
    if (rc == 0 && fstat(fd, &state) < 0)
        rc = -errno;
    if (rc == 0 && state.st_size > bytes_max)
        rc = -EFBIG;
    if (rc == 0)
        rc = fg_fs_mkdirs(path, 0700);
    int folder = rc < 0 ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return rc < 0 ? rc : -errno;
    rc = put(folder, hash, name, fd);
    if (rc == 0)
        evict(folder, bytes_max);
    close(folder);
    return rc;
}
