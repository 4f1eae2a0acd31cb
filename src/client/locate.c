/* locate.c - see locate.h */
#include "client/locate.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKET_NAME "fastgpu.sock"

/* An environment variable that is there and not empty, else NULL. */
static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

int fg_locate_data_dir(char *out, size_t size, struct fg_err *err)
{
    const char *state = setting("XDG_STATE_HOME");
    const char *home = setting("HOME");
    int len;
    if (state && state[0] == '/')
        len = snprintf(out, size, "%s/fastgpu", state);
    else if (home && home[0] == '/')
        len = snprintf(out, size, "%s/.local/state/fastgpu", home);
    else
        return fg_fail(
            err, FG_EINVAL,
            "data folder: neither XDG_STATE_HOME nor HOME is set to an absolute path");
    if (len < 0 || (size_t)len >= size)
        return fg_fail(err, FG_EINVAL, "data folder: the path is longer than %zu bytes",
                       size - 1);
    return 0;
}

static bool token_is_good(const char *token, size_t len)
{
    if (len == 0 || len >= FG_PLACE_TOKEN_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isgraph((unsigned char)token[i]))
            return false;
    return true;
}

static int take_token(
    const char *what, const char *text, size_t len, char *out, struct fg_err *err)
{
    text = fg_trim(text, &len);
    if (!token_is_good(text, len))
        return fg_fail(err, FG_EINVAL, "%s: not a token, expected fgpu_ and 43 characters",
                       what);
    memcpy(out, text, len);
    out[len] = '\0';
    return 0;
}

static int read_token_file(const char *path, char *out, struct fg_err *err)
{
    char text[FG_PLACE_TOKEN_MAX + 2];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fg_fail(err, FG_EIO, "FASTGPU_TOKEN_FILE %s: %s", path, strerror(errno));
    ssize_t len = read(fd, text, sizeof(text));
    int error = errno;
    close(fd);
    if (len < 0)
        return fg_fail(err, FG_EIO, "FASTGPU_TOKEN_FILE %s: %s", path, strerror(error));
    return take_token("FASTGPU_TOKEN_FILE", text, (size_t)len, out, err);
}

static int find_token(char *out, struct fg_err *err)
{
    const char *token = setting("FASTGPU_TOKEN");
    const char *file = setting("FASTGPU_TOKEN_FILE");
    out[0] = '\0';
    if (token)
        return take_token("FASTGPU_TOKEN", token, strlen(token), out, err);
    return file ? read_token_file(file, out, err) : 0;
}

static int check_url(const char *what, const char *url, struct fg_err *err)
{
    bool is_http = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
    if (!is_http && strncmp(url, "unix:/", 6) != 0)
        return fg_fail(err, FG_EINVAL, "%s: %.100s, expected http://HOST:PORT or unix:/PATH",
                       what, url);
    if (is_http && strchr(url, '@'))
        return fg_fail(err, FG_EINVAL,
                       "%s: a user or password in the address, expected a token in "
                       "FASTGPU_TOKEN",
                       what);
    return 0;
}

/* One address, or several with commas. */
static int take_url(const char *what, const char *url, struct fg_place *out, struct fg_err *err)
{
    char urls[FG_PLACE_URL_MAX], *rest = urls;
    size_t len = 0;
    if (!fg_copy(urls, sizeof(urls), url))
        return fg_fail(err, FG_EINVAL, "%s: longer than %d bytes", what, FG_PLACE_URL_MAX - 1);
    while (rest) {
        char *one = strsep(&rest, ",");
        int rc = check_url(what, one, err);
        if (rc < 0)
            return rc;
        size_t one_len = strlen(one);
        while (one[0] == 'h' && one[one_len - 1] == '/')
            one[--one_len] = '\0';
        len +=
            (size_t)snprintf(out->url + len, sizeof(out->url) - len, len ? ",%s" : "%s", one);
    }
    out->found = true;
    return 0;
}

/* The first socket that exists; if none does, the first place it could be. */
static int find_socket(struct fg_place *out, struct fg_err *err)
{
    char mine[FG_PLACE_URL_MAX - 32];
    int rc = fg_locate_data_dir(mine, sizeof(mine), err);
    const char *const dirs[] = {rc == 0 ? mine : NULL, "/var/lib/fastgpu", "/run/fastgpu"};
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        if (!dirs[i])
            continue;
        char url[FG_PLACE_URL_MAX];
        snprintf(url, sizeof(url), "unix:%s/" SOCKET_NAME, dirs[i]);
        if (!out->url[0])
            fg_copy(out->url, sizeof(out->url), url);
        if (access(url + strlen("unix:"), F_OK) != 0)
            continue;
        fg_copy(out->url, sizeof(out->url), url);
        out->found = true;
        break;
    }
    return 0;
}

int fg_locate_service(const char *url, struct fg_place *out, struct fg_err *err)
{
    struct fg_place place = {};
    const char *socket = setting("FASTGPU_SOCKET");
    const char *what = url ? "--url" : "FASTGPU_URL";
    if (!url)
        url = setting("FASTGPU_URL");

    int rc;
    if (url) {
        rc = take_url(what, url, &place, err);
        if (rc == 0)
            rc = find_token(place.token, err);
    } else if (socket) {
        char path[FG_PLACE_URL_MAX];
        int len = snprintf(path, sizeof(path), "unix:%s", socket);
        if (len < 0 || (size_t)len >= sizeof(path) || socket[0] != '/')
            return fg_fail(err, FG_EINVAL, "FASTGPU_SOCKET: expected an absolute path");
        rc = take_url("FASTGPU_SOCKET", path, &place, err);
    } else {
        rc = find_socket(&place, err);
    }
    if (rc == 0)
        *out = place;
    return rc;
}
