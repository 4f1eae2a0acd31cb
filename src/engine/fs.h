/* fs.h - files, the few ways in which the engine touches them.
 *
 * `dirfd` may be AT_FDCWD.  Errors are negative errno values: these functions know nothing of jobs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Write all of it.  0, or -errno. */
int fg_fs_write_all(int fd, const void *bytes, size_t len);

/* Read a small file into `out` and end it by 0; what does not fit is left.  Its length, or -errno. */
ssize_t fg_fs_read_small(int dirfd, const char *path, char *out, size_t room);

/* Write a short text to a file that exists, as control files under /sys want it.  0, or -errno. */
int fg_fs_write_text(int dirfd, const char *path, const char *text);

/* A number that stands alone in a file; -1 if it cannot be read. */
int64_t fg_fs_read_number(int dirfd, const char *path);

/* Put a whole file in place by a temporary name and rename: readers see all of it or nothing. */
int fg_fs_put(int dirfd, const char *path, const void *bytes, size_t len, mode_t mode);

/* Make a folder and those above it.  0 also if it was there. */
int fg_fs_mkdirs(const char *path, mode_t mode);

/* Make the folders above the last part of a relative `path`, below `dirfd` and through no link. */
int fg_fs_mkdirs_beneath(int dirfd, const char *path, mode_t mode);

/* Open below `dirfd`: neither ".." nor a link leads out of it.  A descriptor, or -errno. */
int fg_fs_open_beneath(int dirfd, const char *path, int flags, mode_t mode);

/* Empty a folder; it stays.  Counts `*budget` down by each name and stops at 0.
 * True: it is empty (or was not there). */
bool fg_fs_empty(int dirfd, const char *name, int *budget);

/* Remove a file or a folder with all that is in it; links are removed, not followed. */
void fg_fs_remove_tree(int dirfd, const char *name);

/* Give `dir` and all below to that user; links themselves, not what they point to.  0, or -errno. */
int fg_fs_chown_tree(int dir, uid_t uid, gid_t gid);
