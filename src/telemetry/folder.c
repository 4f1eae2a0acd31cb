/* folder.c - see folder.h */
#include "telemetry/folder.h"

#include "base/grow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define TMP_NAME  "new.tmp"

int fg_folder_make(const char *dir, struct fg_err *err)
{
    if (mkdir(dir, 0700) == 0 || errno == EEXIST)
        return 0;
    return fg_fail(err, FG_EIO, "%s: %s", dir, strerror(errno));
}

void fg_folder_path(const char *dir, const struct fg_series_file *file, char out[PATH_MAX])
{
    long long start_s = file->start_us / SECOND_US, span_s = file->span_us / SECOND_US;
    if (file->is_log)
        snprintf(out, PATH_MAX, "%s/log-%lld-%llu", dir, start_s, (unsigned long long)file->id);
    else
        snprintf(out, PATH_MAX, "%s/%s-%lld-%lld-%llu.block", dir, fg_level_name(file->level),
                 start_s, span_s, (unsigned long long)file->id);
}

/* Whether `name` is that of a file of the store, and nothing more or less. */
static bool read_name(const char *name, struct fg_series_file *out)
{
    long long start_s = 0, span_s = 0;
    unsigned long long id = 0;
    char level[8], again[PATH_MAX];
    *out = (struct fg_series_file){};
    if (sscanf(name, "log-%lld-%llu", &start_s, &id) == 2)
        out->is_log = true;
    else if (sscanf(name, "%7[a-z]-%lld-%lld-%llu.block", level, &start_s, &span_s, &id) != 4)
        return false;
    while (!out->is_log && out->level < FG_LEVELS
           && strcmp(level, fg_level_name(out->level)) != 0)
        out->level++;
    if (out->level == FG_LEVELS || start_s < 0 || start_s > INT64_MAX / SECOND_US || span_s < 0
        || span_s > INT64_MAX / SECOND_US)
        return false;
    out->start_us = start_s * SECOND_US;
    out->span_us = span_s * SECOND_US;
    out->id = id;
    fg_folder_path("", out, again);
    return strcmp(again + 1, name) == 0;
}

static int by_id(const void *a, const void *b)
{
    const struct fg_series_file *left = a, *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

int fg_folder_list(const char *dir,
                   struct fg_series_file **out,
                   size_t *out_len,
                   struct fg_err *err)
{
    struct fg_series_file *files = NULL;
    size_t len = 0, room = 0;
    DIR *folder = opendir(dir);
    if (!folder)
        return fg_fail(err, FG_EIO, "%s: %s", dir, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct fg_series_file file;
        if (strcmp(entry->d_name, TMP_NAME) == 0)
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
        if (!read_name(entry->d_name, &file))
            continue;
        files = fg_grow(files, len, &room, sizeof(*files));
        files[len++] = file;
    }
    closedir(folder);
    if (len)
        qsort(files, len, sizeof(*files), by_id);
    *out = files;
    *out_len = len;
    return 0;
}

int fg_folder_add(int fd, const struct fg_buf *bytes, struct fg_err *err)
{
    for (size_t at = 0; at < bytes->len;) {
        ssize_t n = write(fd, bytes->text + at, bytes->len - at);
        if (n < 0 && errno != EINTR)
            return fg_fail(err, FG_EIO, "series: %s", strerror(errno));
        at += n > 0 ? (size_t)n : 0;
    }
    return fdatasync(fd) < 0 ? fg_fail(err, FG_EIO, "series: %s", strerror(errno)) : 0;
}

static void sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(
        fd); /* a power cut before the name is durable leaves the log, which is removed later */
    close(fd);
}

int fg_folder_write(const char *dir,
                    const struct fg_series_file *file,
                    const struct fg_buf *bytes,
                    int *out_fd,
                    struct fg_err *err)
{
    char tmp[PATH_MAX], path[PATH_MAX];
    snprintf(tmp, sizeof(tmp), "%s/%s", dir, TMP_NAME);
    fg_folder_path(dir, file, path);
    int fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fg_fail(err, FG_EIO, "%s: %s", tmp, strerror(errno));
    int rc = fg_folder_add(fd, bytes, err);
    if (rc == 0 && rename(tmp, path) < 0)
        rc = fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    if (rc < 0) {
        (void)unlink(tmp);
        close(fd);
        return rc;
    }
    sync_folder(dir);
    *out_fd = fd;
    return 0;
}

void fg_folder_remove(const char *dir, const struct fg_series_file *file)
{
    char path[PATH_MAX];
    fg_folder_path(dir, file, path);
    (void)unlink(path);
}

int fg_folder_open_log(const char *dir,
                       const struct fg_series_file *file,
                       int *out_fd,
                       struct fg_err *err)
{
    char path[PATH_MAX];
    fg_folder_path(dir, file, path);
    *out_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return *out_fd < 0 ? fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno)) : 0;
}

int fg_folder_read(const char *dir,
                   const struct fg_series_file *file,
                   struct fg_buf *out,
                   struct fg_err *err)
{
    char path[PATH_MAX];
    ssize_t n = 1;
    fg_folder_path(dir, file, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno));
    while (n > 0) {
        n = read(fd, fg_buf_reserve(out, 1 << 20), 1 << 20);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            out->len += (size_t)n;
    }
    int rc = n < 0 ? fg_fail(err, FG_EIO, "%s: %s", path, strerror(errno)) : 0;
    close(fd);
    return rc;
}
