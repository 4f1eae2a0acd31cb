/* data_dir.c - see data_dir.h */
#include "daemon/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* mkdir -p, the last folder private. */
static int make_folders(const char *path, struct fg_err *err)
{
    char part[FG_DATA_PATH_MAX];
    size_t len = strlen(path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, i == len ? 0700 : 0755) < 0 && errno != EEXIST)
            return fg_fail(err, FG_EIO, "data folder %s: %s", part, strerror(errno));
    }
    return 0;
}

void fg_data_dir_file(const struct fg_data_dir *dir, const char *name, char *out)
{
    snprintf(out, FG_DATA_PATH_MAX, "%s/%s", dir->path, name);
}

/* A POSIX record lock: it belongs to this process alone.  flock() would live on in every process forked from
 * this one, and the supervisors of running jobs outlive the daemon. */
static int take_lock(struct fg_data_dir *dir, const char *path, struct fg_err *err)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(dir->lock_fd, F_SETLK, &lock) == 0)
        return 0;
    if (errno != EACCES && errno != EAGAIN)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    long pid = fcntl(dir->lock_fd, F_GETLK, &lock) == 0 ? (long)lock.l_pid : 0;
    return fg_fail(err, FG_EEXIST, "data folder %s: process %ld serves it already", dir->path,
                   pid);
}

static int write_pid(const char *path, struct fg_err *err)
{
    FILE *out = fopen(path, "we");
    if (!out || fprintf(out, "%ld\n", (long)getpid()) < 0 || fclose(out) != 0)
        return fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", path,
                       strerror(errno));
    return 0;
}

/* Nothing in these is followed out of the data folder, so a link instead of one would be a folder that cannot be read. */
static int refuse_links(const struct fg_data_dir *dir, struct fg_err *err)
{
    static const char *const names[] = {"jobs", "blobs"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[FG_DATA_PATH_MAX];
        struct stat info;
        fg_data_dir_file(dir, names[i], path);
        if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
            return fg_fail(err, FG_EINVAL,
                           "folder %s: is a symbolic link, expected a folder (mount the other "
                           "place here)",
                           path);
    }
    return 0;
}

int fg_data_dir_open(struct fg_data_dir *dir, const char *path, struct fg_err *err)
{
    if (strlen(path) + 64 > FG_DATA_PATH_MAX)
        return fg_fail(err, FG_EINVAL, "data folder: a path of %zu bytes, at most %d",
                       strlen(path), FG_DATA_PATH_MAX - 64);
    int rc = make_folders(path, err);
    if (rc < 0)
        return rc;
    if (!realpath(path, dir->path))
        return fg_fail(err, FG_EIO, "data folder %s: %s", path, strerror(errno));

    rc = refuse_links(dir, err);
    if (rc < 0)
        return rc;
    char lock[FG_DATA_PATH_MAX], pid[FG_DATA_PATH_MAX];
    fg_data_dir_file(dir, "lock", lock);
    fg_data_dir_file(dir, "daemon.pid", pid);
    dir->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (dir->lock_fd < 0)
        return fg_fail(err, errno == ENOSPC ? FG_ENOSPC : FG_EIO, "%s: %s", lock,
                       strerror(errno));
    rc = take_lock(dir, lock, err);
    if (rc < 0) {
        fg_data_dir_close(dir);
        return rc;
    }
    /* A full disk must not keep the service from coming up: the pid file is a courtesy. */
    struct fg_err none;
    (void)write_pid(pid, &none);
    return 0;
}

void fg_data_dir_close(struct fg_data_dir *dir)
{
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    dir->lock_fd = -1;
}
