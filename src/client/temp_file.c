/* temp_file.c - see temp_file.h */
#include "client/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Not every file system knows O_TMPFILE. */
static int open_named(const char *dir)
{
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/fastgpu-XXXXXX", dir);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

FILE *fg_temp_file(struct fg_err *err)
{
    const char *dir = getenv("TMPDIR");
    if (!dir || dir[0] != '/')
        dir = "/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        fd = open_named(dir);
    FILE *file = fd >= 0 ? fdopen(fd, "w+") : NULL;
    if (!file) {
        fg_fail(err, FG_EIO, "temporary file in %s: %s", dir, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    return file;
}
