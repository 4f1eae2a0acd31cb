/* web.c - see web.h */
#include "transfer/web.h"

#include "base/clock.h"
#include "base/text.h"
#include "transfer/bucket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define STALL_S       30
#define CONNECT_MS    15000L
#define PACE_SLICE_US 100'000

/* "https://BUCKET.s3.REGION.amazonaws.com/KEY", or ENDPOINT/BUCKET/KEY where one is given. */
static void object_url(const struct fg_url *url,
                       const struct fg_credentials *who,
                       struct fg_buf *out)
{
    size_t len = strlen(who->endpoint);
    while (len > 0 && who->endpoint[len - 1] == '/')
        len--;
    if (len > 0)
        fg_buf_printf(out, "%.*s/%s/", (int)len, who->endpoint, url->host);
    else if (strchr(url->host, '.')) /* the certificate is for one label */
        fg_buf_printf(out, "https://s3.%s.amazonaws.com/%s/", who->region, url->host);
    else
        fg_buf_printf(out, "https://%s.s3.%s.amazonaws.com/", url->host, who->region);
    fg_url_escape_path(out, url->path);
}

static bool is_word(const char *text, const char *also)
{
    for (; *text; text++)
        if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z')
              || (*text >= '0' && *text <= '9') || strchr(also, *text)))
            return false;
    return true;
}

static int check_store(const struct fg_credentials *who, struct fg_err *err)
{
    bool is_url =
        strncmp(who->endpoint, "https://", 8) == 0 || strncmp(who->endpoint, "http://", 7) == 0;
    if (who->endpoint[0] && (!is_url || !is_word(who->endpoint, ":/._-[]~%")))
        return fg_fail(err, FG_EINVAL,
                       "endpoint of the object store: %.100s, expected https://HOST[:PORT]",
                       who->endpoint);
    if (!is_word(who->region, "-_"))
        return fg_fail(err, FG_EINVAL,
                       "region of the object store: %.60s, expected a name like us-east-1",
                       who->region);
    return 0;
}

int fg_web_find(struct fg_web *web,
                const struct fg_move *move,
                const struct fg_url *url,
                struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    *web = (struct fg_web){.move = move, .is_s3 = url->kind == FG_URL_S3};
    if (web->is_s3) {
        int rc = fg_credentials_find(&web->credentials, err);
        if (rc == 0)
            rc = check_store(&web->credentials, err);
        if (rc < 0)
            return rc;
        object_url(url, &web->credentials, &text);
    } else {
        fg_url_write(&text, url);
    }
    if (!fg_copy(web->url, sizeof(web->url), text.text))
        return fg_fail(err, FG_EINVAL, "%.80s...: too long for a URL", text.text);
    return 0;
}

void fg_web_wipe(struct fg_web *web)
{
    fg_credentials_wipe(&web->credentials);
}

static void set_signing(CURL *curl, const struct fg_web *web)
{
    FG_AUTO(fg_buf) struct fg_buf scope = {};
    const struct fg_credentials *who = &web->credentials;
    if (!web->is_s3 || who->key[0] == '\0')
        return;
    fg_buf_printf(&scope, "aws:amz:%s:s3", who->region);
    curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, scope.text);
    curl_easy_setopt(curl, CURLOPT_USERNAME, who->key);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, who->secret);
}

CURL *fg_web_new(const struct fg_web *web)
{
    CURL *curl = curl_easy_init();
    if (!curl)
        return NULL;
    bool is_plain = strncmp(web->url, "http://", 7) == 0;
    const struct fg_move *move = web->move;
    curl_easy_setopt(curl, CURLOPT_URL, web->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_plain ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_plain ? "http,https" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, web->is_s3 ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                     move->stall_us > 0 ? (long)((move->stall_us + 999'999) / 1'000'000)
                                        : STALL_S);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "fastgpu/" FASTGPU_VERSION);
    if (move->relay)
        curl_easy_setopt(curl, CURLOPT_PROXY, move->relay);
    set_signing(curl, web);
    return curl;
}

struct curl_slist *fg_web_headers(const struct fg_web *web, const char *sha256_hex)
{
    struct curl_slist *list = NULL;
    FG_AUTO(fg_buf) struct fg_buf line = {};
    /* Not with a signature: libcurl would sign the header that it then leaves away. */
    if (!web->is_s3 || web->credentials.key[0] == '\0')
        return curl_slist_append(NULL, "Expect:");
    fg_buf_printf(&line, "x-amz-content-sha256: %s", sha256_hex);
    list = curl_slist_append(list, line.text);
    if (web->credentials.token[0]) {
        fg_buf_clear(&line);
        fg_buf_printf(&line, "x-amz-security-token: %s", web->credentials.token);
        list = curl_slist_append(list, line.text);
        explicit_bzero(line.text, line.len);
    }
    return list;
}

/* "12345" alone, else -1. */
static int64_t read_count(const char *text, size_t len)
{
    if (len == 0 || len > 18 || strspn(text, "0123456789") < len)
        return -1;
    return strtoll(text, NULL, 10);
}

/* "bytes 0-0/1234", "bytes STAR/0" */
static void take_range(struct fg_web_head *head, const char *value, size_t len)
{
    if (len < 7 || strncasecmp(value, "bytes ", 6) != 0)
        return;
    const char *slash = memchr(value, '/', len);
    if (!slash)
        return;
    head->bytes = read_count(slash + 1, (size_t)(value + len - slash - 1));
    head->from = read_count(value + 6, strspn(value + 6, "0123456789"));
}

/* base64 of 32 bytes -> "sha256:<hex>" */
static void take_sha256(struct fg_web_head *head, const char *value, size_t len)
{
    unsigned char bytes[32];
    size_t got = 0;
    if (sodium_base642bin(bytes, sizeof(bytes), value, len, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL)
            == 0
        && got == sizeof(bytes)) {
        memcpy(head->sha256, "sha256:", 7);
        sodium_bin2hex(head->sha256 + 7, 65, bytes, sizeof(bytes));
    }
}

/* "sha-256=:BASE64:, ..." */
static void take_digest(struct fg_web_head *head, const char *value, size_t len)
{
    static const char name[] = "sha-256=:";
    for (size_t i = 0; i + sizeof(name) - 1 + 44 < len; i++)
        if (strncasecmp(value + i, name, sizeof(name) - 1) == 0) {
            take_sha256(head, value + i + sizeof(name) - 1, 44);
            return;
        }
}

void fg_web_head_take(struct fg_web_head *head, const char *line, size_t len)
{
    char text[512];
    if (len >= 5 && strncmp(line, "HTTP/", 5) == 0) {
        *head = (struct fg_web_head){.bytes = -1, .from = -1};
        return;
    }
    const char *colon = memchr(line, ':', len);
    if (!colon || len >= sizeof(text))
        return;
    size_t name_len = (size_t)(colon - line), value_len = len - name_len - 1;
    const char *from = fg_trim(colon + 1, &value_len);
    memcpy(text, from, value_len);
    text[value_len] = '\0';
#define IS(name) (sizeof(name) - 1 == name_len && strncasecmp(line, name, name_len) == 0)
    if (IS("content-length") && head->bytes < 0)
        head->bytes = read_count(text, value_len);
    else if (IS("content-range"))
        take_range(head, text, value_len);
    else if (IS("etag"))
        fg_copy(head->etag, sizeof(head->etag), text);
    else if (IS("last-modified"))
        fg_copy(head->modified, sizeof(head->modified), text);
    else if (IS("accept-ranges"))
        head->has_ranges = strcasecmp(text, "bytes") == 0;
    else if (IS("x-amz-meta-blake2b"))
        fg_copy(head->blake2b, sizeof(head->blake2b), text);
    else if (IS("x-amz-checksum-sha256"))
        take_sha256(head, text, value_len);
    else if (IS("repr-digest"))
        take_digest(head, text, value_len);
#undef IS
}

static int explain_status(long status, bool *out_retry, struct fg_err *err)
{
    *out_retry = status >= 500 || status == 408 || status == 429;
    if (status == 404 || status == 410)
        return fg_fail(err, FG_ENOENT, "no such file there (HTTP %ld)", status);
    if (status == 401)
        return fg_fail(err, FG_EAUTH, "it wants to know who asks (HTTP 401)");
    if (status == 403)
        return fg_fail(err, FG_EPERM, "it is refused (HTTP 403)");
    if (*out_retry)
        return fg_fail(err, FG_EUNREACH, "the server failed (HTTP %ld)", status);
    return fg_fail(err, FG_EBACKEND, "the server said HTTP %ld", status);
}

int fg_web_explain(
    const struct fg_web *web, CURLcode result, long status, bool *out_retry, struct fg_err *err)
{
    *out_retry = false;
    if (result == CURLE_OK || result == CURLE_HTTP_RETURNED_ERROR)
        return explain_status(status, out_retry, err);
    if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE)
        return fg_fail(err, FG_EUNREACH, "its certificate is not one we trust");
    if (result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_TOO_MANY_REDIRECTS)
        return fg_fail(err, FG_EBACKEND, "it redirects to where we do not follow");
    if (result == CURLE_OUT_OF_MEMORY)
        return fg_fail(err, FG_ENOMEM, "no memory");
    *out_retry = true;
    if (result == CURLE_OPERATION_TIMEDOUT)
        return fg_fail(err, FG_ETIMEOUT, "no byte came within %lld s",
                       web->move->stall_us > 0
                           ? (long long)((web->move->stall_us + 999'999) / 1'000'000)
                           : (long long)STALL_S);
    return fg_fail(err, FG_EUNREACH, "%s", curl_easy_strerror(result));
}

int fg_pace_wait(const struct fg_pace *pace, int64_t bytes)
{
    const struct fg_move *move = pace->move;
    const struct fg_clock *clock = fg_clock_system();
    int64_t wait_us = 0;
    if (pace->bucket && move->limit_per_s > 0)
        wait_us =
            fg_bucket_take(pace->bucket, bytes, move->limit_per_s, clock->mono_us(clock->self));
    for (;;) {
        if (move->stopped && move->stopped(move->self))
            return -ECANCELED;
        if (wait_us <= 0)
            return 0;
        int64_t slice_us = wait_us < PACE_SLICE_US ? wait_us : PACE_SLICE_US;
        usleep((useconds_t)slice_us);
        wait_us -= slice_us;
    }
}
