/* fs.c - see fs.h */
#include "engine/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TREE_DEPTH_MAX 512

int fg_fs_write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t done = write(fd, at, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        at += done;
        len -= (size_t)done;
    }
    return 0;
}

ssize_t fg_fs_read_small(int dirfd, const char *path, char *out, size_t room)
{
    int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t len = 0;
    ssize_t got = 0;
    while (len + 1 < room && (got = read(fd, out + len, room - 1 - len)) > 0)
        len += (size_t)got;
    int error = got < 0 ? errno : 0;
    close(fd);
    out[len] = '\0';
    return error ? -error : (ssize_t)len;
}

int fg_fs_write_text(int dirfd, const char *path, const char *text)
{
    int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t done = write(fd, text, strlen(text));
    int rc = done < 0 ? -errno : 0;
    close(fd);
    return rc;
}

int64_t fg_fs_read_number(int dirfd, const char *path)
{
    char text[64];
    if (fg_fs_read_small(dirfd, path, text, sizeof(text)) <= 0)
        return -1;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return end == text || errno ? -1 : number;
}

int fg_fs_put(int dirfd, const char *path, const void *bytes, size_t len, mode_t mode)
{
    char temp[PATH_MAX];
    if (snprintf(temp, sizeof(temp), "%s.%d.tmp", path, (int)getpid()) >= (int)sizeof(temp))
        return -ENAMETOOLONG;
    int fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return -errno;
    int rc = fg_fs_write_all(fd, bytes, len);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && renameat(dirfd, temp, dirfd, path) < 0)
        rc = -errno;
    if (rc < 0)
        unlinkat(dirfd, temp, 0);
    return rc;
}

int fg_fs_mkdirs(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return 0;
    if (errno != ENOENT)
        return -errno;
    char above[PATH_MAX];
    const char *last = strrchr(path, '/');
    if (!last || last == path || (size_t)(last - path) >= sizeof(above))
        return -ENOENT;
    memcpy(above, path, (size_t)(last - path));
    above[last - path] = '\0';
    int rc = fg_fs_mkdirs(above, mode);
    if (rc < 0)
        return rc;
    return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

int fg_fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOFOLLOW),
                           .mode = flags & O_CREAT ? mode : 0,
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
    return fd < 0 ? -errno : (int)fd;
}

int fg_fs_mkdirs_beneath(int dirfd, const char *path, mode_t mode)
{
    int at = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0) {
        const char *slash = strchr(path, '/');
        if (!slash)
            break;
        char part[NAME_MAX + 1];
        size_t len = (size_t)(slash - path);
        int next = -ENAMETOOLONG;
        if (len < sizeof(part)) {
            memcpy(part, path, len);
            part[len] = '\0';
            if (len > 0 && mkdirat(at, part, mode) < 0 && errno != EEXIST)
                next = -errno;
            else
                next = fg_fs_open_beneath(at, len ? part : ".", O_RDONLY | O_DIRECTORY, 0);
        }
        close(at);
        at = next;
        path = slash + 1;
    }
    if (at < 0)
        return at;
    close(at);
    return 0;
}

static bool remove_inside(int fd, int depth, int *budget);

static bool remove_at(int dirfd, const char *name, int depth, int *budget)
{
    if ((*budget)-- <= 0)
        return false;
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return true;
    if (depth > TREE_DEPTH_MAX)
        return false;
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EACCES && fchmodat(dirfd, name, 0700, 0) == 0)
        fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && remove_inside(fd, depth, budget)
           && unlinkat(dirfd, name, AT_REMOVEDIR) == 0;
}

/* Takes `fd`. */
static bool remove_inside(int fd, int depth, int *budget)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return false;
    }
    struct stat state;
    if (fstat(fd, &state) == 0 && (state.st_mode & 0700) != 0700)
        fchmod(fd, 0700);
    bool all = true;
    for (struct dirent *entry; *budget > 0 && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            all = remove_at(fd, entry->d_name, depth + 1, budget) && all;
    closedir(dir);
    return all && *budget > 0;
}

bool fg_fs_empty(int dirfd, const char *name, int *budget)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? errno == ENOENT : remove_inside(fd, 0, budget);
}

void fg_fs_remove_tree(int dirfd, const char *name)
{
    /* An empty folder is the common case and one call. */
    if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return;
    int budget = INT_MAX;
    remove_at(dirfd, name, 0, &budget);
}

int fg_fs_chown_tree(int dir, uid_t uid, gid_t gid)
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) {
        if (copy >= 0)
            close(copy);
        return -errno;
    }
    int rc = fchown(dir, uid, gid) < 0 ? -errno : 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(list));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0) {
            rc = fg_fs_chown_tree(below, uid, gid);
            close(below);
        } else if (fchownat(dir, entry->d_name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0) {
            rc = -errno;
        }
    }
    closedir(list);
    return rc;
}
