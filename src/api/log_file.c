/* log_file.c - see log_file.h */
#include "api/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int fg_log_init(struct fg_log_file *log,
                const char *data_dir,
                struct fg_task_key key,
                const char *stream)
{
    log->fd = -1;
    log->part = 0;
    log->part_start = log->offset = 0;
    log->root_len = strlen(data_dir);
    int rc = fg_task_dir(data_dir, key, log->path);
    if (rc < 0)
        return rc;
    size_t len = strlen(log->path);
    snprintf(log->path + len, sizeof(log->path) - len, "/%s.log", stream);
    return 0;
}

void fg_log_fini(struct fg_log_file *log)
{
    if (log->fd >= 0)
        close(log->fd);
    log->fd = -1;
}

static void part_path(const struct fg_log_file *log, unsigned part, char out[FG_PATH_MAX + 64])
{
    if (part == 0)
        snprintf(out, FG_PATH_MAX + 64, "%s", log->path);
    else
        snprintf(out, FG_PATH_MAX + 64, "%s.%u", log->path, part);
}

/* Size of a part, -1: there is none. */
static int64_t part_size(const struct fg_log_file *log, unsigned part)
{
    char path[FG_PATH_MAX + 64];
    struct stat info;
    part_path(log, part, path);
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : -1;
}

static int open_part(const struct fg_log_file *log, unsigned part)
{
    char path[FG_PATH_MAX + 64];
    struct stat info;
    part_path(log, part, path);

    char *slash = path + log->root_len;
    *slash = 0;
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -1;
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, root, slash + 1, &how, sizeof(how));
    if (fd < 0 && errno == ENOSYS)
        fd = openat(root, slash + 1, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    close(root);
    if (fd >= 0 && (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

uint64_t fg_log_end(const struct fg_log_file *log)
{
    uint64_t end = 0;
    for (unsigned part = 0;; part++) {
        int64_t size = part_size(log, part);
        if (size < 0)
            return end;
        end += (uint64_t)size;
    }
}

void fg_log_seek(struct fg_log_file *log, uint64_t offset)
{
    fg_log_fini(log);
    log->part = 0;
    log->part_start = 0;
    log->offset = offset;
    for (int64_t size = part_size(log, 0); size >= 0; size = part_size(log, log->part)) {
        bool last = part_size(log, log->part + 1) < 0;
        if (last || offset < log->part_start + (uint64_t)size)
            return;
        log->part_start += (uint64_t)size;
        log->part++;
    }
}

/* Turn to the next part if there is one.  A part is complete once its successor exists. */
static bool next_part(struct fg_log_file *log)
{
    struct stat info;
    if (log->fd < 0 || part_size(log, log->part + 1) < 0 || fstat(log->fd, &info) != 0
        || log->offset < log->part_start + (uint64_t)info.st_size)
        return false;
    close(log->fd);
    log->part_start += (uint64_t)info.st_size;
    log->part++;
    log->fd = open_part(log, log->part);
    return log->fd >= 0;
}

ssize_t fg_log_read(struct fg_log_file *log, char *out, size_t max)
{
    if (log->fd < 0)
        log->fd = open_part(log, log->part);
    if (log->fd < 0)
        return 0;
    do {
        ssize_t got = pread(log->fd, out, max, (off_t)(log->offset - log->part_start));
        if (got < 0)
            return FG_EIO;
        log->offset += (uint64_t)got;
        if (got > 0)
            return got;
    } while (next_part(log));
    return 0;
}

bool fg_log_has_more(const struct fg_log_file *log)
{
    int64_t size = part_size(log, log->part);
    if (size < 0)
        return false;
    return log->part_start + (uint64_t)size > log->offset || part_size(log, log->part + 1) >= 0;
}
