/* header.c - see header.h */
#include "api/header.h"
#include "api/target.h"

#include <string.h>
#include <strings.h>

static bool is_token(const char *text)
{
    if (text[0] == 0)
        return false;
    for (const char *at = text; *at; at++) {
        bool alnum = (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z')
                     || (*at >= 'A' && *at <= 'Z');
        if (!alnum && !strchr("!#$%&'*+-.^_`|~", *at))
            return false;
    }
    return true;
}

/* A tab is the only control byte that may stand in a value. */
static bool is_value(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if ((*at < 0x20 && *at != '\t') || *at == 0x7f)
            return false;
    return true;
}

void fg_headers_add(struct fg_headers *headers, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **slot;
    } known[] = {
        {"Host", &headers->host},
        {"Content-Type", &headers->content_type},
        {"Content-Length", &headers->content_length_text},
        {"Transfer-Encoding", &headers->transfer_encoding},
        {"Authorization", &headers->authorization},
        {"Idempotency-Key", &headers->idempotency_key},
        {"Accept", &headers->accept},
        {"Last-Event-ID", &headers->last_event_id},
        {"If-None-Match", &headers->if_none_match},
        {"Expect", &headers->expect},
    };

    headers->len++;
    if (!value)
        value = "";
    if (!is_token(name))
        headers->bad_name = name;
    if (!is_value(value))
        headers->bad_value = true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcasecmp(known[i].name, name) != 0)
            continue;
        /* Accept is a list: a second one only adds to it, and the first is enough for us. */
        if (*known[i].slot && known[i].slot != &headers->accept)
            headers->twice = known[i].name;
        *known[i].slot = value;
        return;
    }
}

static int check_framing(struct fg_headers *headers, struct fg_err *err)
{
    if (headers->content_length_text && headers->transfer_encoding)
        return fg_fail(err, FG_EINVAL,
                       "headers: Content-Length and Transfer-Encoding together");
    if (headers->transfer_encoding) {
        if (strcasecmp(headers->transfer_encoding, "chunked") != 0)
            return fg_fail(err, FG_EINVAL, "headers: Transfer-Encoding: only chunked is known");
        headers->chunked = true;
    }
    if (headers->content_length_text) {
        if (!fg_parse_uint(headers->content_length_text, &headers->content_length))
            return fg_fail(err, FG_EINVAL,
                           "headers: Content-Length: expected a decimal number");
        headers->has_length = true;
    }
    return 0;
}

int fg_headers_check(struct fg_headers *headers,
                     const char *method,
                     const char *version,
                     struct fg_err *err)
{
    bool one_one = strcmp(version, "HTTP/1.1") == 0;

    if (!one_one && strcmp(version, "HTTP/1.0") != 0)
        return fg_fail(err, FG_EINVAL, "request line: expected HTTP/1.1");
    if (!is_token(method) || strlen(method) > 16)
        return fg_fail(err, FG_EINVAL, "request line: the method is no token");
    if (headers->len > FG_HEADERS_MAX)
        return fg_fail(err, FG_ETOOBIG, "headers: more than %d fields", FG_HEADERS_MAX);
    if (headers->bad_name)
        return fg_fail(err, FG_EINVAL, "headers: a field name with bytes that are not allowed");
    if (headers->bad_value)
        return fg_fail(err, FG_EINVAL, "headers: a field value with a control byte");
    if (headers->twice)
        return fg_fail(err, FG_EINVAL, "headers: %s is there twice", headers->twice);
    if (one_one && !headers->host)
        return fg_fail(err, FG_EINVAL, "headers: Host is missing");
    if (headers->host && strpbrk(headers->host, " \t,/@"))
        return fg_fail(err, FG_EINVAL, "headers: Host: expected one name and maybe a port");
    if (headers->transfer_encoding && !one_one)
        return fg_fail(err, FG_EINVAL, "headers: Transfer-Encoding needs HTTP/1.1");
    return check_framing(headers, err);
}

bool fg_media_type_is(const char *value, const char *want)
{
    size_t len = strlen(want);
    if (!value || strncasecmp(value, want, len) != 0)
        return false;
    const char *rest = value + len + strspn(value + len, " \t");
    return *rest == 0 || *rest == ';';
}

bool fg_accepts(const char *accept, const char *want)
{
    while (accept && *accept) {
        accept += strspn(accept, " \t,");
        size_t len = strcspn(accept, ",");
        size_t bare = strcspn(accept, ",; \t");
        if (bare == strlen(want) && strncasecmp(accept, want, bare) == 0)
            return true;
        accept += len;
    }
    return false;
}
