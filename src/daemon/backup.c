/* backup.c - see backup.h */
#include "daemon/backup.h"

#include "store/maintain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int fg_daemon_backup(const char *data_dir, const char *to, struct fg_err *err)
{
    char path[PATH_MAX];
    struct stat info;
    if (snprintf(path, sizeof(path), "%s/fastgpu.db", data_dir) >= (int)sizeof(path))
        return fg_fail(err, FG_EINVAL, "data folder: the path is too long");
    if (stat(path, &info) < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "%s: %s", path,
                       errno == ENOENT ? "no service has kept data here" : strerror(errno));
    return fg_store_backup(path, to, err);
}
