/* secret.c - see secret.h */
#include "publish/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int fg_sink_secret_read(const char *path, struct fg_sink_secret *out, struct fg_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t len = fd >= 0 ? read(fd, out->text, sizeof(out->text)) : -1;
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (len < 0)
        return fg_fail(err, FG_EIO, "secret_file %s: %s", path, strerror(error));
    if (len == (ssize_t)sizeof(out->text))
        return fg_fail(err, FG_EINVAL, "secret_file %s: expected at most %zu bytes", path,
                       sizeof(out->text) - 1);
    out->text[len] = '\0';
    out->len = strcspn(out->text, "\r\n");
    out->text[out->len] = '\0';
    return out->len ? 0
                    : fg_fail(err, FG_EINVAL, "secret_file %s: empty, expected a secret", path);
}

void fg_sink_secret_drop(struct fg_sink_secret *secret)
{
    explicit_bzero(secret, sizeof(*secret));
}
