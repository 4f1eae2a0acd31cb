/* credentials.c - see credentials.h */
#include "transfer/credentials.h"

#include "base/auto.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES_MAX (256 * 1024)

#define FIELD(key, field)                                                                      \
    {                                                                                          \
        key, offsetof(struct fg_credentials, field),                                           \
            sizeof(((struct fg_credentials *)0)->field)                                        \
    }
static const struct {
    const char *key;
    size_t offset, size;
} fields[] = {
    FIELD("aws_access_key_id", key),   FIELD("aws_secret_access_key", secret),
    FIELD("aws_session_token", token), FIELD("region", region),
    FIELD("endpoint_url", endpoint),
};

/* 0; -1: too long, or a control character. */
static int put_value(char *to, size_t size, const char *value, size_t len)
{
    if (to[0] != '\0') /* what came first counts */
        return 0;
    if (len >= size)
        return -1;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < ' ' || value[i] == 127)
            return -1;
    memcpy(to, value, len);
    to[len] = '\0';
    return 0;
}

static int take_setting(const char *line, size_t len, struct fg_credentials *out)
{
    const char *equals = memchr(line, '=', len);
    if (!equals)
        return 0;
    size_t key_len = (size_t)(equals - line), value_len = len - key_len - 1;
    const char *key = fg_trim(line, &key_len), *value = fg_trim(equals + 1, &value_len);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (strlen(fields[i].key) == key_len && memcmp(fields[i].key, key, key_len) == 0)
            return put_value((char *)out + fields[i].offset, fields[i].size, value, value_len);
    return 0;
}

/* "[default]", "[profile x]" */
static bool is_section(const char *line, size_t len, const char *profile)
{
    static const char word[] = "profile ";
    if (len < 2 || line[len - 1] != ']')
        return false;
    size_t name_len = len - 2;
    const char *name = fg_trim(line + 1, &name_len);
    if (name_len > sizeof(word) - 1 && memcmp(name, word, sizeof(word) - 1) == 0) {
        name_len -= sizeof(word) - 1;
        name = fg_trim(name + sizeof(word) - 1, &name_len);
    }
    return strlen(profile) == name_len && memcmp(profile, name, name_len) == 0;
}

int fg_credentials_read(const char *bytes,
                        size_t len,
                        const char *profile,
                        struct fg_credentials *out,
                        struct fg_err *err)
{
    struct fg_credentials next = *out;
    bool inside = false;
    int number = 0;
    for (const char *at = bytes, *end = bytes + len; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop ? stop : end;
        /* Settings that are indented belong to the one above ("s3 ="): not ours. */
        bool nested = *at == ' ' || *at == '\t';
        size_t line_len = (size_t)(stop - at);
        const char *line = fg_trim(at, &line_len);
        number++;
        at = stop + 1;
        if (line_len == 0 || *line == '#' || *line == ';' || nested)
            continue;
        if (*line == '[')
            inside = is_section(line, line_len, profile);
        else if (inside && take_setting(line, line_len, &next) < 0)
            return fg_fail(err, FG_EINVAL,
                           "line %d: too long or with a control character, expected a value as "
                           "the store gave it out",
                           number);
    }
    *out = next;
    explicit_bzero(&next, sizeof(next));
    return 0;
}

static int read_file(const char *path,
                     const char *profile,
                     bool secret,
                     struct fg_credentials *out,
                     struct fg_err *err)
{
    FG_AUTO(fg_file) FILE *in = fopen(path, "re");
    if (!in)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES
                   ? 0
                   : fg_fail(err, FG_EIO, "credentials %s: %s", path, strerror(errno));
    struct stat state;
    if (secret && fstat(fileno(in), &state) == 0 && (state.st_mode & 077))
        return fg_fail(err, FG_EIO,
                       "credentials %s: mode %03o, expected 600: others could read it", path,
                       state.st_mode & 0777);
    char *bytes = malloc(FILE_BYTES_MAX);
    if (!bytes)
        return fg_fail(err, FG_ENOMEM, "no memory");
    size_t len = fread(bytes, 1, FILE_BYTES_MAX, in);
    int rc = fg_credentials_read(bytes, len, profile, out, err);
    explicit_bzero(bytes, FILE_BYTES_MAX);
    free(bytes);
    return rc < 0 ? fg_wrap(err, rc, "credentials %s", path) : 0;
}

static int read_home_file(const char *variable,
                          const char *name,
                          const char *profile,
                          struct fg_credentials *out,
                          struct fg_err *err)
{
    char path[4096];
    const char *given = getenv(variable), *home = getenv("HOME");
    if (!given && !home)
        return 0;
    int len = given ? snprintf(path, sizeof(path), "%s", given)
                    : snprintf(path, sizeof(path), "%s/.aws/%s", home, name);
    if (len >= (int)sizeof(path))
        return fg_fail(err, FG_EINVAL, "%s: its name is too long", variable);
    return read_file(path, profile, name[1] == 'r', out, err);
}

int fg_credentials_find(struct fg_credentials *out, struct fg_err *err)
{
    static const struct {
        const char *variable;
        size_t offset, size;
    } variables[] = {
        FIELD("AWS_ACCESS_KEY_ID", key),     FIELD("AWS_SECRET_ACCESS_KEY", secret),
        FIELD("AWS_SESSION_TOKEN", token),   FIELD("AWS_REGION", region),
        FIELD("AWS_DEFAULT_REGION", region), FIELD("AWS_ENDPOINT_URL_S3", endpoint),
        FIELD("AWS_ENDPOINT_URL", endpoint),
    };
    *out = (struct fg_credentials){};
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i].variable);
        if (value
            && put_value((char *)out + variables[i].offset, variables[i].size, value,
                         strlen(value))
                   < 0)
            return fg_fail(err, FG_EINVAL, "%s: too long or with a control character",
                           variables[i].variable);
    }
    const char *profile = getenv("AWS_PROFILE");
    profile = profile && profile[0] ? profile : "default";
    int rc = 0;
    if (out->key[0] == '\0') /* never one's key with another's secret */
        rc = read_home_file("AWS_SHARED_CREDENTIALS_FILE", "credentials", profile, out, err);
    if (rc == 0)
        rc = read_home_file("AWS_CONFIG_FILE", "config", profile, out, err);
    if (rc == 0 && out->key[0] != '\0' && out->secret[0] == '\0')
        rc = fg_fail(err, FG_EINVAL, "credentials: a key without its secret");
    if (out->region[0] == '\0')
        fg_copy(out->region, sizeof(out->region), "us-east-1");
    return rc;
}

void fg_credentials_wipe(struct fg_credentials *credentials)
{
    explicit_bzero(credentials, sizeof(*credentials));
}
