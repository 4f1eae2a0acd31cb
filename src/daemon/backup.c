/* backup.c - see backup.h */
#include "daemon/backup.h"

#include "store/maintain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fg_daemon_backup_offers(const char *to, char out[FG_BACKUP_PATH_MAX])
{
    size_t len = strlen(to);
    bool ends = len > 3 && strcmp(to + len - 3, ".db") == 0;
    snprintf(out, FG_BACKUP_PATH_MAX, "%.*s-offers.db", (int)(ends ? len - 3 : len), to);
}

/* Both copies or none. */
static int copy_offers(const char *path, const char *to, struct fg_err *err)
{
    char offers[FG_BACKUP_PATH_MAX];
    fg_daemon_backup_offers(to, offers);
    int rc = fg_store_copy(path, offers, err);
    if (rc < 0)
        unlink(to);
    return rc;
}

int fg_daemon_backup(const char *data_dir, const char *to, struct fg_err *err)
{
    char path[PATH_MAX];
    struct stat info;
    if (snprintf(path, sizeof(path), "%s/fastgpu.db", data_dir) >= (int)sizeof(path))
        return fg_fail(err, FG_EINVAL, "data folder: the path is too long");
    if (stat(path, &info) < 0)
        return fg_fail(err, errno == ENOENT ? FG_ENOENT : FG_EIO, "%s: %s", path,
                       errno == ENOENT ? "no service has kept data here" : strerror(errno));
    int rc = fg_store_backup(path, to, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "%s/offers.db", data_dir);
    return stat(path, &info) == 0 ? copy_offers(path, to, err) : 0;
}
