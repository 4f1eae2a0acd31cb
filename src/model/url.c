/* url.c - see url.h */
#include "model/url.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[FG_URL_KINDS] = {"file", "ssh", "http", "https", "s3"};

const char *fg_url_kind_name(enum fg_url_kind kind)
{
    return kind_names[kind];
}

static int find_kind(const char *text, const char **rest)
{
    for (int kind = 0; kind < FG_URL_KINDS; kind++) {
        size_t len = strlen(kind_names[kind]);
        if (strncmp(text, kind_names[kind], len) == 0 && strncmp(text + len, "://", 3) == 0) {
            *rest = text + len + 3;
            return kind;
        }
    }
    return -1;
}

bool fg_url_is(const char *text)
{
    const char *rest;
    return find_kind(text, &rest) >= 0;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %XX -> byte.  False: a bad escape, a control character, or too long. */
static bool decode(const char *text, char *out, size_t size)
{
    size_t len = 0;
    for (; *text; text++) {
        int c = (unsigned char)*text;
        if (c == '%') {
            int high = digit_of(text[1]);
            int low = high < 0 ? -1 : digit_of(text[2]);
            if (low < 0)
                return false;
            c = high * 16 + low;
            text += 2;
        }
        if (c < ' ' || c == 127 || len + 1 >= size)
            return false;
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return true;
}

/* Host names, addresses and buckets; no leading '-', which a program could take for an option. */
static bool is_host(const char *host)
{
    if (!isalnum((unsigned char)host[0]) && host[0] != '[' && host[0] != '_')
        return false;
    for (; *host; host++)
        if (!isalnum((unsigned char)*host) && !strchr("._-:[]", *host))
            return false;
    return true;
}

static bool is_bracketed(const char *host)
{
    size_t len = strlen(host);
    return len > 2 && host[0] == '[' && strcspn(host, "]") == len - 1
           && strspn(host + 1, "0123456789abcdefABCDEF:.") == len - 2;
}

static bool is_user(const char *user)
{
    if (!isalnum((unsigned char)user[0]) && user[0] != '_')
        return false;
    return user[strspn(user,
                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")]
           == '\0';
}

static bool take_port(char *host, uint16_t *port)
{
    char *colon = strrchr(host, ':');
    if (!colon || strchr(colon, ']'))
        return true;
    size_t digits = strspn(colon + 1, "0123456789");
    long value = digits > 0 && digits <= 5 ? strtol(colon + 1, NULL, 10) : 0;
    if (colon[1 + digits] != '\0' || value < 1 || value > 65535)
        return false;
    *port = (uint16_t)value;
    *colon = '\0';
    return true;
}

/* "[user@]host[:port]".  NULL, or what is wrong. */
static const char *read_authority(char *text, struct fg_url *url)
{
    char *at = strrchr(text, '@');
    if (at) {
        *at = '\0';
        if (url->kind != FG_URL_SSH)
            return "a user or password in it, expected none";
        if (strlen(text) >= sizeof(url->user) || !is_user(text))
            return "its user is not a name (a password is never part of a URL)";
        fg_copy(url->user, sizeof(url->user), text);
        text = at + 1;
    }
    if (url->kind != FG_URL_S3 && !take_port(text, &url->port))
        return "its port is not 1 to 65535";
    if (text[0] == '\0')
        return url->kind == FG_URL_S3 ? "no bucket, expected s3://BUCKET/KEY" : "no host";
    /* What is left of a colon belongs to an IPv6 address in brackets. */
    if (!is_host(text) || (strpbrk(text, ":[]") && !is_bracketed(text)))
        return "its host is not a name or an address";
    for (size_t i = 0; text[i]; i++)
        url->host[i] = (char)tolower((unsigned char)text[i]);
    return NULL;
}

/* NULL, or what is wrong. */
static const char *read_path(const char *path, struct fg_url *url)
{
    bool is_http = url->kind == FG_URL_HTTP || url->kind == FG_URL_HTTPS;
    if (is_http) {
        for (const char *at = path; *at; at++)
            if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 127 || *at == '#')
                return "a blank, a fragment or a character that wants %XX in it";
        const char *slash = path[0] == '/' ? "" : "/";
        if (strlen(path) + 2 > sizeof(url->path))
            return "its path is too long";
        strcpy(url->path, slash);
        strcat(url->path, path);
        return NULL;
    }
    if (!decode(url->kind == FG_URL_S3 && path[0] == '/' ? path + 1 : path, url->path,
                sizeof(url->path)))
        return "its path has a bad %XX or a control character, or is too long";
    if (url->path[0] == '\0' || strcmp(url->path, "/") == 0)
        return url->kind == FG_URL_S3 ? "no key, expected s3://BUCKET/KEY" : "no path";
    return NULL;
}

static const char *read_rest(const char *rest, struct fg_url *url)
{
    char authority[FG_URL_HOST_MAX];
    bool is_http = url->kind == FG_URL_HTTP || url->kind == FG_URL_HTTPS;
    size_t len = strcspn(rest, is_http ? "/?" : "/");
    if (len >= sizeof(authority))
        return "its host is too long";
    memcpy(authority, rest, len);
    authority[len] = '\0';
    if (url->kind == FG_URL_FILE) {
        if (len > 0 && strcmp(authority, "localhost") != 0)
            return "a host, expected file:///PATH";
        return read_path(rest + len, url);
    }
    const char *wrong = read_authority(authority, url);
    return wrong ? wrong : read_path(rest + len, url);
}

int fg_url_parse(const char *text, struct fg_url *out, struct fg_err *err)
{
    const char *rest;
    int kind = find_kind(text, &rest);
    if (kind < 0)
        return fg_fail(err, FG_EINVAL,
                       "%.80s: no URL that is known, expected file://, ssh://, http://, "
                       "https:// or s3://",
                       text);
    if (strlen(text) >= FG_URL_PATH_MAX)
        return fg_fail(err, FG_EINVAL, "%.80s...: %zu bytes, expected a URL of %d at most",
                       text, strlen(text), FG_URL_PATH_MAX - 1);
    struct fg_url url = {.kind = (enum fg_url_kind)kind};
    const char *wrong = read_rest(rest, &url);
    if (wrong) {
        /* What stands before '@' or behind '?' may be a secret. */
        size_t shown = strcspn(text, "?");
        const char *at = memchr(text, '@', shown);
        return at ? fg_fail(err, FG_EINVAL, "%s://...%.120s: %s", kind_names[kind], at, wrong)
                  : fg_fail(err, FG_EINVAL, "%.*s: %s", (int)(shown > 120 ? 120 : shown), text,
                            wrong);
    }
    *out = url;
    return 0;
}

void fg_url_escape_path(struct fg_buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < 128 && isalnum(c)) || strchr("-._~/", c))
            fg_buf_add(out, text, 1);
        else
            fg_buf_printf(out, "%%%02X", c);
    }
}

static void write_as(struct fg_buf *out, const struct fg_url *url, bool query)
{
    bool is_http = url->kind == FG_URL_HTTP || url->kind == FG_URL_HTTPS;
    fg_buf_printf(out, "%s://", kind_names[url->kind]);
    if (url->user[0])
        fg_buf_printf(out, "%s@", url->user);
    fg_buf_puts(out, url->host);
    if (url->port)
        fg_buf_printf(out, ":%u", url->port);
    if (url->kind == FG_URL_S3)
        fg_buf_puts(out, "/");
    if (is_http)
        fg_buf_add(out, url->path, query ? strlen(url->path) : strcspn(url->path, "?"));
    else
        fg_url_escape_path(out, url->path);
}

void fg_url_write(struct fg_buf *out, const struct fg_url *url)
{
    write_as(out, url, true);
}

void fg_url_show(const struct fg_url *url, char out[FG_URL_MAX])
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    write_as(&text, url, false);
    fg_copy_clean(out, FG_URL_MAX, text.text);
}
