/* http_query.c - targets and header fields: what is accepted is clean text within all limits, and means the
 * same when it is written out and read again. */
#include "api/header.h"
#include "api/target.h"
#include "fuzz/fuzz.h"

#include <string.h>
#include <strings.h>

static size_t write_escaped(char *to, const char *text)
{
    size_t len = 0;
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        len += (size_t)sprintf(to + len, "%%%02x", *at);
    return len;
}

static void check_target(const char *text)
{
    static char copy[FG_TARGET_BYTES_MAX + 16], again[4 * FG_TARGET_BYTES_MAX];
    struct fg_target target, second;
    struct fg_err err = {};

    snprintf(copy, sizeof(copy), "%s", text);
    int rc = fg_target_parse(copy, &target, &err);
    if (rc < 0) {
        CHECK(rc == err.code && err.text[0]);
        return;
    }
    size_t len = 0;
    for (size_t i = 0; i < target.segments_len; i++) {
        CHECK(fg_text_is_clean(target.segments[i]) && target.segments[i][0]);
        again[len++] = '/';
        len += write_escaped(again + len, target.segments[i]);
    }
    if (target.segments_len == 0)
        again[len++] = '/';
    for (size_t i = 0; i < target.params_len; i++) {
        CHECK(fg_text_is_clean(target.params[i].name)
              && fg_text_is_clean(target.params[i].value));
        CHECK(fg_target_param(&target, target.params[i].name) == target.params[i].value);
        again[len++] = i ? '&' : '?';
        len += write_escaped(again + len, target.params[i].name);
        again[len++] = '=';
        len += write_escaped(again + len, target.params[i].value);
    }
    again[len] = 0;
    if (len >= FG_TARGET_BYTES_MAX)
        return;
    CHECK(fg_target_parse(again, &second, &err) == 0);
    CHECK(second.segments_len == target.segments_len && second.params_len == target.params_len);
    for (size_t i = 0; i < target.segments_len; i++)
        CHECK(strcmp(second.segments[i], target.segments[i]) == 0);
    for (size_t i = 0; i < target.params_len; i++)
        CHECK(strcmp(second.params[i].value, target.params[i].value) == 0);
}

/* Lines "name: value" as header fields. */
static void check_headers(char *text)
{
    struct fg_headers headers = {};
    struct fg_err err = {};
    size_t hosts = 0, lengths = 0;

    for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
        const char *name = strsep(&line, ":");
        fg_headers_add(&headers, name, line);
        hosts += strcasecmp(name, "Host") == 0;
        lengths += strcasecmp(name, "Content-Length") == 0;
    }
    int rc = fg_headers_check(&headers, "POST", "HTTP/1.1", &err);
    if (rc < 0) {
        CHECK(rc == err.code && err.text[0]);
        return;
    }
    CHECK(hosts == 1 && lengths <= 1);
    CHECK(!(headers.chunked && headers.has_length));
    CHECK(headers.len <= FG_HEADERS_MAX);
    (void)!fg_accepts(headers.accept, "text/event-stream");
    (void)!fg_media_type_is(headers.content_type, "application/json");
}

/* The first line is a target, the others are header fields. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = strndup((const char *)bytes, len);
    CHECK(text);
    char *rest = text;
    check_target(strsep(&rest, "\n"));
    if (rest)
        check_headers(rest);
    free(text);
    return 0;
}
