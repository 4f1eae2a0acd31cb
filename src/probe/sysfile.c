/* sysfile.c - see sysfile.h */
#include "probe/sysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool fg_sysfile_read(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t len = 0;
    ssize_t got = 0;
    while (len + 1 < room && (got = read(fd, out + len, room - 1 - len)) > 0)
        len += (size_t)got;
    close(fd);
    out[len] = '\0';
    return got >= 0;
}

int64_t fg_sysfile_number(const char *path)
{
    char text[64], *end;
    if (!fg_sysfile_read(path, text, sizeof(text)))
        return -1;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return end == text || errno ? -1 : number;
}
