/* testing.h - what the tests of this folder share: a folder of their own, files of a certain age.
 * Only for *_test.c files. */
#pragma once

#include "engine/fs.h"
#include "test/tap.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What the test itself needs; unlike assert() it is there in every build. */
#define MUST(condition)                                                                        \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition);                   \
            abort();                                                                           \
        }                                                                                      \
    } while (0)

/* A folder that is gone, with all in it, at the end of the scope. */
struct folder {
    char path[64];
};

static inline struct folder folder_make(void)
{
    struct folder folder;
    snprintf(folder.path, sizeof(folder.path), "/tmp/fg_daemon_test.XXXXXX");
    char *made = mkdtemp(folder.path);
    MUST(made);
    return folder;
}

static inline void folder_drop(struct folder *folder)
{
    fg_fs_remove_tree(AT_FDCWD, folder->path);
}

[[gnu::format(printf, 3, 0)]] static inline void path_in(const struct folder *folder,
                                                         char out[PATH_MAX],
                                                         const char *fmt,
                                                         va_list ap)
{
    int len = snprintf(out, PATH_MAX, "%s/", folder->path);
    vsnprintf(out + len, PATH_MAX - (size_t)len, fmt, ap);
}

static inline int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static inline void age(const char *path, int64_t age_us)
{
    int64_t then_us = clock_us() - age_us;
    struct timespec then = {.tv_sec = then_us / 1000000, .tv_nsec = then_us % 1000000 * 1000};
    const struct timespec times[2] = {then, then};
    MUST(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0);
}

/* A file of 3 bytes in `folder`, with the folders above it, as if it were last changed `age_us` ago. */
[[gnu::format(printf, 3, 4)]] static inline void put_file(const struct folder *folder,
                                                          int64_t age_us,
                                                          const char *fmt,
                                                          ...)
{
    char path[PATH_MAX];
    va_list ap;
    va_start(ap, fmt);
    path_in(folder, path, fmt, ap);
    va_end(ap);
    int dir = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(dir >= 0);
    MUST(fg_fs_mkdirs_beneath(dir, path + strlen(folder->path) + 1, 0700) == 0);
    close(dir);
    MUST(fg_fs_put(AT_FDCWD, path, "abc", 3, 0600) == 0);
    age(path, age_us);
}

/* A folder, with the folders above it. */
[[gnu::format(printf, 3, 4)]] static inline void put_folder(const struct folder *folder,
                                                            int64_t age_us,
                                                            const char *fmt,
                                                            ...)
{
    char path[PATH_MAX];
    va_list ap;
    va_start(ap, fmt);
    path_in(folder, path, fmt, ap);
    va_end(ap);
    MUST(fg_fs_mkdirs(path, 0700) == 0);
    age(path, age_us);
}

[[gnu::format(printf, 2, 3)]] static inline bool there(const struct folder *folder,
                                                       const char *fmt,
                                                       ...)
{
    char path[PATH_MAX];
    struct stat info;
    va_list ap;
    va_start(ap, fmt);
    path_in(folder, path, fmt, ap);
    va_end(ap);
    return lstat(path, &info) == 0;
}
