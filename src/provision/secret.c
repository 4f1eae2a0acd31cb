/* secret.c - see secret.h */
#include "provision/secret.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_file(int file, const char *path, struct fg_err *err)
{
    struct stat status;
    if (fstat(file, &status) < 0)
        return fg_fail(err, FG_EAUTH, "secret file %.100s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fg_fail(err, FG_EAUTH, "secret file %.100s: not a regular file", path);
    if (status.st_mode & 077)
        return fg_fail(err, FG_EAUTH,
                       "secret file %.100s: others may read it (mode %04o), expected 0600",
                       path, status.st_mode & 07777);
    return 0;
}

static int check_text(const char *text, size_t len, const char *path, struct fg_err *err)
{
    if (len == 0)
        return fg_fail(err, FG_EAUTH, "secret file %.100s: its first line is empty", path);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return fg_fail(err, FG_EAUTH, "secret file %.100s: has control characters", path);
    return 0;
}

static int read_file(int file, const char *path, struct fg_secret *out, struct fg_err *err)
{
    char bytes[FG_SECRET_MAX + 1];
    size_t len = 0;
    ssize_t got;
    while (len < sizeof(bytes) && (got = read(file, bytes + len, sizeof(bytes) - len)) > 0)
        len += (size_t)got;
    const char *newline = memchr(bytes, '\n', len);
    size_t line_len = newline ? (size_t)(newline - bytes) : len;
    const char *line = fg_trim(bytes, &line_len);
    int rc = line_len >= FG_SECRET_MAX
                 ? fg_fail(err, FG_EAUTH, "secret file %.100s: longer than %d bytes", path,
                           FG_SECRET_MAX - 1)
                 : check_text(line, line_len, path, err);
    if (rc == 0) {
        memcpy(out->text, line, line_len);
        out->text[line_len] = '\0';
    }
    explicit_bzero(bytes, sizeof(bytes));
    return rc;
}

int fg_secret_read(const char *path, struct fg_secret *out, struct fg_err *err)
{
    out->text[0] = '\0';
    if (!path[0])
        return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return fg_fail(err, FG_EAUTH, "secret file %.100s: %s", path, strerror(errno));
    int rc = check_file(file, path, err);
    if (rc == 0)
        rc = read_file(file, path, out, err);
    close(file);
    return rc;
}

void fg_secret_wipe(struct fg_secret *secret)
{
    explicit_bzero(secret, sizeof(*secret));
}

void fg_secret_scrub(const struct fg_secret *secret, char *text)
{
    size_t len = secret ? strlen(secret->text) : 0;
    if (len == 0)
        return;
    for (char *at = text; (at = strstr(at, secret->text)); at += len)
        memset(at, '*', len);
}

bool fg_secret_copy(const struct fg_secret *secret, char *dst, size_t size, const char *src)
{
    char *copy = strdup(src);
    if (!copy)
        abort();
    fg_secret_scrub(secret, copy);
    bool fits = fg_copy_clean(dst, size, copy);
    free(copy);
    return fits;
}
