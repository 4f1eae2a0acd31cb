/* sweep.c - see sweep.h */
#include "daemon/sweep.h"

#include "engine/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOUR_US    (3600LL * 1000000)
#define DAY_US     (24 * HOUR_US)
#define HASH_HEX   (FG_HASH_BYTES * 2)
#define SHELF_JOBS 1000

/* One sweep: what is asked, what came of it, and the shelf (the folder between) that we are on. */
struct walk {
    const struct fg_sweep *sweep;
    struct fg_swept *swept;
    struct fg_err *err;
    uint64_t job_shelf;
    const char *blob_shelf;
    fg_job_id newest;
};

/* `folder` is a descriptor, `name` something in it. */
typedef int visit_fn(struct walk *walk, int folder, const char *name);

/* -- going through folders ---------------------------------------------------------------------------- */

static int visit_all(struct walk *walk, DIR *dir, visit_fn *visit)
{
    int rc = 0;
    while (rc == 0 && !walk->sweep->stopping(walk->sweep->self)) {
        const struct dirent *entry = readdir(dir);
        if (!entry)
            break;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = visit(walk, dirfd(dir), entry->d_name);
    }
    return rc;
}

/* All that is in the folder `name` of `folder`, if that is a folder. */
static int each_in(struct walk *walk, int folder, const char *name, visit_fn *visit)
{
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return fg_fail(walk->err, FG_EIO, "%s: %s", name, strerror(why));
    }
    int rc = visit_all(walk, dir, visit);
    closedir(dir);
    return rc;
}

static int each_of(struct walk *walk, const char *data_dir, const char *name, visit_fn *visit)
{
    int fd = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fg_fail(walk->err, FG_EIO, "%s: %s", data_dir, strerror(errno));
    int rc = each_in(walk, fd, name, visit);
    close(fd);
    return rc;
}

/* True if it is of that type (S_IFDIR, S_IFREG) and was last changed `age_us` ago or earlier. */
static bool is_old(const struct walk *walk,
                   int folder,
                   const char *name,
                   mode_t type,
                   int64_t age_us,
                   struct stat *out)
{
    if (fstatat(folder, name, out, AT_SYMLINK_NOFOLLOW) < 0 || (out->st_mode & S_IFMT) != type)
        return false;
    int64_t changed_us = out->st_mtim.tv_sec * 1000000 + out->st_mtim.tv_nsec / 1000;
    return changed_us <= walk->sweep->now_us - age_us;
}

/* -- job folders -------------------------------------------------------------------------------------- */

/* A number as we write it: digits, no sign, no leading zero. */
static bool parse_number(const char *text, uint64_t *out)
{
    size_t len = strlen(text);
    if (len == 0 || len > 19 || strspn(text, "0123456789") != len || (len > 1 && *text == '0'))
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

static void remove_job(struct walk *walk, int folder, const char *name)
{
    struct stat info;
    fg_fs_remove_tree(folder, name);
    bool gone = fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
    walk->swept->jobs += gone;
    walk->swept->failed += !gone;
}

static int visit_job(struct walk *walk, int folder, const char *name)
{
    fg_job_id job;
    struct stat info;
    if (!parse_number(name, &job) || job == 0 || job / SHELF_JOBS != walk->job_shelf
        || !is_old(walk, folder, name, S_IFDIR, HOUR_US, &info))
        return 0;
    int known = walk->sweep->job_known(walk->sweep->self, job, walk->err);
    if (known == 0)
        remove_job(walk, folder, name);
    return known < 0 ? known : 0;
}

/* An empty shelf stays: the launcher may be about to put a job on it. */
static int visit_job_shelf(struct walk *walk, int folder, const char *name)
{
    return parse_number(name, &walk->job_shelf) ? each_in(walk, folder, name, visit_job) : 0;
}

int fg_sweep_jobs(const char *data_dir,
                  const struct fg_sweep *sweep,
                  struct fg_swept *swept,
                  struct fg_err *err)
{
    struct walk walk = {.sweep = sweep, .swept = swept, .err = err};
    return each_of(&walk, data_dir, "jobs", visit_job_shelf);
}

/* Ids rise from shelf to shelf, so only the last shelf is looked at; an empty one had jobs once. */
static int find_last_shelf(struct walk *walk, int folder, const char *name)
{
    uint64_t shelf;
    (void)folder;
    if (parse_number(name, &shelf) && shelf <= UINT64_MAX / SHELF_JOBS - 1
        && shelf > walk->job_shelf)
        walk->job_shelf = shelf;
    return 0;
}

static int find_newest(struct walk *walk, int folder, const char *name)
{
    fg_job_id job;
    (void)folder;
    if (parse_number(name, &job) && job / SHELF_JOBS == walk->job_shelf && job > walk->newest)
        walk->newest = job;
    return 0;
}

static bool never(void *self)
{
    (void)self;
    return false;
}

int fg_sweep_newest_job(const char *data_dir, fg_job_id *out, struct fg_err *err)
{
    static const struct fg_sweep no_end = {.stopping = never};
    char path[32];
    struct walk walk = {.sweep = &no_end, .err = err};
    int rc = each_of(&walk, data_dir, "jobs", find_last_shelf);
    walk.newest = walk.job_shelf * SHELF_JOBS;
    snprintf(path, sizeof(path), "jobs/%" PRIu64, walk.job_shelf);
    if (rc == 0)
        rc = each_of(&walk, data_dir, path, find_newest);
    if (rc == 0)
        *out = walk.newest;
    return rc;
}

/* -- blobs ---------------------------------------------------------------------------------------------- */

static void remove_file(
    struct walk *walk, int folder, const char *name, const struct stat *info, uint64_t *count)
{
    bool gone = unlinkat(folder, name, 0) == 0;
    *count += gone;
    walk->swept->bytes += gone ? (uint64_t)info->st_size : 0;
    walk->swept->failed += !gone && errno != ENOENT;
}

static bool is_hex(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

/* The age is looked at last: a blob that is used again is touched first. */
static int visit_blob(struct walk *walk, int folder, const char *name)
{
    uint8_t hash[FG_HASH_BYTES];
    struct stat info = {};
    if (!is_hex(name, HASH_HEX) || memcmp(name, walk->blob_shelf, 2) != 0
        || sodium_hex2bin(hash, sizeof(hash), name, HASH_HEX, NULL, NULL, NULL) != 0)
        return 0;
    bool known = walk->sweep->blob_known(walk->sweep->self, hash);
    if (is_old(walk, folder, name, S_IFREG, walk->sweep->blob_age_us, &info) && !known)
        remove_file(walk, folder, name, &info, &walk->swept->blobs);
    else if (S_ISREG(info.st_mode))
        walk->swept->kept_bytes += (uint64_t)info.st_size;
    return 0;
}

static int visit_upload(struct walk *walk, int folder, const char *name)
{
    struct stat info;
    if (is_old(walk, folder, name, S_IFREG, DAY_US, &info))
        remove_file(walk, folder, name, &info, &walk->swept->uploads);
    return 0;
}

/* ".<pid>.tmp": what engine/blob.c writes before the hash is known. */
static bool is_temp(const char *name)
{
    size_t digits = name[0] == '.' ? strspn(name + 1, "0123456789") : 0;
    return digits > 0 && strcmp(name + 1 + digits, ".tmp") == 0;
}

static int visit_blob_shelf(struct walk *walk, int folder, const char *name)
{
    if (is_temp(name))
        return visit_upload(walk, folder, name);
    if (strcmp(name, "tmp") == 0)
        return each_in(walk, folder, name, visit_upload);
    walk->blob_shelf = name;
    return is_hex(name, 2) ? each_in(walk, folder, name, visit_blob) : 0;
}

int fg_sweep_blobs(const char *data_dir,
                   const struct fg_sweep *sweep,
                   struct fg_swept *swept,
                   struct fg_err *err)
{
    struct walk walk = {.sweep = sweep, .swept = swept, .err = err};
    return each_of(&walk, data_dir, "blobs", visit_blob_shelf);
}
