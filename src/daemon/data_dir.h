/* data_dir.h - the service's folder: one daemon at a time, private files. */
#pragma once

#include "base/err.h"

#define FG_DATA_PATH_MAX 4096

struct fg_data_dir {
    char path[FG_DATA_PATH_MAX];
    int lock_fd; /* held while open: a second daemon on this folder is refused */
};

/* Make the folder (0700) if missing and lock it; writes DIR/daemon.pid.
 * FG_EEXIST: another daemon serves it (the text has its pid); FG_EINVAL: DIR/jobs or DIR/blobs is a symbolic link; FG_EIO. */
int fg_data_dir_open(struct fg_data_dir *dir, const char *path, struct fg_err *err);
void fg_data_dir_close(struct fg_data_dir *dir);

/* DIR/name into `out` (FG_DATA_PATH_MAX bytes). */
void fg_data_dir_file(const struct fg_data_dir *dir, const char *name, char *out);
