/* task_lock.c - see task_lock.h */
#include "engine/task_lock.h"

#include "engine/fs.h"
#include "engine/job_path.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Give the file its name unless that is taken. */
static int name_it(const char *temp)
{
    if (renameat2(AT_FDCWD, temp, AT_FDCWD, FG_TASK_LOCK, RENAME_NOREPLACE) == 0)
        return 0;
    int rc = -errno;
    /* Not every file system has that flag; a link does the same in two steps. */
    if (rc == -EINVAL)
        rc = link(temp, FG_TASK_LOCK) < 0 ? -errno : 0;
    unlink(temp);
    return rc;
}

int fg_task_lock_take(void)
{
    char temp[64], text[64];
    snprintf(temp, sizeof(temp), FG_TASK_LOCK_SPARE);
    int fd = open(temp, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) {
        snprintf(temp, sizeof(temp), FG_TASK_LOCK ".%d", (int)getpid());
        fd = open(temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (fd < 0)
        return -errno;
    int len = snprintf(text, sizeof(text), "supervisor %d\n", (int)getpid());
    int rc = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : fg_fs_write_all(fd, text, (size_t)len);
    /* After the write, so that a file that is used again keeps its block. */
    if (rc == 0 && ftruncate(fd, len) < 0)
        rc = -errno;
    if (rc == 0)
        rc = name_it(temp);
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

int fg_task_lock_started(int lock, pid_t program, int64_t time_us)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "program %d %" PRId64 "\n", (int)program, time_us);
    return fg_fs_write_all(lock, text, (size_t)len);
}

int fg_task_lock_ended(int lock, const char *record, size_t len)
{
    off_t before = lseek(lock, 0, SEEK_CUR);
    int rc = fg_fs_write_all(lock, record, len);
    if (rc < 0 && (ftruncate(lock, before) < 0 || lseek(lock, before, SEEK_SET) < 0))
        return -errno;
    return rc;
}

static bool begins_with(const char *bytes, size_t len, const char *word)
{
    return len >= strlen(word) && memcmp(bytes, word, strlen(word)) == 0;
}

const char *fg_task_lock_record(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    for (int line = 0; line < 3 && bytes < end; line++) {
        size_t left = (size_t)(end - bytes);
        if (!begins_with(bytes, left, "supervisor ") && !begins_with(bytes, left, "program "))
            return bytes;
        const char *newline = memchr(bytes, '\n', left);
        bytes = newline ? newline + 1 : end;
    }
    return NULL;
}

static void read_text(int fd, struct fg_task_lock_text *out)
{
    char text[160];
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    int supervisor = 0, program = 0;
    int64_t started_us = 0;
    /* A line counts once its newline is there: a half written one is not read. */
    char *second = strchr(text, '\n');
    if (second && sscanf(text, "supervisor %d\n", &supervisor) != 1)
        supervisor = 0;
    if (second && strchr(second + 1, '\n')
        && sscanf(second + 1, "program %d %" SCNd64, &program, &started_us) != 2)
        program = 0;
    *out = (struct fg_task_lock_text){supervisor, program, started_us};
}

int fg_task_lock_probe(const char *task_dir, struct fg_task_lock_text *out)
{
    char path[FG_PATH_MAX];
    *out = (struct fg_task_lock_text){};
    if (snprintf(path, sizeof(path), "%s/" FG_TASK_LOCK, task_dir) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? FG_LOCK_ABSENT : -errno;
    int rc;
    if (flock(fd, LOCK_SH | LOCK_NB) == 0)
        rc = FG_LOCK_FREE;
    else
        rc = errno == EWOULDBLOCK ? FG_LOCK_HELD : -errno;
    read_text(fd, out);
    close(fd);
    return rc;
}

int fg_task_lock_fence(const char *task_dir)
{
    char path[FG_PATH_MAX];
    int rc = fg_fs_mkdirs(task_dir, 0711);
    if (rc < 0)
        return rc;
    if (snprintf(path, sizeof(path), "%s/" FG_TASK_LOCK, task_dir) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : -errno;
    close(fd);
    return 1;
}
