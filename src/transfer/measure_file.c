/* measure_file.c - the file of measures; see measure.h
 *
 * Writers hold a shared lock while they append, and the one who writes the file anew an exclusive one on the old file: who
 * finds, with the lock in hand, that his descriptor is no longer the file of that name opens it again.
 */
#include "transfer/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor that is locked and is the file of that name, or -errno. */
static int open_locked(const char *path, int lock)
{
    for (int tries = 0; tries < 100; tries++) {
        int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
        struct stat mine, named;
        if (fd < 0)
            return -errno;
        if (flock(fd, lock) == 0 && fstat(fd, &mine) == 0 && stat(path, &named) == 0
            && mine.st_ino == named.st_ino && mine.st_dev == named.st_dev)
            return fd;
        close(fd);
    }
    return -EBUSY;
}

static int put_file(const char *path, const struct fg_buf *text)
{
    char temp[4096];
    if ((size_t)snprintf(temp, sizeof(temp), "%s.new", path) >= sizeof(temp))
        return -ENAMETOOLONG;
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    ssize_t wrote = write(fd, text->text ? text->text : "", text->len);
    int rc = wrote == (ssize_t)text->len ? 0 : -EIO;
    close(fd);
    if (rc == 0 && rename(temp, path) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(temp);
    return rc;
}

/* Under an exclusive lock: nobody appends meanwhile. */
int fg_measure_shrink(const char *path)
{
    int fd = open_locked(path, LOCK_EX);
    if (fd < 0)
        return fd;
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    FG_AUTO(fg_buf) struct fg_buf text = {};
    FILE *in = fdopen(dup(fd), "r");
    if (in) {
        fg_measure_book_read(book, in);
        fclose(in);
    }
    fg_measure_book_write(book, &text);
    struct stat state;
    int rc = fstat(fd, &state) == 0 && state.st_size > FG_MEASURE_FILE_BYTES
                 ? put_file(path, &text)
                 : 0;
    close(fd);
    return rc;
}

int fg_measure_append(const char *path, const struct fg_measure *measure, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf line = {};
    fg_measure_write(&line, measure);
    int fd = open_locked(path, LOCK_SH);
    if (fd < 0)
        return fg_fail(err, FG_EIO, "links file %s: %s", path, strerror(-fd));
    ssize_t wrote = write(fd, line.text, line.len);
    int error = wrote == (ssize_t)line.len ? 0 : (wrote < 0 ? errno : ENOSPC);
    struct stat state;
    bool is_big = fstat(fd, &state) == 0 && state.st_size > FG_MEASURE_FILE_BYTES;
    close(fd);
    if (error)
        return fg_fail(err, FG_EIO, "links file %s: %s", path, strerror(error));
    int rc = is_big ? fg_measure_shrink(path) : 0;
    return rc < 0 ? fg_fail(err, FG_EIO, "links file %s: %s", path, strerror(-rc)) : 0;
}

int fg_measure_book_load(struct fg_measure_book *book, const char *path, struct fg_err *err)
{
    FG_AUTO(fg_file) FILE *in = fopen(path, "re");
    if (!in)
        return errno == ENOENT
                   ? 0
                   : fg_fail(err, FG_EIO, "links file %s: %s", path, strerror(errno));
    fg_measure_book_read(book, in);
    return ferror(in) ? fg_fail(err, FG_EIO, "links file %s: cannot be read", path) : 0;
}
