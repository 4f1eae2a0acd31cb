/* service.c - see service.h */
#include "cli/service.h"

#include "client/locate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int fg_service_find(const char *data_dir, pid_t *out_pid, struct fg_err *err)
{
    char path[4096];
    *out_pid = 0;
    if (snprintf(path, sizeof(path), "%s/lock", data_dir) >= (int)sizeof(path))
        return fg_fail(err, FG_EINVAL, "data folder: the path is too long");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return fg_fail(err, errno == EACCES ? FG_EPERM : FG_EIO, "%s: %s", path,
                       strerror(errno));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc = fcntl(fd, F_GETLK, &lock);
    int error = errno;
    close(fd);
    if (rc < 0)
        return fg_fail(err, FG_EIO, "%s: %s", path, strerror(error));
    *out_pid = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
    return 0;
}

int fg_service_data_dir(const char *option, char *out, size_t size, struct fg_err *err)
{
    if (!option)
        return fg_locate_data_dir(out, size, err);
    int len;
    if (option[0] == '/') {
        len = snprintf(out, size, "%s", option);
    } else {
        char *here = getcwd(NULL, 0);
        if (!here)
            return fg_fail(err, FG_EIO, "the folder you are in: %s", strerror(errno));
        len = snprintf(out, size, "%s/%s", here, option);
        free(here);
    }
    if (!option[0] || len < 0 || (size_t)len >= size)
        return fg_fail(err, FG_EINVAL, "--data-dir: expected a path of 1 to %zu bytes",
                       size - 1);
    return 0;
}
